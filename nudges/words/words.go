// Package words has every sentence that people read, as data: texts.tmpl, questions.yaml, mantras.txt and story.yaml.
//
// It promises that a loaded wording can be rendered with any names, within the lengths that Slack allows, and that
// people's own words stay marked as theirs (package text). It must not decide anything: what an answer means is in
// package verdict, beside questions.yaml.
//
// In the order of the data: load.go reads the files and checks them by the lengths in limits.go; words.go renders
// texts and question.go's questions; verdict_text.go puts a verdict into words, privacy_words.go what is kept. story.go
// reads the story that the demo tells.
package words

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// Data is what a text may name. Rep, Deal, Manager, Plan, Typed, Who, Reason, Help, Guess, Learn and Coached are
// people's own words: give them as they are, Text marks them. The rest is ours, times already in the reader's zone.
// What is left empty leaves no hole: no Rep is "your rep", no Deal "the call", no Manager "your manager", and a text
// does without the rest.
type Data struct {
	Rep, Deal, Manager, Plan, Typed string
	Who, Reason, Help, Guess        string // somebody else's name; people's words
	Learn                           string // what is to be learned from the deal; people's words
	Took, Coached                   string // from the ledger: "3 May", "Pricing"
	Rung                            ladder.Rung
	Starts, Ends, Day, Until        string // "09:00", "09:30", "today", "09:45"
	Code                            string // what the admin finds in the log
	Mantra                          string
	Was                             string // what was so before, such as when a pause was begun
	N                               int
	Soon                            bool // the call starts within a quarter of an hour, or runs
}

// Words are all sentences that a person reads. They do not change once loaded.
type Words struct {
	texts     map[string]*wording
	questions []worded
	mantras   []string
}

// fill is what a template sees: Data with its marks, and what a verdict quotes. People's
// words are marked for those texts only that name them.
type fill struct {
	Took                     string
	Starts, Ends, Day, Until string
	Code, Mantra, Was        string
	N                        int
	Soon                     bool
	First, Second            string

	words   *Words
	d       Data
	longest int
}

func (f fill) Rep() string     { return f.said(f.d.Rep, longName, "no-rep") }
func (f fill) Deal() string    { return f.said(f.d.Deal, longInput, "no-deal") }
func (f fill) Manager() string { return f.said(f.d.Manager, longName, "no-manager") }
func (f fill) Plan() string    { return f.said(f.d.Plan, longInput, "") }
func (f fill) Typed() string   { return f.said(f.d.Typed, longName, "") }
func (f fill) Who() string     { return f.said(f.d.Who, longName, "no-who") }
func (f fill) Reason() string  { return f.said(f.d.Reason, longInput, "") }
func (f fill) Help() string    { return f.said(f.d.Help, longInput, "") }
func (f fill) Guess() string   { return f.said(f.d.Guess, longInput, "") }
func (f fill) Learn() string   { return f.said(f.d.Learn, longInput, "") }
func (f fill) Coached() string { return f.said(f.d.Coached, longInput, "") }

// said marks people's words, of n characters at most; a blank is named by a text of ours.
func (f fill) said(s string, n int, blank string) string {
	if m := text.Quoted(text.Short(strings.Join(strings.Fields(s), " "), min(n, f.longest))); m != "" {
		return string(m)
	}
	if blank == "" {
		return ""
	}
	return string(text.Unnamed) + strings.TrimSpace(f.words.literal(blank))
}

// Rung is the rung's name, drawn only for the texts that name it.
func (f fill) Rung() string {
	return string(f.words.RungName(f.d.Rung, false, Data{Rep: f.d.Rep}))
}

// How long people's words may be where they are quoted, in characters. A name on Slack
// has at most 80 (docs.slack.dev/reference/block-kit), an input of ours 300.
const (
	longName  = 80
	longInput = 300
)

// Names are all texts that there are, in order. Text knows these and no other.
func Names() []string { return slices.Sorted(keys(Shipped().texts)) }

func keys(m map[string]*wording) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// Text is the text of that name about d. Where the platform or the screen has little
// room, people's words in it are shortened. It panics for a name that is not one of
// Names: that is a slip in the code, which a test finds.
func (w *Words) Text(name string, d Data) text.Text {
	t, ok := w.texts[name]
	if !ok {
		panic(fmt.Sprintf("nudges: no text %q", name))
	}
	return w.render(t, room(name), d, "", "")
}

// Quote is Text with up to two other texts in it, as .First and .Second.
func (w *Words) Quote(name string, d Data, first, second text.Text) text.Text {
	t, ok := w.texts[name]
	if !ok {
		panic(fmt.Sprintf("nudges: no text %q", name))
	}
	return w.render(t, room(name), d, first, second)
}

// Tapped is the option that was tapped, as it stands on the screen; "" for none.
func (w *Words) Tapped(q verdict.QuestionID, o verdict.OptionID, d Data) text.Text {
	x, ok := findOption(w.questions, q, o)
	if !ok {
		return ""
	}
	return w.render(x.Text, roomOption, d, "", "")
}

