package nudges

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func TestDebriefOf(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	call := func(id RequestID, ended time.Duration, edit func(*Request)) Request {
		r := Request{ID: id, Manager: "sam", Rep: "dana", Deal: "Acme renewal", Ends: now.Add(ended), Phase: Debrief, Decision: Decided(HoldBack)}
		r.Debrief.State = DebriefQuiet
		if edit != nil {
			edit(&r)
		}
		return r
	}
	shared := func(r *Request) { r.Debrief.State, r.Debrief.Place = DebriefShared, InGroup }
	for name, x := range map[string]struct {
		all  []Request
		want RequestID
	}{
		"none":               {},
		"quiet":              {[]Request{call("a", -time.Hour, nil)}, "a"},
		"not open yet":       {[]Request{call("a", -time.Minute, func(r *Request) { r.Phase, r.Debrief.State = After, NoDebrief })}, "a"},
		"from before":        {[]Request{call("a", -time.Minute, func(r *Request) { r.Phase = After })}, ""},
		"the nearest":        {[]Request{call("a", -3*time.Hour, nil), call("b", -time.Hour, nil), call("c", -2*time.Hour, nil)}, "b"},
		"another rep":        {[]Request{call("a", -time.Hour, func(r *Request) { r.Rep = "lior" })}, ""},
		"another deal":       {[]Request{call("a", -time.Hour, func(r *Request) { r.Deal = "Globex" })}, ""},
		"written otherwise":  {[]Request{call("a", -time.Hour, func(r *Request) { r.Deal = " acme  RENEWAL" })}, "a"},
		"the day before":     {[]Request{call("a", -day, nil)}, ""},
		"still to come":      {[]Request{call("a", time.Hour, func(r *Request) { r.Phase = Before })}, ""},
		"closed":             {[]Request{call("a", -time.Hour, func(r *Request) { r.Phase = Done })}, ""},
		"moved":              {[]Request{call("a", -time.Hour, func(r *Request) { r.Debrief.State = DebriefMoved })}, ""},
		"shared today":       {[]Request{call("a", -time.Hour, shared)}, "a"},
		"shared on a day":    {[]Request{call("a", -day, shared)}, ""},
		"one that is shared": {[]Request{call("a", -2*time.Hour, shared), call("b", -time.Hour, nil)}, "b"},
	} {
		got, ok := DebriefOf(x.all, "dana", "Acme renewal", now)
		if ok != (x.want != "") || ok && got.ID != x.want {
			t.Errorf("%s: found %q, %v", name, got.ID, ok)
		}
	}
}

func TestOfTheTwo(t *testing.T) {
	r := Request{Manager: "sam", Rep: "dana"}
	if !r.OfTheTwo("sam") || r.OfTheTwo("dana") || r.OfTheTwo("") {
		t.Error("a rep who has heard of nothing has no part in it")
	}
	r.Debrief.Place = InChannel
	if !r.OfTheTwo("dana") || r.OfTheTwo("lior") {
		t.Error("a rep who had a part has one")
	}
	r.Rep = ""
	if r.OfTheTwo("") {
		t.Error("nobody is nobody's rep")
	}
}

// A manager opens a debrief on a call for which nobody has paused: the rep is asked, and nothing is shared
// before they have answered.
func TestBeginTogether(t *testing.T) {
	now := time.Date(2026, 3, 4, 15, 0, 0, 0, time.UTC)
	for bond, want := range map[BondState]struct {
		state DebriefState
		rep   []string // what the rep gets
	}{
		Met:     {DebriefAsked, []string{KindWhere}},
		Unmet:   {DebriefWaits, []string{KindMeet}},
		Meeting: {DebriefWaits, nil},
	} {
		o, err := BeginTogether("R1", "sam", "dana", "Acme", now.Add(-time.Hour), bond, DebriefFacts{Bond: bond}, now)
		if err != nil {
			t.Fatal(bond, err)
		}
		r := o.Request
		if r.Phase != Debrief || r.Way != ByDebrief || r.Debrief.State != want.state || r.Debrief.WasShared() || r.Debrief.By != "sam" {
			t.Errorf("%s: %+v", bond, r)
		}
		var rep, manager []string
		for _, m := range o.Messages {
			if m.To == "dana" {
				rep = append(rep, m.Kind)
			} else {
				manager = append(manager, m.Kind)
			}
		}
		if !slices.Equal(rep, want.rep) || !slices.Equal(manager, []string{KindHow}) {
			t.Errorf("%s: the rep gets %v, the manager %v", bond, rep, manager)
		}
		for i, tr := range o.Transitions {
			if tr.Seq != i+1 || i == 0 && tr.From != (Situation{}) {
				t.Errorf("%s: transition %d is %+v", bond, i+1, tr)
			}
		}
		if len(o.Transitions) != r.Seq {
			t.Errorf("%s: %d transitions, the last numbered %d", bond, len(o.Transitions), r.Seq)
		}
	}
	if _, err := BeginTogether("R1", "sam", "dana", "Acme", now, NotMyBoss, DebriefFacts{}, now); !errors.Is(err, ErrUnmet) {
		t.Errorf("a rep of somebody else's: %v", err)
	}
}
