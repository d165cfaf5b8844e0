package bot

import (
	"maps"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// callBlocks is the first screen: the call in one line, and the way out of it.
func callBlocks(sc scene) []slack.Block {
	line := slack.NewSectionBlock(mrkdwn(sc.words.Text("line-call", sc.d)), nil,
		slack.NewAccessory(sc.button(form.ActChange, "button-change", slack.StyleDefault)))
	line.BlockID = form.Block(form.ActChange)
	if sc.keep.Less {
		return []slack.Block{line, sc.easiest(true)}
	}
	opts := sc.options(nudges.QEstimate)
	sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-estimate", sc.d)), string(nudges.QEstimate), opts...)
	sel.InitialOption = picked(opts, string(sc.r.Answers[nudges.QEstimate]))
	estimate := slack.NewSectionBlock(mrkdwn(sc.words.Question(nudges.QEstimate, sc.d).Ask), nil, slack.NewAccessory(sel))
	estimate.BlockID = form.Block(string(nudges.QEstimate))
	return []slack.Block{line, sc.easiest(true), estimate}
}

// lengths are the calls' lengths offered, in minutes.
var lengths = []int{15, 30, 45, 60, 90, 120}

// fieldBlocks opens the call's fields.
func fieldBlocks(sc scene) []slack.Block {
	rep := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, form.ActRep)
	rep.InitialUser = string(sc.r.Rep)
	blocks := []slack.Block{
		sc.easiest(true),
		slack.NewInputBlock(form.Block(form.ActRep), plain(sc.words.Text("label-rep", sc.d)), nil, rep),
		dealField(sc),
	}
	blocks = append(blocks, timeFields(sc)...)
	if opts := sc.skills(); len(opts) > 0 {
		sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-skill", sc.d)), form.ActSkill, opts...)
		sel.InitialOption = picked(opts, sc.r.Skill)
		in := slack.NewInputBlock(form.Block(form.ActSkill), plain(sc.words.Text("label-skill", sc.d)), nil, sel)
		in.Optional = true
		blocks = append(blocks, in)
	}
	return append(blocks, learnField(sc, sc.r.Past.Learn))
}

// factBlocks asks the five facts, and what the rep asked for if they did.
func factBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{sc.easiest(true)}
	for _, q := range nudges.Facts {
		blocks = append(blocks, sc.tapQuestion(q))
		if q == nudges.Q7 && sc.r.Answers[q] == nudges.AskedMeIn {
			blocks = append(blocks, sc.tapQuestion(nudges.QFor))
		}
		if training := sc.team.Trained(sc.r.Skill); q == nudges.Q4 && training != "" {
			blocks = append(blocks, quiet(sc.words.Quote("skill-training", sc.d, nudges.Said(sc.r.Skill), nudges.Said(training))))
		}
	}
	return blocks
}

// verdictBlocks says what stepin would do, and leaves the choice.
func verdictBlocks(sc scene) []slack.Block {
	v := sc.r.Verdict()
	said := sc.words.Spoken(v, sc.r.Answers, sc.d)
	text := []slack.Block{section(said.Says)}
	for _, m := range []nudges.Marked{said.Against, said.Change} {
		if !m.Empty() {
			text = append(text, section(m))
		}
	}
	if !sc.r.Past.Took.IsZero() {
		text = append(text, quiet(sc.words.Text("ledger-took", sc.d)))
	}
	blocks := append(text, sc.easiest(true))
	wish := sc.wish
	if wish == "" {
		wish = v.Rung
	}
	var opts []*slack.OptionBlockObject
	var chosen *slack.OptionBlockObject
	for _, r := range nudges.Ladder {
		o := slack.NewOptionBlockObject(rungValue(r, sc.r.Phase), plain(sc.words.RungName(r, sc.r.Phase == nudges.During, sc.d)), nil)
		opts = append(opts, o)
		if r == wish {
			chosen = o
		}
	}
	radio := slack.NewRadioButtonsBlockElement(form.ActRung, opts...)
	radio.InitialOption = chosen
	ladder := slack.NewInputBlock(form.Block(form.ActRung), plain(sc.words.Text("label-ladder", sc.d)), nil, radio)
	ladder.DispatchAction = true
	blocks = append(blocks, ladder)
	if extraQuestions(sc.r, wish) {
		for _, q := range nudges.More {
			blocks = append(blocks, sc.mustQuestion(q))
		}
		if wish == nudges.TakeOver && sc.team.Agreement() == nudges.ByOthers {
			return append(blocks, whyTyped(sc)...) // typed only where an approver will read it
		}
		blocks = append(blocks, sc.mustQuestion(nudges.QWhyNot))
	}
	return blocks
}

