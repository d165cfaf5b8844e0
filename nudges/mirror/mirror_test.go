package mirror

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

var (
	now = time.Date(2026, 5, 29, 9, 0, 0, 0, time.UTC)
	me  = nudges.Person{ID: "sam"}
)

// A made is a call of a month that was made by hand.
type made func(*nudges.Request)

func call(with ...made) nudges.Request {
	r := nudges.Request{
		ID: "R", Manager: "sam", Rep: "dana", Way: nudges.ByPause, Phase: nudges.Done, Begun: now.Add(-time.Hour),
		Decision: nudges.Decided(ladder.HoldBack), Answers: verdict.Answers{},
	}
	for _, w := range with {
		w(&r)
	}
	return r
}

func on(rung ladder.Rung) made {
	return func(r *nudges.Request) {
		if r.Decision = nudges.Decided(rung); rung == ladder.TakeOver {
			r.Grant.EverGiven = true
		}
	}
}

func way(w nudges.Way) made { return func(r *nudges.Request) { r.Way = w } }

func phase(p nudges.Phase) made { return func(r *nudges.Request) { r.Phase = p } }

func came(o nudges.CallOutcome) made {
	return func(r *nudges.Request) { r.Debrief.Manager.Outcome = o }
}

func told(q verdict.QuestionID, o verdict.OptionID) made {
	return func(r *nudges.Request) { r.Answers[q] = o }
}

func end(e nudges.DebriefEnd) made { return func(r *nudges.Request) { r.Debrief.End = e } }

func shared(r *nudges.Request) {
	r.Debrief.State, r.Debrief.Place = nudges.DebriefShared, nudges.InGroup
}

