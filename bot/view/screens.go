// Package view draws what people see: plain structs in, Block Kit out. Each screen, message and Home is a pure
// function of a Scene, and what is longer than Slack takes is cut here. It reads no store and calls nobody.
//
//	Scene ─▶ draw…(builder) ─▶ blocks ─▶ fit ─▶ Modal, Message, HomeTab, File
//
//	scene.go                  all that a screen shows
//	screens.go                the table of windows: frame, drawing, the action that opens it again
//	message.go                the tables of messages, to one person and into a thread; errors below fields
//	card.go, home.go          a request as its manager sees it; the Home tab
//	pause.go, approval.go, word.go, log.go, debrief.go, history.go,
//	learning.go, reminder.go, team.go, own.go, export.go    what each of them shows
//	builder.go                sections, buttons and fields in one line each
//	limits.go, escape.go      what Slack takes; people's words, escaped
package view

import (
	"cmp"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// A row is how a screen is drawn: its frame, and what it shows. closing is "button-close" if it is "".
// reopen is the action that opens it once more; form.ActOpen if it is "".
type row struct {
	title, submit, closing string
	draw                   func(*builder)
	reopen                 string
}

// screens are those that a modal shows. What is not among them is a note.
var screens = map[form.Screen]row{
	form.CallScreen:    {title: "title-pause", submit: "submit-facts", closing: "close-pause", draw: drawCall},
	form.FieldsScreen:  {title: "title-fields", submit: "submit-facts", closing: "close-pause", draw: drawFields},
	form.FactsScreen:   {title: "title-pause", submit: "submit-verdict", closing: "close-pause", draw: drawFacts},
	form.VerdictScreen: {title: "title-verdict", submit: "submit-decide", closing: "close-pause", draw: drawVerdict},
	form.ClosingScreen: {title: "title-closing", submit: "submit-save", draw: drawClosing},
	form.NowScreen:     {title: "title-now", submit: "submit-now", closing: "close-pause", draw: drawNow},
	form.GlassScreen:   {title: "title-glass", submit: "submit-glass", draw: drawGlass},
	form.SentenceScreen: {
		title: "title-sentence", submit: "submit-send", closing: "close-no-need",
		draw: drawSentence,
	},
	form.WordScreen:     {title: "title-help", submit: "submit-send", closing: "close-no-need", draw: drawHelp},
	form.CoachingScreen: {title: "title-coaching", submit: "submit-done", closing: "close-pause", draw: drawCoaching},
	form.WordsScreen:    {title: "title-words", draw: drawWords},
	form.PullScreen:     {title: "title-pull", submit: "submit-ask", draw: drawPull, reopen: form.ActPull},
	form.TeamScreen:     {title: "title-team", submit: "submit-save", draw: drawTeam, reopen: form.ActTeam},
	form.ReminderScreen: {
		title: "title-reminder", submit: "submit-save",
		draw: drawReminder, reopen: form.ActReminder,
	},
	form.LearningScreen: {
		title: "title-learning", submit: "submit-learning",
		draw: drawLearning, reopen: form.ActLearning,
	},
	form.LogScreen: {title: "title-log", submit: "submit-save", draw: drawLog, reopen: form.ActLog},
	form.NotDoingScreen: {
		title: "title-not-doing", submit: "submit-not-doing", closing: "close-pause",
		draw: drawNotDoing, reopen: form.ActNotDoing,
	},
	form.RescheduleScreen: {
		title: "title-reschedule", submit: "submit-save", closing: "close-pause",
		draw: drawReschedule, reopen: form.ActReschedule,
	},
	form.DebriefScreen: {
		title: "title-debrief", submit: "submit-debrief",
		draw: drawDebriefForm, reopen: form.ActDebrief,
	},
	form.HistoryScreen: {title: "title-history", draw: drawHistory, reopen: form.ActHistory},
	form.ForgetScreen:  {title: "title-forget", submit: "submit-forget", draw: drawForget, reopen: form.ActForget},
	form.StatusScreen:  {title: "title-card", draw: drawCard(false)},
	form.DecidedScreen: {title: "title-note", draw: drawDecided},
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

// Opener is the action that opens a screen once more.
func Opener(s form.Screen) string { return cmp.Or(screens[s].reopen, form.ActOpen) }

// Modal is a screen as it is sent.
func Modal(s form.Screen, sc Scene) slack.ModalViewRequest { return fitModal(drawModal(s, sc)) }

// drawModal draws a screen. It is a pure function of the scene.
func drawModal(s form.Screen, sc Scene) slack.ModalViewRequest {
	x, ok := screens[s]
	if !ok {
		x = row{title: "title-note", draw: drawNote}
	}
	if s == form.ClosingScreen && sc.Request.Grant.State == nudges.Asked {
		x.title = "title-asked" // nothing is settled yet
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
		b.say(sc.Notice)
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
