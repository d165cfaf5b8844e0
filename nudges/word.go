package nudges

import (
	"time"

	"stepin/nudges/verdict"
)

// A WordState says how far the rep's own word has come.
type WordState string

// The states of the rep's word.
const (
	NoWord      WordState = ""        // not asked for
	WordWaits   WordState = "waiting" // until the rep has said whose rep they are
	WordAsked   WordState = "asked"   // no answer yet
	WordGiven   WordState = "given"   // answered
	WordRefused WordState = "refused" // the rep says that this is not their manager
	WordUnheard WordState = "unheard" // the message could not be delivered
)

// A WordAnswer is what a rep can say with one tap.
type WordAnswer string

// The rep's answers.
const (
	GotThis    WordAnswer = "got_this"
	CoachMe    WordAnswer = "coach_me"
	PleaseJoin WordAnswer = "please_join"
)

// WordAnswers are all of them, in the order of the screen.
var WordAnswers = []WordAnswer{GotThis, CoachMe, PleaseJoin}

// A Word is the rep's own word on a call, and the manager's guess at it. All of its text
// is private: the guess to the manager, the rest to the two. It is erased when the request
// is done, and never counted.
type Word struct {
	State  WordState
	Guess  string // the manager's, written before the answer
	Answer WordAnswer
	Help   string // what would help, in the rep's words
	At     time.Time
	Seq    int // number of the transition that it came with; 0 if that was not kept
	// Unanswered says that the manager has decided nothing since.
	Unanswered bool
	Refused    bool // the rep has said last that this is not their manager
}

// A ClaimState says whether the rep was told of the claim that they asked for help, and what they said to it.
type ClaimState string

// The states of a claim.
const (
	NoClaim     ClaimState = ""
	ClaimUntold ClaimState = "untold"  // nothing to tell: of what is planned, all but that the manager leads
	ClaimWaits  ClaimState = "waiting" // until the rep has said whose rep they are
	ClaimTold   ClaimState = "told"
	ClaimRight  ClaimState = "confirmed"
	ClaimWrong  ClaimState = "corrected" // the rep did not ask
)

// A NoteState says how far the manager's note to the rep has come. Old records have all states after a hold-back, too:
// there a note could be sent before.
type NoteState string

// The states of a note.
const (
	NoNote    NoteState = ""
	NoteTaken NoteState = "taken"   // the manager has the words, to send themselves
	NoteWaits NoteState = "waiting" // until the rep has said whose rep they are
	NoteSent  NoteState = "sent"    // by stepin, at the manager's tap
)

// A Give is what a manager gave instead of a rescue: "fact", "limit" or "person".
type Give string

// A Coaching is one that is finished.
type Coaching struct {
	At    time.Time
	Skill string // what it was about; "" if not said
	Gave  Give   // of old records alone
}

type (
	// Guess is what the manager thinks would help, written before the rep answers.
	Guess struct {
		By   UserID
		Text string
	}
	// Meet is the rep's answer to whose rep they are, applied to each open request.
	Meet struct {
		By   UserID
		Yes  bool
		Told bool // the manager hears of the no with another of these requests
	}
	// Reply is the rep's word, with one tap; Help is what would help, in their words.
	Reply struct {
		By     UserID
		Answer WordAnswer
	}
	Help struct {
		By   UserID
		Text string
	}
	// Correct is what the rep says to the claim that they asked.
	Correct struct {
		By    UserID
		Right bool
	}
	// TakeNote puts the words after a hold-back into the manager's own conversation, to copy. stepin does not send
	// them: a message from it would betray the pause.
	TakeNote struct{ By UserID }
	// Tell sends the rep the manager's own sentence, from a screen that showed the request after Seen transitions.
	Tell struct {
		By   UserID
		Text string
		Seen int
		Bond BondState
	}
	// EndCoaching says what a coaching was about.
	EndCoaching struct {
		By    UserID
		Skill string
	}
	// TakeBack is a rep's, of the help they asked for.
	TakeBack struct{ By UserID }
	// Missed says that a message of that kind was dropped, for it was no longer true.
	Missed struct{ Kind, Key string }
	// Unheard says that a message to the rep could not be delivered.
	Unheard struct{ Who UserID }
)

// BeginPull is a rep's request for help: nothing is gated, and it is a pull. Its first
// transition is its beginning.
func BeginPull(id RequestID, rep, manager UserID, deal, help string, starts time.Time, length time.Duration,
	now time.Time,
) Outcome {
	o := Begin(id, ByAsk, manager, rep, deal, starts, length, now)
	o.Transitions[0].By, o.Transitions[0].Why = rep, "ask"
	s := &step{r: o.Request, now: now, was: o.Request.Situation(), changes: o.Transitions}
	s.r.Word = Word{State: WordGiven, Help: help, At: now, Seq: s.r.Seq}
	s.r.put(verdict.Q7, verdict.AskedMeIn)
	s.r.put(verdict.QFor, verdict.ForCoPilot) // they ask for help
	s.r.Card = s.say(KindCard, While{})
	s.tellOther(KindPulled, rep, While{})
	s.bond = Met // who names their manager has said whose rep they are
	return s.done()
}
