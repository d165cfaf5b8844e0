package nudges

import (
	"fmt"
	"slices"
	"time"
)

// An Outcome is what has become of a request, and what must now be said.
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
type MoreError struct{ Missing []QuestionID }

func (e *MoreError) Error() string { return fmt.Sprintf("%v: %v", ErrMore, e.Missing) }
func (e *MoreError) Unwrap() error { return ErrMore }

// Begin is a new request at now. The first transition is its beginning.
func Begin(id RequestID, way Way, manager, rep UserID, deal string, starts time.Time, length time.Duration, now time.Time) Outcome {
	r := Request{
		ID: id, Manager: manager, Way: way, Policy: Self, Rep: rep, Deal: deal,
		Starts: starts, Ends: starts.Add(length), Decision: Undecided, Phase: Before,
		Grant: Grant{State: NoGrant}, Begun: now,
	}
	if !starts.After(now) {
		r.Phase = During
	}
	r.Seq = 1
	return Outcome{Request: r, Transitions: []Transition{{Seq: 1, By: manager, At: now, To: r.Situation(), Why: "begin"}}}
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
	first := len(s.says) // those are drawn as things stand when they are sent
	if s.stale {
		s.rewrite(Sent{s.r.Card, KindEdit, s.r.Manager})
	}
	for _, o := range s.r.Others {
		told := slices.ContainsFunc(s.says[:first], func(m Message) bool { return m.Key == o.Key })
		if slices.Contains(s.again, o.Kind) && !told {
			s.rewrite(o)
		}
	}
	return Outcome{Request: s.r, Transitions: s.changes, Messages: s.says, Ledger: s.learned, Bond: s.bond}
}

// rewrite asks for a message to be drawn anew in place. A plan changes the card without a
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

func (a Write) do(s *step) error {
	if err := s.guard("close", a.By); err != nil {
		return err
	}
	s.r.Plan = a.Plan
	s.r.put(QPlan, OwnPlan)
	s.shown()
	return nil
}

func (a Withdraw) do(s *step) error {
	if err := s.guard("withdraw", a.By); err != nil {
		return err
	}
	why := "withdraw"
	if a.Planned {
		why = "planned"
	}
	s.withdraw(a.By, why)
	return nil
}

func (a Answer) do(s *step) error {
	action := "answer"
	if a.Question == QPlan || a.Question == QMotive {
		action = "close"
	}
	if err := s.guard(action, a.By); err != nil {
		return err
	}
	if a.Option != "" && !Known(a.Question, a.Option) {
		return ErrUnknown
	}
	if action == "answer" && s.r.Decision != Undecided && s.r.Phase != Before {
		return ErrStarted
	}
	if s.r.Answers[a.Question] == a.Option {
		return nil
	}
	s.r.put(a.Question, a.Option)
	if a.Question == QPlan && a.Option != OwnPlan {
		s.r.Plan = ""
	}
	if a.Question == Q7 && a.Option == AskedMeIn && s.r.Claim == ClaimWrong {
		s.r.Claim = NoClaim // said again, so told again
	}
	if a.Question == Q7 && a.Option != AskedMeIn {
		s.r.put(QFor, "")
	}
	if action == "close" {
		s.shown()
	}
	return nil
}

// put changes one answer; a blank leaves no entry.
func (r *Request) put(q QuestionID, o OptionID) {
	if o == "" {
		delete(r.Answers, q)
		return
	}
	if r.Answers == nil {
		r.Answers = Answers{}
	}
	r.Answers[q] = o
}

