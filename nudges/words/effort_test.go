package words

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/nudgestest"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// The keystroke-level figures: a tap, a real choice, a word read at 250 a minute, a scroll. To scroll, the hand moves
// (0.4 s, operator H) and turns the wheel, which is taken for a key press (0.2 s, operator K), both by Card, Moran and
// Newell, "The keystroke-level model", CACM 23 (1980). On a phone it swipes (0.07 s), by El Batran and Dunlop,
// "Enhancing KLM to fit touch screen mobile devices", MobileHCI 2014.
const (
	tap    = 1300 * time.Millisecond
	choice = 1350 * time.Millisecond
	word   = time.Minute / 250
	turn   = 600 * time.Millisecond
	swipe  = 470 * time.Millisecond
)

// A path is what a person reads and does. A text that stood on an earlier screen of the
// same path, such as a button that stays in its place, is read once; within one screen
// each text counts.
type path struct {
	w       *Words
	read    map[string]bool
	screen  map[string]bool
	words   int
	effort  time.Duration
	reading []string

	windows [2]nudgestest.Window // the screen that is on, at a desk and on a phone
	scrolls [2]int               // on the screens before it
}

func newPath(w *Words) *path {
	return &path{w: w, read: map[string]bool{}, screen: map[string]bool{}, windows: empty()}
}

// next goes to the next screen.
func (p *path) next() {
	maps.Copy(p.read, p.screen)
	p.screen = map[string]bool{}
	for i := range p.windows {
		p.scrolls[i] += p.windows[i].Scrolls()
	}
	p.windows = empty()
}

func empty() [2]nudgestest.Window { return [2]nudgestest.Window{nudgestest.Desk(), nudgestest.Phone()} }

// scrolled is how often a person scrolls on the way, at a desk and on a phone.
func (p *path) scrolled() (desk, phone int) {
	return p.scrolls[0] + p.windows[0].Scrolls(), p.scrolls[1] + p.windows[1].Scrolls()
}

// stand adds a block to the screen that is on.
func (p *path) stand(block func(*nudgestest.Window)) {
	for i := range p.windows {
		block(&p.windows[i])
	}
}

func (p *path) see(ms ...text.Text) {
	for _, m := range ms {
		s := m.Plain()
		if p.read[s] {
			continue
		}
		p.screen[s] = true
		p.words += countWords(s)
		p.reading = append(p.reading, s)
	}
}

// frame is what stands around the blocks.
func (p *path) frame(names ...string) {
	for _, n := range names {
		p.see(p.w.Text(n, sample))
	}
}

// row is buttons side by side, or a text with what stands beside it.
func (p *path) row(names ...string) {
	p.frame(names...)
	p.stand((*nudgestest.Window).Row)
}

// say is texts below one another; none for an empty one.
func (p *path) say(ms ...text.Text) {
	for _, m := range ms {
		if p.see(m); !m.Empty() {
			p.stand(func(w *nudgestest.Window) { w.Text(m.Plain()) })
		}
	}
}

func (p *path) ask(ask text.Text, options ...text.Text) {
	p.see(ask)
	p.see(options...)
	var plain []string
	for _, o := range options {
		plain = append(plain, o.Plain())
	}
	p.stand(func(w *nudgestest.Window) { w.Question(ask.Plain(), plain...) })
}

func (p *path) questions(qs ...verdict.QuestionID) {
	for _, q := range qs {
		x := p.w.Question(q, sample)
		var options []text.Text
		for _, o := range x.Options {
			options = append(options, o.Text)
		}
		p.ask(x.Ask, options...)
	}
}

func (p *path) act(taps, choices int) {
	p.effort += time.Duration(taps)*tap + time.Duration(choices)*choice
}

// total is where it takes longer, at a desk or on a phone.
func (p *path) total() time.Duration {
	desk, phone := p.scrolled()
	return p.effort + time.Duration(p.words)*word + max(time.Duration(desk)*turn, time.Duration(phone)*swipe)
}

func (p *path) within(t *testing.T, name string, most time.Duration) {
	t.Helper()
	desk, phone := p.scrolled()
	t.Logf("%s: %.1f s of %v, %d words, %d scrolls at a desk, %d on a phone", name, p.total().Seconds(), most, p.words,
		desk, phone)
	if p.total() > most {
		t.Errorf("%s takes %.1f s, more than %v: %d words in %q", name, p.total().Seconds(), most, p.words, p.reading)
	}
}

