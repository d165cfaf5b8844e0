// Package browser drives the sandbox's page in Chromium, so that tests can use it as people do. Only tests import it.
//
// A test starts one Browser and opens a Tab in it for each flow. A Tab fails its test when a script of the page throws,
// and when a step does not come to pass. browser.go starts Chromium and has the steps that fit any page; person.go has
// those of somebody at one of the screens that the page shows; looks.go checks what a screen looks like.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	startPatience = 90 * time.Second // for the first start of Chromium on a busy machine
	patience      = 60 * time.Second // for a step
)

// Long says that a run tries everything, and not a sample: STEPIN_LONG is set.
func Long() bool { return os.Getenv("STEPIN_LONG") != "" }

// A Browser is a running Chromium.
type Browser struct{ ctx context.Context }

// Start starts Chromium for the time of a test. Without one it skips the test, and fails it if STEPIN_BROWSER=required.
func Start(t *testing.T) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv("STEPIN_BROWSER") == "required" {
			t.Fatal("STEPIN_BROWSER=required, and there is no Chromium: install Debian's chromium-headless-shell")
		}
		t.Skip("no Chromium on this machine: the page is not tried (Debian's package chromium-headless-shell)")
	}
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(startPatience), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return &Browser{ctx}
}

// find returns the path of a Chromium, "" if there is none. The headless shell needs a third of the time of the rest.
func find() string {
	for _, name := range []string{
		"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser",
		"google-chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// A Tab is a page that is open for one test.
type Tab struct {
	Who  string   // whose screen is used; see person.go
	Acts int      // what the person has done: presses, picks, lines, clicks
	May  []string // texts of complaints of the page that are no failure

	t   *testing.T
	ctx context.Context
}

// Tab opens a tab for a test, which fails if a script of the page throws or complains.
func (b *Browser) Tab(t *testing.T) *Tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	tab := &Tab{t: t, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil { // opens it, and binds its life to no time-out
		t.Fatalf("opening a tab: %v", err)
	}
	said := chromedp.Console(ctx)
	var wrong []string
	var wg sync.WaitGroup
	wg.Go(func() {
		for m, err := range said {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == chromedp.ConsoleError {
				wrong = append(wrong, m.String())
			}
		}
	})
	t.Cleanup(func() {
		stop()
		wg.Wait()
		for _, w := range wrong {
			if !slices.ContainsFunc(tab.May, func(may string) bool { return strings.Contains(w, may) }) {
				t.Errorf("the page complained: %s", w)
			}
		}
	})
	return tab
}

// Do takes steps, and fails the test if one does not succeed.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.fail(err.Error())
	}
}

// fail ends the test with what the page shows.
func (tab *Tab) fail(what string) {
	tab.t.Helper()
	tab.Shot("failed")
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	tab.t.Fatalf("in the browser: %s\npage:\n%s", what, text)
}

// Eval returns the value of an expression in the page.
func Eval[T any](tab *Tab, js string, opts ...chromedp.EvaluateOption) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, opts...))
	if err != nil {
		tab.fail(fmt.Sprintf("%s: %v", js, err))
	}
	return v
}

// Value returns the value of an expression in the page as text.
func (tab *Tab) Value(js string) string {
	tab.t.Helper()
	return Eval[string](tab, "String("+js+")")
}

// Until waits until an expression in the page is true. One that throws is not true yet.
func (tab *Tab) Until(condition string) {
	tab.t.Helper()
	js := fmt.Sprintf(`(() => { try { return !!(%s); } catch { return false; } })()`, condition)
	for end := time.Now().Add(patience); !Eval[bool](tab, js); time.Sleep(15 * time.Millisecond) {
		if time.Now().After(end) {
			tab.fail("never: " + condition)
		}
	}
}

// Open goes to an address.
func (tab *Tab) Open(url string) {
	tab.t.Helper()
	tab.Do(chromedp.Navigate(url))
	tab.Until(`document.querySelector(".client") && !document.querySelector(".page-trouble")`)
}

// Click waits for an element, and clicks it with the mouse.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.Until(fmt.Sprintf("document.querySelector(%q)", selector))
	tab.Do(chromedp.Click(chromedp.CSS(selector)))
}

// Keys presses keys.
func (tab *Tab) Keys(s string) {
	tab.t.Helper()
	tab.Do(chromedp.KeyEvent(s))
}

// TypeInto presses keys in the field that a selector names.
func (tab *Tab) TypeInto(selector, s string) {
	tab.t.Helper()
	tab.Do(chromedp.SendKeys(chromedp.CSS(selector), s))
}
