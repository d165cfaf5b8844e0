package bot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// What the platform takes (SLACK sections 2 and 3). Characters are counted as they are sent,
// so after escaping; beyond any of these it refuses the whole view or message.
const (
	maxTitle      = 24  // of a view, its submit and its close
	maxHeader     = 150 // characters
	maxSection    = 3000
	maxLabel      = 2000 // of an input, as its hint
	maxHolder     = 150
	maxButton     = 75
	maxOption     = 75
	maxOptionID   = 75 // the value; sources say 75 or 150
	maxValue      = 2000
	maxID         = 255
	maxMetadata   = 3000
	maxInput      = 3000
	maxContext    = 10 // elements
	maxActions    = 25
	maxRadios     = 10
	maxChoices    = 100 // of a select
	maxViewBlocks = 100
	maxMsgBlocks  = 50
	maxText       = 4000 // of a message, beside its blocks
	maxView       = 250 << 10
	// maxAck is the largest payload that goes out inside an acknowledgement: Slack drops
	// those of 20 KB and more without a word (SLACK section 1.3).
	maxAck = 16 << 10
	// maxError is ours: a field's error is one sentence, and four of them fit into an
	// acknowledgement whatever their letters.
	maxError = 500
)

// A misfit is something in a view or a message that the platform would refuse.
type misfit struct {
	where string                 // such as "b-P8, option 2"
	what  string                 // such as "80 characters, 75 fit"
	text  *slack.TextBlockObject // the text at fault; nil if it is something else
	most  int                    // characters of that text
	named string                 // the words at fault
}

// misfitsOf is all that is wrong with what the bot is about to send: a modal, a Home, a
// message, or the errors of a form. Nil if the platform takes it. bytes is how long it is on
// the wire, or a bound on that: what is far from any limit is not measured.
func misfitsOf(v any) (wrong []misfit, bytes int) {
	var g gauge
	switch v := v.(type) {
	case slack.ModalViewRequest:
		g.text("title", v.Title, maxTitle)
		if v.Submit != nil {
			g.text("submit", v.Submit, maxTitle)
		}
		if v.Close != nil {
			g.text("close", v.Close, maxTitle)
		}
		g.string("callback_id", v.CallbackID, 0, maxID)
		g.string("private_metadata", v.PrivateMetadata, 0, maxMetadata)
		g.blocks(v.Blocks.BlockSet, maxViewBlocks)
		if g.inputs > 0 && v.Submit == nil {
			g.bad("submit", "it has inputs and no submit button")
		}
		bytes = g.size(v, maxAck)
		g.bytes(bytes, maxView)
	case slack.HomeTabViewRequest:
		g.string("private_metadata", v.PrivateMetadata, 0, maxMetadata)
		g.blocks(v.Blocks.BlockSet, maxViewBlocks)
		bytes = g.size(v, maxView)
		g.bytes(bytes, maxView)
	case message:
		g.string("text", v.Text, 1, maxText)
		g.blocks(v.Blocks, maxMsgBlocks)
		bytes = g.size(v, maxAck)
	case fieldErrors:
		for id, s := range v {
			g.string(id, s, 1, maxError)
		}
		bytes = g.size(v, maxAck)
		g.bytes(bytes, maxAck)
	case exportFile: // a file has none that words can break
		b, _ := json.Marshal(v)
		bytes = len(b)
	default:
		panic(fmt.Sprintf("bot: no limits known for %T", v))
	}
	return g.found, bytes
}

// size is how many bytes something has on the wire.
func size(v any) int {
	b, err := json.Marshal(v)
	if err != nil {
		return 1 << 30
	}
	return len(b)
}

// fit shortens what is too long all the same, so that somebody sees a shortened text and not
// nothing. checkWords keeps wordings from needing it.
func fit(blocks []slack.Block) []slack.Block {
	var g gauge
	g.blocks(blocks, maxViewBlocks)
	g.fit()
	return blocks
}

