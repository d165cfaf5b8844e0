package view

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
	"stepin/nudges/words"
)

// keyed is a button that says where it stands.
func (sc Scene) keyed(key, action, text string) *slack.ButtonBlockElement {
	b := sc.button(action, text)
	v, _ := json.Marshal(form.Metadata{Request: sc.Request.ID, Key: key}) // plain fields cannot fail
	b.Value = string(v)
	return b
}

// threadKinds draw what goes to both of the two, or to a channel. Nobody's reflections, estimates or
// approvals are in any of it.
var threadKinds = map[string]func(Scene) Message{
	nudges.KindRoot:           func(sc Scene) Message { return threadMessage(sc, "", drawRoot(form.InThread)) },
	nudges.KindAsksRep:        func(sc Scene) Message { return asksMessage(sc, "asks-rep", sc.Request.Rep) },
	nudges.KindAsksManager:    func(sc Scene) Message { return asksMessage(sc, "asks-manager", sc.Request.Manager) },
	nudges.KindThreadReminder: nagMessage,
}

// threadMessage goes to more than one person. Its notification names the people it is for, and no more.
func threadMessage(sc Scene, to string, draw func(*builder)) Message {
	blocks := sc.draw(draw)
	sc.Data = words.Data{}
	return Message{strings.TrimSpace(to + " " + fallback(sc.phrase("debrief-fallback"))), blocks}
}

// An id as Slack gives it, and nothing that could be read as more markup.
var anID = regexp.MustCompile(`^[A-Z0-9]+$`)

// mention notifies somebody; linked leads to a channel. Both are markup of ours.
func mention(id nudges.UserID) text.Text { return linked("@" + string(id)) }

func linked(id string) text.Text {
	if !anID.MatchString(strings.TrimPrefix(strings.TrimPrefix(id, "@"), "#")) {
		return ""
	}
	return text.Text("<" + id + ">")
}

// drawRootLines are the call, what was to be learned, and what came of it: in a channel what stands, else what each
// of the two says.
func drawRootLines(b *builder) {
	about, debrief := b.Data, b.Request.Debrief
	// A call's length is known only where somebody paused. It is said only where the rep knew of that.
	_, joined := b.Request.Joined()
	if b.Data.Until = ""; joined {
		length := b.Scene
		length.Data.N = int(b.Request.Ends.Sub(b.Request.Starts) / time.Minute)
		b.Data.Until = length.phrase("debrief-minutes").Plain()
	}
	// A call of today needs no day.
	if b.Data.Day = ""; nudges.DateIn(b.Request.Ends, b.Zone) != nudges.DateIn(debrief.At, b.Zone) {
		b.Data.Day = b.Request.Ends.In(b.Zone).Format("Mon 2 Jan")
	}
	b.say("debrief-root")
	if b.Data.Reason = b.Request.Past.Learn; b.Data.Reason != "" {
		b.say("debrief-learn")
	}
	b.Data = about
	if debrief.Place == nudges.InChannel {
		stands := nudges.Entry{Outcome: debrief.Standing()}
		debrief.Manager, debrief.Rep = stands, stands
	}
	if text := b.outcomes(debrief.Open(), "debrief-outcome"); text != "" {
		b.add(section(text))
	}
	if text := debriefOver(b.Request); text != "" {
		b.drawOver(text)
	} else if debrief.Closing != "" {
		b.quiet(b.closingText())
	}
	if debrief.Place != nudges.InChannel { // there the team reads it, too
		b.drawWhyNone()
	}
}

// closingText names the text that says that the manager has moved on, to them alone or to others too.
func (sc Scene) closingText() string {
	if sc.Viewer == sc.Request.Manager && !sc.Request.Debrief.Threaded() {
		return "how-closing"
	}
	return "debrief-closing"
}

// outcomes are what came of a call, as each of the two says where they differ; "" for nothing logged.
func (sc Scene) outcomes(d nudges.Debriefing, text string) text.Text {
	switch rep, manager := d.Rep.Outcome, d.Manager.Outcome; {
	case rep != "" && manager != "" && rep != manager:
		return sc.phrase(text+"-both", sc.outcome(rep), sc.outcome(manager))
	case d.Outcome() != "":
		return sc.phrase(text, sc.outcome(d.Outcome()))
	}
	return ""
}

// drawOver adds the text that says how a debrief was closed, and by whom.
func (b *builder) drawOver(text string) {
	sc := b.Scene
	sc.Data.Who = b.name(b.Request.Debrief.EndBy)
	b.add(quiet(sc.phrase(text)))
}

// outcomeText names the text for what came of a call.
func outcomeText(o nudges.CallOutcome) string {
	return "outcome-" + strings.ReplaceAll(string(o), "_", "-")
}

func (sc Scene) outcome(o nudges.CallOutcome) text.Text { return sc.phrase(outcomeText(o)) }

