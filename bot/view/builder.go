package view

import (
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

// A builder collects the blocks of one screen or message. Its scene is its own copy: a drawing
// may set in b.Data what the texts after it name.
type builder struct {
	Scene
	blocks []slack.Block
}

// draw gives the blocks that f builds about the scene.
func (sc Scene) draw(f func(*builder)) []slack.Block {
	b := &builder{Scene: sc}
	f(b)
	return b.blocks
}

// phrase is a text about the scene, with up to two other texts in it.
func (sc Scene) phrase(name string, quoted ...text.Text) text.Text {
	quoted = append(quoted, "", "")
	return sc.Words.Quote(name, sc.Data, quoted[0], quoted[1])
}

func (sc Scene) plain(name string) *slack.TextBlockObject { return plain(sc.phrase(name)) }

// holder is the placeholder of that name; none for "".
func (sc Scene) holder(name string) *slack.TextBlockObject {
	if name == "" {
		return nil
	}
	return sc.plain(name)
}

func (b *builder) add(blocks ...slack.Block) { b.blocks = append(b.blocks, blocks...) }

// say adds a text as a section, quiet as small print.
func (b *builder) say(name string, quoted ...text.Text) {
	b.add(section(b.phrase(name, quoted...)))
}

func (b *builder) quiet(name string, quoted ...text.Text) {
	b.add(quiet(b.phrase(name, quoted...)))
}

func (b *builder) divide() { b.add(slack.NewDividerBlock()) }

// buttons adds a row of buttons; nothing if there are none.
func (b *builder) buttons(id string, all ...*slack.ButtonBlockElement) {
	if len(all) == 0 {
		return
	}
	var el []slack.BlockElement
	for _, x := range all {
		el = append(el, x)
	}
	b.add(slack.NewActionBlock(id, el...))
}

// buttonsAnd is buttons with a menu of more at the end, if there are any. Slack shows at most five there
// (docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element).
func (b *builder) buttonsAnd(id string, more []*slack.ButtonBlockElement, all ...*slack.ButtonBlockElement) {
	b.buttons(id, all...)
	if len(more) == 0 {
		return
	}
	menu := slack.NewOverflowBlockElement(form.ActMore)
	for _, x := range more {
		o := slack.NewOptionBlockObject(form.WithAction(x.Value, x.ActionID), x.Text, nil)
		menu.Options = append(menu.Options, o)
	}
	if len(all) == 0 {
		b.add(slack.NewActionBlock(id))
	}
	row := b.blocks[len(b.blocks)-1].(*slack.ActionBlock)
	row.Elements.ElementSet = append(row.Elements.ElementSet, menu)
}

// beside adds a section with an element at its right.
func (b *builder) beside(id string, m text.Text, el slack.BlockElement) {
	s := slack.NewSectionBlock(mrkdwn(m), nil, slack.NewAccessory(el))
	s.BlockID = id
	b.add(s)
}

// field adds an input that must be filled, optional one that need not be.
func (b *builder) field(action, label string, el slack.BlockElement) *slack.InputBlock {
	in := slack.NewInputBlock(form.Block(action), b.plain(label), nil, el)
	b.add(in)
	return in
}

func (b *builder) optional(action, label string, el slack.BlockElement) *slack.InputBlock {
	in := b.field(action, label, el)
	in.Optional = true
	return in
}

func section(m text.Text) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwn(m), nil, nil)
}

func quiet(m text.Text) *slack.ContextBlock {
	return slack.NewContextBlock("", mrkdwn(m))
}

func (sc Scene) button(action, text string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, form.WriteMetadata(sc.Request), sc.plain(text))
}

// primary is the one button of a row that stands out.
func (sc Scene) primary(action, text string) *slack.ButtonBlockElement {
	b := sc.button(action, text)
	b.Style = slack.StylePrimary
	return b
}

func (sc Scene) option(value, text string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, sc.plain(text), nil)
}

// picked is the option that is chosen already; nil if none, for nothing is preselected.
func picked(options []*slack.OptionBlockObject, value string) *slack.OptionBlockObject {
	for _, o := range options {
		if o.Value == value && value != "" {
			return o
		}
	}
	return nil
}

// The elements of a form, with what is chosen or typed already; "" for nothing.

func radio(action, chosen string, opts ...*slack.OptionBlockObject) *slack.RadioButtonsBlockElement {
	el := slack.NewRadioButtonsBlockElement(action, opts...)
	el.InitialOption = picked(opts, chosen)
	return el
}

func (sc Scene) menu(action, holder, chosen string, opts ...*slack.OptionBlockObject) *slack.SelectBlockElement {
	el := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, sc.holder(holder), action, opts...)
	el.InitialOption = picked(opts, chosen)
	return el
}

// person is a field for one person. It offers nobody who is no full member.
func (sc Scene) person(action, holder string, chosen nudges.UserID) *slack.SelectBlockElement {
	el := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, sc.holder(holder), action)
	if !sc.Unfit[chosen] {
		el.InitialUser = string(chosen)
	}
	return el
}

func (sc Scene) input(action, holder string, most int, was string) *slack.PlainTextInputBlockElement {
	el := slack.NewPlainTextInputBlockElement(sc.holder(holder), action)
	el.MaxLength, el.InitialValue = most, was
	return el
}

func date(action string, was nudges.Date) *slack.DatePickerBlockElement {
	el := slack.NewDatePickerBlockElement(action)
	el.InitialDate = string(was)
	return el
}

