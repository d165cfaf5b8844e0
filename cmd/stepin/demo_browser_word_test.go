package main

import (
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// wordInTheBrowser asks Dana first. What Dana asks for is Sam's first button, Dana reads what was decided, and Sam
// cancels after one question.
func wordInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Send()
	p.Press("Ask Dana first")
	p.Press("Save")
	p.Closed()
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("Yes")
	p.Press("Please join")
	p.Press("No need")
	p.Closed()

	p.Who = sam
	p.Tap("[data-test=banner]")
	p.Sees("Dana on Acme renewal: Please join")
	// The first button of the reply, and of the card above it.
	p.Until(`[...` + p.Root() + `.querySelectorAll('.post .block-actions .button:first-child')].map((e) => e.textContent + e.classList.contains('primary')).join() ===
		'Join, Dana leadstrue,Join, Dana leadstrue'`)
	p.Looks("word-first")
	p.Press("Join, Dana leads")
	p.Sees("You co-pilot, Dana leads.")
	p.Looks("word-closing")
	p.Tap("[data-test=close-window]")
	p.Closed()
	p.Who = dana
	p.Sees("Sam will join. You lead.")
	p.Looks("word-told")

	p.Who = sam
	p.Press("I can't make this one")
	p.Sees("Dana asked you to join. Cancel anyway?")
	p.Looks("word-cancel")
	p.Press("Cancel this one")
	p.Sees("Canceled.")
	p.Tap("[data-test=close-window]")
	p.Closed()
	p.Who = dana
	p.Sees("Sam can't make this one. You lead.")
	p.Misses("Sam will join")
	p.Looks("word-canceled")
}

// refusedInTheBrowser asks Dana first, who says that Sam is not their manager. The story goes on, and says how the
// debrief can open all the same.
func refusedInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Send()
	p.Press("Ask Dana first")
	p.Reads("3 of 3")
	p.Reads("press Save")
	p.Press("Save")
	p.Reads("there is more to try")
	p.Send()
	p.Press("Ask Dana first")
	p.Reads("Press Save. Then be Dana")
	p.Press("Save")
	p.Reads("Now be Dana")
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("No")
	p.Sees("You said that Sam isn't your manager.")
	p.Reads("what comes after a call")
	p.Shot("refused-on")

	p.Who = sam
	p.Send()
	p.Press("Yes")
	p.Pick("Who asked you in?", "Nobody")
	p.Pick("Smallest step that helps?", "Stay silent")
	p.Press("Do it")
	p.Press("Close")
	p.Closed()
	p.Messages()
	p.Sees("Dana says that you're not their manager")
	p.Jump("End of the call")
	p.Reads("Dana said no")
	p.Looks("refused-hint")
	p.Who = dana
	p.Press("Yes, after all")
	p.Reads("Open #debriefs on Dana's phone")
}

// afterInTheBrowser holds back with a plan, says after the call how it went and whether the plan was followed, and talks
// it over. The next morning raises nothing that was said.
func afterInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Send()
	p.Press("Change")
	p.Fill("Start", "09:30")
	p.Press("Next")
	p.Press("I'll hold back")
	p.Pick("if it gets hard?", "If it goes quiet, I'll count to ten.")
	p.Press("Save")
	p.Closed()
	// The plan is on the card while the call runs.
	p.Jump("One hour on")
	p.Messages()
	p.Sees("You hold back. Dana leads. Your plan: If it goes quiet, I'll count to ten.")
	p.Looks("after-on-call")
	p.Jump("End of the call")
	p.Messages()
	p.Sees("How did it go?")
	p.Looks("after-how")
	p.Press("Lost")
	p.Sees("Your plan: If it goes quiet, I'll count to ten.")
	p.Looks("after-plan")
	p.Press("It didn't come up")
	p.Sees("It didn't come up.")
	p.Misses("I didn't")
	p.Press("Debrief together")
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("Yes")
	p.Sees("Where works for you?")
	p.Looks("after-where")
	p.Press("In the debrief channel")
	p.Who = sam
	p.Channel("C0DEBRF1")
	p.Sees("Acme renewal")
	p.Misses("count to ten", "come up", "Hold back", "Lost")
	p.Looks("after-thread")
	p.Reads("there is more to try") // what Dana was asked about the debrief is not what the story is about
	p.Jump("Tomorrow 9 AM")
	p.Messages()
	p.Sees("My job is to let my reps do theirs.")
	p.Misses("How did this call go?")
	p.Looks("after-morning")
	p.Home()
	p.Sees("Acme renewal")
	p.Looks("after-home")
}
