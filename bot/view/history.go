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

// historyScreens show one's own calls.
var historyScreens = map[form.Screen]row{
	form.HistoryScreen: {title: "title-history", draw: drawHistory, reopen: form.ActHistory},
}

// A History is a page of somebody's own calls, newest first.
type History struct {
	Filter  form.HistoryFilter
	Page    []nudges.Request
	More    bool // there are older ones
	Manages bool // some of all calls are a manager's own
	Any     bool // there are any calls, with or without filters
}

// drawHistory is a page of the viewer's own calls.
func drawHistory(b *builder) {
	h := b.History
	if h.Manages {
		menu := b.person(form.ActWhose, "placeholder-whose", h.Filter.Rep)
		b.filter("history-whose", form.ActWhose, string(h.Filter.Rep), menu)
	}
	if h.Any {
		opts := append([]*slack.OptionBlockObject{b.option(form.NotLogged, "option-not-logged")}, b.outcomeOptions()...)
		menu := b.menu(form.ActEnded, "placeholder-ended", h.Filter.Outcome, opts...)
		b.filter("history-ended", form.ActEnded, h.Filter.Outcome, menu)
		b.divide()
	}
	switch {
	case !h.Any:
		b.say("history-empty")
	case len(h.Page) == 0:
		b.say("history-none")
	}
	for _, r := range h.Page {
		b.drawCallLine(NewScene(b.Words, r, b.Viewer, b.Names, b.Zone, b.Hours, b.now))
	}
	var el []*slack.ButtonBlockElement
	if h.Filter.Page > 0 {
		el = append(el, b.button(form.ActNewer, "button-newer"))
	}
	if h.More {
		el = append(el, b.button(form.ActOlder, "button-older"))
	}
	if h.Filter.Rep != "" || h.Filter.Outcome != "" {
		el = append(el, b.button(form.ActAll, "button-all"))
	}
	b.buttons("b-pages", el...)
}

func (sc Scene) outcomeOptions() (opts []*slack.OptionBlockObject) {
	for _, o := range nudges.CallOutcomes {
		opts = append(opts, sc.option(string(o), outcomeText(o)))
	}
	return opts
}

// filter adds a menu beside what it asks. Its block goes by what is chosen, for Slack shows an earlier choice
// again in a block of the same name.
func (b *builder) filter(text, action, chosen string, menu *slack.SelectBlockElement) {
	b.beside(strings.TrimSuffix(form.Block(action)+"-"+chosen, "-"), b.phrase(text), menu)
}

// drawCallLine adds one call: what was agreed, what came of it, and a button while it can be logged.
func (b *builder) drawCallLine(sc Scene) {
	_, who := sc.other()
	// Ten of these fill a window: names have less room here than elsewhere.
	sc.Data.Who, sc.Data.Deal, sc.Data.Rep = brief(who, 40), brief(sc.Data.Deal, 60), brief(sc.Data.Rep, 40)
	line := sc.phrase("history-line") + "\n"
	switch _, decided := sc.Request.Decision.Rung(); {
	case sc.Request.Decision == nudges.Withdrawn:
		line += ended(sc)
	case !decided && sc.Request.Way != nudges.ByDebrief:
		line += agreed(sc)
	default:
		line += agreed(sc) + " · " + ended(sc)
	}
	if sc.Request.Phase != nudges.Debrief || sc.Request.Debrief.State == nudges.DebriefMoved {
		b.add(section(line))
		return
	}
	text := "button-log"
	if mine, _ := sc.entries(); mine.Outcome != "" {
		text = "button-edit-log"
	}
	b.beside("", line, sc.button(form.ActLog, text))
}

// brief shortens what people wrote; "" stays.
func brief(s string, n int) string {
	if s == "" {
		return ""
	}
	return cut(s, n)
}

// agreed is what the two had agreed on, as far as the viewer knows: to the rep that is the role that the
// manager had on the call, and nothing of a pause.
func agreed(sc Scene) text.Text {
	if sc.Viewer != sc.Request.Manager {
		if role, joined := sc.Request.Joined(); joined {
			if sc.Request.IsPlanned() && role == ladder.TakeOver {
				return sc.phrase("history-role-lead")
			}
			return sc.phrase("history-role-" + form.Dashed(role))
		}
		return sc.phrase("history-role-none")
	}
	switch _, decided := sc.Request.Decision.Rung(); {
	case decided && sc.Request.IsPlanned():
		return sc.phrase("history-planned")
	case decided:
		return sc.phrase("history-chose")
	case sc.Request.Way == nudges.ByDebrief:
		return sc.phrase("history-no-pause")
	}
	return sc.phrase("history-undecided")
}

// ended is what came of a call, or else how its debrief ended.
func ended(sc Scene) text.Text {
	debrief := sc.Request.Debrief
	if sc.Request.Decision != nudges.Withdrawn && debrief.End != nudges.EndNever && debrief.Outcome() != "" {
		mine, theirs := sc.entries()
		said := sc.outcome(cmp.Or(mine.Outcome, theirs.Outcome))
		if mine.Outcome != "" && theirs.Outcome != "" && mine.Outcome != theirs.Outcome {
			said = sc.phrase("history-both", said, sc.outcome(theirs.Outcome))
		}
		if mine.Learned != "" {
			sc.Data.Reason = brief(mine.Learned, 60)
			said += "\n" + sc.phrase("log-theirs-learned")
		}
		return said
	}
	said := sc.phrase("history-ended-" + endedText(sc.Request))
	if debrief.End == nudges.EndSkip && debrief.Reason != "" {
		sc.Data.Reason = brief(debrief.Reason, 60)
		said += "\n" + sc.phrase("not-doing-reason")
	}
	return said
}

// endedText ends the name of the text that says how a debrief ended without an outcome.
func endedText(r nudges.Request) string {
	moved := r.Phase == nudges.Debrief && r.Debrief.State == nudges.DebriefMoved
	switch end := r.Debrief.End; {
	case r.Decision == nudges.Withdrawn:
		return "withdrawn"
	case end == nudges.EndAway, end == nudges.EndOpen && moved:
		return "call-moved"
	case end == nudges.EndOpen && r.Phase != nudges.Done:
		return "open"
	case end == nudges.EndOpen:
		return string(nudges.EndLapse)
	default:
		return string(end)
	}
}
