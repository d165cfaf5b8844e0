package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// spot is where an element was found.
type spot struct {
	kit.Element
	view *view
	chn  *channel
	post *post
}

func (s spot) values() kit.Values {
	if s.view != nil {
		return s.view.Values
	}
	return s.post.Values
}

// at finds an element that user can reach, with the lock held.
func (w *Workspace) at(user string, p Place, block, action string) (spot, *Trouble) {
	var s spot
	var blocks []any
	if p.View != "" {
		s.view = w.views[p.View]
		if s.view == nil || s.view.User != user {
			return s, &Trouble{Code: "no_such_view", Text: "This window is no longer open."}
		}
		blocks = s.view.blocks()
		if s.view.Values == nil {
			s.view.Values = kit.Values{}
		}
	} else {
		s.chn = w.chanByID[p.Channel]
		if s.chn != nil && w.sees(user, s.chn) {
			s.post = s.chn.byTS[p.TS]
			if s.post != nil && !s.chn.has(user) {
				return s, &Trouble{Code: "not_in_channel", Text: "You are not in this channel."}
			}
		}
		if s.post == nil || s.post.For != "" && s.post.For != user {
			return s, &Trouble{Code: "no_such_message", Text: "This message is no longer there."}
		}
		blocks = s.post.Blocks
		if s.post.Values == nil {
			s.post.Values = kit.Values{}
		}
	}
	for _, e := range kit.Elements(blocks) {
		if e.BlockID == block && e.ID() == action {
			s.Element = e
			return s, nil
		}
	}
	return s, &Trouble{Code: "no_such_element", Text: fmt.Sprintf("There is nothing with block %q and action %q.", block, action)}
}

// Act is a tap on, or a change of, an element. The app is told if the kit.Element dispatches; else only the state changes.
func (w *Workspace) Act(ctx context.Context, user string, at Place, block, action string, v Value) error {
	w.mu.Lock()
	if t := w.canAct(user); t != nil {
		w.mu.Unlock()
		return t
	}
	s, t := w.at(user, at, block, action)
	if t != nil {
		w.mu.Unlock()
		return t
	}
	state, extra, t := change(s.Body, v)
	if t == nil {
		t = w.named(user, s.Body, v)
	}
	if t != nil {
		w.mu.Unlock()
		return t
	}
	if state != nil {
		s.values().Set(block, action, state)
		if s.view != nil {
			delete(s.view.Errors, block)
		}
		w.changed()
	}
	now := formatTS(time.Now().Add(w.offset).UnixMicro())
	w.mu.Unlock()
	if !s.Dispatch {
		return nil
	}
	sent := kit.Obj{"block_id": block, "action_id": action, "action_ts": now}
	for k, x := range state {
		sent[k] = x
	}
	for k, x := range extra {
		sent[k] = x
	}
	sent["type"] = s.Kind()
	return w.deliver(ctx, "interactive", func() kit.Obj {
		if s.view != nil {
			return w.viewActions(s.view, user, sent)
		}
		return w.postActions(s.chn, s.post, user, sent)
	}, func(a json.RawMessage) {
		if len(a) > 0 && string(a) != "{}" {
			w.violation("block_actions was acknowledged with a payload, which does nothing")
		}
	})
}

// named refuses a choice of who or what is not there, or is not offered.
func (w *Workspace) named(user string, el kit.Obj, v Value) *Trouble {
	switch kit.Str(el["type"]) {
	case "users_select", "multi_users_select":
		for _, u := range append(slices.Clone(v.Users), v.User) {
			if u != "" && w.byID[u] == nil {
				return &Trouble{Code: "no_such_user", Text: "There is nobody with the id " + u + "."}
			}
		}
	case "conversations_select":
		if c := w.chanByID[v.Channel]; v.Channel != "" && (c == nil || !w.sees(user, c) || !w.offers(kit.Object(el["filter"]), c)) {
			return &Trouble{Code: "no_such_channel", Text: "There is no conversation with the id " + v.Channel + " to choose."}
		}
	}
	return nil
}

