package bot

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
)

// oddly has every envelope until r.evenly come with values replaced, where it has them.
func (r *rig) oddly(all ...oddity) {
	r.ws.Behave(func(b *sandbox.Behaviour) {
		b.Odd = func(method string, sent []byte) []byte {
			if method != "" {
				return sent
			}
			return odd(r.t, sent, all...)
		}
	})
}

// reported has every envelope until r.evenly come as a reported case, but with the ids of this workspace.
func (r *rig) reported(file string, ours ...string) {
	about := string(read(r.t, "testdata/odd/"+file))
	r.ws.Behave(func(b *sandbox.Behaviour) {
		b.Odd = func(method string, frame []byte) []byte {
			if method != "" {
				return frame
			}
			out := []byte(about)
			for _, n := range nodes(r.t, frame) {
				for _, path := range append(ours, "envelope_id", "payload/trigger_id", "payload/response_url") {
					if n.path == path {
						out = odd(r.t, out, oddity{path, n.json})
					}
				}
			}
			return out
		}
	})
}

func (r *rig) evenly() { r.ws.Behave(func(b *sandbox.Behaviour) { b.Odd = nil }) }

// counted is how many envelopes could not be read, by the figures.
func (r *rig) counted() (n int) {
	all, err := r.bot.Meter().Gather()
	if err != nil {
		r.t.Error(err)
	}
	for _, family := range all {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if family.GetName() == "stepin_envelopes_total" && l.GetValue() == health.EndedUnread {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}

// unread is what the figures and the log say of envelopes that could not be read.
func (r *rig) unread() (counted int, fields []string) {
	for _, m := range regexp.MustCompile(`could not be read.* field=(\S+)`).FindAllStringSubmatch(r.log.String(), -1) {
		fields = append(fields, m[1])
	}
	return r.counted(), fields
}

// TestReportedEnvelopes plays the cases that were reported.
func TestReportedEnvelopes(t *testing.T) {
	const lior = "U0LIOR01"
	for name, play := range map[string]func(*rig){
		"home opened, with a list for the values of its state": func(r *rig) {
			r.reported("01-home-opened-empty-list.json")
			if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
				r.t.Error(err)
			}
			r.settle()
			if home := r.as("sam").AtHome().Reads(); !strings.Contains(home, "Start here") {
				r.t.Errorf("Home:\n%s", home)
			}
		},
		"a form with a list for its values is an empty form": func(r *rig) {
			r.fillCall()
			r.reported("02-submission-empty-list.json", "payload/view/id", "payload/view/private_metadata", "payload/view/hash")
			errs, err := r.as("sam").Submit()
			if r.settle(); err != nil || len(errs) == 0 || len(r.ws.Modals(who["sam"])) != 1 {
				r.t.Errorf("errors %v, %v; %d windows\n%s", errs, err, len(r.ws.Modals(who["sam"])), r.log)
			}
		},
		"a tap under a preview with a text for its id": func(r *rig) {
			if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil { // makes their conversation with stepin
				r.t.Error(err)
			}
			at, err := r.ws.Plant(r.as("sam").DM(), json.RawMessage(`[{"type":"actions","block_id":"b-start","elements":[
				{"type":"button","action_id":"start","value":"{\"r\":\"\",\"n\":0}","text":{"type":"plain_text","text":"Start"}}]}]`))
			if err != nil {
				r.t.Fatal(err)
			}
			r.reported("03-tap-attachment-id-text.json")
			if err := r.ws.Act(r.t.Context(), who["sam"], at, "b-start", "start", hands.Value{}); err != nil {
				r.t.Error(err)
			}
			if r.settle(); len(r.ws.Modals(who["sam"])) != 1 {
				r.t.Errorf("no window\n%s", r.log)
			}
		},
		"a guest from now on, with a list for their fields": func(r *rig) {
			r.becomesGuest(lior, func() { r.reported("04-user-change-fields-list.json", "payload/event/user/id") })
		},
		"a guest from now on, with a text for the flag that says so": func(r *rig) {
			r.becomesGuest(lior, func() { r.oddly(oddity{"payload/event/user/is_restricted", `"yes"`}) })
		},
		"a guest from now on, with a number for their zone and a list for their profile": func(r *rig) {
			r.becomesGuest(lior, func() {
				r.oddly(oddity{"payload/event/user/tz", `7`}, oddity{"payload/event/user/profile", `["x"]`})
			})
		},
		"a guest from now on, in an event whose type is null": func(r *rig) {
			r.becomesGuest(lior, func() { r.oddly(oddity{"payload/event/type", `null`}, oddity{"type", `7`}) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				play(r)
				if n, fields := r.unread(); n != 0 || len(fields) != 0 {
					r.t.Errorf("%d not read: %v", n, fields)
				}
				if v := r.ws.Violations(); len(v) > 0 {
					r.t.Errorf("rules broken: %q", v)
				}
			})
		})
	}
}

