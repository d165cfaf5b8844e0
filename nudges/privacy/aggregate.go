package privacy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
)

// Five is how many distinct people must stand behind a figure: managers behind one on what managers
// do, reps behind one on what reps do or say. A figure of fewer does not exist.
const Five = 5

// A Figure is a number about one month, in which nobody can be told apart.
type Figure struct {
	Month string  `json:"month"` // "2026-03", by when calls were done with, in UTC
	Name  string  `json:"figure"`
	Value string  `json:"value,omitempty"` // what of it, such as a rung
	N     float64 `json:"n"`               // how many; of trust the mean, from 1 to 5
}

// A tally counts requests by what they say, and who stands behind each count.
type tally struct {
	name  string
	of    func(nudges.Request, []nudges.Transition) string // "" for what is not counted
	reps  bool                                             // it is about reps as well
	cells map[string]*cell
}

type cell struct {
	n        int
	managers map[nudges.UserID]bool
	reps     map[nudges.UserID]bool
}

func (c *cell) add(manager, rep nudges.UserID) {
	if c.managers == nil {
		c.managers, c.reps = map[nudges.UserID]bool{}, map[nudges.UserID]bool{}
	}
	c.n++
	c.managers[manager] = true
	if rep != "" {
		c.reps[rep] = true
	}
}

// enough says whether enough people stand behind it: reps, too, where it is about them.
func (c *cell) enough(reps bool) bool {
	return len(c.managers) >= Five && (!reps || len(c.reps) >= Five)
}

// An Aggregate counts the requests that were done in one month. Only those, for nothing about them
// changes later, and only whole months that are over: somebody who asks twice must not learn from the
// difference what one manager did.
type Aggregate struct {
	month   time.Time
	tallies []*tally
	groups  map[string]*group
}

// A group are the calls that count in the same tallies: one sum less another is of whole groups.
type group struct {
	calls  []counted
	people cell
	ofReps bool // it counts in a tally that is about reps
}

// A counted is a call with its value in each tally, "" for those in which it does not count.
type counted struct {
	values       []string
	manager, rep nudges.UserID
}

// The errors of a month that cannot be counted.
var (
	ErrMonth     = errors.New("a month is written 2026-03, and two of them 2026-03..2026-05, the earlier first")
	ErrMonthOpen = errors.New("this month is not over yet: figures are of whole months")
	ErrMonthGone = errors.New("of this month some has gone already, for counts are kept so long and no longer: " +
		"begin with a later one")
)

// Months reads a month, or a range of them. Each must be over at now, and must have all that is kept
// of it still.
func Months(s string, k Keep, now time.Time) (all []time.Time, err error) {
	first, last, two := strings.Cut(s, "..")
	if !two {
		last = first
	}
	var from, to time.Time
	if from, err = time.Parse("2006-01", first); err != nil {
		return nil, fmt.Errorf("%q: %w", s, ErrMonth)
	}
	if to, err = time.Parse("2006-01", last); err != nil || to.Before(from) {
		return nil, fmt.Errorf("%q: %w", s, ErrMonth)
	}
	if to.AddDate(0, 1, 0).After(now) {
		return nil, fmt.Errorf("%s: %w", last, ErrMonthOpen)
	}
	if from.Before(now.Add(-k.Counts)) {
		return nil, fmt.Errorf("%s: %w", first, ErrMonthGone)
	}
	for m := from; !m.After(to); m = m.AddDate(0, 1, 0) {
		all = append(all, m)
	}
	return all, nil
}

// NewAggregate counts nothing yet.
func NewAggregate(month time.Time) *Aggregate {
	return &Aggregate{month: month, groups: map[string]*group{}, tallies: []*tally{
		{name: "came about", of: cameAbout},
		{name: "decided", of: func(r nudges.Request, _ []nudges.Transition) string { return decidedOn(r) }},
		{name: "against the first wish", of: againstFirst},
		{name: "outcome", of: func(r nudges.Request,
			_ []nudges.Transition,
		) string {
			return string(r.Debrief.Outcome())
		}, reps: true},
		{name: "another route worked", of: anotherRoute, reps: true},
	}}
}

