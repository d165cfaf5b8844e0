package nudges

import (
	"errors"
	"slices"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// askedAt is a take-over that waits for an answer, two hours before its call.
func askedAt(t *testing.T, now time.Time, route ...UserID) Request {
	t.Helper()
	r := Begin("R1", ByPause, "sam", "dana", "Acme", now.Add(2*time.Hour), 30*time.Minute, now).Request
	r = does(t, r, now, Answer{"sam", verdict.Q8, "line"})
	return does(t, r, now, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Around: Around{Policy: ByOthers, Route: route, Bond: Met}})
}

func next(t *testing.T, r Request, a Action, now time.Time) Outcome {
	t.Helper()
	o, err := Next(r, a, now)
	if err != nil {
		t.Fatalf("%T: %v", a, err)
	}
	return o
}

// said are the kinds and recipients of what is newly said, without rewritings.
func said(o Outcome) []string {
	var out []string
	for _, m := range o.Messages {
		if m.Edits == "" && m.Kind != KindEdit {
			out = append(out, m.Kind+" "+string(m.To))
		}
	}
	return out
}

func wantSaid(t *testing.T, what string, o Outcome, want ...string) {
	t.Helper()
	if got := said(o); !slices.Equal(got, want) {
		t.Errorf("%s: says %q, want %q", what, got, want)
	}
}

func TestTimersOfAQuestion(t *testing.T) {
	r := askedAt(t, t0, "priya", "ines", "lior")
	o := next(t, r, Tick{}, t0.Add(time.Hour))
	wantSaid(t, "half of the time", o, "remind priya")
	o = next(t, o.Request, Tick{}, t0.Add(90*time.Minute))
	wantSaid(t, "three quarters", o, "ask ines")
	o = next(t, o.Request, Tick{}, t0.Add(104*time.Minute))
	wantSaid(t, "before the half of what is left", o)
	o = next(t, o.Request, Tick{}, t0.Add(105*time.Minute))
	wantSaid(t, "half of what is left", o, "remind ines")
	o = next(t, o.Request, Tick{}, t0.Add(112*time.Minute+30*time.Second))
	wantSaid(t, "three quarters of what is left", o, "ask lior")
	o = next(t, o.Request, Tick{}, t0.Add(119*time.Minute))
	wantSaid(t, "little time: no reminder", o)
	o = next(t, o.Request, Tick{}, t0.Add(2*time.Hour))
	wantSaid(t, "the start", o, "settled sam", "elsewhere priya", "elsewhere ines", "elsewhere lior")
}

// After an outage the timers of somebody who is asked late start late; what comes after the
// deadline is nobody's business any more.
func TestTimersAfterAnOutage(t *testing.T) {
	r := askedAt(t, t0, "priya", "ines")
	o := next(t, r, Tick{}, t0.Add(110*time.Minute))
	wantSaid(t, "escalated late", o, "remind priya", "ask ines")
	if at, _ := o.Request.NextTick(); !at.Equal(t0.Add(115*time.Minute)) && !at.Equal(t0.Add(2*time.Hour)) {
		t.Errorf("next at %v", at.Sub(t0))
	}
	o = next(t, r, Tick{}, t0.Add(3*time.Hour))
	wantSaid(t, "all of it missed", o, "settled sam", "elsewhere priya")
	if o.Request.Grant.State != Expired || !o.Request.Grant.At.Equal(t0.Add(2*time.Hour)) {
		t.Errorf("grant %+v", o.Request.Grant)
	}
}

func TestGoneApprovers(t *testing.T) {
	r := askedAt(t, t0, "priya", "ines", "lior")
	o := next(t, r, Gone{"priya"}, t0.Add(time.Minute))
	wantSaid(t, "the one who was asked", o, "ask ines")
	o = next(t, o.Request, Gone{"lior"}, t0.Add(2*time.Minute))
	wantSaid(t, "one who was not asked yet", o)
	o = next(t, o.Request, Gone{"ines"}, t0.Add(3*time.Minute))
	wantSaid(t, "the last", o, "settled sam")
	if g := o.Request.Grant; g.State != Expired || len(g.Route) > 0 {
		t.Errorf("grant %+v", g)
	}
	// Escalated to somebody who is gone: on to the next at once.
	r = next(t, askedAt(t, t0, "priya", "ines", "lior"), Tick{}, t0.Add(90*time.Minute)).Request
	wantSaid(t, "escalated to nobody", next(t, r, Gone{"ines"}, t0.Add(91*time.Minute)), "ask lior")
	// Two asked together for want of time, one of them gone.
	r = Begin("R1", ByPause, "sam", "dana", "Acme", t0.Add(9*time.Minute), 30*time.Minute, t0).Request
	r = does(t, r, t0, Answer{"sam", verdict.Q8, "line"})
	o = next(t, r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq, Around: Around{Policy: ByOthers, Route: []UserID{"priya", "ines"}}}, t0)
	wantSaid(t, "short", o, "card sam", "ask priya", "ask ines")
	wantSaid(t, "short, one gone", next(t, o.Request, Gone{"ines"}, t0))
}

