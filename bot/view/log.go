package view

import (
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// logScreens are those about a call that is over.
var logScreens = map[form.Screen]row{
	form.LogScreen: {title: "title-log", submit: "submit-save", draw: drawLog, reopen: form.ActLog, over: true},
	form.MoveOnScreen: {
		title: "title-moved-on", submit: "submit-not-doing", closing: "close-pause",
		draw: drawMoveOn, reopen: form.ActMoveOn, over: true,
	},
	form.NotDoingScreen: {
		title: "title-not-doing", submit: "submit-not-doing", closing: "close-pause",
		draw: drawNotDoing, reopen: form.ActNotDoing, over: true,
	},
	form.RescheduleScreen: {
		title: "title-reschedule", submit: "submit-save", closing: "close-pause",
		draw: drawReschedule, reopen: form.ActReschedule, over: true,
	},
	form.DebriefScreen: {
		title: "title-debrief", submit: "submit-debrief",
		draw: drawDebriefForm, reopen: form.ActDebrief,
	},
}

// other is the other one of the two who talk a call over, and their name.
func (sc Scene) other() (nudges.UserID, string) {
	if sc.Viewer == sc.Request.Manager {
		return sc.Request.Rep, sc.Data.Rep
	}
	return sc.Request.Manager, sc.Data.Manager
}

// entries are what the viewer logged, and what the other one did.
func (sc Scene) entries() (mine, theirs nudges.Entry) {
	d := sc.Request.Debrief
	if sc.Viewer == sc.Request.Manager {
		return d.Manager, d.Rep
	}
	return d.Rep, d.Open().Manager
}

// readersText names the text that says who reads what is logged.
func readersText(r nudges.Request) string {
	switch {
	case !r.Debrief.WasShared():
		return "log-read-alone"
	case r.Debrief.Place == nudges.InChannel:
		return "log-read-thread"
	}
	return "log-read-both"
}

// drawLog is what happened: what the other one logged, to read, and the viewer's own, to write.
// Nothing of a pause is in it.
func drawLog(b *builder) {
	_, b.Data.Who = b.other()
	mine, theirs := b.entries()
	b.say("log-about")
	drawTheirLog(b, theirs)
	b.quiet(readersText(b.Request))
	b.field(form.ActOutcome, "label-outcome", radio(form.ActOutcome, string(mine.Outcome), b.outcomeOptions()...))
	var routes []*slack.OptionBlockObject
	for _, a := range nudges.RouteAnswers {
		routes = append(routes, b.option(string(a), "option-route-"+string(a)))
	}
	label := "label-route"
	if b.Viewer != b.Request.Manager {
		label = "label-route-rep"
	}
	b.optional(form.ActRoute, label, radio(form.ActRoute, string(mine.Route), routes...))
	b.optional(form.ActCoached, "label-log-coached", b.skillField(mine.Coached))
	b.typed(form.ActLearned, "label-learned", "", mine.Learned).Optional = true
	b.typed(form.ActRecording, "label-recording", "placeholder-recording", mine.Link).Optional = true
	if b.Viewer != b.Request.Rep || b.Request.Debrief.Trusted || b.Keep.SensitiveOff {
		return
	}
	var marks []*slack.OptionBlockObject
	for n := range form.MaxTrust {
		mark := strconv.Itoa(n + 1)
		marks = append(marks, b.option(mark, "option-trusted-"+mark))
	}
	b.optional(form.ActTrusted, "label-trusted", radio(form.ActTrusted, "", marks...))
	b.quiet("trusted-kept")
}

// drawTheirLog is what the other one logged; nothing while they have not.
func drawTheirLog(b *builder, e nudges.Entry) {
	if e.Outcome == "" {
		return
	}
	sc := b.Scene
	sc.Data.Coached, sc.Data.Reason = e.Coached, e.Learned
	b.add(section(sc.phrase("log-theirs", sc.outcome(e.Outcome))))
	if e.Route != "" {
		b.add(section(sc.phrase("log-theirs-route", sc.phrase("option-route-"+string(e.Route)))))
	}
	if e.Coached != "" {
		b.add(section(sc.phrase("log-theirs-coached")))
	}
	if e.Learned != "" {
		b.add(section(sc.phrase("log-theirs-learned")))
	}
	if e.Link != "" {
		b.add(section(sc.phrase("log-theirs-link", address(e.Link))))
	}
}

// drawMoveOn names what closing a debrief does.
func drawMoveOn(b *builder) {
	d := b.Request.Debrief
	_, b.Data.Who = b.other()
	switch {
	case !d.WasShared():
		b.say("moved-on-alone")
	case b.Viewer == b.Request.Manager && d.RepWaits(b.now):
		b.say("moved-on-waits")
	default:
		b.say("moved-on-both")
	}
}

// drawNotDoing asks why there will be no debrief.
func drawNotDoing(b *builder) {
	b.say("not-doing-lead")
	b.typed(form.ActReason, "label-not-doing", "", "")
	_, b.Data.Who = b.other()
	if b.Request.Debrief.WasShared() {
		b.quiet("not-doing-read-both")
	} else {
		b.quiet("not-doing-read-alone")
	}
}

// drawWhyNone adds why there was no debrief. Only messages that the two alone read have it.
func (b *builder) drawWhyNone() {
	sc := b.Scene
	if sc.Data.Reason = b.Request.Debrief.Reason; sc.Data.Reason != "" && b.Request.Debrief.End == nudges.EndSkip {
		b.add(quiet(sc.phrase("not-doing-reason")))
	}
}

// drawReschedule asks when the call is now: tomorrow at the same time is a guess.
func drawReschedule(b *builder) {
	b.say("reschedule-lead")
	length := b.Request.Ends.Sub(b.Request.Starts)
	b.Request.Starts = tomorrow(b.Request.Starts, b.now, b.Zone)
	b.Request.Ends = b.Request.Starts.Add(length)
	b.timeFields()
}

// drawDebriefForm is the form with which somebody opens a debrief on any call.
func drawDebriefForm(b *builder) {
	who := b.field(form.ActWith, "label-with", b.person(form.ActWith, "", b.Request.Manager))
	led := b.field(form.ActLed, "label-led", radio(form.ActLed, b.Led,
		b.option(form.LedByMe, "option-led-me"), b.option(form.LedByThem, "option-led-them")))
	who.DispatchAction, led.DispatchAction = true, true
	b.dealField()
	b.field(form.ActDay, "label-when", date(form.ActDay, nudges.DateIn(b.Request.Starts, b.Zone)))
	switch {
	case b.Led == form.LedByThem:
		b.quiet("debrief-asks")
	case b.InChannel:
		b.field(form.ActPlace, "label-place", radio(form.ActPlace, "",
			b.option(string(nudges.InChannel), "option-place-channel"),
			b.option(string(nudges.InGroup), "option-place-group")))
	}
}

// tomorrow is the same time of day as at, on the day after now.
func tomorrow(at, now time.Time, zone *time.Location) time.Time {
	at, now = at.In(zone), now.In(zone)
	return time.Date(now.Year(), now.Month(), now.Day()+1, at.Hour(), at.Minute(), 0, 0, zone)
}
