// Package mirror counts what came of one manager's calls, for that manager alone.
//
// It promises that a call counts once, in the month in which its pause began, and that no count is about a rep. It must
// not store or show anything: bot/erase keeps the counts of a call when its words go, and bot/scene reads them.
//
//	Request ─▶ Of: over, held, decided, not planned ─▶ Counts ─▶ Add, by month
//
// The file: mirror.go.
package mirror

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// Few is how many calls there must be behind what is said of them: fewer say nothing.
const Few = 5

// Counts are how many calls there were of each kind. The names are part of the file's format.
type Counts map[string]int

// The names that do not depend on a rung or an answer. A call was paused on by oneself, or asked for by its rep, and
// led by the rep without the manager, or joined.
const (
	selfLed, selfJoined = "self/led", "self/joined"
	repLed, repJoined   = "rep/led", "rep/joined"
	plansMade           = "plans"
	plansKept           = "plans/kept"
	debriefs            = "debriefs"
)

// A Split is how many calls the rep led without the manager, and how many the manager joined.
type Split struct{ Led, Joined int }

// All is how many there are.
func (s Split) All() int { return s.Led + s.Joined }

// A Result is what came of some calls: won or advanced, or lost or stalled. It was too early to say of the rest.
type Result struct{ Well, Badly int }

// All is how many calls came to something.
func (r Result) All() int { return r.Well + r.Badly }

// Paused are the calls that the manager paused on, Asked those that a rep has asked for.
func (c Counts) Paused() Split { return Split{c[selfLed], c[selfJoined]} }
func (c Counts) Asked() Split  { return Split{c[repLed], c[repJoined]} }

// Plans says how many plans were made for a hard moment, and how many of them were kept.
func (c Counts) Plans() (made, kept int) { return c[plansMade], c[plansKept] }

// Debriefs is how many calls were talked over with the rep.
func (c Counts) Debriefs() int { return c[debriefs] }

// Outcome is how many calls with that rung had that outcome.
func (c Counts) Outcome(r ladder.Rung, o nudges.CallOutcome) int { return c[outcome(r, o)] }

// Results are what came of calls by rung.
func (c Counts) Results(rungs ...ladder.Rung) (r Result) {
	for _, rung := range rungs {
		r.Well += c.Outcome(rung, nudges.Won) + c.Outcome(rung, nudges.Advanced)
		r.Badly += c.Outcome(rung, nudges.Lost) + c.Outcome(rung, nudges.Stalled)
	}
	return r
}

// Guess is what came of the calls that a rep led without the manager, who had put the odds of that in this band.
func (c Counts) Guess(b Band) Result { return Result{c[b.name(true)], c[b.name(false)]} }

// Motive is what the manager then did on the calls with that reason to step in.
func (c Counts) Motive(m verdict.OptionID) Split {
	return Split{c[motive(m, true)], c[motive(m, false)]}
}

// WithoutMotives are the counts without any about why the manager wanted to step in.
func (c Counts) WithoutMotives() Counts {
	left := Counts{}
	left.Add(c)
	for _, m := range verdict.Options(verdict.QMotive) {
		delete(left, motive(m, true))
		delete(left, motive(m, false))
	}
	return left
}

// Add adds what others count.
func (c Counts) Add(others Counts) {
	for name, n := range others {
		c[name] += n
	}
}

func outcome(r ladder.Rung, o nudges.CallOutcome) string {
	return "outcome/" + string(r) + "/" + string(o)
}

func motive(m verdict.OptionID, led bool) string {
	if led {
		return "motive/" + string(m) + "/led"
	}
	return "motive/" + string(m) + "/joined"
}

// A Band is a range of odds, in percent.
type Band struct{ From, To int }

// Bands are all of them, the lowest first. Odds are given in tens, so none falls between two.
var Bands = []Band{{0, 25}, {30, 50}, {55, 75}, {80, 100}}

func (b Band) name(well bool) string {
	if well {
		return "guess/" + strconv.Itoa(b.From) + "/well"
	}
	return "guess/" + strconv.Itoa(b.From) + "/badly"
}

// A Month is what is kept of one month, such as "2026-03": by when pauses began, in UTC.
type Month struct {
	Name   string
	Counts Counts
}

// MonthOf is the month that a request counts in. It never changes.
func MonthOf(r nudges.Request) string { return r.Begun.UTC().Format("2006-01") }

