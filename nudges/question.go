package nudges

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// A Source is a text with the place where somebody can change it.
type Source struct {
	Text string
	File string
	Line int
}

// WordedQuestion is a question as the words say it. Lean, which decides, is only ever taken
// from the embedded file.
type WordedQuestion struct {
	ID      QuestionID
	Ask     Source
	Options []WordedOption
}

type WordedOption struct {
	ID   OptionID
	Text Source // on the screen
	Said Source // as the verdict quotes it after "You said"; "" if it never does
	// Retired says that it stands in old records, with its meaning, and is offered no more.
	Retired bool
	lean    int // towards stepping in: more is nearer to it, and equal is neither
}

//go:embed words/questions.yaml
var questionsYAML []byte

// Shipped are the embedded questions: what decides, whatever the wording.
var Shipped = mustQuestions()

func mustQuestions() []WordedQuestion {
	qs, problems := ReadQuestions("words/questions.yaml", questionsYAML, nil)
	if len(problems) > 0 {
		panic(fmt.Sprint("nudges: ", problems))
	}
	return qs
}

// Known says whether the question exists and has that option.
func Known(q QuestionID, o OptionID) bool {
	_, ok := Lean(q, o)
	return ok
}

// Lean is how far an answer leans towards stepping in, compared with the other
// answers to the same question; false if there is no such question or option.
func Lean(q QuestionID, o OptionID) (int, bool) {
	x, ok := FindOption(Shipped, q, o)
	return x.lean, ok
}

// Options are those that are offered for a question.
func Options(q QuestionID) (ids []OptionID) {
	for _, x := range Shipped {
		for _, o := range x.Options {
			if x.ID == q && !o.Retired {
				ids = append(ids, o.ID)
			}
		}
	}
	return ids
}

func FindOption(qs []WordedQuestion, q QuestionID, o OptionID) (WordedOption, bool) {
	i := slices.IndexFunc(qs, func(x WordedQuestion) bool { return x.ID == q })
	if i < 0 {
		return WordedOption{}, false
	}
	j := slices.IndexFunc(qs[i].Options, func(x WordedOption) bool { return x.ID == o })
	if j < 0 {
		return WordedOption{}, false
	}
	return qs[i].Options[j], true
}

// ReadQuestions reads questions from YAML. With a base it rewords the base's
// questions by their ids, and can add or decide nothing.
func ReadQuestions(file string, data []byte, base []WordedQuestion) ([]WordedQuestion, []error) {
	r := reading{file: file}
	out := CloneQuestions(base)
	for _, q := range r.document(data) {
		i := slices.IndexFunc(out, func(x WordedQuestion) bool { return string(x.ID) == q.key.Value })
		switch {
		case i < 0 && base != nil:
			r.bad(q.key, "there is no question %q. Use one of %s", q.key.Value,
				names(base, func(x WordedQuestion) string { return string(x.ID) }))
			continue
		case i < 0:
			i, out = len(out), append(out, WordedQuestion{ID: QuestionID(q.key.Value)})
		}
		r.question(q.value, &out[i], base != nil)
	}
	return out, r.problems
}

func CloneQuestions(base []WordedQuestion) []WordedQuestion {
	out := slices.Clone(base)
	for i := range out {
		out[i].Options = slices.Clone(out[i].Options)
	}
	return out
}

func (r *reading) question(n *yaml.Node, q *WordedQuestion, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "ask":
			q.Ask = r.scalar(f.value)
		case "options":
			for _, o := range r.fields(f.value) {
				i := slices.IndexFunc(q.Options, func(x WordedOption) bool { return string(x.ID) == o.key.Value })
				if i < 0 && reword {
					r.bad(o.key, "%s has no option %q. Use one of %s", q.ID, o.key.Value,
						names(q.Options, func(x WordedOption) string { return string(x.ID) }))
					continue
				}
				if i < 0 {
					i, q.Options = len(q.Options), append(q.Options, WordedOption{ID: OptionID(o.key.Value)})
				}
				r.option(o.value, &q.Options[i], reword)
			}
		default:
			r.bad(f.key, "unknown key %q. Use ask or options", f.key.Value)
		}
	}
}

