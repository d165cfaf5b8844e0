package nudges

import (
	"fmt"
	"slices"
	"time"

	"stepin/nudges/verdict"
)

// An Outcome is a request after an action, and what must now be said.
type Outcome struct {
	Request     Request
	Transitions []Transition
	Messages    []Message
	Ledger      []LedgerEntry // what is to be remembered beyond the request
	Bond        BondState     // what the rep and the manager are to each other now; Unmet for no change
}

// Concerned returns the people whose Home may change with this outcome.
func (o Outcome) Concerned() []UserID {
	out := []UserID{o.Request.Manager}
	for _, m := range o.Messages {
		if !slices.Contains(out, m.To) {
			out = append(out, m.To)
		}
	}
	return out
}

// A MoreError names the questions that come before a rung; it is an ErrMore.
type MoreError struct{ Missing []verdict.QuestionID }

func (e *MoreError) Error() string { return fmt.Sprintf("%v: %v", ErrMore, e.Missing) }
func (e *MoreError) Unwrap() error { return ErrMore }

// Begin is a new request at now. The first transition is its beginning.
func Begin(id RequestID, way Way, manager, rep UserID, deal string, starts time.Time, length time.Duration,
	now time.Time,
) Outcome {
	r := Request{
		ID: id, Manager: manager, Way: way, Policy: Self, Rep: rep, Deal: deal,
		Starts: starts, Ends: starts.Add(length), Decision: Undecided, Phase: Before,
		Grant: Grant{State: NoGrant}, Begun: now,
	}
	if !starts.After(now) {
		r.Phase = During
	}
	r.Seq = 1
	return Outcome{
		Request:     r,
		Transitions: []Transition{{Seq: 1, By: manager, At: now, To: r.Situation(), Why: "begin"}},
	}
}

// Next returns r after a happens at now, and the messages that must then go out. It is the only
// place where a situation changes. On error it returns r unchanged and no messages.
func Next(r Request, a Action, now time.Time) (Outcome, error) {
	was := r
	o := &step{r: r.Clone(), now: now, was: r.Situation()}
	// A deadline is judged at the click, whether or not a tick has run.
	o.tick()
	if err := a.do(o); err != nil {
		return Outcome{Request: was}, fmt.Errorf("%T: %w", a, err)
	}
	return o.done(), nil
}

// A step is one action at work: it collects what the action does.
type step struct {
	r       Request
	now     time.Time
	was     Situation // what the next transition starts from
	stale   bool      // the card must be rewritten
	again   []string  // kinds of Others that must be rewritten
	changes []Transition
	says    []Message
	learned []LedgerEntry
	bond    BondState
}

func (s *step) done() Outcome {
	if s.r.Phase == Done && s.r.DoneAt.IsZero() {
		s.r.DoneAt = s.now
	}
	first := s.says // those are drawn as things stand when they are sent
	fresh := func(key string) bool { return slices.ContainsFunc(first, func(m Message) bool { return m.Key == key }) }
	if s.stale && !fresh(s.r.Card) {
		s.rewrite(Sent{s.r.Card, KindEdit, s.r.Manager})
	}
	for _, o := range s.r.Others {
		if slices.Contains(s.again, o.Kind) && !fresh(o.Key) {
			s.rewrite(o)
		}
	}
	return Outcome{Request: s.r, Transitions: s.changes, Messages: s.says, Ledger: s.learned, Bond: s.bond}
}

// rewrite asks for a message to be drawn again in place. A plan changes the card without a
// transition, so rewritings are counted apart.
func (s *step) rewrite(o Sent) {
	s.r.Edits++
	s.says = append(s.says, Message{
		Key:  Key(s.r.ID, s.r.Seq, o.To, fmt.Sprintf("%s-%d", KindEdit, s.r.Edits)),
		Kind: o.Kind, To: o.To, Request: s.r.ID, Edits: o.Key, Due: s.now,
	})
}

// refresh notes that messages of these kinds no longer say what is true.
func (s *step) refresh(kinds ...string) { s.again = append(s.again, kinds...) }

