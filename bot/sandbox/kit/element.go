package kit

import "crypto/rand"

// Element is one interactive element and where it stands.
type Element struct {
	BlockID  string
	Block    Obj // the block around it
	Body     Obj
	Input    bool // stands in an input block
	Dispatch bool // each change is sent to the app at once
}

// ID is the element's action_id.
func (e Element) ID() string { return Str(e.Body["action_id"]) }

// Kind is the element's type, such as "button".
func (e Element) Kind() string { return Str(e.Body["type"]) }

// interactive are the elements that people act on.
var interactive = map[string]bool{
	"button": true, "static_select": true, "users_select": true,
	"multi_users_select": true, "conversations_select": true, "radio_buttons": true, "checkboxes": true,
	"plain_text_input": true, "datepicker": true, "timepicker": true, "overflow": true,
}

// Elements lists the interactive elements of blocks, in order.
func Elements(blocks []any) []Element {
	var out []Element
	for _, x := range blocks {
		b := Object(x)
		add := func(v any, input, dispatch bool) {
			if el := Object(v); interactive[Str(el["type"])] {
				out = append(out, Element{Str(b["block_id"]), b, el, input, dispatch})
			}
		}
		switch Str(b["type"]) {
		case "section":
			add(b["accessory"], false, true)
		case "actions":
			for _, el := range List(b["elements"]) {
				add(el, false, true)
			}
		case "input":
			add(b["element"], true, Truth(b["dispatch_action"]))
		}
	}
	return out
}

// Options are all options of an element, those of groups too.
func Options(el Obj) []Obj {
	var out []Obj
	add := func(options any) {
		for _, o := range List(options) {
			out = append(out, Object(o))
		}
	}
	add(el["options"])
	for _, g := range List(el["option_groups"]) {
		add(Object(g)["options"])
	}
	return out
}

// Option is the option of an element with a value; nil for none.
func Option(el Obj, value string) Obj {
	for _, o := range Options(el) {
		if Str(o["value"]) == value {
			return o
		}
	}
	return nil
}

// NameBlocks gives blocks and elements without an id a random one, as the platform does.
func NameBlocks(blocks []any) []any {
	name := func(o Obj, key string) {
		if Str(o[key]) == "" {
			o[key] = rand.Text()[:5]
		}
	}
	for _, x := range blocks {
		name(Object(x), "block_id")
	}
	for _, e := range Elements(blocks) {
		name(e.Body, "action_id")
	}
	return blocks
}
