package privacy

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

var (
	march   = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	inMarch = march.Add(Days(10))
	aRungOf = func(r ladder.Rung) func(*nudges.Request) {
		return func(q *nudges.Request) { q.Decision = nudges.Decided(r) }
	}
	anyTrust = TrustFigure{}
)

// doneBy is a request that such a manager was done with in March.
func doneBy(manager, rep int, edits ...func(*nudges.Request)) nudges.Request {
	r := nudges.Request{
		Manager: nudges.UserID(fmt.Sprint("M", manager)), Rep: nudges.UserID(fmt.Sprint("R", rep)), Way: nudges.ByPause,
		Decision: nudges.Decided(ladder.HoldBack), Phase: nudges.Done, DoneAt: inMarch,
		Answers: verdict.Answers{verdict.Q7: "yes"},
	}
	for _, e := range edits {
		e(&r)
	}
	return r
}

func figures(t *testing.T, all ...nudges.Request) map[string]float64 {
	t.Helper()
	a := NewAggregate(march)
	for _, r := range all {
		a.Count(r, nil)
	}
	out := map[string]float64{}
	for _, f := range a.Figures(anyTrust, false) {
		if f.Month != "2026-03" {
			t.Errorf("%+v", f)
		}
		out[f.Name+"/"+f.Value] = f.N
	}
	return out
}

func TestFigureNeedsFive(t *testing.T) {
	var some []nudges.Request
	for m := range Five {
		some = append(some, doneBy(m, 0))
	}
	if got := figures(t, some[:4]...); len(got) != 0 {
		t.Errorf("of four managers: %v", got)
	}
	if got := figures(t, slices.Repeat(some[:4], 10)...); len(got) != 0 {
		t.Errorf("of four managers, often: %v", got)
	}
	if got := figures(t, some...); got["decided/hold_back"] != 5 || got["came about/push"] != 5 {
		t.Errorf("of five managers: %v", got)
	}
	// What came of calls is about reps, too.
	won := func(r *nudges.Request) { r.Debrief.Manager = nudges.Entry{Outcome: nudges.Won, Route: "yes"} }
	var calls, more []nudges.Request
	for m := range Five {
		calls = append(calls, doneBy(m, m%4, won))
		more = append(more, doneBy(m, m, won))
	}
	if got := figures(t, calls...); got["outcome/won"] != 0 || got["another route worked/yes"] != 0 ||
		got["decided/hold_back"] != 5 {
		t.Errorf("of four reps: %v", got)
	}
	if got := figures(t, more...); got["outcome/won"] != 5 || got["another route worked/yes"] != 5 {
		t.Errorf("of five reps: %v", got)
	}
}

// What is left out cannot be told from the rest: neither from the sum of another figure, which counts
// the same calls, nor from another month.
func TestFigureLeavesOutEnough(t *testing.T) {
	var all []nudges.Request
	for m := range 8 {
		all = append(all, doneBy(m, m), doneBy(m, m), doneBy(m, m, aRungOf(ladder.Coach)))
	}
	all = append(all, doneBy(0, 0, aRungOf(ladder.TakeOver))) // one manager's
	got := figures(t, all...)
	if got["decided/take_over"] != 0 || got["decided/coach"] != 0 || got["decided/hold_back"] != 16 ||
		got["came about/push"] != 25 {
		t.Errorf("%v: one take-over can be told from the rest", got)
	}
	all = all[:len(all)-1]
	for m := range 6 {
		all = append(all, doneBy(m, m, aRungOf(ladder.TakeOver)))
	}
	if got := figures(t, all...); got["decided/take_over"] != 6 || got["decided/coach"] != 8 {
		t.Errorf("%v: too much is left out", got)
	}
	for _, r := range all {
		other := r
		other.DoneAt = march.AddDate(0, 1, 0)
		if got := figures(t, other); len(got) != 0 {
			t.Errorf("another month counts: %v", got)
		}
	}
	open := doneBy(1, 1)
	open.Phase = nudges.Debrief
	if got := figures(t, slices.Repeat([]nudges.Request{open}, 9)...); len(got) != 0 {
		t.Errorf("what can change counts: %v", got)
	}
}