// fillCall has Sam open the first window.
func (r *rig) fillCall() {
	r.t.Helper()
	if err := r.as("sam").Types("/stepin"); err != nil {
		r.t.Fatal(err)
	}
	if r.settle(); len(r.ws.Modals(who["sam"])) != 1 {
		r.t.Fatalf("no window\n%s", r.log)
	}
}

// becomesGuest has somebody served, then become a guest in an odd event: their next command is refused at once.
func (r *rig) becomesGuest(id string, oddly func()) {
	r.t.Helper()
	h := r.ws.As(id)
	if err := h.Types("/stepin"); err != nil {
		r.t.Fatal(err)
	}
	if r.settle(); len(r.ws.Modals(id)) != 1 {
		r.t.Fatalf("not served\n%s", r.log)
	}
	r.ws.Clear(id)
	oddly()
	if err := r.ws.Edit(r.t.Context(), id, true, func(p *world.Person) { p.Guest = true }); err != nil {
		r.t.Error(err)
	}
	r.evenly()
	if err := h.Types("/stepin"); err != nil {
		r.t.Error(err)
	}
	if r.settle(); len(r.ws.Modals(id)) != 0 {
		r.t.Errorf("a guest is served\n%s", r.log)
	}
}

// TestUnreadIsTold: where an envelope cannot be read, the person reads so, a form stays open with what was typed, the
// log names the field, and a figure counts it.
func TestUnreadIsTold(t *testing.T) {
	type doing func(*rig) error
	command := func(r *rig) error { return r.as("sam").Types("/stepin @Dana Acme renewal") }
	submit := func(r *rig) error { _, err := r.as("sam").Submit(); return err }
	planted := func(r *rig) error {
		at, err := r.ws.Plant(r.as("sam").DM(), json.RawMessage(`[{"type":"actions","block_id":"b-start","elements":[
			{"type":"button","action_id":"start","value":"{\"r\":\"\",\"n\":0}","text":{"type":"plain_text","text":"Start"}}]}]`))
		if err != nil {
			return err
		}
		return r.ws.Act(r.t.Context(), who["sam"], at, "b-start", "start", hands.Value{})
	}
	home := func(r *rig) error { return r.as("sam").AtHome().Press("Worried about a call? Start here") }
	shortcut := func(r *rig) error { return r.ws.Shortcut(r.t.Context(), who["sam"], check.Shortcut) }
	facts := func(r *rig) error { return r.as("sam").Press("I'll hold back") }
	const (
		byLine   = "a private line"
		byWindow = "a window"
		byPush   = "a window above the form"
		byDM     = "a message"
		bySlack  = "Slack's own words"
		nobody   = "nobody is named"
	)
	for _, c := range []struct {
		do    doing
		odd   []oddity
		field string
		by    string
	}{
		{command, []oddity{{"payload/text", `{"x":"Acme renewal"}`}}, "payload.text", byLine},
		{command, []oddity{{"payload/user_id", `[]`}}, "payload.user_id", byLine},
		{command, []oddity{{"payload", `"Acme renewal"`}}, "payload", byLine},
		{command, []oddity{{"envelope_id", `7`}}, "envelope_id", bySlack},
		{command, []oddity{{"type", `7`}, {"payload", `7`}}, "type", bySlack},
		{submit, []oddity{{"payload/view/state", `"Acme renewal"`}}, "payload.view.state", byPush},
		{submit, []oddity{{"payload/view/state/values", `["Acme renewal"]`}}, "payload.view.state.values", byPush},
		{submit, []oddity{{"payload/view/private_metadata", `null`}}, "payload.view.private_metadata", byPush},
		{submit, []oddity{{"payload/user", `true`}}, "payload.user", byPush},
		{submit, []oddity{{"payload/type", `7`}, {"payload/view/callback_id", `7`}}, "payload.view.callback_id", byPush},
		{submit, []oddity{{"payload", `["Acme renewal"]`}}, "payload", bySlack},
		{submit, []oddity{{"envelope_id", `null`}}, "envelope_id", bySlack},
		{facts, []oddity{{"payload/view/state/values", `7`}}, "payload.view.state.values", byPush},
		{facts, []oddity{{"payload/actions", `[]`}}, "payload.actions.action_id", byPush},
		{facts, []oddity{{"payload/actions", `[]`}, {"payload/trigger_id", `7`}}, "payload.actions.action_id", byDM},
		{planted, []oddity{{"payload/actions/0/value", `{}`}}, "payload.actions.value", byLine},
		{planted, []oddity{{"payload/actions", `7`}, {"payload/response_url", `7`}}, "payload.actions", byWindow},
		{home, []oddity{{"payload/view/id", `7`}}, "payload.view.id", byWindow},
		{shortcut, []oddity{{"payload/callback_id", `7`}}, "payload.callback_id", byWindow},
		{shortcut, []oddity{{"payload/user", `7`}, {"payload/trigger_id", `7`}}, "payload.user", bySlack},
		{
			func(r *rig) error { return r.ws.OpenHome(r.t.Context(), who["sam"]) },
			[]oddity{{"payload/event/user", `7`}},
			"payload.event.user",
			nobody,
		},
	} {
		t.Run(c.by+"/"+c.odd[0].String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
					r.t.Error(err)
				}
				r.settle()
				if c.by == byPush || c.by == byDM || strings.HasPrefix(c.field, "payload.view.state") || c.by == bySlack {
					if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err != nil {
						r.t.Error(err)
					}
					r.settle()
				}
				before := r.ws.Modals(who["sam"])
				stored := dumpStored(r)
				r.oddly(c.odd...)
				err := c.do(r)
				r.evenly()
				if r.settle(); (err != nil) != (c.by == bySlack) {
					r.t.Errorf("the platform says %v", err)
				}
				if c.by == byDM {
					time.Sleep(time.Minute)
				}
				n, fields := r.unread()
				if n != 1 || len(fields) != 1 || fields[0] != c.field || strings.Contains(r.log.String(), "Acme") {
					r.t.Errorf("%d counted, the log names %v\n%s", n, fields, r.log)
				}
				if now := dumpStored(r); now != stored {
					r.t.Errorf("stored %s, was %s", now, stored)
				}
				after := r.ws.Modals(who["sam"])
				if len(after) < len(before) {
					r.t.Errorf("%d windows of %d are left", len(after), len(before))
				}
				for i, v := range before {
					if i < len(after) && after[i].ID != v.ID {
						r.t.Errorf("another window in place of %s", v.Callback)
					}
				}
				windows, said := len(after)-len(before), 0
				if windows == 1 && form.Screen(after[len(after)-1].Callback) != form.NoteScreen {
					r.t.Errorf("the window %s", after[len(after)-1].Callback)
				}
				for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
					if strings.Contains(string(p.Blocks), "on us") || strings.Contains(string(p.Blocks), "in time") {
						said++
					}
				}
				wantWindows := map[string]int{byWindow: 1, byPush: 1}[c.by]
				wantSaid := map[string]int{byLine: 1, byDM: 1}[c.by]
				if windows != wantWindows || said != wantSaid {
					r.t.Errorf("%d windows and %d lines, want %d and %d\n%s", windows, said, wantWindows, wantSaid, r.as("sam").Reads())
				}
				if v := r.ws.Violations(); len(v) > 0 && c.field != "envelope_id" {
					r.t.Errorf("rules broken: %q", v)
				}
			})
		})
	}
}

// dumpStored is what Sam has in the store.
func dumpStored(r *rig) string {
	b, err := json.Marshal(r.stored("sam"))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}
