package decide

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/store"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// A desk decides inputs with a store and without Slack.
type desk struct {
	*testing.T
	db    *store.DB
	rules Rules
	n     int
}

func newDesk(t *testing.T, s roster.Settings) *desk {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "stepin.db"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &desk{T: t, db: db, rules: Rules{Current: &roster.Current{Settings: s}, Zones: time.LoadLocation}}
}

// does decides one input at noon. Everybody who is named has an account, but for those who are out.
func (d *desk) does(in form.Input, out ...nudges.UserID) (Reply, nudges.Request, error) {
	d.Helper()
	d.n++
	if in.Identity == "" {
		in.Identity = "envelope " + string(rune('a'+d.n))
	}
	var l form.Line
	if in.Kind == form.Typed {
		var err error
		if l, err = form.ParseLine(in.Text); err != nil {
			d.Fatal(err)
		}
	}
	var n Need
	err := d.db.View(d.Context(), func(r storage.Reader) (err error) {
		n, err = d.rules.Needs(r, in, l, noon)
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	person := func(id nudges.UserID) roster.Person {
		return roster.Person{ID: id, Zone: time.UTC, Known: id != ""}
	}
	found := map[nudges.UserID]roster.LookedUp{}
	for _, id := range n.People {
		found[id] = roster.LookedUp{Person: person(id)}
	}
	for _, id := range out {
		found[id] = roster.LookedUp{Person: roster.Person{ID: id, Zone: time.UTC, Known: true, Deleted: true}}
	}
	rep := nudges.UserID(in.Form[form.ActRep])
	if rep == "" {
		rep = l.Rep
	}
	k := n.Facts(person(in.User), roster.LookedUp{Person: person(rep)}, found, roster.ChannelFits, noon)
	var reply Reply
	var r nudges.Request
	err = d.db.Update(d.Context(), func(tx storage.Tx) (err error) {
		reply, r, err = d.rules.Decide(tx, in, k, nudges.RequestID("R"+in.Identity), noon)
		return err
	})
	return reply, r, err
}

// taps is a tap on a request's own window.
func taps(who nudges.UserID, r nudges.Request, action string) form.Input {
	return form.Input{
		Kind: form.Tapped, User: who, Request: r.ID, Seen: r.Seq, Action: action, Where: form.OnModal,
		Callback: string(form.CallScreen),
	}
}

func (d *desk) pauses() nudges.Request {
	d.Helper()
	reply, r, err := d.does(form.Input{Kind: form.Typed, User: "USAM", Text: "<@UDANA> Acme"})
	if err != nil || reply.Screen != form.CallScreen || r.Rep != "UDANA" || r.Deal != "Acme" {
		d.Fatalf("a pause: %+v, %+v, %v", reply, r, err)
	}
	return r
}

// A tap decides, a second tap on the old window does not decide again, and nobody else may.
func TestDecideOnce(t *testing.T) {
	d := newDesk(t, roster.Settings{})
	r := d.pauses()
	for _, tt := range []struct {
		name   string
		in     form.Input
		screen form.Screen
		notice string
		err    error
	}{
		{"somebody else", taps("ULIOR", r, form.ActHold), "", "", nudges.ErrNotYours},
		{"the rep", taps("UDANA", r, form.ActHold), "", "", nudges.ErrNotYours},
		{"hold back", taps("USAM", r, form.ActHold), form.ClosingScreen, "", nil},
		{"the same again", taps("USAM", r, form.ActHold), form.ClosingScreen, "", nil},
		{"another, from the old window", taps("USAM", r, form.ActAsk), form.StatusScreen, "err-stale", nil},
	} {
		reply, _, err := d.does(tt.in)
		if !errors.Is(err, tt.err) || reply.Screen != tt.screen || reply.Notice != tt.notice {
			t.Errorf("%s: %+v, %v", tt.name, reply, err)
		}
	}
}

// A duplicate is answered as the first was, and changes nothing.
func TestDecideADuplicate(t *testing.T) {
	d := newDesk(t, roster.Settings{})
	r := d.pauses()
	in := taps("USAM", r, form.ActHold)
	in.Identity = "twice"
	first, is, err := d.does(in)
	if err != nil {
		t.Fatal(err)
	}
	second, still, err := d.does(in)
	if err != nil || second.Screen != first.Screen || still.Seq != is.Seq {
		t.Errorf("%+v, %+v, %v: want %+v, seq %d", second, still, err, first, is.Seq)
	}
}

// What Slack says of people decides who can be asked.
func TestDecideByFacts(t *testing.T) {
	pull := func(boss string) form.Input {
		filled := map[string]string{
			form.ActBoss: boss, form.ActDay: "2026-03-04", form.ActTime: "13:00", form.ActLength: "30",
			form.ActHelp: "listen",
		}
		return form.Input{Kind: form.Submitted, User: "UDANA", Callback: string(form.PullScreen), Form: filled}
	}
	for name, tt := range map[string]struct {
		in   form.Input
		out  []nudges.UserID
		text string
	}{
		"nobody":            {pull(""), nil, "err-manager-missing"},
		"oneself":           {pull("UDANA"), nil, "err-manager-self"},
		"somebody who left": {pull("USAM"), []nudges.UserID{"USAM"}, "team-gone"},
		"a manager":         {pull("USAM"), nil, ""},
	} {
		d := newDesk(t, roster.Settings{})
		reply, r, err := d.does(tt.in, tt.out...)
		if err != nil || reply.Errors[form.ActBoss] != tt.text || (r.ID != "") != (tt.text == "") {
			t.Errorf("%s: %+v, %+v, %v", name, reply, r, err)
		}
	}
}

// What the configuration sets of a team is not changed by a form.
func TestDecideUnderTheConfiguration(t *testing.T) {
	set := team.Team{Manager: "USAM", Reps: []nudges.UserID{"UDANA"}}
	d := newDesk(t, roster.Settings{Teams: []roster.TeamConfig{{Team: set, Fixed: roster.Fixed{Reps: true}}}})
	reply, _, err := d.does(form.Input{
		Kind: form.Submitted, User: "USAM", Callback: string(form.TeamScreen),
		Form: map[string]string{form.ActReps: "ULIOR", form.ActPolicy: string(nudges.Self), form.ActSkills: "Pricing"},
	})
	if err != nil || reply.Screen != form.DoneScreen {
		t.Fatalf("%+v, %v", reply, err)
	}
	err = d.db.View(t.Context(), func(r storage.Reader) error {
		own, err := r.Team("USAM")
		if len(own.Reps) > 0 || len(own.Skills) != 1 {
			t.Errorf("stored: %+v", own)
		}
		is, more := d.rules.TeamOf(r, "USAM")
		if len(is.Reps) != 1 || is.Reps[0] != "UDANA" {
			t.Errorf("applies: %+v", is)
		}
		return errors.Join(err, more)
	})
	if err != nil {
		t.Fatal(err)
	}
}
