package nudges

import "time"

// A LearningDeal is a deal from which a rep is to learn something, won or lost.
type LearningDeal struct {
	Manager, Rep UserID
	Deal, What   string    // people's words; a deal matches by NormalDeal
	At           time.Time // when it was marked; tells the marks of a manager apart
}

// MaxLearn is the longest text of what is to be learned, in characters (EXACT, "Escaping").
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
	if err := s.guard("learn", a.By); err != nil {
		return err
	}
	if s.r.Past.Learn == a.What {
		return nil
	}
	s.r.Past.Learn = a.What
	s.refresh(KindRoot, KindRootDM, KindHow)
	return nil
}
