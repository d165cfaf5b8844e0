package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges"
)

func letters(n int) string { return strings.Repeat("é", n) } // two bytes, one character

func text(n int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, letters(n), false, false)
}

func markup(n int) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, letters(n), false, true)
}

func modal(blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{Type: slack.VTModal, Title: text(5), Submit: text(5), Close: text(5), Blocks: slack.Blocks{BlockSet: blocks}}
}

// TestFit: each text at its limit is left alone, and one character more is cut to the limit.
func TestFit(t *testing.T) {
	options := func(n int) *slack.OptionBlockObject { return slack.NewOptionBlockObject("v", text(n), nil) }
	in := func(el slack.BlockElement) slack.ModalViewRequest {
		return modal(slack.NewInputBlock("b", text(1), nil, el))
	}
	button := func(n int) *slack.ButtonBlockElement { return slack.NewButtonBlockElement("a", "v", text(n)) }
	boxes := func(n int) slack.BlockElement { return slack.NewCheckboxGroupsBlockElement("a", options(n)) }
	radio := func(n int) *slack.RadioButtonsBlockElement {
		return slack.NewRadioButtonsBlockElement("a", options(n))
	}
	list := func(holder, option int) *slack.SelectBlockElement {
		return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, text(holder), "a", options(option))
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
			return framed(func(v *slack.ModalViewRequest) { v.Title = text(n) })
		}},
		"submit": {24, func(n int) slack.ModalViewRequest {
			return framed(func(v *slack.ModalViewRequest) { v.Submit = text(n) })
		}},
		"close": {24, func(n int) slack.ModalViewRequest {
			return framed(func(v *slack.ModalViewRequest) { v.Close = text(n) })
		}},
		"section":     {3000, func(n int) slack.ModalViewRequest { return modal(slack.NewSectionBlock(markup(n), nil, nil)) }},
		"context":     {3000, func(n int) slack.ModalViewRequest { return modal(slack.NewContextBlock("", markup(n))) }},
		"header":      {150, func(n int) slack.ModalViewRequest { return modal(slack.NewHeaderBlock(text(n))) }},
		"button":      {75, func(n int) slack.ModalViewRequest { return modal(slack.NewActionBlock("b", button(n))) }},
		"accessory":   {75, func(n int) slack.ModalViewRequest { return beside(button(n)) }},
		"radio":       {75, func(n int) slack.ModalViewRequest { return in(radio(n)) }},
		"radio aside": {75, func(n int) slack.ModalViewRequest { return beside(radio(n)) }},
		"box":         {75, func(n int) slack.ModalViewRequest { return in(boxes(n)) }},
		"menu":        {75, func(n int) slack.ModalViewRequest { return in(list(1, n)) }},
		"menu aside":  {75, func(n int) slack.ModalViewRequest { return beside(list(1, n)) }},
		"menu's hint": {150, func(n int) slack.ModalViewRequest { return in(list(n, 1)) }},
		"placeholder": {150, func(n int) slack.ModalViewRequest { return in(slack.NewPlainTextInputBlockElement(text(n), "a")) }},
		"label": {2000, func(n int) slack.ModalViewRequest {
			return modal(slack.NewInputBlock("b", text(n), nil, slack.NewDatePickerBlockElement("a")))
		}},
		"hint": {2000, func(n int) slack.ModalViewRequest {
			return modal(slack.NewInputBlock("b", text(1), text(n), slack.NewDatePickerBlockElement("a")))
		}},
	} {
		fits := string(shownJSON(t, c.of(c.most)))
		if got := string(shownJSON(t, fitView(c.of(c.most)))); got != fits {
			t.Errorf("%s: %d characters were cut", name, c.most)
		}
		want := strings.Replace(fits, letters(c.most), letters(c.most-1)+"…", 1)
		if got := string(shownJSON(t, fitView(c.of(c.most+1)))); got != want {
			t.Errorf("%s: %d characters were not cut to %d", name, c.most+1, c.most)
		}
	}
	m := fitMessage(message{letters(4001), []slack.Block{slack.NewSectionBlock(markup(3001), nil, nil)}})
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
	words := testWords(t)
	if long := overlong(words); len(long) > 0 {
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
			d.what = fitView(v)
			acknowledges = form.Screen(v.CallbackID) != form.LogScreen && form.Screen(v.CallbackID) != form.LearningScreen // only a button opens these
		case slack.HomeTabViewRequest:
			fit(v.Blocks.BlockSet)
			acknowledges = false
		case message:
			d.what = fitMessage(v)
		case fieldErrors:
			for id, s := range v {
				if n := len([]rune(s)); n > maxError {
					t.Errorf("%s, %s: %d characters", d.name, id, n)
				}
			}
		case exportFile:
			acknowledges = false
		}
		if after := string(shownJSON(t, d.what)); after != before {
			t.Errorf("%s was shortened:\n%s\n%s", d.name, before, after)
		}
		if n := size(d.what); acknowledges && n > maxAck {
			t.Errorf("%s has %d bytes", d.name, n)
		}
	}
	// Four errors of the longest fit into an acknowledgement, whatever their letters.
	worst := fieldErrors{}
	for _, id := range []string{"b-P1", "b-P2", "b-P3", "b-why_not"} {
		worst[id] = strings.Repeat("&", maxError)
	}
	if n := size(slack.NewErrorsViewSubmissionResponse(worst)); n > maxAck {
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
			[]string{`title-card: 25 characters, 24 fit ("The call Wed 30 Sep 23:30")`},
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
			if _, err := New(Config{Store: noStore{}, Live: Live{Words: words}}); err != nil {
				t.Errorf("the bot does not start with them: %v", err)
			}
			said := strings.Join(overlong(words), "; ")
			for _, want := range c.want {
				if !strings.Contains(said, want) {
					t.Errorf("no %q in %q", want, said)
				}
			}
			taken(t, words, longest(words))
		})
	}
}

