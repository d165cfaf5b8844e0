package main

import (
	"math"
	"testing"

	"stepin/bot/sandbox/page/browser"
	"stepin/nudges/nudgestest"
)

// block is one of a window's blocks, as it stands on the page.
type block struct {
	Kind, Text string
	Options    []string
}

// windowBlocks lists them, with the height that they have together.
const windowBlocks = `(() => {
	const body = [...document.querySelectorAll('.sheet-body')].pop(), all = [...body.querySelectorAll('.block')];
	const last = all[all.length - 1], edge = parseFloat(getComputedStyle(body).paddingBottom);
	return { Tall: last.getBoundingClientRect().bottom - body.getBoundingClientRect().top + body.scrollTop + edge,
		Frame: body.parentElement.offsetHeight - body.offsetHeight, Blocks: all.map((e) => ({
		Kind: e.querySelector('[role=radiogroup]') ? (e.querySelector('.hint') ? 'hinted' : 'question')
			: e.matches('.block-actions, .has-accessory') ? 'row' : e.matches('.block-input') ? 'field' : 'text',
		Text: (e.querySelector('.label, .words') || e).innerText,
		Options: [...e.querySelectorAll('.choice')].map((o) => o.innerText) })) } })()`

// heightsInTheBrowser holds the windows of the pause to the heights by which their seconds are counted.
func heightsInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer stop()
	for _, at := range []struct {
		name          string
		width, height int64
		window        func() nudgestest.Window
	}{{"desk", 1280, 900, nudgestest.Desk}, {"phone", 390, 844, nudgestest.Phone}} {
		fits := func(screen string) {
			t.Helper()
			p.Until(`!document.querySelector('.waiting,[aria-busy=true]')`)
			page := browser.Eval[struct {
				Tall, Frame float64
				Blocks      []block
			}](p, windowBlocks)
			w := at.window()
			for _, b := range page.Blocks {
				switch b.Kind {
				case "row":
					w.Row()
				case "field":
					w.Field(b.Text)
				case "text":
					w.Text(b.Text)
				default:
					if w.Question(b.Text, b.Options...); b.Kind == "hinted" {
						w.Hint()
					}
				}
			}
			t.Logf("%s, %s: %v px, %v by the model", at.name, screen, page.Tall, w.Tall())
			if math.Abs(w.Tall()-page.Tall) > page.Tall/20+12 || page.Frame != nudgestest.Frame {
				t.Errorf("%s, %s: %v px within %v, and %v by the model: %v", at.name, screen, page.Tall, page.Frame,
					w.Tall(), page.Blocks)
			}
		}
		p.Who = sam
		p.Size(at.width, at.height, "light")
		p.Open(url + "#workspace/" + sam)
		p.Tap("[data-test=list]")
		p.Tap(".row[data-channel]")
		p.Types("/stepin @Dana The " + at.name)
		p.Sees("Odds without you?")
		fits("call")
		p.Press("Next")
		p.Pick("say would help?", "Having me on it")
		p.Sees("To do what?")
		fits("facts, and the role")
		fiveFacts(p)
		fits("facts, later")
		p.Press("Next")
		p.Pick("Step in?", "Take over")
		p.Sees("leading teach Dana?")
		fits("verdict, and what a take-over costs")
		p.Press("Later")
		p.Closed()
	}
}
