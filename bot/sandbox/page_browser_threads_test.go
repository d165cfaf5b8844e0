package sandbox_test

import (
	"testing"

	"stepin/bot/sandbox/page"

	"github.com/chromedp/chromedp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// threadsInBrowser reads a thread of the app in a channel on a phone, presses the buttons of its root and of a reply,
// and finds the group DM; whom a message names is shown a banner, and others find it by its number.
func threadsInBrowser(t *testing.T, b *pageBrowser) {
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
		with(button("log", "Log what happened"), "style", "primary"), button("on", "Moved on"), button("no", "No debrief"), button("moved", "The call moved"), button("never", "It never happened"),
	}}
	post := func(to, thread, text string, blocks ...any) string {
		return str(r.want("", "chat.postMessage", with(with(said(to, text), "blocks", blocks), "thread_ts", thread))["ts"])
	}
	b.open(r.base, 390, 844, "light")
	b.click(".left [data-test=list]")
	b.until(`document.querySelector(".left [data-channel=` + debriefs + `]")`)
	root := post(debriefs, "", "A debrief is open", mrkdwn("*Acme renewal*, 30 minutes, led by Dana. Sam listened."), buttons)
	post(debriefs, root, "<@"+dana+"> A debrief is open", mrkdwn("<@"+dana+">, you first:\n• What did you want from the call?\n• Which moment would you like to have again?"))
	post(debriefs, root, "<@"+sam+"> A debrief is open", mrkdwn("<@"+sam+">, after Dana:\n• What did you see that Dana could not?"), obj{
		"type": "actions", "block_id": "b-nag", "elements": []any{button("log", "Log it")},
	})
	group := str(object(r.want("", "conversations.open", obj{"users": dana + "," + sam})["channel"])["id"])

	b.until(`document.querySelector(".left [data-channel=` + debriefs + `] .badge").textContent === "3"`)
	b.until(`document.querySelector(".left [data-channel=` + group + `]").textContent.includes("Dana Reyes, stepin")`)
	b.looksRight("list")
	b.click(".left [data-channel=" + debriefs + "]")
	b.until(`document.querySelector(".left .post").textContent.includes("Acme renewal") && !document.querySelector(".left .post").textContent.includes("you first")`)
	b.looksRight("root")
	b.click(".left [data-test=replies]")
	b.until(`document.querySelectorAll(".left .post").length === 3 && document.querySelector(".left").textContent.includes("What did you want from the call?")`)
	b.looksRight("thread")
	b.click(".left [data-block=b-nag] button, .left .post:last-child .blocks button")
	b.until(`document.querySelector(".left .post:last-child").textContent.includes("Pressed by ` + sam + `")`)

	// Dana is named in a reply, and comes from its banner into the thread.
	b.size(1280, 800, "dark")
	b.click(".right [data-test=banner]")
	b.until(`document.querySelector(".right h2").textContent === "Thread" && document.querySelectorAll(".right .post").length === 3`)
	b.looksRight("banner leads there")
	pageEval[any](b, `[...document.querySelectorAll(".right .post button")].find((e) => e.textContent === "Moved on").click()`)
	b.until(`document.querySelector(".right .post").textContent.includes("Pressed by ` + dana + `")`)
	if _, err := r.w.Say(dana, debriefs, root, "I wanted a date."); err != nil {
		t.Fatal(err)
	}
	b.until(`document.querySelectorAll(".right .post").length === 4`)

	// The group DM is for both, and each message there shows.
	post(group, "", "A debrief is open", mrkdwn("*Globex*, led by Dana."), buttons)
	b.until(`document.querySelector(".left [data-test=banner]") && document.querySelector(".right [data-test=banner]")`)
	b.click(".left [data-test=banner]")
	b.until(`document.querySelector(".left .post").textContent.includes("Globex") && document.querySelector(".left h2").textContent === "Dana Reyes, stepin"`)
	b.looksRight("group")

	// Who only reads along presses in vain, and is told; an admin deletes the app's root.
	pageEval[any](b, `location.hash = "workspace/`+ines+`"`)
	b.click(".desk[data-user=" + ines + "] [data-channel=" + debriefs + "]")
	b.until(`document.querySelector("[data-test=join]")`)
	b.click("[data-test=join]")
	b.click("[data-test=unsay]")
	b.do(chromedp.Click(chromedp.CSS("[data-test=confirm]")))
	b.until(`document.querySelector(".post").textContent.includes("This message was deleted.") && document.querySelector("[data-test=replies]")`)
	b.looksRight("deleted")
}
