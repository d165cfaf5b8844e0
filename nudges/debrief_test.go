package nudges

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// over is a call that has just ended, decided as said.
func over(t *testing.T, rung ladder.Rung) Request {
	t.Helper()
	return does(t, decided(t, rung), ends, Tick{})
}

// factsAt are those of a team without a channel, whose rep is met.
func factsAt(now time.Time) DebriefFacts {
	day := func(n int) time.Time { // the n-th working day after now, at nine
		at := now.Truncate(24 * time.Hour).Add(9 * time.Hour)
		for ; n > 0; n-- {
			for at = at.AddDate(0, 0, 1); at.Weekday() == time.Saturday || at.Weekday() == time.Sunday; {
				at = at.AddDate(0, 0, 1)
			}
		}
		return at
	}
	return DebriefFacts{Bond: Met, RemindOn: DateIn(day(1), time.UTC), RemindAt: day(1), ThreadRemindAt: day(3)}
}

// open opens the debrief when it is due.
func open(t *testing.T, r Request, f DebriefFacts) (Outcome, time.Time) {
	t.Helper()
	at, ok := r.NextTick()
	if !ok || !r.DebriefDue(at) || r.DebriefDue(at.Add(-time.Second)) {
		t.Fatalf("next at %v, %v: no debrief is due", at, ok)
	}
	o := next(t, r, OpenDebrief{f}, at)
	if after, ok := o.Request.NextTick(); !ok || !after.After(at) || o.Request.DebriefDue(at) {
		t.Fatalf("after it was opened the clock has something to do at %v, %v", after, ok)
	}
	return o, at
}

// quiet is a debrief of a hold-back, with the manager alone; both is one of a call that the manager
// listened to, in a group DM.
func quiet(t *testing.T) (Request, time.Time) {
	t.Helper()
	r := over(t, ladder.HoldBack)
	o, at := open(t, r, factsAt(ends))
	return o.Request, at
}

func both(t *testing.T, rung ladder.Rung) (Request, time.Time) {
	t.Helper()
	o, at := open(t, over(t, rung), factsAt(ends))
	return o.Request, at
}

// heard is what is newly said, and where.
func heard(o Outcome) []string {
	var out []string
	for _, m := range o.Messages {
		where := string(m.To)
		switch {
		case m.Edits != "" || m.Kind == KindEdit:
			continue
		case m.Channel != "":
			where = m.Channel
		case m.With != "":
			where += "+" + string(m.With)
		}
		if m.Thread != "" {
			where += " thread"
		}
		out = append(out, m.Kind+" "+where)
	}
	return out
}

func wantHeard(t *testing.T, what string, o Outcome, want ...string) {
	t.Helper()
	if got := heard(o); !slices.Equal(got, want) {
		t.Errorf("%s: says %q, want %q", what, got, want)
	}
}

func wantErr(t *testing.T, r Request, a Action, now time.Time, want error) {
	t.Helper()
	if _, err := Next(r, a, now); !errors.Is(err, want) {
		t.Errorf("%T in state %q: %v, want %v", a, r.Debrief.State, err, want)
	}
}

