package view

import (
	"slices"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
)

// maxHome is how many requests Home shows: at most eight blocks each beside some twenty of
// its own, and a Home has room for 100 (docs.slack.dev/reference/block-kit).
const maxHome = 9

// MostOpenDebriefs is how many open debriefs Home shows.
const MostOpenDebriefs = 3

// Home are all that a Home shows.
type Home struct {
	Own   Scene   // the person's own, with their team
	Open  []Scene // the requests they have open
	Parts []Scene // and those in which they have another part
	Rep   bool    // they are on somebody's team
	// debriefs are those that they have open.
	Debriefs []Scene
	// barred says that they may not use stepin: they answer what they were asked, and no more.
	Barred bool
	// Unknown says that Slack does not say who they are. Nothing is shown to them until it does.
	Unknown bool
}

// HomeTab is App Home: what is open, what waits for one's word, how to start, and the team.
func HomeTab(h Home) slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: fit(h.Own.draw(h.draw))}}
}

func (h Home) draw(b *builder) {
	asked, pulled, room := h.split()
	open := h.shown(room)
	b.add(slack.NewHeaderBlock(b.plain("home-title")))
	if h.Unknown {
		b.say("err-who-unknown")
		return
	}
	if h.Barred {
		b.say("err-not-allowed", b.Contact)
	} else {
		h.drawStart(b, open)
	}
	b.drawPart("home-waiting", asked)
	if h.Barred {
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
	case len(open)+len(asked)+len(pulled)+len(h.Debriefs) > 0:
	case h.Rep:
		b.say("home-nothing-asked")
	default:
		b.say("home-nothing-open")
	}
	b.divide()
	b.say("home-debriefs")
	for _, o := range h.Debriefs[:min(len(h.Debriefs), MostOpenDebriefs)] {
		b.drawCallLine(o)
	}
	b.buttons("b-debriefs", b.button(form.ActDebrief, "button-debrief"), b.button(form.ActHistory, "button-history"))
	b.divide()
	if !h.Rep {
		drawTeamHome(b)
	}
	if !h.Rep || len(b.Learning) > 0 { // a manager can be somebody's rep, too
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
func (h Home) split() (asked, pulled []slack.Block, room int) {
	room = maxHome
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

// drawStart offers what one can begin. A rep's first wish is another than a manager's.
func (h Home) drawStart(b *builder, open []Scene) {
	start, pull := b.button(form.ActStart, "button-start"), b.button(form.ActPull, "button-pull")
	now := b.button(form.ActNow, "button-now")
	el := []*slack.ButtonBlockElement{start, now, pull}
	if h.Rep {
		el = []*slack.ButtonBlockElement{pull, start, now}
	}
	undecided := func(o Scene) bool { return o.Request.Decision == nudges.Undecided }
	if !slices.ContainsFunc(open, undecided) { // what is open comes first
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
	if b.Fixed.Any() {
		b.quiet("home-team-fixed")
	}
	if b.Fixed != all {
		b.buttons("b-team", b.button(form.ActTeam, "button-team"))
	}
}
