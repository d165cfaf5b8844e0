package bot

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/nudges"
)

// TestViewsAreTaken sends everything that the bot can show to the sandbox, whose rules are
// not ours: as people have names and calls, with the longest names there can be, and with none.
func TestViewsAreTaken(t *testing.T) {
	words := testWords(t)
	for name, c := range sampleCalls(t) {
		t.Run(name, func(t *testing.T) { taken(t, words, c) })
	}
}

// taken sends all samples as they are sent: shortened where they must be.
func taken(t *testing.T, words *nudges.Words, c sampleCall) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		open := r.ws.Modals(who["sam"])
		if len(open) != 1 {
			t.Fatalf("%d windows", len(open))
		}
		ctx := r.t.Context()
		for _, d := range append(samples(words, c), fullHome(words, c)) {
			time.Sleep(3 * time.Second) // the workspace has its limits
			var err error
			switch v := d.what.(type) {
			case slack.ModalViewRequest:
				_, err = r.bot.api().UpdateViewContext(ctx, fitView(v), "", "", open[0].ID)
			case slack.HomeTabViewRequest:
				fit(v.Blocks.BlockSet)
				_, err = r.bot.api().PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: who["sam"], View: v})
			case message:
				v = fitMessage(v)
				_, _, err = r.bot.api().PostMessageContext(ctx, who["sam"], slack.MsgOptionText(v.Text, false), slack.MsgOptionBlocks(v.Blocks...))
			}
			if err != nil {
				t.Errorf("%s: %v\n%s", d.name, err, shownJSON(t, d.what))
			}
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
	})
}

// TestViewsKeepTheirBlocks: what was typed or tapped stays when a screen is drawn anew, for
// the same question has the same ids on each drawing.
func TestViewsKeepTheirBlocks(t *testing.T) {
	at := map[string]string{} // block of each action, on each screen
	for _, d := range samples(testWords(t), stage(t)) {
		v, ok := d.what.(slack.ModalViewRequest)
		if !ok {
			continue
		}
		for _, f := range fieldsOf(v) {
			if form.Screen(v.CallbackID) == form.HistoryScreen {
				continue // what was chosen is to go, too: see filter
			}
			key := v.CallbackID + "/" + f.action
			if was, seen := at[key]; seen && was != f.block {
				t.Errorf("%s has %s in block %q, and in %q elsewhere", d.name, f.action, f.block, was)
			}
			at[key] = f.block
		}
	}
}

// TestViewsErrorsHaveFields: a form's errors are keyed by the blocks of inputs that its
// screen has; any other is shown nowhere (SLACK section 2).
func TestViewsErrorsHaveFields(t *testing.T) {
	drawn := map[string]sample{}
	for _, d := range samples(testWords(t), stage(t)) {
		drawn[d.name] = d
	}
	for errs, on := range map[string]string{
		"errors-rep-guest": "fields", "errors-past": "fields", "errors-rung": "verdict-coach",
		"errors-more": "verdict-more", "errors-now": "now", "errors-team-guest": "team", "errors-team-cycle": "team",
		"errors-team-two-teams": "team", "errors-team-dates": "team", "errors-team-skills-long": "team",
		"errors-reminder-err-zone": "reminder-on", "errors-reminder-err-no-days": "reminder-on", "errors-reminder-err-pause-date": "reminder-on",
		"errors-reminder-err-time-of-day": "reminder-on", "errors-reminder-err-pick-one": "reminder-on",
		"errors-err-learn-deal": "fields", "errors-err-learn-long": "fields", "errors-err-learn-what": "learning",
		"errors-err-reason": "verdict-typed", "errors-err-manager-self": "pull",
		"errors-log-err-link": "log", "errors-log-err-long": "log", "errors-log-err-pick-one": "log", "errors-not-doing": "not-doing",
		"errors-reschedule": "reschedule", "errors-debrief-err-with-self": "debrief-form", "errors-debrief-err-day": "debrief-form",
		"errors-debrief-err-pick-one": "debrief-form", "errors-debrief-err-deal-long": "debrief-form",
	} {
		inputs := map[string]bool{}
		for _, b := range blocksOf(drawn[on]) {
			if in, ok := b.(*slack.InputBlock); ok {
				inputs[in.BlockID] = true
			}
		}
		for id := range drawn[errs].what.(fieldErrors) {
			if !inputs[id] {
				t.Errorf("%s: no input %q on the screen %s, which has %v", errs, id, on, inputs)
			}
		}
	}
}

