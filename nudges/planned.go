package nudges

import (
	"slices"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

type (
	// JoinAsPlanned says that the two planned the call together, and the role of the manager there. It is neither gated
	// nor counted. That the manager leads is told to the rep, who can say that this is wrong.
	JoinAsPlanned struct {
		By     UserID
		Rung   ladder.Rung
		Seen   int
		Bond   BondState
		Policy Policy // for a lead that the rep does not hear of before the call
	}
	// CorrectPlan is what the rep says to that.
	CorrectPlan struct {
		By    UserID
		Right bool
	}
	// FromHere says that the rep can take it from here, on a call that the manager has joined. It changes no decision.
	FromHere struct{ By UserID }
)

// IsPlanned says whether the two planned the manager's role together, and the rep has not said otherwise.
func (r Request) IsPlanned() bool { return r.Planned != NoClaim && r.Planned != ClaimWrong }

// KnownToRun says whether the call runs and the rep knows that the manager is on it: they were told, or see it. What
// was decided before the call is no sign of that, for a manager who told nobody may stay away. Of somebody who is not
// their manager they learn nothing.
func (r Request) KnownToRun() bool {
	return r.Phase == During && r.joins() && !r.Word.Refused && (r.Present || ladder.Rung(r.Heard).Joins())
}

// repKinds are messages to the rep that say what the manager does on the call.
var repKinds = []string{KindWord, KindClaim, KindPulled, KindPlanned}

func (a JoinAsPlanned) do(s *step) error {
	if err := s.allowed("as-planned", a.By); err != nil {
		return err
	}
	lead := a.Rung == ladder.TakeOver
	switch {
	case !a.Rung.Joins():
		return ErrUnknown
	case s.r.DecidedSeq > a.Seen:
		return ErrStale
	case lead && s.r.Phase != Before:
		return ErrTooLate
	case lead && (s.r.Grant.Asked > 0 || s.r.Grant.State == Expired): // it is no way around an agreement
		return ErrNotNow
	case lead && (a.Bond == NotMyBoss || s.r.Rep == ""): // nobody could say that it is wrong
		return ErrUnmet
	case lead && s.r.Shows(KindUnplanned):
		return ErrNoPlan
	case s.r.IsPlanned() && s.r.Decision == Decided(a.Rung):
		return nil
	}
	s.r.Planned = ClaimUntold
	s.settle(a.By, a.Rung, "as-planned", Around{Bond: a.Bond, Policy: a.Policy}, "")
	if lead {
		s.tellPlan(a.Bond)
	} else {
		s.inform(a.Bond)
	}
	return nil
}

// tellPlan tells the rep that the manager is said to lead as planned.
func (s *step) tellPlan(bond BondState) {
	if s.r.Planned = ClaimTold; bond == Met {
		s.heard(s.r.Decision)
		s.tellOther(KindPlanned, s.r.Rep, While{})
		return
	}
	s.r.Planned = ClaimWaits
	s.meet(bond)
}

// unplan ends the plan. A call that is not over is undecided then, so a take-over takes the usual way, and is news to a
// rep who was told of the plan; one that is over counts like any other.
func (s *step) unplan(by UserID, is ClaimState, why string) {
	s.r.Planned = is
	if s.r.Open() {
		s.r.Decision, s.r.Grant = Undecided, Grant{State: NoGrant}
		s.r.put(verdict.Q6, "")
		if s.r.Heard == Decided(ladder.TakeOver) {
			s.r.Heard = Undecided
			s.refresh(KindWord, KindClaim, KindPulled)
		}
	} else {
		s.rememberTook()
	}
	s.moved(by, why)
	s.refresh(append(slices.Clone(grantKinds), KindPlanned)...)
}

func (a CorrectPlan) do(s *step) error {
	if err := s.allowed("correct-plan", a.By); err != nil {
		return err
	}
	is := ClaimWrong
	if a.Right {
		is = ClaimRight
	}
	switch was := s.r.Planned; {
	case was == is:
	case was != ClaimTold && was != ClaimRight:
		return ErrNotNow
	case a.Right:
		s.r.Planned = is
		s.moved(a.By, "plan-right")
		s.refresh(KindPlanned)
	default:
		s.unplan(a.By, is, "plan-wrong")
		s.tellOther(KindUnplanned, s.r.Manager, While{})
	}
	return nil
}

// begins ends what the start of the call has overtaken: a note that waits, and a plan that the rep has not heard of.
// Without the plan the lead needs a yes; where the manager's own word is enough, it stands and counts.
func (s *step) begins() {
	if s.r.Phase != During {
		return
	}
	if s.r.Note == NoteWaits {
		s.missNote()
	}
	if s.r.Planned != ClaimWaits {
		return
	}
	if s.r.Policy == ByOthers && s.r.Way != ByAsk {
		s.unplan("", NoClaim, "plan-unmet")
	} else {
		s.r.Planned = NoClaim
		s.moved("", "plan-unmet")
	}
	s.tell(KindUnplanned, s.r.Manager, While{Phase: []Phase{During}})
}

func (a FromHere) do(s *step) error {
	if err := s.allowed("from-here", a.By); err != nil {
		return err
	}
	if s.r.Shows(KindFromHere) {
		return nil
	}
	s.moved(a.By, "from-here")
	s.refresh(repKinds...)
	s.tellOther(KindFromHere, s.r.Manager, While{Phase: []Phase{During}})
	return nil
}
