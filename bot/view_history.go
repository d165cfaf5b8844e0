package bot

import (
	"cmp"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// A history is a page of somebody's own calls, newest first.
type history struct {
	filter  form.HistoryFilter
	page    []nudges.Request
	more    bool // there are older ones
	manages bool // some of all calls are a manager's own
	any     bool // there are any calls, with or without filters
}

// drawHistory is a page of the viewer's own calls.
func drawHistory(b *builder) {
	h := b.history
	if h.manages {
		b.filter("history-whose", form.ActWhose, string(h.filter.Rep), b.person(form.ActWhose, "placeholder-whose", h.filter.Rep))
	}
	if h.any {
		opts := append([]*slack.OptionBlockObject{b.option(form.NotLogged, "option-not-logged")}, b.outcomeOptions()...)
		b.filter("history-ended", form.ActEnded, h.filter.Outcome, b.menu(form.ActEnded, "placeholder-ended", h.filter.Outcome, opts...))
		b.divide()
	}
	switch {
	case !h.any:
		b.say("history-empty")
	case len(h.page) == 0:
		b.say("history-none")
	}
	for _, r := range h.page {
		b.drawCallLine(newScene(b.words, r, b.viewer, b.names, b.zone, b.now))
	}
	var el []*slack.ButtonBlockElement
	if h.filter.Page > 0 {
		el = append(el, b.button(form.ActNewer, "button-newer"))
	}
	if h.more {
		el = append(el, b.button(form.ActOlder, "button-older"))
	}
	if h.filter.Rep != "" || h.filter.Outcome != "" {
		el = append(el, b.button(form.ActAll, "button-all"))
	}
	b.buttons("b-pages", el...)
}

func (sc scene) outcomeOptions() (opts []*slack.OptionBlockObject) {
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
func (b *builder) drawCallLine(sc scene) {
	_, who := sc.other()
	// Ten of these fill a window: names have less room here than elsewhere.
	sc.d.Who, sc.d.Deal, sc.d.Rep = brief(who, 40), brief(sc.d.Deal, 60), brief(sc.d.Rep, 40)
	line := sc.phrase("history-line") + "\n"
	switch _, decided := sc.r.Decision.Rung(); {
	case sc.r.Decision == nudges.Withdrawn:
		line += ended(sc)
	case !decided && sc.r.Way != nudges.ByDebrief:
		line += agreed(sc)
	default:
		line += agreed(sc) + " · " + ended(sc)
	}
	if sc.r.Phase != nudges.Debrief || sc.r.Debrief.State == nudges.DebriefMoved {
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
func agreed(sc scene) nudges.Marked {
	if sc.viewer != sc.r.Manager {
		if role, joined := sc.r.Joined(); joined {
			return sc.phrase("history-role-" + form.Dashed(role))
		}
		return sc.phrase("history-role-none")
	}
	switch _, decided := sc.r.Decision.Rung(); {
	case decided:
		return sc.phrase("history-chose")
	case sc.r.Way == nudges.ByDebrief:
		return sc.phrase("history-no-pause")
	}
	return sc.phrase("history-undecided")
}

// ended is what came of a call, or else how its debrief ended.
func ended(sc scene) nudges.Marked {
	debrief := sc.r.Debrief
	if sc.r.Decision != nudges.Withdrawn && debrief.End != nudges.EndNever && debrief.Outcome() != "" {
		mine, theirs := sc.entries()
		said := sc.outcome(cmp.Or(mine.Outcome, theirs.Outcome))
		if mine.Learned != "" {
			sc.d.Reason = brief(mine.Learned, 60)
			said += "\n" + sc.phrase("log-theirs-learned")
		}
		return said
	}
	said := sc.phrase("history-ended-" + endedText(sc.r))
	if debrief.End == nudges.EndSkip && debrief.Reason != "" {
		sc.d.Reason = brief(debrief.Reason, 60)
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
