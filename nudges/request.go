// Package nudges is stepin's domain: what a manager's pause before a rep's call is, what may happen to it,
// and which messages follow.
//
// It is pure: it is given the time and returns the new request with the messages to send. It promises that Next is
// the only place where a situation changes, and that equal input gives equal output. It must not read a clock or a
// file, and it knows neither Slack nor the database.
//
//	Request, Action, now ─▶ Next: tick, what is overdue ─▶ the action's do: allowed, may it happen here ─▶ Outcome
//
// A deadline is judged when somebody acts. Next first applies what is overdue at now (tick in next.go), then the
// action. So a late Approve is refused, whether or not the clock has ticked before it. An approver's deadline is
// Grant.Until, and awaited in approval.go does what is due on the way: a reminder, the next approver, the end.
//
// may.go is the table of which action may happen in which situation; allowed, below it, says by whom, and answers what
// comes after a deadline with ErrTooLate. An action without a row checks this in its own do. The clock is what
// bot/answer reads when the transaction begins: a tap that waits for a look-up at Slack is judged after it.
//
// What stepin would do is judged from the answers in package verdict. Missing is what a higher rung costs.
//
// The files, in the order of the data:
//
//	request.go, date.go                what a request is, and when the clock next changes it; dates, times of day
//	ledger.go                          what is remembered of a rep and a deal; whether they know their manager
//	action.go, word.go, debrief.go     what can be done: in the pause, between manager and rep, after the call
//	next.go, may.go                    Next, and the table
//	decide.go                          does the manager's decisions, and finds the call that they are on
//	approval.go                        does an approver's, with their deadline
//	word_act.go                        does what is between manager and rep
//	heard.go                           what the rep asked for, and what they hear of what is decided
//	planned.go                         does what the two planned, and hands a call back at the rep's word
//	note.go                            does the manager's own sentence to the rep
//	debrief_act.go, debrief_later.go   do the debrief: open, log, close; moved calls, lost messages, reminders
//	debrief_ask.go                     picks the questions of a debrief, by their names in words/texts.tmpl
//	message.go                         what is said, and while what is true
//
// The names of texts in words/texts.tmpl are data that is embedded here.
package nudges

