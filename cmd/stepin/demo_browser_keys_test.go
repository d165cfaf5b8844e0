package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// keysInTheBrowser logs a debrief by keys alone: Tab goes on from a field in which something was typed, and Escape leads
// back to the button that opened the window. A conversation that is longer than the phone opens at its newest message.
func keysInTheBrowser(t *testing.T, p *tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.send()
	p.press("I'll hold back")
	p.press("Save")
	p.closed()
	p.types("/stepin now")
	p.pick("Who asked you in?", "Nobody")
	p.pick("Must it stop this minute?", "No")
	p.pick("Smallest step that helps?", "Stay silent")
	p.press("Do it")
	p.reads("You listen, Dana leads")
	p.press("Close")
	p.closed()
	p.jump("End of the call")
	p.who = dana
	p.click("[data-test=banner]")
	p.press("Yes")
	for range 8 {
		p.channel("C0DEBRF1")
		p.types("One more thing about this call.")
	}
	p.who = sam
	p.run("a low phone", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 640, DeviceScaleFactor: 1})
		return chromedp.Void{}, err
	})
	p.run("to the list", until(`(() => { const l = `+p.root()+`.querySelector('[data-test=list]'); if (l.offsetParent) l.click(); return `+p.root()+`.querySelector('[data-channel=C0DEBRF1]').offsetParent })()`))
	// At once, and not only when something else happens.
	below, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]float64](`(async () => { const root = `+p.root()+`;
		root.querySelector('[data-channel=C0DEBRF1]').click(); await Promise.resolve();
		const s = root.querySelector('.main .scroll'); return [s.scrollHeight - s.clientHeight, s.scrollHeight - s.clientHeight - s.scrollTop] })()`, chromedp.EvalAwaitPromise))
	if err != nil || below[0] < 50 || below[1] > 5 {
		t.Errorf("of %v px that are out of sight, the newest are below: %v", below, err)
	}
	p.shot("keys-newest")

	log := `[...` + p.root() + `.querySelectorAll('.post button')].findLast((e) => e.textContent === 'Log what happened')`
	p.run("to the button", until(log+` && (`+log+`.focus(), document.activeElement === `+log+`)`), chromedp.KeyEvent(kb.Enter))
	p.sees("One thing learned")
	p.run("into the window", until(`document.activeElement.dataset.callback`))
	const label = `[...document.activeElement.closest('.block')?.querySelectorAll('.label') || []].some((e) => e.textContent.startsWith('One thing learned'))`
	for i := 0; ; i++ {
		there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](label))
		if err != nil || i > 30 {
			t.Fatalf("Tab does not reach the field: %v", err)
		}
		if there {
			break
		}
		p.run("Tab", chromedp.KeyEvent(kb.Tab))
	}
	for i := range 4 {
		p.run("type, and on", chromedp.KeyEvent(fmt.Sprint("more ", i)), chromedp.KeyEvent(kb.Tab))
		// The focus is where Tab leads, and stays there when the window has been drawn with the answer.
		const next = `document.activeElement.closest('[role=dialog] .sheet-foot, [role=dialog] .sheet-body') && !document.querySelector('.waiting') && !(` + label + `)`
		p.run("past the field", until(next))
		p.run("and back", chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)), until(label))
	}
	p.shot("keys-log")
	p.run("Escape", chromedp.KeyEvent(kb.Escape))
	p.closed()
	p.run("back to the button", until(log+` === document.activeElement`))
}
