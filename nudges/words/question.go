package words

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// A Question is a question in words, for one call.
type Question struct {
	ID      verdict.QuestionID
	Ask     text.Text
	Options []Option
}

// An Option is an answer that can be tapped.
type Option struct {
	ID   verdict.OptionID
	Text text.Text
}

// A worded is a question as the words say it. What an answer decides is read in package verdict.
type worded struct {
	ID      verdict.QuestionID
	Ask     *wording
	Options []wordedOption
}

type wordedOption struct {
	ID   verdict.OptionID
	Text *wording // on the screen
	Said *wording // as the verdict quotes it after "You said"; nil if it never does
	// Retired says that it stands in old records, with its meaning, and is offered no more.
	Retired bool
}

// findOption looks an option up; false if there is no such question or option.
func findOption(qs []worded, q verdict.QuestionID, o verdict.OptionID) (wordedOption, bool) {
	i := slices.IndexFunc(qs, func(x worded) bool { return x.ID == q })
	if i < 0 {
		return wordedOption{}, false
	}
	j := slices.IndexFunc(qs[i].Options, func(x wordedOption) bool { return x.ID == o })
	if j < 0 {
		return wordedOption{}, false
	}
	return qs[i].Options[j], true
}

// readQuestions reads questions from YAML. With a base it rewords the base's
// questions by their ids, and can add or decide nothing.
func readQuestions(file string, data []byte, base []worded) ([]worded, []error) {
	r := reading{file: file}
	out := cloneQuestions(base)
	for _, q := range r.document(data) {
		i := slices.IndexFunc(out, func(x worded) bool { return string(x.ID) == q.key.Value })
		switch {
		case i < 0 && base != nil:
			r.bad(q.key, "there is no question %q. Use one of %s", q.key.Value,
				names(base, func(x worded) string { return string(x.ID) }))
			continue
		case i < 0:
			i, out = len(out), append(out, worded{ID: verdict.QuestionID(q.key.Value)})
		}
		r.question(q.value, &out[i], base != nil)
	}
	return out, r.problems
}

func cloneQuestions(base []worded) []worded {
	out := slices.Clone(base)
	for i := range out {
		out[i].Options = slices.Clone(out[i].Options)
	}
	return out
}

func (r *reading) question(n *yaml.Node, q *worded, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "ask":
			q.Ask = r.scalar(f.value)
		case "options":
			for _, o := range r.fields(f.value) {
				i := slices.IndexFunc(q.Options, func(x wordedOption) bool { return string(x.ID) == o.key.Value })
				if i < 0 && reword {
					r.bad(o.key, "%s has no option %q. Use one of %s", q.ID, o.key.Value,
						names(q.Options, func(x wordedOption) string { return string(x.ID) }))
					continue
				}
				if i < 0 {
					i, q.Options = len(q.Options), append(q.Options, wordedOption{ID: verdict.OptionID(o.key.Value)})
				}
				r.option(o.value, &q.Options[i], reword)
			}
		default:
			r.bad(f.key, "unknown key %q. Use ask or options", f.key.Value)
		}
	}
}

func (r *reading) option(n *yaml.Node, o *wordedOption, reword bool) {
	for _, f := range r.fields(n) {
		switch f.key.Value {
		case "text":
			o.Text = r.scalar(f.value)
		case "said":
			if s := r.scalar(f.value); reword && o.Said == nil {
				r.bad(f.key, "%q is never quoted. Take said out", o.ID)
			} else {
				o.Said = s
			}
		case "lean":
			if reword { // else it is for package verdict
				r.bad(f.key, "wording cannot change what an answer decides. Take lean out")
			}
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

func (r *reading) scalar(n *yaml.Node) *wording {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		r.bad(n, "a text belongs here. Put it in quotes")
	}
	return &wording{text: n.Value, file: r.file, line: n.Line}
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