func (a Describe) do(s *step) error {
	if err := s.guard("describe", a.By); err != nil {
		return err
	}
	same := a.Rep == s.r.Rep && a.Deal == s.r.Deal && a.Skill == s.r.Skill && a.Starts.Equal(s.r.Starts) && a.Starts.Add(a.Length).Equal(s.r.Ends)
	if same {
		return nil
	}
	if s.r.Decision != Undecided && s.r.Phase != Before {
		return ErrStarted
	}
	if a.Length <= 0 || a.Length > MaxLength || !a.Starts.Add(a.Length).After(s.now) {
		return ErrPast
	}
	another := a.Rep != s.r.Rep || NormalDeal(a.Deal) != NormalDeal(s.r.Deal)
	if a.Rep != s.r.Rep { // what was between the manager and another rep ends
		s.refresh(KindWord, KindClaim, KindPulled, KindReply)
		s.r.Grant.without(a.Rep) // whoever was asked about another's call is not asked about their own
		s.r.Word, s.r.Claim, s.r.Note, s.r.Coaching = Word{}, NoClaim, NoNote, Coaching{}
		if s.r.Way == ByAsk { // this rep has not asked
			s.r.Way = ByPause
			s.r.put(Q7, "")
			s.r.put(QFor, "")
		}
	}
	s.r.Rep, s.r.Deal, s.r.Starts, s.r.Ends = a.Rep, a.Deal, a.Starts, a.Starts.Add(a.Length)
	s.r.Skill, s.r.Past = a.Skill, a.Past
	s.r.Phase = Before
	if !s.r.Starts.After(s.now) {
		s.r.Phase = During
	}
	if s.r.Grant.State == Given {
		s.r.Grant.Until = s.r.Ends.Add(GrantTail)
	}
	g := s.r.Grant
	anew := another && s.r.Policy == ByOthers && (g.State == Asked || g.State == Declined || g.State == Given && !g.BreakGlass)
	if anew {
		s.askFor(g.Route, s.r.Starts, g.Reason) // what was said was said about another call
	}
	s.moved(a.By, "describe")
	s.refresh(append(slices.Clone(grantKinds), KindWord, KindPulled)...)
	switch {
	case anew && s.r.Phase == Before && len(s.r.Grant.Route) > 0:
		s.askNext()
	case anew:
		s.nobody() // who could answer in no time at all, or if the only one is the rep now?
	case g.State == Asked:
		s.moveAsked()
	}
	s.tick() // moved to a running call, it is overdue at once
	return nil
}

func (a Decide) do(s *step) error {
	if err := s.guard("decide", a.By); err != nil {
		return err
	}
	if a.Rung.Height() < 0 {
		return ErrUnknown
	}
	if s.r.DecidedSeq > a.Seen { // the clock's transitions decide nothing, and make no screen stale
		return ErrStale
	}
	missing := s.r.Missing(a.Rung)
	if a.Reason != "" || s.r.Grant.Reason != "" { // typed instead of tapped
		missing = slices.DeleteFunc(missing, func(q QuestionID) bool { return q == QWhyNot })
	}
	if len(missing) > 0 {
		return &MoreError{missing}
	}
	if Decided(a.Rung) != s.r.Decision || a.Rung == TakeOver && s.r.Grant.askable(s.r.Phase) { // else the same rung once more changes nothing
		s.settle(a.By, a.Rung, "decide", false, a.Around, a.Reason)
	} else if a.AskFirst {
		s.moved(a.By, "ask-first")
	}
	s.claim(a.Around.Bond) // the answers can say so only now
	if a.AskFirst {
		s.askWord(a.Around.Bond)
	}
	return nil
}

func (a DecideNow) do(s *step) error {
	if err := s.guard("decide", a.By); err != nil {
		return err
	}
	if s.r.DecidedSeq > a.Seen { // the clock's transitions decide nothing, and make no screen stale
		return ErrStale
	}
	var missing []QuestionID
	for _, q := range NowAsks {
		if o := a.Answers[q]; o == "" {
			missing = append(missing, q)
		} else if !Known(q, o) {
			return ErrUnknown
		}
	}
	if len(missing) > 0 {
		return &MoreError{missing}
	}
	rung, ok := StepRung(a.Answers[QStep])
	if !ok {
		return ErrUnknown
	}
	if s.r.Claim == ClaimWrong && a.Answers[QAskedIn] == ByRep && s.r.Answers[QAskedIn] != ByRep {
		s.r.Claim = NoClaim // said again, so told again
	}
	for _, q := range NowAsks {
		s.r.put(q, a.Answers[q])
	}
	if Decided(rung) == s.r.Decision && (rung != TakeOver || s.r.Grant.State == Given) {
		s.claim(a.Around.Bond)
		return nil
	}
	s.settle(a.By, rung, "decide-now", true, a.Around, "")
	return nil
}

