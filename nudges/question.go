package nudges

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Question is a question in words, for one call.
type Question struct {
	ID      QuestionID
	Ask     Marked
	Options []Option
}

// An Option is an answer that can be tapped.
type Option struct {
	ID   OptionID
	Text Marked
}

// A source is a text with the place where somebody can change it.
type source struct {
	text string
	file string
	line int
}

// asked is a question as the words say it. Lean, which decides, is only ever taken
// from the embedded file.
type asked struct {
	id      QuestionID
	ask     source
	options []option
}

type option struct {
	id   OptionID
	text source // on the screen
	said source // as the verdict quotes it after "You said"; "" if it never does
	lean int    // towards stepping in: more is nearer to it, and equal is neither
}

//go:embed words/questions.yaml
var questionsYAML []byte

// shipped are the embedded questions: what decides, whatever the wording.
var shipped = mustQuestions()

func mustQuestions() []asked {
	qs, problems := readQuestions("words/questions.yaml", questionsYAML, nil)
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
	x, ok := findOption(shipped, q, o)
	return x.lean, ok
}

func findOption(qs []asked, q QuestionID, o OptionID) (option, bool) {
	i := slices.IndexFunc(qs, func(x asked) bool { return x.id == q })
	if i < 0 {
		return option{}, false
	}
	j := slices.IndexFunc(qs[i].options, func(x option) bool { return x.id == o })
	if j < 0 {
		return option{}, false
	}
	return qs[i].options[j], true
}

// readQuestions reads questions from YAML. With a base it rewords the base's
// questions by their ids, and can add or decide nothing.
func readQuestions(file string, data []byte, base []asked) ([]asked, []error) {
	r := reading{file: file}
	out := cloneQuestions(base)
	for _, q := range r.document(data) {
		i := slices.IndexFunc(out, func(x asked) bool { return string(x.id) == q.key.Value })
		switch {
		case i < 0 && base != nil:
			r.bad(q.key, "there is no question %q. Use one of %s", q.key.Value, names(base, func(x asked) string { return string(x.id) }))
			continue
		case i < 0:
			i, out = len(out), append(out, asked{id: QuestionID(q.key.Value)})
		}
		r.question(q.value, &out[i], base != nil)
	}
	return out, r.problems
}

func cloneQuestions(base []asked) []asked {
	out := slices.Clone(base)
	for i := range out {
		out[i].options = slices.Clone(out[i].options)
	}
	return out
}

func (r *reading) question(n *yaml.Node, q *asked, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "ask":
			q.ask = r.scalar(f.value)
		case "options":
			for _, o := range r.fields(f.value) {
				i := slices.IndexFunc(q.options, func(x option) bool { return string(x.id) == o.key.Value })
				if i < 0 && reword {
					r.bad(o.key, "%s has no option %q. Use one of %s", q.id, o.key.Value, names(q.options, func(x option) string { return string(x.id) }))
					continue
				}
				if i < 0 {
					i, q.options = len(q.options), append(q.options, option{id: OptionID(o.key.Value)})
				}
				r.option(o.value, &q.options[i], reword)
			}
		default:
			r.bad(f.key, "unknown key %q. Use ask or options", f.key.Value)
		}
	}
}

func (r *reading) option(n *yaml.Node, o *option, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "text":
			o.text = r.scalar(f.value)
		case "said":
			if s := r.scalar(f.value); reword && o.said.text == "" {
				r.bad(f.key, "%q is never quoted. Take said out", o.id)
			} else {
				o.said = s
			}
		case "lean":
			n, err := strconv.Atoi(f.value.Value)
			if reword || err != nil {
				r.bad(f.key, "wording cannot change what an answer decides. Take lean out")
			}
			o.lean = n
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
		out = append(out, field{k, n.Content[i+1]})
	}
	return out
}

func (r *reading) scalar(n *yaml.Node) source {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.bad(n, "a text belongs here. Put it in quotes")
	}
	return source{n.Value, r.file, n.Line}
}

func names[T any](xs []T, name func(T) string) []string {
	set := map[string]bool{}
	for _, x := range xs {
		set[name(x)] = true
	}
	return slices.Sorted(maps.Keys(set))
}
