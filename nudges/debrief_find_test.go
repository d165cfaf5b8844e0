package nudges

import (
	"errors"
	"slices"
	"testing"
	"time"
)

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
