package view

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges/ladder"
	"stepin/nudges/words"
)

// What the platform takes (docs.slack.dev/reference/block-kit and /views). Characters are counted as they are sent,
// so after escaping; beyond any of these it refuses the whole view or message.
const (
	maxTitle   = 24  // of a view, its submit and its close
	maxHeader  = 150 // characters
	maxSection = 3000
	maxLabel   = 2000 // of an input, as its hint
	maxHolder  = 150
	maxButton  = 75
	maxOption  = 75
	maxInput   = 3000
	maxText    = 4000 // of a message, beside its blocks
	// MaxAck is the largest payload in an acknowledgement: Slack drops those of 20 KB and more
	// without a word (docs.slack.dev/apis/events-api/using-socket-mode).
	MaxAck = 16 << 10
	// maxError is ours: a field's error is one sentence, and four of them fit into an
	// acknowledgement whatever their letters.
	maxError = 500
)

// Size is how many bytes something has on the wire.
func Size(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 1 << 30
	}
	return len(b)
}

// fit shortens what is too long for Slack: somebody who sees a shortened text is better off
// than somebody who sees nothing.
func fit(blocks []slack.Block) []slack.Block {
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.SectionBlock:
			fitText(b.Text, maxSection)
			if a := b.Accessory; a != nil && a.ButtonElement != nil {
				fitElement(a.ButtonElement)
			} else if a != nil && a.RadioButtonsElement != nil {
				fitElement(a.RadioButtonsElement)
			} else if a != nil && a.SelectElement != nil {
				fitElement(a.SelectElement)
			}
		case *slack.InputBlock:
			fitText(b.Label, maxLabel)
			fitText(b.Hint, maxLabel)
			fitElement(b.Element)
		case *slack.ActionBlock:
			for _, el := range b.Elements.ElementSet {
				fitElement(el)
			}
		case *slack.ContextBlock:
			for _, el := range b.ContextElements.Elements {
				if t, ok := el.(*slack.TextBlockObject); ok {
					fitText(t, maxSection)
				}
			}
		case *slack.HeaderBlock:
			fitText(b.Text, maxHeader)
		}
	}
	return blocks
}

func fitElement(el slack.BlockElement) {
	var options []*slack.OptionBlockObject
	switch el := el.(type) {
	case *slack.ButtonBlockElement:
		fitText(el.Text, maxButton)
	case *slack.RadioButtonsBlockElement:
		options = el.Options
	case *slack.CheckboxGroupsBlockElement:
		options = el.Options
	case *slack.SelectBlockElement:
		fitText(el.Placeholder, maxHolder)
		options = el.Options
	case *slack.OverflowBlockElement:
		options = el.Options
	case *slack.PlainTextInputBlockElement:
		fitText(el.Placeholder, maxHolder)
	}
	for _, o := range options {
		fitText(o.Text, maxOption)
	}
}

func fitText(t *slack.TextBlockObject, most int) {
	if t != nil {
		t.Text = cut(t.Text, most)
	}
}

// fitModal is fit for a modal and its frame.
func fitModal(v slack.ModalViewRequest) slack.ModalViewRequest {
	for _, t := range []*slack.TextBlockObject{v.Title, v.Submit, v.Close} {
		fitText(t, maxTitle)
	}
	fit(v.Blocks.BlockSet)
	return v
}

// FitMessage is fit for a message and its notification.
func FitMessage(m Message) Message {
	m.Text = cut(m.Text, maxText)
	fit(m.Blocks)
	return m
}

// Overlong names the texts that Slack would take only shortened, with the longest names and
// inputs that people can have. Each letter takes five once it is escaped.
func Overlong(w *words.Words) (out []string) {
	long := func(n int) string { return strings.Repeat("&", n) }
	d := words.Data{
		Rep: long(80), Manager: long(80), Who: long(80), Typed: long(80), Deal: long(form.MaxDeal),
		Plan: long(form.MaxPlan), Reason: long(form.MaxPlan), Help: long(form.MaxPlan), Guess: long(form.MaxPlan),
		Learn: long(form.MaxPlan), Coached: long(maxOption),
		Starts: "11:30 PM", Ends: "12:00 AM", Until: "12:15 AM", Was: "11:30 PM", Took: "30 Sep", Day: "Wed 30 Sep",
		Code: "E-4f2a", Rung: ladder.TakeOver, N: 120,
	}
	for _, name := range []string{"day-today", "day-tomorrow"} {
		if s := w.Text(name, words.Data{}).Plain(); utf8.RuneCountInString(s) > utf8.RuneCountInString(d.Day) {
			d.Day = s
		}
	}
	for _, name := range words.Names() {
		m, most := w.Text(name, d), maxSection
		s := m.Plain()
		switch kind, _, _ := strings.Cut(name, "-"); kind {
		case "title", "submit", "close":
			most = maxTitle
		case "button":
			most = maxButton
		case "option", "rung":
			most = maxOption
		case "placeholder":
			most = maxHolder
		case "label":
			most = maxLabel
		default:
			s = fallback(m)
		}
		if n := utf8.RuneCountInString(s); n > most {
			out = append(out, fmt.Sprintf("%s: %d characters, %d fit (%q)", name, n, most, cut(s, 40)))
		}
	}
	return out
}
