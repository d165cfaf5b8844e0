package nudges

import (
	"errors"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// planned is a call on which the two planned that the manager has that role.
func planned(t *testing.T, rung ladder.Rung, bond BondState) Outcome {
	t.Helper()
	r := does(t, begun(), t0, Answer{"sam", verdict.Q6, verdict.AsPlanned})
	r.Policy = ByOthers
	return next(t, r, JoinAsPlanned{By: "sam", Rung: rung, Seen: r.Seq, Bond: bond}, t0)
}

// What was planned needs nobody's yes, and no ledger notes it; the debrief comes as after any joined call.
func TestAsPlanned(t *testing.T) {
	for _, rung := range []ladder.Rung{ladder.Listen, ladder.CoPilot, ladder.TakeOver} {
		o := planned(t, rung, Met)
		want := []string{"card sam"}
		if rung == ladder.TakeOver {
			want = append(want, "planned dana")
		}
		wantSaid(t, string(rung), o, want...)
		r := o.Request
		if joined, ok := r.Joined(); !ok || joined != rung || !r.IsPlanned() || r.Grant.BreakGlass {
			t.Errorf("%s: %+v", rung, r)
		}
		if again := next(t, r, JoinAsPlanned{By: "sam", Rung: rung, Seen: r.Seq, Bond: Met}, t0); len(again.Messages) > 0 {
			t.Errorf("%s: told twice", rung)
		}
		if end := next(t, r, Tick{}, ends); len(end.Ledger) > 0 || end.Request.Took() {
			t.Errorf("%s is noted: %v", rung, end.Ledger)
		}
	}
	asked := does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"})
	asked = does(t, asked, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 9, Around: Around{Policy: ByOthers, Route: []UserID{"priya"}}})
	if _, err := Next(asked, JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: 9, Bond: Met}, t0); !errors.Is(err, ErrNotNow) {
		t.Errorf("past an approver: %v", err)
	}
	for _, tt := range []struct {
		name string
		a    JoinAsPlanned
		at   time.Time
		want error
	}{
		{"no role on the call", JoinAsPlanned{By: "sam", Rung: ladder.Coach, Seen: 9}, t0, ErrUnknown},
		{"somebody else", JoinAsPlanned{By: "dana", Rung: ladder.Listen, Seen: 9}, t0, ErrNotYours},
		{"to lead one that runs", JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: 9, Bond: Met}, starts, ErrTooLate},
		{"to lead without anybody to say no", JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: 9, Bond: NotMyBoss}, t0, ErrUnmet},
		{"a call that is over", JoinAsPlanned{By: "sam", Rung: ladder.Listen, Seen: 9}, ends, ErrOver},
	} {
		if _, err := Next(decided(t, ladder.HoldBack), tt.a, tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A rep who did not plan it leaves the call to the pause, with its agreement.
func TestNotAsPlanned(t *testing.T) {
	r := planned(t, ladder.TakeOver, Met).Request
	r = next(t, r, CorrectPlan{"dana", true}, t0).Request
	o := next(t, r, CorrectPlan{"dana", false}, t0)
	wantSaid(t, "wrong", o, "unplanned sam")
	r = o.Request
	if r.Situation() != (Situation{Undecided, Before, NoGrant}) || r.Answers[verdict.Q6] != "" || r.IsPlanned() {
		t.Errorf("left: %+v", r)
	}
	if again := next(t, r, CorrectPlan{"dana", false}, t0); len(again.Messages) > 0 {
		t.Error("told twice")
	}
	if _, err := Next(r, CorrectPlan{"dana", true}, t0); !errors.Is(err, ErrNotNow) {
		t.Errorf("planned after all: %v", err)
	}
	// A take-over that is agreed to after that is news to the rep.
	taken := next(t, does(t, r, t0, Answer{"sam", verdict.Q8, "line"}), Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: byPriya}, t0)
	if wantSaid(t, "taken over", next(t, taken.Request, Approve{"priya"}, t0), "settled sam", "answered dana"); r.Heard != Undecided {
		t.Errorf("the rep still knows %q", r.Heard)
	}
	// Said again it is refused, also after another role; of another rep it is not.
	lead := func(r Request) error {
		_, err := Next(r, JoinAsPlanned{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Bond: Met}, t0)
		return err
	}
	listens := next(t, r, JoinAsPlanned{By: "sam", Rung: ladder.Listen, Seen: r.Seq, Bond: Met}, t0).Request
	for _, r := range []Request{r, listens} {
		if err := lead(r); !errors.Is(err, ErrNoPlan) {
			t.Errorf("said again: %v", err)
		}
	}
	lior := Describe{By: "sam", Rep: "lior", Deal: "Acme", Starts: starts, Length: time.Hour}
	if err := lead(next(t, r, lior, t0).Request); err != nil {
		t.Errorf("of another rep: %v", err)
	}
	// What was not planned counts, also once the call is over.
	r = does(t, planned(t, ladder.TakeOver, Met).Request, ends, Tick{})
	if o := next(t, r, CorrectPlan{"dana", false}, ends); len(o.Ledger) != 1 || !o.Request.Took() {
		t.Errorf("after the call: %v", o.Ledger)
	}
}

// What is decided in a pause is not planned any more; nor is another call.
func TestAPlanEnds(t *testing.T) {
	others := Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: Met}
	r := does(t, planned(t, ladder.TakeOver, Met).Request, t0, Answer{"sam", verdict.Q8, "line"})
	o := next(t, r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Around: others}, t0)
	if o.Request.IsPlanned() || o.Request.Grant.State != Asked {
		t.Errorf("decided: %+v", o.Request)
	}
	for _, rep := range []UserID{"dana", "lior"} {
		o = next(t, r, Describe{By: "sam", Rep: rep, Deal: "Other", Starts: starts, Length: time.Hour}, t0)
		if o.Request.IsPlanned() || o.Request.Decision != Undecided {
			t.Errorf("another call of %s: %+v", rep, o.Request)
		}
	}
	o = next(t, r, Describe{By: "sam", Rep: "dana", Deal: "Acme", Starts: starts.Add(time.Hour), Length: time.Hour}, t0)
	if !o.Request.IsPlanned() || o.Request.Grant.State != Given {
		t.Errorf("the same call later: %+v", o.Request)
	}
}

