package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/sandbox"
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

// TestLimits: each limit just kept, and just broken. What breaks it is named.
func TestLimits(t *testing.T) {
	option := func(n, value int) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(strings.Repeat("v", value), text(n), nil)
	}
	options := func(n int) (out []*slack.OptionBlockObject) {
		for i := range n {
			out = append(out, slack.NewOptionBlockObject(fmt.Sprint(i), text(1), nil))
		}
		return out
	}
	in := func(el slack.BlockElement) slack.ModalViewRequest {
		return modal(slack.NewInputBlock("b", text(1), nil, el))
	}
	button := func(change func(*slack.ButtonBlockElement)) slack.ModalViewRequest {
		b := slack.NewButtonBlockElement("a", "v", text(1))
		change(b)
		return modal(slack.NewActionBlock("b", b))
	}
	dividers := func(n int) (out []slack.Block) {
		for range n {
			out = append(out, slack.NewDividerBlock())
		}
		return out
	}
	home := func(blocks []slack.Block) slack.HomeTabViewRequest {
		return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
	}
	framed := func(change func(*slack.ModalViewRequest)) slack.ModalViewRequest {
		v := modal(slack.NewDividerBlock())
		change(&v)
		return v
	}
	for _, c := range []struct {
		name  string
		most  int
		where string
		of    func(n int) any
	}{
		{"title", 24, "title", func(n int) any { return framed(func(v *slack.ModalViewRequest) { v.Title = text(n) }) }},
		{"submit", 24, "submit", func(n int) any { return framed(func(v *slack.ModalViewRequest) { v.Submit = text(n) }) }},
		{"close", 24, "close", func(n int) any { return framed(func(v *slack.ModalViewRequest) { v.Close = text(n) }) }},
		{"callback_id", 255, "callback_id", func(n int) any { return framed(func(v *slack.ModalViewRequest) { v.CallbackID = letters(n) }) }},
		{"private_metadata", 3000, "private_metadata", func(n int) any {
			return framed(func(v *slack.ModalViewRequest) { v.PrivateMetadata = letters(n) })
		}},
		{"blocks of a modal", 100, "blocks", func(n int) any { return modal(dividers(n)...) }},
		{"blocks of Home", 100, "blocks", func(n int) any { return home(dividers(n)) }},
		{"blocks of a message", 50, "blocks", func(n int) any { return message{"t", dividers(n)} }},
		{"text of a message", 4000, "text", func(n int) any { return message{letters(n), dividers(1)} }},
		{"block_id", 255, "block_id", func(n int) any {
			return modal(slack.NewActionBlock(letters(n), slack.NewButtonBlockElement("a", "", text(1))))
		}},
		{"section", 3000, "text", func(n int) any { return modal(slack.NewSectionBlock(markup(n), nil, nil)) }},
		{"context", 3000, "text", func(n int) any { return modal(slack.NewContextBlock("", markup(n))) }},
		{"context elements", 10, "elements", func(n int) any {
			var el []slack.MixedElement
			for range n {
				el = append(el, markup(1))
			}
			return modal(slack.NewContextBlock("", el...))
		}},
		{"header", 150, "header", func(n int) any { return home([]slack.Block{slack.NewHeaderBlock(text(n))}) }},
		{"buttons in a row", 25, "elements", func(n int) any {
			var el []slack.BlockElement
			for i := range n {
				el = append(el, slack.NewButtonBlockElement(fmt.Sprint(i), "", text(1)))
			}
			return modal(slack.NewActionBlock("b", el...))
		}},
		{"button", 75, "button a", func(n int) any { return button(func(b *slack.ButtonBlockElement) { b.Text = text(n) }) }},
		{"button's value", 2000, "value of button a", func(n int) any { return button(func(b *slack.ButtonBlockElement) { b.Value = letters(n) }) }},
		{"action_id", 255, "action_id", func(n int) any { return button(func(b *slack.ButtonBlockElement) { b.ActionID = letters(n) }) }},
		{"accessory", 75, "button a", func(n int) any {
			return modal(slack.NewSectionBlock(markup(1), nil, slack.NewAccessory(slack.NewButtonBlockElement("a", "", text(n)))))
		}},
		{"label", 2000, "label", func(n int) any {
			return modal(slack.NewInputBlock("b", text(n), nil, slack.NewDatePickerBlockElement("a")))
		}},
		{"placeholder", 150, "placeholder", func(n int) any { return in(slack.NewPlainTextInputBlockElement(text(n), "a")) }},
		{"max_length", 3000, "max_length", func(n int) any {
			el := slack.NewPlainTextInputBlockElement(nil, "a")
			el.MaxLength = n
			return in(el)
		}},
		{"initial_value", 300, "initial_value", func(n int) any {
			el := slack.NewPlainTextInputBlockElement(nil, "a")
			el.MaxLength, el.InitialValue = 300, letters(n)
			return in(el)
		}},
		{"radio options", 10, "options", func(n int) any { return in(slack.NewRadioButtonsBlockElement("a", options(n)...)) }},
		{"select options", 100, "options", func(n int) any {
			return in(slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "a", options(n)...))
		}},
		{"option", 75, "option 1", func(n int) any { return in(slack.NewRadioButtonsBlockElement("a", option(n, 1))) }},
		{"option's value", 75, "value of option 1", func(n int) any { return in(slack.NewRadioButtonsBlockElement("a", option(1, n))) }},
		{"error", 500, "b-rep", func(n int) any { return fieldErrors{"b-rep": letters(n)} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if wrong, _ := misfitsOf(c.of(c.most)); len(wrong) > 0 {
				t.Errorf("%d: %+v", c.most, wrong)
			}
			wrong, _ := misfitsOf(c.of(c.most + 1))
			if len(wrong) != 1 || !strings.HasSuffix(wrong[0].where, c.where) {
				t.Fatalf("%d: %+v, want one misfit in %s", c.most+1, wrong, c.where)
			}
			if !strings.Contains(wrong[0].what, fmt.Sprint(c.most)) {
				t.Errorf("it does not say how much fits: %s", wrong[0].what)
			}
		})
	}
}