func timeOfDay(action, was string) *slack.TimePickerBlockElement {
	el := slack.NewTimePickerBlockElement(action)
	el.InitialTime = was
	return el
}

// stepButtons are what decides for a step with one tap.
var stepButtons = map[ladder.Rung]struct{ action, text string }{
	ladder.HoldBack: {form.ActHold, "button-hold-back"},
	ladder.Coach:    {form.ActCoaching, "button-coach"},
	ladder.Listen:   {form.ActListen, "button-listen"},
	ladder.CoPilot:  {form.ActJoin, "button-join"},
	ladder.TakeOver: {form.ActTake, "button-take"},
}

// first is the step that is offered first: holding back, until the rep has asked for another one or an approver has
// said "coach first". A call that runs is too late for coaching.
func (sc Scene) first() ladder.Rung {
	rung, asked := sc.Request.Asked()
	if g := sc.Request.Grant; g.State == nudges.Declined && g.CoachFirst {
		rung, asked = ladder.Coach, true
	}
	if !asked || rung == ladder.Coach && sc.Request.Phase != nudges.Before {
		return ladder.HoldBack
	}
	return rung
}

// steps are the buttons of those steps, with the one that is offered first before them. It stands out.
func (sc Scene) steps(rungs ...ladder.Rung) (el []*slack.ButtonBlockElement) {
	first := sc.first()
	el = append(el, sc.primary(stepButtons[first].action, stepButtons[first].text))
	for _, r := range rungs {
		if r != first {
			el = append(el, sc.button(stepButtons[r].action, stepButtons[r].text))
		}
	}
	return el
}

// easiest adds the first buttons of a pause's screens: what the rep asked for, and holding back. The rep can be asked
// first until they have spoken.
func (b *builder) easiest(ask bool) {
	el := b.steps(ladder.HoldBack)
	if ask && !b.Request.Spoke() {
		el = append(el, b.button(form.ActAsk, "button-ask-first"))
	}
	b.buttons("b-easiest", el...)
}

// typed adds a field for a sentence.
func (b *builder) typed(action, label, holder, was string) *slack.InputBlock {
	return b.field(action, label, b.input(action, holder, form.MaxPlan, was))
}

func (sc Scene) options(q verdict.QuestionID) []*slack.OptionBlockObject {
	var out []*slack.OptionBlockObject
	for _, o := range sc.Words.Question(q, sc.Data).Options {
		out = append(out, slack.NewOptionBlockObject(string(o.ID), plain(o.Text), nil))
	}
	return out
}

func (sc Scene) asked(q verdict.QuestionID) text.Text { return sc.Words.Question(q, sc.Data).Ask }

func (sc Scene) answers(q verdict.QuestionID) *slack.RadioButtonsBlockElement {
	return radio(string(q), string(sc.Request.Answers[q]), sc.options(q)...)
}

// tapQuestion adds a question whose answer is kept at each tap; it may stay blank.
func (b *builder) tapQuestion(q verdict.QuestionID) {
	b.beside(form.Block(string(q)), b.asked(q), b.answers(q))
}

// tapMenu is tapQuestion with its options in a menu.
func (b *builder) tapMenu(q verdict.QuestionID, holder string) {
	menu := b.menu(string(q), holder, string(b.Request.Answers[q]), b.options(q)...)
	b.beside(form.Block(string(q)), b.asked(q), menu)
}

// mustQuestion adds a question that has to be answered before the screen is submitted.
func (b *builder) mustQuestion(q verdict.QuestionID) *slack.InputBlock {
	in := slack.NewInputBlock(form.Block(string(q)), plain(b.asked(q)), nil, b.answers(q))
	b.add(in)
	return in
}

// dealField adds a field for the name of the deal.
func (b *builder) dealField() *slack.InputBlock {
	deal := b.input(form.ActDeal, "placeholder-deal", form.MaxDeal, b.Request.Deal)
	return b.optional(form.ActDeal, "label-deal", deal)
}

// timeFields adds day, start and length of the call.
func (b *builder) timeFields() {
	starts := b.Request.Starts.In(b.Zone)
	b.field(form.ActDay, "label-day", date(form.ActDay, nudges.Date(starts.Format(time.DateOnly))))
	b.field(form.ActTime, "label-time", timeOfDay(form.ActTime, starts.Format("15:04")))
	var opts []*slack.OptionBlockObject
	for _, n := range form.Lengths {
		about := b.Scene
		about.Data.N = n
		opts = append(opts, about.option(strconv.Itoa(n), "option-minutes"))
	}
	minutes := int(b.Request.Ends.Sub(b.Request.Starts).Minutes())
	b.field(form.ActLength, "label-length", b.menu(form.ActLength, "", strconv.Itoa(minutes), opts...))
}

// skills are the team's skills as options.
func (sc Scene) skills() (opts []*slack.OptionBlockObject) {
	for _, s := range sc.Team.Skills {
		opts = append(opts, slack.NewOptionBlockObject(s.Name, plain(text.Quoted(s.Name)), nil))
	}
	return opts
}

// skillField asks for one of the team's skills. It has it typed where there are none, and where what
// was said before is none of them.
func (sc Scene) skillField(was string) slack.BlockElement {
	if opts := sc.skills(); len(opts) > 0 && (was == "" || picked(opts, was) != nil) {
		return sc.menu(form.ActCoached, "placeholder-skill", was, opts...)
	}
	return sc.input(form.ActCoached, "placeholder-coached-on", maxOption, was)
}