// fitView is fit for a modal and its frame.
func fitView(v slack.ModalViewRequest) slack.ModalViewRequest {
	var g gauge
	for _, t := range []*slack.TextBlockObject{v.Title, v.Submit, v.Close} {
		if t != nil {
			g.text("", t, maxTitle)
		}
	}
	g.fit()
	fit(v.Blocks.BlockSet)
	return v
}

// A gauge walks blocks and gathers what does not fit.
type gauge struct {
	at      string // the block it is in
	found   []misfit
	ids     map[string]bool // of blocks
	actions map[string]bool // of the block it is in
	inputs  int
	texts   int // no fewer bytes than all texts take on the wire
	parts   int // texts and ids
}

// size is how long v is on the wire, or a bound on it that most has room for: writing all
// views out would be most of the work at the start.
func (g *gauge) size(v any, most int) int {
	// 200 bytes are more than the names of fields around a text or an id take.
	if n := g.texts + 200*(g.parts+5); n <= most {
		return n
	}
	return size(v)
}

// inJSON is no fewer bytes than s takes in JSON.
func inJSON(s string) int {
	n := len(s)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c == '&' || c == '<' || c == '>' {
			n += 5 // \u0026
		} else if c == 0xE2 {
			n += 3 // U+2028 becomes \u2028
		}
	}
	return n
}

func (g *gauge) fit() {
	for _, m := range g.found {
		if m.text != nil {
			m.text.Text = cut(m.text.Text, m.most)
		}
	}
}

func (g *gauge) bad(what, format string, a ...any) *misfit {
	g.found = append(g.found, misfit{where: strings.Trim(g.at+", "+what, ", "), what: fmt.Sprintf(format, a...)})
	return &g.found[len(g.found)-1]
}

func (g *gauge) text(what string, t *slack.TextBlockObject, most int) {
	var m *misfit
	g.texts += inJSON(textIn(t))
	g.parts++
	switch n := utf8.RuneCountInString(textIn(t)); {
	case t == nil:
		g.bad(what, "it is missing")
	case n == 0:
		m = g.bad(what, "it is empty")
	case n > most:
		m = g.bad(what, "%d characters, %d fit", n, most)
	}
	if m != nil {
		m.text, m.most, m.named = t, most, t.Text
	}
}

func textIn(t *slack.TextBlockObject) string {
	if t == nil {
		return ""
	}
	return t.Text
}

func (g *gauge) string(what, s string, least, most int) {
	g.texts += inJSON(s)
	g.parts++
	switch n := utf8.RuneCountInString(s); {
	case n < least:
		g.bad(what, "it is empty")
	case n > most:
		g.bad(what, "%d characters, %d fit", n, most).named = s
	}
}

func (g *gauge) bytes(n, most int) {
	if n > most {
		g.bad("", "%d bytes, %d fit", n, most)
	}
}

func (g *gauge) many(what string, n, most int) {
	if n < 1 || n > most {
		g.bad(what, "%d of them, 1 to %d fit", n, most)
	}
}

func (g *gauge) blocks(blocks []slack.Block, most int) {
	g.many("blocks", len(blocks), most)
	g.ids = map[string]bool{}
	for i, b := range blocks {
		id := b.ID()
		g.at = cmp.Or(id, fmt.Sprintf("block %d", i+1))
		g.string("block_id", id, 0, maxID)
		if id != "" && g.ids[id] {
			g.bad("block_id", "another block has it too")
		}
		g.ids[id], g.actions = true, map[string]bool{}
		g.block(b)
	}
	g.at = ""
}