// TestLimitsOfBytes: the sizes on the wire, which no count of characters tells.
func TestLimitsOfBytes(t *testing.T) {
	sections := func(n int) (out []slack.Block) {
		for range 90 {
			out = append(out, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("€", n), false, true), nil, nil))
		}
		return out
	}
	fits := func(n int) bool {
		wrong, size := misfitsOf(modal(sections(n)...))
		if b, err := json.Marshal(modal(sections(n)...)); err != nil || len(b) != size {
			t.Errorf("%d bytes are taken for %d", len(b), size)
		}
		return len(wrong) == 0
	}
	n := 1
	for ; fits(n + 1); n++ {
		if n > 3000 {
			t.Fatal("everything fits")
		}
	}
	if b := size(modal(sections(n)...)); b > 250<<10 || b < 249<<10 {
		t.Errorf("the largest that fits has %d bytes", b)
	}
	if wrong, _ := misfitsOf(modal(sections(n + 1)...)); len(wrong) != 1 || !strings.Contains(wrong[0].what, "bytes") {
		t.Errorf("%+v", wrong)
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

// TestLimitsOfBuild: what is wrong with a view whatever its words.
func TestLimitsOfBuild(t *testing.T) {
	noSubmit := modal(slack.NewInputBlock("b", text(1), nil, slack.NewDatePickerBlockElement("a")))
	noSubmit.Submit = nil
	noTitle := modal(slack.NewDividerBlock())
	noTitle.Title = nil
	radio := slack.NewRadioButtonsBlockElement("a", slack.NewOptionBlockObject("v", text(1), nil))
	radio.InitialOption = slack.NewOptionBlockObject("v", text(2), nil)
	for name, v := range map[string]any{
		"inputs without submit": noSubmit,
		"no title":              noTitle,
		"no blocks":             modal(),
		"an empty text":         modal(slack.NewSectionBlock(markup(0), nil, nil)),
		"no text":               modal(slack.NewSectionBlock(nil, nil, nil)),
		"a block id twice": modal(
			slack.NewActionBlock("b", slack.NewButtonBlockElement("a", "", text(1))),
			slack.NewActionBlock("b", slack.NewButtonBlockElement("a", "", text(1)))),
		"an action id twice": modal(slack.NewActionBlock("b",
			slack.NewButtonBlockElement("a", "", text(1)), slack.NewButtonBlockElement("a", "", text(1)))),
		"a value twice": modal(slack.NewInputBlock("b", text(1), nil, slack.NewRadioButtonsBlockElement("a",
			slack.NewOptionBlockObject("v", text(1), nil), slack.NewOptionBlockObject("v", text(1), nil)))),
		"chosen what is not offered": modal(slack.NewInputBlock("b", text(1), nil, radio)),
		"a block nobody knows":       modal(slack.NewImageBlock("https://x.example/y.png", "y", "", nil)),
		"an element nobody knows":    modal(slack.NewInputBlock("b", text(1), nil, slack.NewDateTimePickerBlockElement("a"))),
		"an unknown accessory": modal(slack.NewSectionBlock(markup(1), nil, slack.NewAccessory(
			slack.NewOverflowBlockElement("a", slack.NewOptionBlockObject("v", text(1), nil))))),
	} {
		if wrong, _ := misfitsOf(v); len(wrong) != 1 {
			t.Errorf("%s: %+v", name, wrong)
		}
	}
}

// TestFit: what is too long all the same is shortened and not refused; what fits is left alone.
func TestFit(t *testing.T) {
	long := modal(
		slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("&amp;", 700), false, true), nil, nil),
		slack.NewActionBlock("b", slack.NewButtonBlockElement("a", "", text(80))),
		slack.NewSectionBlock(markup(0), nil, nil))
	long.Title = text(30)
	got := fitView(long)
	if wrong, _ := misfitsOf(got); len(wrong) > 0 {
		t.Errorf("still too long: %+v", wrong)
	}
	first := got.Blocks.BlockSet[0].(*slack.SectionBlock).Text.Text
	if !strings.HasSuffix(first, "&amp;…") {
		t.Errorf("an escaped letter was cut in two: …%q", first[len(first)-12:])
	}
	for _, d := range gallery(testWords(t), longest(testWords(t))) {
		v, ok := d.what.(slack.ModalViewRequest)
		if !ok {
			continue
		}
		before := string(shownJSON(t, v))
		if after := string(shownJSON(t, fitView(v))); after != before {
			t.Errorf("%s was shortened:\n%s\n%s", d.name, before, after)
		}
	}
}

