package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

const (
	pageSize   = 10
	notLogged  = "none" // of a filter by outcome
	historyFor = 12     // months that the history goes back
)

// A history is a page of somebody's own calls, newest first.
type history struct {
	glance  form.HistoryFilter
	page    []nudges.Request
	more    bool // there are older ones
	manages bool // some of all calls are a manager's own
	any     bool // there are any calls, with or without filters
}

// sharedWith are the requests whose debrief a rep had a part in, with what they may see of it.
func sharedWith(r nudges.Reader, rep nudges.UserID, since time.Time) ([]nudges.Request, error) {
	all, err := r.SharedDebriefs(rep, since)
	for i := range all {
		all[i].Debrief = all[i].Debrief.Open()
	}
	return all, err
}

// recall reads a page of the viewer's history for a scene, and looks up whom it names.
func (b *Bot) recall(ctx context.Context, sc *scene, g form.HistoryFilter) {
	h := history{glance: g}
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		h = history{glance: g}
		since := sc.now.AddDate(0, -historyFor, 0)
		all, err := r.Begun(sc.viewer, since)
		if err != nil {
			return err
		}
		h.manages = len(all) > 0
		shared, err := sharedWith(r, sc.viewer, since)
		if err != nil {
			return err
		}
		h.turn(append(all, shared...))
		return nil
	})
	if err != nil {
		b.log.Error("history", "error", err)
	}
	var people []nudges.UserID
	for _, r := range h.page {
		people = append(people, r.Manager, r.Rep)
	}
	for id, p := range b.find(ctx, slices.DeleteFunc(people, func(id nudges.UserID) bool { return id == "" })) {
		sc.names[id] = p.name
	}
	sc.history = h
}

// turn picks the page of all that is looked at. A page that is not there any more is the last one.
func (h *history) turn(all []nudges.Request) {
	all = slices.DeleteFunc(all, func(r nudges.Request) bool { return !past(r) })
	h.any = len(all) > 0
	all = slices.DeleteFunc(all, func(r nudges.Request) bool {
		return h.glance.Rep != "" && r.Rep != h.glance.Rep ||
			h.glance.Outcome == notLogged && r.Debrief.Logged() ||
			h.glance.Outcome != notLogged && h.glance.Outcome != "" && r.Debrief.Outcome() != nudges.CallOutcome(h.glance.Outcome)
	})
	slices.SortStableFunc(all, func(a, b nudges.Request) int { return b.Starts.Compare(a.Starts) })
	h.glance.Page = min(h.glance.Page, max(0, (len(all)-1)/pageSize))
	from := h.glance.Page * pageSize
	till := min(from+pageSize, len(all))
	h.page, h.more = all[from:till], till < len(all)
}

// past says whether a request is of a call that is over, or will not be, and about which something was said.
func past(r nudges.Request) bool {
	switch r.Phase {
	case nudges.Before, nudges.During:
		return r.Decision == nudges.Withdrawn
	}
	return r.Way == nudges.ByDebrief || !r.Blank()
}

// historyBlocks are a page of the viewer's own calls.
func historyBlocks(sc scene) []slack.Block {
	h := sc.history
	var blocks []slack.Block
	if h.manages {
		who := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain(sc.words.Text("placeholder-whose", sc.d)), form.ActWhose)
		who.InitialUser = string(h.glance.Rep)
		blocks = append(blocks, sc.filter("history-whose", form.ActWhose, string(h.glance.Rep), who))
	}
	if h.any {
		opts := []*slack.OptionBlockObject{slack.NewOptionBlockObject(notLogged, plain(sc.words.Text("option-not-logged", sc.d)), nil)}
		for _, o := range nudges.CallOutcomes {
			opts = append(opts, slack.NewOptionBlockObject(string(o), plain(sc.outcome(o)), nil))
		}
		ended := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-ended", sc.d)), form.ActEnded, opts...)
		ended.InitialOption = picked(opts, h.glance.Outcome)
		blocks = append(blocks, sc.filter("history-ended", form.ActEnded, h.glance.Outcome, ended), slack.NewDividerBlock())
	}
	switch {
	case !h.any:
		blocks = append(blocks, section(sc.words.Text("history-empty", sc.d)))
	case len(h.page) == 0:
		blocks = append(blocks, section(sc.words.Text("history-none", sc.d)))
	}
	for _, r := range h.page {
		blocks = append(blocks, callLine(newScene(sc.words, r, sc.viewer, sc.names, sc.zone, sc.now)))
	}
	var el []slack.BlockElement
	if h.glance.Page > 0 {
		el = append(el, sc.button(form.ActNewer, "button-newer", slack.StyleDefault))
	}
	if h.more {
		el = append(el, sc.button(form.ActOlder, "button-older", slack.StyleDefault))
	}
	if h.glance.Rep != "" || h.glance.Outcome != "" {
		el = append(el, sc.button(form.ActAll, "button-all", slack.StyleDefault))
	}
	if len(el) > 0 {
		blocks = append(blocks, slack.NewActionBlock("b-pages", el...))
	}
	return blocks
}