// A field is something on a view that a person can fill.
type field struct {
	block, action string
	el            slack.BlockElement
	input         bool // in an input block; else it sends each tap
}

// fieldsOf are the fields of a view, from the top. It knows Slack's blocks, and none of ours.
func fieldsOf(v slack.ModalViewRequest) (out []field) {
	add := func(block string, el slack.BlockElement, input bool) {
		var action string
		switch el := el.(type) {
		case *slack.RadioButtonsBlockElement:
			action = el.ActionID
		case *slack.CheckboxGroupsBlockElement:
			action = el.ActionID
		case *slack.SelectBlockElement:
			action = el.ActionID
		case *slack.MultiSelectBlockElement:
			action = el.ActionID
		case *slack.PlainTextInputBlockElement:
			action = el.ActionID
		case *slack.DatePickerBlockElement:
			action = el.ActionID
		case *slack.TimePickerBlockElement:
			action = el.ActionID
		default:
			return
		}
		out = append(out, field{block, action, el, input})
	}
	for _, b := range v.Blocks.BlockSet {
		switch b := b.(type) {
		case *slack.InputBlock:
			add(b.BlockID, b.Element, true)
		case *slack.SectionBlock:
			if a := b.Accessory; a != nil && a.RadioButtonsElement != nil {
				add(b.BlockID, a.RadioButtonsElement, false)
			} else if a != nil && a.SelectElement != nil {
				add(b.BlockID, a.SelectElement, false)
			}
		}
	}
	return out
}

// filled is the state that Slack keeps of a field, and the value that was put in: the last
// option, or what a person would type.
func (f field) filled(tb testing.TB) (state map[string]any, value string) {
	tb.Helper()
	option := func(kind string, options []*slack.OptionBlockObject) (map[string]any, string) {
		o := options[len(options)-1]
		return map[string]any{"type": kind, "selected_option": o}, o.Value
	}
	switch el := f.el.(type) {
	case *slack.RadioButtonsBlockElement:
		return option("radio_buttons", el.Options)
	case *slack.CheckboxGroupsBlockElement:
		return map[string]any{"type": "checkboxes", "selected_options": el.Options[2:4]}, el.Options[2].Value + "," + el.Options[3].Value
	case *slack.SelectBlockElement:
		if el.Type == slack.OptTypeUser {
			return map[string]any{"type": el.Type, "selected_user": "U0LIOR01"}, "U0LIOR01"
		}
		if el.Type == slack.OptTypeConversations {
			return map[string]any{"type": el.Type, "selected_conversation": "C0DEALS1"}, "C0DEALS1"
		}
		return option(el.Type, el.Options)
	case *slack.MultiSelectBlockElement:
		return map[string]any{"type": el.Type, "selected_users": []string{"U0LIOR01", "U0DANA01"}}, "U0LIOR01,U0DANA01"
	case *slack.PlainTextInputBlockElement:
		return map[string]any{"type": "plain_text_input", "value": `5 < 6 & "so"`}, `5 < 6 & "so"`
	case *slack.DatePickerBlockElement:
		return map[string]any{"type": "datepicker", "selected_date": "2026-03-05"}, "2026-03-05"
	case *slack.TimePickerBlockElement:
		return map[string]any{"type": "timepicker", "selected_time": "13:30"}, "13:30"
	}
	tb.Fatalf("nobody knows how to fill %T", f.el)
	return nil, ""
}

// asShown is a view as Slack sends it back.
func asShown(v slack.ModalViewRequest, state map[string]map[string]any) map[string]any {
	return map[string]any{
		"id": "V0123456789", "team_id": "T0ACME01", "type": "modal", "hash": "1772610960.abcd", "callback_id": v.CallbackID,
		"private_metadata": v.PrivateMetadata, "blocks": v.Blocks, "title": v.Title, "submit": v.Submit, "close": v.Close,
		"state": map[string]any{"values": state}, "previous_view_id": nil, "root_view_id": "V0123456789",
		"clear_on_close": false, "notify_on_close": false, "external_id": "", "app_id": "A0STEPIN", "bot_id": "B0STEPIN",
	}
}

