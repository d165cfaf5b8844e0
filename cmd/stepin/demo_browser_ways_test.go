package main

import (
	"path/filepath"
	"testing"

	"stepin/bot/sandbox/page/browser"
)

const again = "The line is typed again"

// copilotInTheBrowser plays the story with windows that are closed on the way, up to a co-pilot; then the call, the
// next morning and what is left of it on Home.
func copilotInTheBrowser(t *testing.T, p *browser.Tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.Open(url)
	p.Send()
	p.Press("Later")
	p.Closed()
	p.Reads(again)
	p.Send()
	p.Press("Next")
	p.Pick("say would help?", "Having me on it")
	p.Pick("To do what?", "Help out")
	p.Until(`!document.querySelector('.waiting')`)
	p.Tap("[data-test=close-window]")
	p.Closed()
	p.Reads(again)
	p.Looks("ways-later")

	// The way back leads to what was answered, after a restart too.
	stop()
	url, stop = startDemo(t, "--db", file)
	p.Open(url)
	p.Reads(again)
	p.Send()
	p.Sees("You already paused on this one")
	p.Until(p.Root() + `.querySelectorAll('.sheet input:checked').length === 2`)
	p.Looks("ways-facts")
	p.Press("Next")
	p.Sees("I'd co-pilot.")
	p.Looks("ways-verdict")
	p.Press("Decide")
	p.Sees("You co-pilot, Dana leads.")
	p.Reads("3 of 3")
	p.Looks("ways-closing")
	p.Fill("Tell Dana?", "I am on it with you. You lead.")
	p.Press("Send")
	p.Sees("Your note goes to Dana once")
	p.Press("Close")
	p.Closed()
	p.Reads("there is more to try")
	p.Messages()
	p.Sees("You co-pilot. Dana leads.")
	p.Looks("ways-card")

	// Sam has down what Dana asked for. Dana says whose rep they are, and whether that is so.
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("Yes")
	p.Sees("I am on it with you. You lead.")
	p.Looks("ways-rep")

	p.Who = sam
	p.Jump("End of the call")
	p.Looks("ways-over")
	p.Home()
	p.Looks("ways-home")
	p.Lower("ways-home-lower")
	p.Jump("Tomorrow 9 AM")
	p.Messages()
	p.Sees("How did this call go?")
	p.Looks("ways-morning")
}

// approverInTheBrowser has a take-over looked at: Sam sets it, asks, and Priya, who is marked as having something to
// read, approves.
func approverInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Home()
	p.Looks("approver-home")
	p.Press("Team settings")
	p.Pick("Who approves takeovers?", "Someone approves them")
	p.Looks("approver-team")
	p.Press("Save")
	p.Closed()
	// The story goes on from its line, after another thing was done first.
	p.Reads("1 of 3")
	p.Until(`(() => { const e = document.querySelector('[data-test=there]'); if (!e) return false; e.click(); return true })()`)
	p.Send()
	p.Press("Next")
	fiveFacts(p)
	p.Press("Next")
	p.Pick("Step in?", "Take over")
	p.Sees("more below")
	p.Looks("approver-eight")
	p.Pick("leading teach Dana?", "A lot")
	p.Pick("come up again?", "Often")
	p.Pick("Dana hears:", "You doubt me")
	p.Fill("Why not a smaller step?", "The price floor is mine to give")
	p.Lower("approver-eight-lower")
	p.Press("Decide")
	p.Sees("Sent to Priya")
	p.Looks("approver-closing")
	p.Tap("[data-test=close-window]")
	p.Closed()
	p.Reads("there is more to try")
	p.Until(`document.querySelector('[data-test=workspace] [data-test=news]')`)
	p.Until(`(document.querySelector('[data-test=workspace]').click(), true)`)
	p.Until(`[...document.querySelectorAll('#acting option')].some((o) => o.value === '` + priya + `' && o.text.endsWith('· new'))`)
	p.Looks("approver-new")
	p.Be(priya)
	p.Messages()
	p.Sees("The price floor is mine to give")
	p.Looks("approver-asked")
	p.Press("Approve")
	p.Sees("You approved")
	p.Looks("approver-approved")
	p.Be(sam)
	p.Until(`[...document.querySelectorAll('#acting option')].every((o) => o.value !== '` + priya + `' || !o.text.endsWith('· new'))`)
	p.Messages()
	p.Sees("Priya approved")
	p.Looks("approver-settled")
}
