package sandbox_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/rules"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// bubble runs fn with a workspace in memory and fake time.
func bubble(t *testing.T, change func(*config), fn func(t *testing.T, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, change)
		defer r.close()
		fn(t, r)
	})
}

func TestTriggers(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		v := modal(section("x"))
		open := func(id string) obj { return obj{"trigger_id": id, "view": v} }
		id := r.trigger(sam)
		time.Sleep(rules.TriggerLife)
		r.want("", "views.open", open(id)) // just in time
		r.want("exchanged_trigger_id", "views.open", open(id))
		id = r.trigger(sam)
		time.Sleep(rules.TriggerLife + time.Millisecond)
		r.want("expired_trigger_id", "views.open", open(id))
		r.want("invalid_trigger_id", "views.open", open("1.invented"))
		r.want("invalid_arguments", "views.open", obj{"view": v})
		id = r.trigger(sam) // a refused view does not spend it
		r.want("invalid_arguments", "views.open", obj{"trigger_id": id, "view": modal(section(""))})
		odd := obj{"type": "divider", "!block_id": "b"}
		r.want("invalid_arguments", "views.open", obj{"trigger_id": id, "view": modal(odd)})
		odd = obj{"type": "image", "alt_text": "x", "image_url": "https://x.example", "!alt_text": "y"} // no field of it
		r.want("invalid_arguments", "views.open", obj{"trigger_id": id, "view": modal(odd)})
		r.want("", "views.open", open(id))
		r.want("invalid_trigger_id", "views.push", open(r.trigger(sam))) // not from inside a modal
	})
}

// A person fills in a window while the app redraws it: the answer to the app is of one moment.
func TestFillDuringUpdate(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		form := modal(field("b", "Name", textField("a")))
		v := r.open(sam, form)
		var wg sync.WaitGroup
		var drawn atomic.Bool
		wg.Go(func() {
			for i := 0; !drawn.Load(); i++ {
				if err := r.w.Act(t.Context(), sam, hands.Place{View: v.ID}, "b", "a", hands.Value{Text: fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
			}
		})
		for range 50 {
			r.want("", "views.update", obj{"view_id": v.ID, "view": form})
		}
		drawn.Store(true)
		wg.Wait()
	})
}

func TestViewTooLarge(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var blocks []any
		for range 100 {
			blocks = append(blocks, section(strings.Repeat("a", 2500)))
		}
		r.want("", "views.open", obj{"trigger_id": r.trigger(sam), "view": modal(blocks[:90]...)})
		for i := range blocks {
			blocks[i] = section(strings.Repeat("a", 2600))
		}
		r.want("view_too_large", "views.open", obj{"trigger_id": r.trigger(sam), "view": modal(blocks...)})
	})
}

func TestStack(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		root := r.open(sam, modal(section("one")))
		push := func(code string) {
			t.Helper()
			r.want(code, "views.push", obj{"trigger_id": r.triggerIn(sam, root.ID), "view": modal(section("more"))})
		}
		push("")
		push("")
		push("push_limit_reached")
		m := r.w.Modals(sam)
		if len(m) != 3 || m[2].Root != root.ID || m[2].Previous != m[1].ID {
			t.Fatalf("%+v", m)
		}
		if err := r.w.Dismiss(t.Context(), sam, m[1].ID); codeOf(err) != "no_such_view" {
			t.Fatalf("closing below the top: %v", err)
		}
		for i := 2; i >= 0; i-- {
			if err := r.w.Dismiss(t.Context(), sam, m[i].ID); err != nil {
				t.Fatal(err)
			}
		}
		r.want("not_found", "views.update", obj{"view_id": root.ID, "view": modal(section("late"))})
	})
}

func TestHashAndExternalID(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		v := r.open(sam, with(modal(section("x")), "external_id", "mine"))
		r.want("", "views.update", obj{"view_id": v.ID, "hash": v.Hash, "view": modal(section("y"))})
		r.want("hash_conflict", "views.update", obj{"view_id": v.ID, "hash": v.Hash, "view": modal(section("z"))})
		r.want("not_found", "views.update", obj{"external_id": "mine", "view": modal(section("z"))}) // it was given up
		r.want("", "views.update", obj{"view_id": v.ID, "view": with(modal(section("y")), "external_id", "mine")})
		r.want("", "views.update", obj{"external_id": "mine", "view": with(modal(section("z")), "external_id", "mine")})
		r.want("duplicate_external_id", "views.open", obj{"trigger_id": r.trigger(dana), "view": with(modal(section("z")), "external_id", "mine")})
	})
}

