package bot

import (
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// dashed is a rung in the names of texts.
func dashed(r nudges.Rung) string { return strings.ReplaceAll(string(r), "_", "-") }

// cardText names the text that tells how a request stands.
func cardText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	over := ""
	if !r.Open() && r.Grant.State != nudges.Given { // an agreement outlives the call
		over = "-over"
	}
	switch {
	case r.Decision == nudges.Withdrawn:
		return "card-withdrawn"
	case !ok && r.Phase == nudges.Done:
		return "card-lapsed"
	case !ok:
		return "card-undecided"
	case rung == nudges.TakeOver && r.Grant.State == nudges.Returned:
		return "card-handed-back" + over
	case rung == nudges.TakeOver && (r.Grant.State == nudges.Asked || r.Grant.State == nudges.Declined || r.Grant.State == nudges.Expired && !r.Grant.EverGiven):
		return "card-wish" + over // nobody has agreed to it
	}
	return "card-" + dashed(rung) + over
}

// cardMessage is the manager's own card. Its notification names nobody.
func cardMessage(sc scene, told bool) message {
	return message{fallback(sc.words.Text("card-fallback", sc.d)), cardBlocks(sc, told)}
}

// cardBlocks is a request as its manager sees it, with what can still be done. told adds
// the sentence about who could read the file.
func cardBlocks(sc scene, told bool) []slack.Block {
	if sc.r.Way == nudges.ByAsk && sc.r.Decision == nudges.Undecided && sc.r.Phase != nudges.Done {
		blocks := pullCard(sc)
		if told {
			blocks = append(blocks, quiet(sc.words.Text("card-private", sc.d)))
		}
		if !sc.r.Open() {
			return blocks
		}
		el := append(pullButtons(sc), sc.button(form.ActWithdraw, withdrawLabel(sc.r), slack.StyleDefault))
		return append(blocks, slack.NewActionBlock("b-card-"+string(sc.r.ID), el...))
	}
	blocks := []slack.Block{section(sc.words.Text(cardText(sc.r), sc.d))}
	if plan := planText(sc); !plan.Empty() {
		blocks = append(blocks, section(plan))
	}
	if text, d := grantText(sc); text != "" && sc.r.Grant.State != nudges.Returned { // the card's first line says that
		blocks = append(blocks, quiet(sc.words.Text(text, d)))
	}
	if c := sc.r.Coaching; !c.At.IsZero() {
		d := sc.d
		d.Coached = c.Skill
		blocks = append(blocks, quiet(sc.words.Text("coached", d)))
	}
	if sc.r.Grant.State == nudges.Given && !sc.r.Open() {
		blocks = append(blocks, quiet(sc.words.Text("card-over", sc.d)))
	}
	if told {
		blocks = append(blocks, quiet(sc.words.Text("card-private", sc.d)))
	}
	if el := cardButtons(sc); len(el) > 0 {
		blocks = append(blocks, slack.NewActionBlock("b-card-"+string(sc.r.ID), el...))
	}
	return blocks
}

// grantText names the text that tells how the grant stands; "" for none.
func grantText(sc scene) (string, nudges.Data) {
	d, g := sc.d, sc.r.Grant
	d.Who, d.Was = sc.name(g.By), sc.clock(g.At)
	switch {
	case sc.r.Decision != nudges.Decided(nudges.TakeOver):
		return "", d
	case g.State == nudges.Asked:
		d.Who = sc.askees()
		return "card-asked", d
	case g.State == nudges.Given && g.BreakGlass:
		return "card-glass", d
	case g.State == nudges.Given:
		return "grant-given", d
	case g.State == nudges.Returned:
		return "grant-returned", d
	case g.State == nudges.Declined && g.CoachFirst:
		return "card-coach-first", d
	case g.State == nudges.Declined:
		return "card-declined", d
	case g.State == nudges.Expired && !g.EverGiven && len(g.Route) == 0:
		return "settled-nobody", d
	case g.State == nudges.Expired && !g.EverGiven:
		return "card-no-answer", d
	case g.State == nudges.Expired:
		return "grant-expired", d
	}
	return "", d
}

func planText(sc scene) nudges.Marked {
	o := sc.r.Answers[nudges.QPlan]
	switch {
	case o == "" || (o == nudges.OwnPlan && sc.r.Plan == ""):
		return ""
	case o == nudges.OwnPlan:
		return sc.words.Text("card-plan", sc.d)
	}
	for _, x := range sc.words.Question(nudges.QPlan, sc.d).Options {
		if x.ID == o {
			return x.Text
		}
	}
	return ""
}