func TestAMovedCallMovesTheQuestion(t *testing.T) {
	r := askedAt(t, t0, "priya", "ines")
	move := func(deal string, start time.Duration) Describe {
		return Describe{By: "sam", Rep: "dana", Deal: deal, Starts: t0.Add(start), Length: 30 * time.Minute}
	}
	now := t0.Add(59 * time.Minute)
	o := next(t, r, move("Acme", 99*time.Minute), now)
	wantSaid(t, "earlier", o)
	if at, _ := o.Request.NextTick(); !at.Equal(t0.Add(79 * time.Minute)) {
		t.Errorf("the reminder comes after %v", at.Sub(t0))
	}
	o = next(t, r, move("Acme", 65*time.Minute), now)
	wantSaid(t, "little time is left", o, "ask ines")
	o = next(t, r, move("Acme", 40*time.Minute), now)
	wantSaid(t, "to a call that runs", o, "settled sam", "elsewhere priya")
	// What was agreed on was another call.
	r = next(t, r, Approve{"priya"}, now).Request
	wantSaid(t, "moved after a yes", next(t, r, move("acme ", 3*60*time.Minute), now))
	o = next(t, r, move("Hooli", 2*time.Hour), now)
	wantSaid(t, "another deal after a yes", o, "ask priya")
	if o.Request.Grant.State != Asked {
		t.Errorf("grant %+v", o.Request.Grant)
	}
}

func TestTakingOverOnceMore(t *testing.T) {
	around := Around{Policy: ByOthers, Route: []UserID{"priya"}}
	take := DecideNow{By: "sam", Seen: 99, Around: around, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.TakeItOver}}
	asked := askedAt(t, t0, "priya")
	declined := next(t, asked, Decline{By: "priya"}, t0).Request
	late := t0.Add(121 * time.Minute)
	for what, r := range map[string]Request{"asked": asked, "declined": declined} {
		if _, err := Next(r, take, t0.Add(time.Minute)); !errors.Is(err, ErrNotNow) {
			t.Errorf("%s: before the call now goes round the approver: %v", what, err)
		}
		o := next(t, r, take, late)
		if g := o.Request.Grant; g.State != Given || !g.BreakGlass || g.Reason != "" {
			t.Errorf("%s: now gives %+v", what, g)
		}
		if !slices.Contains(said(o), "glass priya") {
			t.Errorf("%s: nobody is told: %q", what, said(o))
		}
	}
	// A no stays a no.
	if o := next(t, declined, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: around}, t0); o.Request.Grant.State != Declined || len(said(o)) > 0 {
		t.Errorf("after a no: %+v, %q", o.Request.Grant, said(o))
	}
	// Nobody was there; now there is.
	r := askedAt(t, t0)
	wantSaid(t, "somebody is there now", next(t, r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: around}, t0), "ask priya")
	// Handed back, and asked for again.
	r = next(t, next(t, asked, Approve{"priya"}, t0).Request, Return{"sam"}, t0).Request
	wantSaid(t, "handed back", next(t, r, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 99, Around: around}, t0), "ask priya")
}

// What was typed for the approver is answer enough for a smaller step, too.
func TestJoiningAfterANoAsksNothingMore(t *testing.T) {
	r := does(t, begun(), t0, allEight...)
	for _, q := range verdict.More {
		r = does(t, r, t0, Answer{"sam", q, anyOption(q)})
	}
	r = does(t, r, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: 9, Reason: "mine to give", Around: Around{Policy: ByOthers, Route: []UserID{"priya"}}})
	r = does(t, r, t0, Decline{By: "priya"})
	if r = does(t, r, t0, Decide{By: "sam", Rung: ladder.CoPilot, Seen: 99}); r.Grant.State != NoGrant {
		t.Errorf("grant %+v", r.Grant)
	}
}

