package sandbox_test

import (
	"encoding/json"
	"testing"
	"time"

	"stepin/bot/sandbox/page/browser"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const focused = `document.activeElement`

// keyboardInBrowser goes from the composer through a modal and back without a mouse.
func keyboardInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base)
	b.Do(chromedp.Focus(chromedp.CSS(".left [data-test=composer]")))
	b.Keys(kb.Enter)
	b.Until(focused + `.dataset.callback === "kitchen"`)
	// Tab stays inside: all the way round, forwards and backwards.
	b.Keys(kb.Tab)
	b.Until(focused + `.dataset.test === "close-window"`)
	b.Do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.Until(focused + `.dataset.test === "submit"`)
	b.Keys(kb.Tab)
	b.Until(focused + `.dataset.test === "close-window"`)
	// To the question, and through its answers with the arrows.
	for i := 0; b.Value(focused+`.name || ""`) == "" || b.Value(focused+`.type`) != "radio"; i++ {
		if i > 20 {
			t.Fatal("Tab does not reach the question")
		}
		b.Keys(kb.Tab)
	}
	b.Keys(" ")
	b.Until(focused + `.dataset.value === "a" && document.activeElement.checked`)
	b.Keys(kb.ArrowDown)
	b.Until(focused + `.dataset.value === "b" && document.activeElement.checked`)
	b.Until(`!document.querySelector(".sheet-foot .waiting")`)
	if got := b.Value(focused + ".dataset.value"); got != "b" {
		t.Errorf("the focus is on %q after the answer was taken", got)
	}
	// Text and focus outlive an update of the view.
	b.Keys(kb.Tab)
	b.Until(focused + `.dataset.action === "line-in"`)
	b.Keys("Acme ren")
	view := r.w.Modals(sam)[0]
	v := kitchenSink()
	v["blocks"] = append([]any{section("New on top")}, v["blocks"].([]any)...)
	r.want("", "views.update", obj{"view_id": view.ID, "view": v})
	b.Until(`document.querySelector(".sheet-body").textContent.includes("New on top")`)
	b.Keys("ewal")
	b.Until(focused + `.dataset.action === "line-in" && document.activeElement.value === "Acme renewal"`)
	b.Keys(kb.Enter)
	b.Until(`document.querySelector("[data-callback=form]") && ` + focused + `.dataset.callback === "form"`)
	b.Until(`document.querySelector(".sheet-body").textContent.includes("Sent: Acme renewal.")`)
	b.Keys(kb.Escape)
	b.Until(`document.querySelector("[data-callback=kitchen]") && ` + focused + `.dataset.callback === "kitchen"`)
	b.Keys(kb.F6)
	b.Until(focused + `.dataset.side === "right"`)
	b.Keys(kb.F6)
	b.Until(focused + `.dataset.callback === "kitchen"`)
	b.Keys(kb.Escape)
	b.Until(`!document.querySelector("[role=dialog]") && ` + focused + `.dataset.test === "composer"`)
	// Suggestions.
	b.Keys("/ste")
	b.Until(`document.querySelector(".left [role=listbox]")`)
	b.Keys(kb.Enter)
	b.Until(focused + `.value === "/stepin "`)
	b.Keys("@da")
	b.Until(`document.querySelector(".left [role=option][aria-selected=true]")`)
	b.Shot("suggestions")
	b.Keys(kb.Tab)
	b.Until(focused + `.value === "/stepin @Dana Reyes "`)
}

