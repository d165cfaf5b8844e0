package nudges

import (
	"strings"
	"unicode"
)

// A QuestionID names a question, an OptionID one of its options. Both are part of
// the file's format and of the wording files: they are never renamed.
type (
	QuestionID string
	OptionID   string
)

// The questions. P1 to P8 are the eight points of DESIGN section 2.
const (
	Q1        QuestionID = "P1"
	Q2        QuestionID = "P2"
	Q3        QuestionID = "P3"
	Q4        QuestionID = "P4"
	Q5        QuestionID = "P5"
	Q6        QuestionID = "P6"
	Q7        QuestionID = "P7"
	Q8        QuestionID = "P8"
	QFor      QuestionID = "for"      // what the rep asked the manager in for
	QEstimate QuestionID = "estimate" // chance that the rep gets there alone, "0" to "100" in tens
	QWhyNot   QuestionID = "why_not"  // why not a smaller step
	QPlan     QuestionID = "plan"     // what the manager will do if it gets hard
	QMotive   QuestionID = "motive"   // what pulled
	QAskedIn  QuestionID = "asked_in" // now: who asked the manager in
	QMustStop QuestionID = "must_stop"
	QStep     QuestionID = "step" // now: the smallest step that helps
)

// Options that the code must know by name; all others are data.
const (
	AskedMeIn  OptionID = "asked"   // P7
	NotYet     OptionID = "not_yet" // P7
	SaidWhat   OptionID = "yes"     // P7: the rep has said what would help
	ForCoPilot OptionID = "copilot" // for
	ByRep      OptionID = "rep"     // asked_in
	ByNobody   OptionID = "nobody"  // asked_in
	AsPlanned  OptionID = "planned" // P6: a joint call
	OwnPlan    OptionID = "own"     // plan: typed
	StaySilent OptionID = "silent"  // step
	MessageRep OptionID = "message" // step
	SpeakOnce  OptionID = "speak"   // step
	TakeItOver OptionID = "take"    // step
)

// Facts are asked first, More before a groundless rung above the recommended one,
// NowAsks on a call that runs already; each in the order of the screen.
var (
	Facts   = []QuestionID{Q7, Q6, Q8, Q5, Q4}
	More    = []QuestionID{Q1, Q3, Q2}
	NowAsks = []QuestionID{QAskedIn, QMustStop, QStep}
)

// Answers are the taps of one pause. A question without an entry is blank.
type Answers map[QuestionID]OptionID

// NormalDeal is the form in which two names of a deal are the same: letters and
// digits in lower case, runs of anything else as one space.
func NormalDeal(deal string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(deal), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	}), " ")
}

// AllQuestions has every question, in the order in which answers are kept.
func AllQuestions() []QuestionID {
	return []QuestionID{Q7, QFor, Q6, Q8, Q5, Q4, Q1, Q3, Q2, QEstimate, QWhyNot, QPlan, QMotive, QAskedIn, QMustStop, QStep}
}
