package nudges

import (
	"fmt"
	"slices"
	"time"
)

// An Action is something that a person or the clock does to a request.
type Action interface{ isAction() }

type (
	// Answer is one tap on an option; a tap on the same option changes nothing.
	Answer struct {
		By       UserID
		Question QuestionID
		Option   OptionID // "" takes the answer back
	}
	// Write is the manager's own plan, typed.
	Write struct {
		By   UserID
		Plan string
	}
	// Describe says which call it is.
	Describe struct {
		By     UserID
		Rep    UserID
		Deal   string
		Starts time.Time
		Length time.Duration
	}
	// Decide settles on a rung, from a screen that showed the request after Seen
	// transitions. Two screens cannot both decide.
	Decide struct {
		By   UserID
		Rung Rung
		Seen int
		// AskFirst marks "Ask the rep first": a coaching that starts with the rep's word.
		AskFirst bool
	}
	// DecideNow settles on the step chosen on a call that runs; it never waits.
	DecideNow struct {
		By      UserID
		Answers Answers // of NowAsks
		Seen    int
	}
	// Withdraw takes the request back; Planned marks a joint call, which is nobody's business.
	Withdraw struct {
		By      UserID
		Planned bool
	}
	// Approve, Decline, Return and BreakGlass are about the grant.
	Approve struct{ By UserID }
	Decline struct{ By UserID }
	Return  struct{ By UserID }
	// BreakGlass takes over without waiting for anybody.
	BreakGlass struct{ By UserID }
	// Tick is the clock's: whatever is overdue at now happens.
	Tick struct{}
)

func (Answer) isAction()     {}
func (Write) isAction()      {}
func (Describe) isAction()   {}
func (Decide) isAction()     {}
func (DecideNow) isAction()  {}
func (Withdraw) isAction()   {}
func (Approve) isAction()    {}
func (Decline) isAction()    {}
func (Return) isAction()     {}
func (BreakGlass) isAction() {}
func (Tick) isAction()       {}

// Kinds of messages that Next can ask for.
const (
	KindCard = "card" // the request as its manager sees it, with what can be done
	KindEdit = "edit" // the card, rewritten in place to what is true now
	KindNote = "note" // words to copy and send oneself, alone in a message
)

// MaxLength is the longest call, a guard against a slip of the finger.
const MaxLength = 8 * time.Hour

