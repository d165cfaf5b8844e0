package view

import (
	"slices"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/daily"
)

// MaxHome is how many requests Home shows: at most eight blocks each beside some twenty of
// its own, and a Home has room for 100 (docs.slack.dev/reference/block-kit).
const MaxHome = 9

// MostOpenDebriefs is how many open debriefs Home shows: all of a week, for a reminder names each but once. Of what
// else is full it leaves them room for three; homeTail are the blocks below them.
const (
	MostOpenDebriefs = 20
	homeTail         = 29
)

// Home are all that a Home shows.
type Home struct {
	Own   Scene   // the person's own, with their team
	Open  []Scene // the requests they have open
	Parts []Scene // and those in which they have another part
	Rep   bool    // they are on somebody's team
	Boss  string  // the name of that manager
	// Manages says that they have reps, or have used stepin as a manager.
	Manages bool
	New     bool // they have never used stepin
	// debriefs are those that they have open.
	Debriefs []Scene
	// barred says that they may not use stepin: they answer what they were asked, and no more.
	Barred bool
	// Unknown says that Slack does not say who they are. Nothing is shown to them until it does.
	Unknown bool
	Mirror  Mirror // their own last weeks
}

// HomeTab is App Home: first what waits for the person, then how to start, and then the settings. Somebody who is a
// rep or an approver, and no manager, reads nothing of reps there.
func HomeTab(h Home) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: fit(h.Own.draw(h.draw))}}
}

func (h Home) draw(b *builder) {
	asked, pulled, room := h.split()
	open := h.shown(room)
	rep := !h.Manages && (h.Rep || len(pulled) > 0)
	other := !h.Manages && !rep && (len(asked) > 0 || !h.New) // such as an approver
	switch {
	case rep:
		b.header("home-title-rep")
	case other, h.Barred, h.Unknown:
		b.header("home-title")
	default: // who is new here can be a manager, too
		b.header("mantra")
	}
	if h.Unknown {
		b.say("err-who-unknown")
		return
	}
	if h.Barred {
		b.say("err-not-allowed", b.Contact)
		b.drawPart("home-waiting", asked)
		b.drawPart("home-runs", h.runs())
		return
	}
	if h.New {
		h.drawIntroduction(b, rep, other)
	}
	h.drawWaiting(b, asked, pulled, open)
	b.apart(func(b *builder) { h.drawStart(b, rep, open) })
	if !h.Manages {
		h.Mirror = Mirror{}
	}
	b.apart(h.Mirror.draw)
	b.apart(func(b *builder) {
		if !rep && !other {
			drawTeamHome(b)
		}
		b.drawSetUp(rep, h.Mirror.wayBack(b.Scene))
	})
	if !rep && len(asked) == 0 || b.Reminder.State != daily.ReminderNew {
		b.apart(drawReminderHome)
	}
	b.apart(func(b *builder) {
		if rep {
			b.say("home-how-rep")
		} else {
			b.say("home-how")
		}
		b.quiet("home-settings")
	})
}

// apart adds what f draws, below a line; nothing if that is nothing.
func (b *builder) apart(f func(*builder)) {
	if blocks := b.Scene.draw(f); len(blocks) > 0 {
		b.divide()
		b.add(blocks...)
	}
}

// drawIntroduction says what stepin is to a rep, or to an approver.
func (h Home) drawIntroduction(b *builder, rep, other bool) {
	sc := b.Scene
	sc.Data.Manager = h.Boss
	switch {
	case rep:
		b.add(section(sc.phrase("home-new-rep")))
	case other:
		b.add(section(sc.phrase("home-new-approver")))
	}
}

// drawWaiting shows what waits for the person, and what they have open.
func (h Home) drawWaiting(b *builder, asked, pulled []slack.Block, open []Scene) {
	var cards, debriefs builder
	for i, o := range open {
		if i > 0 {
			cards.divide()
		}
		cards.add(o.draw(drawCard(false))...)
	}
	fit := max(3, 100-homeTail-len(b.blocks)-len(asked)-len(pulled)-len(cards.blocks))
	for _, o := range h.Debriefs[:min(len(h.Debriefs), MostOpenDebriefs, fit)] {
		debriefs.drawCallLine(o)
	}
	before := len(b.blocks)
	b.drawPart("home-runs", h.runs())
	b.drawPart("home-waiting", asked)
	b.drawPart("home-open", cards.blocks)
	b.drawPart("home-debriefs", debriefs.blocks)
	b.drawPart("home-pulls", pulled)
	switch {
	case len(b.blocks) > before:
	case h.Manages:
		b.say("home-nothing-open")
	case !h.New:
		b.say("home-nothing-asked")
	}
}