func TestTypedInputStays(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		radio := with(choice("radio_buttons", 3), "initial_option", opt("v1", "Option 1"))
		v := r.open(sam, modal(field("b", "Why", textField("a")), field("r", "Which", radio)))
		h := r.w.As(sam)
		if !strings.Contains(h.Reads(), "(x) Option 1") {
			t.Fatal(h.Reads())
		}
		for _, err := range []error{h.Fill("Why", "kept"), h.Pick("Which", "Option 2")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		r.want("", "views.update", obj{"view_id": v.ID, "view": modal(section("new"), field("b", "Why?", textField("a")), field("r", "Which", radio))})
		if got := h.Reads(); !strings.Contains(got, "kept") || !strings.Contains(got, "(x) Option 2") {
			t.Fatalf("same ids: input lost:\n%s", got)
		}
		r.want("", "views.update", obj{"view_id": v.ID, "view": modal(field("b", "Why?", textField("other")), field("r", "Which", choice("radio_buttons", 2)))})
		if got := h.Reads(); strings.Contains(got, "kept") || strings.Contains(got, "(x)") {
			t.Fatalf("another action_id, a missing option: input kept:\n%s", got)
		}
	})
}

// answering acknowledges submissions with payload.
func answering(payload func() any) func(*socketmode.Client, socketmode.Event) {
	return func(c *socketmode.Client, e socketmode.Event) { ack(c, e, payload()) }
}

func TestResponseActions(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var answer any
		r.connect(answering(func() any { return answer }))
		form := modal(field("b", "Why", textField("a")), with(field("o", "More", textField("a")), "optional", true))
		v := r.open(sam, form)
		submit := func(id string) (map[string]string, string) {
			t.Helper()
			errs, err := r.w.Submit(t.Context(), sam, id)
			return errs, codeOf(err)
		}
		if errs, _ := submit(v.ID); errs["b"] == "" || len(errs) != 1 || len(r.envelopes()) != 0 {
			t.Fatalf("the client sends an empty form: %v", errs)
		}
		if err := r.w.As(sam).Fill("Why", "x"); err != nil {
			t.Fatal(err)
		}
		answer = obj{"response_action": "errors", "errors": obj{"b": "No.", "a": "lost"}}
		if errs, code := submit(v.ID); errs["b"] != "No." || len(errs) != 1 || code != "" {
			t.Fatal(errs, code)
		}
		answer = obj{"response_action": "errors", "errors": obj{"a": "by action id"}}
		if _, code := submit(v.ID); code != "bad_answer" {
			t.Fatal(code)
		}
		answer = obj{"response_action": "update", "view": modal(section(""))}
		if _, code := submit(v.ID); code != "bad_answer" {
			t.Fatal(code)
		}
		if n := len(r.w.Violations()); n != 4 {
			t.Fatal(r.w.Violations())
		}
		answer = obj{"response_action": "push", "view": with(modal(section("two")), "external_id", "e2")}
		submit(v.ID)
		m := r.w.Modals(sam)
		if len(m) != 2 || m[1].Previous != v.ID {
			t.Fatal(m)
		}
		answer = obj{"response_action": "update", "view": modal(section("three"))}
		submit(m[1].ID)
		if got := r.w.As(sam).Reads(); !strings.Contains(got, "three") {
			t.Fatal(got)
		}
		answer = nil
		submit(m[1].ID)
		if m = r.w.Modals(sam); len(m) != 1 || m[0].ID != v.ID {
			t.Fatal(m)
		}
		answer = obj{"response_action": "clear"}
		submit(v.ID)
		if m = r.w.Modals(sam); len(m) != 0 {
			t.Fatal(m)
		}
		state := r.envelopes()[0].Data.(slack.InteractionCallback).View.State.Values
		if state["b"]["a"].Value != "x" || state["o"]["a"].Value != "" {
			t.Fatal(state)
		}
	})
}

