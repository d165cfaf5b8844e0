// Package decode turns an envelope that slack-go has parsed into a form.Input. It is tolerant: an envelope that stepin
// does not use is no error, and is acknowledged. No other package reads Slack's JSON.
package decode

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"stepin/bot/form"
	"stepin/nudges"
)

// Decode reads an envelope. ok is false for one that stepin does not use.
func Decode(evt socketmode.Event) (in form.Input, ok bool) {
	switch data := evt.Data.(type) {
	case slack.SlashCommand:
		return form.Input{
			Kind: form.Typed, Identity: "command/" + cmp.Or(data.TriggerID, envelopeOf(evt)),
			User: nudges.UserID(data.UserID), Team: data.TeamID,
			Trigger: data.TriggerID, Respond: data.ResponseURL, Text: data.Text,
		}, data.UserID != ""
	case slack.InteractionCallback:
		return interaction(data, envelopeOf(evt))
	case slackevents.EventsAPIEvent:
		return event(data, envelopeOf(evt))
	}
	return form.Input{Kind: form.Nothing}, false
}

func envelopeOf(evt socketmode.Event) string {
	if evt.Request == nil {
		return ""
	}
	return evt.Request.EnvelopeID
}

func interaction(cb slack.InteractionCallback, envelope string) (form.Input, bool) {
	in := form.Input{
		User: nudges.UserID(cb.User.ID), Team: cmp.Or(cb.User.TeamID, cb.Team.ID),
		Trigger: cb.TriggerID, Respond: cb.ResponseURL,
		ViewID: cb.View.ID, ViewHash: cb.View.Hash, Callback: cb.View.CallbackID,
	}
	in.Request, in.Seen = form.ReadMetadata(cb.View.PrivateMetadata)
	in.HistoryFilter = form.ReadHistoryFilter(cb.View.PrivateMetadata)
	switch cb.Type {
	case slack.InteractionTypeShortcut:
		in.Kind, in.Callback = form.Shortcut, cb.CallbackID
		in.Identity = "shortcut/" + cmp.Or(cb.TriggerID, envelope)
	case slack.InteractionTypeBlockActions:
		if len(cb.ActionCallback.BlockActions) == 0 {
			return in, false
		}
		tap(&in, cb, *cb.ActionCallback.BlockActions[0], envelope)
	case slack.InteractionTypeViewSubmission:
		in.Kind, in.Where = form.Submitted, form.OnModal
		if cb.View.State != nil {
			in.Form = flatten(cb.View.State.Values)
			in.ShowsMore = has(cb.View.State, string(nudges.Q1))
			in.ShowsReason = has(cb.View.State, form.ActReason)
			in.ShowsLearn = has(cb.View.State, form.ActLearn)
		}
		in.Identity = fmt.Sprintf("submit/%s/%s/%s", cb.View.ID, cb.View.Hash, form.Digest(in.Form))
	default:
		in.Kind = form.Nothing
		return in, false
	}
	return in, cb.User.ID != ""
}

// tap reads the button or field a that was tapped or changed.
func tap(in *form.Input, cb slack.InteractionCallback, a slack.BlockAction, envelope string) {
	in.Kind, in.Action, in.Value = form.Tapped, a.ActionID, a.Value
	place := cb.View.ID
	switch {
	case cb.View.ID == "":
		in.Where = form.OnMessage
		place = cmp.Or(cb.Container.ChannelID, cb.Channel.ID) + "/" +
			cmp.Or(cb.Container.MessageTs, cb.Message.Timestamp)
	case cb.View.Type == slack.VTHomeTab:
		in.Where = form.OnHome
	default:
		in.Where = form.OnModal
	}
	if cb.View.State != nil {
		in.Form = flatten(cb.View.State.Values)
		in.ShowsLearn = has(cb.View.State, form.ActLearn)
	}
	if v := chosen(a); v != "" {
		if in.Form == nil {
			in.Form = map[string]string{}
		}
		in.Form[a.ActionID] = v
	}
	// A message, Home and the history can show several requests, so the button says which.
	if in.Where != form.OnModal || form.Screen(in.Callback) == form.HistoryScreen {
		in.Request, in.Seen = form.ReadMetadata(a.Value)
		in.Key = form.ReadKey(a.Value)
	}
	in.Identity = fmt.Sprintf("tap/%s/%s/%s/%s", place, cmp.Or(a.ActionTs, envelope), a.ActionID, cb.User.ID)
}

// has says whether a view shows the field of an action.
func has(s *slack.ViewState, action string) bool {
	_, shown := s.Values[form.Block(action)]
	return shown
}

func event(ev slackevents.EventsAPIEvent, envelope string) (form.Input, bool) {
	id := envelope
	if cb, ok := ev.Data.(*slackevents.EventsAPICallbackEvent); ok && cb.EventID != "" {
		id = cb.EventID
	}
	in := form.Input{Kind: form.Nothing, Identity: "event/" + id, Team: ev.TeamID}
	switch e := ev.InnerEvent.Data.(type) {
	case *slackevents.AppHomeOpenedEvent:
		if e.Tab != "" && e.Tab != "home" {
			return in, false
		}
		in.Kind, in.User, in.Where = form.HomeSeen, nudges.UserID(e.User), form.OnHome
		return in, e.User != ""
	case *slackevents.UserChangeEvent:
		in.Kind, in.User, in.Profile = form.Changed, nudges.UserID(e.User.ID), profileOf(e.User)
		return in, e.User.ID != ""
	}
	return in, false
}

// flatten returns the values of a view's state by action id. Empty fields are absent.
func flatten(values map[string]map[string]slack.BlockAction) map[string]string {
	out := map[string]string{}
	for _, actions := range values {
		for id, a := range actions {
			if v := chosen(a); v != "" {
				out[id] = v
			}
		}
	}
	return out
}

// chosen is what is filled in or chosen in a field; "" for a button.
func chosen(a slack.BlockAction) string {
	if a.Type == slack.ActionType("button") {
		return ""
	}
	return cmp.Or(a.SelectedOption.Value, a.SelectedUser, strings.Join(a.SelectedUsers, ","), a.SelectedConversation,
		a.SelectedDate, a.SelectedTime, strings.Join(values(a.SelectedOptions), ","), a.Value)
}

// values are those of the checked boxes.
func values(options []slack.OptionBlockObject) (out []string) {
	for _, o := range options {
		out = append(out, o.Value)
	}
	return out
}

func profileOf(u slackevents.User) *form.Profile {
	return &form.Profile{
		Zone: u.TZ, Deleted: u.Deleted,
		Outsider:    u.IsRestricted || u.IsUltraRestricted || u.IsBot,
		StatusEmoji: u.Profile.StatusEmoji, StatusExpiry: u.Profile.StatusExpiration,
	}
}
