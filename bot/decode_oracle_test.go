package bot

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"stepin/bot/form"
)

// disagrees compares what was read of a message with what slack-go reads of it, where both can; "" if they agree.
func disagrees(message []byte, in form.Input) string {
	var r socketmode.Request
	if in.Odd != "" || in.Kind == form.Nothing || json.Unmarshal(message, &r) != nil || repeats(json.NewDecoder(bytes.NewReader(message))) {
		return ""
	}
	var pairs []string // ours and slack-go's in turn
	same := func(ours, theirs string) { pairs = append(pairs, ours, theirs) }
	switch r.Type {
	case socketmode.RequestTypeSlashCommands:
		var c slack.SlashCommand
		if json.Unmarshal(r.Payload, &c) != nil {
			return ""
		}
		same(string(in.Kind), string(form.Typed))
		same(string(in.User), c.UserID)
		same(in.Trigger, c.TriggerID)
		same(in.Respond, c.ResponseURL)
		same(in.Text, c.Text)
	case socketmode.RequestTypeInteractive:
		var c slack.InteractionCallback
		if json.Unmarshal(r.Payload, &c) != nil {
			return ""
		}
		same(string(in.User), c.User.ID)
		same(in.Trigger, c.TriggerID)
		same(in.Respond, c.ResponseURL)
		same(in.ViewID, c.View.ID)
		same(in.ViewHash, c.View.Hash)
		same(in.Callback, cmp.Or(c.View.CallbackID, c.CallbackID))
		filled := map[string]string{}
		if c.View.State != nil {
			for _, block := range c.View.State.Values {
				for id, a := range block {
					if _, twice := filled[id]; twice {
						return "" // nobody knows which is meant
					}
					filled[id] = chosenOf(a)
				}
			}
		}
		if in.Kind == form.Tapped && len(c.ActionCallback.BlockActions) > 0 {
			a := c.ActionCallback.BlockActions[0]
			if a.Type != "overflow" {
				same(in.Action, a.ActionID)
				same(in.Value, a.Value)
			}
			filled[in.Action] = cmp.Or(chosenOf(*a), filled[in.Action])
		}
		for _, id := range slices.Sorted(maps.Keys(filled)) {
			same(id+"="+in.Form[id], id+"="+filled[id])
		}
	case socketmode.RequestTypeEventsAPI:
		e, err := slackevents.ParseEvent(r.Payload, slackevents.OptionNoVerifyToken())
		if err != nil {
			return ""
		}
		switch e := e.InnerEvent.Data.(type) {
		case *slackevents.AppHomeOpenedEvent:
			same(string(in.User), e.User)
		case *slackevents.UserChangeEvent:
			same(string(in.User), e.User.ID)
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != pairs[i+1] {
			return fmt.Sprintf("%s: %q, and slack-go reads %q", in.Kind, pairs[i], pairs[i+1])
		}
	}
	return ""
}

// chosenOf is what is filled in or chosen, as slack-go reads it.
func chosenOf(a slack.BlockAction) string {
	if a.Type == "button" || a.Type == "overflow" {
		return ""
	}
	var all []string
	for _, o := range a.SelectedOptions {
		all = append(all, o.Value)
	}
	return cmp.Or(a.SelectedOption.Value, a.SelectedUser, strings.Join(a.SelectedUsers, ","), a.SelectedConversation,
		a.SelectedDate, a.SelectedTime, strings.Join(all, ","), a.Value)
}

// repeats says whether an object has a name twice: then nobody knows which is meant.
func repeats(d *json.Decoder) bool {
	t, err := d.Token()
	if err != nil {
		return false
	}
	var names []string
	for (t == json.Delim('{') || t == json.Delim('[')) && d.More() {
		if t == json.Delim('{') {
			name, _ := d.Token()
			if slices.ContainsFunc(names, func(s string) bool { return strings.EqualFold(s, fmt.Sprint(name)) }) {
				return true
			}
			names = append(names, fmt.Sprint(name))
		}
		if repeats(d) {
			return true
		}
	}
	if _, nests := t.(json.Delim); nests {
		_, _ = d.Token() // its end
	}
	return false
}
