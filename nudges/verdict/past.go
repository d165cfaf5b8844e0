package verdict

import (
	"slices"
	"time"
)

// Past is what the ledger remembers of a rep and a deal or skill, for one manager.
type Past struct {
	Took    time.Time // when the manager last took such a call over; zero if never
	Coached []Coached // what was coached since, oldest first
	Learn   string    // what the manager said is to be learned from the deal; private text of the two
}

// Coached is one finished coaching.
type Coached struct {
	Skill string
	At    time.Time
}

// Merge is what two memories tell together, such as of the deal and of the skill.
func (p Past) Merge(q Past) Past {
	if q.Took.After(p.Took) {
		p.Took = q.Took
	}
	if p.Learn == "" {
		p.Learn = q.Learn
	}
	all := append(slices.Clone(p.Coached), q.Coached...)
	p.Coached = nil
	slices.SortStableFunc(all, func(a, b Coached) int { return a.At.Compare(b.At) })
	for _, c := range all {
		if !c.At.Before(p.Took) && !slices.Contains(p.Coached, c) {
			p.Coached = append(p.Coached, c)
		}
	}
	return p
}
