package view

import (
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"stepin/bot/form"
)

func letters(n int) string { return strings.Repeat("é", n) } // two bytes, one character

func textOf(n int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, letters(n), false, false)
}

func markup(n int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, letters(n), false, true)
}

func modal(blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{Type: slack.VTModal, Title: textOf(5), Submit: textOf(5), Close: textOf(5), Blocks: slack.Blocks{BlockSet: blocks}}
}

// TestFit: each text at its limit is left alone, and one character more is cut to the limit.
func TestFit(t *testing.T) {
	options := func(n int) *slack.OptionBlockObject { return slack.NewOptionBlockObject("v", textOf(n), nil) }
	in := func(el slack.BlockElement) slack.ModalViewRequest {
		return modal(slack.NewInputBlock("b", textOf(1), nil, el))
	}
	button := func(n int) *slack.ButtonBlockElement { return slack.NewButtonBlockElement("a", "v", textOf(n)) }
	boxes := func(n int) slack.BlockElement { return slack.NewCheckboxGroupsBlockElement("a", options(n)) }
	radio := func(n int) *slack.RadioButtonsBlockElement {
		return slack.NewRadioButtonsBlockElement("a", options(n))
	}
	list := func(holder, option int) *slack.SelectBlockElement {
		return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, textOf(holder), "a", options(option))
	}
	beside := func(el slack.BlockElement) slack.ModalViewRequest {
		return modal(slack.NewSectionBlock(markup(1), nil, slack.NewAccessory(el)))
	}
	framed := func(change func(*slack.ModalViewRequest)) slack.ModalViewRequest {
		v := modal(slack.NewDividerBlock())
		change(&v)
		return v
	}
	for name, c := range map[string]struct {
		most int
		of   func(n int) slack.ModalViewRequest
	}{
		"title": {24, func(n int) slack.ModalViewRequest {
			return framed(func(v *slack.ModalViewRequest) { v.Title = textOf(n) })
		}},
		"submit": {24, func(n int) slack.ModalViewRequest {
			return framed(func(v *slack.ModalViewRequest) { v.Submit = textOf(n) })
		}},
		"close": {24, func(n int) slack.ModalViewRequest {
			return framed(func(v *slack.ModalViewRequest) { v.Close = textOf(n) })
		}},
		"section":     {3000, func(n int) slack.ModalViewRequest { return modal(slack.NewSectionBlock(markup(n), nil, nil)) }},
		"context":     {3000, func(n int) slack.ModalViewRequest { return modal(slack.NewContextBlock("", markup(n))) }},
		"header":      {150, func(n int) slack.ModalViewRequest { return modal(slack.NewHeaderBlock(textOf(n))) }},
		"button":      {75, func(n int) slack.ModalViewRequest { return modal(slack.NewActionBlock("b", button(n))) }},
		"accessory":   {75, func(n int) slack.ModalViewRequest { return beside(button(n)) }},
		"radio":       {75, func(n int) slack.ModalViewRequest { return in(radio(n)) }},
		"radio aside": {75, func(n int) slack.ModalViewRequest { return beside(radio(n)) }},
		"box":         {75, func(n int) slack.ModalViewRequest { return in(boxes(n)) }},
		"menu":        {75, func(n int) slack.ModalViewRequest { return in(list(1, n)) }},
		"menu aside":  {75, func(n int) slack.ModalViewRequest { return beside(list(1, n)) }},
		"menu's hint": {150, func(n int) slack.ModalViewRequest { return in(list(n, 1)) }},
		"placeholder": {150, func(n int) slack.ModalViewRequest { return in(slack.NewPlainTextInputBlockElement(textOf(n), "a")) }},
		"label": {2000, func(n int) slack.ModalViewRequest {
			return modal(slack.NewInputBlock("b", textOf(n), nil, slack.NewDatePickerBlockElement("a")))
		}},
		"hint": {2000, func(n int) slack.ModalViewRequest {
			return modal(slack.NewInputBlock("b", textOf(1), textOf(n), slack.NewDatePickerBlockElement("a")))
		}},
	} {
		fits := string(shownJSON(t, c.of(c.most)))
		if got := string(shownJSON(t, fitModal(c.of(c.most)))); got != fits {
			t.Errorf("%s: %d characters were cut", name, c.most)
		}
		want := strings.Replace(fits, letters(c.most), letters(c.most-1)+"…", 1)
		if got := string(shownJSON(t, fitModal(c.of(c.most+1)))); got != want {
			t.Errorf("%s: %d characters were not cut to %d", name, c.most+1, c.most)
		}
	}
	m := FitMessage(Message{letters(4001), []slack.Block{slack.NewSectionBlock(markup(3001), nil, nil)}})
	if m.Text != letters(3999)+"…" || m.Blocks[0].(*slack.SectionBlock).Text.Text != letters(2999)+"…" {
		t.Errorf("a message with %d and %d bytes", len(m.Text), len(m.Blocks[0].(*slack.SectionBlock).Text.Text))
	}
}

