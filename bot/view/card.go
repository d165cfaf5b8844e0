package view

import (
	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// cardScreens show how a request stands.
var cardScreens = map[form.Screen]row{
	form.StatusScreen: {title: "title-card", draw: drawCard(false)},
}

// cardText names the text that tells how a request stands.
func cardText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	state := r.Grant.State
	refused := state == nudges.Declined || state == nudges.Expired && !r.Grant.EverGiven
	over := ""
	if !r.Open() && state != nudges.Given { // an agreement outlives the call
		over = "-over"
	}
	switch {
	case r.Decision == nudges.Withdrawn && r.Heard == nudges.Withdrawn:
		return "card-passed"
	case r.Decision == nudges.Withdrawn:
		return "card-withdrawn"
	case !ok && r.Phase == nudges.Done:
		return "card-lapsed"
	case !ok:
		return "card-undecided"
	case rung == ladder.TakeOver && state == nudges.Returned:
		return "card-handed-back" + over
	case rung == ladder.TakeOver && r.IsPlanned():
		return "card-lead" + over
	case rung == ladder.TakeOver && (state == nudges.Asked || refused):
		return "card-wish" + over // nobody has agreed to it
	}
	return "card-" + form.Dashed(rung) + over
}

// Card is the manager's own card. Its notification names nobody.
func Card(sc Scene, told bool) Message {
	return dm(sc, drawCard(told))
}

// drawCard is a request as its manager sees it, with what can still be done. told adds
// the sentence about who could read the file.
func drawCard(told bool) func(*builder) {
	return func(b *builder) {
		r := b.Request
		pull := r.Way == nudges.ByAsk && r.Decision == nudges.Undecided && r.Phase != nudges.Done
		buttons := b.cardButtons()
		if pull {
			drawPullCard(b)
			if buttons = nil; b.Request.Open() {
				buttons = b.pullButtons()
			}
		} else {
			drawCardLines(b)
		}
		if told {
			b.quiet("card-private")
		}
		b.buttons("b-card-"+string(b.Request.ID), buttons...)
	}
}

func drawCardLines(b *builder) {
	b.say(cardText(b.Request))
	if plan := planText(b.Scene); !plan.Empty() {
		b.say("how-plan", plan)
	}
	if b.Request.IsPlanned() {
		b.quiet("card-planned")
	}
	if b.Request.WaitsForBond() {
		b.quiet("card-waits")
	}
	b.also()
	// The card's first line says of one that was returned.
	if a := b.Request.Word.Answer; a != "" {
		b.say("card-word", b.phrase(wordButton(a)))
	}
	if text, d := grantText(b.Scene); text != "" && b.Request.Grant.State != nudges.Returned {
		b.add(quiet(b.Words.Text(text, d)))
	}
	if c := b.Request.Coaching; !c.At.IsZero() {
		sc := b.Scene
		sc.Data.Coached = c.Skill
		b.add(quiet(sc.phrase("coached")))
	}
	if b.Request.Grant.State == nudges.Given && !b.Request.Open() {
		b.quiet("card-over")
	}
	rung, _ := b.Request.Decision.Rung()
	if b.Request.Note == nudges.NoteSent && rung.Joins() && b.Request.Phase == nudges.Before {
		b.quiet("card-told")
	}
}

// also says that the rep has another call at the same time.
func (b *builder) also() {
	if o := b.Also; o != nil {
		sc := b.Scene
		sc.Data.Deal, sc.Data.Starts = o.Deal, b.clock(o.Starts)
		b.add(quiet(sc.phrase("two-calls")))
	}
}

