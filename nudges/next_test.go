package nudges

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

var (
	t0     = time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC)
	starts = t0.Add(20 * time.Minute)
	ends   = starts.Add(30 * time.Minute)
)

func begun() Request {
	return Begin("R1", ByPause, "sam", "dana", "Acme", starts, 30*time.Minute, t0).Request
}

// does applies actions that must all succeed.
func does(t *testing.T, r Request, now time.Time, actions ...Action) Request {
	t.Helper()
	for _, a := range actions {
		o, err := Next(r, a, now)
		if err != nil {
			t.Fatalf("%T: %v", a, err)
		}
		r = o.Request
	}
	return r
}

var allEight = []Action{
	Answer{"sam", verdict.Q7, "yes"},
	Answer{"sam", verdict.Q6, "theirs"},
	Answer{"sam", verdict.Q8, "yes"},
	Answer{"sam", verdict.Q5, "yes"},
	Answer{"sam", verdict.Q4, "yes"},
}

func decided(t *testing.T, rung ladder.Rung) Request {
	t.Helper()
	r := begun()
	switch rung {
	case ladder.HoldBack, ladder.Coach:
	case ladder.TakeOver:
		r = does(t, r, t0, Answer{"sam", verdict.Q8, "line"})
	default:
		r = does(t, r, t0, Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	}
	return does(t, r, t0, Decide{By: "sam", Rung: rung, Seen: r.Seq})
}

func TestNext(t *testing.T) {
	others := Around{Policy: ByOthers, Route: []UserID{"priya", "sam"}, Bond: Met}
	asked := func() Request {
		r := does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"})
		return does(t, r, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Around: others})
	}
	for _, tt := range []struct {
		name string
		r    Request
		a    Action
		now  time.Time
		want Situation
		err  error
	}{
		{
			"hold back at once", begun(),
			Decide{By: "sam", Rung: ladder.HoldBack, Seen: 1},
			t0,
			Situation{"hold_back", Before, NoGrant},
			nil,
		},
		{
			"a second window decides nothing", decided(t, ladder.HoldBack),
			Decide{By: "sam", Rung: ladder.Coach, Seen: 1},
			t0,
			Situation{"hold_back", Before, NoGrant},
			ErrStale,
		},
		{
			"a change of mind", decided(t, ladder.HoldBack),
			Decide{By: "sam", Rung: ladder.Coach, Seen: 2},
			t0,
			Situation{"coach", Before, NoGrant},
			nil,
		},
		{
			"a change of mind while the call runs", decided(t, ladder.HoldBack),
			DecideNow{By: "sam", Seen: 2, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.SpeakOnce}},
			starts,
			Situation{"co_pilot", During, NoGrant},
			nil,
		},
		{
			"too late to change", decided(t, ladder.HoldBack),
			Decide{By: "sam", Rung: ladder.Coach, Seen: 9},
			ends,
			Situation{"hold_back", Before, NoGrant},
			ErrOver,
		},
		{
			"somebody else", begun(),
			Decide{By: "lior", Rung: ladder.HoldBack, Seen: 1},
			t0,
			Situation{"none", Before, NoGrant},
			ErrNotYours,
		},
		{
			"taking over without a ground", begun(),
			Decide{By: "sam", Rung: ladder.TakeOver, Seen: 1},
			t0,
			Situation{"none", Before, NoGrant},
			ErrMore,
		},
		{
			"taking over what crosses a line", does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"}),
			Decide{By: "sam", Rung: ladder.TakeOver, Seen: 1},
			t0,
			Situation{"take_over", Before, Given},
			nil,
		},
		{
			"now, and take over", begun(),
			DecideNow{By: "sam", Seen: 2, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.TakeItOver}},
			starts,
			Situation{"take_over", During, Given},
			nil,
		},
		{
			"now, a question left out", begun(),
			DecideNow{By: "sam", Seen: 2, Answers: verdict.Answers{verdict.QStep: verdict.TakeItOver}},
			starts,
			Situation{"none", Before, NoGrant},
			ErrMore,
		},
		{
			"now never waits for an approver", begun(),
			DecideNow{By: "sam", Seen: 2, Around: others, Answers: verdict.Answers{verdict.QAskedIn: "line", verdict.QStep: verdict.TakeItOver}},
			starts,
			Situation{"take_over", During, Given},
			nil,
		},
		{
			"now, of a call that is still to come", begun(),
			DecideNow{By: "sam", Seen: 1, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.SpeakOnce}},
			starts.Add(-time.Second),
			Situation{"none", Before, NoGrant},
			ErrNotNow,
		},
		{"nobody decides: it lapses", begun(), Tick{}, ends, Situation{"none", Done, NoGrant}, nil},
		{"the call starts", decided(t, ladder.Coach), Tick{}, starts, Situation{"coach", During, NoGrant}, nil},
		{"the call ends", decided(t, ladder.Coach), Tick{}, ends, Situation{"coach", After, NoGrant}, nil},
		{
			"a week later it is done with", decided(t, ladder.Coach),
			Tick{},
			ends.Add(DebriefWindow),
			Situation{"coach", Done, NoGrant},
			nil,
		},
		{
			"the grant lapses", decided(t, ladder.TakeOver),
			Tick{},
			ends.Add(GrantTail),
			Situation{"take_over", After, Expired},
			nil,
		},
		{
			"the grant is handed back", decided(t, ladder.TakeOver),
			Return{By: "sam"},
			ends,
			Situation{"take_over", After, Returned},
			nil,
		},
		{"withdrawn", decided(t, ladder.Coach), Withdraw{By: "sam"}, t0, Situation{Withdrawn, Done, NoGrant}, nil},
		{
			"withdrawn twice", does(t, begun(), t0, Withdraw{By: "sam"}),
			Withdraw{By: "sam"},
			t0,
			Situation{Withdrawn, Done, NoGrant},
			ErrClosed,
		},
		{"an approver is asked", asked(), Tick{}, t0, Situation{"take_over", Before, Asked}, nil},
		{"approved", asked(), Approve{By: "priya"}, t0, Situation{"take_over", Before, Given}, nil},
		{"declined", asked(), Decline{By: "priya"}, t0, Situation{"take_over", Before, Declined}, nil},
		{
			"nobody approves their own", asked(),
			Approve{By: "sam"},
			t0,
			Situation{"take_over", Before, Asked},
			ErrNotYours,
		},
		{
			"approved after the deadline, before any tick", asked(),
			Approve{By: "priya"},
			starts,
			Situation{"take_over", Before, Asked},
			ErrTooLate,
		},
		{
			"it can't wait", asked(),
			BreakGlass{By: "sam", Reason: "they walk out"},
			t0,
			Situation{"take_over", Before, Given},
			nil,
		},
		{
			"breaking glass without a reason", asked(),
			BreakGlass{By: "sam"},
			t0,
			Situation{"take_over", Before, Asked},
			ErrReason,
		},
		{
			"answers stay once the call runs", decided(t, ladder.HoldBack),
			Answer{"sam", verdict.Q8, "yes"},
			starts,
			Situation{"hold_back", Before, NoGrant},
			ErrStarted,
		},
		{"a call in the past", begun(), Describe{
			By: "sam", Rep: "dana", Starts: t0.Add(-time.Hour),
			Length: 30 * time.Minute,
		}, t0, Situation{"none", Before, NoGrant}, ErrPast},
		{"moved to later", decided(t, ladder.HoldBack), Describe{
			By: "sam", Rep: "dana", Starts: ends,
			Length: 30 * time.Minute,
		}, t0, Situation{"hold_back", Before, NoGrant}, nil},
		{"no such option", begun(), Answer{"sam", verdict.Q8, "maybe"}, t0, Situation{"none", Before, NoGrant}, ErrUnknown},
	} {
		o, err := Next(tt.r, tt.a, tt.now)
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: error %v, want %v", tt.name, err, tt.err)
		}
		if got := o.Request.Situation(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if err != nil && (len(o.Messages) > 0 || len(o.Transitions) > 0) {
			t.Errorf("%s: an error that says something", tt.name)
		}
	}
}