func TestADebriefOpensAsWasDecided(t *testing.T) {
	alone := []string{"how sam"}
	meets := []string{"how sam", "meet dana"}
	inChannel := []string{"root C1", "asks-rep C1 thread", "asks-manager C1 thread"}
	inGroup := []string{"root sam+dana", "asks-rep sam+dana thread", "asks-manager sam+dana thread"}
	type row struct {
		bond    BondState
		channel string
		gone    bool
	}
	type want struct {
		state DebriefState
		place Place
		says  []string
	}
	joined := map[row]want{
		{Met, "C1", false}:       {DebriefShared, InChannel, inChannel},
		{Met, "", false}:         {DebriefShared, InGroup, inGroup},
		{Met, "C1", true}:        {DebriefQuiet, "", alone},
		{Met, "", true}:          {DebriefQuiet, "", alone},
		{Unmet, "C1", false}:     {DebriefWaits, "", meets},
		{Unmet, "", false}:       {DebriefWaits, "", meets},
		{Unmet, "C1", true}:      {DebriefQuiet, "", alone},
		{Unmet, "", true}:        {DebriefQuiet, "", alone},
		{Meeting, "C1", false}:   {DebriefWaits, "", alone},
		{Meeting, "", false}:     {DebriefWaits, "", alone},
		{NotMyBoss, "C1", false}: {DebriefQuiet, "", alone},
		{NotMyBoss, "", false}:   {DebriefQuiet, "", alone},
		{NotMyBoss, "C1", true}:  {DebriefQuiet, "", alone},
		{NotMyBoss, "", true}:    {DebriefQuiet, "", alone},
	}
	for _, rung := range ladder.Rungs {
		for is, w := range joined {
			if !rung.Joins() {
				w = want{DebriefQuiet, "", alone}
			}
			f := factsAt(ends)
			f.Bond, f.Channel, f.RepGone = is.bond, is.channel, is.gone
			o, _ := open(t, over(t, rung), f)
			name := fmt.Sprintf("%s %+v", rung, is)
			wantHeard(t, name, o, w.says...)
			d := o.Request.Debrief
			if d.State != w.state || d.Place != w.place || o.Request.Phase != Debrief {
				t.Errorf("%s: state %q, place %q, phase %q", name, d.State, d.Place, o.Request.Phase)
			}
			if threaded := w.place != ""; d.Threaded() != threaded || d.WasShared() != threaded || (d.Root != "") != threaded {
				t.Errorf("%s: %+v", name, d)
			}
			if (w.state == DebriefShared) != o.Request.Debrief.Shared() {
				t.Errorf("%s: shared %v", name, d.Shared())
			}
		}
	}
	f := factsAt(ends)
	f.Elsewhere = true
	o, _ := open(t, over(t, ladder.CoPilot), f)
	wantHeard(t, "the rep has opened one", o, "how sam")

	r := over(t, ladder.CoPilot)
	r.Rep = ""
	o, at := open(t, r, factsAt(ends))
	wantHeard(t, "nobody is named", o, "how sam")
	wantErr(t, o.Request, Together{By: "sam", Bond: Met}, at, ErrNotNow)
}

// A take-over that nobody agreed to, or that was handed back before the call, was none.
func TestWhatCountsAsTakenOver(t *testing.T) {
	route := Around{Policy: ByOthers, Route: []UserID{"priya"}, Bond: Met}
	ask := does(t, begun(), t0, Answer{"sam", verdict.Q8, "line"})
	ask = does(t, ask, t0, Decide{By: "sam", Rung: ladder.TakeOver, Seen: ask.Seq, Around: route})
	for _, tt := range []struct {
		name string
		r    Request
		took bool
	}{
		{"nobody answered", ask, false},
		{"declined", does(t, ask, t0, Decline{By: "priya"}), false},
		{"approved", does(t, ask, t0, Approve{By: "priya"}), true},
		{"handed back before it began", does(t, decided(t, ladder.TakeOver), t0, Return{By: "sam"}), false},
		{"handed back on the call", does(t, decided(t, ladder.TakeOver), starts.Add(time.Minute), Return{By: "sam"}), true},
		{"listened", decided(t, ladder.Listen), false},
	} {
		o := next(t, tt.r, Tick{}, ends)
		if noted := len(o.Ledger) == 1 && o.Ledger[0].Took && o.Ledger[0].At.Equal(ends); noted != tt.took {
			t.Errorf("%s: ledger %+v", tt.name, o.Ledger)
		}
		opened, at := open(t, o.Request, factsAt(ends))
		if shared := opened.Request.Debrief.State == DebriefShared; shared != (tt.took || tt.name == "listened") {
			t.Errorf("%s: state %q", tt.name, opened.Request.Debrief.State)
		}
		o = next(t, opened.Request, NeverHappened{By: "sam"}, at)
		if back := len(o.Ledger) == 1 && o.Ledger[0].Not.Equal(ends); back != tt.took {
			t.Errorf("%s, and never happened: ledger %+v", tt.name, o.Ledger)
		}
	}
}