// Each call counts what is said beside it, and nothing else.
func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		call []made
		want Counts
	}{
		"held back":         {nil, Counts{"self/led": 1}},
		"coached":           {[]made{on(ladder.Coach)}, Counts{"self/led": 1}},
		"listened":          {[]made{on(ladder.Listen)}, Counts{"self/joined": 1}},
		"co-piloted":        {[]made{on(ladder.CoPilot)}, Counts{"self/joined": 1}},
		"took over":         {[]made{on(ladder.TakeOver)}, Counts{"self/joined": 1}},
		"on a running call": {[]made{way(nudges.ByNow), on(ladder.TakeOver)}, Counts{"self/joined": 1}},
		"agreed to by nobody": {
			[]made{on(ladder.TakeOver), func(r *nudges.Request) { r.Grant.EverGiven = false }, came(nudges.Won)},
			Counts{"self/led": 1, "outcome/hold_back/won": 1},
		},
		"handed back before it began": {
			[]made{on(ladder.TakeOver), func(r *nudges.Request) { r.Grant.State, r.Starts = nudges.Returned, now }},
			Counts{"self/led": 1},
		},
		"the rep asked, and leads": {[]made{way(nudges.ByAsk), on(ladder.Coach)}, Counts{"rep/led": 1}},
		"the rep asked":            {[]made{way(nudges.ByAsk), on(ladder.CoPilot)}, Counts{"rep/joined": 1}},
		"before the call":          {[]made{phase(nudges.Before)}, Counts{}},
		"it runs":                  {[]made{phase(nudges.During)}, Counts{}},
		"just over":                {[]made{phase(nudges.After)}, Counts{"self/led": 1}},
		"in its debrief":           {[]made{phase(nudges.Debrief), came(nudges.Lost)}, Counts{"self/led": 1, "outcome/hold_back/lost": 1}},
		"undecided":                {[]made{func(r *nudges.Request) { r.Decision = nudges.Undecided }}, Counts{}},
		"withdrawn":                {[]made{func(r *nudges.Request) { r.Decision = nudges.Withdrawn }}, Counts{}},
		"planned":                  {[]made{on(ladder.CoPilot), func(r *nudges.Request) { r.Planned = nudges.ClaimUntold }, shared, came(nudges.Won)}, Counts{}},
		"not planned, says the rep": {
			[]made{on(ladder.CoPilot), func(r *nudges.Request) { r.Planned = nudges.ClaimWrong }},
			Counts{"self/joined": 1},
		},
		"never held": {[]made{end(nudges.EndNever)}, Counts{}},
		"moved":      {[]made{func(r *nudges.Request) { r.Debrief.State = nudges.DebriefMoved }}, Counts{}},
		"moved away": {[]made{end(nudges.EndAway)}, Counts{}},
		"forgotten":  {[]made{func(r *nudges.Request) { r.Uncounted = true }}, Counts{}},
		"talked over": {
			[]made{on(ladder.CoPilot), shared, came(nudges.Stalled)},
			Counts{"self/joined": 1, "debriefs": 1, "outcome/co_pilot/stalled": 1},
		},
		"shared, and nobody said a thing": {[]made{shared}, Counts{"self/led": 1}},
		"talked over without a pause": {
			[]made{way(nudges.ByDebrief), func(r *nudges.Request) { r.Decision = nudges.Undecided }, shared, came(nudges.Won)},
			Counts{"debriefs": 1},
		},
		"a plan": {[]made{told(verdict.QPlan, "next")}, Counts{"self/led": 1, "plans": 1}},
		"kept": {
			[]made{told(verdict.QPlan, "next"), func(r *nudges.Request) { r.Debrief.DidPlan = "did" }},
			Counts{"self/led": 1, "plans": 1, "plans/kept": 1},
		},
		"no chance for it": {
			[]made{told(verdict.QPlan, "next"), func(r *nudges.Request) { r.Debrief.DidPlan = "no_chance" }},
			Counts{"self/led": 1, "plans": 1},
		},
		"a blank plan of their own": {[]made{told(verdict.QPlan, verdict.OwnPlan)}, Counts{"self/led": 1}},
		"a plan of their own, gone with its words": {
			[]made{told(verdict.QPlan, verdict.OwnPlan), func(r *nudges.Request) { r.Debrief.DidPlan = "did_not" }},
			Counts{"self/led": 1, "plans": 1},
		},
		"a reason, and led":    {[]made{told(verdict.QMotive, "rescue")}, Counts{"self/led": 1, "motive/rescue/led": 1}},
		"a reason, and joined": {[]made{told(verdict.QMotive, "risk"), on(ladder.Listen)}, Counts{"self/joined": 1, "motive/risk/joined": 1}},
		"a guess":              {[]made{told(verdict.QEstimate, "30")}, Counts{"self/led": 1}},
		"too early to say": {
			[]made{told(verdict.QEstimate, "30"), came(nudges.TooEarly)},
			Counts{"self/led": 1, "outcome/hold_back/too_early": 1},
		},
		"a guess about a call that they joined": {
			[]made{told(verdict.QEstimate, "30"), on(ladder.CoPilot), came(nudges.Won)},
			Counts{"self/joined": 1, "outcome/co_pilot/won": 1},
		},
	} {
		if got := Of(call(c.call...)); !maps.Equal(got, c.want) {
			t.Errorf("%s counts %v, not %v", name, got, c.want)
		}
	}
}

// Each odds fall into one band, and each outcome on one side of it.
func TestGuesses(t *testing.T) {
	of := map[int]int{0: 0, 10: 0, 20: 0, 30: 1, 40: 1, 50: 1, 60: 2, 70: 2, 80: 3, 90: 3, 100: 3}
	for odds, band := range of {
		all := Counts{}
		for _, o := range nudges.CallOutcomes {
			all.Add(Of(call(told(verdict.QEstimate, verdict.OptionID(fmt.Sprint(odds))), came(o))))
		}
		for i, b := range Bands {
			want := Result{}
			if i == band {
				want = Result{Well: 2, Badly: 2}
			}
			if got := all.Guess(b); got != want {
				t.Errorf("odds of %d count %v in %v, not %v", odds, got, b, want)
			}
		}
	}
	if n := len(verdict.Options(verdict.QEstimate)); n != len(of) {
		t.Errorf("there are %d odds to choose from, and %d here", n, len(of))
	}
}

