package bot

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/team"
)

// A golden is one of the golden files of what stepin shows. It has blocks, unless it is the errors of a form or a file.
type golden struct {
	name, kind string // "modal", "home" or "message"; "" if it has no blocks
	json       []byte
	modal      slack.ModalViewRequest
	blocks     []slack.Block
}

// goldens are all that stepin shows.
func goldens(tb testing.TB) (all []golden) {
	tb.Helper()
	const dir = "view/testdata/views"
	files, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range files {
		g := golden{name: strings.TrimSuffix(f.Name(), ".json")}
		if g.json, err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			tb.Fatal(err)
		}
		var has struct {
			Type   string       `json:"type"`
			Blocks slack.Blocks `json:"blocks"`
		}
		if err := json.Unmarshal(g.json, &has); err != nil {
			tb.Fatal(err)
		}
		if g.kind, g.blocks = has.Type, has.Blocks.BlockSet; g.kind == "" && len(g.blocks) > 0 {
			g.kind = "message"
		}
		if g.kind == "modal" {
			if err := json.Unmarshal(g.json, &g.modal); err != nil {
				tb.Fatal(err)
			}
		}
		all = append(all, g)
	}
	if len(all) < 300 {
		tb.Fatalf("only %d goldens", len(all))
	}
	return all
}

// A shownButton is a button of a golden, or the option of a menu that does the same, with the id of its block.
type shownButton struct {
	*slack.ButtonBlockElement
	block  string
	option *slack.OptionBlockObject
}

// tapped is what Slack says once it was tapped.
func (b shownButton) tapped() map[string]any {
	if b.option != nil {
		return map[string]any{
			"type": "overflow", "block_id": b.block, "action_id": form.ActMore, "selected_option": b.option, "action_ts": "1.2",
		}
	}
	return map[string]any{
		"type": "button", "block_id": b.block, "action_id": b.ActionID, "value": b.Value, "text": b.Text, "action_ts": "1.2",
	}
}

func (g golden) buttons() (out []shownButton) {
	for _, b := range g.blocks {
		switch b := b.(type) {
		case *slack.ActionBlock:
			for _, el := range b.Elements.ElementSet {
				switch el := el.(type) {
				case *slack.ButtonBlockElement:
					out = append(out, shownButton{el, b.BlockID, nil})
				case *slack.OverflowBlockElement:
					for _, o := range el.Options {
						same := &slack.ButtonBlockElement{ActionID: form.ReadAction(o.Value), Text: o.Text}
						out = append(out, shownButton{same, b.BlockID, o})
					}
				}
			}
		case *slack.SectionBlock:
			if b.Accessory != nil && b.Accessory.ButtonElement != nil {
				out = append(out, shownButton{b.Accessory.ButtonElement, b.BlockID, nil})
			}
		}
	}
	return out
}