func TestAnAgreementThatIsDroppedIsShownSo(t *testing.T) {
	r := next(t, askedAt(t, t0, "priya"), Approve{"priya"}, t0).Request
	for _, a := range []Action{Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99}, Withdraw{By: "sam"}} {
		o := next(t, r, a, t0)
		if !slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Kind == KindSettled && m.Edits != "" }) {
			t.Errorf("%T: the manager still reads that it is agreed", a)
		}
	}
}

func TestASentenceComesTooLate(t *testing.T) {
	r := next(t, askedAt(t, t0, "priya", "ines"), Decline{By: "priya"}, t0).Request
	glass := next(t, r, BreakGlass{By: "sam", Reason: "they walk out"}, t0).Request
	for _, tt := range []struct {
		r    Request
		by   UserID
		want error
	}{{r, "priya", nil}, {r, "ines", ErrNotYours}, {r, "sam", ErrNotYours}, {r, "", ErrNotYours}, {glass, "priya", ErrNotNow}} {
		if _, err := Next(tt.r, Sentence{tt.by, "later"}, t0); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.by, err, tt.want)
		}
	}
}

// A rep who may approve for the team does not for their own call: they would read why the
// manager thinks that no smaller step would do.
func TestARepDoesNotApproveTheirOwnCall(t *testing.T) {
	o := next(t, askedAt(t, t0, "dana", "priya"), Tick{}, t0)
	if g := o.Request.Grant; !slices.Equal(g.Askees(), []UserID{"priya"}) {
		t.Errorf("asked: %q of %q", g.Askees(), g.Route)
	}
	around := Around{Policy: ByOthers, Route: []UserID{"dana", "priya"}, Bond: Met}
	r := Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
	now := verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.TakeItOver}
	taken := next(t, r, DecideNow{By: "sam", Answers: now, Seen: r.Seq, Reason: "Their lawyer is in", Around: around}, t0)
	wantSaid(t, "without waiting", taken, "card sam", "glass priya")
	if g := taken.Request.Grant; g.Reason != "Their lawyer is in" {
		t.Errorf("what the manager adds is lost: %+v", g)
	}
}

// What is remembered of a call has the call's own day, however late the clock comes by.
func TestTheLedgerKeepsTheDayOfTheCall(t *testing.T) {
	r := Begin("R1", ByPause, "sam", "dana", "Acme", t0.Add(2*time.Hour), 30*time.Minute, t0).Request
	r = does(t, r, t0, Answer{"sam", verdict.Q8, "line"})
	r = does(t, r, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: r.Seq})
	o := next(t, r, Tick{}, t0.Add(30*time.Hour))
	if len(o.Ledger) != 1 || !o.Ledger[0].At.Equal(t0.Add(150*time.Minute)) {
		t.Errorf("remembered: %+v", o.Ledger)
	}
}

// What was agreed to was another call: it is asked for again, and the history says so.
func TestAnotherCallIsAskedForAgain(t *testing.T) {
	r := askedAt(t, t0, "priya")
	for name, a := range map[string]Action{"agreed": Approve{"priya"}, "declined": Decline{By: "priya"}} {
		q := does(t, r, t0, a)
		o := next(t, q, Describe{By: "sam", Rep: "dana", Deal: "Globex", Starts: q.Starts, Length: 30 * time.Minute}, t0)
		wantSaid(t, name, o, "ask priya")
		if last := o.Transitions[len(o.Transitions)-1]; last.To != o.Request.Situation() || last.To.Grant != Asked {
			t.Errorf("%s: the last transition leads to %v, and it is %v", name, last.To, o.Request.Situation())
		}
	}
}

