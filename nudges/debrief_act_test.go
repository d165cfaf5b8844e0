package nudges

import (
	"errors"
	"slices"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

func TestACallThatMoved(t *testing.T) {
	r, at := both(t, ladder.TakeOver)
	later := at.Add(50 * time.Hour)
	o := next(t, r, CallMoved{"dana"}, at)
	wantHeard(t, "moved", o)
	if len(o.Ledger) != 1 || !o.Ledger[0].Took || !o.Ledger[0].Not.Equal(ends) {
		t.Errorf("ledger %+v", o.Ledger)
	}
	moved := o.Request
	if o := next(t, moved, CallMoved{"sam"}, at); len(o.Transitions)+len(o.Ledger) > 0 {
		t.Errorf("said twice: %+v", o)
	}
	for _, a := range []Reschedule{{"sam", at.Add(-time.Hour), time.Hour, Around{}}, {"sam", later, 0, Around{}}, {"sam", later, MaxLength + 1, Around{}}} {
		wantErr(t, moved, a, at, ErrPast)
	}

	o = next(t, moved, Reschedule{"dana", later, time.Hour, Around{Policy: Self, Bond: Met}}, at)
	wantHeard(t, "to later", o)
	s := o.Request
	if s.Situation() != (Situation{Decided(ladder.TakeOver), Before, Given}) || !s.Grant.Until.Equal(later.Add(time.Hour+GrantTail)) || !s.Starts.Equal(later) || s.Debrief.State != NoDebrief {
		t.Errorf("after it: %+v", s)
	}
	again := next(t, s, Tick{}, later.Add(time.Hour))
	if len(again.Ledger) != 1 || !again.Ledger[0].At.Equal(later.Add(time.Hour)) {
		t.Errorf("ledger of the call that was: %+v", again.Ledger)
	}
	second, _ := open(t, again.Request, factsAt(later.Add(time.Hour)))
	wantHeard(t, "its debrief", second, "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
	if second.Request.Debrief.Root == r.Debrief.Root {
		t.Error("the old thread goes on")
	}

	around := Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: Met}
	o = next(t, moved, Reschedule{"sam", later, time.Hour, around}, at)
	wantHeard(t, "with an approver", o, "ask priya")
	if g := o.Request.Grant; g.State != Asked || !g.Until.Equal(later) {
		t.Errorf("grant %+v", g)
	}
	if _, err := Next(moved, Reschedule{"sam", at, time.Hour, around}, at); !errors.Is(err, ErrPast) {
		t.Errorf("to a call that runs now: %v", err)
	}

	// What was handed back or declined stays so.
	for name, g := range map[string]func() Request{
		"handed back": func() Request { return does(t, decided(t, ladder.TakeOver), t0, Return{"sam"}) },
		"declined": func() Request {
			q := does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"})
			return does(t, q, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: q.Seq, Around: around}, Decline{By: "priya"})
		},
	} {
		q := does(t, g(), ends, Tick{})
		was := q.Grant.State
		o, at := open(t, q, factsAt(ends))
		q = does(t, o.Request, at, CallMoved{"sam"})
		o = next(t, q, Reschedule{"sam", later, time.Hour, around}, at)
		wantHeard(t, name, o)
		if o.Request.Grant.State != was || o.Request.Phase != Before {
			t.Errorf("%s: %v/%v", name, o.Request.Phase, o.Request.Grant.State)
		}
	}
	q, at := quiet(t)
	q = does(t, q, at, CallMoved{"sam"})
	o = next(t, q, Reschedule{"sam", later, time.Hour, around}, at)
	wantHeard(t, "held back", o)
	if o.Request.Situation() != (Situation{Decided(ladder.HoldBack), Before, NoGrant}) {
		t.Errorf("held back: %+v", o.Request.Situation())
	}
}

// "The call moved" is one tap, and so can be a slip: somebody who logs the call says that it was held.
func TestACallThatMovedByASlip(t *testing.T) {
	r, at := both(t, ladder.TakeOver)
	r = does(t, r, at, CallMoved{"dana"})
	o := next(t, r, LogCall{By: "sam", Entry: Entry{Outcome: Won}}, at)
	if d := o.Request.Debrief; d.State != DebriefShared || !d.Logged() {
		t.Errorf("%+v", d)
	}
	if len(o.Ledger) != 1 || !o.Ledger[0].At.Equal(ends) || !o.Ledger[0].Not.IsZero() {
		t.Errorf("ledger %+v", o.Ledger)
	}
	q, at := quiet(t)
	q = does(t, q, at, CallMoved{"sam"}, LogCall{By: "sam", Entry: Entry{Outcome: Won}})
	if q.Debrief.State != DebriefQuiet {
		t.Errorf("%+v", q.Debrief)
	}
	// Never held, after all: the ledger is asked for it once.
	if o := next(t, r, NeverHappened{"sam"}, at); len(o.Ledger) != 0 || o.Request.Debrief.End != EndNever {
		t.Errorf("ledger %+v", o.Ledger)
	}
}

