package nudges

import (
	"errors"
	"slices"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

func askFirst(t *testing.T, bond BondState) Request {
	t.Helper()
	return next(t, begun(), Decide{By: "sam", Rung: ladder.Coach, Seen: 1, AskFirst: true, Around: Around{Bond: bond}}, t0).Request
}

func TestARepMayRefuseAndThinkAgain(t *testing.T) {
	r := askFirst(t, Unmet)
	o := next(t, r, Meet{By: "dana", Yes: false}, t0)
	wantSaid(t, "no", o, "unmet sam")
	o = next(t, o.Request, Meet{By: "dana", Yes: true}, t0)
	wantSaid(t, "yes, after all", o, "word dana")
	o = next(t, o.Request, Meet{By: "dana", Yes: false}, t0)
	wantSaid(t, "no, after all", o, "unmet sam")
	if o.Request.Word.State != WordRefused {
		t.Errorf("word %+v", o.Request.Word)
	}
	if _, err := Next(o.Request, Reply{"dana", CoachMe}, t0); !errors.Is(err, ErrNotNow) {
		t.Errorf("answered what is not passed on: %v", err)
	}
	// An answer that was given stays with the manager.
	r = next(t, askFirst(t, Met), Reply{"dana", GotThis}, t0).Request
	wantSaid(t, "no after an answer", next(t, r, Meet{By: "dana", Yes: false}, t0))
	// Too late to ask, and the manager was told.
	r = next(t, askFirst(t, Unmet), Meet{By: "dana", Yes: false}, t0).Request
	wantSaid(t, "yes once it runs", next(t, r, Meet{By: "dana", Yes: true}, starts))
}

// To ask the rep first costs no question, also where holding back is recommended.
func TestAskingFirstIsOneTap(t *testing.T) {
	r := does(t, begun(), t0, Answer{"sam", verdict.Q7, verdict.LeadAlone}, Answer{"sam", verdict.Q6, "theirs"}, Answer{"sam", verdict.Q8, "yes"},
		Answer{"sam", verdict.Q5, "yes"}, Answer{"sam", verdict.Q4, "yes"})
	if v := r.Verdict(); v.Rung != ladder.HoldBack || len(r.Missing(ladder.Coach)) == 0 {
		t.Fatalf("%+v", v)
	}
	ask := Decide{By: "sam", Rung: ladder.Coach, Seen: 1, AskFirst: true, Around: Around{Bond: Met}}
	wantSaid(t, "asked", next(t, r, ask, t0), "card sam", "word dana")
}

func TestAnAnswerComesTooLate(t *testing.T) {
	r := askFirst(t, Met)
	for _, at := range []time.Time{starts, ends} {
		if _, err := Next(r, Reply{"dana", CoachMe}, at); !errors.Is(err, ErrTooLate) {
			t.Errorf("%v: %v", at.Sub(t0), err)
		}
	}
}

func claimed(t *testing.T, bond BondState) Outcome {
	t.Helper()
	r := does(t, begun(), t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	return next(t, r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 1, Around: Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: bond}}, t0)
}

