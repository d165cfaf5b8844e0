package nudges

import (
	"slices"
	"time"
)

// A BondState says whether a rep has said that somebody is their manager.
type BondState string

// The states of a bond.
const (
	Unmet     BondState = ""          // never asked
	Meeting   BondState = "asked"     // asked, no answer yet
	Met       BondState = "confirmed" // the rep said yes
	NotMyBoss BondState = "refused"   // the rep said no
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

// A LedgerEntry is one thing to be remembered of a rep: that a call was taken over, or
// what was coached. It goes under the deal, and under the skill if there is one.
type LedgerEntry struct {
	Manager, Rep UserID
	Deal, Skill  string
	Took         bool // else coached
	At           time.Time
	// Not, with Took, takes back what was noted of that moment: the call was not held.
	Not time.Time
}
