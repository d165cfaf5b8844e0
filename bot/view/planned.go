package view

import (
	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
)

// plannedScreens are those of a call that the two planned together.
var plannedScreens = map[form.Screen]row{
	form.RoleScreen: {title: "title-role", submit: "submit-save", closing: "close-pause", draw: drawRole},
}

// drawRole asks the one thing that is asked about such a call.
func drawRole(b *builder) {
	b.easiest(true)
	var opts []*slack.OptionBlockObject
	for _, r := range ladder.Rungs {
		if r.Joins() {
			opts = append(opts, b.option(string(r), "option-role-"+form.Dashed(r)))
		}
	}
	chosen := ""
	if b.Request.IsPlanned() {
		chosen = string(b.Request.Decision)
	}
	b.field(form.ActRole, "label-role", radio(form.ActRole, chosen, opts...))
}

// drawPlanned tells the rep that they are said to have planned that the manager leads.
func drawPlanned(b *builder) {
	r := b.Request
	say, el := "", []*slack.ButtonBlockElement{
		b.button(form.ActPlannedYes, "button-planned-yes"), b.button(form.ActPlannedNo, "button-planned-no"),
	}
	switch p := r.Planned; {
	case r.Rep != b.Viewer, r.Decision == nudges.Withdrawn:
		b.say("word-gone")
		return
	case p == nudges.ClaimTold:
	case p == nudges.ClaimRight:
		say, el = "planned-right", el[1:]
	case p == nudges.ClaimWrong:
		say, el = "planned-wrong", nil
	default:
		b.say("word-gone")
		return
	}
	b.say("planned")
	if say != "" {
		b.say(say)
	}
	if r.Phase != nudges.Done {
		b.buttons("b-planned", el...)
	}
	b.fromHere()
}

// drawUnplanned tells the manager that this was not planned, or that the rep has not heard of the plan.
func drawUnplanned(b *builder) {
	if b.Request.Planned == nudges.NoClaim {
		b.say("unplanned-unmet")
	} else {
		b.say("unplanned")
	}
	if b.Request.Open() && b.Request.Decision == nudges.Undecided {
		b.say("unplanned-open")
		hold := b.primary(form.ActHold, "button-hold-back")
		b.buttons("b-unplanned", hold, b.button(form.ActCarry, "button-carry-on"))
	}
}

// fromHere lets a rep on whose call somebody joined say once that they can take it from here. It stands under what
// tells them what the manager does.
func (b *builder) fromHere() {
	_, joined := b.Request.Joined()
	switch {
	case b.Request.Phase != nudges.During || b.Request.Rep != b.Viewer || !joined,
		b.Request.Grant.State == nudges.Returned:
	case b.Request.Shows(nudges.KindFromHere):
		b.quiet("from-here-told")
	default:
		b.buttons("b-from-here-"+string(b.Request.ID), b.button(form.ActFromHere, "button-from-here"))
	}
}

// drawRuns is what a rep sees on Home of a call that the manager has joined: as they were told or, if they were not, no
// more than they see on the call.
func drawRuns(b *builder) {
	b.say("answered")
	if ladder.Rung(b.Request.Heard).Joins() {
		b.sayTold()
	} else {
		b.say("on-your-call")
	}
	b.fromHere()
}

// drawFromHere tells the manager that the rep can take it from here, with what hands it back.
func drawFromHere(b *builder) {
	b.say("from-here")
	_, joined := b.Request.Joined()
	switch given := b.Request.Grant.State; {
	case given == nudges.Returned:
		b.say("grant-returned")
	case given == nudges.Given:
		b.buttons("b-from-here", b.primary(form.ActReturn, "button-hand-back"))
	case joined && b.Request.Open():
		b.buttons("b-from-here", b.primary(form.ActHold, "button-hold-back"))
	}
}
