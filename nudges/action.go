package nudges

import (
	"errors"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// An Action is something that a person or the clock does to a request.
type Action interface{ do(*step) error }

type (
	// Answer is one tap on an option; a tap on the same option changes nothing.
	Answer struct {
		By       UserID
		Question verdict.QuestionID
		Option   verdict.OptionID // "" takes the answer back
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
		Skill  string
		Past   verdict.Past // what the ledger knows of that rep, deal and skill
	}
	// Decide settles on a rung, from a screen that showed the request after Seen
	// transitions. Two screens cannot both decide.
	Decide struct {
		By   UserID
		Rung ladder.Rung
		Seen int
		// AskFirst marks "Ask the rep first": a coaching that starts with the rep's word.
		AskFirst bool
		// Reason is why not a smaller step, typed where an approver will read it.
		Reason string
		Around Around
	}
	// DecideNow settles on the step chosen on a call that runs; it never waits.
	DecideNow struct {
		By      UserID
		Answers verdict.Answers // of NowAsks
		Seen    int
		Reason  string // what the manager adds for those who are told of a take-over; may be ""
		Around  Around
	}
	// Withdraw takes the request back.
	Withdraw struct{ By UserID }
	// Tick is the clock's: whatever is overdue at now happens.
	Tick struct{}
)

// Kinds of messages that Next can ask for.
const (
	KindCard = "card" // the request as its manager sees it, with what can be done
	KindEdit = "edit" // the card, rewritten in place to what is true now
	KindNote = "note" // words to copy with which to ask the rep, alone in a message

	KindAsk              = "ask"       // to an approver: will you agree?
	KindRemind           = "remind"    // the same, half way to the deadline
	KindApproverReminder = "nudge"     // the same, at the manager's wish
	KindSettled          = "settled"   // to the manager: who decided on the grant, and when
	KindElsewhere        = "elsewhere" // the same, to who was asked and did not decide
	KindGlass            = "glass"     // to the approvers: taken without waiting

	KindMeet        = "meet"         // to the rep: is this your manager?
	KindWord        = "word"         // to the rep: what would help?
	KindClaim       = "claim"        // to the rep: you are said to have asked
	KindFromManager = "from-manager" // to the rep: the manager's note
	KindPulled      = "pulled"       // to the rep: how what they asked for stands
	KindAnswered    = "answered"     // to the rep, once it is decided
	KindPlanned     = "planned"      // to the rep: you are said to have planned that the manager leads
	KindUnplanned   = "unplanned"    // to the manager: it counts as planned no more
	KindFromHere    = "from-here"    // to the manager: the rep can take it from here
	KindReply       = "reply"        // to the manager: the rep's word beside the guess
	KindTrust       = "trust"        // words to copy after a hold-back, alone in a message
	KindNoteMissed  = "note-missed"  // to the manager: the note was not sent, for the call was too close
	KindUnmet       = "unmet"        // to the manager: the rep says they are not on the team
	KindCorrected   = "corrected"    // to the manager: the rep did not ask
	KindUnheard     = "unheard"      // to the manager: the rep cannot be reached

	KindHow             = "how"          // to the manager: how did it go?
	KindWhere           = "where"        // to the rep: where shall we talk it over?
	KindRoot            = "root"         // the debrief, in its channel or group DM
	KindRootDM          = "root-dm"      // the same to each of the two, where there is neither
	KindAsksRep         = "asks-rep"     // questions to the rep, in its thread
	KindAsksManager     = "asks-manager" // and to the manager
	KindThreadReminder  = "nag"          // to both, in its thread: nobody has logged what happened
	KindDebriefReminder = "chase"        // to the manager: the debriefs that are open
	KindDisplaced       = "displaced"    // to the manager: why it is not where it should be
	KindUnclear         = "unclear"      // to the manager: it may be there, or not
)

// MaxLength is the longest call, a guard against a slip of the finger.
const MaxLength = 8 * time.Hour

// What can be wrong with an action. Each has its words in nudges/words; none
// carries any of its own.
var (
	ErrNotFound = errors.New("not found")
	ErrNotYours = errors.New("somebody else's request")
	ErrStale    = errors.New("decided meanwhile")
	ErrOver     = errors.New("the call is over")
	ErrClosed   = errors.New("the request is closed")
	ErrStarted  = errors.New("the call has started, answers stay")
	ErrNotNow   = errors.New("not possible in this situation")
	ErrUnknown  = errors.New("no such question or option")
	ErrRungGone = errors.New("time has overtaken this rung")
	ErrMore     = errors.New("more questions come first")
	ErrTooLate  = errors.New("the deadline has passed")
	ErrPast     = errors.New("the call's time is in the past")
	ErrReason   = errors.New("a reason is required")
	ErrNudged   = errors.New("nudged within the last hours")
	ErrUnmet    = errors.New("the rep says that this is not their manager")
	ErrTold     = errors.New("the rep has the manager's note already")
	ErrNoPlan   = errors.New("the rep says that this was not planned")
	ErrTwoTeams = errors.New("a rep is on another manager's team")
	ErrLink     = errors.New("no web address")
	ErrLong     = errors.New("longer than there is room for")
	ErrDay      = errors.New("a day that is still to come, or long ago")
)