// cardButtons are what the manager can do with a request now.
func cardButtons(sc scene) []slack.BlockElement {
	var el []slack.BlockElement
	words := sc.r.Decision == nudges.Decided(nudges.HoldBack) && sc.r.Rep != ""
	if !sc.r.Open() {
		if words && (sc.r.Phase == nudges.After || sc.r.Phase == nudges.Debrief) {
			el = append(el, sc.button(form.ActWords, "button-words", slack.StyleDefault))
		}
		if sc.r.Decision == nudges.Decided(nudges.TakeOver) && sc.r.Grant.State == nudges.Given { // it outlives the call
			el = append(el, sc.button(form.ActReturn, "button-hand-back", slack.StyleDefault))
		}
		return el
	}
	if sc.r.Decision == nudges.Undecided {
		el = append(el, sc.button(form.ActHold, "button-hold-back", slack.StylePrimary), sc.button(form.ActCarry, "button-carry-on", slack.StyleDefault))
	} else {
		el = append(el, sc.button(form.ActMind, "button-change-mind", slack.StyleDefault))
		if sc.r.Phase == nudges.Before {
			el = append(el, sc.button(form.ActChange, "button-change-call", slack.StyleDefault))
		}
	}
	switch {
	case words:
		el = append(el, sc.button(form.ActWords, "button-words", slack.StyleDefault))
	case sc.r.Decision == nudges.Decided(nudges.Coach) && sc.r.Coaching.At.IsZero():
		el = append(el, sc.button(form.ActCoaching, "button-coach", slack.StyleDefault))
	case sc.r.Decision != nudges.Decided(nudges.TakeOver):
	case sc.r.Grant.State == nudges.Given:
		el = append(el, sc.button(form.ActReturn, "button-hand-back", slack.StyleDefault))
	case sc.r.Grant.State == nudges.Asked:
		el = append(el, sc.button(form.ActNudge, "button-nudge", slack.StyleDefault), sc.button(form.ActGlass, "button-glass", slack.StyleDefault))
	case sc.r.Grant.State == nudges.Declined, sc.r.Grant.State == nudges.Expired && !sc.r.Grant.EverGiven:
		el = append(el, sc.button(form.ActGlass, "button-glass", slack.StyleDefault))
	}
	return append(el, sc.button(form.ActWithdraw, withdrawLabel(sc.r), slack.StyleDefault))
}

// withdrawLabel names the button that takes a request off the list. A rep who asked is told of it, and the button
// says what they will hear.
func withdrawLabel(r nudges.Request) string {
	if r.Way == nudges.ByAsk {
		return "button-pass"
	}
	return "button-withdraw"
}

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
	sc, words := h.own, h.own.words
	start := []slack.BlockElement{
		sc.button(form.ActStart, "button-start", slack.StylePrimary),
		sc.button(form.ActNow, "button-now", slack.StyleDefault),
		sc.button(form.ActPull, "button-pull", slack.StyleDefault),
	}
	if h.rep { // a rep's first wish is another
		start = []slack.BlockElement{sc.button(form.ActPull, "button-pull", slack.StylePrimary), sc.button(form.ActStart, "button-start", slack.StyleDefault), start[1]}
	}
	blocks := []slack.Block{slack.NewHeaderBlock(plain(words.Text("home-title", sc.d)))}
	if h.barred {
		blocks = append(blocks, section(words.Quote("err-not-allowed", sc.d, sc.ask, "")))
	} else {
		blocks = append(blocks,
			section(words.Text("home-lead", sc.d)),
			slack.NewActionBlock("b-start", start...),
			slack.NewDividerBlock(),
		)
	}
	room := maxHome
	var asked, pulled []slack.Block
	for _, p := range h.parts {
		switch {
		case room == 0:
		case p.r.Rep == p.viewer && p.r.Way == nudges.ByAsk:
			pulled = append(pulled, pulledBlocks(p)...)
			room--
		case slices.Contains(p.r.Grant.Askees(), p.viewer):
			ask := askBlocks(p, nudges.KindAsk)
			if a, ok := ask[len(ask)-1].(*slack.ActionBlock); ok {
				a.BlockID += "-" + string(p.r.ID)
			}
			asked = append(asked, ask...)
			room--
		}
	}
	if len(asked) > 0 {
		blocks = append(append(blocks, section(words.Text("home-waiting", sc.d))), asked...)
	}
	if h.barred {
		return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
	}
	if len(pulled) > 0 {
		blocks = append(append(blocks, section(words.Text("home-pulls", sc.d))), pulled...)
	}
	shown := 0
	for _, o := range h.open {
		if o.r.Blank() {
			continue
		}
		if shown++; shown > room {
			break
		}
		if shown == 1 {
			blocks = append(blocks, section(words.Text("home-open", sc.d)))
		} else {
			blocks = append(blocks, slack.NewDividerBlock())
		}
		if o.r.Decision == nudges.Undecided {
			start[0].(*slack.ButtonBlockElement).Style = slack.StyleDefault // what is open comes first
		}
		blocks = append(blocks, cardBlocks(o, false)...)
	}
	switch {
	case shown > 0 || len(asked)+len(pulled)+len(h.debriefs) > 0:
	case h.rep:
		blocks = append(blocks, section(words.Text("home-nothing-asked", sc.d)))
	default:
		blocks = append(blocks, section(words.Text("home-nothing-open", sc.d)))
	}
	blocks = append(append(blocks, slack.NewDividerBlock()), homeDebriefs(sc, h.debriefs)...)
	blocks = append(blocks, slack.NewDividerBlock())
	if !h.rep {
		all := Fixed{true, true, true, true, true}
		blocks = append(append(blocks, section(words.Text("home-team", sc.d))), teamLines(sc, all)...)
		if sc.fixed.any() {
			blocks = append(blocks, quiet(words.Text("home-team-fixed", sc.d)))
		}
		if sc.fixed != all {
			blocks = append(blocks, slack.NewActionBlock("b-team", sc.button(form.ActTeam, "button-team", slack.StyleDefault)))
		}
	}
	if !h.rep || len(sc.learning) > 0 { // a manager can be somebody's rep, too
		blocks = append(blocks, learningHome(sc))
	}
	blocks = append(blocks, slack.NewDividerBlock())
	blocks = append(blocks, reminderHome(sc)...)
	blocks = append(blocks, slack.NewDividerBlock())
	blocks = append(blocks, section(words.Text("home-how", sc.d)), quiet(words.Text("home-settings", sc.d)))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

// maxHome is how many requests Home shows: at most eight blocks each beside some twenty of
// its own, and a Home has room for 100 (SLACK section 3).
const maxHome = 9
