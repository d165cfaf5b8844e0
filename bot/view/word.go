package view

import (
	"cmp"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
)

// wordScreens are those of the rep, and of what follows from a rep's word.
var wordScreens = map[form.Screen]row{
	form.WordScreen:     {title: "title-help", submit: "submit-send", closing: "close-no-need", draw: drawHelp},
	form.CoachingScreen: {title: "title-coaching", submit: "submit-done", closing: "close-pause", draw: drawCoaching},
	form.WordsScreen:    {title: "title-words", draw: drawWords},
	form.CancelScreen:   {title: "title-cancel", submit: "submit-cancel", closing: "close-keep", draw: drawCancel},
	form.TellScreen: {
		title: "title-tell", submit: "submit-send", closing: "close-not-now", draw: (*builder).tellField,
	},
	form.PullScreen: {title: "title-pull", submit: "submit-ask", draw: drawPull, reopen: form.ActPull},
}

// wordButton is the button of a rep's answer; its action id is the answer's own.
func wordButton(a nudges.WordAnswer) string {
	return "button-" + strings.ReplaceAll(string(a), "_", "-")
}

// drawMeet asks a rep, once, whose rep they are.
func drawMeet(b *builder) {
	key := ""
	if b.Request.ID == "" { // it was asked when the team was saved
		key = b.Request.Card
	}
	yes := func(text string) *slack.ButtonBlockElement { return b.keyed(key, form.ActMine, text) }
	no := func(text string) *slack.ButtonBlockElement { return b.keyed(key, form.ActNotMine, text) }
	switch b.Bond {
	case nudges.Met:
		b.say("met-yes")
		b.buttons("b-meet", no("button-not-mine-after-all"))
	case nudges.NotMyBoss:
		b.say("met-no")
		b.buttons("b-meet", yes("button-mine-after-all"))
	default:
		b.say("meet")
		b.buttons("b-meet", yes("button-my-manager"), no("button-not-mine"))
	}
}

// heard is what the rep was told of what was decided; "" for nothing, and once the call is over.
func (b *builder) heard() text.Text {
	heard := b.Request.Heard
	if heard == "" || !b.Request.Open() && heard != nudges.Withdrawn || b.Request.Rep != b.Viewer {
		return ""
	}
	return b.phrase("told-" + form.Dashed(ladder.Rung(heard)))
}

// sayTold adds it to a message that the rep has, below their word. It is no answer to a word that came after it.
func (b *builder) sayTold() {
	if told := b.heard(); !told.Empty() && !b.Request.Word.Unanswered {
		b.add(section(told))
	}
}

// drawAnswered tells the rep what is decided, in a message of its own.
func drawAnswered(b *builder) {
	b.say("answered")
	if told := b.heard(); !told.Empty() {
		b.add(section(told))
	} else {
		b.say("told-over")
	}
}

// drawWord asks the rep what would help.
func drawWord(b *builder) {
	w := b.Request.Word
	given := w.State == nudges.WordGiven
	switch {
	case b.Request.Decision == nudges.Withdrawn && !b.heard().Empty():
		drawAnswered(b)
		return
	case w.Answer == "" && given && b.Request.Rep == b.Viewer:
		b.say("word-erased")
		return
	case b.Request.Rep != b.Viewer, b.Request.Phase != nudges.Before && w.Answer == "", w.State == nudges.WordRefused:
		b.say("word-gone")
		return
	}
	b.say("word-ask")
	if given {
		b.say("word-said", b.phrase(wordButton(w.Answer)))
		if b.Data.Help = w.Help; w.Help != "" {
			b.say("word-help")
		}
	}
	b.sayTold()
	if b.Request.Phase != nudges.Before {
		if b.Request.KnownToRun() {
			b.fromHere()
		}
		return
	}
	if given {
		b.quiet("word-change")
	}
	var el []*slack.ButtonBlockElement
	for _, a := range nudges.WordAnswers {
		el = append(el, b.button(string(a), wordButton(a)))
	}
	b.buttons("b-word", el...)
}

// drawHelp asks a rep for what would help, in their own words.
func drawHelp(b *builder) {
	b.say("help-lead")
	b.typed(form.ActHelp, "label-help", "placeholder-help", b.Request.Word.Help).Optional = true
}

// drawClaim tells the rep that their manager says they asked.
func drawClaim(b *builder) {
	if b.Request.Rep != b.Viewer || b.Request.Claim == nudges.NoClaim || b.Request.Claim == nudges.ClaimWaits {
		b.say("word-gone")
		return
	}
	b.say("claim")
	el := []*slack.ButtonBlockElement{
		b.button(form.ActClaimYes, "button-claim-yes"), b.button(form.ActClaimNo, "button-claim-no"),
	}
	switch b.Request.Claim {
	case nudges.ClaimRight:
		b.say("claim-right")
		el = el[1:]
	case nudges.ClaimWrong:
		b.say("claim-wrong")
		el = el[:1]
	default:
	}
	b.sayTold()
	if b.Request.Phase != nudges.Done {
		b.buttons("b-claim", el...)
	}
	b.fromHere()
}

// drawReply shows the rep's word beside the manager's guess, to the manager alone.
func drawReply(b *builder) {
	w := b.Request.Word
	if w.Answer == "" {
		b.say("reply-erased")
		return
	}
	b.Data.Help, b.Data.Guess = w.Help, w.Guess
	b.say("reply", b.phrase(wordButton(w.Answer)))
	if w.Help != "" {
		b.say("reply-help")
	}
	if w.Guess != "" {
		b.say("reply-guess")
	}
	if !b.Request.Open() {
		return
	}
	rungs := []ladder.Rung{ladder.HoldBack, ladder.Coach, ladder.CoPilot}
	if b.Request.Phase != nudges.Before {
		rungs = []ladder.Rung{ladder.HoldBack, ladder.CoPilot}
	}
	b.buttons("b-reply", b.steps(rungs...)...)
}