// choicesInBrowser chooses several people and a channel, and empties what may stay empty, by keys alone where it can.
func choicesInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base + "/#workspace/" + sam)
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
				b.Shot("failed")
				t.Fatalf("%s holds %s, want %s", block, got, want)
			}
		}
	}
	focus := func(selector string) { b.Do(chromedp.Focus(chromedp.CSS(selector))) }
	b.Until(`[...document.querySelectorAll("[data-block=reps] .chip span")].map((e) => e.textContent).join() === "Dana Reyes,Sam Okafor"`)
	// Open the list, add somebody, and see that no more fit.
	focus("[data-block=reps] [data-test=choose-people]")
	b.Keys(kb.Enter)
	b.Until(focused + `.getAttribute("aria-expanded") === "true"`)
	b.Keys(kb.Tab + kb.Tab + kb.Tab)
	b.Until(focused + `.dataset.value === "U0LIOR01"`)
	b.Keys(" ")
	state("reps", "selected_users", `["`+dana+`","`+sam+`","U0LIOR01"]`)
	b.Until(`document.querySelectorAll("[data-block=reps] input:disabled").length > 0 && document.querySelector("[data-block=reps] .hint").textContent === "3 people fit here."`)
	b.Until(focused + `.dataset.value === "U0LIOR01"`)
	b.LooksRight("full")
	b.Keys(kb.Escape)
	b.Until(`!document.querySelector("[data-block=reps] .choices") && ` + focused + `.dataset.test === "choose-people"`)
	b.Do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	b.Until(focused + `.getAttribute("aria-label") === "Remove Lior Ben-Ami"`)
	b.Keys(kb.Enter)
	state("reps", "selected_users", `["`+dana+`","`+sam+`"]`)
	b.Until(focused + `.dataset.test === "choose-people"`)
	b.Click("[data-block=reps] [aria-label='Remove Dana Reyes']")
	b.Click("[data-block=reps] [aria-label='Remove Sam Okafor']")
	state("reps", "selected_users", `[]`)
	// Nobody who has left, no app, and no conversation of two is offered.
	b.Click("[data-block=next] [data-test=choose-people]")
	b.Until(`document.querySelector("[data-block=next] input[data-value=U0GUEST1]") && !document.querySelector("[data-block=next] :is([data-value=U0GONE01],[data-value=U0OTHERB])")`)
	options := `[...document.querySelector("[data-action=where-in]").options].map((o) => o.textContent).join()`
	if got := b.Value(options); got != "Choose,#deals,#debriefs" {
		t.Errorf("the channels offered are %s", got)
	}
	pick := func(action, value string) {
		t.Helper()
		b.Until(`document.querySelector("[data-action=` + action + `]")`)
		browser.Eval[any](b, `(() => { const s = document.querySelector("[data-action=`+action+`]"); s.value = "`+value+`"; s.dispatchEvent(new Event("change")); })()`)
	}
	for _, x := range []struct{ block, key, value string }{
		{"where", "selected_conversation", deals}, {"who", "selected_user", dana},
	} {
		pick(x.block+"-in", x.value)
		state(x.block, x.key, `"`+x.value+`"`)
		b.Until(`document.querySelector("[data-action=` + x.block + `-in]").options[0].textContent === "(none)"`)
		pick(x.block+"-in", "")
		state(x.block, x.key, `null`)
		b.Until(`document.querySelector("[data-action=` + x.block + `-in]").options[0].disabled`)
	}
	b.Click("[data-block=date] [aria-label='Clear the date']")
	state("date", "selected_date", `null`)
	b.Until(`document.querySelector("[data-action=date-in]").value === "" && !document.querySelector("[data-block=date] button") && ` + focused + `.dataset.action === "date-in"`)
	// A new line is a new line.
	focus("[data-action=lines-in]")
	b.Do(chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(kb.ModifierCtrl)))
	b.Keys(kb.Enter + "Closing")
	b.Keys(kb.Tab)
	state("lines", "value", `"Pricing: Negotiation\nLegal: Contracts\nClosing"`)
}

// answersInBrowser is about apps that answer with errors, late, or not at all.
func answersInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	b.Size(1280, 800, "light")
	b.Open(r.base + "/#workspace/" + sam)
	b.Click("[data-channel=C0DEALS1]")
	b.TypeInto("[data-test=composer]", "/stepin alone"+kb.Enter)
	b.Until(`document.querySelector(".foot .trouble")`) // no app is there
	b.Until(`document.querySelector("[data-test=composer]").value === "/stepin alone"`)
	b.LooksRight("nobody")
	r.pageApp()
	b.TypeInto("[data-test=composer]", kb.Enter)
	b.Until(`document.querySelector("[data-callback=kitchen]") && !document.querySelector(".foot .trouble")`)
	methodsInBrowser(t, r, b)
	// The field error of the app, then the tap that nobody answers, with what was typed kept.
	b.Click("[data-block=must] input[data-value=b]")
	b.TypeInto("[data-action=line-in]", "wrong")
	b.Click("[data-test=submit]")
	b.Until(`document.querySelector("[data-block=line] .error")`)
	b.LooksRight("field")
	b.Click("[data-action=silent]")
	b.Until(`document.querySelector(".sheet-foot .waiting")`)
	b.Shot("waiting")
	b.Until(`document.querySelector(".sheet .trouble") && !document.querySelector(".sheet-foot .waiting")`)
	b.LooksRight("silence")
	if got := b.Value(`document.querySelector("[data-action=line-in]").value`); got != "wrong" {
		t.Errorf("the field holds %q", got)
	}
	b.Click("[data-action=update]")
	b.Until(`document.querySelector(".sheet-body").textContent.includes("Updated: wrong")`)
	// A danger asks first, and nothing is sent when it is denied.
	acts := len(r.envelopes())
	b.Click(".sheet [data-action=danger]")
	b.Click("[data-test=deny]")
	b.Until(`!document.querySelector("[role=alertdialog]") && ` + focused + `.dataset.action === "danger"`)
	if n := len(r.envelopes()); n != acts {
		t.Errorf("%d envelopes after a denial", n-acts)
	}
	b.Click(".sheet [data-action=danger]")
	b.Click("[data-test=confirm]")
	b.Until(`!document.querySelector("[role=alertdialog]") && !document.querySelector("[aria-busy]")`)
	if n := len(r.envelopes()); n != acts+1 {
		t.Errorf("%d envelopes after a yes, want 1", n-acts)
	}
	b.Click("[data-action=more-in]")
	b.Click("[data-block=more] [data-value='2']")
	b.Until(`!document.querySelector(".overflow .menu")`)
}