// Not every figure counts every call: one that was withdrawn has no rung to compare, one without a
// debrief no outcome. Neither can be told by taking one sum from another, unless it is of five, too.
func TestSumsTellNothing(t *testing.T) {
	to := func(r ladder.Rung) []nudges.Transition {
		return []nudges.Transition{{To: nudges.Situation{Decision: nudges.Decided(r)}}}
	}
	won := func(r *nudges.Request) { r.Debrief.Manager = nudges.Entry{Outcome: nudges.Won, Route: "yes"} }
	noRoute := func(r *nudges.Request) { r.Debrief.Manager = nudges.Entry{Outcome: nudges.Won} }
	withdrawn := func(r *nudges.Request) { r.Decision = nudges.Withdrawn }
	opened := func(r *nudges.Request) { r.Way, r.Decision, r.Answers = nudges.ByDebrief, nudges.Undecided, nil }
	for name, c := range map[string]struct {
		odd     []func(*nudges.Request)
		history []nudges.Transition
	}{
		"withdrawn": {[]func(*nudges.Request){won, withdrawn}, nil},
		"never decided": {[]func(*nudges.Request){
			won,
			func(r *nudges.Request) { r.Decision = nudges.Undecided },
		}, nil},
		"without an outcome":     {nil, to(ladder.HoldBack)},
		"without a route":        {[]func(*nudges.Request){noRoute}, to(ladder.HoldBack)},
		"a debrief that was had": {[]func(*nudges.Request){opened, won}, nil},
	} {
		for managers := range 7 {
			a := NewAggregate(march)
			for m := range 8 {
				for range 3 {
					a.Count(doneBy(m, m, won), to(ladder.HoldBack))
				}
			}
			for m := range managers {
				a.Count(doneBy(m, m, c.odd...), c.history)
			}
			sums := map[string]float64{}
			for _, f := range a.Figures(anyTrust, false) {
				sums[f.Name] += f.N
			}
			if len(sums) != 5 {
				t.Fatalf("%s by %d: %v", name, managers, sums)
			}
			differ := false
			for x, n := range sums {
				for y, o := range sums {
					if n-o > 0 && n-o < Five {
						t.Errorf("%s by %d: %s less %s leaves %v", name, managers, x, y, n-o)
					}
					differ = differ || n != o
				}
			}
			if differ != (managers >= Five) {
				t.Errorf("%s by %d: too much or too little is left out: %v", name, managers, sums)
			}
		}
	}
}

func TestAgainstTheFirstWish(t *testing.T) {
	a := NewAggregate(march)
	to := func(r ladder.Rung) nudges.Transition {
		return nudges.Transition{To: nudges.Situation{Decision: nudges.Decided(r)}}
	}
	for m := range Five {
		a.Count(doneBy(m, m), []nudges.Transition{{}, to(ladder.TakeOver), to(ladder.HoldBack)})
		a.Count(doneBy(m, m), []nudges.Transition{to(ladder.HoldBack)})
		a.Count(doneBy(m, m, aRungOf(ladder.CoPilot)), []nudges.Transition{to(ladder.Coach), to(ladder.CoPilot)})
	}
	got := map[string]float64{}
	for _, f := range a.Figures(TrustFigure{Reps: 5, Answers: 9, Mean: 3.44}, true) {
		got[f.Name+"/"+f.Value] = f.N
	}
	for name, want := range map[string]float64{
		"against the first wish/smaller": 5, "against the first wish/same": 5, "against the first wish/larger": 5,
		"reps felt trusted/": 3.4,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, not %v", name, got[name], want)
		}
	}
}

func TestMonths(t *testing.T) {
	now := time.Date(2026, 6, 2, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		s    string
		n    int
		want error
	}{
		{"2026-03", 1, nil},
		{"2026-03..2026-05", 3, nil},
		{"2025-12..2026-01", 2, nil},
		{"2026-05..2026-05", 1, nil},
		{"", 0, ErrMonth},
		{"March", 0, ErrMonth},
		{"2026-13", 0, ErrMonth},
		{"2026-3", 0, ErrMonth},
		{"2026-03-01", 0, ErrMonth},
		{"2026-03..", 0, ErrMonth},
		{"..2026-03", 0, ErrMonth},
		{"2026-05..2026-03", 0, ErrMonth},
		{"2026-03..2026-04..2026-05", 0, ErrMonth},
		{"2026-06", 0, ErrMonthOpen},
		{"2026-05..2026-07", 0, ErrMonthOpen},
		{"2031-01", 0, ErrMonthOpen},
		{"2025-06", 0, ErrMonthGone},
		{"2019-01..2026-05", 0, ErrMonthGone},
		{"2025-07", 1, nil},
	} {
		got, err := Months(c.s, KeepUsual, now)
		if len(got) != c.n || !errors.Is(err, c.want) {
			t.Errorf("%q: %v, %v", c.s, got, err)
		}
	}
}