// filter is a menu beside what it asks. Its block goes by what is chosen, for Slack shows an earlier choice
// again in a block of the same name.
func (sc scene) filter(text, action, chosen string, menu *slack.SelectBlockElement) slack.Block {
	s := section(sc.words.Text(text, sc.d))
	s.Accessory = slack.NewAccessory(menu)
	s.BlockID = strings.TrimSuffix(form.Block(action)+"-"+chosen, "-")
	return s
}

// callLine is one call: what was agreed, what came of it, and a button while it can be logged.
func callLine(sc scene) *slack.SectionBlock {
	_, who := sc.other()
	// Ten of these fill a window: names have less room here than elsewhere.
	sc.d.Who, sc.d.Deal, sc.d.Rep = brief(who, 40), brief(sc.d.Deal, 60), brief(sc.d.Rep, 40)
	line := sc.words.Text("history-line", sc.d) + "\n"
	switch _, decided := sc.r.Decision.Rung(); {
	case sc.r.Decision == nudges.Withdrawn:
		line += ended(sc)
	case !decided && sc.r.Way != nudges.ByDebrief:
		line += agreed(sc)
	default:
		line += agreed(sc) + " · " + ended(sc)
	}
	s := section(line)
	if sc.r.Phase == nudges.Debrief && sc.r.Debrief.State != nudges.DebriefMoved {
		text := "button-log"
		if mine, _ := sc.entries(); mine.Outcome != "" {
			text = "button-edit-log"
		}
		s.Accessory = slack.NewAccessory(sc.button(form.ActLog, text, slack.StyleDefault))
	}
	return s
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
	d := sc.d
	if sc.viewer != sc.r.Manager {
		if role, joined := sc.r.Joined(); joined {
			return sc.words.Text("history-role-"+dashed(role), d)
		}
		return sc.words.Text("history-role-none", d)
	}
	switch _, decided := sc.r.Decision.Rung(); {
	case decided:
		return sc.words.Text("history-chose", d)
	case sc.r.Way == nudges.ByDebrief:
		return sc.words.Text("history-no-pause", d)
	}
	return sc.words.Text("history-undecided", d)
}

// ended is what came of a call, or else how its debrief ended.
func ended(sc scene) nudges.Marked {
	debrief := sc.r.Debrief
	text := ""
	switch {
	case sc.r.Decision == nudges.Withdrawn:
		text = "withdrawn"
	case debrief.End == nudges.EndNever:
		text = string(debrief.End)
	case debrief.Outcome() != "":
		mine, theirs := sc.entries()
		said := sc.outcome(nudges.CallOutcome(cmp.Or(string(mine.Outcome), string(theirs.Outcome))))
		if mine.Learned != "" {
			d := sc.d
			d.Reason = brief(mine.Learned, 60)
			said += "\n" + sc.words.Text("log-theirs-learned", d)
		}
		return said
	case debrief.End == nudges.EndAway:
		text = "call-moved"
	case debrief.End == nudges.EndOpen && sc.r.Phase == nudges.Debrief && debrief.State == nudges.DebriefMoved:
		text = "call-moved"
	case debrief.End == nudges.EndOpen && sc.r.Phase != nudges.Done:
		text = "open"
	case debrief.End == nudges.EndOpen:
		text = string(nudges.EndLapse)
	default:
		text = string(debrief.End)
	}
	said := sc.words.Text("history-ended-"+text, sc.d)
	if debrief.End == nudges.EndSkip && debrief.Reason != "" {
		d := sc.d
		d.Reason = brief(debrief.Reason, 60)
		said += "\n" + sc.words.Text("not-doing-reason", d)
	}
	return said
}

// homeDebriefs are what Home shows of debriefs: the newest that are open, and the ways to more.
func homeDebriefs(sc scene, open []scene) []slack.Block {
	blocks := []slack.Block{section(sc.words.Text("home-debriefs", sc.d))}
	for _, o := range open[:min(len(open), mostOpenDebriefs)] {
		blocks = append(blocks, callLine(o))
	}
	return append(blocks, slack.NewActionBlock("b-debriefs",
		sc.button(form.ActDebrief, "button-debrief", slack.StyleDefault), sc.button(form.ActHistory, "button-history", slack.StyleDefault)))
}

// mostOpenDebriefs is how many Home shows.
const mostOpenDebriefs = 3

// withDebriefs are the requests whose debrief somebody has open, newest first, as many as Home shows.
func withDebriefs(r nudges.Reader, user nudges.UserID, now time.Time) ([]nudges.Request, error) {
	since := now.Add(-nudges.DebriefReach)
	all, err := r.Begun(user, since)
	if err != nil {
		return nil, err
	}
	shared, err := sharedWith(r, user, since)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(append(all, shared...), func(q nudges.Request) bool { return q.Phase != nudges.Debrief })
	slices.SortStableFunc(all, func(a, b nudges.Request) int { return b.Ends.Compare(a.Ends) })
	return all[:min(len(all), mostOpenDebriefs)], nil
}