// An approver hears "the rep asked" only if the rep hears it, too.
func TestAClaimIsToldBeforeItIsGround(t *testing.T) {
	o := claimed(t, Met)
	wantSaid(t, "claimed", o, "card sam", "ask priya", "claim dana")
	if o.Request.Ground() != verdict.GroundRep {
		t.Errorf("ground %q", o.Request.Ground())
	}
	wrong := next(t, o.Request, Correct{By: "dana"}, t0)
	wantSaid(t, "corrected", wrong, "corrected sam")
	if g := wrong.Request.Ground(); g != "" {
		t.Errorf("ground %q after the correction", g)
	}
	right := next(t, wrong.Request, Correct{By: "dana", Right: true}, t0)
	if right.Request.Ground() != verdict.GroundRep || right.Request.Answers[verdict.Q7] != verdict.AskedMeIn {
		t.Errorf("asked after all: ground %q, %v", right.Request.Ground(), right.Request.Answers)
	}
	wantSaid(t, "asked after all: the manager's message is rewritten", right)
	if o := claimed(t, NotMyBoss); o.Request.Ground() != "" {
		t.Errorf("the rep cannot correct it, and the approver reads %q", o.Request.Ground())
	}
	o = next(t, claimed(t, NotMyBoss).Request, Meet{By: "dana", Yes: true}, t0)
	wantSaid(t, "told after all", o, "claim dana")

	// Answers that change after the decision claim nothing behind the rep's back.
	r := askedAt(t, t0, "priya")
	r = does(t, r, t0, Answer{"sam", verdict.Q8, "yes"}, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	if r.Ground() != "" {
		t.Errorf("ground %q, and the rep knows nothing of it", r.Ground())
	}
}

func TestAnAnswerTakesAClaimBack(t *testing.T) {
	r := next(t, askFirst(t, Met), Reply{"dana", PleaseJoin}, t0).Request
	r = next(t, r, Reply{"dana", GotThis}, t0).Request
	r = does(t, r, t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	wantSaid(t, "claimed against the answer", next(t, r, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99, Around: Around{Bond: Met}}, t0),
		"claim dana", "answered dana")
}

func TestNothingOfAWordStays(t *testing.T) {
	r := does(t, askFirst(t, Unmet), t0, Guess{"sam", "the price"})
	r = does(t, r, starts, Meet{By: "dana", Yes: true}) // too late to ask
	if r = does(t, r, ends.Add(DebriefWindow), Tick{}); r.Word.Guess != "" {
		t.Errorf("word %+v", r.Word)
	}
}

// A rep who is said to have asked is told so, also where the claim changes nothing else.
func TestAClaimWithTheSameRungIsTold(t *testing.T) {
	met := Around{Bond: Met}
	r := Begin("R1", ByPause, "sam", "dana", "Acme", t0.Add(2*time.Hour), 30*time.Minute, t0).Request
	r = does(t, r, t0, Answer{"sam", verdict.Q6, "customer"}, Decide{By: "sam", Rung: ladder.Listen, Around: met})
	r = does(t, r, t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	o := next(t, r, Decide{By: "sam", Rung: ladder.Listen, Seen: r.Seq, Around: met}, t0)
	wantSaid(t, "before the call", o, "claim dana")

	now := func(asked verdict.OptionID) DecideNow {
		return DecideNow{By: "sam", Answers: verdict.Answers{verdict.QAskedIn: asked, verdict.QStep: verdict.SpeakOnce}, Seen: 9, Around: met}
	}
	r = Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
	r = does(t, r, t0, now("nobody"))
	o = next(t, r, now(verdict.ByRep), t0)
	wantSaid(t, "on the call", o)
	o, at := open(t, does(t, o.Request, t0.Add(30*time.Minute), Tick{}), factsAt(t0))
	wantSaid(t, "after the call", o, "root sam", "asks-rep sam", "asks-manager sam", "claim dana")
	r = does(t, o.Request, at, Correct{By: "dana"})
	if r.Claim != ClaimWrong {
		t.Errorf("claim %q", r.Claim)
	}
}

// Nothing of a claim reaches a rep on a running call, who may be sharing a screen. They hear of it with the debrief.
func TestAClaimWaitsForTheEndOfTheCall(t *testing.T) {
	said := DecideNow{
		By: "sam", Answers: verdict.Answers{verdict.QAskedIn: verdict.ByRep, verdict.QStep: verdict.SpeakOnce}, Seen: 9,
	}
	facts := func(f func(*DebriefFacts)) DebriefFacts {
		out := factsAt(ends)
		f(&out)
		return out
	}
	for _, tt := range []struct {
		name   string
		before []Action // of the call
		during []Action
		ends   Action
		hears  []string // by the rep, once it is over
		claim  ClaimState
	}{
		{"met", nil, []Action{said}, OpenDebrief{factsAt(ends)}, []string{"claim"}, ClaimTold},
		{
			"decided in the pause",
			[]Action{Answer{"sam", verdict.Q7, verdict.AskedMeIn}},
			[]Action{Decide{By: "sam", Rung: ladder.CoPilot, Seen: 9, Around: Around{Bond: Met}}},
			OpenDebrief{factsAt(ends)},
			[]string{"claim"},
			ClaimTold,
		},
		{
			"not met", nil,
			[]Action{said},
			OpenDebrief{facts(func(f *DebriefFacts) { f.Bond = Unmet })},
			[]string{"meet"},
			ClaimWaits,
		},
		{
			"met on the call", []Action{
				Answer{"sam", verdict.Q7, verdict.AskedMeIn}, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 9},
			}, []Action{Meet{By: "dana", Yes: true}}, OpenDebrief{factsAt(ends)}, []string{"claim"}, ClaimTold,
		},
		{
			"not their manager", nil,
			[]Action{said},
			OpenDebrief{facts(func(f *DebriefFacts) { f.Bond = NotMyBoss })},
			nil, NoClaim,
		},
		{"gone", nil, []Action{said}, OpenDebrief{facts(func(f *DebriefFacts) { f.RepGone = true })}, nil, NoClaim},
		{
			"their own debrief", nil,
			[]Action{said},
			OpenDebrief{facts(func(f *DebriefFacts) { f.Elsewhere = true })},
			[]string{"claim"},
			ClaimTold,
		},
		{
			"a debrief that they open", nil,
			[]Action{said},
			ShareDebrief{By: "dana", Place: InGroup, Facts: factsAt(ends)},
			[]string{"claim"},
			ClaimTold,
		},
		{
			"held back after all", nil,
			[]Action{said, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 9}},
			OpenDebrief{factsAt(ends)},
			nil, NoClaim,
		},
		{
			"told before the call", []Action{
				Answer{"sam", verdict.Q7, verdict.AskedMeIn},
				Decide{By: "sam", Rung: ladder.CoPilot, Seen: 9, Around: Around{Bond: Met}},
			}, []Action{said}, OpenDebrief{factsAt(ends)}, nil, ClaimTold,
		},
	} {
		r := does(t, begun(), t0, tt.before...)
		hears := func(o Outcome) (out []string) {
			for _, m := range o.Messages {
				if m.To == "dana" && m.Edits == "" {
					out = append(out, m.Kind)
				}
			}
			return out
		}
		for _, a := range tt.during {
			o := next(t, r, a, starts)
			if got := hears(o); len(got) > 0 {
				t.Errorf("%s: hears %q on the call", tt.name, got)
			}
			r = o.Request
		}
		r = does(t, r, ends, Tick{})
		at, _ := r.NextTick()
		o := next(t, r, tt.ends, at)
		if got := hears(o); !slices.Equal(got, tt.hears) || o.Request.Claim != tt.claim {
			t.Errorf("%s: hears %q, claim %q", tt.name, got, o.Request.Claim)
		}
		if tt.claim == ClaimWaits {
			wantSaid(t, tt.name, next(t, o.Request, Meet{By: "dana", Yes: true}, at), "claim dana")
		}
	}
}

// A claim that Slack has not taken before the call is dropped, and told once more after it.
func TestAClaimThatTheCallOvertakes(t *testing.T) {
	r := does(t, begun(), t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	o := next(t, r, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 1, Around: Around{Bond: Met}}, t0)
	claim := o.Messages[slices.IndexFunc(o.Messages, func(m Message) bool { return m.Kind == KindClaim })]
	r = does(t, o.Request, starts, Tick{})
	if !claim.While.Holds(o.Request, t0) || claim.While.Holds(r, starts) {
		t.Errorf("%+v", claim.While)
	}
	r = does(t, r, starts, Missed{KindClaim, claim.Key})
	o, _ = open(t, does(t, r, ends, Tick{}), factsAt(ends))
	wantSaid(t, "after the call", o, "root sam", "asks-rep sam", "asks-manager sam", "claim dana")
}