func TestADebriefOpensSoonAfterTheEnd(t *testing.T) {
	waits := map[time.Duration]bool{}
	for i := range 500 {
		r := Begin(RequestID(fmt.Sprint("R", i)), ByPause, "sam", "dana", "Acme", starts, 30*time.Minute, t0).Request
		r = does(t, r, t0, Decide{By: "sam", Rung: ladder.HoldBack, Seen: 1})
		r = does(t, r, ends, Tick{})
		at, ok := r.NextTick()
		wait := at.Sub(ends)
		if !ok || wait < time.Minute || wait >= 5*time.Minute {
			t.Fatalf("%s: after %v, %v", r.ID, wait, ok)
		}
		waits[wait] = true
	}
	if len(waits) < 150 {
		t.Errorf("500 calls that end together have %d moments", len(waits))
	}

	before, _ := over(t, ladder.Listen).NextTick()
	r := does(t, decided(t, ladder.Listen), t0, Describe{By: "sam", Rep: "dana", Deal: "Acme", Starts: starts.Add(26 * time.Hour), Length: 30 * time.Minute})
	r = does(t, r, ends.Add(26*time.Hour), Tick{})
	if after, _ := r.NextTick(); !after.Equal(before.Add(26 * time.Hour)) {
		t.Errorf("moved by 26 h: %v, and then %v", before, after)
	}

	now := Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
	now = does(t, now, t0, DecideNow{By: "sam", Seen: 1, Answers: verdict.Answers{verdict.QAskedIn: "nobody", verdict.QStep: verdict.SpeakOnce}})
	now = does(t, now, t0.Add(30*time.Minute), Tick{})
	if at, ok := now.NextTick(); !ok || at.Sub(t0) < 31*time.Minute || at.Sub(t0) >= 35*time.Minute {
		t.Errorf("now: after %v", at.Sub(t0))
	}

	// A tick without facts leaves it due; a second opening does nothing.
	r = over(t, ladder.Listen)
	late := ends.Add(3 * time.Hour)
	r = does(t, r, late, Tick{})
	if at, ok := r.NextTick(); !ok || at.After(late) || !r.DebriefDue(late) {
		t.Errorf("due at %v, %v", at, ok)
	}
	r = does(t, r, late, OpenDebrief{factsAt(late)})
	if o := next(t, r, OpenDebrief{factsAt(late)}, late); len(o.Messages)+len(o.Transitions) > 0 {
		t.Errorf("opened twice: %q", heard(o))
	}
	if o := next(t, over(t, ladder.Listen), OpenDebrief{factsAt(ends)}, ends.Add(DebriefWindow)); len(heard(o)) > 0 || o.Request.Phase != Done {
		t.Errorf("a week late: %q, %v", heard(o), o.Request.Phase)
	}
}

