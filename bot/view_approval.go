package bot

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// askBlocks is what an approver sees of a request: rep, call, role, ground, and why not a
// smaller step. Nothing else of it reaches them. kind says why it comes now.
func askBlocks(sc scene, kind string) []slack.Block {
	d, g := sc.d, sc.r.Grant
	blocks := []slack.Block{section(sc.words.Text("ask-approver", d))}
	switch kind {
	case nudges.KindRemind:
		blocks = append(blocks, section(sc.words.Text("ask-remind", d)))
	case nudges.KindNudge:
		blocks = append(blocks, section(sc.words.Text("ask-nudge", d)))
	}
	if g.State != nudges.Asked {
		return append(blocks, section(doneText(sc)))
	}
	if ground := sc.r.Ground(); ground != "" {
		blocks = append(blocks, section(sc.words.Text("ask-ground-"+ground, d)))
	}
	if g.Reason != "" {
		d.Reason = g.Reason
		blocks = append(blocks, section(sc.words.Text("ask-reason", d)))
	}
	d.Until = sc.clock(g.Until)
	return append(blocks, quiet(sc.words.Text("ask-until", d)), slack.NewActionBlock("b-ask",
		sc.button(form.ActApprove, "button-approve", slack.StyleDefault),
		sc.button(form.ActCoachFirst, "button-coach-first", slack.StyleDefault),
		sc.button(form.ActDecline, "button-decline", slack.StyleDefault)))
}

// toApprovers is what is said to those who may agree, and were asked or told. The rep of the call is none of them,
// though it can have been another's when they were asked: of why no smaller step would do for them they read nothing.
func toApprovers(draw func(scene) []slack.Block) func(scene) []slack.Block {
	return func(sc scene) []slack.Block {
		if sc.viewer != "" && sc.viewer == sc.r.Rep {
			return []slack.Block{section(sc.words.Text("done-changed", sc.d))}
		}
		return draw(sc)
	}
}

// doneText says to somebody who was asked who decided, and when.
func doneText(sc scene) nudges.Marked {
	d, g := sc.d, sc.r.Grant
	d.Who, d.Was = sc.name(g.By), sc.clock(g.At)
	about := func(what string) nudges.Marked {
		if g.By == sc.viewer {
			what = "you-" + what
		}
		return sc.words.Text("done-"+what, d)
	}
	took := sc.r.Decision == nudges.Decided(nudges.TakeOver)
	switch {
	case sc.r.Decision == nudges.Withdrawn:
		return sc.words.Text("done-withdrawn", d)
	case !took:
		return sc.words.Text("done-changed", d)
	case g.State == nudges.Returned:
		return sc.words.Text("done-returned", d)
	case g.State == nudges.Expired && g.EverGiven:
		return sc.words.Text("done-over", d)
	case g.State == nudges.Expired:
		return sc.words.Text("done-expired", d)
	case g.BreakGlass:
		return sc.words.Text("done-glass", d)
	case g.State == nudges.Declined && g.CoachFirst:
		return about("coach")
	case g.State == nudges.Declined:
		return about("declined")
	}
	return about("approved")
}

// decidedMessage tells an approver who comes too late.
func decidedMessage(sc scene) message {
	return message{fallback(doneText(sc)), []slack.Block{section(doneText(sc))}}
}

// elsewhereBlocks tell who was asked and did not decide how it ended.
func elsewhereBlocks(sc scene) []slack.Block {
	return []slack.Block{section(sc.words.Text("settled-about", sc.d)), section(doneText(sc))}
}