// TestFitWhole: nothing that was escaped is cut in two, and nothing stays empty.
func TestFitWhole(t *testing.T) {
	got := fit([]slack.Block{
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("&amp;", 700), false, true), nil, nil),
		slack.NewSectionBlock(markup(0), nil, nil),
	})
	if text := got[0].(*slack.SectionBlock).Text.Text; !strings.HasSuffix(text, "&amp;…") {
		t.Errorf("an escaped letter was cut in two: …%q", text[len(text)-12:])
	}
	if got[1].(*slack.SectionBlock).Text.Text == "" {
		t.Error("an empty text, which Slack refuses")
	}
}

// TestShippedWordsFit: whatever the names, no shipped text is cut and every answer fits into its acknowledgement. What else Slack refuses, TestViewsAreTaken finds.
func TestShippedWordsFit(t *testing.T) {
	words := shippedWords(t)
	if long := Overlong(words); len(long) > 0 {
		t.Errorf("check would tell of %q", long)
	}
	var all []sample
	for _, c := range sampleCalls(t) {
		all = append(append(all, samples(words, c)...), fullHome(words, c))
	}
	for _, d := range all {
		before, acknowledges := string(shownJSON(t, d.what)), true
		switch v := d.what.(type) {
		case slack.ModalViewRequest:
			d.what = fitModal(v)
			acknowledges = form.Screen(v.CallbackID) != form.LogScreen && form.Screen(v.CallbackID) != form.LearningScreen // only a button opens these
		case slack.HomeTabViewRequest:
			fit(v.Blocks.BlockSet)
			acknowledges = false
		case Message:
			d.what = FitMessage(v)
		case FieldErrors:
			for id, s := range v {
				if strings.HasSuffix(s, "…") {
					t.Errorf("%s, %s was cut: %s", d.name, id, s)
				}
			}
		case File:
			acknowledges = false
		}
		if after := string(shownJSON(t, d.what)); after != before {
			t.Errorf("%s was shortened:\n%s\n%s", d.name, before, after)
		}
		if n := Size(d.what); acknowledges && n > MaxAck {
			t.Errorf("%s has %d bytes", d.name, n)
		}
	}
	// Four errors of the longest fit into an acknowledgement, whatever their letters.
	worst := FieldErrors{}
	for _, id := range []string{"b-P1", "b-P2", "b-P3", "b-why_not"} {
		worst[id] = strings.Repeat("&", maxError)
	}
	if n := Size(slack.NewErrorsViewSubmissionResponse(worst)); n > MaxAck {
		t.Errorf("%d bytes of errors", n)
	}
}

// TestWordsThatDoNotFit: wordings that each pass when they are read, and that a name or a day makes too long.
// They are cut when they are sent, and check says so.
func TestWordsThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		texts string
		want  []string
	}{
		"a day": {
			`{{define "title-card"}}The call{{if .Day}} {{.Day}} {{.Starts}}{{end}}{{end}}`,
			[]string{`title-card: 28 characters, 24 fit ("The call Wed 30 Sep 11:30 PM")`},
		},
		"a day in words": {
			`{{define "day-tomorrow"}}tomorrow, the day that comes right after the one of today{{end}}
{{define "button-change"}}Change day and hour{{if .Day}} ({{.Day}}){{end}}{{end}}`,
			[]string{"button-change: ", "75 fit"},
		},
		"names that are escaped": {
			`{{define "card-hold-back"}}` + strings.Repeat("{{.Rep}} ", 9) + `leads{{end}}`,
			[]string{"card-hold-back: ", "3000 fit", "&amp;"},
		},
		"two of them": {
			`{{define "title-card"}}The call{{if .Day}} {{.Day}} {{.Starts}}{{end}}{{end}}
{{define "title-now"}}On a call{{if .Day}}: {{.Day}} {{.Ends}}{{end}}{{end}}`,
			[]string{"title-card", "title-now"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			words := reworded(t, c.texts)
			said := strings.Join(Overlong(words), "; ")
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in %q", want, said)
				}
			}
			taken(t, words, longest(words))
		})
	}
}
