// Package view draws what people see: plain structs in, Block Kit out. Each screen, message and Home is a pure
// function of a Scene, and what is longer than Slack takes is cut here. It reads no store and calls nobody.
//
//	Scene ─▶ draw…(builder) ─▶ blocks ─▶ fit ─▶ Modal, Message, HomeTab, File
//
//	scene.go                  all that a screen shows
//	screens.go                the table of windows: frame, drawing, the action that opens it again. Its rows are in
//	                          the files below, each beside its drawing
//	message.go                the tables of messages, to one person and into a thread; errors below fields
//	card.go, home.go          a request as its manager sees it; the Home tab
//	pause.go, planned.go, approval.go, word.go, log.go, debrief.go, history.go,
//	learning.go, reminder.go, team.go, own.go, mirror.go, export.go    what each of them shows
//	builder.go                sections, buttons and fields in one line each
//	limits.go, escape.go      what Slack takes; people's words, escaped
package view

import (
	"cmp"
	"maps"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/text"
)

// A row is how a screen is drawn: its frame, and what it shows.
type row struct {
	title, submit string
	closing       string // "button-close" if it is ""
	draw          func(*builder)
	// reopen is the action that opens it once more. "" is form.ActOpen, which leads to the person's request; what is
	// about no request, or about a call that is over, has an action of its own.
	reopen string
	over   bool // it is about a call that is over
}

// screens are those that a modal shows, each in the file that draws it. What is not among them is a note.
var screens = joined(
	pauseScreens, plannedScreens, cardScreens, approvalScreens, wordScreens, logScreens, historyScreens,
	learningScreens, reminderScreens, teamScreens, ownScreens, mirrorScreens,
)

func joined(parts ...map[form.Screen]row) map[form.Screen]row {
	all, n := map[form.Screen]row{}, 0
	for _, p := range parts {
		maps.Copy(all, p)
		n += len(p)
	}
	if len(all) < n {
		panic("view: a screen has two rows")
	}
	return all
}

// KindOpen is the kind of the private line with a button that stands in for a window that could not be
// opened: one about a request. For each window that opens in another way it has a kind of its own.
const KindOpen = "open"

// Opens are the kinds of that line, and the action of its button.
var Opens = func() map[string]string {
	all := map[string]string{KindOpen: form.ActOpen}
	for _, x := range screens {
		if x.reopen != "" {
			all[KindOpen+"-"+x.reopen] = x.reopen
		}
	}
	return all
}()

// Opener is the action that opens a screen once more. over says that the screen is about a call that is over.
func Opener(s form.Screen) (action string, over bool) {
	x := screens[s]
	return cmp.Or(x.reopen, form.ActOpen), x.over
}

// ShowsAlso says whether a screen can show Scene.Also. All messages are form.NoScreen, and a card does.
func ShowsAlso(s form.Screen) bool {
	return s == form.NoScreen || s == form.CallScreen || s == form.StatusScreen
}

// Modal is a screen as it is sent.
func Modal(s form.Screen, sc Scene) slack.ModalViewRequest { return fitModal(drawModal(s, sc)) }

// drawModal draws a screen. It is a pure function of the scene.
func drawModal(s form.Screen, sc Scene) slack.ModalViewRequest {
	x, ok := screens[s]
	if !ok {
		x = row{title: "title-note", draw: drawNote}
	}
	switch {
	case s != form.ClosingScreen:
	case sc.Request.Grant.State == nudges.Asked:
		x.title = "title-asked" // nothing is settled yet
	case sc.asksToTell():
		x.submit, x.closing = "submit-send", "close-not-now"
	}
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: string(s), PrivateMetadata: form.WriteMetadata(sc.Request),
		Title: sc.plain(x.title), Submit: sc.holder(x.submit), Close: sc.plain(cmp.Or(x.closing, "button-close")),
	}
	if s == form.HistoryScreen {
		v.PrivateMetadata = form.WriteHistoryFilter(sc.History.Filter)
	}
	b := &builder{Scene: sc}
	if sc.Notice != "" {
		var answer text.Text
		if a := sc.Request.Word.Answer; a != "" {
			answer = b.phrase(wordButton(a))
		}
		b.say(sc.Notice, answer)
	}
	x.draw(b)
	v.Blocks = slack.Blocks{BlockSet: b.blocks}
	return v
}

// Wait is the small view that is acknowledged with before one that is too big for it.
func Wait(sc Scene) slack.ModalViewRequest {
	return Modal(form.NoteScreen, Scene{Words: sc.Words, Data: sc.Data, Request: sc.Request, Text: "closing-wait"})
}

// drawNote is a sentence.
func drawNote(b *builder) { b.say(cmp.Or(b.Text, "err-not-found"), b.Contact) }
