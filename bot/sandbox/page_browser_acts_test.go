package sandbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const focused = `document.activeElement`

// keyboardInBrowser goes from the composer through a modal and back without a mouse.
func keyboardInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base, 1280, 800, "light")
	b.do(chromedp.Focus(chromedp.CSS(".left [data-test=composer]")))
	b.keys(kb.Enter)
	b.until(focused + `.dataset.callback === "kitchen"`)
	// Tab stays inside: all the way round, forwards and backwards.
	b.keys(kb.Tab)
	b.until(focused + `.dataset.test === "close-window"`)
	b.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.until(focused + `.dataset.test === "submit"`)
	b.keys(kb.Tab)
	b.until(focused + `.dataset.test === "close-window"`)
	// To the question, and through its answers with the arrows.
	for i := 0; b.value(focused+`.name || ""`) == "" || b.value(focused+`.type`) != "radio"; i++ {
		if i > 20 {
			t.Fatal("Tab does not reach the question")
		}
		b.keys(kb.Tab)
	}
	b.keys(" ")
	b.until(focused + `.dataset.value === "a" && document.activeElement.checked`)
	b.keys(kb.ArrowDown)
	b.until(focused + `.dataset.value === "b" && document.activeElement.checked`)
	b.until(`!document.querySelector(".sheet-foot .waiting")`)
	if got := b.value(focused + ".dataset.value"); got != "b" {
		t.Errorf("the focus is on %q after the answer was taken", got)
	}
	// Text and focus outlive an update of the view.
	b.keys(kb.Tab)
	b.until(focused + `.dataset.action === "line-in"`)
	b.keys("Acme ren")
	view := r.w.Modals(sam)[0]
	v := kitchenSink()
	v["blocks"] = append([]any{section("New on top")}, v["blocks"].([]any)...)
	r.want("", "views.update", obj{"view_id": view.ID, "view": v})
	b.until(`document.querySelector(".sheet-body").textContent.includes("New on top")`)
	b.keys("ewal")
	b.until(focused + `.dataset.action === "line-in" && document.activeElement.value === "Acme renewal"`)
	b.keys(kb.Enter)
	b.until(`document.querySelector("[data-callback=form]") && ` + focused + `.dataset.callback === "form"`)
	b.until(`document.querySelector(".sheet-body").textContent.includes("Sent: Acme renewal.")`)
	b.keys(kb.Escape)
	b.until(`document.querySelector("[data-callback=kitchen]") && ` + focused + `.dataset.callback === "kitchen"`)
	b.keys(kb.F6)
	b.until(focused + `.dataset.side === "right"`)
	b.keys(kb.F6)
	b.until(focused + `.dataset.callback === "kitchen"`)
	b.keys(kb.Escape)
	b.until(`!document.querySelector("[role=dialog]") && ` + focused + `.dataset.test === "composer"`)
	// Suggestions.
	b.keys("/ste")
	b.until(`document.querySelector(".left [role=listbox]")`)
	b.keys(kb.Enter)
	b.until(focused + `.value === "/stepin "`)
	b.keys("@da")
	b.until(`document.querySelector(".left [role=option][aria-selected=true]")`)
	b.shot("suggestions")
	b.keys(kb.Tab)
	b.until(focused + `.value === "/stepin @Dana Reyes "`)
}

