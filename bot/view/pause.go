package view

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// pauseScreens are those of the pause, and of asking for an agreement.
var pauseScreens = map[form.Screen]row{
	form.CallScreen:   {title: "title-pause", submit: "submit-facts", closing: "close-pause", draw: drawCall},
	form.FieldsScreen: {title: "title-fields", submit: "submit-facts", closing: "close-pause", draw: drawFields},
	form.FactsScreen:  {title: "title-pause", submit: "submit-verdict", closing: "close-pause", draw: drawFacts},
	form.LaterScreen:  {title: "title-pause", submit: "submit-verdict", closing: "close-pause", draw: drawLater},
	form.VerdictScreen: {
		title: "title-verdict", submit: "submit-decide", closing: "close-pause", draw: drawVerdict,
	},
	form.ClosingScreen:  {title: "title-closing", submit: "submit-save", draw: drawClosing},
	form.NowScreen:      {title: "title-now", submit: "submit-now", closing: "close-pause", draw: drawNow},
	form.StartedScreen:  {title: "title-now", closing: "close-pause", draw: drawStarted},
	form.NowCallScreen:  {title: "title-now", submit: "submit-facts", closing: "close-pause", draw: drawNowCall},
	form.SettledScreen:  {title: "title-closing", draw: drawSettledNow},
	form.GlassScreen:    {title: "title-glass", submit: "submit-glass", draw: drawGlass},
	form.SentenceScreen: {title: "title-sentence", submit: "submit-send", closing: "close-no-need", draw: drawSentence},
}

// drawCall is the first screen: the call in one line, and the way out of it.
func drawCall(b *builder) {
	b.callLine(form.ActChange)
	b.also()
	b.easiest(true)
	if !b.Keep.SensitiveOff {
		b.tapMenu(verdict.QEstimate, "placeholder-estimate")
	}
}

// callLine is the call in one line, and the button that changes it.
func (b *builder) callLine(change string) {
	call := b.Scene
	if nudges.DateIn(b.Request.Starts, b.Zone) == nudges.DateIn(b.now, b.Zone) {
		call.Data.Day = "" // an hour alone is one of today
	}
	call.Data.Starts, call.Data.Ends = b.Hours.Span(b.Request.Starts.In(b.Zone), b.Request.Ends.In(b.Zone))
	b.beside(form.Block(change), call.phrase("line-call"), b.button(change, "button-change"))
}

// drawFields opens the call's fields.
func drawFields(b *builder) {
	b.easiest(true)
	b.field(form.ActRep, "label-rep", b.person(form.ActRep, "", b.Request.Rep))
	b.dealField()
	b.timeFields()
	if opts := b.skills(); len(opts) > 0 {
		b.optional(form.ActSkill, "label-skill", b.menu(form.ActSkill, "placeholder-skill", b.Request.Skill, opts...))
	}
	b.learnField(b.Request.Past.Learn)
}

// drawFacts asks the first facts, and what the manager should do there if the rep wants them on the call.
func drawFacts(b *builder) {
	b.easiest(true)
	for _, q := range verdict.FirstFacts {
		b.tapQuestion(q)
		if q == verdict.Q7 && b.Request.Answers[q] == verdict.AskedMeIn {
			b.tapQuestion(verdict.QFor)
		}
	}
}

// drawLater asks the facts that can still change the rung.
func drawLater(b *builder) {
	b.easiest(true)
	for _, q := range verdict.LaterFacts {
		b.tapQuestion(q)
	}
	if training := b.Team.Trained(b.Request.Skill); training != "" {
		b.quiet("skill-training", text.Quoted(b.Request.Skill), text.Quoted(training))
	}
}

// drawVerdict says what stepin would do, and leaves the choice.
func drawVerdict(b *builder) {
	v := b.Request.Verdict()
	said := b.Words.VerdictText(v, b.Request.Answers, b.Data)
	b.add(section(said.Says))
	for _, m := range []text.Text{said.Against, said.Change} {
		if !m.Empty() {
			b.add(section(m))
		}
	}
	if !b.Request.Past.Took.IsZero() && v.Rule != verdict.Rules().Ledger.ID { // which says so itself
		b.quiet("ledger-took")
	}
	b.easiest(true)
	wish := cmp.Or(b.Wish, v.Rung)
	var opts []*slack.OptionBlockObject
	for _, r := range ladder.Rungs {
		name := plain(b.Words.RungName(r, b.Request.Phase == nudges.During, b.Data))
		opts = append(opts, slack.NewOptionBlockObject(form.RungValue(r, b.Request.Phase), name, nil))
	}
	rungs := b.field(form.ActRung, "label-ladder", radio(form.ActRung, form.RungValue(wish, b.Request.Phase), opts...))
	rungs.DispatchAction = true
	more := further(b.Request, wish)
	if len(more) == 0 {
		return
	}
	b.Data.N = len(more) // a window that grows does not move: without this they would not be seen
	rungs.Hint = b.plain("ladder-more")
	for _, q := range more {
		if q == verdict.QWhyNot && wish == ladder.TakeOver && b.Team.Agreement() == nudges.ByOthers {
			b.Data.Who = b.names(b.told()) // typed only where an approver will read it
			b.typed(form.ActReason, "label-why-typed", "placeholder-why-typed", b.Request.Grant.Reason)
			continue
		}
		b.mustQuestion(q).DispatchAction = true
	}
}