// TestShippedWordsFit, and quickly: all views are drawn before the first connection.
func TestShippedWordsFit(t *testing.T) {
	words := testWords(t)
	began := time.Now()
	big, err := checkWords(words)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("checked in %v; not in an acknowledgement: %v", time.Since(began), big)
	if len(big) > 0 {
		t.Error("with shipped words every answer fits into its acknowledgement")
	}
	for _, c := range []cast{longest(words), stage(t)} {
		for _, d := range append(gallery(words, c), crowdedHome(words, c)) {
			if _, n := misfitsOf(d.what); n < size(d.what) {
				t.Errorf("%s has %d bytes, and is taken to have %d", d.name, size(d.what), n)
			}
		}
	}
}

func BenchmarkCheckWords(b *testing.B) {
	words := testWords(b)
	for b.Loop() {
		if _, err := checkWords(words); err != nil {
			b.Fatal(err)
		}
	}
}

// TestWordsThatDoNotFit: wordings that each pass when they are read, and that a screen makes
// too long. The bot does not start with them, and says what to shorten.
func TestWordsThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		texts string
		want  []string
	}{
		"a day": {
			`{{define "title-card"}}The call{{if .Day}} {{.Day}} {{.Starts}}{{end}}{{end}}`,
			[]string{`"status", title: 25 characters, 24 fit of title-card ("The call Wed 30 Sep 23:30")`},
		},
		"a day in words": {
			`{{define "day-tomorrow"}}tomorrow, the day that comes right after the one of today{{end}}
{{define "button-change"}}Change day and hour{{if .Day}} ({{.Day}}){{end}}{{end}}`,
			[]string{`"call", b-change, button change: `, "75 fit of button-change"},
		},
		"names that are escaped": {
			`{{define "card-hold-back"}}` + strings.Repeat("{{.Rep}} ", 9) + `leads{{end}}`,
			[]string{"3000 fit of card-hold-back", "&amp;"},
		},
		"two of them": {
			`{{define "title-card"}}The call{{if .Day}} {{.Day}} {{.Starts}}{{end}}{{end}}
{{define "title-now"}}On a call{{if .Day}}: {{.Day}} {{.Ends}}{{end}}{{end}}`,
			[]string{"title-card", "title-now", "; "},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Config{Store: noStore{}, Live: Live{Words: reworded(t, c.texts)}})
			var setup *Setup
			if !errors.As(err, &setup) {
				t.Fatalf("the bot starts with them: %v", err)
			}
			t.Log(setup)
			for _, want := range c.want {
				if !strings.Contains(setup.Error(), want) {
					t.Errorf("no %q in %q", want, setup)
				}
			}
			if !strings.Contains(setup.Remedy, "wording") {
				t.Errorf("the remedy %q", setup.Remedy)
			}
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
	var log strings.Builder
	debug := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if _, err := New(Config{Store: noStore{}, Live: Live{Words: words}, Log: debug}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "facts-again:") || !strings.Contains(log.String(), "why:") {
		t.Errorf("not said at the start: %s", &log)
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
			do(r.ws.Act(r.t.Context(), who["sam"], sandbox.Place{View: open[len(open)-1].ID}, block(string(q)), string(q), sandbox.Value{Option: o}))
		}
		// The same call a second time leads back to its facts, with a line above them.
		deal := "R" + strings.Repeat("&", maxDeal-1)
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
		if len(facts) != 1 || facts[0].Callback != string(factsScreen) {
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
		deal = "S" + strings.Repeat("&", maxDeal-1)
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