// TestViewUpdatedMeanwhile: an answer to a submission is about the view as it is when the answer comes, and not as it was
// sent.
func TestViewUpdatedMeanwhile(t *testing.T) {
	for name, tt := range map[string]struct {
		answer any
		code   string
		broken int
		reads  string
	}{
		"an error at a field that is gone":  {obj{"response_action": "errors", "errors": obj{"b": "No."}}, "bad_answer", 2, "Other"},
		"an error at a field that has come": {obj{"response_action": "errors", "errors": obj{"new": "No."}}, "", 0, "No."},
		"another view":                      {obj{"response_action": "update", "view": modal(section("three"))}, "", 0, "three"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, r *rig) {
				var v hands.View
				r.connect(answering(func() any {
					r.want("", "views.update", obj{"view_id": v.ID, "view": modal(field("new", "Other", textField("a")))})
					return tt.answer
				}))
				v = r.open(sam, modal(field("b", "Why", textField("a"))))
				if err := r.w.As(sam).Fill("Why", "x"); err != nil {
					t.Fatal(err)
				}
				_, err := r.w.Submit(t.Context(), sam, v.ID)
				if codeOf(err) != tt.code || len(r.w.Violations()) != tt.broken || !strings.Contains(r.w.As(sam).Reads(), tt.reads) {
					t.Error(err, r.w.Violations(), r.w.As(sam).Reads())
				}
			})
		})
	}
}

func TestClosedByPerson(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.connect(nil)
		quiet := r.open(sam, modal(section("x")))
		if err := r.w.Dismiss(t.Context(), sam, quiet.ID); err != nil || len(r.envelopes()) != 0 {
			t.Fatal(err, r.envelopes())
		}
		v := r.open(sam, with(modal(field("b", "Why", textField("a"))), "notify_on_close", true))
		if err := r.w.As(sam).Fill("Why", "typed"); err != nil {
			t.Fatal(err)
		}
		if err := r.w.Dismiss(t.Context(), sam, v.ID); err != nil {
			t.Fatal(err)
		}
		in := r.envelopes()[0].Data.(slack.InteractionCallback)
		if in.Type != slack.InteractionTypeViewClosed || in.View.ID != v.ID || len(in.View.State.Values) != 0 {
			t.Fatalf("%+v", in)
		}
	})
}

func TestEveryElement(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.connect(nil)
		r.open(sam, modal(
			field("date", "Day", obj{"type": "datepicker", "action_id": "a"}),
			field("time", "Hour", obj{"type": "timepicker", "action_id": "a", "timezone": "Europe/Berlin"}),
			field("who", "Rep", obj{"type": "users_select", "action_id": "a"}),
			field("menu", "Deal", choice("static_select", 3)),
			field("boxes", "Which", choice("checkboxes", 3)),
			with(field("live", "Note", textField("a")), "dispatch_action", true),
			obj{"type": "section", "block_id": "s", "text": plain("More"), "accessory": choice("overflow", 2)},
		))
		h := r.w.As(sam)
		for i, err := range []error{
			h.Fill("Day", "2026-03-29"), h.Fill("Hour", "02:30"), h.Fill("Rep", "dana"), h.Pick("Deal", "Option 2"),
			h.Pick("Which", "Option 0"), h.Pick("Which", "Option 2"), h.Fill("Note", "live"), h.Press("Option 1"),
		} {
			if err != nil {
				t.Fatal(i, err)
			}
		}
		if n := len(r.envelopes()); n != 2 {
			t.Fatalf("%d envelopes: only the dispatching ones are sent", n)
		}
		if a := r.envelopes()[0].Data.(slack.InteractionCallback).ActionCallback.BlockActions[0]; a.Value != "live" || a.BlockID != "live" || a.ActionTs == "" {
			t.Fatalf("%+v", a)
		}
		if a := r.envelopes()[1].Data.(slack.InteractionCallback).ActionCallback.BlockActions[0]; a.SelectedOption.Value != "v1" {
			t.Fatalf("%+v", a)
		}
		if errs, err := h.Submit(); err != nil || len(errs) > 0 {
			t.Fatal(errs, err)
		}
		s := r.envelopes()[2].Data.(slack.InteractionCallback).View.State.Values
		if s["date"]["a"].SelectedDate != "2026-03-29" || s["time"]["a"].SelectedTime != "02:30" || s["time"]["a"].Timezone != "Europe/Berlin" ||
			s["who"]["a"].SelectedUser != dana || s["menu"]["a"].SelectedOption.Value != "v2" || len(s["boxes"]["a"].SelectedOptions) != 2 {
			t.Fatalf("%+v", s)
		}
	})
}