// countWords counts what has a letter or a digit in it, between spaces.
func countWords(s string) int {
	n := 0
	for f := range strings.FieldsSeq(s) {
		if strings.ContainsFunc(f, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	return n
}

// call is the first screen. The estimate is optional and its list is closed.
func (p *path) call() {
	p.next()
	p.frame("title-pause")
	today := sample // the half of the day is said once, and no day
	today.Day, today.Starts = "", strings.TrimSuffix(today.Starts, " AM")
	p.see(p.w.Text("line-call", today))
	p.row("button-change")
	p.row("button-hold-back", "button-ask-first")
	p.see(p.w.Question(verdict.QEstimate, sample).Ask)
	p.row("placeholder-estimate")
	p.frame("submit-facts", "close-pause")
}

// facts are the questions that can change the rung, on one screen or on two, and how many there were.
func (p *path) facts(a verdict.Answers, past verdict.Past) (asked int) {
	first := slices.Clone(verdict.FirstFacts)
	if a[verdict.Q7] == verdict.AskedMeIn {
		first = slices.Insert(first, 1, verdict.QFor)
	}
	screen := func(qs []verdict.QuestionID) {
		p.next()
		p.frame("title-pause")
		p.row("button-hold-back", "button-ask-first")
		p.questions(qs...)
		p.frame("submit-verdict", "close-pause")
		p.act(len(qs)+1, len(qs)) // the answers, and on
		asked += len(qs)
	}
	screen(first)
	if verdict.AsksLater(a, past) {
		screen(verdict.LaterFacts)
	}
	return asked
}

func (p *path) verdict(a verdict.Answers, past verdict.Past) {
	p.next()
	v := verdict.Of(a, past)
	s := p.w.VerdictText(v, a, sample)
	p.frame("title-verdict")
	p.say(s.Says, s.Against, s.Change)
	p.row("button-hold-back", "button-ask-first")
	var rungs []text.Text
	for _, r := range ladder.Rungs {
		rungs = append(rungs, p.w.RungName(r, false, sample))
	}
	p.ask(p.w.Text("label-ladder", sample), rungs...)
	p.frame("submit-decide", "close-pause")
}

func TestHoldingBackTakesTwelveSeconds(t *testing.T) {
	p := newPath(loadWords(t))
	p.call()
	p.act(1, 1)
	p.within(t, "hold back", 12*time.Second)
}

func TestFiveFactsAndAllEightTakeTheirTime(t *testing.T) {
	pausing(t, "five facts", "all eight", verdict.Past{})
}

// pausing walks the two longest ways to a decision, with what is remembered of the rep and the deal. Five questions
// may take longer than those ways on which fewer are asked.
func pausing(t *testing.T, five, eight string, past verdict.Past) {
	t.Helper()
	facts := func(all bool) *path {
		return slowest(t, func(a verdict.Answers) *path {
			p := newPath(loadWords(t))
			p.call()
			p.act(1, 0) // next
			if (p.facts(a, past) >= len(verdict.Facts)) != all {
				return nil
			}
			p.verdict(a, past)
			p.act(1, 1) // decide
			return p
		})
	}
	facts(false).within(t, five, 45*time.Second)
	facts(true).within(t, five+", all asked", 50*time.Second)
	slowest(t, func(a verdict.Answers) *path {
		if verdict.Of(a, past).Ground != "" {
			return nil // nothing more is asked
		}
		p := newPath(loadWords(t))
		p.call()
		p.act(1, 0)
		asked := p.facts(a, past)
		p.verdict(a, past)
		p.act(1, 1) // the rung
		p.frame("ladder-more")
		p.stand((*nudgestest.Window).Hint)
		more := append(slices.Clone(verdict.More), verdict.QWhyNot)
		if asked < len(verdict.Facts) { // all eight before a take-over
			more = append(more, verdict.LaterFacts...)
		}
		p.questions(more...)
		p.act(len(more), len(more))
		p.act(1, 0) // decide
		return p
	}).within(t, eight, 75*time.Second)
}

func TestNowTakesTwentySeconds(t *testing.T) {
	for _, approver := range []bool{false, true} {
		p := newPath(loadWords(t))
		p.next()
		p.frame("title-now")
		p.row("line-call", "button-change")
		p.row("button-hold-back")
		p.questions(verdict.NowAsks...)
		if approver {
			p.say(p.w.Text("now-told", sample))
			p.row("label-now-add")
		}
		p.frame("submit-now", "close-pause")
		p.act(len(verdict.NowAsks)+1, len(verdict.NowAsks))
		p.within(t, "now", 20*time.Second)
	}
}

// A rep reads the question, asks for help, and closes the window that asks for words. What they might type there is
// theirs to give.
func TestARepsWordTakesFifteenSeconds(t *testing.T) {
	p := newPath(loadWords(t))
	p.say(p.w.Text("word-ask", sample))
	p.row("button-got-this", "button-coach-me", "button-please-join")
	p.act(1, 1)
	p.next()
	p.frame("title-help", "submit-send", "close-no-need")
	p.say(p.w.Text("help-lead", sample))
	p.frame("label-help", "placeholder-help")
	p.stand(func(w *nudgestest.Window) { w.Field(p.w.Text("label-help", sample).Plain()) })
	p.act(1, 0)
	p.within(t, "a rep's word, read and answered", 15*time.Second)
}

// A manager says how a call went and, if there was a plan, whether it was followed.
func TestADebriefTakesTwentySeconds(t *testing.T) {
	p := newPath(loadWords(t))
	p.say(p.w.Text("how", sample))
	var outcomes []string
	for _, o := range nudges.CallOutcomes {
		outcomes = append(outcomes, "outcome-"+strings.ReplaceAll(string(o), "_", "-"))
	}
	p.row(outcomes...)
	p.row("button-together")
	p.act(1, 1)
	p.next()
	plan := p.w.Question(verdict.QPlan, sample).Options[0].Text
	p.say(p.w.Quote("how-outcome", sample, p.w.Text("outcome-advanced", sample), ""))
	p.say(p.w.Quote("how-plan", sample, plan, ""))
	p.row("button-plan-did", "button-plan-did-not", "button-plan-no-chance")
	p.act(1, 1)
	p.within(t, "debrief of one call", 20*time.Second)
}

// slowest is the slowest path over all ways to answer the facts.
func slowest(t *testing.T, walk func(verdict.Answers) *path) *path {
	t.Helper()
	worst := newPath(nil)
	for a := range nudgestest.Combinations(verdict.Facts, false) {
		roles := []verdict.OptionID{""}
		if a[verdict.Q7] == verdict.AskedMeIn {
			roles = verdict.Options(verdict.QFor)
		}
		for _, role := range roles {
			if a[verdict.QFor] = role; role == "" {
				delete(a, verdict.QFor)
			}
			if p := walk(a); p != nil && p.total() > worst.total() {
				worst = p
			}
		}
	}
	return worst
}