// TestViewsKeepTheirBlocks: what was typed or tapped stays when a screen is redrawn, for
// the same question has the same ids on each drawing.
func TestViewsKeepTheirBlocks(t *testing.T) {
	at := map[string]string{} // block of each action, on each screen
	for _, d := range goldens(t) {
		v := d.modal
		if d.kind != "modal" {
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
	want := map[form.Screen][]string{ // what the handlers read of each screen
		form.CallScreen: {"estimate"}, form.FieldsScreen: {"rep", "deal", "day", "time", "length", "learn"}, form.LearningScreen: {"rep", "deal", "learn"},
		form.FactsScreen: {"P7", "P6", "P8"}, form.LaterScreen: {"P5", "P4"}, form.RoleScreen: {"role"}, form.VerdictScreen: {"rung"}, form.NowScreen: {"asked_in", "step"},
		form.NowCallScreen: {"rep", "deal"}, form.MeantScreen: {"deal"},
		form.ClosingScreen: {"plan", "motive"}, form.GlassScreen: {"reason"}, form.SentenceScreen: {"sentence"}, form.WordScreen: {"help"},
		form.CoachingScreen: {"give_text", "coached"}, form.TellScreen: {"tell_text"}, form.PullScreen: {"boss", "deal", "day", "time", "length", "help"},
		form.ReminderScreen: {"wanted", "at", "days", "zone", "pause_until", "hours"},
		form.LogScreen:      {"outcome", "route", "coached", "learned", "recording"}, form.NotDoingScreen: {"reason"}, form.RescheduleScreen: {"day", "time", "length"},
		form.DebriefScreen: {"with", "led", "deal", "day"}, form.HistoryScreen: {"whose", "ended"},
		form.TeamScreen: {"reps", "policy", "approver", "delegate", "from", "until", "next", "channel", "skills"},
	}
	seen := map[form.Screen]bool{}
	for _, d := range goldens(t) {
		v := d.modal
		if d.kind != "modal" {
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
		case "meant-more":
			wanted = append(wanted, "rep")
		case "now-approver":
			wanted = append(wanted, "reason")
		case "call-less":
			wanted = nil
		case "closing-less":
			wanted = []string{"plan"}
		case "facts-asked-in":
			wanted = append(wanted, "for")
		case "verdict-more":
			wanted = append(wanted, "P1", "P2", "P3", "why_not")
		case "verdict-all-eight":
			wanted = append(wanted, "P5", "P4", "P1", "P2", "P3", "why_not")
		case "closing-own", "closing-own-typed", "closing-typing":
			wanted = append(wanted, "plan_text")
		case "closing-listen", "closing-co-pilot":
			wanted = append(wanted, "tell_text")
		case "closing-typed":
			wanted = append(wanted, "plan_text", "tell_text")
		case "closing-asked", "closing-take-over-asked", "closing-during-take-over":
			wanted[0] = "hand_back"
		case "closing-take-over":
			wanted = []string{"hand_back", "motive", "tell_text"}
		case "closing-hand-back-typed":
			wanted = []string{"hand_back", "motive", "plan_text", "tell_text"}
		case "coaching-no-skills":
			wanted = []string{"coached"}
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
		case "history-rep", "history-planned-rep":
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
			in, ok := interactive(t, payloadOf("view_submission", map[string]any{"view": asShown(v, state), "response_urls": []any{}}))
			check("submitted", in, ok)
			if !maps.Equal(in.Form, filled) || in.Kind != form.Submitted {
				t.Errorf("%s: submitted %v, read %v", d.name, filled, in.Form)
			}
			for _, f := range fields {
				if !in.Shown[f.action] {
					t.Errorf("%s: the field %s is not shown", d.name, f.action)
				}
			}
			if len(in.Shown) != len(fields) {
				t.Errorf("%s: %v are shown", d.name, in.Shown)
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
			in, ok = interactive(t, payloadOf("view_submission", map[string]any{"view": asShown(v, empty)}))
			check("empty", in, ok)
			if len(in.Form) > 0 {
				t.Errorf("%s: an empty form is read as %v", d.name, in.Form)
			}
		}
		tap := func(action map[string]any, state map[string]map[string]any) form.Input {
			t.Helper()
			action["action_ts"] = "1772610960.000100"
			in, ok := interactive(t, payloadOf("block_actions", map[string]any{
				"container": map[string]any{"type": "view", "view_id": "V0123456789"}, "view": asShown(v, state), "actions": []any{action},
			}))
			check("tapped", in, ok)
			if in.Kind != form.Tapped || in.Where != form.OnModal || in.Action != action["action_id"] {
				t.Errorf("%s: a tap on %v is read as %+v", d.name, action["action_id"], in)
			}
			return in
		}
		for _, f := range fields { // the tap may be ahead of the state
			s, value := f.filled(t)
			action := map[string]any{"block_id": f.block, "action_id": f.action}
			maps.Copy(action, s)
			if in := tap(action, nil); in.Form[f.action] != value {
				t.Errorf("%s: tapped %s on %s, read %v", d.name, value, f.action, in.Form)
			}
		}
		for _, b := range d.buttons() {
			in := tap(map[string]any{
				"type": "button", "block_id": b.block, "action_id": b.ActionID, "value": b.Value, "text": b.Text,
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
	for _, d := range goldens(t) {
		more := map[string]any{}
		where := form.OnMessage
		switch d.kind {
		case "message":
			more["container"] = map[string]any{"type": "message", "message_ts": "1772610960.000200", "channel_id": "D0SAM", "is_ephemeral": false}
			more["channel"] = map[string]any{"id": "D0SAM", "name": "directmessage"}
			more["response_url"] = "https://hooks.slack.com/actions/x"
		case "home":
			where = form.OnHome
			more["container"] = map[string]any{"type": "view", "view_id": "V0HOME"}
			more["view"] = map[string]any{"id": "V0HOME", "type": "home", "hash": "h", "blocks": slack.Blocks{BlockSet: d.blocks}, "private_metadata": "", "callback_id": "", "state": map[string]any{"values": map[string]any{}}}
		default:
			continue
		}
		for _, b := range d.buttons() {
			n++
			more["actions"] = []any{b.tapped()}
			in, ok := interactive(t, payloadOf("block_actions", more))
			about := !slices.Contains(mayDo[members], b.ActionID) && !strings.HasPrefix(in.Key, team.MeetKeys)
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

// seqIn is how often the samples' requests have changed: decided or not.
func seqIn(v slack.ModalViewRequest) int {
	switch {
	case strings.Contains(v.PrivateMetadata, `"n":2`):
		return 2
	case strings.Contains(v.PrivateMetadata, `"n":0`): // of no request
		return 0
	}
	return 1
}

// TestEverySayingIsDrawn: what goes wrong is said in a window or to the person alone, and there is a golden of both.
func TestEverySayingIsDrawn(t *testing.T) {
	drawn := map[string]bool{}
	for _, g := range goldens(t) {
		drawn[g.name] = true
	}
	for _, s := range decide.Sayings {
		name := strings.TrimPrefix(s.Text, "err-")
		if !drawn["note-"+name] || !drawn["line-"+name] {
			t.Errorf("nothing is drawn that says %s", s.Text)
		}
	}
}