// Count adds a request with its history, if it became done in the month.
func (a *Aggregate) Count(r nudges.Request, h []nudges.Transition) {
	at, ok := r.DoneSince()
	if at = at.UTC(); !ok || r.IsPlanned() || at.Before(a.month) || !at.Before(a.month.AddDate(0, 1, 0)) || r.Blank() &&
		r.Way != nudges.ByDebrief {
		return
	}
	call := counted{manager: r.Manager, rep: r.Rep}
	g := &group{}
	key := make([]byte, len(a.tallies))
	for i, t := range a.tallies {
		value := t.of(r, h)
		call.values = append(call.values, value)
		if value != "" {
			key[i], g.ofReps = 1, g.ofReps || t.reps
		}
	}
	if had := a.groups[string(key)]; had != nil {
		g = had
	}
	a.groups[string(key)] = g
	g.calls = append(g.calls, call)
	g.people.add(r.Manager, r.Rep)
}

// Figures are those with enough people behind them, and trust if ok. Calls that count in some tallies and
// not in others, and behind which there are too few, are left out of all: their number could be told from
// two sums.
func (a *Aggregate) Figures(trust TrustFigure, ok bool) (all []Figure) {
	month := a.month.Format("2006-01")
	for i, t := range a.tallies {
		t.cells = map[string]*cell{}
		for _, g := range a.groups {
			if len(a.groups) > 1 && !g.people.enough(g.ofReps) {
				continue
			}
			for _, c := range g.calls {
				if v := c.values[i]; v != "" {
					if t.cells[v] == nil {
						t.cells[v] = &cell{}
					}
					t.cells[v].add(c.manager, c.rep)
				}
			}
		}
		for _, v := range t.shown() {
			all = append(all, Figure{month, t.name, v, float64(t.cells[v].n)})
		}
	}
	if ok {
		all = append(all, Figure{month, "reps felt trusted", "", float64(int(trust.Mean*10+0.5)) / 10})
	}
	return all
}

// shown are the values of a tally that may be told. What one leaves out could be told from the sum of
// another that counts the same calls: it must have enough people behind it, too, and more is left out
// until it has.
func (t *tally) shown() []string {
	var out []string
	hidden := &cell{managers: map[nudges.UserID]bool{}, reps: map[nudges.UserID]bool{}}
	hide := func(c *cell) {
		hidden.n += c.n
		for u := range c.managers {
			hidden.managers[u] = true
		}
		for u := range c.reps {
			hidden.reps[u] = true
		}
	}
	for v, c := range t.cells {
		if c.enough(t.reps) {
			out = append(out, v)
		} else {
			hide(c)
		}
	}
	slices.SortFunc(out, func(x, y string) int { // the largest first, and by name
		if d := t.cells[y].n - t.cells[x].n; d != 0 {
			return d
		}
		return strings.Compare(x, y)
	})
	for hidden.n > 0 && !hidden.enough(t.reps) && len(out) > 0 {
		hide(t.cells[out[len(out)-1]])
		out = out[:len(out)-1]
	}
	slices.Sort(out)
	return out
}

func cameAbout(r nudges.Request, _ []nudges.Transition) string {
	if r.Way == nudges.ByAsk {
		return "pull"
	}
	if r.Way == nudges.ByDebrief {
		return ""
	}
	return "push"
}

func decidedOn(r nudges.Request) string {
	if r.Way == nudges.ByDebrief {
		return ""
	}
	return string(r.Decision)
}

// againstFirst compares the rung that was decided last with the one that was decided first.
func againstFirst(r nudges.Request, h []nudges.Transition) string {
	last, ok := r.Decision.Rung()
	if !ok {
		return ""
	}
	for _, tr := range h {
		first, ok := tr.To.Decision.Rung()
		switch {
		case !ok:
			continue
		case last.Height() < first.Height():
			return "smaller"
		case last.Height() > first.Height():
			return "larger"
		}
		return "same"
	}
	return ""
}

func anotherRoute(r nudges.Request, _ []nudges.Transition) string {
	if a := r.Debrief.Manager.Route; a != "" {
		return string(a)
	}
	return string(r.Debrief.Rep.Route)
}

// A TrustFigure says how far reps felt trusted: a figure on reps exists only where five or more of
// them stand behind it.
type TrustFigure struct {
	Reps    int     // distinct ones
	Answers int     // of theirs
	Mean    float64 // of what they said, from 1 to 5
}

// TrustReps is how many distinct reps a TrustFigure needs.
const TrustReps = 5
