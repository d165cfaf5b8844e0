package bot

import (
	"strconv"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// mostTrust is the highest answer to whether a rep felt trusted; 1 is the lowest.
const mostTrust = 5

// other is the other one of the two who talk a call over, and their name.
func (sc scene) other() (nudges.UserID, string) {
	if sc.viewer == sc.r.Manager {
		return sc.r.Rep, sc.d.Rep
	}
	return sc.r.Manager, sc.d.Manager
}

// entries are what the viewer logged, and what the other one did.
func (sc scene) entries() (mine, theirs nudges.Entry) {
	d := sc.r.Debrief
	if sc.viewer == sc.r.Manager {
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

// field is an input with its label.
func (sc scene) field(action, label string, el slack.BlockElement, optional bool) *slack.InputBlock {
	in := slack.NewInputBlock(form.Block(action), plain(sc.words.Text(label, sc.d)), nil, el)
	in.Optional = optional
	return in
}

// logBlocks are what happened: what the other one logged, to read, and the viewer's own, to write.
// Nothing of a pause is in it.
func logBlocks(sc scene) []slack.Block {
	_, name := sc.other()
	mine, theirs := sc.entries()
	d := sc.d
	d.Who = name
	blocks := append([]slack.Block{section(sc.words.Text("log-about", d))}, theirLog(sc, theirs)...)
	blocks = append(blocks, quiet(sc.words.Text(readersText(sc.r), d)))

	option := func(value, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(value, plain(sc.words.Text(text, sc.d)), nil)
	}
	var outcomes, routes []*slack.OptionBlockObject
	for _, o := range nudges.CallOutcomes {
		outcomes = append(outcomes, slack.NewOptionBlockObject(string(o), plain(sc.outcome(o)), nil))
	}
	radio := slack.NewRadioButtonsBlockElement(form.ActOutcome, outcomes...)
	radio.InitialOption = picked(outcomes, string(mine.Outcome))
	blocks = append(blocks, sc.field(form.ActOutcome, "label-outcome", radio, false))

	for _, a := range nudges.RouteAnswers {
		routes = append(routes, option(string(a), "option-route-"+string(a)))
	}
	radio = slack.NewRadioButtonsBlockElement(form.ActRoute, routes...)
	radio.InitialOption = picked(routes, string(mine.Route))
	label := "label-route"
	if sc.viewer != sc.r.Manager {
		label = "label-route-rep"
	}
	blocks = append(blocks, sc.field(form.ActRoute, label, radio, true),
		sc.field(form.ActCoached, "label-log-coached", skillField(sc, mine.Coached), true))
	blocks = append(blocks, sc.typed("", form.ActLearned, "label-learned", "", mine.Learned, true)...)
	blocks = append(blocks, sc.typed("", form.ActRecording, "label-recording", "placeholder-recording", mine.Link, true)...)

	if sc.viewer == sc.r.Rep && !sc.r.Debrief.Trusted && !sc.keep.Less {
		var marks []*slack.OptionBlockObject
		for n := range mostTrust {
			marks = append(marks, option(strconv.Itoa(n+1), "option-trusted-"+strconv.Itoa(n+1)))
		}
		blocks = append(blocks, sc.field(form.ActTrusted, "label-trusted", slack.NewRadioButtonsBlockElement(form.ActTrusted, marks...), true),
			quiet(sc.words.Text("trusted-kept", sc.d)))
	}
	return blocks
}

// skillField asks for one of the team's skills, or has it typed where there are none, and where what was
// said before is none of them.
func skillField(sc scene, was string) slack.BlockElement {
	if opts := sc.skills(); len(opts) > 0 && (was == "" || picked(opts, was) != nil) {
		sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-skill", sc.d)), form.ActCoached, opts...)
		sel.InitialOption = picked(opts, was)
		return sel
	}
	own := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-coached-on", sc.d)), form.ActCoached)
	own.MaxLength, own.InitialValue = maxOption, was
	return own
}

// theirLog is what the other one logged; nothing while they have not.
func theirLog(sc scene, e nudges.Entry) []slack.Block {
	if e.Outcome == "" {
		return nil
	}
	_, name := sc.other()
	d := sc.d
	d.Who, d.Coached, d.Reason = name, e.Coached, e.Learned
	blocks := []slack.Block{section(sc.words.Quote("log-theirs", d, sc.outcome(e.Outcome), ""))}
	if e.Route != "" {
		blocks = append(blocks, section(sc.words.Quote("log-theirs-route", d, sc.words.Text("option-route-"+string(e.Route), d), "")))
	}
	if e.Coached != "" {
		blocks = append(blocks, section(sc.words.Text("log-theirs-coached", d)))
	}
	if e.Learned != "" {
		blocks = append(blocks, section(sc.words.Text("log-theirs-learned", d)))
	}
	if e.Link != "" {
		blocks = append(blocks, section(sc.words.Quote("log-theirs-link", d, address(e.Link), "")))
	}
	return blocks
}

// notDoingBlocks ask why there will be no debrief.
func notDoingBlocks(sc scene) []slack.Block {
	_, name := sc.other()
	d := sc.d
	d.Who = name
	blocks := sc.typed("not-doing-lead", form.ActReason, "label-not-doing", "", "", false)
	text := "not-doing-read-alone"
	if sc.r.Debrief.WasShared() {
		text = "not-doing-read-both"
	}
	return append(blocks, quiet(sc.words.Text(text, d)))
}

// whyNone is the reason why there was no debrief, in a message that the two alone read.
func whyNone(sc scene) []slack.Block {
	d := sc.d
	if d.Reason = sc.r.Debrief.Reason; d.Reason == "" || sc.r.Debrief.End != nudges.EndSkip {
		return nil
	}
	return []slack.Block{quiet(sc.words.Text("not-doing-reason", d))}
}

// rescheduleBlocks ask to when a call has moved: tomorrow at the same time is a guess.
func rescheduleBlocks(sc scene) []slack.Block {
	length := sc.r.Ends.Sub(sc.r.Starts)
	blocks := []slack.Block{section(sc.words.Text("reschedule-lead", sc.d))}
	sc.r.Starts = tomorrow(sc.r.Starts, sc.now, sc.zone)
	sc.r.Ends = sc.r.Starts.Add(length)
	return append(blocks, timeFields(sc)...)
}

// debriefFormBlocks are the form with which somebody opens a debrief on any call.
func debriefFormBlocks(sc scene) []slack.Block {
	option := func(value, text string) *slack.OptionBlockObject {
		return slack.NewOptionBlockObject(value, plain(sc.words.Text(text, sc.d)), nil)
	}
	with := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, form.ActWith)
	with.InitialUser = string(sc.r.Manager)
	who := sc.field(form.ActWith, "label-with", with, false)
	leaders := []*slack.OptionBlockObject{option(ledByMe, "option-led-me"), option(ledByThem, "option-led-them")}
	radio := slack.NewRadioButtonsBlockElement(form.ActLed, leaders...)
	radio.InitialOption = picked(leaders, sc.led)
	led := sc.field(form.ActLed, "label-led", radio, false)
	who.DispatchAction, led.DispatchAction = true, true
	day := slack.NewDatePickerBlockElement(form.ActDay)
	day.InitialDate = sc.r.Starts.In(sc.zone).Format("2006-01-02")
	blocks := []slack.Block{who, led, dealField(sc), sc.field(form.ActDay, "label-when", day, false)}
	switch {
	case sc.led == ledByThem:
		blocks = append(blocks, quiet(sc.words.Text("debrief-asks", sc.d)))
	case sc.channel:
		places := []*slack.OptionBlockObject{option(string(nudges.InChannel), "option-place-channel"), option(string(nudges.InGroup), "option-place-group")}
		blocks = append(blocks, sc.field(form.ActPlace, "label-place", slack.NewRadioButtonsBlockElement(form.ActPlace, places...), false))
	}
	return blocks
}