// Until the rep has said whose rep they are, it waits; with a no it is not planned.
func TestAPlanWaitsForTheBond(t *testing.T) {
	o := planned(t, ladder.TakeOver, Unmet)
	wantSaid(t, "waits", o, "card sam", "meet dana")
	if !o.Request.WaitsForBond() {
		t.Error("does not wait")
	}
	wantSaid(t, "yes", next(t, o.Request, Meet{By: "dana", Yes: true}, t0), "planned dana")
	no := next(t, o.Request, Meet{By: "dana", Yes: false}, t0)
	wantSaid(t, "no", no, "unmet sam")
	if no.Request.Decision != Undecided || no.Request.IsPlanned() {
		t.Errorf("left: %+v", no.Request)
	}
}

// A plan that the rep has not heard of by the start is none: under an approver it is undecided, else it counts.
func TestAnUnheardPlanEndsAtTheStart(t *testing.T) {
	r := planned(t, ladder.TakeOver, Unmet).Request
	now := Describe{By: "sam", Rep: r.Rep, Deal: r.Deal, Starts: t0, Length: time.Hour}
	for _, o := range []Outcome{next(t, r, Tick{}, starts), next(t, r, now, t0)} {
		wantSaid(t, "it starts", o, "unplanned sam")
		if o.Request.Situation() != (Situation{Undecided, During, NoGrant}) || o.Request.IsPlanned() {
			t.Errorf("left: %+v", o.Request)
		}
	}
	wantSaid(t, "a late yes", next(t, r, Meet{By: "dana", Yes: true}, starts), "unplanned sam")
	taken := next(t, does(t, r, starts, Tick{}), DecideNow{
		By: "sam", Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.TakeItOver}, Seen: 99, Around: byPriya,
	}, starts)
	if !taken.Request.Grant.BreakGlass {
		t.Errorf("taken over: %+v", taken.Request.Grant)
	}
	if wantSaid(t, "given", next(t, does(t, r, t0, Meet{By: "dana", Yes: true}), Tick{}, starts)); r.Policy != ByOthers {
		t.Error("no approver")
	}
	r.Policy = Self
	o := next(t, r, Tick{}, starts)
	wantSaid(t, "by one's own word", o, "unplanned sam")
	if end := next(t, o.Request, Tick{}, ends); len(end.Ledger) != 1 || !end.Request.Took() {
		t.Errorf("it does not count: %+v", end.Request)
	}
}