func TestDisplaced(t *testing.T) {
	f := factsAt(ends)
	f.Channel = "C1"
	o, at := open(t, over(t, ladder.Listen), f)
	first := o.Request.Debrief.Root
	o = next(t, o.Request, Displaced{first, KindRoot, TroubleArchived}, at)
	wantHeard(t, "the channel is archived", o, "displaced sam", "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
	r := o.Request
	if d := r.Debrief; d.Place != InGroup || d.Trouble != TroubleArchived || d.Root == first {
		t.Errorf("%+v", d)
	}
	if o := next(t, r, Displaced{first, KindRoot, TroubleArchived}, at); len(o.Messages)+len(o.Transitions) > 0 {
		t.Errorf("said once more of the old root: %q", heard(o))
	}
	o = next(t, r, Displaced{r.Debrief.Root, KindRoot, TroubleNoGroup}, at)
	wantHeard(t, "nor a group DM", o, "root-dm dana", "root-dm sam")
	r = o.Request
	if d := r.Debrief; d.Place != InDMs || d.Trouble != TroubleArchived || d.Root != "" || d.Threaded() {
		t.Errorf("%+v", d)
	}
	monday := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	wantHeard(t, "no thread, no reminder in it", next(t, r, Tick{}, monday), "chase sam")
	o = next(t, r, LogCall{By: "dana", Entry: Entry{Outcome: Lost}}, at)
	edits := 0
	for _, m := range o.Messages {
		if m.Kind == KindRootDM && m.Edits != "" {
			edits++
		}
	}
	if edits != 2 {
		t.Errorf("%d of two are rewritten", edits)
	}

	o, at = open(t, over(t, ladder.Listen), factsAt(ends))
	o = next(t, o.Request, Displaced{o.Request.Debrief.Root, KindRoot, TroubleNoGroup}, at)
	wantHeard(t, "no channel, and no group DM", o, "displaced sam", "root-dm dana", "root-dm sam")

	f.Told = true
	o, at = open(t, over(t, ladder.Listen), f)
	wantHeard(t, "told last time", next(t, o.Request, Displaced{o.Request.Debrief.Root, KindRoot, TroubleArchived}, at), "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
}

// What may be there already is posted once more at the manager's word alone.
func TestUnclear(t *testing.T) {
	r, at := both(t, ladder.Listen)
	root := r.Debrief.Root
	o := next(t, r, Displaced{root, KindRoot, TroubleUnclear}, at)
	wantHeard(t, "unclear", o, "unclear sam")
	r = o.Request
	if o := next(t, r, Displaced{root, KindRoot, TroubleUnclear}, at); len(o.Messages) > 0 {
		t.Errorf("told twice: %q", heard(o))
	}
	if r.Debrief.Threaded() {
		t.Error("a reminder would go into a thread that may not be there")
	}
	wantErr(t, r, Repost{"dana"}, at, ErrNotYours)
	o = next(t, r, Repost{"sam"}, at)
	wantHeard(t, "posted once more", o, "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
	if o.Request.Debrief.Root == root || !o.Request.Debrief.Threaded() {
		t.Errorf("%+v", o.Request.Debrief)
	}
	wantErr(t, o.Request, Repost{"sam"}, at, ErrNotNow)
	monday := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	late := next(t, r, Repost{"sam"}, monday.Add(time.Hour))
	wantHeard(t, "days later", late, "chase sam", "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
	wantHeard(t, "a fresh thread is not reminded of", next(t, late.Request, Tick{}, monday.Add(2*time.Hour)))

	// A manager who was told of a channel is still told of what is unclear.
	f := factsAt(ends)
	f.Told = true
	o, at = open(t, over(t, ladder.Listen), f)
	wantErr(t, o.Request, Repost{"sam"}, at, ErrNotNow)
	wantHeard(t, "unclear again", next(t, o.Request, Displaced{o.Request.Debrief.Root, KindRoot, TroubleUnclear}, at), "unclear sam")
}

func TestDebriefTogether(t *testing.T) {
	alone, at := quiet(t)
	o := next(t, alone, Together{"sam", Met}, at)
	wantHeard(t, "together", o, "where dana")
	wantHeard(t, "a second tap", next(t, o.Request, Together{"sam", Met}, at))
	asked := o.Request
	f := factsAt(at)
	wantHeard(t, "in a channel that is not there", next(t, asked, Where{"dana", InChannel, f}, at), "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")
	f.Channel = "C1"
	o = next(t, asked, Where{"dana", InChannel, f}, at)
	wantHeard(t, "in the channel", o, "root C1", "asks-rep C1 thread", "asks-manager C1 thread")
	wantHeard(t, "a second tap", next(t, o.Request, Where{"dana", InGroup, f}, at))
	o = next(t, asked, Where{"dana", "", f}, at)
	wantHeard(t, "not this one", o)
	wantHeard(t, "this one, after all", next(t, o.Request, Where{"dana", InGroup, f}, at), "root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread")

	wantErr(t, alone, Together{"sam", NotMyBoss}, at, ErrUnmet)
	for bond, says := range map[BondState][]string{Unmet: {"meet dana"}, Meeting: nil} {
		o = next(t, alone, Together{"sam", bond}, at)
		wantHeard(t, "together, "+string(bond), o, says...)
		waits := o.Request
		if waits.Debrief.State != DebriefWaits || !waits.WaitsForBond() {
			t.Errorf("%+v", waits.Debrief)
		}
		wantHeard(t, "yes", next(t, waits, Meet{By: "dana", Yes: true}, at), "where dana")
		o = next(t, waits, Meet{By: "dana", Yes: false}, at)
		wantHeard(t, "no", o, "unmet sam")
		if d := o.Request.Debrief; d.State != DebriefQuiet || o.Request.WaitsForBond() {
			t.Errorf("%+v", d)
		}
	}
	// Who has been asked, and is not there to answer, or says that this is not their manager: it stays
	// with the manager, and the question no longer stands open.
	for name, a := range map[string]Action{"no": Meet{By: "dana", Yes: false}, "gone": Gone{"dana"}, "unheard": Unheard{"dana"}} {
		o := next(t, asked, a, at)
		if d := o.Request.Debrief; d.State != DebriefQuiet || d.WasShared() {
			t.Errorf("%s: %+v", name, d)
		}
		for _, kind := range []string{KindHow, KindWhere} {
			if !slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Kind == kind && m.Edits != "" }) {
				t.Errorf("%s: %s still stands there", name, kind)
			}
		}
		wantErr(t, o.Request, Where{"dana", InGroup, f}, at, ErrNotNow)
	}
}

func TestLoggingACall(t *testing.T) {
	r, at := both(t, ladder.CoPilot)
	rep := Entry{Outcome: Lost, Route: "yes", Learned: "ask who signs", Link: "https://example.com/1"}
	o := next(t, r, LogCall{By: "dana", Entry: rep}, at)
	wantHeard(t, "logged", o)
	if !slices.ContainsFunc(o.Messages, func(m Message) bool { return m.Kind == KindRoot && m.Edits == r.Debrief.Root }) {
		t.Error("the root does not show it")
	}
	r = o.Request
	rep.At = at
	if r.Debrief.Rep != rep || r.Debrief.Manager.Outcome != "" || r.Debrief.Outcome() != Lost {
		t.Errorf("%+v", r.Debrief)
	}
	if o := next(t, r, LogCall{By: "dana", Entry: rep}, at.Add(time.Minute)); len(o.Messages)+len(o.Transitions) > 0 || !o.Request.Debrief.Rep.At.Equal(at) {
		t.Errorf("the same once more: %+v", o)
	}
	o = next(t, r, LogCall{By: "sam", Entry: Entry{Outcome: Won, Coached: "Pricing"}}, at.Add(time.Minute))
	r = o.Request
	if r.Debrief.Rep != rep || r.Debrief.Manager.Outcome != Won || r.Debrief.Outcome() != Won {
		t.Errorf("two entries: %+v", r.Debrief)
	}
	if len(o.Ledger) != 1 || o.Ledger[0].Skill != "Pricing" || o.Ledger[0].Took {
		t.Errorf("ledger %+v", o.Ledger)
	}
	if o := next(t, r, LogCall{By: "sam", Entry: Entry{Outcome: Advanced, Coached: "Pricing"}}, at.Add(time.Hour)); len(o.Ledger) != 0 {
		t.Errorf("another outcome notes the same coaching again: %+v", o.Ledger)
	}
	if o := next(t, r, LogCall{By: "dana", Entry: Entry{Outcome: Lost, Coached: "Pricing"}}, at.Add(time.Hour)); len(o.Ledger) != 0 {
		t.Errorf("the rep's word is no coaching: %+v", o.Ledger)
	}

	// The estimate stands beside the outcome, for the manager alone, in one message.
	r, at = both(t, ladder.CoPilot)
	r.Answers[verdict.QEstimate] = "80"
	o = next(t, r, LogCall{By: "dana", Entry: rep}, at)
	wantHeard(t, "with an estimate", o, "how sam")
	wantHeard(t, "and the second entry", next(t, o.Request, LogCall{By: "sam", Entry: Entry{Outcome: Won}}, at))
	alone, at := quiet(t)
	alone.Answers = verdict.Answers{verdict.QEstimate: "80"}
	wantHeard(t, "where it is there already", next(t, alone, LogCall{By: "sam", Entry: Entry{Outcome: Won}}, at))
}

// A rep can open a debrief on any call, and learns nothing of one that the manager has.
func TestARepOpensADebrief(t *testing.T) {
	inGroup := []string{"root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread"}
	after := over(t, ladder.HoldBack)
	o := next(t, after, ShareDebrief{"dana", "", InGroup, factsAt(ends)}, ends)
	wantHeard(t, "before the clock", o, inGroup...)
	if d := o.Request.Debrief; d.By != "dana" || o.Request.DebriefDue(ends.Add(time.Hour)) || o.Bond != Met || d.RemindAt.IsZero() {
		t.Errorf("%+v, bond %q", d, o.Bond)
	}
	alone, at := quiet(t)
	o = next(t, alone, ShareDebrief{"dana", "", InChannel, factsAt(at)}, at)
	wantHeard(t, "after the clock", o, inGroup...)
	if d := o.Request.Debrief; d.By != "dana" || d.State != DebriefShared {
		t.Errorf("%+v", d)
	}
	// On the sixth day it begins, as if nobody had it before.
	sixth := ends.Add(6 * 24 * time.Hour)
	late := next(t, alone, ShareDebrief{"dana", "", InGroup, factsAt(sixth)}, sixth)
	wantHeard(t, "on the sixth day", late, append([]string{"chase sam"}, inGroup...)...)
	if r := late.Request; !r.closesAt().Equal(sixth.Add(DebriefWindow)) || !r.Debrief.ThreadRemindAt.After(sixth) {
		t.Errorf("closes at %v, nag at %v", r.closesAt(), r.Debrief.ThreadRemindAt)
	}
	wantHeard(t, "twice", next(t, o.Request, ShareDebrief{"dana", "", InGroup, factsAt(at)}, at))
	wantErr(t, alone, ShareDebrief{"sam", "", InGroup, factsAt(at)}, at, ErrNotYours)
	wantErr(t, alone, ShareDebrief{"", "", InGroup, factsAt(at)}, at, ErrNotYours)
	wantErr(t, alone, ShareDebrief{"dana", "", "", factsAt(at)}, at, ErrUnknown)
	wantErr(t, decided(t, ladder.HoldBack), ShareDebrief{"dana", "", InGroup, factsAt(t0)}, t0, ErrNotNow)

	f := factsAt(ends)
	f.Channel = "C1"
	o = BeginDebrief("R9", "dana", "sam", "Globex", ends.Add(-72*time.Hour), InChannel, f, ends)
	wantHeard(t, "one of a call for which nobody paused", o, "root C1", "asks-rep C1 thread", "asks-manager C1 thread")
	r := o.Request
	if len(o.Transitions) != 1 || o.Transitions[0].Seq != 1 || o.Transitions[0].By != "dana" || r.Situation() != (Situation{Undecided, Debrief, NoGrant}) || o.Bond != Met || r.Card != "" {
		t.Errorf("%+v", o)
	}
	if !r.closesAt().Equal(ends.Add(DebriefWindow)) {
		t.Errorf("closes at %v", r.closesAt())
	}
	r = does(t, r, ends, LogCall{By: "dana", Entry: Entry{Outcome: Won}}, LogCall{By: "sam", Entry: Entry{Outcome: Won}}, FeltTrusted{"dana"})
	wantErr(t, r, FeltTrusted{"dana"}, ends, ErrNotNow)
	// It cannot be held later, for nothing was decided about it.
	r = does(t, r, ends, CallMoved{"dana"})
	if r.Phase != Done || r.Debrief.End != EndAway {
		t.Errorf("%+v", r)
	}
}

// What a manager logged before the rep opened the debrief is the manager's own, until they say it again.
func TestTheRepOpensWhatTheManagerHasLogged(t *testing.T) {
	q, at := quiet(t)
	alone := next(t, q, LogCall{By: "sam", Entry: Entry{Outcome: Lost, Learned: "to wait"}}, at).Request
	o := next(t, alone, ShareDebrief{By: "dana", Deal: "acme", Place: InGroup, Facts: factsAt(at)}, at)
	if d := o.Request.Debrief; !d.Kept || d.Outcome() != Lost || d.Open().Outcome() != "" || d.Open().Manager != (Entry{}) {
		t.Errorf("%+v", d)
	}
	if o.Request.Deal != "acme" {
		t.Errorf("the deal is %q, not as the rep wrote it", o.Request.Deal)
	}
	o = next(t, o.Request, LogCall{By: "sam", Entry: Entry{Outcome: Lost, Learned: "to wait"}}, at)
	if d := o.Request.Debrief; d.Kept || d.Open().Outcome() != Lost {
		t.Errorf("said again: %+v", d)
	}
	// So it is for a manager who asked to debrief together.
	asked := next(t, alone, Together{By: "sam", Bond: Met}, at).Request
	o = next(t, asked, Where{By: "dana", Place: InGroup, Facts: factsAt(at)}, at)
	if d := o.Request.Debrief; !d.Kept || d.Open().Outcome() != "" {
		t.Errorf("together: %+v", d)
	}
}

// What others than the two see is what both say, or what one of them has said long enough.
func TestStanding(t *testing.T) {
	soon := time.Date(2019, 3, 5, 9, 0, 0, 0, time.UTC)
	won, lost := Entry{Outcome: Won}, Entry{Outcome: Lost}
	for name, tt := range map[string]struct {
		d    Debriefing
		want CallOutcome
	}{
		"nobody":                  {Debriefing{}, ""},
		"one, just now":           {Debriefing{Rep: won, StandsAt: soon}, ""},
		"one, for long":           {Debriefing{Rep: won}, Won}, // also what an old file says
		"both alike":              {Debriefing{Rep: won, Manager: won}, Won},
		"both apart":              {Debriefing{Rep: won, Manager: lost}, ""},
		"the manager's own, kept": {Debriefing{Manager: lost, Kept: true}, ""},
		"kept, and the rep's":     {Debriefing{Manager: lost, Kept: true, Rep: won}, Won},
	} {
		if got := tt.d.Standing(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// The manager alone closes nothing that the rep was asked about less than a working day ago, in either way to close.
func TestTheRepHasAWorkingDay(t *testing.T) {
	alone, at := quiet(t)
	asked := does(t, alone, at, Together{By: "sam", Bond: Met})
	f := factsAt(at)
	f.DayLater = at.Add(24 * time.Hour)
	shared := does(t, asked, at, Where{By: "dana", Place: InGroup, Facts: f})
	for _, a := range []Action{MoveOn{By: "sam"}, NotDoing{By: "sam", Reason: "said it all"}} {
		r := does(t, shared, at, a)
		if r.Phase != Debrief || r.Debrief.Closing == "" {
			t.Errorf("%T closes at once: %+v", a, r.Debrief)
		}
		if o := next(t, r, a, at); len(o.Messages) > 0 {
			t.Errorf("%T again says %v", a, o.Messages)
		}
		if tick, ok := r.NextTick(); !ok || !tick.Equal(f.DayLater) {
			t.Errorf("%T: next at %v", a, tick)
		}
		over := does(t, r, f.DayLater, Tick{})
		if over.Phase != Done || over.Debrief.EndBy != "sam" || over.Debrief.Closing != "" {
			t.Errorf("%T: a day later %+v", a, over.Debrief)
		}
		logged := does(t, r, at, LogCall{By: "dana", Entry: Entry{Outcome: Won}, DayLater: f.DayLater})
		if logged.Phase != Done || logged.Debrief.Rep.Outcome != Won || logged.Debrief.End != over.Debrief.End {
			t.Errorf("%T: once the rep has logged %+v", a, logged.Debrief)
		}
		if stood := does(t, logged, f.DayLater, Tick{}); stood.Debrief.Standing() != Won {
			t.Errorf("%T: it does not come to stand: %+v", a, stood.Debrief)
		}
		if r := does(t, r, at, MoveOn{By: "dana"}); r.Phase != Done {
			t.Errorf("%T: the rep closes it not: %+v", a, r.Debrief)
		}
	}
	old := shared // as a file of an earlier version has it
	old.Debrief.RepHas = time.Time{}
	if r := does(t, old, at, MoveOn{By: "sam"}); r.Phase != Done {
		t.Errorf("an old one stays open: %+v", r.Debrief)
	}
}
