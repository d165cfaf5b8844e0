package verdict

import (
	_ "embed"
	"fmt"
	"slices"
	"sync"

	"go.yaml.in/yaml/v4"
)

// An answerable is one option of a question, as far as it decides something. Its words are in nudges/words.
type answerable struct {
	id OptionID
	// Lean is how far it leans towards stepping in: more is nearer to it, and equal is neither.
	Lean int
	// Retired says that it stands in old records, with its meaning, and is offered no more.
	Retired bool
	// Said is how the verdict quotes it in English; "" if it never does.
	Said string
	Text string
}

// answerables are the options of one question, in the order of the file.
type answerables []answerable

// UnmarshalYAML reads a mapping from ids to options.
func (as *answerables) UnmarshalYAML(n *yaml.Node) error {
	for i := 0; i+1 < len(n.Content); i += 2 {
		a := answerable{id: OptionID(n.Content[i].Value)}
		if err := n.Content[i+1].Load(&a, yaml.WithKnownFields()); err != nil {
			return err
		}
		*as = append(*as, a)
	}
	return nil
}

// QuestionsYAML is the file of the questions, for those who read their words.
//
//go:embed questions.yaml
var QuestionsYAML []byte

// offered are the embedded questions: what decides, whatever the wording.
var offered = sync.OnceValue(func() map[QuestionID]answerables {
	var file map[QuestionID]struct {
		Ask     string
		Options answerables
	}
	if err := yaml.Load(QuestionsYAML, &file, yaml.WithKnownFields()); err != nil {
		panic(fmt.Sprint("nudges/verdict: questions.yaml: ", err))
	}
	out := map[QuestionID]answerables{}
	for q, x := range file {
		out[q] = x.Options
	}
	return out
})

func (as answerables) find(o OptionID) (answerable, bool) {
	i := slices.IndexFunc(as, func(a answerable) bool { return a.id == o })
	if i < 0 {
		return answerable{}, false
	}
	return as[i], true
}

// Known says whether the question exists and has that option.
func Known(q QuestionID, o OptionID) bool {
	_, ok := offered()[q].find(o)
	return ok
}

// Lean is how far an answer leans towards stepping in, compared with the other
// answers to the same question; false if there is no such question or option.
func Lean(q QuestionID, o OptionID) (int, bool) {
	a, ok := offered()[q].find(o)
	return a.Lean, ok
}

// Options are those that are offered for a question.
func Options(q QuestionID) (ids []OptionID) {
	for _, a := range offered()[q] {
		if !a.Retired {
			ids = append(ids, a.id)
		}
	}
	return ids
}

// A QuestionID names a question, an OptionID one of its options. Both are part of
// the file's format and of the wording files: they are never renamed.
type (
	QuestionID string
	OptionID   string
)

// The questions. P1 to P8 are the eight points of the coaching article.
const (
	Q1        QuestionID = "P1"
	Q2        QuestionID = "P2"
	Q3        QuestionID = "P3"
	Q4        QuestionID = "P4"
	Q5        QuestionID = "P5"
	Q6        QuestionID = "P6"
	Q7        QuestionID = "P7"
	Q8        QuestionID = "P8"
	QFor      QuestionID = "for"       // what the rep asked the manager in for
	QEstimate QuestionID = "estimate"  // chance that the rep gets there alone, "0" to "100" in tens
	QWhyNot   QuestionID = "why_not"   // why not a smaller step
	QPlan     QuestionID = "plan"      // what the manager will do if it gets hard
	QHandBack QuestionID = "hand_back" // when a manager who takes over will hand back
	QMotive   QuestionID = "motive"    // what made the manager want to step in
	QAskedIn  QuestionID = "asked_in"  // now: who asked the manager in
	QMustStop QuestionID = "must_stop" // now, in old records: whether it had to stop at once
	QStep     QuestionID = "step"      // now: the smallest step that helps
)

// Options that the code must know by name; all others are data.
const (
	AskedMeIn    OptionID = "asked"    // P7
	LeadAlone    OptionID = "alone"    // P7
	SomeCoaching OptionID = "coaching" // P7
	NotYet       OptionID = "not_yet"  // P7: the manager doesn't know
	ForListen    OptionID = "listen"   // for
	ForCoPilot   OptionID = "copilot"  // for
	ByRep        OptionID = "rep"      // asked_in
	ByNobody     OptionID = "nobody"   // asked_in
	AsPlanned    OptionID = "planned"  // P6: a joint call
	OwnPlan      OptionID = "own"      // plan and hand_back: typed
	StaySilent   OptionID = "silent"   // step
	MessageRep   OptionID = "message"  // step
	SpeakOnce    OptionID = "speak"    // step
	TakeItOver   OptionID = "take"     // step
)

// FirstFacts are asked first, LaterFacts where they can still change the rung, More before a groundless rung
// above the recommended one, NowAsks on a call that runs already; each in the order of the screen. Facts are
// the first and the later ones.
var (
	FirstFacts = []QuestionID{Q7, Q6, Q8}
	LaterFacts = []QuestionID{Q5, Q4}
	Facts      = slices.Concat(FirstFacts, LaterFacts)
	More       = []QuestionID{Q1, Q3, Q2}
	NowAsks    = []QuestionID{QAskedIn, QStep}
)

// Answers are the taps of one pause. A question without an entry is blank.
type Answers map[QuestionID]OptionID

// AllQuestions has every question, in the order in which answers are kept.
func AllQuestions() []QuestionID {
	return []QuestionID{
		Q7, QFor, Q6, Q8, Q5, Q4, Q1, Q3, Q2, QEstimate, QWhyNot, QPlan, QHandBack, QMotive, QAskedIn, QMustStop,
		QStep,
	}
}
