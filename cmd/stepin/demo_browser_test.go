package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startDemo runs the demo as its command does, and gives the page's address.
func startDemo(t *testing.T, args ...string) (url string, stop func()) {
	t.Helper()
	return listening(t, func(ctx context.Context, out, errs io.Writer) int {
		return run(ctx, append([]string{"demo"}, args...), func(string) string { return "" }, out, errs)
	})
}

// listening runs a demo until it names its address.
func listening(t *testing.T, demo func(ctx context.Context, out, errs io.Writer) int) (url string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	var errs strings.Builder
	var wg sync.WaitGroup
	wg.Go(func() {
		if code := demo(ctx, w, &errs); code != 0 {
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

// browser starts Chromium; without one the test is skipped, unless STEPIN_BROWSER=required.
func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err != nil {
		if os.Getenv("STEPIN_BROWSER") == "required" {
			t.Fatal("STEPIN_BROWSER=required, and there is no chromium: install Debian's package chromium-headless-shell")
		}
		t.Skip("no chromium on this machine: the page is not tested (Debian's package chromium-headless-shell)")
	}
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(90*time.Second), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	return ctx
}

// A tab is a page in which a person acts; every act is counted.
type tab struct {
	t      *testing.T
	ctx    context.Context
	acts   int
	who    string // whose screen is used
	faults []string
	mu     sync.Mutex
}

// newTab is a tab for a subtest, which fails if a script of the page throws.
func newTab(t *testing.T, in context.Context) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(in)
	p := &tab{t: t, ctx: ctx, who: sam}
	if err := chromedp.Do(ctx); err != nil { // opens it, and binds its life to no time-out
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*runtime.EventExceptionThrown); ok {
			text := e.ExceptionDetails.Text
			if e.ExceptionDetails.Exception != nil {
				text += " " + e.ExceptionDetails.Exception.Description
			}
			p.mu.Lock()
			p.faults = append(p.faults, text)
			p.mu.Unlock()
		}
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.faults) > 0 {
			t.Errorf("faults in the page: %s", p.faults)
		}
	})
	return p
}

func (p *tab) run(what string, a ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, a...); err != nil {
		p.shot("failed")
		text, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		p.t.Fatalf("%s: %v\npage:\n%s", what, err, text)
	}
}

// root is the person's screen.
func (p *tab) root() string {
	return `(document.querySelector('.client[data-user="` + p.who + `"]') || document)`
}

// press clicks the control with a visible text on the person's screen, uppermost window first.
func (p *tab) press(label string) {
	p.t.Helper()
	p.acts++
	js := `(() => { const root = ` + p.root() + `; const scope = [...root.querySelectorAll('[role=dialog]')].pop() || root;
		const all = [...scope.querySelectorAll('button, label')].filter(e => e.textContent.trim() === ` + quote(label) + ` && e.offsetParent !== null && !e.disabled && e.getAttribute('aria-busy') !== 'true');
		const e = all.pop(); if (!e) return false; e.click(); return true })()`
	p.run("press "+label, until(js))
}

// pick taps an option below a question.
func (p *tab) pick(question, option string) {
	p.t.Helper()
	p.acts++
	js := `(() => { const root = ` + p.root() + `; const scope = [...root.querySelectorAll('[role=dialog]')].pop() || root;
		const blocks = [...scope.querySelectorAll('[data-block]')].filter(e => e.textContent.includes(` + quote(question) + `));
		for (const b of blocks.reverse()) for (const l of b.querySelectorAll('label')) if (l.textContent.trim() === ` + quote(option) + `) { l.click(); return true }
		return false })()`
	p.run("pick "+option, until(js))
}

// until waits for an expression to be true.
func until(js string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Poll[bool](`!!(`+js+`)`, chromedp.WithPollingInterval(50*time.Millisecond))(ctx, t)
		return chromedp.Void{}, err
	}
}

// dark is a browser that prefers dark pages.
func dark(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
	_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	return chromedp.Void{}, err
}

func (p *tab) reads(text string) {
	p.t.Helper()
	js := `document.body.innerText.replace(/\s+/g, ' ').includes(` + quote(text) + `)`
	p.run("read "+text, until(js))
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }

