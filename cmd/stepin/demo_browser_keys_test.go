package main

import (
	"fmt"
	"testing"

	"stepin/bot/sandbox/page/browser"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keysInTheBrowser logs a debrief by keys alone: Tab goes on from a field in which something was typed, and Escape leads
// back to the button that opened the window. A conversation that is longer than the phone opens at its newest message.
func keysInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Send()
	p.Press("I'll hold back")
	p.Press("Save")
	p.Closed()
	p.Types("/stepin now")
	p.Press("Yes")
	p.Pick("Who asked you in?", "Nobody")
	p.Pick("Smallest step that helps?", "Stay silent")
	p.Press("Do it")
	p.Reads("You listen, Dana leads")
	p.Press("Close")
	p.Closed()
	p.Jump("End of the call")
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("Yes")
	for range 10 {
		p.Channel("C0DEBRF1")
		p.Types("One more thing about this call.")
	}
	p.Who = sam
	p.Size(1280, 640, "light")
	p.Until(`(() => { const l = ` + p.Root() + `.querySelector('[data-test=list]'); if (l.offsetParent) l.click(); return ` + p.Root() + `.querySelector('[data-channel=C0DEBRF1]').offsetParent })()`)
	// At once, and not only when something else happens.
	below := browser.Eval[[]float64](p, `(async () => { const root = `+p.Root()+`;
		root.querySelector('[data-channel=C0DEBRF1]').click(); await Promise.resolve();
		const s = root.querySelector('.main .scroll'); return [s.scrollHeight - s.clientHeight, s.scrollHeight - s.clientHeight - s.scrollTop] })()`, chromedp.EvalAwaitPromise)
	if below[0] < 50 || below[1] > 5 {
		t.Errorf("of %v px that are out of sight, the newest are below", below)
	}
	p.Shot("keys-newest")

	log := `[...` + p.Root() + `.querySelectorAll('.post button')].findLast((e) => e.textContent === 'Log what happened')`
	p.Until(log + ` && (` + log + `.focus(), document.activeElement === ` + log + `)`)
	p.Keys(kb.Enter)
	p.Sees("One thing learned")
	p.Until(`document.activeElement.dataset.callback`)
	const label = `[...document.activeElement.closest('.block')?.querySelectorAll('.label') || []].some((e) => e.textContent.startsWith('One thing learned'))`
	for i := 0; ; i++ {
		if browser.Eval[bool](p, label) {
			break
		}
		if i > 30 {
			t.Fatal("Tab does not reach the field")
		}
		p.Keys(kb.Tab)
	}
	for i := range 4 {
		p.Keys(fmt.Sprint("more ", i))
		p.Keys(kb.Tab)
		// The focus is where Tab leads, and stays there when the window has been drawn with the answer.
		const next = `document.activeElement.closest('[role=dialog] .sheet-foot, [role=dialog] .sheet-body') && !document.querySelector('.waiting') && !(` + label + `)`
		p.Until(next)
		p.Do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
		p.Until(label)
	}
	p.Shot("keys-log")
	p.Keys(kb.Escape)
	p.Closed()
	p.Until(log + ` === document.activeElement`)
}