func payloadOf(kind string, more map[string]any) map[string]any {
	p := map[string]any{
		"type": kind, "team": map[string]any{"id": "T0ACME01", "domain": "acme"}, "api_app_id": "A0STEPIN",
		"user":       map[string]any{"id": "U0SAM001", "username": "sam", "name": "sam", "team_id": "T0ACME01"},
		"enterprise": nil, "is_enterprise_install": false, "token": "none", "trigger_id": "1.2.abc",
	}
	maps.Copy(p, more)
	return p
}

// TestViewsRoundTrip fills each screen as a person would, and reads back what was put in.
func TestViewsRoundTrip(t *testing.T) {
	c := stage(t)
	want := map[form.Screen][]string{ // what the handlers read of each screen
		form.CallScreen: {"estimate"}, form.FieldsScreen: {"rep", "deal", "day", "time", "length", "learn"}, form.LearningScreen: {"rep", "deal", "learn"},
		form.FactsScreen: {"P7", "P6", "P8", "P5", "P4"}, form.VerdictScreen: {"rung"}, form.NowScreen: {"asked_in", "must_stop", "step"},
		form.ClosingScreen: {"plan", "motive"}, form.GlassScreen: {"reason"}, form.SentenceScreen: {"sentence"}, form.WordScreen: {"help"},
		form.CoachingScreen: {"give", "coached"}, form.PullScreen: {"boss", "deal", "day", "time", "length", "help"},
		form.ReminderScreen: {"wanted", "at", "days", "zone", "pause_until"},
		form.LogScreen:      {"outcome", "route", "coached", "learned", "recording"}, form.NotDoingScreen: {"reason"}, form.RescheduleScreen: {"day", "time", "length"},
		form.DebriefScreen: {"with", "led", "deal", "day"}, form.HistoryScreen: {"whose", "ended"},
		form.TeamScreen: {"reps", "policy", "approver", "delegate", "from", "until", "next", "channel", "skills"},
	}
	seen := map[form.Screen]bool{}
	for _, d := range samples(testWords(t), c) {
		v, ok := d.what.(slack.ModalViewRequest)
		if !ok {
			continue
		}
		fields := fieldsOf(v)
		state := map[string]map[string]any{}
		filled := map[string]string{}
		for _, f := range fields {
			s, value := f.filled(t)
			if state[f.block] != nil {
				t.Errorf("%s: block %s has two fields", d.name, f.block)
			}
			state[f.block], filled[f.action] = map[string]any{f.action: s}, value
		}
		wanted := slices.Clone(want[form.Screen(v.CallbackID)])
		switch d.name {
		case "call-less":
			wanted = nil
		case "closing-less":
			wanted = []string{"plan"}
		case "facts-asked-in":
			wanted = append(wanted, "for")
		case "verdict-more":
			wanted = append(wanted, "P1", "P2", "P3", "why_not")
		case "closing-own", "closing-own-typed":
			wanted = append(wanted, "plan_text")
		case "closing-guess", "closing-guess-waits":
			wanted = append(wanted, "guess")
		case "fields-skill":
			wanted = append(wanted, "skill")
		case "verdict-typed":
			wanted = append(wanted, "P1", "P2", "P3", "reason")
		case "log-rep", "log-rep-second":
			wanted = append(wanted, "trusted")
		case "debrief-form-rep":
			wanted = append(wanted, "place")
		case "history-rep":
			wanted = []string{"ended"}
		case "history-empty":
			wanted = nil
		case "team-fixed":
			wanted = []string{"channel", "skills"}
		}
		for _, action := range wanted {
			if filled[action] == "" {
				t.Errorf("%s has no field for %s", d.name, action)
			}
		}
		if len(filled) != len(wanted) {
			t.Errorf("%s has the fields %v, want %v", d.name, filled, wanted)
		}
		seen[form.Screen(v.CallbackID)] = true
		check := func(what string, in form.Input, ok bool) {
			t.Helper()
			about, seq := requestIn(v), seqIn(v)
			if list := form.Screen(v.CallbackID) == form.HistoryScreen; list && in.Request != "" { // a button of one of them
				about, seq = in.Request, in.Seen
			}
			if !ok || in.User != "U0SAM001" || in.Request != about || form.Screen(in.Callback) != form.Screen(v.CallbackID) || in.Seen != seq || in.ViewID != "V0123456789" {
				t.Errorf("%s, %s: read as %+v", d.name, what, in)
			}
		}
		if v.Submit != nil {
			in, ok := decode(interactive(t, payloadOf("view_submission", map[string]any{"view": asShown(v, state), "response_urls": []any{}})))
			check("submitted", in, ok)
			if !maps.Equal(in.Form, filled) || in.Kind != form.Submitted {
				t.Errorf("%s: submitted %v, read %v", d.name, filled, in.Form)
			}
			if in.ShowsReason != (d.name == "verdict-typed" || d.name == "glass" || form.Screen(v.CallbackID) == form.NotDoingScreen) {
				t.Errorf("%s: asks to type why: %v", d.name, in.ShowsReason)
			}
			if in.ShowsMore != (d.name == "verdict-more" || d.name == "verdict-typed") {
				t.Errorf("%s: shows the further questions: %v", d.name, in.ShowsMore)
			}
			if in.ShowsLearn != (form.Screen(v.CallbackID) == form.FieldsScreen || form.Screen(v.CallbackID) == form.LearningScreen) {
				t.Errorf("%s: asks what is to be learned: %v", d.name, in.ShowsLearn)
			}
			// An empty form is read as one, whether Slack sends nulls or nothing.
			empty := map[string]map[string]any{}
			for b, fields := range state {
				for a, s := range fields {
					blank := map[string]any{"type": s.(map[string]any)["type"]}
					for k := range s.(map[string]any) {
						if k != "type" {
							blank[k] = nil
						}
					}
					empty[b] = map[string]any{a: blank}
				}
			}
			in, ok = decode(interactive(t, payloadOf("view_submission", map[string]any{"view": asShown(v, empty)})))
			check("empty", in, ok)
			if len(in.Form) > 0 {
				t.Errorf("%s: an empty form is read as %v", d.name, in.Form)
			}
		}
		tap := func(action map[string]any, state map[string]map[string]any) form.Input {
			t.Helper()
			action["action_ts"] = "1772610960.000100"
			in, ok := decode(interactive(t, payloadOf("block_actions", map[string]any{
				"container": map[string]any{"type": "view", "view_id": "V0123456789"}, "view": asShown(v, state), "actions": []any{action},
			})))
			check("tapped", in, ok)
			if in.Kind != form.Tapped || in.Where != form.OnModal || in.Action != action["action_id"] {
				t.Errorf("%s: a tap on %v is read as %+v", d.name, action["action_id"], in)
			}
			return in
		}
		for _, f := range fields { // the tap may be ahead of the state
			s, value := f.filled(t)
			action := map[string]any{"block_id": f.block, "action_id": f.action}
			for k, x := range s {
				action[k] = x
			}
			if in := tap(action, nil); in.Form[f.action] != value {
				t.Errorf("%s: tapped %s on %s, read %v", d.name, value, f.action, in.Form)
			}
		}
		for _, b := range buttonsOf(d) {
			in := tap(map[string]any{
				"type": "button", "block_id": blockWith(d, b), "action_id": b.ActionID, "value": b.Value, "text": b.Text,
			}, state)
			if !maps.Equal(in.Form, filled) {
				t.Errorf("%s: %q loses what was filled in: %v", d.name, b.Text.Text, in.Form)
			}
		}
	}
	for s := range want {
		if !seen[s] {
			t.Errorf("the screen %s was never drawn", s)
		}
	}
}

