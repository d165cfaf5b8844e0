package bot

import (
	"strings"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// dashed is a rung in the names of texts.
func dashed(r nudges.Rung) string { return strings.ReplaceAll(string(r), "_", "-") }

// cardText names the text that tells how a request stands.
func cardText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	switch {
	case r.Decision == nudges.Withdrawn:
		return "card-withdrawn"
	case !ok && r.Phase == nudges.Done:
		return "card-lapsed"
	case !ok:
		return "card-undecided"
	case rung == nudges.TakeOver && r.Grant.State == nudges.Returned:
		return "card-handed-back"
	}
	return "card-" + dashed(rung)
}

// cardMessage is the manager's own card. Its notification names nobody.
func cardMessage(sc scene, told bool) message {
	return message{fallback(sc.words.Text("card-fallback", sc.d)), cardBlocks(sc, told)}
}

// cardBlocks is a request as its manager sees it, with what can still be done. told adds
// the sentence about who could read the file.
func cardBlocks(sc scene, told bool) []slack.Block {
	blocks := []slack.Block{section(sc.words.Text(cardText(sc.r), sc.d))}
	if plan := planText(sc); !plan.Empty() {
		blocks = append(blocks, section(plan))
	}
	switch sc.r.Grant.State {
	case nudges.Given:
		blocks = append(blocks, quiet(sc.words.Text("grant-given", sc.d)))
	case nudges.Expired:
		blocks = append(blocks, quiet(sc.words.Text("grant-expired", sc.d)))
	}
	if _, decided := sc.r.Decision.Rung(); decided && !sc.r.Open() {
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
	if !sc.r.Open() {
		return nil
	}
	if sc.r.Decision == nudges.Undecided {
		el = append(el, sc.button(actCarry, "button-carry-on", slack.StylePrimary))
	} else {
		el = append(el, sc.button(actMind, "button-change-mind", slack.StyleDefault))
	}
	if sc.r.Grant.State == nudges.Given {
		el = append(el, sc.button(actReturn, "button-hand-back", slack.StyleDefault))
	}
	return append(el, sc.button(actWithdraw, "button-withdraw", slack.StyleDefault))
}

// homeView draws App Home: what is open, and how to start.
func homeView(words *nudges.Words, open []scene) slack.HomeTabViewRequest {
	none := scene{words: words}
	blocks := []slack.Block{
		slack.NewHeaderBlock(plain(words.Text("home-title", none.d))),
		section(words.Text("home-lead", none.d)),
		slack.NewActionBlock("b-start",
			none.button(actStart, "button-start", slack.StylePrimary),
			none.button(actNow, "button-now", slack.StyleDefault)),
		slack.NewDividerBlock(),
	}
	shown := 0
	for _, sc := range open {
		if sc.r.Blank() {
			continue
		}
		if shown++; shown > maxHome {
			break
		}
		blocks = append(blocks, section(sc.words.Text("home-open", sc.d)))
		blocks = append(blocks, cardBlocks(sc, false)...)
	}
	if shown == 0 {
		blocks = append(blocks, section(words.Text("home-nothing-open", none.d)))
	}
	blocks = append(blocks, slack.NewDividerBlock(), section(words.Text("home-how", none.d)),
		quiet(words.Text("home-settings", none.d)))
	return slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}}
}

// maxHome is how many open requests Home shows: at most six blocks each, and a Home has
// room for 100 (SLACK section 3).
const maxHome = 14