// choicesInBrowser chooses several people and a channel, and empties what may stay empty, by keys alone where it can.
func choicesInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base+"/#workspace/"+sam, 1280, 800, "light")
	r.open(sam, kitchenSink())
	state := func(block, key, want string) {
		t.Helper()
		changed, stop := r.w.Watch()
		defer stop()
		late := time.After(20 * time.Second)
		for {
			var v struct {
				State struct {
					Values map[string]map[string]map[string]json.RawMessage `json:"values"`
				} `json:"state"`
			}
			mustDecode(r.w.Modals(sam)[0].JSON, &v)
			got := string(v.State.Values[block][block+"-in"][key])
			if got == want {
				return
			}
			select {
			case <-changed:
			case <-late:
				b.shot("failed")
				t.Fatalf("%s holds %s, want %s", block, got, want)
			}
		}
	}
	focus := func(selector string) { b.do(chromedp.Focus(chromedp.CSS(selector))) }
	b.until(`[...document.querySelectorAll("[data-block=reps] .chip span")].map((e) => e.textContent).join() === "Dana Reyes,Sam Okafor"`)
	// Open the list, add somebody, and see that no more fit.
	focus("[data-block=reps] [data-test=choose-people]")
	b.keys(kb.Enter)
	b.until(focused + `.getAttribute("aria-expanded") === "true"`)
	b.keys(kb.Tab + kb.Tab + kb.Tab)
	b.until(focused + `.dataset.value === "U0LIOR01"`)
	b.keys(" ")
	state("reps", "selected_users", `["`+dana+`","`+sam+`","U0LIOR01"]`)
	b.until(`document.querySelectorAll("[data-block=reps] input:disabled").length > 0 && document.querySelector("[data-block=reps] .hint").textContent === "3 people fit here."`)
	b.until(focused + `.dataset.value === "U0LIOR01"`)
	b.looksRight("full")
	b.keys(kb.Escape)
	b.until(`!document.querySelector("[data-block=reps] .choices") && ` + focused + `.dataset.test === "choose-people"`)
	b.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.until(focused + `.getAttribute("aria-label") === "Remove Lior Ben-Ami"`)
	b.keys(kb.Enter)
	state("reps", "selected_users", `["`+dana+`","`+sam+`"]`)
	b.until(focused + `.dataset.test === "choose-people"`)
	b.click("[data-block=reps] [aria-label='Remove Dana Reyes']")
	b.click("[data-block=reps] [aria-label='Remove Sam Okafor']")
	state("reps", "selected_users", `[]`)
	// Nobody who has left, no app, and no conversation of two is offered.
	b.click("[data-block=next] [data-test=choose-people]")
	b.until(`document.querySelector("[data-block=next] input[data-value=U0GUEST1]") && !document.querySelector("[data-block=next] :is([data-value=U0GONE01],[data-value=U0OTHERB])")`)
	options := `[...document.querySelector("[data-action=where-in]").options].map((o) => o.textContent).join()`
	if got := b.value(options); got != "Choose,#deals,#debriefs" {
		t.Errorf("the channels offered are %s", got)
	}
	pick := func(action, value string) {
		t.Helper()
		b.until(`document.querySelector("[data-action=` + action + `]")`)
		pageEval[any](b, `(() => { const s = document.querySelector("[data-action=`+action+`]"); s.value = "`+value+`"; s.dispatchEvent(new Event("change")); })()`)
	}
	for _, x := range []struct{ block, key, value string }{
		{"where", "selected_conversation", deals}, {"who", "selected_user", dana},
	} {
		pick(x.block+"-in", x.value)
		state(x.block, x.key, `"`+x.value+`"`)
		b.until(`document.querySelector("[data-action=` + x.block + `-in]").options[0].textContent === "(none)"`)
		pick(x.block+"-in", "")
		state(x.block, x.key, `null`)
		b.until(`document.querySelector("[data-action=` + x.block + `-in]").options[0].disabled`)
	}
	b.click("[data-block=date] [aria-label='Clear the date']")
	state("date", "selected_date", `null`)
	b.until(`document.querySelector("[data-action=date-in]").value === "" && !document.querySelector("[data-block=date] button") && ` + focused + `.dataset.action === "date-in"`)
	// A new line is a new line.
	focus("[data-action=lines-in]")
	b.do(chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.keys(kb.Enter + "Closing")
	b.keys(kb.Tab)
	state("lines", "value", `"Pricing: Negotiation\nLegal: Contracts\nClosing"`)
}