type noStore struct{ nudges.Store }

// TestBigAnswers: with long words the facts are too big for an acknowledgement. A small view
// is acknowledged with, and the facts follow; so does the table of /stepin why.
func TestBigAnswers(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// An & takes six bytes on the wire, and ten where it is escaped.
	var questions strings.Builder
	for _, q := range append([]nudges.QuestionID{nudges.QFor}, nudges.Facts...) {
		fmt.Fprintf(&questions, "%s:\n  ask: \"%s %s {{.Deal}}\"\n  options:\n", q, q, strings.Repeat("&", 40))
		for i, o := range testWords(t).Question(q, nudges.Data{}).Options {
			fmt.Fprintf(&questions, "    %q: {text: \"%d%s{{.Deal}}\"}\n", o.ID, i+1, strings.Repeat("&", 30))
		}
	}
	put("questions.yaml", questions.String())
	long := strings.Repeat("&", 240)
	put("texts.tmpl", `{{define "why-when"}}{{.First}} `+long+`{{end}}
{{define "why-lead"}}The table `+long+`{{end}}
{{define "notice-again"}}Again `+long+`{{end}}
{{define "why-ups"}}{{.First}}{{end}}
{{define "why-blanks"}}`+long+`{{end}}
{{define "why-estimate"}}The end `+long+`{{end}}`)
	words, err := nudges.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.words = words
		r.start()
		sam := r.as("sam")
		do := func(err error) {
			r.t.Helper()
			if err != nil {
				r.t.Fatalf("%v\n%s", err, r.log)
			}
			r.settle()
		}
		submit := func() {
			r.t.Helper()
			errs, err := sam.Submit()
			if len(errs) > 0 {
				r.t.Fatal(errs)
			}
			do(err)
		}
		tap := func(q nudges.QuestionID, o string) {
			r.t.Helper()
			open := r.ws.Modals(who["sam"])
			do(r.ws.Act(r.t.Context(), who["sam"], hands.Place{View: open[len(open)-1].ID}, form.Block(string(q)), string(q), hands.Value{Option: o}))
		}
		// The same call a second time leads back to its facts, with a line above them.
		deal := "R" + strings.Repeat("&", form.MaxDeal-1)
		do(sam.Types("/stepin @Dana " + deal))
		submit()
		tap(nudges.Q7, "asked")
		do(sam.Close())
		do(sam.Types("/stepin @Lior another"))
		do(sam.Press("Change"))
		do(sam.Fill("Whose call is it?", "Dana"))
		do(sam.Fill("Which deal or call?", deal))
		before := len(r.ws.Calls())
		submit()
		var methods []string
		for _, c := range r.ws.Calls()[before:] {
			methods = append(methods, c.Method)
			if c.Method == "ack" && (len(c.Args) > maxAck || !strings.Contains(string(c.Args), "One moment.")) {
				t.Errorf("acknowledged with %d bytes: %.200s", len(c.Args), c.Args)
			}
			if c.Method == "views.update" && (len(c.Args) <= maxAck || !strings.Contains(string(c.Args), "b-P7")) {
				t.Errorf("updated with %d bytes: %.200s", len(c.Args), c.Args)
			}
		}
		if !slices.Contains(methods, "ack") || !slices.Contains(methods, "views.update") {
			t.Errorf("on the wire: %v", methods)
		}
		// The window that came so is as good as any.
		facts := r.ws.Modals(who["sam"])
		if len(facts) != 1 || facts[0].Callback != string(form.FactsScreen) {
			r.t.Fatalf("the person sees\n%s", sam.Reads())
		}
		tap(nudges.QFor, "listen")
		submit()
		if now := sam.Reads(); !strings.Contains(now, "I'd listen silently") {
			t.Errorf("after the facts the person sees\n%s", now)
		}
		if got := r.stored("sam"); len(got) != 1 || got[0].Answers[nudges.QFor] != "listen" {
			t.Errorf("stored: %+v", got)
		}
		do(sam.Press("I'll hold back"))
		do(sam.Close())

		// Where the facts do not come, there is a way to them.
		deal = "S" + strings.Repeat("&", form.MaxDeal-1)
		do(sam.Types("/stepin @Dana " + deal))
		submit()
		tap(nudges.Q7, "asked")
		do(sam.Close())
		do(sam.Types("/stepin @Lior another"))
		do(sam.Press("Change"))
		do(sam.Fill("Whose call is it?", "Dana"))
		do(sam.Fill("Which deal or call?", deal))
		r.ws.Fail(sandbox.Fault{Method: "views.update", Count: 2, Kind: sandbox.ServerError})
		submit()
		do(sam.Close())
		sam = sam.In(sam.DM())
		do(sam.Press("Open"))
		if now := sam.Reads(); !strings.Contains(now, "for &&&") {
			t.Errorf("behind the button the person sees\n%.100s", now)
		}
		do(sam.Close())

		before = len(r.ws.Calls())
		do(sam.Types("/stepin why"))
		methods = nil
		for _, c := range r.ws.Calls()[before:] {
			methods = append(methods, c.Method)
		}
		if slices.Sort(methods); !slices.Equal(methods, []string{"ack", "response_url"}) { // in any order
			t.Errorf("on the wire: %v", methods)
		}
		if now := sam.Reads(); !strings.Contains(now, "The table") || !strings.Contains(now, "The end") {
			t.Errorf("of the table the person sees\n%s", now)
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
	})
}
