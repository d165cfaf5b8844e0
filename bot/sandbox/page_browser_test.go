package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/bot/sandbox/world"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// pageBrowser is a page in a real browser.
type pageBrowser struct {
	t     *testing.T
	ctx   context.Context
	check string
	may   string // what the page's complaints may be about, "" for none
}

// browserStart is long because the first start of Chromium on a busy machine takes its time.
const browserStart = 90 * time.Second

func startBrowser(t *testing.T) *pageBrowser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("STEPIN_BROWSER") == "required" {
			t.Fatal("no Chromium or Chrome is installed, and STEPIN_BROWSER=required: install chromium-headless-shell")
		}
		t.Skip("no Chromium or Chrome is installed, so the page is not tried in a browser")
	}
	opts := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(browserStart),
		chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	check, err := os.ReadFile("testdata/page_checks.js")
	if err != nil {
		t.Fatal(err)
	}
	b := &pageBrowser{t: t, ctx: ctx, check: string(check)}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", path, err)
	}
	return b
}

// on is a tab for a subtest, which fails if a script of the page throws or complains.
func (b *pageBrowser) on(t *testing.T) *pageBrowser {
	ctx, stop := chromedp.NewContext(b.ctx)
	c := &pageBrowser{t: t, ctx: ctx, check: b.check}
	c.do() // opens the tab
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
			if c.may != "" && strings.Contains(w, c.may) {
				continue
			}
			t.Errorf("the page complained: %s", w)
		}
	})
	return c
}

type step = chromedp.Action[chromedp.Void]

func (b *pageBrowser) do(steps ...step) {
	b.t.Helper()
	if len(steps) == 0 { // the first use of a context is what the tab's life is bound to, so it has no time-out
		if err := chromedp.Do(b.ctx); err != nil {
			b.t.Fatalf("opening a tab: %v", err)
		}
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.shot("failed")
		b.t.Fatalf("in the browser: %v", err)
	}
}

func pageEval[T any](b *pageBrowser, js string, opts ...chromedp.EvaluateOption) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 60*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, opts...))
	if err != nil {
		b.t.Fatalf("in the browser: %s: %v", js, err)
	}
	return v
}

func (b *pageBrowser) open(url string, width, height int64, scheme string) {
	b.t.Helper()
	b.size(width, height, scheme)
	b.do(chromedp.Navigate(url))
	b.until(`document.querySelector(".client") && !document.querySelector(".page-trouble")`)
}

// size is that of the window, which prefers light or dark pages.
func (b *pageBrowser) size(width, height int64, scheme string) {
	b.t.Helper()
	look := func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
		if err == nil {
			_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
		}
		return err
	}
	b.do(chromedp.Func(look))
}

// until waits in the page for a condition.
func (b *pageBrowser) until(condition string) {
	b.t.Helper()
	js := fmt.Sprintf(`(async () => { const end = Date.now() + 20000;
		const holds = () => { try { return %s; } catch { return false; } };
		while (!holds()) { if (Date.now() > end) return false; await new Promise((r) => setTimeout(r, 15)); }
		return true; })()`, condition)
	if !pageEval[bool](b, js, chromedp.EvalAwaitPromise) {
		b.shot("failed")
		b.t.Fatalf("never: %s", condition)
	}
}

func (b *pageBrowser) value(js string) string {
	b.t.Helper()
	return pageEval[string](b, "String("+js+")")
}

// click waits until the element is there, and clicks it as a mouse does.
func (b *pageBrowser) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.querySelector(%q)", selector))
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

func (b *pageBrowser) keys(s string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(s))
}

// shot keeps a picture in the folder STEPIN_SHOTS, if that is set, for people to look at.
func (b *pageBrowser) shot(name string) {
	dir := os.Getenv("STEPIN_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Logf("no picture: %v", err)
		return
	}
	file := filepath.Join(dir, strings.ReplaceAll(b.t.Name()+"-"+name, "/", "_")+".png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		b.t.Error(err)
	}
}

// looksRight runs the checks of testdata/page_checks.js, and asks the browser for the name of each control.
func (b *pageBrowser) looksRight(name string) {
	b.t.Helper()
	b.shot(name)
	for _, w := range pageEval[[]string](b, b.check) {
		b.t.Errorf("%s: %s", name, w)
	}
	controls := []string{"button", "textbox", "combobox", "radio", "checkbox", "link", "listbox", "dialog", "alertdialog", "radiogroup", "Date", "InputTime"}
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		tree, err := cdp.Call(ctx, t, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		for _, n := range tree.Nodes {
			if n.Ignored || n.Role == nil {
				continue
			}
			role := strings.Trim(string(n.Role.Value), `"`)
			if slices.Contains(controls, role) && (n.Name == nil || strings.Trim(string(n.Name.Value), `" `) == "") {
				b.t.Errorf("%s: a %s without a name", name, role)
			}
		}
		return err
	}))
}

func TestPageInBrowser(t *testing.T) {
	b := startBrowser(t)
	t.Run("story", func(t *testing.T) { storyInBrowser(t, b.on(t)) })
	t.Run("looks", func(t *testing.T) { looksInBrowser(t, b) })
	if os.Getenv("STEPIN_LONG") == "" {
		return
	}
	t.Run("keyboard", func(t *testing.T) { keyboardInBrowser(t, b.on(t)) })
	t.Run("choices", func(t *testing.T) { choicesInBrowser(t, b.on(t)) })
	t.Run("answers", func(t *testing.T) { answersInBrowser(t, b.on(t)) })
	t.Run("plain", func(t *testing.T) { plainInBrowser(t, b.on(t)) })
	t.Run("presses", func(t *testing.T) { pressesInBrowser(t, b.on(t)) })
	t.Run("channels", func(t *testing.T) { channelsInBrowser(t, b.on(t)) })
	t.Run("threads", func(t *testing.T) { threadsInBrowser(t, b.on(t)) })
	t.Run("files", func(t *testing.T) { filesInBrowser(t, b.on(t)) })
	t.Run("tabs", func(t *testing.T) { tabsInBrowser(t, b) })
	t.Run("workspace", func(t *testing.T) { workspaceInBrowser(t, b.on(t)) })
}

func storyInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base, 1280, 800, "light")
	b.until(`document.querySelector(".phone[data-user=U0SAM001] [data-test=composer]").value === "/stepin @Dana Acme renewal"`)
	b.looksRight("opens")
	b.click(".left [data-test=composer]")
	b.keys(kb.Enter)
	b.until(`document.querySelector(".left [data-callback=kitchen]") && document.querySelector("[data-step='2']")`)
	b.until(`document.querySelector(".left [data-test=composer]").value === ""`)
	b.looksRight("modal")
	b.click(".left [data-block=must] input[data-value=b]")
	b.click(".left [data-test=submit]")
	b.until(`document.querySelector(".left [data-callback=form]")`)
	b.shot("pushed")
	b.click(".left [data-test=submit]")
	b.until(`!document.querySelector(".left [role=dialog]") && document.querySelector(".right [data-test=banner]")`)
	b.until(`document.querySelector("[data-step=done]")`)
	b.looksRight("banner")
	b.click(".right [data-test=banner]")
	b.until(`document.querySelector(".right .post").textContent.includes("Sam is holding back today.") && !document.querySelector("[data-test=banner]")`)
	b.click("[data-test=lens]")
	b.until(`document.querySelector(".right .post .dimmed") && document.querySelector(".left .post .lens-note").textContent.includes("Ines Duarte")`)
	b.looksRight("lens")
	clock := b.value(`document.querySelector("[data-test=clock]").dataset.now`)
	b.click("[data-jump='+1 hour']")
	b.until(`Number(document.querySelector("[data-test=clock]").dataset.now) >= ` + clock + ` + 3500`)
	b.do(chromedp.Reload())
	b.until(`document.querySelector("[data-step=done]") && document.querySelector(".left [data-test=composer]").value === ""`)
	b.click("[data-test=workspace]")
	b.until(`document.querySelector(".desk[data-user=U0SAM001] .list [data-channel=C0DEALS1]")`)
	b.looksRight("behind")
}

// looksInBrowser shows all block types in a modal, on Home and in posts at each width, light and dark.
func looksInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, func(c *config) {
		c.Seed = world.DefaultSeed()
		c.Seed.People[0].Name = "Maximiliane-Alexandra " + longWord
		c.Seed.People[1].Name = "ד"
		c.Seed.Channels[0].Name = "deals-with-a-name-that-goes-on-for-longer-than-any-screen-is-wide"
	})
	r.pageApp()
	dm := str(object(r.want("", "conversations.open", obj{"users": sam})["channel"])["id"])
	r.want("", "chat.postMessage", obj{"channel": deals, "text": "All", "blocks": kitchenPost()})
	r.want("", "chat.postMessage", obj{"channel": dm, "text": "All", "blocks": kitchenPost()})
	r.want("", "chat.postEphemeral", obj{"channel": "C0DEALS1", "user": sam, "text": "Only for *you*: " + longWord})
	r.want("", "views.publish", obj{"user_id": sam, "view": kitchenHome()})
	for i, size := range [][2]int64{{1280, 800}, {768, 1024}, {390, 844}, {320, 640}} {
		for j, scheme := range []string{"light", "dark"} {
			if os.Getenv("STEPIN_LONG") == "" && (i != 3*j) { // the widest and the narrowest
				continue
			}
			name := fmt.Sprintf("%d %s", size[0], scheme)
			t.Run(name, func(t *testing.T) {
				b := b.on(t)
				b.open(r.base+"/", size[0], size[1], scheme)
				b.looksRight("story")
				b.open(r.base+"/?w#workspace/"+sam, size[0], size[1], scheme)
				b.until(`document.querySelector(".post.ephemeral")`)
				b.looksRight("channel")
				if size[0] < 640 {
					b.click("[data-test=list]")
					b.looksRight("list")
				}
				b.click("[data-test=app]")
				b.until(`document.querySelector(".home .block-rich_text")`)
				b.looksRight("home")
				b.click("[data-test=messages-tab]")
				b.until(`document.querySelector(".post .block-rich_text")`)
				b.looksRight("messages")
				r.open(sam, kitchenSink())
				b.until(`document.querySelector("[data-callback=kitchen] .block-rich_text")`)
				b.looksRight("modal")
				pageEval[any](b, `document.querySelector(".sheet-body").scrollTop = 900`)
				b.shot("modal-2")
				b.click("[data-block=next] [data-test=choose-people]")
				pageEval[any](b, `document.querySelector("[data-block=reps]").scrollIntoView()`)
				b.looksRight("people")
				pageEval[any](b, `document.querySelector(".sheet-body").scrollTop = 1e6`)
				b.shot("modal-3")
				b.click("[data-test=submit]")
				b.until(`document.querySelector("[data-block=must] .error") && document.activeElement.closest("[data-block=must]") && !document.querySelector(".sheet-foot .waiting")`)
				b.looksRight("errors")
				b.click(".sheet [data-action=danger]")
				b.until(`document.querySelector("[role=alertdialog]")`)
				b.looksRight("confirm")
				b.click("[data-test=deny]")
				b.until(`!document.querySelector("[role=alertdialog]")`)
				b.click("[data-test=close]")
				b.until(`!document.querySelector("[role=dialog]")`)
			})
		}
	}
}