// shot keeps a picture where STEPIN_SHOTS names a folder.
func (p *tab) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("STEPIN_SHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// whole checks that nothing on the page is wider than the page.
func (p *tab) whole(where string) {
	p.t.Helper()
	over, err := chromedp.Run(p.ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth - document.documentElement.clientWidth`))
	if err != nil || over > 0 {
		p.t.Errorf("%s: the page is %v px too wide", where, over)
	}
}

// send presses Enter in the manager's composer, where the command is typed already.
func (p *tab) send() {
	p.t.Helper()
	p.acts++
	js := `(() => { const c = ` + p.root() + `.querySelector('textarea, [contenteditable=true], input[type=text]'); if (!c) return false;
		const v = c.value ?? c.textContent; if (!v.includes('/stepin')) return false; c.focus(); return true })()`
	p.run("focus the composer", until(js), chromedp.KeyEvent("\r"))
}

// types sends a line from the manager's composer.
func (p *tab) types(line string) {
	p.t.Helper()
	p.acts++
	js := `(() => { const c = ` + p.root() + `.querySelector('textarea, [contenteditable=true], input[type=text]'); if (!c) return false;
		c.focus(); c.setSelectionRange?.(0, c.value.length); return document.activeElement === c })()`
	p.run("type "+line, until(js), chromedp.KeyEvent(line), chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("\r"))
}

func (p *tab) closed() {
	p.t.Helper()
	p.run("the window closes", until(`document.querySelector('[role=dialog]') === null`))
}

// otherPaths plays what the story does not: to hold back at once, with a ground, through all eight, and now.
func (p *tab) otherPaths() {
	p.t.Helper()
	p.types("/stepin @Dana Blue")
	p.reads("Chance without you?")
	p.press("I'll hold back")
	p.reads("That's the job")
	p.press("Save")
	p.closed()

	p.types("/stepin @Dana Green")
	p.reads("Chance without you?")
	p.press("Next")
	p.pick("said what would help?", "Asked me in")
	p.pick("What did Dana ask for?", "Helping out")
	p.press("Next")
	p.reads("You choose")
	p.shot("8-ground")
	p.press("Decide")
	p.reads("You co-pilot, Dana leads")
	p.press("Save")
	p.closed()

	p.types("/stepin @Dana Red")
	p.reads("Chance without you?")
	p.press("Next")
	p.pick("said what would help?", "Yes")
	p.pick("Whose call is it?", "Dana's")
	p.pick("live with a loss?", "Barely")
	p.pick("way work?", "No")
	p.pick("trained for this?", "No")
	p.press("Next")
	p.reads("You choose")
	p.pick("You choose", "Take over")
	p.pick("learn by leading?", "A lot")
	p.pick("moment come again?", "Often")
	p.pick("hear if you join?", "I doubt you")
	p.pick("smaller step?", "Tried one")
	p.shot("9-eight")
	p.press("Decide")
	p.reads("You take over")
	p.press("Save")
	p.closed()

	p.types("/stepin now")
	p.reads("Smallest step that helps?")
	p.pick("Who asked you in?", "Nobody")
	p.pick("Must it stop this minute?", "No")
	p.pick("Smallest step that helps?", "Stay silent")
	p.shot("10-now")
	p.press("Do it")
	p.reads("You listen, Dana leads")
	p.whole("all paths")
}

func TestDemoInTheBrowser(t *testing.T) {
	b := browser(t)
	if err := chromedp.Do(b); err != nil {
		t.Fatalf("starting the browser: %v", err)
	}
	t.Run("story", func(t *testing.T) { storyInTheBrowser(t, newTab(t, b)) })
	if os.Getenv("STEPIN_LONG") == "" {
		return
	}
	t.Run("branches", func(t *testing.T) { branchesInTheBrowser(t, newTab(t, b)) })
	t.Run("approval", func(t *testing.T) { approvalInTheBrowser(t, newTab(t, b)) })
	t.Run("word", func(t *testing.T) { wordInTheBrowser(t, newTab(t, b)) })
	t.Run("reminder", func(t *testing.T) { reminderInTheBrowser(t, newTab(t, b)) })
	t.Run("debrief", func(t *testing.T) { debriefInTheBrowser(t, newTab(t, b)) })
	t.Run("pull", func(t *testing.T) { pullInTheBrowser(t, newTab(t, b)) })
	t.Run("own", func(t *testing.T) { ownInTheBrowser(t, newTab(t, b)) })
	t.Run("keys", func(t *testing.T) { keysInTheBrowser(t, newTab(t, b)) })
}

func storyInTheBrowser(t *testing.T, p *tab) {
	file := filepath.Join(t.TempDir(), "demo.db")
	url, stop := startDemo(t, "--db", file)
	defer func() { stop() }()
	p.run("open the page", chromedp.Navigate(url))
	p.reads("make-believe")
	p.reads("A bit sick")
	p.shot("1-story")
	p.whole("story")

	// The story: from the typed command to a decision and a plan.
	p.send()
	p.reads("Chance without you?")
	p.shot("2-call")
	p.press("Next")
	p.pick("said what would help?", "Yes")
	p.pick("Whose call is it?", "Dana's")
	p.pick("live with a loss?", "Yes")
	p.pick("way work?", "Yes")
	p.pick("trained for this?", "Yes")
	p.shot("3-facts")
	p.press("Next")
	p.reads("hold back.")
	p.shot("4-verdict")
	p.whole("verdict")
	p.press("Decide")
	p.reads("My job is to let my reps do theirs")
	p.pick("If it gets hard", "If it goes quiet, I'll count to ten.")
	p.shot("5-closing")
	p.press("Save")
	p.closed()
	if p.acts > 15 {
		t.Errorf("the story took %d actions, more than 15", p.acts)
	}
	t.Logf("the story's path: %d actions", p.acts)

	p.otherPaths()

	// Everything is there after a restart.
	stop()
	url, stop = startDemo(t, "--db", file)
	p.run("open the page again", chromedp.EmulateViewport(390, 844), chromedp.Navigate(url))
	p.run("the story is over", until(`Number(document.querySelector('[data-step]')?.dataset.step) > 3`))
	p.whole("phone")
	if top, err := chromedp.Run(p.ctx, chromedp.Evaluate[float64](`document.querySelector('.phone.left').getBoundingClientRect().top`)); err != nil || top > 290 {
		t.Errorf("%v px of the page stand above the phone: %v", top, err)
	} else {
		t.Logf("above the phone: %v px", top)
	}
	p.shot("6-phone")
	p.run("dark", dark,
		chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url))
	p.reads("A bit sick")
	p.shot("7-dark")
}
