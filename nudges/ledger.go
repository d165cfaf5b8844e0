package nudges

import (
	"strings"
	"time"
	"unicode"
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

// NormalDeal is the form in which two names of a deal are the same: letters and
// digits in lower case, runs of anything else as one space.
func NormalDeal(deal string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(deal), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " ")
}

// A LearningDeal is a deal from which a rep is to learn something, won or lost.
type LearningDeal struct {
	Manager, Rep UserID
	Deal, What   string    // people's words; a deal matches by NormalDeal
	At           time.Time // when it was marked; tells the marks of a manager apart
}

// MaxLearn is the longest text of what is to be learned, in characters.
const MaxLearn = 300

// About says whether a request is about that rep and deal.
func (l LearningDeal) About(r Request) bool {
	return r.Manager == l.Manager && r.Rep == l.Rep && NormalDeal(r.Deal) == NormalDeal(l.Deal)
}

// Learn notes on a request what is to be learned from its deal; "" for nothing any more. The
// verdict holds to it, and the debrief opens with it.
type Learn struct {
	By   UserID
	What string
}

func (a Learn) do(s *step) error {
	if err := s.allowed("learn", a.By); err != nil {
		return err
	}
	if s.r.Past.Learn == a.What {
		return nil
	}
	s.r.Past.Learn = a.What
	s.refresh(KindRoot, KindRootDM, KindHow)
	return nil
}
