package view

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/team"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// approvalScreens are those of an approver.
var approvalScreens = map[form.Screen]row{
	form.DecidedScreen: {title: "title-note", draw: drawDecided},
}

// drawAsk is what an approver sees of a request: rep, call, role, ground, and why not a
// smaller step. Nothing else of it reaches them. why names the text that says why it comes
// once more; "" for the first time.
func drawAsk(why string) func(*builder) {
	return func(b *builder) {
		g := b.Request.Grant
		b.say("ask-approver")
		if why != "" {
			b.say(why)
		}
		if g.State != nudges.Asked {
			drawDecided(b)
			b.drawReconsider()
			return
		}
		if ground := b.Request.Ground(); ground != "" {
			b.say("ask-ground-" + ground)
		}
		if b.Data.Reason = g.Reason; g.Reason != "" {
			b.say("ask-reason")
		}
		b.drawWhyAsked()
		b.Data.Until = b.clock(g.Until)
		b.quiet("ask-until")
		b.drawAnswers()
	}
}

// drawAnswers are the answers that an approver can give, without the one that stands.
func (b *builder) drawAnswers() {
	var el []*slack.ButtonBlockElement
	for _, x := range []struct {
		answer       nudges.Reconsider
		action, text string
	}{
		{nudges.Reconsider{By: b.Viewer, Yes: true}, form.ActApprove, "button-approve"},
		{nudges.Reconsider{By: b.Viewer, Coach: true}, form.ActCoachFirst, "button-coach-first"},
		{nudges.Reconsider{By: b.Viewer}, form.ActDecline, "button-decline"},
	} {
		if b.Request.Grant.State == nudges.Asked || x.answer.Changes(b.Request) {
			el = append(el, b.button(x.action, x.text))
		}
	}
	b.buttons("b-ask", el...)
}

// drawReconsider offers the other answers to the approver who has answered, while there is time.
func (b *builder) drawReconsider() {
	firm := b.Request.Starts.Add(-nudges.ShortNotice)
	yes, no := nudges.Reconsider{By: b.Viewer, Yes: true}, nudges.Reconsider{By: b.Viewer}
	if !b.now.Before(firm) || !yes.Changes(b.Request) && !no.Changes(b.Request) {
		return
	}
	b.Data.Until = b.clock(firm)
	b.quiet("ask-change")
	b.drawAnswers()
}

// StandsInFor is the approver whose delegate somebody is in a team; "" for none, and for an approver.
func StandsInFor(t team.Team, who nudges.UserID) (of nudges.UserID) {
	for _, a := range t.Approvers {
		switch {
		case a.ID == who:
			return ""
		case a.Delegate == who && of == "":
			of = a.ID
		}
	}
	return of
}

// drawWhyAsked says why it is the viewer who is asked.
func (b *builder) drawWhyAsked() {
	sc, of := b.Scene, StandsInFor(b.Team, b.Viewer)
	sc.Data.Who = sc.name(of)
	named := slices.ContainsFunc(b.Team.Approvers, func(a team.Approver) bool { return a.ID == b.Viewer })
	switch {
	case of != "":
		b.add(quiet(sc.phrase("ask-why-stand-in")))
	case named && !b.Fixed.Approvers:
		b.add(quiet(sc.phrase("ask-why-named")))
	default: // by the configuration, or the team is another by now
		b.add(quiet(sc.phrase("ask-why-team")))
	}
}

// toApprovers draws what those read who may agree, and were asked or told. The rep of the call reads
// nothing of why no smaller step would do for them: the call can have been another's when they were asked.
func toApprovers(draw func(*builder)) func(*builder) {
	return func(b *builder) {
		if b.Viewer != "" && b.Viewer == b.Request.Rep {
			b.say("done-changed")
			return
		}
		draw(b)
	}
}

// doneText says to somebody who was asked who decided, and when.
func doneText(sc Scene) text.Text {
	g := sc.Request.Grant
	sc.Data.Who, sc.Data.Was = sc.name(g.By), sc.clock(g.At)
	about := func(what string) text.Text {
		if g.By == sc.Viewer {
			what = "you-" + what
		}
		return sc.phrase("done-" + what)
	}
	switch {
	case sc.Request.Decision == nudges.Withdrawn:
		return sc.phrase("done-withdrawn")
	case sc.Request.Decision != nudges.Decided(ladder.TakeOver):
		return sc.phrase("done-changed")
	case g.State == nudges.Returned:
		return sc.phrase("done-returned")
	case g.State == nudges.Expired && g.EverGiven:
		return sc.phrase("done-over")
	case g.State == nudges.Expired:
		return sc.phrase("done-expired")
	case g.BreakGlass:
		return sc.phrase("done-glass")
	case g.State == nudges.Declined && g.CoachFirst:
		return about("coach")
	case g.State == nudges.Declined:
		return about("declined")
	}
	return about("approved")
}