func TestGroundlessTakeOverNeedsAllEight(t *testing.T) {
	r := does(t, begun(), t0, allEight...)
	_, err := Next(r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 1}, t0)
	more, ok := errors.AsType[*MoreError](err)
	if !ok || !slices.Equal(more.Missing, []verdict.QuestionID{verdict.Q1, verdict.Q3, verdict.Q2, verdict.QWhyNot}) {
		t.Fatalf("missing %v", err)
	}
	for _, q := range more.Missing {
		r = does(t, r, t0, Answer{"sam", q, anyOption(q)})
	}
	r = does(t, r, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq})
	if r.Grant.State != Given || !r.Grant.Until.Equal(ends.Add(GrantTail)) {
		t.Errorf("grant %+v", r.Grant)
	}
}

func anyOption(q verdict.QuestionID) verdict.OptionID {
	return verdict.Options(q)[0]
}

// every action in every situation: only what the table allows happens.
func TestEverySituation(t *testing.T) {
	actions := map[string]Action{
		"answer": Answer{"sam", verdict.Q5, "yes"}, "close": Write{"sam", "breathe"},
		"describe":   Describe{By: "sam", Rep: "lior", Deal: "B", Starts: starts.Add(time.Hour), Length: time.Hour},
		"decide-now": DecideNow{By: "sam", Seen: 9, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.SpeakOnce}},
		"decide":     Decide{By: "sam", Rung: ladder.HoldBack, Seen: 9}, "withdraw": Withdraw{By: "sam"},
		"approve": Approve{By: "priya"}, "decline": Decline{By: "priya"}, "reconsider": Reconsider{By: "priya"}, "return": Return{By: "sam"},
		"break-glass": BreakGlass{By: "sam", Reason: "they walk out"}, "nudge": Nudge{By: "sam"},
		"guess": Guess{By: "sam", Text: "a fact"}, "reply": Reply{By: "dana", Answer: CoachMe},
		"meet":    Meet{By: "dana", Yes: true},
		"correct": Correct{By: "dana"}, "note": TakeNote{By: "sam"},
		"tell": Tell{By: "sam", Text: "You lead.", Seen: 9, Bond: Met}, "coaching": EndCoaching{By: "sam"},
		"take-back":  TakeBack{By: "dana"},
		"as-planned": JoinAsPlanned{By: "sam", Rung: ladder.Listen, Seen: 9}, "correct-plan": CorrectPlan{By: "dana", Right: true},
		"from-here": FromHere{By: "dana"},
		"together":  Together{By: "sam", Bond: Met}, "where": Where{By: "dana", Place: InGroup},
		"log":      LogCall{By: "sam", Entry: Entry{Outcome: Won}},
		"plan":     FollowPlan{By: "sam", Answer: "did"},
		"moved-on": MoveOn{By: "sam"}, "not-doing": NotDoing{By: "sam", Reason: "a joint call"},
		"never":      NeverHappened{By: "sam"},
		"call-moved": CallMoved{By: "sam"}, "reschedule": Reschedule{
			By: "sam", Starts: ends.Add(time.Hour),
			Length: time.Hour,
		},
		"repost": Repost{By: "sam"}, "trust": FeltTrusted{By: "dana"}, "learn": Learn{By: "sam", What: "pricing"},
	}
	// What a debrief must be for its action to be possible; for the others, one of both.
	fits := map[string]func(*Debriefing){
		"together":   func(d *Debriefing) { d.State = DebriefQuiet },
		"where":      func(d *Debriefing) { d.State = DebriefUnwant },
		"reschedule": func(d *Debriefing) { d.State = DebriefMoved },
		"repost":     func(d *Debriefing) { d.Trouble = TroubleUnclear },
	}
	if len(actions) != len(may) {
		t.Fatalf("%d actions for %d rows", len(actions), len(may))
	}
	n := 0
	for _, d := range append([]Decision{Undecided, Withdrawn}, rungs...) {
		for _, p := range []Phase{Before, During, After, Debrief, Done} {
			for _, g := range anyGrant {
				for name, a := range actions {
					n++
					r := begun()
					r.Decision, r.Phase, r.Grant = d, p,
						Grant{State: g, Until: ends.Add(GrantTail), Route: []UserID{"priya"}, Asked: 1}
					r.Word.State, r.Claim, r.Planned = WordAsked, ClaimTold, ClaimTold
					if name == "take-back" {
						r.Way = ByAsk
					}
					if name == "reconsider" {
						r.Grant.By = "priya"
					}
					r.Debrief = Debriefing{State: DebriefShared, At: ends, Place: InGroup, Root: "root"}
					if fit := fits[name]; fit != nil {
						fit(&r.Debrief)
					}
					if name == "plan" {
						r.Answers, r.Plan, r.Debrief.Manager.Outcome = verdict.Answers{r.PlanQuestion(): verdict.OwnPlan}, "wait", Won
					}
					now := map[Phase]time.Time{Before: t0, During: starts, After: ends, Debrief: ends, Done: ends}[p]
					row := may[name]
					allowed := slices.Contains(row.decisions, d) && slices.Contains(row.phases, p) &&
						slices.Contains(row.grants, g)
					o, err := Next(r, a, now)
					if err == nil && !allowed {
						t.Errorf("%s in %v/%v/%v happened", name, d, p, g)
					}
					frozen := d != Undecided && p == During && (name == "answer" || name == "describe")
					disagreed := name == "tell" && d == Decided(ladder.TakeOver) && g != Given
					if err != nil && allowed && !frozen && !disagreed {
						t.Errorf("%s in %v/%v/%v: %v", name, d, p, g, err)
					}
					if (d == Withdrawn || p == Done) && o.Request.Situation() != r.Situation() {
						t.Errorf("%s left the end %v/%v", name, d, p)
					}
				}
			}
		}
	}
	t.Logf("%d situations", n)
}