// Question is the question about d, with the options that are offered.
func (w *Words) Question(q verdict.QuestionID, d Data) Question {
	i := slices.IndexFunc(w.questions, func(x worded) bool { return x.ID == q })
	if i < 0 {
		return Question{ID: q}
	}
	x := w.questions[i]
	out := Question{ID: q, Ask: w.render(x.Ask, roomAsk, d, "", "")}
	for _, o := range x.Options {
		if o.Retired {
			continue
		}
		out.Options = append(out.Options, Option{o.ID, w.render(o.Text, roomOption, d, "", "")})
	}
	return out
}

// said is how the verdict quotes an answer; "" if it cannot.
func (w *Words) said(q verdict.QuestionID, o verdict.OptionID, d Data) text.Text {
	x, ok := findOption(w.questions, q, o)
	if !ok || x.Said == nil {
		return ""
	}
	return w.clause(x.Said, d)
}

// Mantras are the lines of the daily reminder. The first is the mantra itself.
func (w *Words) Mantras() []string { return slices.Clone(w.mantras) }

// RungName is the rung as a step that the manager can take, before the call or during
// it: coaching is over once the call runs, and a message to the rep takes its place.
func (w *Words) RungName(r ladder.Rung, during bool, d Data) text.Text {
	name := "rung-" + strings.ReplaceAll(string(r), "_", "-")
	if r == ladder.Coach && during {
		name = "rung-message"
	}
	if _, ok := w.texts[name]; !ok {
		return ""
	}
	return w.Text(name, d)
}

// render fills a template so that the result has at most most characters, shortening
// people's words as far as it must.
func (w *Words) render(t *wording, most int, d Data, first, second text.Text) text.Text {
	var m text.Text
	for _, n := range []int{longInput, 80, 60, 40, 24, 16, 8, 4, 1} {
		m = raised(w.execute(t, d, n, first, second))
		if len(m) <= most || utf8.RuneCountInString(m.Plain()) <= most {
			break
		}
	}
	return m
}

// clause is a text that stands inside another sentence.
func (w *Words) clause(t *wording, d Data) text.Text {
	return w.execute(t, d, longName, "", "")
}

func (w *Words) execute(x *wording, d Data, longest int, first, second text.Text) text.Text {
	t, _ := x.parsed()
	if t == nil {
		return "" // while Load gathers what is wrong
	}
	if x.fixed != "" {
		return x.fixed
	}
	f := fill{
		Took:   d.Took,
		Starts: d.Starts, Ends: d.Ends, Day: d.Day, Until: d.Until, Code: d.Code, Mantra: d.Mantra, Was: d.Was, N: d.N,
		Soon:  d.Soon,
		First: string(first), Second: string(second),
		words: w, d: d, longest: longest,
	}
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		panic(fmt.Sprintf("nudges: a text that Load let through: %v", err))
	}
	return text.Text(strings.TrimSpace(b.String()))
}

// literal is a text that names nothing.
func (w *Words) literal(name string) string {
	if t, _ := w.texts[name].parsed(); t != nil {
		return t.Root.String()
	}
	return ""
}

// raised capitalises a word of ours that fills in for a name where a sentence begins.
func raised(m text.Text) text.Text {
	if !strings.ContainsRune(string(m), text.Unnamed) {
		return m
	}
	rs := []rune(string(m))
	out := make([]rune, 0, len(rs))
	starts := true // a sentence may begin here
	ended := false // the last word ended a sentence, and a space makes it so
	lift := false  // the next letter is the fill-in's first
	for _, r := range rs {
		switch {
		case r == text.Unnamed:
			lift = starts
			continue
		case lift:
			r, lift, starts = unicode.ToUpper(r), false, false
		case r == '\n':
			starts, ended = true, false
		case r == '.' || r == '?' || r == '!' || r == ':':
			ended, starts = r != ':', false
		case unicode.IsSpace(r):
			starts = starts || ended
		case r == '*' || r == '_' || r == '"' || r == '“' || r == '•' || r == '>' || r == text.Begin || r == text.End:
		default:
			starts, ended = false, false
		}
		out = append(out, r)
	}
	return text.Text(out)
}

// Line is a line of the daily reminder as a person reads it. What they made is in d: the
// Plan, the Deal and Rep, or for a lesson the Reason; Took is the day of it. If it has
// been forgotten meanwhile, or the mantra is no longer on the list, it is the first
// mantra.
func (w *Words) Line(l daily.Line, d Data) text.Text {
	switch {
	case l.Kind == daily.LinePlan && d.Plan != "":
		return w.Text("rem-plan", d)
	case l.Kind == daily.LineWell && (d.Deal != "" || d.Rep != ""):
		return w.Text("rem-well", d)
	case l.Kind == daily.LineLesson && d.Reason != "":
		return w.Text("rem-lesson", d)
	}
	for _, m := range w.mantras {
		if l.Kind == daily.LineMantra && daily.MantraID(m) == l.ID {
			return text.Text(m)
		}
	}
	return text.Text(w.mantras[0])
}