import (
	"maps"
	"slices"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// A UserID names a person in the workspace. It is opaque: no prefix of it means
// anything (docs.slack.dev/apis/slack-connect).
type UserID string

// A RequestID identifies a request. It is never reused.
type RequestID string

// A Decision is what the manager settled on: nothing yet, a rung, or to withdraw
// the request.
type Decision string

// Decisions that are no rung.
const (
	Undecided Decision = "none"
	Withdrawn Decision = "withdrawn"
)

// Decided is the decision for a rung.
func Decided(r ladder.Rung) Decision { return Decision(r) }

// Rung is the rung decided for; false if there is none.
func (d Decision) Rung() (ladder.Rung, bool) { r := ladder.Rung(d); return r, r.Height() >= 0 }

// joins says whether the manager has decided to be on the call.
func (r Request) joins() bool { return ladder.Rung(r.Decision).Joins() }

// A Phase is where the call stands.
type Phase string

// The phases, in order. A request only ever moves forward through them, but for
// a call that is moved to a later time: while nothing has been decided, or because
// it was not held when it should have been.
const (
	Before  Phase = "before"  // the call has not started
	During  Phase = "during"  // it runs
	After   Phase = "after"   // it is over, and its debrief is not open
	Debrief Phase = "debrief" // its debrief is open
	Done    Phase = "done"    // nothing more can happen
)

// A GrantState says how far the agreement to take over has come.
type GrantState string

// The states of a grant.
const (
	NoGrant  GrantState = "none"
	Asked    GrantState = "asked"    // an approver is to look at it, until Until
	Given    GrantState = "given"    // agreed, until Until
	Returned GrantState = "returned" // handed back by the manager
	Declined GrantState = "declined" // an approver said no, or coach first
	Expired  GrantState = "expired"  // nobody answered in time, nobody could be asked, or the call is over
)

// A Grant is an agreement that the manager may take over. It is no lock: nothing
// can stop a manager from speaking.
type Grant struct {
	State      GrantState
	Until      time.Time // while Asked, the deadline; while Given, when it lapses
	By         UserID    // who decided on it, "" for the policy itself
	At         time.Time // when it was decided on
	BreakGlass bool      // taken without waiting, and recorded as such
	EverGiven  bool      // it was in force once
	CoachFirst bool      // the approver said no with "coach first"
	Reason     string    // why not a smaller step, written for the approver; private text
	Word       string    // what the approver added to a no, for the manager; private text

	Route    []UserID  // who can be asked, in order
	Asked    int       // how many of them have been
	Since    time.Time // when the last of them was asked
	Reminded bool      // and whether they were reminded
	Short    bool      // little time: asked together, without reminders
	Nudged   time.Time // when the manager last nudged them
}

// askable says whether deciding for a take-over once more can change something: it was
// handed back, or there was nobody to ask.
func (g Grant) askable(p Phase) bool {
	return g.State == Returned || p == Before && g.State == Expired && !g.EverGiven
}

// GrantTail is how long a grant outlives the end of its call.
const GrantTail = 15 * time.Minute

// DebriefWindow is how long after the call a request stays open before it
// lapses in silence.
const DebriefWindow = 7 * 24 * time.Hour

// A Policy says who agrees to a take-over.
type Policy string

// The policies.
const (
	Self     Policy = "self"     // the manager's own word is enough
	ByOthers Policy = "approver" // a named approver looks at it
)

// A Way is how a request came about.
type Way string

// The ways in.
const (
	ByPause Way = "pause" // the whole pause, before the call
	ByNow   Way = "now"   // already on the call: two questions, no gate
	ByAsk   Way = "ask"   // the rep asked for help: a pull, no gate
	// ByDebrief is no pause: one of the two wants to talk a call over.
	ByDebrief Way = "debrief"
)

// A Request is one manager's pause before one call.
type Request struct {
	ID      RequestID
	Manager UserID
	Way     Way
	Policy  Policy
	Rep     UserID // "" while not said
	Deal    string // what the manager calls the deal or call; private text; "" while not said
	Starts  time.Time
	Ends    time.Time

	Skill string // what the call is hard on, of the team's skills; "" while not said

	Answers verdict.Answers
	Plan    string       // typed at the close; private text
	Past    verdict.Past // what the ledger knew of the rep and the deal

	Word    Word
	Claim   ClaimState
	Planned ClaimState // that the two planned the manager's role together
	// Heard is what the rep was told last: a step, Withdrawn, or Undecided after a lost approval; "" for nothing.
	Heard Decision
	// Present is that the manager has said, while the call ran, that they are on it; of a rep who knows them. They were
	// not told, and see the manager there.
	Present  bool
	Note     NoteState
	NoteText string   // what the manager tells the rep, until Slack has it; private text
	NoteKey  string   // of the message that says it; "" while that waits
	NoteWas  Decision // what Heard is if the note does not go
	// AnswerKey is of the last message that told the rep what is decided: an earlier one that waits still is not sent.
	AnswerKey string
	Coaching  Coaching
	Debrief   Debriefing

	Decision Decision
	Phase    Phase
	Grant    Grant
	Seq      int // how many transitions there have been
	// DecidedSeq numbers the last transition that decided; 0 if none has.
	DecidedSeq int
	Edits      int // how often the card was rewritten
	Begun      time.Time
	DecidedAt  time.Time
	DoneAt     time.Time // when it became Done; zero before
	Anonymised bool      // it has lost its words, for it was done long ago
	Uncounted  bool      // it is in none of its manager's own numbers, and never will be: they were forgotten
	Card       string    // key of the message that shows this request to its manager
	// Others are the messages beside the card that show how the request stands.
	Others []Sent
}

// A Sent is a message that is rewritten in place when what it shows has changed.
type Sent struct {
	Key, Kind string
	To        UserID
}

// Open says whether anything can still be decided about the call.
func (r Request) Open() bool {
	return r.Decision != Withdrawn && (r.Phase == Before || r.Phase == During)
}

// Blank says whether the manager has said nothing at all yet.
func (r Request) Blank() bool {
	return r.Decision == Undecided && len(r.Answers) == 0 && r.Way != ByAsk
}

// PlanQuestion is what the close asks: what to do if it gets hard, or, of a manager who takes over, when to hand back.
func (r Request) PlanQuestion() verdict.QuestionID {
	if r.Decision == Decided(ladder.TakeOver) && (r.Grant.EverGiven || r.Grant.State == Asked) {
		return verdict.QHandBack
	}
	return verdict.QPlan
}

// Situation is the part of a request that only Next changes.
func (r Request) Situation() Situation {
	return Situation{r.Decision, r.Phase, r.Grant.State}
}

// NextTick is when the clock next changes this request; false if it never will.
func (r Request) NextTick() (time.Time, bool) {
	own, ok := r.nextOwn()
	opens, will := r.opensAt()
	if will && (!ok || opens.Before(own)) {
		return opens, true
	}
	return own, ok
}

// nextOwn is NextTick without the opening of the debrief, for which the clock must know more.
func (r Request) nextOwn() (time.Time, bool) {
	at := r.debriefTicks()
	switch r.Phase {
	case Before:
		at = append(at, r.Starts)
	case During:
		at = append(at, r.Ends)
	case After, Debrief:
		at = append(at, r.closesAt())
	case Done: // an outcome may still come to stand
	}
	switch r.Grant.State {
	case Asked:
		at = append(at, r.Grant.asking())
	case Given:
		at = append(at, r.Grant.Until)
	default: // the others have no deadline
	}
	if len(at) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(at, time.Time.Compare), true
}

// Clone gives r a map and lists of its own, so that a caller's copy stays as it was.
func (r Request) Clone() Request {
	r.Answers = maps.Clone(r.Answers)
	r.Others = slices.Clone(r.Others)
	r.Debrief.Asked, r.Debrief.Unclear = slices.Clone(r.Debrief.Asked), slices.Clone(r.Debrief.Unclear)
	r.Grant.Route = slices.Clone(r.Grant.Route)
	return r
}

// A Situation is the three fields of a request that its table is about.
type Situation struct {
	Decision Decision
	Phase    Phase
	Grant    GrantState
}

// A Transition is one recorded change of a request's situation.
type Transition struct {
	Seq  int    // 1 for the first
	By   UserID // "" for the clock
	At   time.Time
	From Situation
	To   Situation
	Why  string // the action's name, such as "decide" or "lapse"; never anybody's words
}

// DoneSince is when a request became done; false while it is not.
func (r Request) DoneSince() (time.Time, bool) {
	if r.DoneAt.IsZero() {
		return r.Ends, r.Phase == Done
	}
	return r.DoneAt, r.Phase == Done
}

// Verdict is what stepin would do about the request.
func (r Request) Verdict() verdict.Verdict { return verdict.Of(r.Answers, r.Past) }

// Ground is the real reason to step in that the manager named, as an approver may know it: verdict.GroundRep,
// verdict.GroundCustomer, verdict.GroundLine, or "". A rep who did not ask is no ground, nor is one who has not been
// told that they are said to have asked. Nobody learns what was said on a running call.
func (r Request) Ground() string {
	g := r.Verdict().Ground
	if g == verdict.GroundRep && (r.Claim == ClaimWrong || r.Claim == NoClaim) {
		return ""
	}
	return g
}

// Missing is what must still be answered before the manager can go for wish. What the rep
// asked for is not gated.
func (r Request) Missing(wish ladder.Rung) []verdict.QuestionID {
	if asked, ok := r.Asked(); r.Way == ByAsk || ok && wish.Height() <= asked.Height() {
		return nil
	}
	return verdict.Missing(r.Answers, r.Past, wish)
}