// An approver who was asked about one rep's call, and is the rep of the call that it has become, is told nothing of
// why it could not wait: that was said of them.
func TestNoRepIsToldWhyThemselves(t *testing.T) {
	for name, after := range map[string]func(r Request) Outcome{
		"break-glass on the call": func(r Request) Outcome {
			r = does(t, r, t0.Add(2*time.Minute), Decide{By: "sam", Rung: ladder.HoldBack, Seen: r.Seq, Around: Around{Policy: ByOthers, Route: []UserID{"priya", "ines"}, Bond: Met}})
			r = does(t, r, t0.Add(3*time.Minute), Describe{By: "sam", Rep: "priya", Deal: "Hooli", Starts: t0.Add(time.Hour), Length: 30 * time.Minute})
			now := verdict.Answers{verdict.QAskedIn: verdict.ByNobody, verdict.QStep: verdict.TakeItOver}
			return next(t, r, DecideNow{By: "sam", Answers: now, Seen: r.Seq, Around: Around{Policy: ByOthers, Route: []UserID{"priya", "ines"}, Bond: Met}}, t0.Add(time.Hour+time.Minute))
		},
	} {
		o := after(askedAt(t, t0, "priya", "ines"))
		if o.Request.Rep != "priya" {
			t.Fatalf("%s: the rep is %s", name, o.Request.Rep)
		}
		for _, m := range o.Messages {
			if m.To == "priya" && m.Kind == KindGlass {
				t.Errorf("%s: the rep is told: %+v", name, m)
			}
		}
		if slices.Contains(o.Request.Grant.Askees(), "priya") {
			t.Errorf("%s: the rep was asked: %+v", name, o.Request.Grant)
		}
	}
}

// The only one who could agree is the rep of the call that it has become: the manager waits for nobody's answer.
func TestNobodyIsWaitedForWhereTheRepAloneCouldAgree(t *testing.T) {
	r := askedAt(t, t0, "priya")
	o := next(t, r, Describe{By: "sam", Rep: "priya", Deal: "Hooli", Starts: t0.Add(time.Hour), Length: 30 * time.Minute}, t0.Add(time.Minute))
	if g := o.Request.Grant; g.State != Expired || len(g.Route) > 0 {
		t.Errorf("%s, with %q to ask", g.State, g.Route)
	}
	wantSaid(t, "nobody to ask", o, "settled sam")
}

// Who has answered can answer otherwise until ten minutes before the call, and nobody else can.
func TestReconsider(t *testing.T) {
	asked := askedAt(t, t0, "priya", "ines")
	asked = next(t, asked, Tick{}, t0.Add(100*time.Minute)).Request // at three quarters Ines is asked, too
	now, firm := t0.Add(105*time.Minute), asked.Starts.Add(-ShortNotice)
	yes := next(t, asked, Approve{"priya"}, now).Request
	o := next(t, yes, Reconsider{By: "priya", Coach: true}, now.Add(time.Minute))
	wantSaid(t, "a no after all", o, "settled sam", "elsewhere ines")
	g := o.Request.Grant
	if g.State != Declined || !g.CoachFirst || g.EverGiven || !g.Until.IsZero() {
		t.Errorf("a no after all: %+v", g)
	}
	no := next(t, o.Request, Sentence{"priya", "let Dana open"}, now).Request
	o = next(t, no, Reconsider{By: "priya", Yes: true}, firm.Add(-time.Second))
	wantSaid(t, "a yes again", o, "settled sam", "elsewhere ines")
	if g := o.Request.Grant; g.State != Given || g.CoachFirst || g.Word != "" || !g.EverGiven {
		t.Errorf("a yes again: %+v", g)
	}
	wantSaid(t, "the same", next(t, yes, Reconsider{By: "priya", Yes: true}, now))
	glass := next(t, asked, BreakGlass{By: "sam", Reason: "now"}, now).Request
	held := next(t, yes, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 99}, now).Request
	for what, x := range map[string]struct {
		r    Request
		by   UserID
		now  time.Time
		want error
	}{
		"ten minutes before":   {yes, "priya", firm, ErrTooLate},
		"on the call":          {yes, "priya", asked.Starts, ErrTooLate},
		"by another who was":   {yes, "ines", now, ErrNotYours},
		"by the manager":       {yes, "sam", now, ErrNotYours},
		"before any answer":    {asked, "priya", now, ErrNotYours},
		"by nobody":            {glass, "", now, ErrNotYours},
		"not waited for":       {glass, "priya", now, ErrNotYours},
		"another step by then": {held, "priya", now, ErrNotYours},
	} {
		if _, err := Next(x.r, Reconsider{By: x.by}, x.now); !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", what, err, x.want)
		}
	}
}