// drawFromManager carries the manager's note to the rep, as it was typed.
func drawFromManager(b *builder) {
	said := text.Quoted(b.Request.NoteText)
	if b.Request.Rep != b.Viewer || said.Empty() { // the call is another rep's meanwhile, or the words were forgotten
		b.say("word-gone")
		return
	}
	b.say("from-manager")
	b.add(slack.NewSectionBlock(plain(said), nil, nil))
}

// tellField asks for the sentence to the rep: for what a coaching gives, or for a step with which the manager joins.
func (b *builder) tellField() {
	was := b.Data.Typed
	if rung, _ := b.Request.Decision.Rung(); was == "" && rung.Joins() {
		was = b.phrase("tell-" + form.Dashed(rung)).Plain()
	}
	b.typed(form.ActTellText, "label-tell", "", was)
	b.quiet("tell-hint")
}

// noteText names the words for the rep after a hold-back. They never mention the urge.
func noteText(r nudges.Request) string {
	if r.Phase == nudges.Before {
		return "trust-before"
	}
	return "trust-after"
}

// drawWords offers the words after a hold-back, to copy.
func drawWords(b *builder) {
	b.say("words-lead")
	b.add(slack.NewSectionBlock(b.plain(noteText(b.Request)), nil, nil))
	if b.Request.Phase != nudges.Done && b.Request.Decision == nudges.Decided(ladder.HoldBack) {
		b.buttons("b-words", b.primary(form.ActTakeNote, "button-take-note"))
	}
}

// drawCoachLines are the three questions that a manager asks, and listens to.
func drawCoachLines(b *builder) {
	for _, text := range []string{"coach-lead", "coach-see", "coach-tried", "coach-help"} {
		b.say(text)
	}
}

// drawCoaching are the questions of a coaching, with what the rep wrote, what to give, and what it was about.
func drawCoaching(b *builder) {
	drawCoachLines(b)
	if b.Data.Help = b.Request.Word.Help; b.Data.Help != "" {
		b.say("coach-wrote")
	}
	if b.Request.Phase == nudges.Before && b.Request.Rep != "" {
		waits := ""
		if b.Request.Note == nudges.NoteWaits {
			waits = b.Request.NoteText
		}
		b.typed(form.ActGive, "label-give", "placeholder-give", waits).Optional = true
		b.quiet("coach-hint")
	}
	was := b.Request.Coaching.Skill
	var coached slack.BlockElement = b.input(form.ActCoached, "placeholder-coached-on", maxOption, was)
	if opts := b.skills(); len(opts) > 0 {
		coached = b.menu(form.ActCoached, "placeholder-skill", cmp.Or(was, b.Request.Skill), opts...)
	}
	b.optional(form.ActCoached, "label-coached-on", coached)
}

// drawPullCard is what a manager sees of a rep's request for help, while it is open.
func drawPullCard(b *builder) {
	b.say("card-pull")
	if b.Data.Help = b.Request.Word.Help; b.Data.Help != "" {
		b.say("reply-help")
	}
	drawCoachLines(b)
}

// pullButtons are the whole ladder: nothing is gated.
func (sc Scene) pullButtons() []*slack.ButtonBlockElement {
	return append(sc.steps(ladder.Rungs...), sc.button(form.ActWithdraw, withdrawLabel(sc.Request)))
}

// drawCancel asks before something is canceled that the rep asked for.
func drawCancel(b *builder) {
	text := "cancel-join"
	if asked, _ := b.Request.Awaited(); asked == ladder.Coach {
		text = "cancel-coach"
	}
	b.say(text)
	if b.Data.Help = b.Request.Word.Help; b.Data.Help != "" {
		b.say("reply-help")
	}
}

// drawPulled is the rep's own message about what they asked for.
func drawPulled(b *builder) {
	if b.Request.Rep != b.Viewer || !b.Request.Open() {
		drawAnswered(b)
		return
	}
	b.say("pulled-open")
	if b.Data.Help = b.Request.Word.Help; b.Data.Help != "" {
		b.say("word-help")
	}
	b.sayTold()
	b.buttons("b-pulled-"+string(b.Request.ID), b.button(form.ActTakeBack, "button-take-back"))
	b.fromHere()
}

// drawPull is the form with which a rep asks for help.
func drawPull(b *builder) {
	b.field(form.ActBoss, "label-manager", b.person(form.ActBoss, "", b.Request.Manager))
	b.dealField()
	b.timeFields()
	b.typed(form.ActHelp, "label-pull-help", "placeholder-help", "").Optional = true
}

// drawCorrected tells the manager that the rep did not ask.
func drawCorrected(b *builder) {
	if b.Request.Claim == nudges.ClaimRight {
		b.say("corrected-back")
		return
	}
	b.say("corrected")
	if b.Request.Open() {
		b.buttons("b-corrected", b.button(form.ActMind, "button-change-mind"))
	}
}

// drawUnmet tells the manager that they are not the rep's, or that they are, after all.
func drawUnmet(b *builder) {
	text := "unmet"
	if !b.Request.Word.Refused && b.Request.Phase != nudges.Done { // then it is erased who said what
		text = "unmet-back"
	}
	b.say(text)
}

// drawNoteMissed tells the manager that the note was not sent.
func drawNoteMissed(b *builder) {
	b.say("note-missed")
	b.buttons("b-missed", b.button(form.ActWords, "button-words"))
}
