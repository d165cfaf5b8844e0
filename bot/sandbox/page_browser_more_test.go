package sandbox_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/slack-go/slack"
)

// hold keeps back the answers to an act until letGo is called.
const hold = `(() => { const real = window.fetch; window.held = []; window.fetch = async (to, how) => {
	const r = await real(to, how);
	if (String(to).includes(ACT) && window.held) await new Promise((go) => window.held.push(go));
	return r;
}; window.letGo = () => { const all = window.held; window.held = null; all.forEach((go) => go()); }; })()`

// pressesInBrowser presses while the answer to the press before is on its way: what is on a new screen, or typed since,
// is not passed over, and what was pressed already shows that it cannot be pressed again.
func pressesInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base+"/#workspace/"+sam, 1280, 800, "light")
	r.open(sam, kitchenSink())
	b.click("[data-block=must] input[data-value=b]")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-action=line-in]"), "again"))
	pageEval[any](b, strings.Replace(hold, "ACT", `"/people/submit"`, 1))
	const submit = `document.querySelector("[data-test=submit]")`
	pageEval[any](b, submit+`.click(); `+submit+`.click()`)
	b.until(submit + `.getAttribute("aria-disabled") === "true"`)
	b.until(`document.querySelector(".sheet-body").textContent.includes("Once more") && held.length === 1`)
	b.until(`!` + submit + `.hasAttribute("aria-disabled")`) // another screen, another press
	pageEval[any](b, submit+`.click()`)
	b.until(submit + `.getAttribute("aria-disabled") === "true"`)
	b.shot("queued")
	if n := r.submissions(); n != 1 {
		t.Errorf("%d submissions before the first was answered, want 1", n)
	}
	pageEval[any](b, `letGo()`)
	b.until(`!document.querySelector("[aria-busy],[aria-disabled]")`)
	if n := r.submissions(); n != 2 {
		t.Errorf("%d submissions, want 2", n)
	}
	// What waited for its turn is not sent into a window that has become another.
	pageEval[any](b, strings.Replace(hold, "ACT", `"/people/submit"`, 1))
	pageEval[any](b, submit+`.click()`)
	b.until(`held.length > 0 && !` + submit + `.hasAttribute("aria-disabled")`)
	pageEval[any](b, submit+`.click()`)
	other := modal(section("Something else"))
	other["callback_id"] = "other"
	r.want("", "views.update", obj{"view_id": r.w.Modals(sam)[0].ID, "view": other})
	b.until(`document.querySelector("[data-callback=other]")`)
	pageEval[any](b, `letGo()`)
	b.until(`document.querySelector(".sheet .trouble").textContent.includes("The window changed")`)
	if n := r.submissions(); n != 3 {
		t.Errorf("%d submissions, want 3", n)
	}
	b.click("[data-test=close]")
	b.until(`!document.querySelector("[role=dialog]")`)

	b.do(chromedp.Reload())
	b.click("[data-channel=C0DEALS1]")
	pageEval[any](b, strings.Replace(hold, "ACT", `"/people/say"`, 1))
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), "one"+kb.Enter+"two"+kb.Enter))
	b.until(`held.length === 1 && document.querySelector("[data-test=composer]").value === ""`)
	pageEval[any](b, `letGo()`)
	b.until(`[...document.querySelectorAll(".post .words")].map((e) => e.textContent).join(" ") === "one two"`)
}

// submissions counts those that the app was sent.
func (r *rig) submissions() int {
	n := 0
	for _, e := range r.envelopes() {
		if d, ok := e.Data.(slack.InteractionCallback); ok && d.Type == slack.InteractionTypeViewSubmission {
			n++
		}
	}
	return n
}

