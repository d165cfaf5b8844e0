package sandbox_test

import (
	"testing"

	"stepin/bot/sandbox/page"
	"stepin/bot/sandbox/page/browser"

	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// threadsInBrowser reads a thread of the app in a channel on a phone, presses the buttons of its root and of a reply,
// and finds the group DM; whom a message names is shown a banner, and others find it by its number.
func threadsInBrowser(t *testing.T, b *browser.Tab) {
	r := newPageRig(t, func(c *config) {
		withScopes("mpim:write")(c)
		c.page.Story.Before = append(c.page.Story.Before, page.Line{User: sam, Text: "It is over."})
	})
	// The app rewrites the message whose button is pressed.
	r.connect(func(c *socketmode.Client, e socketmode.Event) {
		ack(c, e, nil)
		if d, ok := e.Data.(slack.InteractionCallback); ok && d.Type == slack.InteractionTypeBlockActions {
			text := "Pressed by " + d.User.ID
			go r.call("chat.update", obj{"channel": d.Channel.ID, "ts": d.Container.MessageTs, "text": text, "blocks": []any{section(text)}})
		}
	})
	mrkdwn := func(s string) obj {
		return obj{"type": "section", "text": obj{"type": "mrkdwn", "text": s, "verbatim": true}}
	}
	buttons := obj{"type": "actions", "block_id": "b-thread", "elements": []any{
		with(button("log", "Log what happened"), "style", "primary"), button("on", "Moved on"), button("no", "No debrief"), button("moved", "The call moved"), button("never", "It didn't happen"),
	}}
	post := func(to, thread, text string, blocks ...any) string {
		return str(r.want("", "chat.postMessage", with(with(said(to, text), "blocks", blocks), "thread_ts", thread))["ts"])
	}
	b.Size(390, 844, "light")
	b.Open(r.base)
	b.Click(".left [data-test=list]")
	b.Until(`document.querySelector(".left [data-channel=` + debriefs + `]")`)
	root := post(debriefs, "", "A debrief is open", mrkdwn("*Acme renewal*, 30 minutes, led by Dana. Sam listened."), buttons)
	post(debriefs, root, "<@"+dana+"> A debrief is open", mrkdwn("<@"+dana+">, you first:\n• What did you want from the call?\n• Which moment would you like to have again?"))
	post(debriefs, root, "<@"+sam+"> A debrief is open", mrkdwn("<@"+sam+">, after Dana:\n• What did you see that Dana could not?"), obj{
		"type": "actions", "block_id": "b-nag", "elements": []any{button("log", "Log it")},
	})
	group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])

	b.Until(`document.querySelector(".left [data-channel=` + debriefs + `] .badge").textContent === "3"`)
	b.Until(`document.querySelector(".left [data-channel=` + group + `]").textContent.includes("Dana Reyes, stepin")`)
	b.LooksRight("list")
	b.Click(".left [data-channel=" + debriefs + "]")
	b.Until(`document.querySelector(".left .post").textContent.includes("Acme renewal") && !document.querySelector(".left .post").textContent.includes("you first")`)
	b.LooksRight("root")
	b.Click(".left [data-test=replies]")
	b.Until(`document.querySelectorAll(".left .post").length === 3 && document.querySelector(".left").textContent.includes("What did you want from the call?")`)
	b.LooksRight("thread")
	b.Click(".left [data-block=b-nag] button, .left .post:last-child .blocks button")
	b.Until(`document.querySelector(".left .post:last-child").textContent.includes("Pressed by ` + sam + `")`)

	// Dana is named in a reply, and comes from its banner into the thread.
	b.Size(1280, 800, "dark")
	b.Click(".right [data-test=banner]")
	b.Until(`document.querySelector(".right h2").textContent === "Thread" && document.querySelectorAll(".right .post").length === 3`)
	b.LooksRight("banner leads there")
	browser.Eval[any](b, `[...document.querySelectorAll(".right .post button")].find((e) => e.textContent === "Moved on").click()`)
	b.Until(`document.querySelector(".right .post").textContent.includes("Pressed by ` + dana + `")`)
	if _, err := r.w.Say(dana, debriefs, root, "I wanted a date."); err != nil {
		t.Fatal(err)
	}
	b.Until(`document.querySelectorAll(".right .post").length === 4`)

	// The group DM is for both, and each message there shows.
	post(group, "", "A debrief is open", mrkdwn("*Globex*, led by Dana."), buttons)
	b.Until(`document.querySelector(".left [data-test=banner]") && document.querySelector(".right [data-test=banner]")`)
	b.Click(".left [data-test=banner]")
	b.Until(`document.querySelector(".left .post").textContent.includes("Globex") && document.querySelector(".left h2").textContent === "Dana Reyes, stepin"`)
	b.LooksRight("group")

	// Somebody who only reads along presses without effect, and is told; an admin deletes the app's root.
	browser.Eval[any](b, `location.hash = "workspace/`+ines+`"`)
	b.Click(".desk[data-user=" + ines + "] [data-channel=" + debriefs + "]")
	b.Until(`document.querySelector("[data-test=join]")`)
	b.Click("[data-test=join]")
	b.Click("[data-test=unsay]")
	b.Do(chromedp.Click(chromedp.CSS("[data-test=confirm]")))
	b.Until(`document.querySelector(".post").textContent.includes("This message was deleted.") && document.querySelector("[data-test=replies]")`)
	b.LooksRight("deleted")
}