// settle takes the rung, and the grant that goes with it.
func (s *step) settle(by UserID, rung Rung, why string, now bool, ar Around, reason string) {
	was := s.r.Grant
	s.r.Decision, s.r.DecidedAt = Decided(rung), s.now
	if ar.Policy != "" {
		s.r.Policy = ar.Policy
	}
	others := s.r.Policy == ByOthers && s.r.Way != ByAsk
	s.r.Grant = Grant{State: NoGrant, Route: was.Route, Asked: was.Asked}
	ask, glass := false, false
	switch {
	case rung != TakeOver:
	case !others:
		s.r.Grant = Grant{State: Given, Until: s.r.Ends.Add(GrantTail), At: s.now, EverGiven: true}
	case now || !s.r.Starts.After(s.now): // a call that runs waits for nobody
		glass = true
		s.glass(reason, ar.Route)
	default:
		ask = true
		s.askFor(ar.Route, s.r.Starts, reason)
	}
	s.moved(by, why)
	s.r.DecidedSeq = s.r.Seq
	s.refresh(append(slices.Clone(grantKinds), KindReply, KindPulled)...)
	switch {
	case ask && len(s.r.Grant.Route) == 0:
		s.nobody()
	case ask:
		s.askNext()
	case glass:
		s.tellGlass()
	}
	s.claim(ar.Bond)
	if s.r.Way == ByAsk {
		s.tell(KindAnswered, s.r.Rep, While{Phase: []Phase{Before, During}})
	}
}

// withdraw takes a request off the list.
func (s *step) withdraw(by UserID, why string) {
	s.r.Decision, s.r.DecidedAt = Withdrawn, s.now
	s.r.Phase = Done
	s.r.Grant = Grant{State: NoGrant, Route: s.r.Grant.Route, Asked: s.r.Grant.Asked}
	s.moved(by, why)
	s.refresh(append(slices.Clone(grantKinds), KindWord, KindReply, KindPulled, KindClaim)...)
	if s.r.Way == ByAsk && by == s.r.Manager { // the rep waits for a word
		s.tell(KindAnswered, s.r.Rep, While{})
	}
	s.erase()
}

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
		case s.r.Phase == Before:
			s.r.Phase = During
			s.movedAt("", "start", at)
			s.refresh(KindWord, KindReply)
		case s.r.Phase == During && s.r.Decision == Undecided:
			s.r.Phase = Done
			s.movedAt("", "lapse", at)
			s.refresh(KindPulled, KindClaim)
			s.erase()
		case s.r.Phase == During:
			s.r.Phase = After
			s.rememberTook()
			s.movedAt("", "end", at)
			s.refresh(KindSettled, KindReply, KindPulled)
		case s.r.Phase == Debrief && at.Before(s.r.closesAt()):
			s.remindOf(at)
		default:
			if s.r.Phase == Debrief {
				s.r.Debrief.End = EndLapse
				if s.r.Debrief.State == DebriefMoved {
					s.r.Debrief.State = s.r.Debrief.held()
				}
			}
			s.r.Phase = Done
			s.movedAt("", "close", at)
			s.refresh(KindClaim)
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
// grant, and of what the rep did not ask for, is kept right in place.
func (s *step) say(kind string, while While) string {
	if kind == KindSettled || kind == KindCorrected {
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
