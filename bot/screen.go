package bot

import (
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// A screen is what a person gets to see in answer to what they did. Its name is also
// the view's callback id.
type screen string

const (
	noScreen     screen = ""        // nothing changes
	callScreen   screen = "call"    // the call in one line
	fieldsScreen screen = "fields"  // the call's fields
	factsScreen  screen = "facts"   // five facts
	verdictScr   screen = "verdict" // the verdict and the ladder
	closeScreen  screen = "closing" // the mantra and a plan
	nowScreen    screen = "now"     // three questions on a running call
	statusScreen screen = "status"  // a request that was there already
	noteScreen   screen = "note"    // a sentence
	helpScreen   screen = "help"
	whyScreen    screen = "why"
	doneScreen   screen = "done" // the window closes
)

// A scene is all that a screen shows.
type scene struct {
	words  *nudges.Words
	r      nudges.Request
	d      nudges.Data
	zone   *time.Location
	notice string      // name of a text above the rest; "" for none
	wish   nudges.Rung // the rung tapped, if it is not the recommended one
	text   string      // of a note: name of the text
}

// newScene is what can be shown of r at now, in its viewer's zone.
func newScene(words *nudges.Words, r nudges.Request, manager, rep string, zone *time.Location, now time.Time) scene {
	sc := scene{words: words, r: r, d: nudges.Data{Manager: manager, Rep: rep}, zone: zone}
	if r.ID == "" {
		return sc
	}
	clock := func(t time.Time) string { return t.In(zone).Format("15:04") }
	rung, _ := r.Decision.Rung()
	sc.d.Deal, sc.d.Plan, sc.d.Rung = r.Deal, r.Plan, rung
	sc.d.Starts, sc.d.Ends, sc.d.Was = clock(r.Starts), clock(r.Ends), clock(r.Begun)
	sc.d.Day = day(words, r.Starts.In(zone), now.In(zone))
	if !r.Grant.Until.IsZero() {
		sc.d.Until = clock(r.Grant.Until)
	}
	return sc
}

// day names the day of a moment as people do.
func day(words *nudges.Words, t, today time.Time) string {
	switch nudges.DateIn(t, t.Location()) {
	case nudges.DateIn(today, t.Location()):
		return words.Text("day-today", nudges.Data{}).Plain()
	case nudges.DateIn(today.AddDate(0, 0, 1), t.Location()):
		return words.Text("day-tomorrow", nudges.Data{}).Plain()
	}
	return t.Format("Mon 2 Jan")
}

// view is a screen as it is sent.
func view(s screen, sc scene) slack.ModalViewRequest { return fitView(drawView(s, sc)) }

// drawView draws a screen. It is a pure function of the scene.
func drawView(s screen, sc scene) slack.ModalViewRequest {
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: string(s), PrivateMetadata: writeMetadata(sc.r),
	}
	var blocks []slack.Block
	if sc.notice != "" {
		blocks = append(blocks, section(sc.words.Text(sc.notice, sc.d)))
	}
	switch s {
	case callScreen:
		blocks = append(blocks, callBlocks(sc)...)
		sc.frame(&v, "title-pause", "submit-facts", "close-pause")
	case fieldsScreen:
		blocks = append(blocks, fieldBlocks(sc)...)
		sc.frame(&v, "title-fields", "submit-facts", "close-pause")
	case factsScreen:
		blocks = append(blocks, factBlocks(sc)...)
		sc.frame(&v, "title-pause", "submit-verdict", "close-pause")
	case verdictScr:
		blocks = append(blocks, verdictBlocks(sc)...)
		sc.frame(&v, "title-verdict", "submit-decide", "close-pause")
	case closeScreen:
		blocks = append(blocks, closingBlocks(sc)...)
		sc.frame(&v, "title-closing", "submit-save", "")
	case nowScreen:
		blocks = append(blocks, nowBlocks(sc)...)
		sc.frame(&v, "title-now", "submit-now", "close-pause")
	case statusScreen:
		blocks = append(blocks, cardBlocks(sc, false)...)
		sc.frame(&v, "title-card", "", "")
	default:
		blocks = append(blocks, section(sc.words.Text(first(sc.text, "err-not-found"), sc.d)))
		sc.frame(&v, "title-note", "", "")
	}
	v.Blocks = slack.Blocks{BlockSet: blocks}
	return v
}

func (sc scene) frame(v *slack.ModalViewRequest, title, submit, closing string) {
	v.Title = plain(sc.words.Text(title, sc.d))
	if submit != "" {
		v.Submit = plain(sc.words.Text(submit, sc.d))
	}
	if closing == "" {
		closing = "button-close"
	}
	v.Close = plain(sc.words.Text(closing, sc.d))
}

func section(m nudges.Marked) *slack.SectionBlock {
	return slack.NewSectionBlock(mrkdwn(m), nil, nil)
}

func quiet(m nudges.Marked) *slack.ContextBlock {
	return slack.NewContextBlock("", mrkdwn(m))
}

// Action ids. A question's action id is its own id.
const (
	actHold     = "hold"
	actAsk      = "ask"
	actChange   = "change"
	actRung     = "rung"
	actRep      = "rep"
	actDeal     = "deal"
	actDay      = "day"
	actTime     = "time"
	actLength   = "length"
	actPlan     = "plan_text"
	actMind     = "mind"
	actWithdraw = "withdraw"
	actReturn   = "return"
	actCarry    = "carry"
	actStart    = "start"
	actNow      = "now"
	actOpen     = "open"
)

// block is the block id of an action: the same on every drawing, so that what was
// typed or tapped stays.
func block(action string) string { return "b-" + action }

func (sc scene) button(action, text string, style slack.Style) *slack.ButtonBlockElement {
	b := slack.NewButtonBlockElement(action, writeMetadata(sc.r), plain(sc.words.Text(text, sc.d)))
	b.Style = style
	return b
}

// first two buttons of every screen: holding back is the easiest thing to do.
func (sc scene) easiest(ask bool) slack.Block {
	el := []slack.BlockElement{sc.button(actHold, "button-hold-back", slack.StylePrimary)}
	if ask {
		el = append(el, sc.button(actAsk, "button-ask-first", slack.StyleDefault))
	}
	return slack.NewActionBlock("b-easiest", el...)
}

func (sc scene) options(q nudges.QuestionID) []*slack.OptionBlockObject {
	var out []*slack.OptionBlockObject
	for _, o := range sc.words.Question(q, sc.d).Options {
		out = append(out, slack.NewOptionBlockObject(string(o.ID), plain(o.Text), nil))
	}
	return out
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

// tapQuestion is a question whose options are kept at each tap; a blank is allowed.
func (sc scene) tapQuestion(q nudges.QuestionID) slack.Block {
	opts := sc.options(q)
	radio := slack.NewRadioButtonsBlockElement(string(q), opts...)
	radio.InitialOption = picked(opts, string(sc.r.Answers[q]))
	s := slack.NewSectionBlock(mrkdwn(sc.words.Question(q, sc.d).Ask), nil, slack.NewAccessory(radio))
	s.BlockID = block(string(q))
	return s
}

// mustQuestion is a question that has to be answered before the screen is submitted.
func (sc scene) mustQuestion(q nudges.QuestionID) slack.Block {
	opts := sc.options(q)
	radio := slack.NewRadioButtonsBlockElement(string(q), opts...)
	radio.InitialOption = picked(opts, string(sc.r.Answers[q]))
	in := slack.NewInputBlock(block(string(q)), plain(sc.words.Question(q, sc.d).Ask), nil, radio)
	in.DispatchAction = true
	return in
}
