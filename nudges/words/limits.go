package words

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stepin/nudges/ladder"
	"stepin/nudges/text"
)

// How much room there is, in characters. Titles, submit and close buttons: 24; buttons, options and labels: 75;
// placeholders: 150; a section of text: 3000. Below these we keep what a phone shows at a glance.
const (
	roomTitle   = 24
	roomOption  = 75
	roomAsk     = 150
	roomHolder  = 150
	roomSection = 2900
	roomMantra  = 120

	seenButton = 35
	seenOption = 45
	seenAsk    = 60
	seenLine   = 300
	seenLong   = 1500

	// Two months of working days without the same one twice.
	fewestMantras = 40
)

// room is how long a text may become with the longest names.
func room(name string) int {
	switch kind(name) {
	case "title", "submit", "close":
		return roomTitle
	case "button", "option", "rung", "label":
		return roomOption
	case "placeholder":
		return roomHolder
	}
	return roomSection
}

// seen is how long a text may be with names as people have them.
func seen(name string) int {
	switch kind(name) {
	case "title", "submit", "close":
		return roomTitle
	case "button":
		return seenButton
	case "option", "rung":
		return seenOption
	case "label", "placeholder":
		return seenAsk
	}
	if name == "help" {
		return seenLong
	}
	return seenLine
}

func kind(name string) string {
	k, _, _ := strings.Cut(name, "-")
	return k
}

// samples are calls as people have them, and as nobody should.
var samples = []Data{
	sample,
	{Rung: ladder.Coach}, // a way that names a rung has one
	{Rep: "J", Deal: "X", Manager: "K", Plan: "y", Typed: "z", N: 1, Rung: ladder.HoldBack, Soon: true},
	{
		Rep: strings.Repeat("Ab ", 20), Deal: strings.Repeat("&", 300), Manager: strings.Repeat("W", 60),
		Plan: strings.Repeat("<!channel> ", 30), Typed: strings.Repeat("x", 3000), Rung: ladder.Listen,
		Who: strings.Repeat("W", 60), Reason: strings.Repeat("&", 300), Help: strings.Repeat("<", 300),
		Guess: strings.Repeat(">", 300), Learn: strings.Repeat("&", 300), Coached: strings.Repeat("Pricing, ", 40),
		Took: "31 December 2026",
	},
	{
		Rep: "دانا", Deal: "עסקה גדולה", Manager: "سام", Rung: ladder.TakeOver, Starts: "09:00", Ends: "09:30",
		Day: "today",
	},
	{
		Rep: "<!channel>", Deal: "*_~`{{.Rep}}", Manager: "<@U1>", Plan: "\u202Eabc\uE001<!here>",
		Typed: "\x00\xff\n\n", Rung: ladder.CoPilot,
	},
}

var sample = Data{
	Rep: "Dana", Deal: "Acme renewal", Manager: "Sam", Plan: "I'll let the silence work", Typed: "@dan",
	Rung: ladder.CoPilot, Starts: "9:00 AM", Ends: "9:30 AM", Day: "today", Until: "9:45 AM", Was: "8:41 AM", N: 30,
	Code: "E-4f2a", Mantra: "My job is to let my reps do theirs.", Who: "Priya", Reason: "The price is mine to give",
	Help: "Who signs at their side", Guess: "The price floor", Learn: "Asking for the next step", Took: "3 May",
	Coached: "Pricing",
}

// check parses everything, renders it with every sample, and says what is wrong.
func (w *Words) check() []error {
	var problems []error
	one := func(x *wording, most, glance int, mayLack bool) {
		if x == nil {
			return
		}
		if _, faults := x.parsed(); len(faults) > 0 {
			problems = append(problems, faults...)
			return
		}
		for i, d := range samples {
			limit := most
			if i == 0 {
				limit = min(most, glance)
			}
			first, second := text.Quoted("first"), text.Quoted("second")
			if i == 1 && mayLack { // a verdict that quotes one answer
				second = ""
			}
			if what := misfit(w.render(x, most, d, first, second), limit); what != "" {
				problems = append(problems, x.fault("%s", what))
				return
			}
		}
	}
	for _, name := range slices.Sorted(keys(w.texts)) {
		one(w.texts[name], room(name), seen(name), kind(name) == "says")
	}
	for _, q := range w.questions {
		one(q.Ask, roomAsk, seenAsk, false)
		for _, o := range q.Options {
			one(o.Text, roomOption, seenOption, false)
			one(o.Said, roomOption+longName, seenAsk, false)
		}
	}
	return problems
}

// misfit says what is wrong with a rendered text; "" if nothing.
func misfit(m text.Text, most int) string {
	s := m.Plain()
	escaped := m.Escape(strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace)
	switch n := utf8.RuneCountInString(s); {
	case m.Empty():
		return "nothing is left of it without names. Add words of its own"
	case n > most:
		return fmt.Sprintf("%d characters, at most %d fit. Shorten it", n, most)
	case utf8.RuneCountInString(escaped) > 3000:
		return "too long for Slack once < and & are escaped. Name people's words once only"
	}
	ours := m.Escape(func(string) string { return "x" })
	for _, hole := range []string{"  ", " .", " ,", "()", "**", "“”", " \n"} {
		if strings.Contains(ours, hole) {
			return fmt.Sprintf("a name that is missing leaves a hole (%q). Put it into {{if .…}} … {{end}}", hole)
		}
	}
	if strings.ContainsFunc(ours, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return "invisible characters. Type it again"
	}
	return ""
}
