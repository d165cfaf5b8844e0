package sandbox_test

import (
	"fmt"
	"testing"

	"stepin/bot/sandbox/page/browser"
	"stepin/bot/sandbox/world"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestPageInBrowser(t *testing.T) {
	b := browser.Start(t)
	t.Run("story", func(t *testing.T) { storyInBrowser(t, b.Tab(t)) })
	t.Run("looks", func(t *testing.T) { looksInBrowser(t, b) })
	if !browser.Long() {
		return
	}
	t.Run("keyboard", func(t *testing.T) { keyboardInBrowser(t, b.Tab(t)) })
	t.Run("choices", func(t *testing.T) { choicesInBrowser(t, b.Tab(t)) })
	t.Run("answers", func(t *testing.T) { answersInBrowser(t, b.Tab(t)) })
	t.Run("plain", func(t *testing.T) { plainInBrowser(t, b.Tab(t)) })
	t.Run("presses", func(t *testing.T) { pressesInBrowser(t, b.Tab(t)) })
	t.Run("channels", func(t *testing.T) { channelsInBrowser(t, b.Tab(t)) })
	t.Run("threads", func(t *testing.T) { threadsInBrowser(t, b.Tab(t)) })
	t.Run("files", func(t *testing.T) { filesInBrowser(t, b.Tab(t)) })
	t.Run("tabs", func(t *testing.T) { tabsInBrowser(t, b) })
	t.Run("workspace", func(t *testing.T) { workspaceInBrowser(t, b.Tab(t)) })
	t.Run("screens", func(t *testing.T) { screensInBrowser(t, b.Tab(t)) })
}

func storyInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, nil)
	r.pageApp()
	b.Size(1280, 800, "light")
	b.Open(r.base)
	b.Until(`document.querySelector(".phone[data-user=U0SAM001] [data-test=composer]").value === "/stepin @Dana Acme renewal"`)
	b.LooksRight("opens")
	b.Click(".left [data-test=composer]")
	b.Keys(kb.Enter)
	b.Until(`document.querySelector(".left [data-callback=kitchen]") && document.querySelector("[data-step='2']")`)
	b.Until(`document.querySelector(".left [data-test=composer]").value === ""`)
	b.LooksRight("modal")
	b.Click(".left [data-block=must] input[data-value=b]")
	b.Click(".left [data-test=submit]")
	b.Until(`document.querySelector(".left [data-callback=form]")`)
	b.Shot("pushed")
	b.Click(".left [data-test=submit]")
	b.Until(`!document.querySelector(".left [role=dialog]") && document.querySelector(".right [data-test=banner]")`)
	b.Until(`document.querySelector("[data-step=done]")`)
	b.LooksRight("banner")
	b.Click(".right [data-test=banner]")
	b.Until(`document.querySelector(".right .post").textContent.includes("Sam is holding back today.") && !document.querySelector("[data-test=banner]")`)
	b.Click("[data-test=lens]")
	b.Until(`document.querySelector(".right .post .dimmed") && document.querySelector(".left .post .lens-note").textContent.includes("Ines Duarte")`)
	b.LooksRight("lens")
	clock := b.Value(`document.querySelector("[data-test=clock]").dataset.now`)
	b.Click("[data-jump='+1 hour']")
	b.Until(`Number(document.querySelector("[data-test=clock]").dataset.now) >= ` + clock + ` + 3500`)
	b.Do(chromedp.Reload())
	b.Until(`document.querySelector("[data-step=done]") && document.querySelector(".left [data-test=composer]").value === ""`)
	b.Click("[data-test=workspace]")
	b.Until(`document.querySelector(".desk[data-user=U0SAM001] .list [data-channel=C0DEALS1]")`)
	b.LooksRight("behind")
}

// looksInBrowser shows all block types in a modal, on Home and in posts at each width, light and dark.
func looksInBrowser(t *testing.T, b *browser.Browser) {
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
			if !browser.Long() && (i != 3*j) { // the widest and the narrowest
				continue
			}
			name := fmt.Sprintf("%d %s", size[0], scheme)
			t.Run(name, func(t *testing.T) {
				b := b.Tab(t)
				b.Size(size[0], size[1], scheme)
				b.Open(r.base + "/")
				b.LooksRight("story")
				b.Size(size[0], size[1], scheme)
				b.Open(r.base + "/?w#workspace/" + sam)
				b.Until(`document.querySelector(".post.ephemeral")`)
				b.LooksRight("channel")
				if size[0] < 640 {
					b.Click("[data-test=list]")
					b.LooksRight("list")
				}
				b.Click("[data-test=app]")
				b.Until(`document.querySelector(".home .block-rich_text")`)
				b.LooksRight("home")
				b.Click("[data-test=messages-tab]")
				b.Until(`document.querySelector(".post .block-rich_text")`)
				b.LooksRight("messages")
				r.open(sam, kitchenSink())
				b.Until(`document.querySelector("[data-callback=kitchen] .block-rich_text")`)
				b.LooksRight("modal")
				browser.Eval[any](b, `document.querySelector(".sheet-body").scrollTop = 900`)
				b.Shot("modal-2")
				b.Click("[data-block=next] [data-test=choose-people]")
				browser.Eval[any](b, `document.querySelector("[data-block=reps]").scrollIntoView()`)
				b.LooksRight("people")
				browser.Eval[any](b, `document.querySelector(".sheet-body").scrollTop = 1e6`)
				b.Shot("modal-3")
				b.Click("[data-test=submit]")
				b.Until(`document.querySelector("[data-block=must] .error") && document.activeElement.closest("[data-block=must]") && !document.querySelector(".sheet-foot .waiting")`)
				b.LooksRight("errors")
				b.Click(".sheet [data-action=danger]")
				b.Until(`document.querySelector("[role=alertdialog]")`)
				b.LooksRight("confirm")
				b.Click("[data-test=deny]")
				b.Until(`!document.querySelector("[role=alertdialog]")`)
				b.Click("[data-test=close]")
				b.Until(`!document.querySelector("[role=dialog]")`)
			})
		}
	}
}