// A rep knows of a manager on the call who told them, or who has said so from there. What was decided before and told
// to nobody is no sign: the manager may stay away.
func TestARepKnowsWhoIsOnTheCall(t *testing.T) {
	now := func(step verdict.OptionID, bond BondState) Action {
		return DecideNow{
			By: "sam", Answers: verdict.Answers{verdict.QAskedIn: verdict.ByNobody, verdict.QStep: step}, Seen: 99,
			Around: Around{Policy: Self, Bond: bond},
		}
	}
	runs := func(actions ...Action) Request { return does(t, begun(), starts, actions...) }
	held := Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99}
	wanted := Answer{"sam", verdict.Q7, verdict.AskedMeIn}
	again := Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Policy: Self, Bond: Met}}
	moved := does(t, runs(now(verdict.SpeakOnce, Met)), ends, Tick{})
	at, _ := moved.NextTick()
	moved = does(t, moved, at, OpenDebrief{factsAt(at)}, CallMoved{"sam"},
		Reschedule{By: "sam", Starts: at.Add(time.Hour), Length: time.Hour, Around: Around{Bond: Met}})
	for _, tt := range []struct {
		name  string
		r     Request
		knows bool
	}{
		{"silent", runs(now(verdict.StaySilent, Met)), true},
		{"speaks once", runs(now(verdict.SpeakOnce, Met)), true},
		{"takes over", runs(now(verdict.TakeItOver, Met)), true},
		{"messages", runs(now(verdict.MessageRep, Met)), false},
		{"not met", runs(now(verdict.SpeakOnce, Unmet)), false},
		{"not their manager", runs(now(verdict.SpeakOnce, NotMyBoss)), false},
		{"held back since", runs(now(verdict.SpeakOnce, Met), held), false},
		{"held back since, and thinks of it again", runs(wanted, now(verdict.SpeakOnce, Met), held, again), false},
		{"not their manager, they say", runs(now(verdict.SpeakOnce, Met), Meet{By: "dana", Yes: false}), false},
		{"decided before, and not told", does(t, decided(t, ladder.CoPilot), starts, Tick{}), false},
		{"the call is over", does(t, runs(now(verdict.SpeakOnce, Met)), ends, Tick{}), false},
		{"it has moved, and runs", does(t, moved, at.Add(time.Hour), Tick{}), false},
	} {
		if got := tt.r.KnownToRun(); got != tt.knows {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// A rep who can take it from here says so once, on a call that somebody has joined; it decides nothing.
func TestFromHere(t *testing.T) {
	r := does(t, decided(t, ladder.TakeOver), starts, Tick{})
	o := next(t, r, FromHere{"dana"}, starts)
	wantSaid(t, "told", o, "from-here sam")
	if o.Request.Situation() != r.Situation() {
		t.Errorf("%v became %v", r.Situation(), o.Request.Situation())
	}
	if again := next(t, o.Request, FromHere{"dana"}, starts); len(again.Messages) > 0 {
		t.Error("told twice")
	}
	for name, r := range map[string]Request{
		"before":       decided(t, ladder.CoPilot),
		"handed back":  does(t, r, starts, Return{"sam"}),
		"nobody there": does(t, decided(t, ladder.HoldBack), starts, Tick{}),
	} {
		if _, err := Next(r, FromHere{"dana"}, t0); !errors.Is(err, ErrNotNow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Next(r, FromHere{"sam"}, starts); !errors.Is(err, ErrNotYours) {
		t.Errorf("by the manager: %v", err)
	}
}
