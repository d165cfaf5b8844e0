package bot

import (
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// callBlocks is the first screen: the call in one line, and the way out of it.
func callBlocks(sc scene) []slack.Block {
	line := slack.NewSectionBlock(mrkdwn(sc.words.Text("line-call", sc.d)), nil,
		slack.NewAccessory(sc.button(actChange, "button-change", slack.StyleDefault)))
	line.BlockID = block(actChange)
	opts := sc.options(nudges.QEstimate)
	sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-estimate", sc.d)), string(nudges.QEstimate), opts...)
	sel.InitialOption = picked(opts, string(sc.r.Answers[nudges.QEstimate]))
	estimate := slack.NewSectionBlock(mrkdwn(sc.words.Question(nudges.QEstimate, sc.d).Ask), nil, slack.NewAccessory(sel))
	estimate.BlockID = block(string(nudges.QEstimate))
	return []slack.Block{line, sc.easiest(true), estimate}
}

// lengths are the calls' lengths offered, in minutes.
var lengths = []int{15, 30, 45, 60, 90, 120}

// fieldBlocks opens the call's fields.
func fieldBlocks(sc scene) []slack.Block {
	rep := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, actRep)
	rep.InitialUser = string(sc.r.Rep)
	deal := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-deal", sc.d)), actDeal)
	deal.MaxLength, deal.InitialValue = maxDeal, sc.r.Deal
	dealIn := slack.NewInputBlock(block(actDeal), plain(sc.words.Text("label-deal", sc.d)), nil, deal)
	dealIn.Optional = true
	day := slack.NewDatePickerBlockElement(actDay)
	day.InitialDate = sc.r.Starts.In(sc.zone).Format(time.DateOnly)
	at := slack.NewTimePickerBlockElement(actTime)
	at.InitialTime = sc.r.Starts.In(sc.zone).Format("15:04")
	minutes := int(sc.r.Ends.Sub(sc.r.Starts).Minutes())
	var opts []*slack.OptionBlockObject
	for _, n := range lengths {
		d := sc.d
		d.N = n
		opts = append(opts, slack.NewOptionBlockObject(strconv.Itoa(n), plain(sc.words.Text("option-minutes", d)), nil))
	}
	length := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, actLength, opts...)
	length.InitialOption = picked(opts, strconv.Itoa(minutes))
	label := func(name string) *slack.TextBlockObject { return plain(sc.words.Text(name, sc.d)) }
	return []slack.Block{
		sc.easiest(true),
		slack.NewInputBlock(block(actRep), label("label-rep"), nil, rep),
		dealIn,
		slack.NewInputBlock(block(actDay), label("label-day"), nil, day),
		slack.NewInputBlock(block(actTime), label("label-time"), nil, at),
		slack.NewInputBlock(block(actLength), label("label-length"), nil, length),
	}
}

// factBlocks asks the five facts, and what the rep asked for if they did.
func factBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{sc.easiest(true)}
	for _, q := range nudges.Facts {
		blocks = append(blocks, sc.tapQuestion(q))
		if q == nudges.Q7 && sc.r.Answers[q] == nudges.AskedMeIn {
			blocks = append(blocks, sc.tapQuestion(nudges.QFor))
		}
	}
	return blocks
}

// verdictBlocks says what stepin would do, and leaves the choice.
func verdictBlocks(sc scene) []slack.Block {
	v := nudges.Judge(sc.r.Answers)
	said := sc.words.Spoken(v, sc.r.Answers, sc.d)
	text := []slack.Block{section(said.Says)}
	for _, m := range []nudges.Marked{said.Against, said.Change} {
		if !m.Empty() {
			text = append(text, section(m))
		}
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
	radio := slack.NewRadioButtonsBlockElement(actRung, opts...)
	radio.InitialOption = chosen
	ladder := slack.NewInputBlock(block(actRung), plain(sc.words.Text("label-ladder", sc.d)), nil, radio)
	ladder.DispatchAction = true
	blocks = append(blocks, ladder)
	if extra := extraQuestions(sc.r.Answers, wish); extra {
		for _, q := range append(append([]nudges.QuestionID{}, nudges.More...), nudges.QWhyNot) {
			blocks = append(blocks, sc.mustQuestion(q))
		}
	}
	return blocks
}

// extraQuestions says whether a rung costs the further questions, answered or not.
func extraQuestions(a nudges.Answers, wish nudges.Rung) bool {
	blank := nudges.Answers{}
	for q, o := range a {
		blank[q] = o
	}
	delete(blank, nudges.QWhyNot)
	return len(nudges.Missing(blank, wish)) > 0
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
		blocks = append(blocks, slack.NewInputBlock(block(string(q)), plain(sc.words.Question(q, sc.d).Ask), nil, radio))
	}
	return blocks
}

// closingBlocks ends a pause: what was decided, the mantra, and a plan for the hard moment.
func closingBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{
		section(sc.words.Text(closingText(sc.r), sc.d)),
		quiet(sc.words.Text("mantra", sc.d)),
		sc.tapQuestion(nudges.QPlan),
	}
	if sc.r.Answers[nudges.QPlan] == nudges.OwnPlan {
		own := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-plan", sc.d)), actPlan)
		own.MaxLength, own.InitialValue = maxPlan, sc.r.Plan
		in := slack.NewInputBlock(block(actPlan), plain(sc.words.Text("label-own-plan", sc.d)), nil, own)
		in.Optional = true
		blocks = append(blocks, in)
	}
	opts := sc.options(nudges.QMotive)
	sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-motive", sc.d)), string(nudges.QMotive), opts...)
	sel.InitialOption = picked(opts, string(sc.r.Answers[nudges.QMotive]))
	motive := slack.NewSectionBlock(mrkdwn(sc.words.Question(nudges.QMotive, sc.d).Ask), nil, slack.NewAccessory(sel))
	motive.BlockID = block(string(nudges.QMotive))
	return append(blocks, motive)
}

// closingText names the sentence that ends a request as it stands.
func closingText(r nudges.Request) string {
	rung, ok := r.Decision.Rung()
	switch {
	case !ok:
		return "closing-withdrawn"
	case rung == nudges.Coach && r.Phase != nudges.Before:
		return "closing-message"
	}
	return "closing-" + dashed(rung)
}