// extraQuestions says whether a rung costs the further questions, answered or not.
func extraQuestions(r nudges.Request, wish nudges.Rung) bool {
	r.Answers = maps.Clone(r.Answers)
	delete(r.Answers, nudges.QWhyNot)
	return len(r.Missing(wish)) > 0
}

// rungValue is a rung as an option of a screen drawn in that phase. Coaching has two
// forms, for it ends when the call starts, and messaging the rep takes its place.
func rungValue(r nudges.Rung, p nudges.Phase) string {
	if r == nudges.Coach && p != nudges.Before {
		return string(nudges.MessageRep)
	}
	return string(r)
}

// rungOf reads an option back; an error if time has overtaken what it stands for.
func rungOf(value string, p nudges.Phase) (nudges.Rung, error) {
	for _, r := range nudges.Ladder {
		if rungValue(r, p) == value {
			return r, nil
		}
	}
	if value == string(nudges.Coach) || value == string(nudges.MessageRep) {
		return nudges.Coach, nudges.ErrRungGone
	}
	return "", nudges.ErrUnknown
}

// nowBlocks is the one screen of a call that runs.
func nowBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{section(sc.words.Text("line-call-short", sc.d)), sc.easiest(false)}
	for _, q := range nudges.NowAsks {
		opts := sc.options(q)
		radio := slack.NewRadioButtonsBlockElement(string(q), opts...)
		radio.InitialOption = picked(opts, string(sc.r.Answers[q]))
		blocks = append(blocks, slack.NewInputBlock(form.Block(string(q)), plain(sc.words.Question(q, sc.d).Ask), nil, radio))
	}
	return blocks
}

// closingBlocks ends a pause: what was decided, the mantra, and a plan for the hard moment.
func closingBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{
		section(closingLine(sc)),
		quiet(sc.words.Text("mantra", sc.d)),
		sc.tapQuestion(nudges.QPlan),
	}
	if sc.r.Answers[nudges.QPlan] == nudges.OwnPlan {
		own := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-plan", sc.d)), form.ActPlan)
		own.MaxLength, own.InitialValue = form.MaxPlan, sc.r.Plan
		in := slack.NewInputBlock(form.Block(form.ActPlan), plain(sc.words.Text("label-own-plan", sc.d)), nil, own)
		in.Optional = true
		blocks = append(blocks, in)
	}
	if !sc.keep.Less {
		opts := sc.options(nudges.QMotive)
		sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-motive", sc.d)), string(nudges.QMotive), opts...)
		sel.InitialOption = picked(opts, string(sc.r.Answers[nudges.QMotive]))
		motive := slack.NewSectionBlock(mrkdwn(sc.words.Question(nudges.QMotive, sc.d).Ask), nil, slack.NewAccessory(sel))
		motive.BlockID = form.Block(string(nudges.QMotive))
		blocks = append(blocks, motive)
	}
	if w := sc.r.Word.State; w == nudges.WordAsked || w == nudges.WordWaits {
		blocks = append(blocks, sc.typed("", form.ActGuess, "label-guess", "placeholder-guess", sc.r.Word.Guess, true)...)
	}
	return blocks
}

// closingLine is the sentence that ends a request as it stands. Deciding once more for what
// was answered with a no takes nothing over.
func closingLine(sc scene) nudges.Marked {
	if s := sc.r.Grant.State; s == nudges.Declined || s == nudges.Expired || s == nudges.Returned {
		if text, d := grantText(sc); text != "" {
			return sc.words.Text(text, d)
		}
	}
	return sc.words.Text(closingText(sc.r), sc.d)
}

// closingText names the sentence that ends a request as it stands.
func closingText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	switch {
	case !ok:
		return "closing-withdrawn"
	case rung == nudges.Coach && r.Phase != nudges.Before:
		return "closing-message"
	case rung == nudges.TakeOver && r.Grant.State == nudges.Asked:
		return "closing-asked"
	}
	return "closing-" + dashed(rung)
}
