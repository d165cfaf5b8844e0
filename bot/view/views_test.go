package view

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// stage is the call that the golden files are about: four minutes before nine in Berlin.
func stage(tb testing.TB) sampleCall {
	tb.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Date(2026, 3, 4, 8, 56, 0, 0, berlin)
	return sampleCall{
		manager: "Sam", rep: "Dana", deal: "Acme renewal", plan: "If it goes quiet, I'll sip my tea.",
		who: "Priya", words: "The price floor is mine to give", skill: "Pricing",
		zone: berlin, now: now, starts: now.Add(4 * time.Minute),
	}
}

// shownJSON is what goes over the wire, to be read and to be pasted into Block Kit Builder.
func shownJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		tb.Fatal(err)
	}
	return append([]byte(strings.NewReplacer(`\u0026`, "&", `\u003c`, "<", `\u003e`, ">").Replace(out.String())), '\n')
}

// TestViews compares everything that the bot can show with testdata/views.
func TestViews(t *testing.T) {
	const dir = "testdata/views"
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	known := map[string]bool{}
	for _, d := range samples(shippedWords(t), stage(t)) {
		file := d.name + ".json"
		if known[file] {
			t.Errorf("two drawings are called %s", d.name)
		}
		known[file] = true
		got := shownJSON(t, d.what)
		if *update {
			if err := os.WriteFile(filepath.Join(dir, file), got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s differs. Read the change as the person would, then run the test with -update\n%s", file, got)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("nothing is drawn for %s. Run the test with -update", f.Name())
		}
	}
}

// blocksOf are the blocks of a sample; nil if it has none.
func blocksOf(d sample) []slack.Block {
	switch v := d.what.(type) {
	case slack.ModalViewRequest:
		return v.Blocks.BlockSet
	case slack.HomeTabViewRequest:
		return v.Blocks.BlockSet
	case Message:
		return v.Blocks
	}
	return nil
}

// buttonsOf are the buttons of a sample, from the top.
func buttonsOf(d sample) (out []*slack.ButtonBlockElement) {
	for _, b := range blocksOf(d) {
		switch b := b.(type) {
		case *slack.ActionBlock:
			for _, el := range b.Elements.ElementSet {
				if button, ok := el.(*slack.ButtonBlockElement); ok {
					out = append(out, button)
				}
			}
		case *slack.SectionBlock:
			if b.Accessory != nil && b.Accessory.ButtonElement != nil {
				out = append(out, b.Accessory.ButtonElement)
			}
		}
	}
	return out
}

// askedIn are the screens on which the rep has asked for a step, and its button.
var askedIn = map[string]string{
	"facts-asked-join": "Join, Dana leads", "facts-asked-coach": "Coach Dana", "facts-asked-in": "Join, Dana leads",
	"verdict-rep-whole": "Join, Dana leads", "verdict-rep-whole-alone": "Join, Dana leads",
	"verdict-rep-co-pilot": "Join, Dana leads", "verdict-rep-co-pilot-alone": "Join, Dana leads",
	"verdict-rep-open": "Join, Dana leads", "verdict-rep-open-alone": "Join, Dana leads",
	"verdict-rep-listen": "Listen in", "verdict-rep-listen-alone": "Listen in", "now-answered": "Join, Dana leads",
}

// TestViewsEasiestFirst: what the rep asked for, else holding back, is the first thing that can be done on every screen
// of the pause, and it alone stands out. Holding back is always there, and asking the rep until they have spoken.
func TestViewsEasiestFirst(t *testing.T) {
	n := 0
	for _, d := range samples(shippedWords(t), stage(t)) {
		v, ok := d.what.(slack.ModalViewRequest)
		if !ok {
			continue
		}
		buttons := slices.DeleteFunc(buttonsOf(d), func(b *slack.ButtonBlockElement) bool {
			return b.ActionID == form.ActChange || b.ActionID == form.ActNowCall // beside the line of the call, and smaller
		})
		var labels []string
		for i, b := range buttons {
			labels = append(labels, b.Text.Text)
			if b.Style == slack.StylePrimary && i > 0 && form.Screen(v.CallbackID) != form.WordsScreen {
				t.Errorf("%s: button %d, %q, has style %q", d.name, i+1, b.Text.Text, b.Style)
			}
		}
		want := []string{"I'll hold back", "Ask Dana first"}
		if strings.HasSuffix(d.name, "-nobody") || d.name == "fields" {
			want[1] = "Ask your rep first"
		}
		if first, asked := askedIn[d.name]; asked {
			want = slices.Insert(want, 0, first)
		}
		if d.name == "facts-asked-join" || d.name == "facts-asked-coach" { // in the rep's own word
			want = want[:2]
		}
		switch form.Screen(v.CallbackID) {
		case form.CallScreen, form.FieldsScreen, form.FactsScreen, form.LaterScreen, form.VerdictScreen:
		case form.NowScreen:
			want = want[:len(want)-1]
		default:
			continue
		}
		n++
		if buttons[0].Style != slack.StylePrimary {
			t.Errorf("%s: the first button does not stand out", d.name)
		}
		if !slices.Equal(labels, want) {
			t.Errorf("%s has the buttons %q, want %q", d.name, labels, want)
		}
		// Nothing that can be tapped stands above them.
		for _, b := range v.Blocks.BlockSet {
			if _, input := b.(*slack.InputBlock); input {
				t.Errorf("%s: a field stands above the buttons", d.name)
			}
			if b.ID() == "b-easiest" {
				break
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d screens of a pause are drawn", n)
	}
}

// TestViewsANewWordComesFirst: on the card of a manager who joins, what the rep has said since stands before the offer to
// tell them.
func TestViewsANewWordComesFirst(t *testing.T) {
	c := stage(t)
	for answer, want := range map[nudges.WordAnswer]string{"": form.ActTell, nudges.GotThis: form.ActHold, nudges.CoachMe: form.ActCoaching} {
		r := nudges.Begin("R1", nudges.ByPause, sampleManager, sampleRep, c.deal, c.now.Add(time.Hour), time.Hour, c.now).Request
		r.Decision = nudges.Decided(ladder.CoPilot)
		r.Word = nudges.Word{State: nudges.WordGiven, Answer: answer, Unanswered: answer != ""}
		first := c.scene(shippedWords(t), r, sampleManager).cardButtons()[0]
		if first.ActionID != want || first.Style != slack.StylePrimary {
			t.Errorf("%q: the first button is %s, want %s", answer, first.ActionID, want)
		}
	}
}

// TestViewsNowSaysWhoIsTold: before a take-over that waits for nobody, and not once it is agreed to.
func TestViewsNowSaysWhoIsTold(t *testing.T) {
	c := stage(t)
	for state, want := range map[nudges.GrantState]bool{nudges.NoGrant: true, nudges.Declined: true, nudges.Given: false} {
		r := nudges.Begin("R1", nudges.ByPause, sampleManager, sampleRep, c.deal, c.now, time.Hour, c.now).Request
		if r.Grant.State = state; state != nudges.NoGrant {
			r.Decision = nudges.Decided(ladder.TakeOver)
		}
		sc := c.scene(shippedWords(t), r, sampleManager)
		sc.Team.Policy, sc.Route = nudges.ByOthers, []nudges.UserID{sampleApprover}
		b := &builder{Scene: sc}
		drawNow(b)
		got := slices.ContainsFunc(b.blocks, func(x slack.Block) bool { return x.ID() == form.Block(form.ActReason) })
		if got != want {
			t.Errorf("grant %s: asks for a sentence to the approver: %v", state, got)
		}
	}
}

// TestViewsNothingChosen: what a manager has not answered is not answered for them, and the
// verdict's own rung is the only one that is chosen before they choose.
func TestViewsNothingChosen(t *testing.T) {
	for _, d := range samples(shippedWords(t), stage(t)) {
		switch d.name {
		case "call", "facts", "facts-nobody", "later", "now", "now-nobody", "closing-hold-back":
		default:
			continue
		}
		if b := shownJSON(t, d.what); bytes.Contains(b, []byte("initial_")) {
			t.Errorf("%s has something chosen already:\n%s", d.name, b)
		}
	}
}

// TestViewsPrivate: nothing that a lock screen can show names anybody or anything.
func TestViewsPrivate(t *testing.T) {
	for _, d := range samples(shippedWords(t), stage(t)) {
		m, ok := d.what.(Message)
		// those come while one looks
		if !ok || strings.HasPrefix(d.name, "line-") || d.name == "help" || d.name == "why" {
			continue
		}
		for _, word := range []string{"Dana", "Sam", "Acme", "tea", "09:"} {
			if strings.Contains(m.Text, word) {
				t.Errorf("%s: the notification says %q", d.name, m.Text)
			}
		}
	}
}

// TestViewsDrawEveryVerdict: whatever is answered, a verdict by the same rule for the same
// rung is in the samples.
func TestViewsDrawEveryVerdict(t *testing.T) {
	drawn := map[string]bool{}
	rule := func(a verdict.Answers) string {
		v := verdict.Of(a, verdict.Past{})
		return v.Rule + " for " + string(v.Rung)
	}
	for _, v := range verdicts {
		drawn[rule(v.answers)] = true
	}
	answers := []verdict.Answers{{}}
	for _, q := range append([]verdict.QuestionID{verdict.QFor, verdict.QEstimate}, verdict.Facts...) {
		for _, a := range answers {
			for _, o := range shippedWords(t).Question(q, words.Data{}).Options {
				if q == verdict.QEstimate && o.ID != "40" && o.ID != "80" {
					continue
				}
				b := maps.Clone(a)
				b[q] = o.ID
				answers = append(answers, b)
			}
		}
	}
	for _, a := range answers {
		if at := rule(a); !drawn[at] {
			t.Errorf("no verdict is drawn by the rule %s: %v", at, a)
			drawn[at] = true
		}
	}
}

// undrawn are the texts that stand on no screen by themselves.
var undrawn = []string{
	// inside others
	"led-it", "led-all", "led-some", "led-not", "led-none", "mirror-few-1", "mirror-few-2", "mirror-few-3", "mirror-few-4",
	"no-deal", "no-manager", "no-who", "day-today", "day-tomorrow", "debrief-minutes", "why-answer", "why-blank",
	"rem-days-all", "rem-days-range", "rem-skip-away", "rem-skip-holiday", "rem-skip-late",
	"against-estimate", "against-ledger", "against-learning", "against-alone", // one of the answers before it can always be quoted
}

// TestViewsDrawEveryText replaces each text by a mark and looks for it in the samples: what
// is not drawn there is not checked at the start.
func TestViewsDrawEveryText(t *testing.T) {
	var file strings.Builder
	for i, name := range words.Names() {
		fmt.Fprintf(&file, "{{define %q}}z%dz{{end}}\n", name, i)
	}
	w := reworded(t, file.String())
	c := stage(t)
	drawn := samples(w, c)
	drawn = append(drawn, samples(w, sampleCall{zone: c.zone, now: c.now, starts: c.starts})...)
	var all strings.Builder
	for _, d := range drawn {
		all.Write(shownJSON(t, d.what))
	}
	for i, name := range words.Names() {
		if strings.HasPrefix(name, "debrief-rep-") || strings.HasPrefix(name, "debrief-manager-") {
			continue // each is as the next, and drawn by what asks it
		}
		if strings.HasPrefix(name, "keep-") || strings.HasPrefix(name, "kept-") || strings.HasPrefix(name, "sees-") {
			continue // inside the lines of the table of what is kept
		}
		if shown := strings.Contains(all.String(), fmt.Sprintf("z%dz", i)); shown == slices.Contains(undrawn, name) {
			t.Errorf("%q is drawn: %v", name, shown)
		}
	}
}

// reworded are the words with a file of texts over them.
func reworded(tb testing.TB, texts string) *words.Words {
	tb.Helper()
	w, err := words.Load("reworded", map[string]string{"texts.tmpl": texts})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// TestViewsShowAlso: every screen that has room for the other call at the same time is one for which it is read.
func TestViewsShowAlso(t *testing.T) {
	words, c := shippedWords(t), stage(t)
	r := nudges.Begin("R1", nudges.ByPause, sampleManager, sampleRep, "Acme", c.starts, sampleLength, c.now).Request
	for screen := range screens {
		sc := c.scene(words, r, sampleManager)
		other := r
		other.Deal = "Of the other call"
		sc.Also = &other
		drawn, err := json.Marshal(drawModal(screen, sc))
		if err != nil {
			t.Fatal(err)
		}
		if shows := bytes.Contains(drawn, []byte(other.Deal)); shows != ShowsAlso(screen) {
			t.Errorf("%s shows the other call: %t", screen, shows)
		}
	}
}