// glassToldBlocks tell an approver of a take-over that did not wait, and why.
func glassToldBlocks(sc scene) []slack.Block {
	d, g := sc.d, sc.r.Grant
	d.Was, d.Reason = sc.clock(g.At), g.Reason
	blocks := []slack.Block{section(sc.words.Text("glass-told", d))}
	switch {
	case sc.r.Decision != nudges.Decided(nudges.TakeOver), g.State == nudges.Returned, g.State == nudges.Expired:
		return append(blocks, section(doneText(sc)))
	case g.Reason != "":
		blocks = append(blocks, section(sc.words.Text("glass-reason", d)))
	case sc.r.Answers[nudges.QStep] != "": // of a "now": its three answers, the third is known
		a := sc.r.Answers
		by := a[nudges.QAskedIn]
		if by == nudges.ByRep && sc.r.Claim == nudges.ClaimWrong { // the rep says otherwise
			by = nudges.ByNobody
		}
		blocks = append(blocks, section(sc.words.Quote("glass-answers", d,
			sc.words.Tapped(nudges.QAskedIn, by, d), sc.words.Tapped(nudges.QMustStop, a[nudges.QMustStop], d))))
	default:
		if ground := sc.r.Ground(); ground != "" {
			blocks = append(blocks, section(sc.words.Text("ask-ground-"+ground, d)))
		}
	}
	return blocks
}

// settledBlocks tell the manager what became of the question, with what can be done now.
func settledBlocks(sc scene) []slack.Block {
	d, g := sc.d, sc.r.Grant
	d.Who, d.Was, d.Until = sc.name(g.By), sc.clock(g.At), sc.clock(g.Until)
	blocks := []slack.Block{section(sc.words.Text("settled-about", d))}
	if sc.r.Decision != nudges.Decided(nudges.TakeOver) {
		return append(blocks, section(sc.words.Text(cardText(sc.r), sc.d)))
	}
	text := ""
	switch {
	case g.State == nudges.Asked:
		text = "card-asked"
		d.Who = sc.askees()
	case g.State == nudges.Returned:
		text = "grant-returned"
	case g.State == nudges.Expired && g.EverGiven:
		text = "grant-expired"
	case g.State == nudges.Expired && len(g.Route) == 0:
		text = "settled-nobody"
	case g.State == nudges.Expired:
		text = "settled-expired"
	case g.BreakGlass:
		text = "card-glass"
	case g.State == nudges.Declined && g.CoachFirst:
		text = "settled-coach"
	case g.State == nudges.Declined:
		text = "settled-declined"
	default:
		text = "settled-approved"
	}
	blocks = append(blocks, section(sc.words.Text(text, d)))
	if g.Word != "" {
		d.Reason = g.Word
		blocks = append(blocks, section(sc.words.Text("settled-word", d)))
	}
	if !sc.r.Open() {
		return blocks
	}
	return append(blocks, slack.NewActionBlock("b-settled", sc.settledButtons()...))
}

func (sc scene) settledButtons() []slack.BlockElement {
	el := []slack.BlockElement{sc.button(form.ActHold, "button-hold-back", slack.StylePrimary)}
	switch g := sc.r.Grant; {
	case g.State == nudges.Given:
		return append(el, sc.button(form.ActReturn, "button-hand-back", slack.StyleDefault))
	case g.CoachFirst && sc.r.Phase == nudges.Before:
		el = append(el, sc.button(form.ActCoaching, "button-coach", slack.StyleDefault))
	}
	el = append(el, sc.button(form.ActJoin, "button-join", slack.StyleDefault))
	if s := sc.r.Grant; s.State != nudges.Returned && !s.EverGiven {
		el = append(el, sc.button(form.ActGlass, "button-glass", slack.StyleDefault))
	}
	return el
}

// askees are the names of those who were asked so far.
func (sc scene) askees() string {
	var names []string
	for _, u := range sc.r.Grant.Askees() {
		if n := sc.name(u); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// routes are the names of those who could be asked.
func (sc scene) routes() string {
	var names []string
	for _, a := range sc.team.Approvers {
		if n := sc.name(a.ID); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// glassBlocks ask why it can't wait.
func glassBlocks(sc scene) []slack.Block {
	sc.d.Who = cmp.Or(sc.routes(), sc.askees())
	return sc.typed("glass-lead", form.ActReason, "label-glass", "", "", false)
}

// whyTyped asks why not a smaller step, where an approver will read it.
func whyTyped(sc scene) []slack.Block {
	sc.d.Who = sc.routes()
	return sc.typed("", form.ActReason, "label-why-typed", "placeholder-why-typed", sc.r.Grant.Reason, false)
}