// debriefOver names the text that says why nothing is to be done about a debrief; "" if something is.
func debriefOver(r nudges.Request) string {
	switch {
	case r.Phase == nudges.Debrief && r.Debrief.State == nudges.DebriefMoved,
		r.Phase == nudges.Before, r.Phase == nudges.During:
		return "debrief-call-moved"
	case r.Phase == nudges.Debrief:
		return ""
	case r.Debrief.End == nudges.EndAway:
		return "debrief-call-moved"
	case r.Debrief.End == nudges.EndOpen:
		return "debrief-end-lapsed"
	}
	return "debrief-end-" + string(r.Debrief.End)
}

// drawRoot is the debrief as both see it. key says where its buttons stand.
func drawRoot(key string) func(*builder) {
	return func(b *builder) {
		drawRootLines(b)
		first, more := b.rootButtons(key)
		b.buttonsAnd("b-debrief", more, first...)
	}
}

// rootButtons are what the two can do about a debrief, and what of it stands in a menu.
func (sc Scene) rootButtons(key string) (first, more []*slack.ButtonBlockElement) {
	_, joined := sc.Request.Joined()
	moved := sc.keyed(key, form.ActCallMoved, "button-call-moved")
	never := sc.keyed(key, form.ActNever, "button-never")
	log := sc.keyed(key, form.ActLog, "button-log")
	switch {
	case sc.Request.Phase != nudges.Debrief:
		return nil, nil
	case sc.Request.Debrief.State == nudges.DebriefMoved && !joined:
		return nil, nil // the new time is between the manager and the pause that the rep does not know of
	case sc.Request.Debrief.State == nudges.DebriefMoved:
		return []*slack.ButtonBlockElement{sc.keyed(key, form.ActReschedule, "button-reschedule"), log, never}, nil
	}
	log.Style = slack.StylePrimary
	more = []*slack.ButtonBlockElement{
		sc.keyed(key, form.ActMoveOn, "button-moved-on"), sc.keyed(key, form.ActNotDoing, "button-not-doing"),
	}
	if joined { // else it goes on in another way where somebody paused, which is the manager's own
		more = append(more, moved)
	}
	return []*slack.ButtonBlockElement{log}, append(more, never)
}

// drawRootDM is the same to one of the two, with the questions to them.
func drawRootDM(b *builder) {
	drawRoot("")(b)
	if b.Request.Phase != nudges.Debrief || b.Request.Debrief.State == nudges.DebriefMoved {
		return
	}
	if asks := b.asks(b.Viewer); asks != "" { // above the buttons
		b.blocks = slices.Insert(b.blocks, len(b.blocks)-1, slack.Block(section(asks)))
	}
}

// asks are the questions to one of the two, a line each.
func (sc Scene) asks(to nudges.UserID) text.Text {
	who := "debrief-manager-"
	if to == sc.Request.Rep {
		who = "debrief-rep-"
	}
	known := words.Names()
	var lines []string
	for _, name := range sc.Request.Debrief.Asked {
		if _, ok := slices.BinarySearch(known, name); ok && strings.HasPrefix(name, who) {
			lines = append(lines, "• "+string(sc.phrase(name)))
		}
	}
	return text.Text(strings.Join(lines, "\n"))
}

// asksMessage are the questions to one of the two, in the thread.
func asksMessage(sc Scene, text string, to nudges.UserID) Message {
	return threadMessage(sc, string(mention(to)), func(b *builder) { b.say(text, mention(to), b.asks(to)) })
}

// nagMessage asks both, once, for a word.
func nagMessage(sc Scene) Message {
	rep, manager := mention(sc.Request.Rep), mention(sc.Request.Manager)
	return threadMessage(sc, string(rep)+" "+string(manager), func(b *builder) {
		b.say("nag", rep, manager)
		if text := debriefOver(b.Request); text != "" {
			b.drawOver(text)
			return
		}
		log := b.keyed(form.InThread, form.ActLog, "button-log")
		log.Style = slack.StylePrimary
		b.buttons("b-nag", log, b.keyed(form.InThread, form.ActMoveOn, "button-moved-on"))
	})
}

// drawHow asks the manager, alone, how it went, and shows the guess from before beside what came of it.
func drawHow(b *builder) {
	over := debriefOver(b.Request)
	switch said := b.outcomes(b.Request.Debrief, "how-outcome"); {
	case said != "":
		b.add(section(said))
		if e := b.Request.Answers[verdict.QEstimate]; e != "" {
			b.quiet("how-estimate", b.Words.Tapped(verdict.QEstimate, e, b.Data))
		}
	case over != "":
		b.say("how-over")
	default:
		b.say("how")
	}
	if over == "" {
		drawHowOpen(b)
		return
	}
	b.drawOver(over)
	b.drawWhyNone()
	if b.Request.Phase == nudges.Debrief {
		b.buttons("b-how", b.button(form.ActReschedule, "button-reschedule"),
			b.button(form.ActLog, "button-log"), b.button(form.ActNever, "button-never"))
	}
}

