package bot

import (
	"slices"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
)

// maxHome is how many requests Home shows: at most eight blocks each beside some twenty of
// its own, and a Home has room for 100 (SLACK section 3).
const maxHome = 9

// mostOpenDebriefs is how many open debriefs Home shows.
const mostOpenDebriefs = 3

// homeScenes are all that a Home shows.
type homeScenes struct {
	own   scene   // the person's own, with their team
	open  []scene // the requests they have open
	parts []scene // and those in which they have another part
	rep   bool    // they are on somebody's team
	// debriefs are those that they have open.
	debriefs []scene
	// barred says that they may not use stepin: they answer what they were asked, and no more.
	barred bool
}

// homeView is App Home: what is open, what waits for one's word, how to start, and the team.
func homeView(h homeScenes) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: fit(h.own.draw(h.draw))}}
}

func (h homeScenes) draw(b *builder) {
	asked, pulled, room := h.split()
	open := h.shown(room)
	b.add(slack.NewHeaderBlock(b.plain("home-title")))
	if h.barred {
		b.say("err-not-allowed", b.contact)
	} else {
		h.drawStart(b, open)
	}
	b.drawPart("home-waiting", asked)
	if h.barred {
		return
	}
	b.drawPart("home-pulls", pulled)
	for i, o := range open {
		if i == 0 {
			b.say("home-open")
		} else {
			b.divide()
		}
		b.add(o.draw(drawCard(false))...)
	}
	switch {
	case len(open)+len(asked)+len(pulled)+len(h.debriefs) > 0:
	case h.rep:
		b.say("home-nothing-asked")
	default:
		b.say("home-nothing-open")
	}
	b.divide()
	b.say("home-debriefs")
	for _, o := range h.debriefs[:min(len(h.debriefs), mostOpenDebriefs)] {
		b.drawCallLine(o)
	}
	b.buttons("b-debriefs", b.button(form.ActDebrief, "button-debrief"), b.button(form.ActHistory, "button-history"))
	b.divide()
	if !h.rep {
		drawTeamHome(b)
	}
	if !h.rep || len(b.learning) > 0 { // a manager can be somebody's rep, too
		drawLearningHome(b)
	}
	b.divide()
	drawReminderHome(b)
	b.divide()
	b.say("home-how")
	b.quiet("home-settings")
}

// split gives the blocks of what others asked of the person, and of what they asked themselves. room is how many
// more requests fit.
func (h homeScenes) split() (asked, pulled []slack.Block, room int) {
	room = maxHome
	for _, p := range h.parts {
		switch {
		case room == 0:
		case p.r.Rep == p.viewer && p.r.Way == nudges.ByAsk:
			pulled = append(pulled, p.draw(drawPulled)...)
			room--
		case slices.Contains(p.r.Grant.Askees(), p.viewer):
			ask := p.draw(drawAsk(""))
			if a, ok := ask[len(ask)-1].(*slack.ActionBlock); ok {
				a.BlockID += "-" + string(p.r.ID)
			}
			asked = append(asked, ask...)
			room--
		}
	}
	return asked, pulled, room
}

// drawPart adds blocks with a heading; nothing if there are none.
func (b *builder) drawPart(heading string, blocks []slack.Block) {
	if len(blocks) > 0 {
		b.say(heading)
		b.add(blocks...)
	}
}

// shown are the requests of their own that fit, but for those of which nothing is said yet.
func (h homeScenes) shown(room int) (open []scene) {
	for _, o := range h.open {
		if !o.r.Blank() && len(open) < room {
			open = append(open, o)
		}
	}
	return open
}

// drawStart offers what one can begin. A rep's first wish is another than a manager's.
func (h homeScenes) drawStart(b *builder, open []scene) {
	start, pull, now := b.button(form.ActStart, "button-start"), b.button(form.ActPull, "button-pull"), b.button(form.ActNow, "button-now")
	el := []*slack.ButtonBlockElement{start, now, pull}
	if h.rep {
		el = []*slack.ButtonBlockElement{pull, start, now}
	}
	if !slices.ContainsFunc(open, func(o scene) bool { return o.r.Decision == nudges.Undecided }) { // what is open comes first
		el[0].Style = slack.StylePrimary
	}
	b.say("home-lead")
	b.buttons("b-start", el...)
	b.divide()
}

// drawTeamHome is what Home says of the team.
func drawTeamHome(b *builder) {
	all := roster.Fixed{Reps: true, Policy: true, Approvers: true, Channel: true, Skills: true}
	b.say("home-team")
	b.drawTeamLines(all)
	if b.fixed.Any() {
		b.quiet("home-team-fixed")
	}
	if b.fixed != all {
		b.buttons("b-team", b.button(form.ActTeam, "button-team"))
	}
}