func TestWhoMayInADebrief(t *testing.T) {
	alone, at := quiet(t)
	asked := does(t, alone, at, Together{By: "sam", Bond: Met})
	unwanted := does(t, asked, at, Where{By: "dana"})
	shared := does(t, asked, at, Where{By: "dana", Place: InGroup, Facts: factsAt(at)})
	moved := does(t, shared, at, CallMoved{By: "dana"})
	closed := does(t, shared, at, MoveOn{By: "dana"})
	quietly := does(t, alone, at, MoveOn{By: "sam"})

	entry := Entry{Outcome: Lost}
	every := func(by UserID) map[string]Action {
		return map[string]Action{
			"log": LogCall{By: by, Entry: entry}, "moved-on": MoveOn{by}, "not-doing": NotDoing{by, "why"}, "never": NeverHappened{by},
			"call-moved": CallMoved{by}, "reschedule": Reschedule{by, at.Add(time.Hour), time.Hour, Around{}},
			"where": Where{by, InGroup, factsAt(at)}, "trust": FeltTrusted{by}, "together": Together{by, Met}, "repost": Repost{by},
		}
	}
	nobody := map[string]error{}
	for name := range every("") {
		nobody[name] = ErrNotYours
	}
	but := func(errs map[string]error) map[string]error {
		all := map[string]error{}
		for name := range nobody {
			all[name] = ErrNotYours
		}
		maps.Copy(all, errs)
		return all
	}
	same := func(names []string, err error) map[string]error {
		all := map[string]error{}
		for _, n := range names {
			all[n] = err
		}
		return all
	}
	for _, tt := range []struct {
		name string
		r    Request
		by   UserID
		want map[string]error
	}{
		{"the manager's own", alone, "sam", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": ErrNotNow, "together": nil, "repost": ErrNotNow})},
		{"the manager's own", alone, "dana", nobody},
		{"asked", asked, "sam", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": ErrNotNow, "together": nil, "repost": ErrNotNow})},
		{"asked", asked, "dana", but(map[string]error{"where": nil})},
		{"not this one", unwanted, "sam", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": ErrNotNow, "together": ErrNotNow, "repost": ErrNotNow})},
		{"not this one, and then this one", unwanted, "dana", but(map[string]error{"where": nil})},
		{"shared", shared, "sam", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": ErrNotNow, "together": ErrNotNow, "repost": ErrNotNow})},
		{"shared", shared, "dana", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": ErrNotNow, "where": nil, "trust": nil})},
		{"moved", moved, "sam", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": nil, "together": ErrNotNow, "repost": ErrNotNow})},
		{"moved", moved, "dana", but(map[string]error{"log": nil, "moved-on": nil, "not-doing": nil, "never": nil, "call-moved": nil, "reschedule": nil, "where": ErrNotNow, "trust": nil})},
		{"closed", closed, "sam", but(same([]string{"log", "moved-on", "not-doing", "never", "call-moved", "reschedule", "together", "repost"}, ErrClosed))},
		{"closed", closed, "dana", but(same([]string{"log", "moved-on", "not-doing", "never", "call-moved", "reschedule", "where", "trust"}, ErrClosed))},
		{"closed, and the rep never knew", quietly, "dana", nobody},
		{"before", decided(t, ladder.HoldBack), "dana", nobody},
		{"shared", shared, "lior", nobody},
		{"shared", shared, "", nobody},
	} {
		for name, a := range every(tt.by) {
			if _, err := Next(tt.r, a, at); !errors.Is(err, tt.want[name]) || err == nil && tt.want[name] != nil {
				t.Errorf("%s, %s by %q: %v, want %v", tt.name, name, tt.by, err, tt.want[name])
			}
		}
	}
	for _, a := range []Action{
		LogCall{By: "sam", Entry: Entry{}},
		LogCall{By: "sam", Entry: Entry{Outcome: "great"}},
		LogCall{By: "sam", Entry: Entry{Outcome: Won, Route: "maybe"}},
		LogCall{By: "sam", Entry: Entry{Outcome: Won, Learned: fmt.Sprintf("%*d", MaxEntry+1, 1)}},
		Where{"dana", InDMs, factsAt(at)},
		Where{"dana", "the moon", factsAt(at)},
	} {
		wantErr(t, asked, a, at, ErrUnknown)
	}
	wantErr(t, shared, NotDoing{"sam", " \n"}, at, ErrReason)
	does(t, shared, at, LogCall{By: "sam", Entry: Entry{Outcome: Won, Learned: fmt.Sprintf("%*d", MaxEntry, 1)}})
}

func TestRemindersOfADebrief(t *testing.T) {
	// t0 is a Wednesday, 08:40.
	thursday := time.Date(2026, 3, 5, 9, 0, 0, 0, time.UTC)
	monday := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	r, at := both(t, ladder.Listen)
	if next, _ := r.NextTick(); !next.Equal(thursday) {
		t.Fatalf("next at %v", next)
	}
	wantHeard(t, "a minute early", next(t, r, Tick{}, thursday.Add(-time.Minute)))
	o := next(t, r, Tick{}, thursday)
	wantHeard(t, "after a working day", o, "chase sam")
	m := o.Messages[slices.IndexFunc(o.Messages, func(m Message) bool { return m.Kind == KindDebriefReminder })]
	if m.Key != "chase/sam/2026-03-05" || !m.Unsolicited || m.Request != "" || m.While.By.IsZero() {
		t.Errorf("chase: %+v", m)
	}
	if n, _ := o.Request.NextTick(); !n.Equal(monday) {
		t.Errorf("then at %v", n)
	}
	o = next(t, o.Request, Tick{}, monday)
	wantHeard(t, "two working days later", o, "nag sam+dana thread")
	wantHeard(t, "the rest of the week", next(t, o.Request, Tick{}, ends.Add(DebriefWindow-time.Second)))
	wantHeard(t, "after an outage of four days", next(t, r, Tick{}, monday.AddDate(0, 0, 0)), "chase sam", "nag sam+dana thread")

	logged := does(t, r, at, LogCall{By: "dana", Entry: Entry{Outcome: TooEarly}})
	wantHeard(t, "logged", next(t, logged, Tick{}, ends.Add(DebriefWindow)))
	wantHeard(t, "said to have moved", next(t, does(t, r, at, CallMoved{"dana"}), Tick{}, ends.Add(DebriefWindow)))

	alone, at := quiet(t)
	wantHeard(t, "the manager's own has no thread", next(t, alone, Tick{}, monday), "chase sam")
	// Opened to the rep days later, its thread is not reminded at once.
	friday := monday.AddDate(0, 0, -3).Add(2 * time.Hour)
	late := does(t, alone, friday, ShareDebrief{"dana", "", InGroup, factsAt(friday)})
	o = next(t, late, Tick{}, monday.Add(time.Hour))
	wantHeard(t, "a thread of an afternoon", o)
	if n, _ := o.Request.NextTick(); !n.Equal(late.closesAt()) && !n.Equal(late.Debrief.ThreadRemindAt) || late.Debrief.ThreadRemindAt.Before(monday.AddDate(0, 0, 1)) {
		t.Errorf("then at %v, nag at %v", n, late.Debrief.ThreadRemindAt)
	}
	_ = at
	f := factsAt(at)
	f.Channel = "C1"
	o, _ = open(t, over(t, ladder.Listen), f)
	wantHeard(t, "in a channel", next(t, o.Request, Tick{}, monday), "chase sam", "nag C1 thread")
	var none DebriefFacts // a calendar without working days
	none.Bond = Met
	o, _ = open(t, over(t, ladder.Listen), none)
	wantHeard(t, "nobody works", next(t, o.Request, Tick{}, monday))
}

// After seven days it is over, and what is there is rewritten in place.
func TestADebriefLapsesInSilence(t *testing.T) {
	for name, d := range map[string]func() (Request, time.Time){
		"quiet": func() (Request, time.Time) { return quiet(t) }, "shared": func() (Request, time.Time) { return both(t, ladder.CoPilot) },
		"moved": func() (Request, time.Time) {
			r, at := both(t, ladder.CoPilot)
			return does(t, r, at, CallMoved{"sam"}), at
		},
	} {
		r, _ := d()
		last := ends.Add(DebriefWindow)
		r = does(t, r, last.Add(-time.Second), Tick{})
		if r.Phase != Debrief {
			t.Errorf("%s: %v a second before", name, r.Phase)
		}
		o := next(t, r, Tick{}, last)
		wantHeard(t, name, o)
		edits := 0
		for _, m := range o.Messages {
			if m.Kind == KindRoot || m.Kind == KindHow {
				edits++
			}
		}
		end := EndLapse
		if name == "moved" { // nobody has said that it was held
			end = EndAway
		}
		if d := o.Request.Debrief; o.Request.Phase != Done || d.End != end || d.State == DebriefMoved || edits != 1 {
			t.Errorf("%s: phase %v, end %q, state %q, %d rewritten", name, o.Request.Phase, d.End, d.State, edits)
		}
		if at, ok := o.Request.NextTick(); ok {
			t.Errorf("%s: something is left to do at %v", name, at)
		}
	}
}

func TestMovedOnIsForGood(t *testing.T) {
	r, at := both(t, ladder.TakeOver)
	if r.Grant.State != Given {
		t.Fatalf("grant %v, so soon after the call", r.Grant.State)
	}
	o := next(t, r, MoveOn{"dana"}, at)
	wantHeard(t, "moved on", o)
	r = o.Request
	if r.Phase != Done || r.Debrief.End != EndMoved || r.Grant.State != Expired || o.Transitions[0].Why != "moved-on" {
		t.Errorf("%+v", r)
	}
	if at, ok := r.NextTick(); ok {
		t.Errorf("the clock has something to do at %v", at)
	}
	o = next(t, r, Tick{}, at.AddDate(1, 0, 0))
	if len(o.Messages)+len(o.Transitions) > 0 {
		t.Errorf("a year later: %+v", o)
	}
	for _, a := range []Action{MoveOn{"sam"}, Return{"sam"}, Write{"sam", "x"}, ShareDebrief{"dana", "", InGroup, factsAt(at)}, LogCall{By: "sam", Entry: Entry{Outcome: Won}}} {
		wantErr(t, r, a, at, ErrClosed)
	}
	for _, a := range []Action{Displaced{r.Debrief.Root, KindRoot, TroubleArchived}, Unheard{"dana"}, Gone{"dana"}, OpenDebrief{factsAt(at)}} {
		if o := next(t, r, a, at); len(o.Messages)+len(o.Transitions) > 0 {
			t.Errorf("%T: %+v", a, o)
		}
	}
	alone, at := quiet(t)
	asked := does(t, alone, at, Together{"sam", Met}, MoveOn{"sam"})
	if o := next(t, asked, Gone{"dana"}, at); len(o.Messages)+len(o.Transitions) > 0 {
		t.Errorf("the rep leaves later: %+v", o)
	}
	r, at = both(t, ladder.Listen)
	o = next(t, r, NotDoing{"sam", "a joint call"}, at)
	if d := o.Request.Debrief; d.End != EndSkip || d.Reason != "a joint call" || o.Request.Phase != Done {
		t.Errorf("not doing: %+v", d)
	}
}

// Seven silent days over a holiday weekend: reminded after it, twice, and then it is over.
func TestSevenDaysOverAHolidayWeekend(t *testing.T) {
	at := time.Date(2019, 4, 18, 14, 0, 0, 0, time.UTC) // a Thursday; Friday and Monday are free
	r := Begin("R1", ByPause, "sam", "dana", "Acme", at, 30*time.Minute, at.Add(-time.Hour)).Request
	r = does(t, r, at.Add(-time.Hour), Answer{"sam", verdict.Q7, verdict.AskedMeIn})
	r = does(t, r, at.Add(-time.Hour), Decide{By: "sam", Rung: ladder.Listen, Seen: 1})
	r = does(t, r, at.Add(30*time.Minute), Tick{})
	f := DebriefFacts{
		Bond: Met, RemindOn: "2019-04-23", RemindAt: time.Date(2019, 4, 23, 9, 0, 0, 0, time.UTC),
		ThreadRemindAt: time.Date(2019, 4, 25, 9, 0, 0, 0, time.UTC),
	}
	o, _ := open(t, r, f)
	r = o.Request
	var got []string
	for r.Phase != Done {
		when, ok := r.NextTick()
		if !ok || len(got) > 10 {
			t.Fatalf("no end in sight: %v", got)
		}
		o := next(t, r, Tick{}, when)
		got = append(got, when.Format("Mon 02 15:04 ")+strings.Join(heard(o), ", "))
		r = o.Request
	}
	want := []string{"Tue 23 09:00 chase sam", "Thu 25 09:00 nag sam+dana thread", "Thu 25 14:30 "}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