// drawPlan asks the manager, once they have said how it went, whether they did what they had planned.
func (b *builder) drawPlan() {
	d := b.Request.Debrief
	if d.Manager.Outcome == "" || !b.Request.HasPlan() {
		return
	}
	if d.DidPlan != "" {
		b.quiet("how-plan", planText(b.Scene), b.phrase(planAnswerText(d.DidPlan)))
		return
	}
	b.say("how-plan", planText(b.Scene))
	var taps []*slack.ButtonBlockElement
	for _, a := range nudges.PlanAnswers {
		taps = append(taps, b.button(form.ActFollowPlan+"_"+string(a), planAnswerText(a)))
	}
	b.buttons("b-plan", taps...)
}

// planAnswerText names the text of an answer.
func planAnswerText(a nudges.PlanAnswer) string {
	return "button-plan-" + strings.ReplaceAll(string(a), "_", "-")
}

func drawHowOpen(b *builder) {
	debrief := b.Request.Debrief
	if debrief.Closing != "" {
		b.quiet("how-closing")
	}
	if text, channel := togetherText(b.Request); text != "" {
		b.quiet(text, channel)
	}
	if debrief.Kept {
		b.quiet("how-kept")
	}
	b.drawPlan()
	if debrief.Manager.Outcome == "" {
		var taps []*slack.ButtonBlockElement
		for _, o := range nudges.CallOutcomes {
			taps = append(taps, b.button(form.ActOutcome+"_"+string(o), outcomeText(o)))
		}
		b.buttons("b-outcome", taps...)
	}
	log := b.button(form.ActLog, "button-log")
	more := []*slack.ButtonBlockElement{
		b.button(form.ActMoveOn, "button-moved-on"), b.button(form.ActNotDoing, "button-not-doing"),
		b.button(form.ActCallMoved, "button-call-moved"), b.button(form.ActNever, "button-never"),
	}
	first := log
	if debrief.State == nudges.DebriefQuiet && b.Request.Rep != "" {
		first, more = b.button(form.ActTogether, "button-together"), append([]*slack.ButtonBlockElement{log}, more...)
	}
	b.buttonsAnd("b-how", more, first)
}

// togetherText names the text that tells the manager how far the two are with talking it over; "" for not
// at all. The other result is the channel it is in.
func togetherText(r nudges.Request) (string, text.Text) {
	switch d := r.Debrief; d.State {
	case nudges.DebriefWaits:
		if _, joined := r.Joined(); joined {
			return "how-waits-joined", ""
		}
		return "how-waits", ""
	case nudges.DebriefAsked:
		return "how-asked", ""
	case nudges.DebriefUnwant:
		return "how-declined", ""
	case nudges.DebriefShared:
		return "how-" + string(d.Place), linked("#" + d.Channel)
	default:
		return "", ""
	}
}

// drawWhere asks the rep where to talk a call over.
func drawWhere(b *builder) {
	d := b.Request.Debrief
	if b.Request.Rep != b.Viewer {
		b.say("word-gone")
		return
	}
	if text := debriefOver(b.Request); text != "" {
		b.say("how-over")
		b.drawOver(text)
		return
	}
	switch d.State {
	case nudges.DebriefShared:
		b.say("where-"+string(d.Place), linked("#"+d.Channel))
		return
	case nudges.DebriefAsked:
		b.say("where")
	case nudges.DebriefUnwant:
		b.say("where-not")
	default:
		b.say("word-gone")
		return
	}
	var el []*slack.ButtonBlockElement
	if b.Team.Channel != "" {
		el = append(el, b.button(form.ActWhereChannel, "button-where-channel"))
	}
	el = append(el, b.button(form.ActWhereGroup, "button-where-group"))
	if d.State != nudges.DebriefUnwant {
		el = append(el, b.button(form.ActWhereNot, "button-where-not"))
	}
	b.buttons("b-where", el...)
}

// drawDisplaced tells the manager why a debrief is not where it should be, what mends it, and where it is.
func drawDisplaced(b *builder) {
	d := b.Request.Debrief
	b.say("displaced-"+string(d.Trouble), linked("#"+d.Channel))
	b.quiet("how-"+string(d.Place), linked("#"+d.Channel))
}

// drawUnclear asks the manager whether a debrief has arrived.
func drawUnclear(b *builder) {
	d := b.Request.Debrief
	if text := debriefOver(b.Request); text != "" {
		b.say("how-over")
		b.drawOver(text)
		return
	}
	text := "unclear"
	switch {
	case d.Trouble != nudges.TroubleUnclear:
		b.say("unclear-done")
		return
	case len(d.Unclear) > 0:
		text = "unclear-asks"
	case d.Place != nudges.InChannel:
		text = "unclear-group"
	}
	b.say(text, linked("#"+d.Channel))
	b.buttons("b-unclear", b.button(form.ActRepost, "button-repost"), b.button(form.ActLog, "button-log"))
}
