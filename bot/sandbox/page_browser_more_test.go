package sandbox_test

import (
	"path/filepath"
	"strings"
	"testing"

	"stepin/bot/sandbox/page/browser"

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
func pressesInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base + "/#workspace/" + sam)
	r.open(sam, kitchenSink())
	b.Click("[data-block=must] input[data-value=b]")
	b.TypeInto("[data-action=line-in]", "again")
	browser.Eval[any](b, strings.Replace(hold, "ACT", `"/people/submit"`, 1))
	const submit = `document.querySelector("[data-test=submit]")`
	browser.Eval[any](b, submit+`.click(); `+submit+`.click()`)
	b.Until(submit + `.getAttribute("aria-disabled") === "true"`)
	b.Until(`document.querySelector(".sheet-body").textContent.includes("Once more") && held.length === 1`)
	b.Until(`!` + submit + `.hasAttribute("aria-disabled")`) // another screen, another press
	browser.Eval[any](b, submit+`.click()`)
	b.Until(submit + `.getAttribute("aria-disabled") === "true"`)
	b.Shot("queued")
	if n := r.submissions(); n != 1 {
		t.Errorf("%d submissions before the first was answered, want 1", n)
	}
	browser.Eval[any](b, `letGo()`)
	b.Until(`!document.querySelector("[aria-busy],[aria-disabled]")`)
	if n := r.submissions(); n != 2 {
		t.Errorf("%d submissions, want 2", n)
	}
	// What waited for its turn is not sent into a window that has become another.
	browser.Eval[any](b, strings.Replace(hold, "ACT", `"/people/submit"`, 1))
	browser.Eval[any](b, submit+`.click()`)
	b.Until(`held.length > 0 && !` + submit + `.hasAttribute("aria-disabled")`)
	browser.Eval[any](b, submit+`.click()`)
	other := modal(section("Something else"))
	other["callback_id"] = "other"
	r.want("", "views.update", obj{"view_id": r.w.Modals(sam)[0].ID, "view": other})
	b.Until(`document.querySelector("[data-callback=other]")`)
	browser.Eval[any](b, `letGo()`)
	b.Until(`document.querySelector(".sheet .trouble").textContent.includes("The window changed")`)
	if n := r.submissions(); n != 3 {
		t.Errorf("%d submissions, want 3", n)
	}
	b.Click("[data-test=close]")
	b.Until(`!document.querySelector("[role=dialog]")`)

	b.Do(chromedp.Reload())
	b.Click("[data-channel=C0DEALS1]")
	browser.Eval[any](b, strings.Replace(hold, "ACT", `"/people/say"`, 1))
	b.TypeInto("[data-test=composer]", "one"+kb.Enter+"two"+kb.Enter)
	b.Until(`held.length === 1 && document.querySelector("[data-test=composer]").value === ""`)
	browser.Eval[any](b, `letGo()`)
	b.Until(`[...document.querySelectorAll(".post .words")].map((e) => e.textContent).join(" ") === "one two"`)
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
func channelsInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base + "/#workspace/U0LIOR01")
	b.Click("[data-test=new-dm]")
	b.Until(focused + `.dataset.person === "U0SAM001"`)
	b.LooksRight("people")
	b.Keys(kb.Escape)
	b.Until(`!document.querySelector("[data-person]") && ` + focused + `.dataset.test === "new-dm"`)
	b.Keys(kb.Enter)
	b.Click("[data-person=U0PRIYA1]")
	b.Until(focused + `.dataset.test === "composer" && document.querySelector("h2").textContent === "Priya Nair"`)
	b.Keys("Hello" + kb.Enter)
	b.Until(`document.querySelector(".post .words").textContent === "Hello"`)

	b.Click("[data-test=new-channel]")
	b.Keys("Big deals" + kb.Enter)
	b.Until(`document.querySelector("h2").textContent === "#big-deals"`)
	b.Keys("One" + kb.Enter)
	b.Until(`document.querySelector(".post .words").textContent === "One"`)
	b.Click("[data-test=about]")
	b.Click("[data-test=invite]")
	b.Until(`document.querySelector("[data-test=remove]").textContent === "Remove stepin"`)
	b.LooksRight("about")
	b.Click("[data-test=archive]")
	b.Until(`document.querySelector(".foot").textContent.includes("archived")`)
	b.LooksRight("archived")
	b.Click("[data-test=unarchive]")
	b.Until(`document.querySelector("[data-test=composer]")`)
	// What had replies leaves a trace.
	b.Click("[data-test=thread]")
	b.TypeInto("[data-test=composer]", "A reply"+kb.Enter)
	b.Until(`document.querySelectorAll(".post").length === 2`)
	b.Click("[data-test=back]")
	b.Click("[data-test=unsay]")
	b.Until(`document.querySelector("[role=alertdialog]")`)
	b.LooksRight("sure")
	b.Click("[data-test=confirm]")
	b.Until(`document.querySelector(".post").textContent.includes("was deleted") && document.querySelector("[data-test=replies]")`)
	b.LooksRight("deleted")
	// Somebody else finds it, and joins.
	browser.Eval[any](b, `location.hash = "workspace/U0INES01"`)
	b.Until(`document.querySelector(".desk[data-user=U0INES01] .list")`)
	browser.Eval[any](b, `[...document.querySelectorAll(".row")].find((e) => e.textContent.includes("big-deals")).click()`)
	b.Until(`document.querySelector("[data-test=join]")`)
	b.LooksRight("reads along")
	b.Click("[data-test=join]")
	b.Until(`document.querySelector("[data-test=composer]")`)
}

// tabsInBrowser has more pages open than a browser opens connections to one host. All of them learn what happens, go on
// after the workspace was gone for a while, and keep what was typed.
func tabsInBrowser(t *testing.T, b *browser.Browser) {
	file := filepath.Join(t.TempDir(), "workspace")
	kept := func(c *config) { c.State = file }
	r := newPageRig(t, kept)
	var tabs []*browser.Tab
	for range 10 {
		tab := b.Tab(t)
		tab.May = []string{"/people/live"} // there is nothing to connect to for a while
		tab.Size(1280, 800, "light")
		tab.Open(r.base + "/")
		tabs = append(tabs, tab)
	}
	each := func(condition string) {
		t.Helper()
		for _, tab := range tabs {
			tab.Until(condition)
		}
	}
	says := func(text string) string {
		return `document.querySelector(".right .scroll").textContent.includes("` + text + `")`
	}
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "Said to ten."); err != nil {
		t.Fatal(err)
	}
	each(says("Said to ten."))
	tabs[9].TypeInto(".right [data-test=composer]", "Said by the tenth."+kb.Enter)
	each(says("Said by the tenth."))
	tabs[0].TypeInto(".right [data-test=composer]", "Not sent yet")
	addr := strings.TrimPrefix(r.base, "http://")
	r.end()
	each(`document.querySelector(".page-trouble")`)
	r = pageRigAt(t, addr, kept)
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "Said after the pause."); err != nil {
		t.Fatal(err)
	}
	each(says("Said after the pause.") + ` && !document.querySelector(".page-trouble")`)
	tabs[0].Until(`document.querySelector(".right [data-test=composer]").value === "Not sent yet"`)
}