// channelsInBrowser opens conversations and ends them.
func channelsInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base+"/#workspace/U0LIOR01", 1280, 800, "light")
	b.click("[data-test=new-dm]")
	b.until(focused + `.dataset.person === "U0SAM001"`)
	b.looksRight("people")
	b.keys(kb.Escape)
	b.until(`!document.querySelector("[data-person]") && ` + focused + `.dataset.test === "new-dm"`)
	b.keys(kb.Enter)
	b.click("[data-person=U0PRIYA1]")
	b.until(focused + `.dataset.test === "composer" && document.querySelector("h2").textContent === "Priya Nair"`)
	b.keys("Hello" + kb.Enter)
	b.until(`document.querySelector(".post .words").textContent === "Hello"`)

	b.click("[data-test=new-channel]")
	b.keys("Big deals" + kb.Enter)
	b.until(`document.querySelector("h2").textContent === "#big-deals"`)
	b.keys("One" + kb.Enter)
	b.until(`document.querySelector(".post .words").textContent === "One"`)
	b.click("[data-test=about]")
	b.click("[data-test=invite]")
	b.until(`document.querySelector("[data-test=remove]").textContent === "Remove stepin"`)
	b.looksRight("about")
	b.click("[data-test=archive]")
	b.until(`document.querySelector(".foot").textContent.includes("archived")`)
	b.looksRight("archived")
	b.click("[data-test=unarchive]")
	b.until(`document.querySelector("[data-test=composer]")`)
	// What had replies leaves a trace.
	b.click("[data-test=thread]")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), "A reply"+kb.Enter))
	b.until(`document.querySelectorAll(".post").length === 2`)
	b.click("[data-test=back]")
	b.click("[data-test=unsay]")
	b.until(`document.querySelector("[role=alertdialog]")`)
	b.looksRight("sure")
	b.click("[data-test=confirm]")
	b.until(`document.querySelector(".post").textContent.includes("was deleted") && document.querySelector("[data-test=replies]")`)
	b.looksRight("deleted")
	// Somebody else finds it, and joins.
	pageEval[any](b, `location.hash = "workspace/U0INES01"`)
	b.until(`document.querySelector(".desk[data-user=U0INES01] .list")`)
	pageEval[any](b, `[...document.querySelectorAll(".row")].find((e) => e.textContent.includes("big-deals")).click()`)
	b.until(`document.querySelector("[data-test=join]")`)
	b.looksRight("reads along")
	b.click("[data-test=join]")
	b.until(`document.querySelector("[data-test=composer]")`)
}

// tabsInBrowser has more pages open than a browser opens connections to one host. All of them learn what happens, go on
// after the workspace was gone for a while, and keep what was typed.
func tabsInBrowser(t *testing.T, b *pageBrowser) {
	file := filepath.Join(t.TempDir(), "workspace")
	kept := func(c *config) { c.State = file }
	r := newPageRig(t, kept)
	var tabs []*pageBrowser
	for range 10 {
		tab := b.on(t)
		tab.may = "/people/live" // there is nothing to connect to for a while
		tab.open(r.base+"/", 1280, 800, "light")
		tabs = append(tabs, tab)
	}
	each := func(condition string) {
		t.Helper()
		for _, tab := range tabs {
			tab.until(condition)
		}
	}
	says := func(text string) string {
		return `document.querySelector(".right .scroll").textContent.includes("` + text + `")`
	}
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "Said to ten."); err != nil {
		t.Fatal(err)
	}
	each(says("Said to ten."))
	tabs[9].do(chromedp.SendKeys(chromedp.CSS(".right [data-test=composer]"), "Said by the tenth."+kb.Enter))
	each(says("Said by the tenth."))
	tabs[0].do(chromedp.SendKeys(chromedp.CSS(".right [data-test=composer]"), "Not sent yet"))
	addr := strings.TrimPrefix(r.base, "http://")
	r.end()
	each(`document.querySelector(".page-trouble")`)
	r = pageRigAt(t, addr, kept)
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "Said after the pause."); err != nil {
		t.Fatal(err)
	}
	each(says("Said after the pause.") + ` && !document.querySelector(".page-trouble")`)
	tabs[0].until(`document.querySelector(".right [data-test=composer]").value === "Not sent yet"`)
}
