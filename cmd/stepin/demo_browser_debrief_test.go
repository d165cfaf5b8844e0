package main

import (
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

// jump moves the clock by one of the page's own buttons, and waits until it stands still again.
func (p *tab) jump(label string) {
	p.t.Helper()
	p.acts++
	p.run("jump: "+label, until(`(() => { const b = document.querySelector('[data-jump="`+label+`"]'); if (!b || b.getAttribute('aria-disabled')) return false; b.click(); return true })()`),
		until(`!document.querySelector('[data-jump][aria-busy]')`))
}

// channel goes to a channel of the person whose phone is used, from wherever they are.
func (p *tab) channel(id string) {
	p.t.Helper()
	p.run("to the list", until(`(() => { const root = `+p.root()+`; for (const b of root.querySelectorAll('[data-test=back]')) b.click();
		const l = root.querySelector('[data-test=list]'); if (l && l.offsetParent !== null) l.click(); return root.querySelector('[data-channel=`+id+`]') })()`))
	p.click("[data-channel=" + id + "]")
}

// debriefInTheBrowser plays the story's way from a call that Sam joins to a thread, a loss that is logged, and moving
// on, by what the strip says; and then looks at it as Dana and as the head of sales do.
func debriefInTheBrowser(t *testing.T, p *tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.run("open", chromedp.Navigate(url))
	p.reads("1 of 3")
	p.send()
	p.press("I'll hold back")
	p.press("Save")
	p.closed()
	p.reads("there is more to try")
	p.skip()
	p.reads("what comes after a call")
	p.run("typed", until(p.root()+`.querySelector('[data-test=composer]').value === '/stepin now'`))
	p.looks("debrief-join")
	p.acts = 0
	p.reads("Step in, or hold back?") // what the headline said has been played
	// From the app's conversation, where nothing can be sent, the strip leads to the line.
	p.messages()
	p.looks("debrief-there")
	p.run("to the line", until(`(() => { const e = document.querySelector('[data-test=there]'); if (!e || e.textContent !== 'Go to Dana Reyes') return false; e.click(); return true })()`),
		until(`document.activeElement.value === '/stepin now' && !document.querySelector('[data-test=there]')`))
	p.acts = 0
	p.send()
	p.reads("Smallest step that helps?")
	p.reads("stay silent, press Do it") // as long as the window waits for it
	p.pick("Who asked you in?", "Nobody")
	p.pick("Must it stop this minute?", "No")
	p.pick("Smallest step that helps?", "Stay silent")
	p.press("Do it")
	p.reads("You listen, Dana leads")
	p.reads("Jump to the end of the call")
	p.press("Close")
	p.closed()
	p.jump("End of the call")

	// The rep says first whose rep they are; only then is anything said to both.
	p.who = dana
	p.click("[data-test=banner]")
	p.sees("Is Sam your manager?")
	p.press("Yes")
	p.sees("You said that Sam is your manager.")
	p.reads("See the thread")
	p.looks("debrief-see")

	p.who = sam
	p.channel("C0DEBRF1")
	p.sees("led by Dana. Sam listened.")
	p.misses("Nobody", "you first")
	p.looks("debrief-root")
	p.click("[data-test=replies]")
	p.sees("you first")
	p.sees(", after Dana:")
	p.looks("debrief-thread")
	p.press("Log what happened")
	p.sees("What came of it shows in the thread.")
	p.looks("debrief-log")
	p.pick("What came of it?", "Lost")
	p.fill("One thing learned", "Ask for legal a week before")
	p.lower("debrief-log-2")
	p.press("Save")
	p.closed()
	p.reads("A loss is information")
	p.sees("What came of it: Lost.")
	p.misses("Ask for legal a week before")
	p.looks("debrief-logged")

	// Dana has the same thread, with what came of it, and reads the rest in the window.
	p.who = dana
	p.channel("C0DEBRF1")
	p.sees("What came of it: Lost.")
	p.press("Log what happened")
	p.sees("Sam logged: Lost")
	p.sees("Ask for legal a week before")
	p.looks("debrief-dana")
	p.run("close", until(`(() => { const e = `+p.root()+`.querySelector('[data-test=close-window]'); if (!e) return false; e.click(); return true })()`))
	p.closed()

	p.who = sam
	p.press("Moved on")
	p.sees("I won't raise it again.")
	p.reads("Want a take-over looked at?")
	p.misses("Log what happened")
	p.looks("debrief-over")
	if p.acts > 25 {
		t.Errorf("from the call to moving on took %d actions, more than 25", p.acts)
	}
	t.Logf("from the call to moving on: %d actions", p.acts)

	// It is over after a restart too, and the clock raises it no more.
	stop()
	url, stop = startDemo(t, "--db", file)
	p.run("open again", chromedp.Navigate(url))
	p.jump("Tomorrow 09:00")
	p.jump("Tomorrow 09:00")
	p.channel("C0DEBRF1")
	p.sees("I won't raise it again.")
	if n, err := chromedp.Run(p.ctx, chromedp.Evaluate[int](p.root()+`.querySelectorAll('.post').length`)); err != nil || n != 1 {
		t.Errorf("%d posts in the channel, want 1: %v", n, err)
	}
}