// grantText names the text that tells how the grant stands; "" for none.
func grantText(sc Scene) (string, words.Data) {
	d, g := sc.Data, sc.Request.Grant
	d.Who, d.Was = sc.name(g.By), sc.clock(g.At)
	switch {
	case sc.Request.Decision != nudges.Decided(ladder.TakeOver), sc.Request.IsPlanned():
		return "", d
	case g.State == nudges.Asked:
		d.Who = sc.Askees()
		return "card-asked", d
	case g.State == nudges.Given && g.BreakGlass:
		d.Who = sc.names(sc.told())
		return glassText(g), d
	case g.State == nudges.Given:
		return "grant-given", d
	case g.State == nudges.Returned:
		return "grant-returned", d
	case g.State == nudges.Declined && g.CoachFirst:
		return "card-coach-first", d
	case g.State == nudges.Declined:
		return "card-declined", d
	case g.State == nudges.Expired && !g.EverGiven && len(g.Route) == 0:
		return "settled-nobody", d
	case g.State == nudges.Expired && !g.EverGiven:
		return "card-no-answer", d
	case g.State == nudges.Expired:
		return "grant-expired", d
	}
	return "", d
}

// planText is the plan from before the call; "" for none.
func planText(sc Scene) text.Text {
	q := sc.Request.PlanQuestion()
	o := sc.Request.Answers[q]
	switch {
	case o == "" || (o == verdict.OwnPlan && sc.Request.Plan == ""):
		return ""
	case o == verdict.OwnPlan:
		return text.Quoted(sc.Request.Plan)
	}
	return sc.Words.Tapped(q, o, sc.Data)
}

// cardButtons are what the manager can do with a request now.
func (sc Scene) cardButtons() []*slack.ButtonBlockElement {
	took := sc.Request.Decision == nudges.Decided(ladder.TakeOver)
	words := sc.Request.Decision == nudges.Decided(ladder.HoldBack) && sc.Request.Rep != ""
	coaches := sc.Request.Decision == nudges.Decided(ladder.Coach) && sc.Request.Coaching.At.IsZero()
	var el []*slack.ButtonBlockElement
	add := func(action, text string) { el = append(el, sc.button(action, text)) }
	if !sc.Request.Open() {
		if words && (sc.Request.Phase == nudges.After || sc.Request.Phase == nudges.Debrief) {
			add(form.ActWords, "button-words")
		}
		if took && sc.Request.Grant.State == nudges.Given { // it outlives the call
			add(form.ActReturn, "button-hand-back")
		}
		return el
	}
	first := nudges.Decided(sc.first())
	speaks := first != nudges.Decided(ladder.HoldBack) || sc.Request.Word.Unanswered
	if sc.Request.Decision == nudges.Undecided {
		el = sc.steps(ladder.HoldBack)
		add(form.ActCarry, "button-carry-on")
	} else {
		if sc.Request.MayTell(sc.now) {
			el = append(el, sc.primary(form.ActTell, "button-tell"))
		} else if speaks && (first != sc.Request.Decision || coaches) {
			el = sc.steps()
		}
		add(form.ActMind, "button-change-mind")
		if sc.Request.Phase == nudges.Before {
			add(form.ActChange, "button-change-call")
		}
	}
	switch state := sc.Request.Grant.State; {
	case words:
		add(form.ActWords, "button-words")
	case coaches && first != sc.Request.Decision:
		add(form.ActCoaching, "button-coach")
	case !took:
	case state == nudges.Given:
		add(form.ActReturn, "button-hand-back")
	case state == nudges.Asked:
		add(form.ActNudge, "button-nudge")
		add(form.ActGlass, "button-glass")
	case state == nudges.Declined, state == nudges.Expired && !sc.Request.Grant.EverGiven:
		add(form.ActGlass, "button-glass")
	}
	add(form.ActWithdraw, withdrawLabel(sc.Request))
	return el
}

// withdrawLabel names the button that takes a request off the list. A rep who asked is told of it, and the button
// says what they will hear.
func withdrawLabel(r nudges.Request) string {
	if _, awaited := r.Awaited(); awaited {
		return "button-pass"
	}
	return "button-withdraw"
}
