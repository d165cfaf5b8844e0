package bot

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
	form.CallScreen:       {title: "title-pause", submit: "submit-facts", closing: "close-pause", draw: drawCall},
	form.FieldsScreen:     {title: "title-fields", submit: "submit-facts", closing: "close-pause", draw: drawFields},
	form.FactsScreen:      {title: "title-pause", submit: "submit-verdict", closing: "close-pause", draw: drawFacts},
	form.VerdictScreen:    {title: "title-verdict", submit: "submit-decide", closing: "close-pause", draw: drawVerdict},
	form.ClosingScreen:    {title: "title-closing", submit: "submit-save", draw: drawClosing},
	form.NowScreen:        {title: "title-now", submit: "submit-now", closing: "close-pause", draw: drawNow},
	form.GlassScreen:      {title: "title-glass", submit: "submit-glass", draw: drawGlass},
	form.SentenceScreen:   {title: "title-sentence", submit: "submit-send", closing: "close-no-need", draw: drawSentence},
	form.WordScreen:       {title: "title-help", submit: "submit-send", closing: "close-no-need", draw: drawHelp},
	form.CoachingScreen:   {title: "title-coaching", submit: "submit-done", closing: "close-pause", draw: drawCoaching},
	form.WordsScreen:      {title: "title-words", draw: drawWords},
	form.PullScreen:       {title: "title-pull", submit: "submit-ask", draw: drawPull, reopen: form.ActPull},
	form.TeamScreen:       {title: "title-team", submit: "submit-save", draw: drawTeam, reopen: form.ActTeam},
	form.ReminderScreen:   {title: "title-reminder", submit: "submit-save", draw: drawReminder, reopen: form.ActReminder},
	form.LearningScreen:   {title: "title-learning", submit: "submit-learning", draw: drawLearning, reopen: form.ActLearning},
	form.LogScreen:        {title: "title-log", submit: "submit-save", draw: drawLog, reopen: form.ActLog},
	form.NotDoingScreen:   {title: "title-not-doing", submit: "submit-not-doing", closing: "close-pause", draw: drawNotDoing, reopen: form.ActNotDoing},
	form.RescheduleScreen: {title: "title-reschedule", submit: "submit-save", closing: "close-pause", draw: drawReschedule, reopen: form.ActReschedule},
	form.DebriefScreen:    {title: "title-debrief", submit: "submit-debrief", draw: drawDebriefForm, reopen: form.ActDebrief},
	form.HistoryScreen:    {title: "title-history", draw: drawHistory, reopen: form.ActHistory},
	form.ForgetScreen:     {title: "title-forget", submit: "submit-forget", draw: drawForget, reopen: form.ActForget},
	form.StatusScreen:     {title: "title-card", draw: drawCard(false)},
	form.DecidedScreen:    {title: "title-note", draw: drawDecided},
}

// opener is the action that opens a screen once more.
func opener(s form.Screen) string { return cmp.Or(screens[s].reopen, form.ActOpen) }

// view is a screen as it is sent.
func view(s form.Screen, sc scene) slack.ModalViewRequest { return fitView(drawView(s, sc)) }

// drawView draws a screen. It is a pure function of the scene.
func drawView(s form.Screen, sc scene) slack.ModalViewRequest {
	x, ok := screens[s]
	if !ok {
		x = row{title: "title-note", draw: drawNote}
	}
	if s == form.ClosingScreen && sc.r.Grant.State == nudges.Asked {
		x.title = "title-asked" // nothing is settled yet
	}
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: string(s), PrivateMetadata: form.WriteMetadata(sc.r),
		Title: sc.plain(x.title), Submit: sc.holder(x.submit), Close: sc.plain(cmp.Or(x.closing, "button-close")),
	}
	if s == form.HistoryScreen {
		v.PrivateMetadata = form.WriteHistoryFilter(sc.history.filter)
	}
	b := &builder{scene: sc}
	if sc.notice != "" {
		b.say(sc.notice)
	}
	x.draw(b)
	v.Blocks = slack.Blocks{BlockSet: b.blocks}
	return v
}

// waitView is the small view that is acknowledged with before one that is too big for it.
func waitView(sc scene) slack.ModalViewRequest {
	return view(form.NoteScreen, scene{words: sc.words, d: sc.d, r: sc.r, text: "closing-wait"})
}

// drawNote is a sentence.
func drawNote(b *builder) { b.say(cmp.Or(b.text, "err-not-found"), b.contact) }
