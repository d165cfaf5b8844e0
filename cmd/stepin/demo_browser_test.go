package main

import (
	"context"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"stepin/bot/sandbox/page/browser"
)

// startDemo runs the demo as its command does, and gives the page's address.
func startDemo(t *testing.T, args ...string) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var errs strings.Builder
	var wg sync.WaitGroup
	wg.Go(func() {
		if code := run(ctx, append([]string{"demo"}, args...), func(string) string { return "" }, w, &errs); code != 0 {
			t.Errorf("demo ended with %d: %s", code, errs.String())
		}
		_ = w.Close()
	})
	buf := make([]byte, 512)
	n, err := r.Read(buf)
	if err != nil {
		t.Fatalf("the demo says nothing: %v %s", err, errs.String())
	}
	wg.Go(func() { _, _ = io.Copy(io.Discard, r) })
	url = regexp.MustCompile(`http://\S+`).FindString(string(buf[:n]))
	return url, func() { cancel(); wg.Wait() }
}

// whole checks that nothing on the page is wider than the page.
func whole(t *testing.T, p *browser.Tab, where string) {
	t.Helper()
	over := browser.Eval[float64](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`)
	if over > 0 {
		t.Errorf("%s: the page is %v px too wide", where, over)
	}
}

// fiveFacts answers the five facts, so that a take-over has no ground.
func fiveFacts(p *browser.Tab) {
	p.Pick("say would help?", "Some coaching first")
	p.Pick("Whose call?", "Dana's")
	p.Pick("worst case?", "A loss that hurts")
	p.Press("Next")
	p.Pick("way work?", "No")
	p.Pick("trained for this?", "Not yet")
}

// otherPaths plays what the story does not: to hold back at once, with a ground, through all eight, and now.
func otherPaths(t *testing.T, p *browser.Tab) {
	t.Helper()
	p.Types("/stepin @Dana Blue")
	p.Reads("Odds without you?")
	p.Press("I'll hold back")
	p.Reads("That's the job")
	p.Press("Save")
	p.Closed()

	p.Types("/stepin @Dana Green")
	p.Reads("Odds without you?")
	p.Press("Next")
	p.Pick("say would help?", "Having me on it")
	p.Pick("To do what?", "Help out")
	p.Press("Next")
	p.Reads("Decide")
	p.Shot("8-ground")
	p.Press("Decide")
	p.Reads("You co-pilot, Dana leads")
	p.Reads("Tell Dana?")
	p.Shot("8-tell")
	p.Press("Not now")
	p.Closed()

	p.Types("/stepin @Dana Red")
	p.Reads("Odds without you?")
	p.Press("Next")
	fiveFacts(p)
	p.Press("Next")
	p.Reads("Decide")
	p.Pick("Step in?", "Take over")
	p.Pick("would leading teach", "A lot")
	p.Pick("come up again?", "Often")
	p.Pick("Dana hears:", "You doubt me")
	p.Pick("smaller step?", "Tried one")
	p.Shot("9-eight")
	p.Press("Decide")
	p.Reads("You lead until")
	p.Press("Not now")
	p.Closed()

	p.Types("/stepin now")
	p.Press("Yes")
	p.Reads("Smallest step that helps?")
	p.Pick("Who asked you in?", "Nobody")
	p.Pick("Smallest step that helps?", "Stay silent")
	p.Shot("10-now")
	p.Press("Do it")
	p.Reads("You listen, Dana leads")
	whole(t, p, "all paths")
}

func TestDemoInTheBrowser(t *testing.T) {
	b := browser.Start(t)
	tab := func(t *testing.T) *browser.Tab {
		p := b.Tab(t)
		p.Who, p.May = sam, []string{"net::ERR_CONNECTION_REFUSED"} // the demo is restarted under the page
		return p
	}
	t.Run("story", func(t *testing.T) { storyInTheBrowser(t, tab(t)) })
	if !browser.Long() {
		return
	}
	t.Run("branches", func(t *testing.T) { branchesInTheBrowser(t, tab(t)) })
	t.Run("copilot", func(t *testing.T) { copilotInTheBrowser(t, tab(t)) })
	t.Run("word", func(t *testing.T) { wordInTheBrowser(t, tab(t)) })
	t.Run("refused", func(t *testing.T) { refusedInTheBrowser(t, tab(t)) })
	t.Run("after", func(t *testing.T) { afterInTheBrowser(t, tab(t)) })
	t.Run("approver", func(t *testing.T) { approverInTheBrowser(t, tab(t)) })
	t.Run("debrief", func(t *testing.T) { debriefInTheBrowser(t, tab(t)) })
	t.Run("heights", func(t *testing.T) { heightsInTheBrowser(t, tab(t)) })
	t.Run("keys", func(t *testing.T) { keysInTheBrowser(t, tab(t)) })
}

func storyInTheBrowser(t *testing.T, p *browser.Tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.Open(url)
	p.Reads("make-believe")
	p.Reads("A bit sick")
	p.Shot("1-story")
	whole(t, p, "story")

	// The story: from the typed command to a decision and a plan.
	p.Send()
	p.Reads("Odds without you?")
	p.Shot("2-call")
	p.Press("Next")
	p.Pick("say would help?", "To lead it alone")
	p.Pick("Whose call?", "Dana's")
	p.Pick("worst case?", "A loss we'd get over")
	p.Press("Next")
	p.Pick("way work?", "Yes, just not mine")
	p.Pick("trained for this?", "Yes")
	p.Shot("3-facts")
	p.Press("Next")
	p.Reads("hold back.")
	p.Shot("4-verdict")
	whole(t, p, "verdict")
	p.Press("Decide")
	p.Reads("My job is to let my reps do theirs")
	p.Pick("if it gets hard?", "If it goes quiet, I'll count to ten.")
	p.Shot("5-closing")
	p.Press("Save")
	p.Closed()
	if p.Acts > 15 {
		t.Errorf("the story took %d actions, more than 15", p.Acts)
	}
	t.Logf("the story's path: %d actions", p.Acts)

	otherPaths(t, p)

	// Everything is there after a restart.
	stop()
	url, stop = startDemo(t, "--db", file)
	p.Size(390, 844, "light")
	p.Open(url)
	p.Until(`Number(document.querySelector('[data-step]')?.dataset.step) > 3`)
	whole(t, p, "phone")
	if top := browser.Eval[float64](p, `document.querySelector('.phone.left').getBoundingClientRect().top`); top > 290 {
		t.Errorf("%v px of the page stand above the phone", top)
	} else {
		t.Logf("above the phone: %v px", top)
	}
	p.Shot("6-phone")
	p.Size(1280, 900, "dark")
	p.Open(url)
	p.Reads("A bit sick")
	p.Shot("7-dark")
}
