package bot

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// wordButton is the button of a rep's answer; its action id is the answer's own.
func wordButton(a nudges.WordAnswer) string {
	return "button-" + strings.ReplaceAll(string(a), "_", "-")
}

// meetBlocks ask a rep, once, whose rep they are.
func meetBlocks(sc scene) []slack.Block {
	switch sc.bond {
	case nudges.Met:
		return []slack.Block{
			section(sc.words.Text("met-yes", sc.d)),
			slack.NewActionBlock("b-meet", sc.button(form.ActNotMine, "button-not-mine-after-all", slack.StyleDefault)),
		}
	case nudges.NotMyBoss:
		return []slack.Block{
			section(sc.words.Text("met-no", sc.d)),
			slack.NewActionBlock("b-meet", sc.button(form.ActMine, "button-mine-after-all", slack.StyleDefault)),
		}
	}
	return []slack.Block{
		section(sc.words.Text("meet", sc.d)),
		slack.NewActionBlock("b-meet",
			sc.button(form.ActMine, "button-my-manager", slack.StyleDefault), sc.button(form.ActNotMine, "button-not-mine", slack.StyleDefault)),
	}
}

// wordBlocks ask the rep what would help.
func wordBlocks(sc scene) []slack.Block {
	w := sc.r.Word
	switch {
	case sc.r.Rep != sc.viewer, sc.r.Phase != nudges.Before && w.Answer == "", w.State == nudges.WordRefused:
		return []slack.Block{section(sc.words.Text("word-gone", sc.d))}
	case w.Answer == "" && w.State == nudges.WordGiven:
		return []slack.Block{section(sc.words.Text("word-erased", sc.d))}
	}
	blocks := []slack.Block{section(sc.words.Text("word-ask", sc.d))}
	d := sc.d
	if w.State == nudges.WordGiven {
		blocks = append(blocks, section(sc.words.Quote("word-said", d, sc.words.Text(wordButton(w.Answer), d), "")))
		if d.Help = w.Help; w.Help != "" {
			blocks = append(blocks, section(sc.words.Text("word-help", d)))
		}
	}
	if sc.r.Phase != nudges.Before {
		return blocks
	}
	if w.State == nudges.WordGiven {
		blocks = append(blocks, quiet(sc.words.Text("word-change", d)))
	}
	var el []slack.BlockElement
	for _, a := range nudges.WordAnswers {
		el = append(el, sc.button(string(a), wordButton(a), slack.StyleDefault))
	}
	return append(blocks, slack.NewActionBlock("b-word", el...))
}

// claimBlocks tell the rep that they are said to have asked.
func claimBlocks(sc scene) []slack.Block {
	if sc.r.Rep != sc.viewer || sc.r.Claim == nudges.NoClaim || sc.r.Claim == nudges.ClaimWaits {
		return []slack.Block{section(sc.words.Text("word-gone", sc.d))}
	}
	yes := sc.button(form.ActClaimYes, "button-claim-yes", slack.StyleDefault)
	no := sc.button(form.ActClaimNo, "button-claim-no", slack.StyleDefault)
	blocks := []slack.Block{section(sc.words.Text("claim", sc.d))}
	var el []slack.BlockElement
	switch sc.r.Claim {
	case nudges.ClaimRight:
		blocks, el = append(blocks, section(sc.words.Text("claim-right", sc.d))), []slack.BlockElement{no}
	case nudges.ClaimWrong:
		blocks, el = append(blocks, section(sc.words.Text("claim-wrong", sc.d))), []slack.BlockElement{yes}
	default:
		el = []slack.BlockElement{yes, no}
	}
	if sc.r.Phase == nudges.Done {
		return blocks
	}
	return append(blocks, slack.NewActionBlock("b-claim", el...))
}

// replyBlocks show the rep's word beside the manager's guess, to the manager alone.
func replyBlocks(sc scene) []slack.Block {
	d, w := sc.d, sc.r.Word
	if w.Answer == "" {
		return []slack.Block{section(sc.words.Text("reply-erased", d))}
	}
	d.Help, d.Guess = w.Help, w.Guess
	blocks := []slack.Block{section(sc.words.Quote("reply", d, sc.words.Text(wordButton(w.Answer), d), ""))}
	if w.Help != "" {
		blocks = append(blocks, section(sc.words.Text("reply-help", d)))
	}
	if w.Guess != "" {
		blocks = append(blocks, section(sc.words.Text("reply-guess", d)))
	}
	if !sc.r.Open() {
		return blocks
	}
	el := []slack.BlockElement{sc.button(form.ActHold, "button-hold-back", slack.StylePrimary)}
	if sc.r.Phase == nudges.Before {
		el = append(el, sc.button(form.ActCoaching, "button-coach", slack.StyleDefault))
	}
	return append(blocks, slack.NewActionBlock("b-reply", append(el, sc.button(form.ActJoin, "button-join", slack.StyleDefault))...))
}