func FuzzNext(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5})
	f.Add([]byte{9, 9, 1, 7, 12, 3, 200, 1, 2})
	// Taken over, and then: unclear, posted again, displaced, logged by both, moved, held after all, moved to later.
	f.Add([]byte{
		24, 24, 24, 24, 0, 46, 47, 46, 34, 35, 34, 28, 124, 132, 32, 28, 32, 33, 46, 47, 8, 8, 46, 40, 44, 40,
		44, 40,
	})
	// Held back, talked over where the rep wants to, and left alone.
	f.Add([]byte{
		0, 46, 47, 46, 26, 123, 123, 40, 44, 40, 44, 40, 44, 40, 44, 40, 44, 40, 44, 40, 44, 29, 29, 29, 29,
		29, 29, 29, 29, 29, 29, 29, 29, 29, 29, 29,
	})
	// The rep says no, and yes; not this one, and then this one; not done.
	f.Add([]byte{0, 46, 47, 46, 26, 108, 108, 26, 123, 121, 30, 46, 46, 46, 46, 46})
	// Displaced twice, and never happened.
	f.Add([]byte{24, 24, 24, 24, 0, 46, 47, 46, 8, 34, 34, 123, 31, 46, 46, 46, 46, 46, 46, 46})
	f.Fuzz(func(t *testing.T, script []byte) {
		r := begun()
		ar := Around{
			Policy: []Policy{Self, ByOthers}[len(script)%2], Route: []UserID{"priya", "ines"},
			Bond: []BondState{Unmet, Meeting, Met, NotMyBoss}[len(script)/2%4],
		}
		if len(script)%5 == 4 {
			r = BeginPull("R1", "dana", "sam", "Acme", "help", starts, 30*time.Minute, t0).Request
		}
		now := t0
		keys := map[string]bool{}
		by := []UserID{"sam", "priya", "dana", "ines"}
		qs := verdict.AllQuestions()
		facts := func(i int) DebriefFacts {
			f := factsAt(now)
			f.Channel, f.Bond, f.RepGone = []string{"", "C1"}[i/2%2], ar.Bond, i%7 == 6
			f.Elsewhere, f.Told = i%11 == 10, i%3 == 0
			return f
		}
		for i, b := range script {
			who := by[int(b/48)%4]
			var a Action
			switch b % 48 {
			case 0:
				a = Decide{
					By: who, Rung: ladder.Rungs[i%5], Seen: r.Seq, Around: ar, AskFirst: i%3 == 0,
					Reason: []string{"", "why"}[i%2],
				}
			case 1:
				a = Decide{By: who, Rung: ladder.Rungs[i%5], Seen: i % 3, Around: ar}
			case 2:
				a = Answer{
					who, qs[i%len(qs)],
					verdict.OptionID([]string{"yes", "no", "asked", "line", "customer", "own", "80"}[int(b/16)%7]),
				}
			case 3:
				a = Withdraw{By: who}
			case 4:
				a = Approve{By: who}
			case 5:
				a = Decline{By: who, Coach: i%2 == 0}
			case 6:
				a = Return{By: who}
			case 7:
				a = BreakGlass{By: who, Reason: "why", Around: ar}
			case 8:
				a = Write{who, "x"}
			case 9:
				a = Describe{
					By: who, Rep: "dana", Deal: fmt.Sprint(i), Starts: now.Add(time.Duration(b) * time.Minute),
					Length: time.Hour,
				}
			case 10:
				a = DecideNow{
					By: who, Seen: r.Seq, Around: ar,
					Answers: verdict.Answers{
						verdict.QAskedIn: []verdict.OptionID{"nobody", verdict.ByRep}[i%2],
						verdict.QStep:    []verdict.OptionID{verdict.StaySilent, verdict.TakeItOver}[i/2%2],
					},
				}
			case 11:
				a = Guess{who, "a fact"}
			case 12:
				a = Meet{By: who, Yes: i%2 == 0}
			case 13:
				a = Reply{who, WordAnswers[i%3]}
			case 14:
				a = Help{who, fmt.Sprint(i)}
			case 15:
				a = Correct{who, i%2 == 0}
			case 16:
				a = TakeNote{who}
			case 17:
				a = Tell{who, fmt.Sprint(i), r.Seq, ar.Bond}
			case 18:
				a = EndCoaching{who, "Pricing"}
			case 19:
				a = TakeBack{who}
			case 20:
				a = Unheard{who}
			case 21:
				a = Gone{who}
			case 22:
				a = Nudge{who}
			case 23:
				a = Sentence{who, fmt.Sprint(i)}
			case 24:
				r.Answers = verdict.Answers{verdict.Q7: verdict.AskedMeIn, verdict.QFor: "whole"} // a ground, for what needs one
				continue
			case 25:
				a = ShareDebrief{who, "", []Place{InChannel, InGroup, InDMs}[i%3], facts(i)}
			case 26:
				a = Together{who, ar.Bond}
			case 27:
				a = Where{who, []Place{InChannel, InGroup, ""}[i%3], facts(i)}
			case 28:
				a = LogCall{By: who, Entry: Entry{Outcome: CallOutcomes[i%5], Coached: []string{"", "Pricing"}[i%2]}}
			case 29:
				a = MoveOn{who}
			case 30:
				a = NotDoing{who, "why"}
			case 31:
				a = NeverHappened{who}
			case 32:
				a = CallMoved{who}
			case 33:
				a = Reschedule{who, now.Add(time.Duration(i%5-1) * 20 * time.Minute), 30 * time.Minute, ar}
			case 34:
				a = Displaced{
					r.Debrief.Root, KindRoot,
					[]PlaceTrouble{TroubleArchived, TroubleNoGroup, TroubleUnclear}[i%3],
				}
			case 35:
				a = Repost{who}
			case 36:
				a = FeltTrusted{who}
			default:
				step := time.Duration(b) * time.Minute
				if b%4 == 0 { // a night
					step = 15 * time.Hour
				}
				a, now = Tick{}, now.Add(step)
				if r.DebriefDue(now) {
					a = OpenDebrief{facts(i)}
				}
			}
			o, err := Next(r, a, now)
			if err != nil {
				if len(o.Messages)+len(o.Transitions) > 0 {
					t.Fatal("an error that says something")
				}
				continue
			}
			was := r.Situation()
			for _, tr := range o.Transitions {
				if tr.From != was {
					t.Fatalf("transition from %v, was %v", tr.From, was)
				}
				if was.Phase == Done {
					t.Fatalf("left Done: %v", tr)
				}
				was = tr.To
			}
			if was != o.Request.Situation() {
				t.Fatalf("situation %v changed without a transition from %v", o.Request.Situation(), was)
			}
			for _, m := range o.Messages {
				if keys[m.Key] {
					t.Fatalf("%s said twice", m.Key)
				}
				keys[m.Key] = true
				if d := o.Request.Debrief; slices.Contains([]string{
					KindRoot, KindRootDM, KindWhere, KindAsksRep,
					KindThreadReminder,
				}, m.Kind) &&
					(m.To == "dana" || m.With == "dana" || m.Channel != "") && m.Edits == "" && !d.Shared() {
					t.Fatalf("%T tells the rep of a debrief that is the manager's alone: %+v", a, m)
				}
			}
			r = o.Request
			if o.Bond != Unmet { // as it is remembered
				ar.Bond = o.Bond
			}
			if m, ok := a.(Meet); ok {
				ar.Bond = NotMyBoss
				if m.Yes {
					ar.Bond = Met
				}
			}
			if at, ok := r.NextTick(); ok && !at.After(now) && !r.DebriefDue(now) {
				t.Fatalf("after %T at %v the clock has something to do at %v: %+v", a, now, at, r)
			}
			if _, open := a.(OpenDebrief); open && r.DebriefDue(now) {
				t.Fatalf("still due: %+v", r)
			}
		}
	})
}