// A month that was made by hand says what the figures say.
func TestMonthByHand(t *testing.T) {
	c := Counts{}
	for _, x := range []struct {
		n    int
		call []made
	}{
		{4, []made{came(nudges.Won), told(verdict.QMotive, "forecast"), told(verdict.QEstimate, "80")}},
		{2, []made{on(ladder.Coach), came(nudges.Stalled), told(verdict.QEstimate, "90"), shared}},
		{3, []made{on(ladder.CoPilot), came(nudges.Advanced), told(verdict.QMotive, "forecast")}},
		{1, []made{on(ladder.TakeOver), came(nudges.Lost)}},
		{2, []made{way(nudges.ByAsk), on(ladder.CoPilot)}},
		{5, []made{phase(nudges.Before)}},
	} {
		for range x.n {
			c.Add(Of(call(x.call...)))
		}
	}
	got := fmt.Sprint(c.Paused(), c.Asked(), c.Results(ladder.HoldBack, ladder.Coach), c.Results(ladder.CoPilot),
		c.Guess(Bands[3]), c.Motive("forecast"), c.Debriefs(), c.WithoutMotives().Motive("forecast"))
	if want := "{6 4} {0 2} {4 2} {3 0} {4 2} {4 3} 2 {0 0}"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c.Motive("forecast").All() != 7 {
		t.Error("to leave motives out has changed what they were left out of")
	}
}

// Four weeks, and the four before, are by when a pause began.
func TestWeeks(t *testing.T) {
	var all []nudges.Request
	for _, days := range []int{0, 1, 27, 28, 29, 55, 56, 57, 400} {
		all = append(all, call(func(r *nudges.Request) { r.Begun = now.AddDate(0, 0, -days) }))
	}
	all = append(all, call(way(nudges.ByAsk)), call(phase(nudges.Before)))
	if last, _ := Weeks(me, slices.Values([]nudges.Request{call(on(ladder.CoPilot)), call()}), now); last != (Split{1, 1}) {
		t.Errorf("one of each: %v", last)
	}
	another := call(func(r *nudges.Request) { r.Manager = "ines" }) // which sam has a part in
	last, before := Weeks(me, slices.Values(append(all, another)), now)
	if last.Led != 4 || before.Led != 3 {
		t.Errorf("%v and %v", last, before)
	}
	again := me
	again.CountFrom = now.AddDate(0, 0, -27)
	if last, before := Weeks(again, slices.Values(all), now); last.Led != 3 || before != (Split{}) {
		t.Errorf("counted again: %v and %v", last, before)
	}
	stopped := me
	stopped.Uncounted = true
	if last, before := Weeks(stopped, slices.Values(all), now); last.All()+before.All() != 0 {
		t.Errorf("not counted: %v and %v", last, before)
	}
}

// What is kept, and what has its words still, are counted once each.
func TestKept(t *testing.T) {
	months := []Month{{"2026-03", Counts{"self/led": 2}}, {"2026-04", Counts{"self/led": 1, "debriefs": 1}}}
	faded := call(func(r *nudges.Request) { r.Anonymised = true })
	all := Kept(me, months, []nudges.Request{call(), faded, call(on(ladder.Listen))})
	if want := (Counts{"self/led": 4, "self/joined": 1, "debriefs": 1}); !maps.Equal(all, want) {
		t.Errorf("%v, not %v", all, want)
	}
	by := ByMonth(me, months, []nudges.Request{call(), faded, call(func(r *nudges.Request) { r.Begun = now.AddDate(0, -1, 0) })})
	if got := fmt.Sprint(by); got != "[{2026-03 map[self/led:2]} {2026-04 map[debriefs:1 self/led:2]} {2026-05 map[self/led:1]}]" {
		t.Errorf("by month: %s", got)
	}
	stopped := me
	stopped.Uncounted = true
	if all := Kept(stopped, months, []nudges.Request{call()}); len(all) != 0 {
		t.Errorf("not counted: %v", all)
	}
}
