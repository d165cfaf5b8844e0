package decode

import (
	"cmp"
	"fmt"

	"stepin/bot/form"
	"stepin/nudges"
)

// An action says what was done: a tap, a submission or a shortcut.
type action struct {
	Type     spare `json:"type"`
	Trigger  spare `json:"trigger_id"`
	Respond  spare `json:"response_url"`
	Callback spare `json:"callback_id"` // of a shortcut
	User     struct {
		ID nudges.UserID `json:"id"`
	} `json:"user"`
	View      *view    `json:"view"`       // nil for a message
	Taps      []*field `json:"actions"`    // one: what was tapped or changed
	Cleared   presence `json:"is_cleared"` // of a closed view
	Container place    `json:"container"`
	Channel   place    `json:"channel"`
	Message   place    `json:"message"`
}

type view struct {
	ID       string  `json:"id"`
	Type     string  `json:"type"`
	Hash     spare   `json:"hash"`
	Callback string  `json:"callback_id"`
	Metadata *string `json:"private_metadata"`
	State    state   `json:"state"`
}

// kind returns the type of an action. If that is odd, the rest tells it; "" if nothing does.
func (a *action) kind() string {
	switch {
	case a.Type != "":
		return string(a.Type)
	case len(a.Taps) > 0:
		return "block_actions"
	case bool(a.Cleared):
		return "view_closed"
	case a.View != nil:
		return "view_submission"
	case a.Callback != "":
		return "shortcut"
	}
	return ""
}

func interaction(f Frame) form.Input {
	a := f.act
	in := form.Input{
		User:    a.User.ID,
		Trigger: string(a.Trigger), Respond: string(a.Respond), Odd: odd(f.err),
	}
	if v := a.View; v != nil {
		in.ViewID, in.ViewHash, in.Callback = v.ID, string(v.Hash), v.Callback
		if v.Metadata != nil {
			in.Request, in.Seen = form.ReadMetadata(*v.Metadata)
			in.HistoryFilter = form.ReadHistoryFilter(*v.Metadata)
		}
	}
	switch a.kind() {
	case "shortcut":
		in.Kind, in.Callback = form.Shortcut, string(a.Callback)
		in.Identity = "shortcut/" + cmp.Or(in.Trigger, f.ID)
		in.Odd = cmp.Or(in.Odd, missing("payload.callback_id", in.Callback))
	case "block_actions":
		tap(&in, a, f.ID)
	case "view_submission":
		submission(&in, a, f.ID)
	case "":
		in.Kind, in.Odd = form.Tapped, cmp.Or(in.Odd, "payload.type")
	default:
		return form.Input{Kind: form.Nothing}
	}
	in.Odd = cmp.Or(in.Odd, missing("payload.user.id", string(in.User)))
	return in
}

// tap reads a tap on a view or under a message.
func tap(in *form.Input, a action, envelope string) {
	in.Kind = form.Tapped
	t := &field{}
	if len(a.Taps) > 0 && a.Taps[0] != nil {
		t = a.Taps[0]
	}
	in.Action, in.Value = string(t.ID), t.Value
	if t.Type == "overflow" { // its options are buttons
		t.Value = ""
		if t.Option != nil {
			t.Value = t.Option.Value
		}
		in.Action, in.Value = form.ReadAction(t.Value), t.Value
		in.Odd = cmp.Or(in.Odd, missing("payload.actions.selected_option", in.Action))
	}
	in.Odd = cmp.Or(in.Odd, missing("payload.actions.action_id", in.Action),
		missing("payload.actions.type", string(t.Type)))
	place := in.ViewID
	switch {
	case a.View == nil:
		in.Where = form.OnMessage
		message := string(cmp.Or(a.Container.Message, a.Message.TS))
		place = string(cmp.Or(a.Container.Channel, a.Channel.ID)) + "/" + message
		in.Odd = cmp.Or(in.Odd, missing("payload.container", message))
	case a.View.Type == "home":
		in.Where = form.OnHome
		in.Odd = cmp.Or(in.Odd, missing("payload.view.id", in.ViewID))
	default:
		in.Where = form.OnModal
		in.Odd = cmp.Or(in.Odd, missing("payload.view.type", a.View.Type), a.View.lacks())
	}
	if a.View != nil {
		a.View.fill(in)
	}
	v, wrong := t.chosen("payload.actions")
	if in.Odd = cmp.Or(in.Odd, wrong); v != "" {
		if in.Form == nil {
			in.Form = map[string]string{}
		}
		in.Form[in.Action] = v
	}
	// A message, Home and the history can show several requests, so the button says which.
	if in.Where != form.OnModal || form.Screen(in.Callback) == form.HistoryScreen {
		in.Request, in.Seen = form.ReadMetadata(t.Value)
	}
	in.Key = form.ReadKey(t.Value)
	in.Identity = fmt.Sprintf("tap/%s/%s/%s/%s", place, cmp.Or(string(t.TS), envelope), in.Action, in.User)
}

func submission(in *form.Input, a action, envelope string) {
	in.Kind, in.Where = form.Submitted, form.OnModal
	if a.View == nil {
		in.Odd = cmp.Or(in.Odd, "payload.view")
		return
	}
	in.Odd = cmp.Or(in.Odd, a.View.lacks())
	a.View.fill(in)
	hash := cmp.Or(in.ViewHash, envelope)
	in.Identity = fmt.Sprintf("submit/%s/%s/%s", in.ViewID, hash, form.Digest(in.Form))
}

// lacks names what a modal cannot be read without; "" if nothing is missing.
func (v *view) lacks() string {
	o := cmp.Or(missing("payload.view.id", v.ID), missing("payload.view.callback_id", v.Callback))
	if o == "" && v.Metadata == nil {
		o = "payload.view.private_metadata"
	}
	return o
}

// fill reads what is filled in on a view.
func (v *view) fill(in *form.Input) {
	in.Odd = cmp.Or(in.Odd, v.State.wrong)
	in.Form = make(map[string]string, len(v.State.fields))
	in.Shown = make(map[string]bool, len(v.State.fields))
	for _, block := range v.State.fields {
		for id, f := range block {
			in.Shown[id] = true
			value, wrong := f.chosen("payload.view.state.values")
			if in.Odd = cmp.Or(in.Odd, wrong); value != "" {
				in.Form[id] = value
			}
		}
	}
}