// methodsInBrowser presses keys at every field that belong to an input method. In Safari the Enter that ends a
// composition says so by its code 229 only.
func methodsInBrowser(t *testing.T, r *rig, b *browser.Tab) {
	acts := len(r.envelopes())
	fields := browser.Eval[int](b, `(() => {
		const fields = [...document.querySelectorAll("input,textarea,select")];
		for (const el of fields) {
			for (const key of ["Enter", "Escape", "Tab", "ArrowDown"]) {
				for (const how of [{ keyCode: 229 }, { isComposing: true }]) {
					for (const held of [{}, { ctrlKey: true }]) {
						const e = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...how, ...held });
						if (!el.dispatchEvent(e)) return -1;
					}
				}
			}
		}
		return fields.length;
	})()`)
	if fields < 8 {
		t.Errorf("%d fields; -1 means that a key was taken", fields)
	}
	b.Until(`document.querySelector("[data-callback=kitchen]")`)
	if n := len(r.envelopes()); n != acts {
		t.Errorf("%d envelopes were sent by keys of an input method", n-acts)
	}
}

// plainInBrowser is a workspace without a story, a lens or jumps: none of their controls is there.
func plainInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, func(c *config) { c.page.Story, c.page.Jumps, c.page.Sees = nil, nil, nil })
	b.Size(1280, 800, "light")
	b.Open(r.base)
	b.Until(`document.querySelector(".desk[data-user=U0SAM001] [data-channel=C0DEALS1]")`)
	b.LooksRight("opens")
	if got := b.Value(`document.querySelectorAll("[data-test=lens],[data-test=story],[data-jump],.strip").length`); got != "0" {
		t.Errorf("%s controls that do nothing", got)
	}
}

// workspaceInBrowser is about everything behind the story.
func workspaceInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base + "/#workspace/" + dana)
	b.Click("[data-channel=C0DEBRF1]")
	b.Until(`document.querySelector(".empty")`)
	b.LooksRight("empty")
	hostile := `<img src=x onerror=alert(1)> &amp; <!channel> *b*`
	b.TypeInto("[data-test=composer]", hostile+kb.Enter)
	b.Until(`document.querySelector(".post .words")`)
	if got := b.Value(`document.querySelector(".post .words").textContent`); got != `<img src=x onerror=alert(1)> &amp; <!channel> b` {
		t.Errorf("shown as %q", got)
	}
	b.Click("[data-test=thread]")
	b.TypeInto("[data-test=composer]", "A reply"+kb.Enter)
	b.Until(`document.querySelectorAll(".post").length === 2`)
	b.LooksRight("thread")
	b.TypeInto("[data-test=composer]", "/stepin"+kb.Enter)
	b.Until(`[...document.querySelectorAll(".foot .trouble")].some((e) => e.textContent.includes("not supported in threads"))`)
	b.Click("[data-test=back]")
	b.Until(`document.querySelector("[data-test=replies]").textContent === "1 reply"`)
	// Live: what somebody else says comes by itself, and counts as unread elsewhere.
	if _, err := r.w.Say(sam, "D0SAMDANA", "", "How did it go?"); err != nil {
		t.Fatal(err)
	}
	b.Until(`document.querySelector("[data-channel=D0SAMDANA] .badge").textContent === "1"`)
	b.LooksRight("unread")
	b.Click("[data-test=app]")
	b.Until(`document.querySelector(".home .empty")`)
	r.want("", "views.publish", obj{"user_id": dana, "view": kitchenHome()})
	b.Until(`document.querySelector(".home [data-action=update]")`)
	b.Click("[data-channel=D0SAMDANA]")
	b.Click("[aria-label=Shortcuts]")
	b.Click("[data-shortcut=pause]")
	b.Until(`document.querySelector("[data-callback=kitchen]")`)
	b.Click("[data-test=close]")
	b.Until(`!document.querySelector("[role=dialog]")`)
	browser.Eval[any](b, `(() => { const s = document.querySelector("#acting"); s.value = "`+sam+`"; s.dispatchEvent(new Event("change")); })()`)
	b.Until(`document.querySelector(".desk[data-user=U0SAM001] .empty")`)
	b.Click("[data-test=theme]")
	b.Until(`document.documentElement.dataset.theme === "dark"`)
	b.LooksRight("dark")
	// Who else has something to read from the app, until it is read. A reload does not make it new.
	r.want("", "chat.postMessage", obj{"channel": ines, "text": "For Ines"})
	mark := `[...document.querySelectorAll("#acting option")].filter((o) => o.text.endsWith(" · new")).map((o) => o.value).join()`
	b.Until(`document.querySelector(".who [data-test=news]").textContent === "1" && ` + mark + ` === "` + ines + `"`)
	b.LooksRight("news")
	b.Be(ines)
	b.Until(`!document.querySelector("[data-test=news]")`)
	b.Messages()
	b.Be(sam)
	b.Until(`!document.querySelector("[data-test=news]") && ` + mark + ` === ""`)
	b.Do(chromedp.Reload())
	b.Until(`document.querySelector(".desk[data-user=U0SAM001] .list") && ` + mark + ` === ""`)
}