// fromManagerBlocks carry the manager's note to the rep.
func fromManagerBlocks(sc scene) []slack.Block {
	if sc.r.Rep != sc.viewer { // the call is another rep's meanwhile
		return sentence("word-gone")(sc)
	}
	return []slack.Block{section(sc.words.Text("from-manager", sc.d)), section(noteText(sc))}
}

// noteText is the note to the rep after a hold-back. It never mentions the urge.
func noteText(sc scene) nudges.Marked {
	if sc.r.Phase == nudges.Before {
		return sc.words.Text("trust-before", sc.d)
	}
	return sc.words.Text("trust-after", sc.d)
}

// wordsBlocks offer the note: first as words to copy, and then to be sent.
func wordsBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{
		section(sc.words.Text("words-lead", sc.d)),
		slack.NewSectionBlock(plain(noteText(sc)), nil, nil),
	}
	el := []slack.BlockElement{sc.button(form.ActTakeNote, "button-take-note", slack.StylePrimary)}
	switch {
	case sc.r.Note == nudges.NoteSent, sc.r.Note == nudges.NoteWaits:
	case sc.r.NoteMayGo(sc.now):
		el = append(el, sc.button(form.ActSendNote, "button-send-note", slack.StyleDefault))
	default:
		blocks = append(blocks, quiet(sc.words.Text("note-too-close", sc.d)))
	}
	return append(blocks, slack.NewActionBlock("b-words", el...))
}

// coachLines are the three questions that a manager asks, and listens to.
func coachLines(sc scene) []slack.Block {
	return []slack.Block{
		section(sc.words.Text("coach-lead", sc.d)),
		section(sc.words.Text("coach-see", sc.d)),
		section(sc.words.Text("coach-tried", sc.d)),
		section(sc.words.Text("coach-help", sc.d)),
	}
}

// coachingBlocks are the questions of a coaching, with what was given and what it was about.
func coachingBlocks(sc scene) []slack.Block {
	blocks := coachLines(sc)
	var gives []*slack.OptionBlockObject
	for _, g := range nudges.Gives {
		gives = append(gives, slack.NewOptionBlockObject(string(g), plain(sc.words.Text("option-give-"+string(g), sc.d)), nil))
	}
	radio := slack.NewRadioButtonsBlockElement(form.ActGive, gives...)
	radio.InitialOption = picked(gives, string(sc.r.Coaching.Gave))
	give := slack.NewInputBlock(form.Block(form.ActGive), plain(sc.words.Text("label-give", sc.d)), nil, radio)
	give.Optional = true
	blocks = append(blocks, give)
	label := plain(sc.words.Text("label-coached-on", sc.d))
	if opts := sc.skills(); len(opts) > 0 {
		sel := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(sc.words.Text("placeholder-skill", sc.d)), form.ActCoached, opts...)
		sel.InitialOption = picked(opts, cmp.Or(sc.r.Coaching.Skill, sc.r.Skill))
		in := slack.NewInputBlock(form.Block(form.ActCoached), label, nil, sel)
		in.Optional = true
		return append(blocks, in)
	}
	own := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-coached-on", sc.d)), form.ActCoached)
	own.MaxLength, own.InitialValue = maxOption, sc.r.Coaching.Skill
	in := slack.NewInputBlock(form.Block(form.ActCoached), label, nil, own)
	in.Optional = true
	return append(blocks, in)
}

// skills are the team's skills as options.
func (sc scene) skills() (opts []*slack.OptionBlockObject) {
	for _, s := range sc.team.Skills {
		opts = append(opts, slack.NewOptionBlockObject(s.Name, plain(nudges.Said(s.Name)), nil))
	}
	return opts
}

// pullCard is what a manager sees of a rep's request for help, while it is open.
func pullCard(sc scene) []slack.Block {
	d := sc.d
	blocks := []slack.Block{section(sc.words.Text("card-pull", d))}
	if d.Help = sc.r.Word.Help; d.Help != "" {
		blocks = append(blocks, section(sc.words.Text("reply-help", d)))
	}
	return append(blocks, coachLines(sc)...)
}

// pullButtons are the ladder from coaching upwards: nothing is gated.
func pullButtons(sc scene) []slack.BlockElement {
	return []slack.BlockElement{
		sc.button(form.ActCoaching, "button-coach", slack.StylePrimary),
		sc.button(form.ActListen, "button-listen", slack.StyleDefault),
		sc.button(form.ActJoin, "button-join", slack.StyleDefault),
		sc.button(form.ActTake, "button-take", slack.StyleDefault),
	}
}