func (r *reading) option(n *yaml.Node, o *WordedOption, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "text":
			o.Text = r.scalar(f.value)
		case "said":
			if s := r.scalar(f.value); reword && o.Said.Text == "" {
				r.bad(f.key, "%q is never quoted. Take said out", o.ID)
			} else {
				o.Said = s
			}
		case "lean":
			n, err := strconv.Atoi(f.value.Value)
			if reword || err != nil {
				r.bad(f.key, "wording cannot change what an answer decides. Take lean out")
			}
			o.lean = n
		case "retired":
			if reword {
				r.bad(f.key, "wording cannot change what is offered. Take retired out")
			}
			o.Retired = f.value.Value == "true"
		default:
			r.bad(f.key, "unknown key %q. Use text or said", f.key.Value)
		}
	}
}

// A reading gathers everything that is wrong with a YAML file, each with its line.
type reading struct {
	file     string
	problems []error
}

type field struct{ key, value *yaml.Node }

func (r *reading) bad(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)))
}

// document gives the fields of the file's one mapping.
func (r *reading) document(data []byte) []field {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		r.problems = append(r.problems, yamlError(r.file, err))
		return nil
	}
	if len(doc.Content) == 0 { // nothing but comments
		return nil
	}
	return r.fields(doc.Content[0])
}

// fields are the entries of a mapping, in their order.
func (r *reading) fields(n *yaml.Node) []field {
	if n.Kind != yaml.MappingNode {
		r.bad(n, "names with values belong here, such as \"ask: …\". Indent them below the line above")
		return nil
	}
	var out []field
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if at, twice := seen[k.Value]; twice {
			r.bad(k, "%q stands in line %d already. Keep one of them", k.Value, at)
			continue
		}
		seen[k.Value] = k.Line
		switch v := n.Content[i+1]; {
		case k.Value == "<<":
			r.bad(k, "keys cannot be merged here. Write them out")
		case v.Kind == yaml.AliasNode:
			r.bad(v, "the alias *%s does not count here. Write out what it stands for", v.Value)
		default:
			out = append(out, field{k, v})
		}
	}
	return out
}

func (r *reading) scalar(n *yaml.Node) Source {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.bad(n, "a text belongs here. Put it in quotes")
	}
	return Source{n.Value, r.file, n.Line}
}

func names[T any](xs []T, name func(T) string) []string {
	set := map[string]bool{}
	for _, x := range xs {
		set[name(x)] = true
	}
	return slices.Sorted(maps.Keys(set))
}

var lineInYAML = regexp.MustCompile(`line (\d+)(?:, column \d+)?:?\s*`)

func yamlError(file string, err error) error {
	msg := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "go-yaml: "), "yaml: ")
	line := "1"
	if m := lineInYAML.FindStringSubmatch(msg); m != nil {
		line, msg = m[1], strings.Replace(msg, m[0], "", 1)
	}
	return fmt.Errorf("%s:%s: %s. Check quotes and indentation there", file, line, strings.TrimSpace(msg))
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
	QMustStop QuestionID = "must_stop"
	QStep     QuestionID = "step" // now: the smallest step that helps
)

// Options that the code must know by name; all others are data.
const (
	AskedMeIn    OptionID = "asked"    // P7
	LeadAlone    OptionID = "alone"    // P7
	SomeCoaching OptionID = "coaching" // P7
	NotYet       OptionID = "not_yet"  // P7: the manager doesn't know
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
	NowAsks    = []QuestionID{QAskedIn, QMustStop, QStep}
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
	return []QuestionID{
		Q7, QFor, Q6, Q8, Q5, Q4, Q1, Q3, Q2, QEstimate, QWhyNot, QPlan, QHandBack, QMotive, QAskedIn, QMustStop,
		QStep,
	}
}