// further are the questions that a rung costs, answered or not, and before a take-over the facts that are blank.
func further(r nudges.Request, wish ladder.Rung) []verdict.QuestionID {
	r.Answers = maps.Clone(r.Answers)
	for _, q := range append(slices.Clone(verdict.More), verdict.QWhyNot) {
		delete(r.Answers, q)
	}
	return r.Missing(wish)
}

// drawNow is the one screen of a call that runs. It says who would be told of a take-over before there is one.
func drawNow(b *builder) {
	b.callLine(form.ActNowCall)
	b.easiest(false)
	for _, q := range verdict.NowAsks {
		b.mustQuestion(q)
	}
	r := b.Request
	agreed := r.Decision == nudges.Decided(ladder.TakeOver) && r.Grant.State == nudges.Given && !r.IsPlanned()
	if b.Team.Agreement() != nudges.ByOthers || r.Way == nudges.ByAsk || agreed {
		return
	}
	if told := b.told(); len(told) > 0 {
		b.Data.Who = b.names(told)
		b.quiet("now-told")
		b.typed(form.ActReason, "label-now-add", "", "").Optional = true
	}
}

// told are those who read why a manager takes over: those already asked, or all who would be.
func (sc Scene) told() []nudges.UserID {
	route := sc.Request.Grant.Route
	if len(route) == 0 {
		route = sc.Route
	}
	return slices.DeleteFunc(slices.Clone(route), func(u nudges.UserID) bool {
		return u == sc.Request.Manager || u == sc.Request.Rep
	})
}

// drawStarted asks whether a call has started that by the clock has not.
func drawStarted(b *builder) {
	b.callLine(form.ActNowCall)
	b.say("now-started")
	yes, no := b.button(form.ActStarted, "button-started"), b.button(form.ActNotStarted, "button-not-started")
	b.buttons("b-started", yes, no)
}

// drawNowCall asks which call somebody is on.
func drawNowCall(b *builder) {
	b.field(form.ActRep, "label-rep", b.person(form.ActRep, "", b.Request.Rep))
	b.dealField()
}

// drawSettledNow ends what was decided on a running call. Nothing is sent to the rep, whose screen others may see.
func drawSettledNow(b *builder) {
	b.add(section(closingLine(b.Scene)))
	rung, _ := b.Request.Decision.Rung()
	switch {
	case !rung.Joins():
	case b.Request.Answers[verdict.QAskedIn] == verdict.ByNobody:
		b.say("now-unasked")
	default:
		b.say("now-say")
	}
}

// drawClosing ends a pause: what was decided, the mantra, and a plan for the hard moment or for handing back.
func drawClosing(b *builder) {
	b.add(section(closingLine(b.Scene)))
	if first := b.first(); b.Notice == "notice-word" && b.Request.Decision != nudges.Decided(first) {
		b.buttons("b-easiest", b.steps()...)
	}
	plan := b.Request.PlanQuestion()
	switch rung, _ := b.Request.Decision.Rung(); {
	case b.asksToTell():
		b.tellField()
	case rung.Joins() && b.Request.Phase == nudges.During:
		b.quiet("tell-on-call")
	}
	if plan == verdict.QPlan { // it is about holding back
		b.quiet("mantra")
	}
	b.tapQuestion(plan)
	if b.Request.Answers[plan] == verdict.OwnPlan {
		example := "placeholder-" + strings.ReplaceAll(string(plan), "_", "-")
		b.typed(form.ActPlan, "label-own-plan", example, b.Request.Plan).Optional = true
	}
	if !b.Keep.SensitiveOff {
		b.tapMenu(verdict.QMotive, "placeholder-motive")
	}
	if w := b.Request.Word; w.State == nudges.WordAsked || w.State == nudges.WordWaits {
		b.typed(form.ActGuess, "label-guess", "placeholder-guess", w.Guess).Optional = true
	}
}

// asksToTell says whether the close asks to tell the rep that the manager joins. A plan that is about to be typed goes
// first, because its submission must not send anything.
func (sc Scene) asksToTell() bool {
	r := sc.Request
	return r.MayTell(sc.now) && (r.Answers[r.PlanQuestion()] != verdict.OwnPlan || r.Plan != "")
}

// closingLine is the sentence that ends a request as it stands. Deciding once more for what
// was answered with a no takes nothing over.
func closingLine(sc Scene) text.Text {
	if s := sc.Request.Grant.State; s == nudges.Declined || s == nudges.Expired || s == nudges.Returned {
		if text, d := grantText(sc); text != "" {
			return sc.Words.Text(text, d)
		}
	}
	return sc.phrase(form.ClosingText(sc.Request))
}

// drawGlass asks why a take-over can't wait.
func drawGlass(b *builder) {
	b.Data.Who = b.names(b.told())
	b.say("glass-lead")
	b.typed(form.ActReason, "label-glass", "", "")
}

// drawSentence asks an approver for a sentence with their no.
func drawSentence(b *builder) {
	b.say("sentence-lead")
	b.typed(form.ActSentence, "label-sentence", "", "").Optional = true
}