// pulledText says to the rep how what they asked for stands.
func pulledText(sc scene) nudges.Marked {
	rung, decided := sc.r.Decision.Rung()
	switch {
	case sc.r.Rep != sc.viewer || sc.r.Phase == nudges.Done || sc.r.Phase == nudges.After && !decided:
		return sc.words.Text("pulled-over", sc.d)
	case decided:
		return sc.words.Text("pulled-"+dashed(rung), sc.d)
	}
	return sc.words.Text("pulled-open", sc.d)
}

// pulledBlocks are the rep's own message about what they asked for.
func pulledBlocks(sc scene) []slack.Block {
	blocks := []slack.Block{section(pulledText(sc))}
	d := sc.d
	if d.Help = sc.r.Word.Help; d.Help != "" && sc.r.Rep == sc.viewer {
		blocks = append(blocks, section(sc.words.Text("word-help", d)))
	}
	if sc.r.Open() && sc.r.Rep == sc.viewer {
		blocks = append(blocks, slack.NewActionBlock("b-pulled-"+string(sc.r.ID), sc.button(form.ActTakeBack, "button-take-back", slack.StyleDefault)))
	}
	return blocks
}

// pullBlocks are the form with which a rep asks for help.
func pullBlocks(sc scene) []slack.Block {
	boss := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, form.ActBoss)
	boss.InitialUser = string(sc.r.Manager)
	label := func(name string) *slack.TextBlockObject { return plain(sc.words.Text(name, sc.d)) }
	blocks := []slack.Block{slack.NewInputBlock(form.Block(form.ActBoss), label("label-manager"), nil, boss), dealField(sc)}
	blocks = append(blocks, timeFields(sc)...)
	return append(blocks, sc.typed("", form.ActHelp, "label-pull-help", "placeholder-help", "", true)...)
}

// dealField names the deal.
func dealField(sc scene) *slack.InputBlock {
	deal := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-deal", sc.d)), form.ActDeal)
	deal.MaxLength, deal.InitialValue = form.MaxDeal, sc.r.Deal
	in := slack.NewInputBlock(form.Block(form.ActDeal), plain(sc.words.Text("label-deal", sc.d)), nil, deal)
	in.Optional = true
	return in
}

// timeFields are day, start and length of the call.
func timeFields(sc scene) []slack.Block {
	label := func(name string) *slack.TextBlockObject { return plain(sc.words.Text(name, sc.d)) }
	day := slack.NewDatePickerBlockElement(form.ActDay)
	day.InitialDate = sc.r.Starts.In(sc.zone).Format(time.DateOnly)
	at := slack.NewTimePickerBlockElement(form.ActTime)
	at.InitialTime = sc.r.Starts.In(sc.zone).Format("15:04")
	minutes := int(sc.r.Ends.Sub(sc.r.Starts).Minutes())
	var opts []*slack.OptionBlockObject
	for _, n := range lengths {
		d := sc.d
		d.N = n
		opts = append(opts, slack.NewOptionBlockObject(strconv.Itoa(n), plain(sc.words.Text("option-minutes", d)), nil))
	}
	length := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, form.ActLength, opts...)
	length.InitialOption = picked(opts, strconv.Itoa(minutes))
	return []slack.Block{
		slack.NewInputBlock(form.Block(form.ActDay), label("label-day"), nil, day),
		slack.NewInputBlock(form.Block(form.ActTime), label("label-time"), nil, at),
		slack.NewInputBlock(form.Block(form.ActLength), label("label-length"), nil, length),
	}
}

// correctedBlocks tell the manager that the rep did not ask.
func correctedBlocks(sc scene) []slack.Block {
	if sc.r.Claim == nudges.ClaimRight {
		return sentence("corrected-back")(sc)
	}
	blocks := sentence("corrected")(sc)
	if sc.r.Open() {
		blocks = append(blocks, slack.NewActionBlock("b-corrected", sc.button(form.ActMind, "button-change-mind", slack.StyleDefault)))
	}
	return blocks
}

// answeredBlocks tell the rep, once, what the manager does about what they asked for.
func answeredBlocks(sc scene) []slack.Block {
	if sc.r.Decision == nudges.Withdrawn {
		return sentence("pulled-withdrawn")(sc)
	}
	return []slack.Block{section(pulledText(sc))}
}

// noteMissedBlocks tell the manager that the note was not sent.
func noteMissedBlocks(sc scene) []slack.Block {
	return append(sentence("note-missed")(sc),
		slack.NewActionBlock("b-missed", sc.button(form.ActWords, "button-words", slack.StyleDefault)))
}