// split gives the blocks of what others asked of the person, and of what they asked themselves. room is how many
// more requests fit.
func (h Home) split() (asked, pulled []slack.Block, room int) {
	room = MaxHome
	for _, p := range h.Parts {
		switch {
		case room == 0:
		case p.Request.Rep == p.Viewer && p.Request.Way == nudges.ByAsk:
			pulled = append(pulled, p.draw(drawPulled)...)
			room--
		case slices.Contains(p.Request.Grant.Askees(), p.Viewer):
			ask := p.draw(drawAsk(""))
			if a, ok := ask[len(ask)-1].(*slack.ActionBlock); ok {
				a.BlockID += "-" + string(p.Request.ID)
			}
			asked = append(asked, ask...)
			room--
		}
	}
	return asked, pulled, room
}

// runs are the calls of theirs that run now and that their manager has joined, as they know. What they asked for
// themselves stands elsewhere.
func (h Home) runs() (blocks []slack.Block) {
	for _, p := range h.Parts[:min(len(h.Parts), MaxHome)] {
		if p.Request.Rep == p.Viewer && p.Request.Way != nudges.ByAsk && p.Request.KnownToRun() {
			blocks = append(blocks, p.draw(drawRuns)...)
		}
	}
	return blocks
}

// drawPart adds blocks with a heading; nothing if there are none.
func (b *builder) drawPart(heading string, blocks []slack.Block) {
	if len(blocks) > 0 {
		b.say(heading)
		b.add(blocks...)
	}
}

// shown are the requests of their own that fit, without blank ones, where nothing is answered yet.
func (h Home) shown(room int) (open []Scene) {
	for _, o := range h.Open {
		if !o.Request.Blank() && len(open) < room {
			open = append(open, o)
		}
	}
	return open
}

// header adds a text in large letters.
func (b *builder) header(name string) { b.add(slack.NewHeaderBlock(b.plain(name))) }

// drawStart offers what one can begin. A rep's first wish is another than a manager's.
func (h Home) drawStart(b *builder, rep bool, open []Scene) {
	start, pull := b.button(form.ActStart, "button-start"), b.button(form.ActPull, "button-pull")
	now := b.button(form.ActNow, "button-now")
	el := []*slack.ButtonBlockElement{start, now, pull}
	if rep {
		el = []*slack.ButtonBlockElement{pull, start, now}
	}
	undecided := func(o Scene) bool { return o.Request.Decision == nudges.Undecided }
	if !slices.ContainsFunc(open, undecided) { // what is open comes first
		el[0].Style = slack.StylePrimary
	}
	if !rep {
		b.say("home-lead")
	}
	b.buttons("b-start", el...)
	b.buttons("b-debriefs", b.button(form.ActDebrief, "button-debrief"), b.button(form.ActHistory, "button-history"))
}

// all marks all parts of a team.
var all = roster.Fixed{Reps: true, Policy: true, Approvers: true, Channel: true, Skills: true}

// drawSetUp offers what a manager can set, and says how many deals are marked for learning, if any are.
func (b *builder) drawSetUp(rep bool, more []*slack.ButtonBlockElement) {
	var el []*slack.ButtonBlockElement
	if !rep && b.Fixed != all {
		el = append(el, b.button(form.ActTeam, "button-team"))
	}
	if !rep && len(b.Learning) == 0 {
		el = append(el, b.button(form.ActLearning, "button-learning"))
	}
	b.buttons("b-team", append(el, more...)...)
	if len(b.Learning) > 0 {
		drawLearningHome(b)
	}
}

// drawTeamHome is what Home says of the team.
func drawTeamHome(b *builder) {
	b.say("home-team")
	b.drawTeamLines(all)
	if b.Fixed.Any() {
		b.quiet("home-team-fixed")
	}
}