// drawDecided says who decided, and to them what they added.
func drawDecided(b *builder) {
	b.add(section(doneText(b.Scene)))
	g, wanted := b.Request.Grant, b.Request.Decision == nudges.Decided(ladder.TakeOver)
	if wanted && g.Word != "" && g.State == nudges.Declined && g.By == b.Viewer {
		b.Data.Reason = g.Word
		b.say("done-you-word")
	}
}

// Decided tells an approver who comes too late.
func Decided(sc Scene) Message {
	return Message{fallback(doneText(sc)), sc.draw(drawDecided)}
}

// drawElsewhere tells who was asked and did not decide how it ended.
func drawElsewhere(b *builder) {
	b.say("settled-about")
	drawDecided(b)
}

// drawGlassTold tells an approver of a take-over that did not wait, and what the manager wrote for them.
func drawGlassTold(b *builder) {
	g, a := b.Request.Grant, b.Request.Answers
	b.Data.Was, b.Data.Reason = b.clock(g.At), g.Reason
	b.say("glass-told")
	switch {
	case b.Request.Decision != nudges.Decided(ladder.TakeOver), g.State == nudges.Returned,
		g.State == nudges.Expired:
		drawDecided(b)
	case g.Reason != "" && a[verdict.QStep] == verdict.TakeItOver:
		b.say("glass-added")
	case g.Reason != "":
		b.say("glass-reason")
	case a[verdict.QStep] == verdict.TakeItOver: // on a running call; what was said there is nobody's business
	default:
		if ground := b.Request.Ground(); ground != "" {
			b.say("ask-ground-" + ground)
		}
	}
}

// drawSettled tells the manager how the question ended, with what can be done now.
func drawSettled(b *builder) {
	g := b.Request.Grant
	about := b.Data
	b.Data.Who, b.Data.Was, b.Data.Until = b.name(g.By), b.clock(g.At), b.clock(g.Until)
	b.say("settled-about")
	if b.Request.Decision != nudges.Decided(ladder.TakeOver) {
		b.Data = about
		b.say(cardText(b.Request))
		return
	}
	switch {
	case g.State == nudges.Asked:
		b.Data.Who = b.Askees()
	case g.BreakGlass:
		b.Data.Who = b.names(b.told())
	}
	b.say(settledText(g))
	if b.Data.Reason = g.Word; g.Word != "" {
		b.say("settled-word")
	}
	if b.Request.Open() {
		b.buttons("b-settled", b.settledButtons()...)
	}
}

// settledText names the text that says how the question stands.
func settledText(g nudges.Grant) string {
	switch {
	case g.State == nudges.Asked:
		return "card-asked"
	case g.State == nudges.Returned:
		return "grant-returned"
	case g.State == nudges.Expired && g.EverGiven:
		return "grant-expired"
	case g.State == nudges.Expired && len(g.Route) == 0:
		return "settled-nobody"
	case g.State == nudges.Expired:
		return "settled-expired"
	case g.BreakGlass:
		return glassText(g)
	case g.State == nudges.Declined && g.CoachFirst:
		return "settled-coach"
	case g.State == nudges.Declined:
		return "settled-declined"
	}
	return "settled-approved"
}

func (sc Scene) settledButtons() []*slack.ButtonBlockElement {
	g := sc.Request.Grant
	if sc.Request.MayTell(sc.now) {
		return []*slack.ButtonBlockElement{
			sc.primary(form.ActTell, "button-tell"), sc.button(form.ActHold, "button-hold-back"),
			sc.button(form.ActReturn, "button-hand-back"),
		}
	}
	if g.State == nudges.Given {
		return append(sc.steps(ladder.HoldBack), sc.button(form.ActReturn, "button-hand-back"))
	}
	el := sc.steps(ladder.HoldBack, ladder.CoPilot)
	if g.State != nudges.Returned && !g.EverGiven {
		el = append(el, sc.button(form.ActGlass, "button-glass"))
	}
	return el
}

// glassText names the text for a manager who did not wait. Sometimes there is nobody to tell.
func glassText(g nudges.Grant) string {
	if len(g.Route) == 0 {
		return "card-glass-alone"
	}
	return "card-glass"
}

// Askees are the names of those who were asked so far.
func (sc Scene) Askees() string { return sc.names(sc.Request.Grant.Askees()) }

// names are those of people, each once.
func (sc Scene) names(of []nudges.UserID) string {
	var names []string
	for _, u := range of {
		if n := sc.name(u); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}