// do has nothing left to do: Next applies what is overdue before every action.
func (Tick) do(*step) error { return nil }

// tick applies what the clock has made overdue, in order.
func (s *step) tick() {
	for {
		at, ok := s.r.nextOwn()
		if !ok || at.After(s.now) {
			return
		}
		switch {
		case s.r.Grant.State == Asked && s.r.Grant.asking().Equal(at):
			s.awaited(at)
		case s.r.Grant.State == Given && s.r.Grant.Until.Equal(at):
			s.r.Grant.State = Expired
			s.movedAt("", "grant-ends", at)
			s.refresh(grantKinds...)
		case s.r.Debrief.StandsAt.Equal(at):
			s.r.Debrief.StandsAt = time.Time{}
			s.refresh(KindRoot)
		case s.r.Debrief.Closing != "" && s.r.Debrief.RepHas.Equal(at):
			s.endDebrief(s.r.Manager, s.r.Debrief.Closing)
		case s.r.Phase == Before:
			s.r.Phase = During
			s.movedAt("", "start", at)
			s.refresh(append(slices.Clone(repKinds), KindReply, KindSettled)...)
			s.begins()
			if s.r.owes() { // a late word, answered in place
				s.heard(s.r.certain())
			}
		case s.r.Phase == During && s.r.Decision == Undecided:
			s.r.Phase = Done
			s.movedAt("", "lapse", at)
			s.refresh(KindPulled, KindClaim)
			s.erase()
		case s.r.Phase == During:
			s.r.Phase = After
			s.rememberTook()
			s.movedAt("", "end", at)
			s.refresh(append(slices.Clone(repKinds), KindSettled, KindReply, KindFromHere)...)
		case s.r.Phase == Debrief && at.Before(s.r.closesAt()):
			s.remindOf(at)
		default:
			if s.r.Phase == Debrief {
				s.r.Debrief.End = EndLapse
				if s.r.Debrief.State == DebriefMoved {
					s.r.Debrief.State, s.r.Debrief.End = s.r.Debrief.held(), EndAway
				}
			}
			s.r.Phase = Done
			s.movedAt("", "close", at)
			s.refresh(KindClaim, KindPlanned)
			s.refresh(debriefKinds...)
			s.erase()
		}
	}
}

func (s *step) moved(by UserID, why string) { s.movedAt(by, why, s.now) }

// movedAt records a transition and shows it: the first decision makes a card, and
// later ones rewrite it in place.
func (s *step) movedAt(by UserID, why string, at time.Time) {
	s.r.Seq++
	to := s.r.Situation()
	s.changes = append(s.changes, Transition{Seq: s.r.Seq, By: by, At: at, From: s.was, To: to, Why: why})
	s.was = to
	s.shown()
	if s.r.Card == "" && s.r.Decision != Undecided && s.r.Phase != Done {
		s.r.Card = s.say(KindCard, While{})
	}
}

// shown notes that the card no longer says what is true.
func (s *step) shown() { s.stale = s.r.Card != "" }

// say asks for a message to the manager, and gives its key. What the manager is told of a
// grant, and of what the rep did not ask for, or whose rep they are, is kept right in place.
func (s *step) say(kind string, while While) string {
	if kind == KindSettled || kind == KindCorrected || kind == KindUnmet {
		return s.tellOther(kind, s.r.Manager, while)
	}
	return s.tell(kind, s.r.Manager, while)
}

// tell asks for a message to somebody, and gives its key.
func (s *step) tell(kind string, to UserID, while While) string {
	m := Message{Key: Key(s.r.ID, s.r.Seq, to, kind), Kind: kind, To: to, Request: s.r.ID, While: while, Due: s.now}
	s.says = append(s.says, m)
	return m.Key
}

// tellOther is tell, for what will be rewritten when it is no longer true.
func (s *step) tellOther(kind string, to UserID, while While) string {
	key := s.tell(kind, to, while)
	s.r.Others = append(s.r.Others, Sent{key, kind, to})
	return key
}