// TestViewsButtonsRoundTrip: a button of a message or of Home says which request it is about.
func TestViewsButtonsRoundTrip(t *testing.T) {
	n := 0
	deciding := []string{form.ActHold, form.ActAsk, form.ActJoin, form.ActListen, form.ActTake} // of two screens only one can
	for _, d := range samples(testWords(t), stage(t)) {
		more := map[string]any{}
		where := form.OnMessage
		switch v := d.what.(type) {
		case message:
			more["container"] = map[string]any{"type": "message", "message_ts": "1772610960.000200", "channel_id": "D0SAM", "is_ephemeral": false}
			more["channel"] = map[string]any{"id": "D0SAM", "name": "directmessage"}
			more["response_url"] = "https://hooks.slack.com/actions/x"
		case slack.HomeTabViewRequest:
			where = form.OnHome
			more["container"] = map[string]any{"type": "view", "view_id": "V0HOME"}
			more["view"] = map[string]any{"id": "V0HOME", "type": "home", "hash": "h", "blocks": v.Blocks, "private_metadata": "", "callback_id": "", "state": map[string]any{"values": map[string]any{}}}
		default:
			continue
		}
		for _, b := range buttonsOf(d) {
			n++
			more["actions"] = []any{map[string]any{
				"type": "button", "block_id": blockWith(d, b), "action_id": b.ActionID, "value": b.Value, "text": b.Text, "action_ts": "1.2",
			}}
			in, ok := decode(interactive(t, payloadOf("block_actions", more)))
			about := !slices.Contains(mayDo[members], b.ActionID)
			if !ok || in.Kind != form.Tapped || in.Where != where || in.Action != b.ActionID || in.User != "U0SAM001" ||
				strings.HasPrefix(string(in.Request), "R0123456789ABC") != about || slices.Contains(deciding, b.ActionID) && in.Seen == 0 {
				t.Errorf("%s: %q is read as %+v", d.name, b.Text.Text, in)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d buttons", n)
	}
}

func requestIn(v slack.ModalViewRequest) nudges.RequestID {
	if strings.Contains(v.PrivateMetadata, "R0123456789ABCDEF") {
		return "R0123456789ABCDEF"
	}
	return ""
}

// seqIn is how often the gallery's requests have changed: decided or not.
func seqIn(v slack.ModalViewRequest) int {
	switch {
	case strings.Contains(v.PrivateMetadata, `"n":2`):
		return 2
	case strings.Contains(v.PrivateMetadata, `"n":0`): // of no request
		return 0
	}
	return 1
}

// blockWith is the id of the block that holds a button.
func blockWith(d sample, b *slack.ButtonBlockElement) string {
	for _, x := range blocksOf(d) {
		switch x := x.(type) {
		case *slack.ActionBlock:
			if slices.Contains(x.Elements.ElementSet, slack.BlockElement(b)) {
				return x.BlockID
			}
		case *slack.SectionBlock:
			if x.Accessory != nil && x.Accessory.ButtonElement == b {
				return x.BlockID
			}
		}
	}
	return ""
}

// Words that could call somebody, lead elsewhere or turn the text around are shown as words by everything that is drawn,
// in every field that people fill; and Slack is told to look for no names or links in any text of ours.
func TestNothingIsRaw(t *testing.T) {
	const evil = "<!channel> <@U0EVIL01> <https://x.example|y> <#C0EVIL01> & \u202e\u2066\u200fz</"
	shown := 0
	for field := range 7 {
		c := stage(t)
		*[]*string{&c.manager, &c.rep, &c.who, &c.deal, &c.plan, &c.words, &c.skill}[field] = evil
		for _, d := range append(samples(testWords(t), c), fullHome(testWords(t), c)) {
			if _, file := d.what.(exportFile); file { // their own words as they are, in which Slack looks for nothing
				continue
			}
			var v any
			if err := json.Unmarshal(mustEncode(d.what), &v); err != nil {
				t.Fatal(err)
			}
			_, errs := d.what.(fieldErrors) // plain text
			var look func(v any, mrkdwn bool)
			look = func(v any, mrkdwn bool) {
				switch v := v.(type) {
				case map[string]any:
					kind, _ := v["type"].(string)
					if kind == "mrkdwn" && v["verbatim"] != true {
						t.Errorf("%s: not verbatim: %v", d.name, v)
					}
					for k, x := range v {
						if k == "initial_value" || k == "value" { // what they typed, to go on with, and opaque values
							continue
						}
						look(x, kind == "mrkdwn" || k == "text" && kind == "" && !errs) // or of a notification
					}
				case []any:
					for _, x := range v {
						look(x, false)
					}
				case string:
					if strings.Contains(v, "x.example") || strings.Contains(v, "EVIL") {
						shown++
					}
					if strings.ContainsAny(v, "\u202e\u2066\u200f") {
						t.Errorf("%s: turns the text around: %q", d.name, v)
					}
					if mrkdwn && (strings.Contains(v, "<!") || strings.Contains(v, "<@U0EVIL") || strings.Contains(v, "<#C0EVIL") || strings.Contains(v, "<https://x.example") || strings.Contains(v, "z</")) {
						t.Errorf("%s: raw: %q", d.name, v)
					}
				}
			}
			look(v, false)
		}
	}
	if shown < 500 {
		t.Errorf("the words are shown %d times: too few fields are looked at", shown)
	}
}