// Counted says whether a person's request counts, as far as they allow it.
func Counted(p nudges.Person, r nudges.Request) bool {
	return !p.Uncounted && !r.Begun.Before(p.CountFrom) && r.Manager == p.ID
}

// over says whether the call of a request is over, was held, and counts: not if the two had planned the manager's role
// together.
func over(r nudges.Request) bool {
	d := r.Debrief
	if r.Uncounted || r.IsPlanned() || d.State == nudges.DebriefMoved || d.End == nudges.EndNever ||
		d.End == nudges.EndAway {
		return false
	}
	return r.Phase == nudges.After || r.Phase == nudges.Debrief || r.Phase == nudges.Done
}

// did is the rung that a manager who paused then took; false if they did not pause, or left it undecided, which is no
// hold-back. A take-over that nobody agreed to is a call that they stayed away from.
func did(r nudges.Request) (ladder.Rung, bool) {
	rung, decided := r.Decision.Rung()
	if !decided || r.Way == nudges.ByDebrief || !over(r) {
		return "", false
	}
	if _, joined := r.Joined(); rung.Joins() && !joined {
		return ladder.HoldBack, true
	}
	return rung, true
}

// Of is what one request counts: nothing while the call is not over.
func Of(r nudges.Request) Counts {
	c, d := Counts{}, r.Debrief
	if over(r) && d.WasShared() && d.Logged() {
		c[debriefs] = 1
	}
	rung, ok := did(r)
	if !ok {
		return c
	}
	led, came := !rung.Joins(), d.Outcome()
	c[side(r.Way, led)] = 1
	if came != "" {
		c[outcome(rung, came)] = 1
	}
	if m := r.Answers[verdict.QMotive]; m != "" {
		c[motive(m, led)] = 1
	}
	if b, ok := bandOf(r.Answers[verdict.QEstimate]); ok && led && came != "" && came != nudges.TooEarly {
		c[b.name(came == nudges.Won || came == nudges.Advanced)] = 1
	}
	if r.HasPlan() || d.DidPlan != "" { // a plan that was typed goes with the words; that it was followed does not
		c[plansMade] = 1
	}
	if d.DidPlan == "did" {
		c[plansKept] = 1
	}
	return c
}

func side(w nudges.Way, led bool) string {
	switch {
	case w == nudges.ByAsk && led:
		return repLed
	case w == nudges.ByAsk:
		return repJoined
	case led:
		return selfLed
	}
	return selfJoined
}

func bandOf(o verdict.OptionID) (Band, bool) {
	odds, err := strconv.Atoi(string(o))
	for _, b := range Bands {
		if err == nil && odds >= b.From && odds <= b.To {
			return b, true
		}
	}
	return Band{}, false
}

// FourWeeks is how far back Home looks, twice.
const FourWeeks = 28 * 24 * time.Hour

// Weeks are the calls that a person paused on in the four weeks before now, and in the four before those.
func Weeks(p nudges.Person, all iter.Seq[nudges.Request], now time.Time) (last, before Split) {
	for r := range all {
		rung, ok := did(r)
		ago, weeks := now.Sub(r.Begun), &last
		if !ok || r.Way == nudges.ByAsk || !Counted(p, r) || ago > 2*FourWeeks {
			continue
		}
		if ago > FourWeeks {
			weeks = &before
		}
		if rung.Joins() {
			weeks.Joined++
		} else {
			weeks.Led++
		}
	}
	return last, before
}

// Kept are all that is counted for a person.
func Kept(p nudges.Person, months []Month, worded []nudges.Request) Counts {
	all := Counts{}
	for _, m := range ByMonth(p, months, worded) {
		all.Add(m.Counts)
	}
	return all
}

// ByMonth is what is counted for a person, the earliest month first: what is kept of each, and the calls that have
// their words still.
func ByMonth(p nudges.Person, months []Month, worded []nudges.Request) (all []Month) {
	if p.Uncounted {
		return nil
	}
	counts := map[string]Counts{}
	add := func(name string, c Counts) {
		if counts[name] == nil {
			counts[name] = Counts{}
		}
		counts[name].Add(c)
	}
	for _, m := range months {
		add(m.Name, m.Counts)
	}
	for _, r := range worded {
		if Counted(p, r) && !r.Anonymised {
			add(MonthOf(r), Of(r))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, Month{name, counts[name]})
	}
	return all
}
