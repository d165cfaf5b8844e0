package sandbox

import (
	"crypto/rand"
	"maps"
)

// element is one interactive element and where it stands.
type element struct {
	blockID  string
	block    obj // the block around it
	el       obj
	input    bool // in an input block
	dispatch bool // a change is sent at once
}

func (e element) id() string   { return str(e.el["action_id"]) }
func (e element) kind() string { return str(e.el["type"]) }

// elements lists the interactive elements of blocks, in order.
func elements(blocks []any) []element {
	var out []element
	for _, x := range blocks {
		b := object(x)
		id := str(b["block_id"])
		add := func(v any, input, dispatch bool) {
			if el := object(v); el != nil && interactive[str(el["type"])] {
				out = append(out, element{blockID: id, block: b, el: el, input: input, dispatch: dispatch})
			}
		}
		switch str(b["type"]) {
		case "section":
			add(b["accessory"], false, true)
		case "actions":
			for _, el := range list(b["elements"]) {
				add(el, false, true)
			}
		case "input":
			add(b["element"], true, truth(b["dispatch_action"]))
		}
	}
	return out
}

var interactive = map[string]bool{
	"button": true, "static_select": true, "users_select": true,
	"multi_users_select": true, "conversations_select": true, "radio_buttons": true, "checkboxes": true,
	"plain_text_input": true, "datepicker": true, "timepicker": true, "overflow": true,
}

// initial is the state of el before anybody touched it; nil for elements without state.
func initial(el obj) obj {
	kind := str(el["type"])
	s := obj{"type": kind}
	from := func(key, initial string) obj {
		s[key] = el[initial]
		return s
	}
	switch kind {
	case "plain_text_input":
		return from("value", "initial_value")
	case "static_select", "radio_buttons":
		return from("selected_option", "initial_option")
	case "checkboxes":
		s["selected_options"] = append([]any{}, list(el["initial_options"])...)
		return s
	case "datepicker":
		return from("selected_date", "initial_date")
	case "timepicker":
		if z := str(el["timezone"]); z != "" {
			s["timezone"] = z
		}
		return from("selected_time", "initial_time")
	case "users_select":
		return from("selected_user", "initial_user")
	case "conversations_select":
		return from("selected_conversation", "initial_conversation")
	case "multi_users_select":
		s["selected_users"] = append([]any{}, list(el["initial_users"])...)
		return s
	}
	return nil
}

// keepValues is the state of blocks when they replace those with the state old: what keeps block id, action id and
// type keeps what was typed or chosen (SLACK.md section 2), as far as the option is still offered; all else starts anew.
func keepValues(blocks []any, old values) values {
	v := values{}
	for _, e := range elements(blocks) {
		s := initial(e.el)
		if s == nil {
			continue
		}
		if was, ok := old.get(e.blockID, e.id()); ok && str(was["type"]) == e.kind() {
			s = still(e.el, was, s)
		}
		v.set(e.blockID, e.id(), s)
	}
	return v
}

// still is was, unless it holds an option that el no longer has.
func still(el, was, fresh obj) obj {
	switch str(el["type"]) {
	case "static_select", "radio_buttons":
		o := object(was["selected_option"])
		if o == nil {
			return was
		}
		if now := option(el, str(o["value"])); now != nil {
			s := maps.Clone(was)
			s["selected_option"] = now
			return s
		}
		return fresh
	case "checkboxes":
		var left []any
		for _, o := range list(was["selected_options"]) {
			if now := option(el, str(object(o)["value"])); now != nil {
				left = append(left, now)
			}
		}
		return obj{"type": "checkboxes", "selected_options": append([]any{}, left...)}
	}
	return was
}

// options are all options of el, those of groups too.
func options(el obj) []obj {
	var out []obj
	for _, o := range list(el["options"]) {
		out = append(out, object(o))
	}
	for _, g := range list(el["option_groups"]) {
		for _, o := range list(object(g)["options"]) {
			out = append(out, object(o))
		}
	}
	return out
}

func option(el obj, value string) obj {
	for _, o := range options(el) {
		if str(o["value"]) == value {
			return o
		}
	}
	return nil
}

// nameBlocks gives blocks and elements without an id a random one, as the platform does.
func nameBlocks(blocks []any) []any {
	for _, x := range blocks {
		b := object(x)
		if str(b["block_id"]) == "" {
			b["block_id"] = rand.Text()[:5]
		}
		for _, e := range elements([]any{b}) {
			if e.id() == "" {
				e.el["action_id"] = rand.Text()[:5]
			}
		}
	}
	return blocks
}