// offers tells whether a conversations_select with a filter lists c.
func (w *Workspace) offers(filter kit.Obj, c *channel) bool {
	kind := c.Kind
	if kind == "channel" {
		kind = "public"
	}
	include := kit.List(filter["include"])
	switch {
	case len(include) > 0 && !slices.Contains(include, any(kind)),
		kit.Truth(filter["exclude_external_shared_channels"]) && c.External,
		kit.Truth(filter["exclude_bot_users"]) && c.Kind == "im" && slices.ContainsFunc(c.Members, func(m string) bool { return w.byID[m] != nil && w.byID[m].Bot }):
		return false
	}
	return true
}

// change gives el's new state with v, nil if el has none, and what else the app is told about the tap.
func change(el kit.Obj, v Value) (state, extra kit.Obj, t *Trouble) {
	kind := kit.Str(el["type"])
	state = kit.Obj{"type": kind}
	text := func(key, s string) {
		state[key] = nil
		if s != "" {
			state[key] = s
		}
	}
	switch kind {
	case "button":
		extra = kit.Obj{"text": el["text"]}
		for _, k := range []string{"value", "style", "url"} {
			if x := kit.Str(el[k]); x != "" {
				extra[k] = x
			}
		}
		return nil, extra, nil
	case "overflow":
		o := kit.Option(el, v.Option)
		if o == nil {
			return nil, nil, noOption(v.Option)
		}
		return nil, kit.Obj{"selected_option": o}, nil
	case "static_select", "radio_buttons":
		state["selected_option"] = nil
		if v.Option != "" {
			o := kit.Option(el, v.Option)
			if o == nil {
				return nil, nil, noOption(v.Option)
			}
			state["selected_option"] = o
		}
	case "checkboxes":
		chosen := []any{}
		for _, o := range kit.Options(el) { // in the order in which they are shown
			if slices.Contains(v.Options, kit.Str(o["value"])) {
				chosen = append(chosen, o)
			}
		}
		if len(chosen) != len(v.Options) {
			return nil, nil, noOption(fmt.Sprint(v.Options))
		}
		state["selected_options"] = chosen
	case "plain_text_input":
		longest := 3000
		if m, ok := el["max_length"].(float64); ok {
			longest = int(m)
		}
		if utf8.RuneCountInString(v.Text) > longest {
			return nil, nil, &Trouble{Code: "too_long", Text: fmt.Sprintf("No more than %d characters fit here.", longest)}
		}
		text("value", v.Text)
	case "datepicker":
		if v.Date != "" && !rules.IsDate(v.Date) {
			return nil, nil, &Trouble{Code: "bad_date", Text: "A date looks like 2026-01-31."}
		}
		text("selected_date", v.Date)
	case "timepicker":
		if v.Time != "" && !rules.IsTime(v.Time) {
			return nil, nil, &Trouble{Code: "bad_time", Text: "A time looks like 09:30."}
		}
		text("selected_time", v.Time)
		if z := kit.Str(el["timezone"]); z != "" {
			state["timezone"] = z
		}
	case "users_select":
		text("selected_user", v.User)
	case "conversations_select":
		text("selected_conversation", v.Channel)
	case "multi_users_select":
		most := 1 << 20
		if m, ok := el["max_selected_items"].(float64); ok {
			most = int(m)
		}
		if len(v.Users) > most {
			return nil, nil, &Trouble{Code: "too_many", Text: fmt.Sprintf("No more than %d people fit here.", most)}
		}
		chosen := []any{}
		for _, u := range v.Users {
			chosen = append(chosen, u)
		}
		state["selected_users"] = chosen
	}
	if kind == "plain_text_input" {
		extra = kit.Obj{"value": v.Text}
	}
	return state, extra, nil
}

func noOption(v string) *Trouble {
	return &Trouble{Code: "no_such_option", Text: fmt.Sprintf("There is no option %q here.", v)}
}
