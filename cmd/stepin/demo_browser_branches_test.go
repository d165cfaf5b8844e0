package main

import (
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// branchesInTheBrowser goes on after the story: ask Dana, answer on the right phone, read it on the left.
func branchesInTheBrowser(t *testing.T, p *browser.Tab) {
	url, stop := startDemo(t)
	defer func() { stop() }()
	p.Open(url)
	p.Reads("1 of 3")
	p.Send()
	p.Press("I'll hold back")
	p.Press("Save")
	p.Closed()
	if p.Acts > 15 {
		t.Errorf("the shortest path took %d actions, more than 15", p.Acts)
	}
	p.Reads("there is more to try")
	p.Looks("story-ask")
	p.Until(p.Root() + `.querySelector('[data-test=composer]').value.startsWith('/stepin @Dana Globex')`)
	p.Acts = 0
	p.Send()
	p.Press("Ask Dana first")
	p.Press("Save")
	p.Reads("Now be Dana")
	p.Looks("story-be")
	p.Who = dana
	p.Tap("[data-test=banner]")
	p.Press("Yes")
	p.Press("Some coaching")
	p.Fill("What would help?", "Who signs")
	p.Press("Send")
	p.Reads("Dana's answer is on Sam's phone")
	p.Who = sam
	p.Tap("[data-test=banner]")
	p.Sees("Who signs")
	p.Looks("story-answer")
	p.Press("Coach Dana")
	p.Sees("Ask, then listen")
	p.Sees("Dana wrote: Who signs")
	p.Reads("press Done")
	if p.Acts > 15 {
		t.Errorf("asking first took %d actions, more than 15", p.Acts)
	}
	// What the coaching gives is sent with one tap after it. Dana hears of the coaching only then.
	p.Fill("What will you give Dana?", "Ana Silva signs there.")
	p.Looks("story-coach")
	p.Who = dana
	p.Misses("will coach you")
	p.Who = sam
	p.Press("Done")
	p.Sees("Tell Dana?")
	p.Reads("Press Send to tell Dana")
	p.Looks("story-give")
	p.Press("Send")
	p.Closed()
	p.Reads("what comes after a call")
	p.Who = dana
	p.Sees("Sam will coach you first. You lead.")
	p.Sees("A note from Sam: Ana Silva signs there.")
	p.Shot("story-given")
	p.Who = sam
	p.Skip()
	p.Reads("Want a takeover looked at?")
	p.Looks("story-look")
	p.Skip()
	p.Reads("That was the story.")
	// The head of sales sees none of it.
	p.Until(`(() => { const e = document.querySelector('[data-test=lens]'); e.click(); return true })()`)
	p.Until(`[...document.querySelectorAll('.post')].length > 2 && [...document.querySelectorAll('.post')].every((e) => e.dataset.hidden === 'true')`)
	p.Looks("story-lens")
}