// An Outcome is what has become of a request, and what must now be said.
type Outcome struct {
	Request     Request
	Transitions []Transition
	Messages    []Message
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

// may is the table: which action can happen in which situation. The manager's own
// actions and the approver's differ only in who may do them; see guard.
var may = map[string]struct {
	decisions []Decision
	phases    []Phase
	grants    []GrantState
	since     map[Phase]error // the reason outside of phases
}{
	"answer": {decisions: decidable, phases: []Phase{Before, During}, grants: anyGrant},
	// the close: a plan and a motive belong to a decision, until the call is done with
	"close":       {decisions: rungs, phases: []Phase{Before, During, After, Debrief}, grants: anyGrant},
	"describe":    {decisions: decidable, phases: []Phase{Before, During}, grants: anyGrant},
	"decide":      {decisions: decidable, phases: []Phase{Before, During}, grants: anyGrant},
	"withdraw":    {decisions: decidable, phases: []Phase{Before, During}, grants: anyGrant},
	"approve":     {decisions: []Decision{Decided(TakeOver)}, phases: []Phase{Before, During}, grants: []GrantState{Asked}},
	"decline":     {decisions: []Decision{Decided(TakeOver)}, phases: []Phase{Before, During}, grants: []GrantState{Asked}},
	"return":      {decisions: []Decision{Decided(TakeOver)}, phases: []Phase{Before, During, After}, grants: []GrantState{Given}},
	"break-glass": {decisions: []Decision{Decided(TakeOver)}, phases: []Phase{Before, During}, grants: []GrantState{Asked, Declined, Expired}},
}

var (
	rungs     = []Decision{Decided(HoldBack), Decided(Coach), Decided(Listen), Decided(CoPilot), Decided(TakeOver)}
	decidable = append([]Decision{Undecided}, rungs...)
	anyGrant  = []GrantState{NoGrant, Asked, Given, Returned, Declined, Expired}
)

// Next is r after a happens at now, with what must then be said. It is the only
// place where a situation changes. On error r is returned unchanged, and nothing
// is said.
func Next(r Request, a Action, now time.Time) (Outcome, error) {
	was := r
	o := &step{r: r.clone(), now: now, was: r.Situation()}
	if t, ok := a.(Tick); ok {
		o.tick(t)
		return o.done()
	}
	// What is overdue happens first, whether or not a tick has run: a deadline is
	// judged at the click.
	o.tick(Tick{})
	if err := o.act(a); err != nil {
		return Outcome{Request: was}, fmt.Errorf("%T: %w", a, err)
	}
	return o.done()
}

// step collects what one action does.
type step struct {
	r       Request
	now     time.Time
	was     Situation // what the next transition starts from
	stale   bool      // the card must be rewritten
	changes []Transition
	says    []Message
}

func (s *step) done() (Outcome, error) {
	if s.stale {
		// A plan changes the card without a transition, so rewritings are counted apart.
		s.r.Edits++
		s.says = append(s.says, Message{
			Key:  Key(s.r.ID, s.r.Seq, s.r.Manager, fmt.Sprintf("%s-%d", KindEdit, s.r.Edits)),
			Kind: KindEdit, To: s.r.Manager, Request: s.r.ID, Edits: s.r.Card, Due: s.now,
		})
	}
	return Outcome{Request: s.r, Transitions: s.changes, Messages: s.says}, nil
}

func (s *step) act(a Action) error {
	switch a := a.(type) {
	case Answer:
		return s.answer(a)
	case Write:
		if err := s.guard("close", a.By); err != nil {
			return err
		}
		s.r.Plan = a.Plan
		s.r.put(QPlan, OwnPlan)
		s.shown()
		return nil
	case Describe:
		return s.describe(a)
	case Decide:
		return s.decide(a)
	case DecideNow:
		return s.decideNow(a)
	case Withdraw:
		if err := s.guard("withdraw", a.By); err != nil {
			return err
		}
		s.r.Decision, s.r.DecidedAt = Withdrawn, s.now
		s.r.Phase = Done
		s.r.Grant = Grant{State: NoGrant}
		why := "withdraw"
		if a.Planned {
			why = "planned"
		}
		s.moved(a.By, why)
		return nil
	case Approve:
		if err := s.guard("approve", a.By); err != nil {
			return err
		}
		s.r.Grant = Grant{State: Given, Until: s.r.Ends.Add(GrantTail), By: a.By}
		s.moved(a.By, "approve")
		return nil
	case Decline:
		if err := s.guard("decline", a.By); err != nil {
			return err
		}
		s.r.Grant = Grant{State: Declined, By: a.By}
		s.moved(a.By, "decline")
		return nil
	case Return:
		if err := s.guard("return", a.By); err != nil {
			return err
		}
		s.r.Grant = Grant{State: Returned, By: a.By}
		s.moved(a.By, "return")
		return nil
	case BreakGlass:
		if err := s.guard("break-glass", a.By); err != nil {
			return err
		}
		s.r.Grant = Grant{State: Given, Until: s.r.Ends.Add(GrantTail), BreakGlass: true}
		s.moved(a.By, "break-glass")
		return nil
	}
	panic(fmt.Sprintf("nudges: unhandled action %T", a))
}

// guard says whether the table has a row for the action here, and whether it is by
// the one who may.
func (s *step) guard(action string, by UserID) error {
	switch action {
	case "approve", "decline":
		if by == s.r.Manager || !slices.Contains(s.r.Approvers, by) {
			return ErrNotYours
		}
	default:
		if by != s.r.Manager {
			return ErrNotYours
		}
	}
	row := may[action]
	switch {
	case s.r.Decision == Withdrawn:
		return ErrClosed
	case !slices.Contains(row.phases, s.r.Phase):
		if s.r.Phase == Done {
			return ErrClosed
		}
		return ErrOver
	case !slices.Contains(row.grants, s.r.Grant.State) && s.r.Grant.State == Expired:
		return ErrTooLate
	case !slices.Contains(row.decisions, s.r.Decision), !slices.Contains(row.grants, s.r.Grant.State):
		return ErrNotNow
	}
	return nil
}

func (s *step) answer(a Answer) error {
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

func (s *step) describe(a Describe) error {
	if err := s.guard("describe", a.By); err != nil {
		return err
	}
	same := a.Rep == s.r.Rep && a.Deal == s.r.Deal && a.Starts.Equal(s.r.Starts) && a.Starts.Add(a.Length).Equal(s.r.Ends)
	if same {
		return nil
	}
	if s.r.Decision != Undecided && s.r.Phase != Before {
		return ErrStarted
	}
	if a.Length <= 0 || a.Length > MaxLength || !a.Starts.Add(a.Length).After(s.now) {
		return ErrPast
	}
	s.r.Rep, s.r.Deal, s.r.Starts, s.r.Ends = a.Rep, a.Deal, a.Starts, a.Starts.Add(a.Length)
	s.r.Phase = Before
	if !s.r.Starts.After(s.now) {
		s.r.Phase = During
	}
	if s.r.Grant.State == Given {
		s.r.Grant.Until = s.r.Ends.Add(GrantTail)
	}
	if s.r.Grant.State == Asked {
		s.r.Grant.Until = s.r.Starts
	}
	s.moved(a.By, "describe")
	return nil
}

func (s *step) decide(a Decide) error {
	if err := s.guard("decide", a.By); err != nil {
		return err
	}
	if a.Rung.Height() < 0 {
		return ErrUnknown
	}
	if s.r.DecidedSeq > a.Seen { // the clock's transitions decide nothing, and make no screen stale
		return ErrStale
	}
	if missing := Missing(s.r.Answers, a.Rung); len(missing) > 0 {
		return &MoreError{missing}
	}
	if Decided(a.Rung) == s.r.Decision {
		return nil // changed nothing: the same rung once more
	}
	s.settle(a.By, a.Rung, "decide", false)
	if a.AskFirst && s.r.Phase == Before {
		s.say(KindNote, While{Phase: []Phase{Before}})
	}
	return nil
}

func (s *step) decideNow(a DecideNow) error {
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
	for _, q := range NowAsks {
		s.r.put(q, a.Answers[q])
	}
	if Decided(rung) == s.r.Decision {
		return nil
	}
	s.settle(a.By, rung, "decide-now", true)
	return nil
}

// settle takes the rung, and the grant that goes with it.
func (s *step) settle(by UserID, rung Rung, why string, now bool) {
	s.r.Decision, s.r.DecidedAt = Decided(rung), s.now
	switch {
	case rung != TakeOver:
		s.r.Grant = Grant{State: NoGrant}
	case s.r.Policy == ByOthers && !now:
		s.r.Grant = Grant{State: Asked, Until: s.r.Starts}
		if !s.r.Starts.After(s.now) {
			s.r.Grant.Until = s.r.Ends
		}
	default:
		s.r.Grant = Grant{State: Given, Until: s.r.Ends.Add(GrantTail), BreakGlass: s.r.Policy == ByOthers}
	}
	s.moved(by, why)
	s.r.DecidedSeq = s.r.Seq
}

// tick applies what the clock has made overdue, in order.
func (s *step) tick(Tick) {
	for {
		at, ok := s.r.NextTick()
		if !ok || at.After(s.now) {
			return
		}
		switch {
		case (s.r.Grant.State == Asked || s.r.Grant.State == Given) && s.r.Grant.Until.Equal(at):
			s.r.Grant = Grant{State: Expired}
			s.movedAt("", "grant-ends", at)
		case s.r.Phase == Before:
			s.r.Phase = During
			s.movedAt("", "start", at)
		case s.r.Phase == During && s.r.Decision == Undecided:
			s.r.Phase = Done
			s.movedAt("", "lapse", at)
		case s.r.Phase == During:
			s.r.Phase = After
			s.movedAt("", "end", at)
		default:
			s.r.Phase = Done
			s.movedAt("", "close", at)
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

// say asks for a message to the manager, and gives its key.
func (s *step) say(kind string, while While) string {
	m := Message{
		Key: Key(s.r.ID, s.r.Seq, s.r.Manager, kind), Kind: kind, To: s.r.Manager,
		Request: s.r.ID, While: while, Due: s.now,
	}
	s.says = append(s.says, m)
	return m.Key
}
