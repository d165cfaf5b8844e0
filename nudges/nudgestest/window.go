package nudgestest

import (
	"math"
	"unicode/utf8"
)

// A Window adds up how tall the blocks of a window are, in pixels, and so how often a person must scroll. The figures
// are what Chromium measures on the demo's page, and the browser test of cmd/stepin holds the page to them. Slack
// gives none.
type Window struct {
	room   float64 // for blocks, without title and buttons
	wide   float64 // of a line of text
	option float64 // height of a radio button with one line
	tall   float64
}

// Frame is a window's title and its buttons, above and below the blocks.
const Frame = 55 + 59

const (
	edges  = 14 + 20 // around the blocks
	indent = 44      // of an option's text, with its circle
	line   = 22.5    // a line of text
	air    = 10      // between blocks, and above and below a question 18
	char   = 7.1     // mean width of a character
	kept   = 0.25    // of what is in sight stays there at a scroll, to find one's place
)

// Desk is a window of 700 px, as on a laptop, and Phone one of 520 px, with targets for fingers.
func Desk() Window  { return Window{room: 700 - Frame, wide: 484, option: 32.5, tall: edges} }
func Phone() Window { return Window{room: 520 - Frame, wide: 332, option: 44.5, tall: edges} }

func lines(s string, wide float64) float64 {
	return max(1, math.Ceil(float64(utf8.RuneCountInString(s))*char/wide))
}

// Text is a section with a text of its own.
func (w *Window) Text(s string) { w.tall += lines(s, w.wide)*line + air }

// Row is a row of buttons, or a text with a menu or a button beside it.
func (w *Window) Row() { w.tall += 38 + air }

// Hint is small print below the question before it.
func (w *Window) Hint() { w.tall += 24 }

// Field is a line to type in below its label, or a menu.
func (w *Window) Field(label string) { w.tall += lines(label, w.wide)*line + 5 + 40 + 18 }

// Question is a question with radio buttons below it.
func (w *Window) Question(ask string, options ...string) {
	w.tall += lines(ask, w.wide)*line + 6 + 18
	for _, o := range options {
		w.tall += w.option + (lines(o, w.wide-indent)-1)*line
	}
}

// Tall is the height of all blocks.
func (w *Window) Tall() float64 { return w.tall }

// Scrolls is how often somebody scrolls who sees all of it once.
func (w *Window) Scrolls() int {
	return int(math.Ceil(max(0, w.tall-w.room) / (w.room * (1 - kept))))
}