// answersInBrowser is about apps that answer with errors, late, or not at all.
func answersInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	b.open(r.base+"/#workspace/"+sam, 1280, 800, "light")
	b.click("[data-channel=C0DEALS1]")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), "/stepin alone"+kb.Enter))
	b.until(`document.querySelector(".foot .trouble")`) // no app is there
	b.until(`document.querySelector("[data-test=composer]").value === "/stepin alone"`)
	b.looksRight("nobody")
	r.pageApp()
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), kb.Enter))
	b.until(`document.querySelector("[data-callback=kitchen]") && !document.querySelector(".foot .trouble")`)
	// The field error of the app, then the tap that nobody answers, with what was typed kept.
	b.click("[data-block=must] input[data-value=b]")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-action=line-in]"), "wrong"))
	b.click("[data-test=submit]")
	b.until(`document.querySelector("[data-block=line] .error")`)
	b.looksRight("field")
	b.click("[data-action=silent]")
	b.until(`document.querySelector(".sheet-foot .waiting")`)
	b.shot("waiting")
	b.until(`document.querySelector(".sheet .trouble") && !document.querySelector(".sheet-foot .waiting")`)
	b.looksRight("silence")
	if got := b.value(`document.querySelector("[data-action=line-in]").value`); got != "wrong" {
		t.Errorf("the field holds %q", got)
	}
	b.click("[data-action=update]")
	b.until(`document.querySelector(".sheet-body").textContent.includes("Updated: wrong")`)
	// A danger asks first, and nothing is sent when it is denied.
	acts := len(r.envelopes())
	b.click(".sheet [data-action=danger]")
	b.click("[data-test=deny]")
	b.until(`!document.querySelector("[role=alertdialog]") && ` + focused + `.dataset.action === "danger"`)
	if n := len(r.envelopes()); n != acts {
		t.Errorf("%d envelopes after a denial", n-acts)
	}
	b.click(".sheet [data-action=danger]")
	b.click("[data-test=confirm]")
	b.until(`!document.querySelector("[role=alertdialog]") && !document.querySelector("[aria-busy]")`)
	if n := len(r.envelopes()); n != acts+1 {
		t.Errorf("%d envelopes after a yes, want 1", n-acts)
	}
	b.click("[data-action=more-in]")
	b.click("[data-block=more] [data-value='2']")
	b.until(`!document.querySelector(".overflow .menu")`)
}

// plainInBrowser is a workspace without a story, a lens or jumps: none of their controls is there.
func plainInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, func(c *config) { c.page.Story, c.page.Jumps, c.page.Sees = nil, nil, nil })
	b.open(r.base, 1280, 800, "light")
	b.until(`document.querySelector(".desk[data-user=U0SAM001] [data-channel=C0DEALS1]")`)
	b.looksRight("opens")
	if got := b.value(`document.querySelectorAll("[data-test=lens],[data-test=story],[data-jump],.strip").length`); got != "0" {
		t.Errorf("%s controls that do nothing", got)
	}
}

// workspaceInBrowser is about everything behind the story.
func workspaceInBrowser(t *testing.T, b *pageBrowser) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.open(r.base+"/#workspace/"+dana, 1280, 800, "light")
	b.click("[data-channel=C0DEBRF1]")
	b.until(`document.querySelector(".empty")`)
	b.looksRight("empty")
	hostile := `<img src=x onerror=alert(1)> &amp; <!channel> *b*`
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), hostile+kb.Enter))
	b.until(`document.querySelector(".post .words")`)
	if got := b.value(`document.querySelector(".post .words").textContent`); got != `<img src=x onerror=alert(1)> &amp; <!channel> b` {
		t.Errorf("shown as %q", got)
	}
	b.click("[data-test=thread]")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), "A reply"+kb.Enter))
	b.until(`document.querySelectorAll(".post").length === 2`)
	b.looksRight("thread")
	b.do(chromedp.SendKeys(chromedp.CSS("[data-test=composer]"), "/stepin"+kb.Enter))
	b.until(`[...document.querySelectorAll(".foot .trouble")].some((e) => e.textContent.includes("not supported in threads"))`)
	b.click("[data-test=back]")
	b.until(`document.querySelector("[data-test=replies]").textContent === "1 reply"`)
	// Live: what somebody else says comes by itself, and counts as unread elsewhere.
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "How did it go?"); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelector("[data-channel=D0SAMDANA] .badge").textContent === "1"`)
	b.looksRight("unread")
	b.click("[data-test=app]")
	b.until(`document.querySelector(".home .empty")`)
	r.want("", "views.publish", obj{"user_id": dana, "view": kitchenHome()})
	b.until(`document.querySelector(".home [data-action=update]")`)
	b.click("[data-channel=D0SAMDANA]")
	b.click("[aria-label=Shortcuts]")
	b.click("[data-shortcut=pause]")
	b.until(`document.querySelector("[data-callback=kitchen]")`)
	b.click("[data-test=close]")
	b.until(`!document.querySelector("[role=dialog]")`)
	pageEval[any](b, `(() => { const s = document.querySelector("#acting"); s.value = "`+sam+`"; s.dispatchEvent(new Event("change")); })()`)
	b.until(`document.querySelector(".desk[data-user=U0SAM001] .empty")`)
	b.click("[data-test=theme]")
	b.until(`document.documentElement.dataset.theme === "dark"`)
	b.looksRight("dark")
}