func (g *gauge) block(b slack.Block) {
	switch b := b.(type) {
	case *slack.SectionBlock:
		g.text("text", b.Text, maxSection)
		if a := b.Accessory; a != nil {
			switch {
			case a.ButtonElement != nil:
				g.element(a.ButtonElement)
			case a.RadioButtonsElement != nil:
				g.element(a.RadioButtonsElement)
			case a.SelectElement != nil:
				g.element(a.SelectElement)
			default:
				g.bad("accessory", "limits of it are not known")
			}
		}
	case *slack.InputBlock:
		g.inputs++
		g.text("label", b.Label, maxLabel)
		if b.Hint != nil {
			g.text("hint", b.Hint, maxLabel)
		}
		g.element(b.Element)
	case *slack.ActionBlock:
		g.many("elements", len(b.Elements.ElementSet), maxActions)
		for _, el := range b.Elements.ElementSet {
			g.element(el)
		}
	case *slack.ContextBlock:
		g.many("elements", len(b.ContextElements.Elements), maxContext)
		for _, el := range b.ContextElements.Elements {
			if t, ok := el.(*slack.TextBlockObject); ok {
				g.text("text", t, maxSection)
			} else {
				g.bad("element", "limits of %T are not known", el)
			}
		}
	case *slack.HeaderBlock:
		g.text("header", b.Text, maxHeader)
	case *slack.DividerBlock:
	default:
		g.bad("", "limits of %T are not known", b)
	}
}

func (g *gauge) element(el slack.BlockElement) {
	switch el := el.(type) {
	case *slack.ButtonBlockElement:
		g.action(el.ActionID)
		g.text("button "+el.ActionID, el.Text, maxButton)
		g.string("value of button "+el.ActionID, el.Value, 0, maxValue)
	case *slack.RadioButtonsBlockElement:
		g.action(el.ActionID)
		g.options(el.Options, maxRadios)
		g.chosen(el.InitialOption, el.Options)
	case *slack.CheckboxGroupsBlockElement:
		g.action(el.ActionID)
		g.options(el.Options, maxRadios)
		for _, o := range el.InitialOptions {
			g.chosen(o, el.Options)
		}
	case *slack.SelectBlockElement:
		g.action(el.ActionID)
		g.holder(el.Placeholder)
		if el.Type == slack.OptTypeStatic {
			g.options(el.Options, maxChoices)
			g.chosen(el.InitialOption, el.Options)
		}
	case *slack.MultiSelectBlockElement: // of people: the platform gives the options
		g.action(el.ActionID)
		g.holder(el.Placeholder)
	case *slack.PlainTextInputBlockElement:
		g.action(el.ActionID)
		g.holder(el.Placeholder)
		if el.MaxLength < 0 || el.MaxLength > maxInput {
			g.bad("max_length", "%d, %d is the most", el.MaxLength, maxInput)
		}
		most := el.MaxLength
		if most == 0 {
			most = maxInput
		}
		g.string("initial_value", el.InitialValue, 0, most)
	case *slack.DatePickerBlockElement:
		g.action(el.ActionID)
	case *slack.TimePickerBlockElement:
		g.action(el.ActionID)
	default:
		g.bad("element", "limits of %T are not known", el)
	}
}

func (g *gauge) action(id string) {
	g.string("action_id", id, 1, maxID)
	if g.actions[id] {
		g.bad("action_id", "%q twice in a block", id)
	}
	g.actions[id] = true
}

func (g *gauge) holder(t *slack.TextBlockObject) {
	if t != nil {
		g.text("placeholder", t, maxHolder)
	}
}

func (g *gauge) options(options []*slack.OptionBlockObject, most int) {
	g.many("options", len(options), most)
	values := map[string]bool{}
	for i, o := range options {
		what := fmt.Sprintf("option %d", i+1)
		g.text(what, o.Text, maxOption)
		g.string("value of "+what, o.Value, 1, maxOptionID)
		if values[o.Value] {
			g.bad("value of "+what, "another option has it too")
		}
		values[o.Value] = true
	}
}

func (g *gauge) chosen(o *slack.OptionBlockObject, options []*slack.OptionBlockObject) {
	if o != nil && picked(options, o.Value) != o {
		g.bad("initial_option", "it is none of the options")
	}
}
