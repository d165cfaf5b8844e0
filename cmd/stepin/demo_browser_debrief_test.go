package main

import (
	"path/filepath"
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// debriefInTheBrowser plays the story's way from a call that Sam joins to a thread, a loss that is logged, and moving
// on, by what the strip says; and then looks at it as Dana and as the head of sales do.
func debriefInTheBrowser(t *testing.T, p *browser.Tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.Open(url)
	p.Reads("1 of 3")
	p.Send()
	p.Press("I'll hold back")
	p.Press("Save")
	p.Closed()
	p.Reads("there is more to try")
	p.Skip()
	p.Reads("what comes after a call")
	p.Until(p.Root() + `.querySelector('[data-test=composer]').value === '/stepin now @Dana Acme renewal'`)
	p.Looks("debrief-join")
	p.Acts = 0
	p.Reads("Step in, or hold back?") // what the headline said has been played
	// From the app's conversation, where nothing can be sent, the strip leads to the line.
	p.Messages()
	p.Looks("debrief-there")
	p.Until(`(() => { const e = document.querySelector('[data-test=there]'); if (!e || e.textContent !== 'Go to Dana Reyes') return false; e.click(); return true })()`)
	p.Until(`document.activeElement.value === '/stepin now @Dana Acme renewal' && !document.querySelector('[data-test=there]')`)
	p.Acts = 0
	p.Send()
	p.Reads("It has started: press Yes.")
	p.Press("Yes")
	p.Reads("Smallest step that helps?")
	p.Reads("Pick Nobody and Stay silent") // as long as the window waits for it
	p.Pick("Who asked you in?", "Nobody")
	p.Pick("Smallest step that helps?", "Stay silent")
	p.Press("Do it")
	p.Reads("You listen, Dana leads")
	p.Reads("Press Close, and then End of the call")
	p.Press("Close")
	p.Closed()
	p.Jump("End of the call")

	// The rep says first whose rep they are; only then is anything said to both.
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Sees("Is Sam your manager?")
	p.Press("Yes")
	p.Sees("You said that Sam is your manager.")
	p.Reads("Open #debriefs on Dana's phone")
	p.Looks("debrief-see")

	p.Who = sam
	p.Channel("C0DEBRF1")
	p.Sees(": Dana and Sam.")
	p.Misses("Nobody", "isten", "lead", "you first")
	p.Looks("debrief-root")
	p.Tap("[data-test=replies]")
	p.Sees("you first")
	p.Sees(", after Dana:")
	p.Looks("debrief-thread")
	p.Press("Log what happened")
	p.Sees("The thread shows how it went")
	p.Looks("debrief-log")
	p.Pick("How did it go?", "Lost")
	p.Fill("One thing learned", "Ask for legal a week before")
	p.Lower("debrief-log-2")
	p.Press("Save")
	p.Closed()
	p.Reads("A loss is information")
	p.Reads("A loss is information")
	p.Misses("Ask for legal a week before", "How it went")
	p.Looks("debrief-logged")

	// Dana has the same thread, and reads in the window what Sam logged. What they differ on shows only there.
	p.Who = dana
	p.Channel("C0DEBRF1")
	p.Press("Log what happened")
	p.Sees("Sam logged: Lost")
	p.Sees("Ask for legal a week before")
	p.Looks("debrief-dana")
	p.Pick("How did it go?", "Stalled")
	p.Press("Save")
	p.Closed()
	acts := p.Acts
	p.Who = sam
	p.Press("Log what happened")
	p.Sees("Dana logged: Stalled")
	p.Shot("debrief-differ")
	p.Press("Close")
	p.Closed()
	p.Who = dana
	p.Misses("How it went", "Lost", "Stalled")
	p.Press("Log what happened")
	p.Pick("How did it go?", "Lost")
	p.Press("Save")
	p.Closed()
	p.Sees("How it went: Lost.")
	p.Acts = acts

	p.Who = sam
	p.Tap(".overflow [data-action=more]")
	p.Press("Moved on")
	p.Sees("This closes")
	p.Looks("debrief-moved-on")
	p.Press("Close it")
	p.Closed()
	p.Sees("moved on. This call is closed.")
	p.Reads("Want a takeover looked at?")
	p.Misses("Log what happened")
	p.Looks("debrief-over")
	if p.Acts > 25 {
		t.Errorf("from the call to moving on took %d actions, more than 25", p.Acts)
	}
	t.Logf("from the call to moving on: %d actions", p.Acts)

	// Of the next call only Sam says how it went, and moves on. Dana has a working day to differ.
	p.Channel("D0SAMDANA")
	p.Types("/stepin now @Dana Hooli")
	p.Pick("Who asked you in?", "Nobody")
	p.Pick("Smallest step that helps?", "Stay silent")
	p.Press("Do it")
	p.Press("Close")
	p.Closed()
	p.Jump("End of the call")
	p.Channel("C0DEBRF1")
	p.Press("Log what happened")
	p.Pick("How did it go?", "Stalled")
	p.Press("Save")
	p.Closed()
	p.Tap(".overflow [data-action=more]")
	p.Press("Moved on")
	p.Sees("Dana has one business day to log it, then it closes for good.")
	p.Press("Close it")
	p.Closed()
	p.Sees("Sam moved on. Dana has one business day to log it, then it closes.")
	p.Misses("Stalled")
	p.Looks("debrief-waits")

	// It is over after a restart too, and the clock raises it no more.
	stop()
	url, stop = startDemo(t, "--db", file)
	p.Open(url)
	p.Jump("Tomorrow 9 AM")
	p.Jump("Tomorrow 9 AM")
	p.Channel("C0DEBRF1")
	p.Sees("How it went: Stalled. Sam moved on. This call is closed.")
	p.Misses("business day", "Log what happened")
	p.Looks("debrief-day")
	if n := browser.Eval[int](p, p.Root()+`.querySelectorAll('.post').length`); n != 2 {
		t.Errorf("%d posts in the channel, want 2", n)
	}
}
