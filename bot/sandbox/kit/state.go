package kit

import "maps"

// Values is the state of elements as the platform shows it: by block id and action id.
type Values map[string]map[string]Obj

// Set puts the state of an element.
func (v Values) Set(block, action string, state Obj) {
	if v[block] == nil {
		v[block] = map[string]Obj{}
	}
	v[block][action] = state
}

// stateKey has the key of an element's state and the field of the element with its first value; a list, if Many.
var stateKey = map[string]struct {
	Key, Initial string
	Many         bool
}{
	"plain_text_input":     {"value", "initial_value", false},
	"static_select":        {"selected_option", "initial_option", false},
	"radio_buttons":        {"selected_option", "initial_option", false},
	"checkboxes":           {"selected_options", "initial_options", true},
	"datepicker":           {"selected_date", "initial_date", false},
	"timepicker":           {"selected_time", "initial_time", false},
	"users_select":         {"selected_user", "initial_user", false},
	"conversations_select": {"selected_conversation", "initial_conversation", false},
	"multi_users_select":   {"selected_users", "initial_users", true},
}

// NewState is the state of an element with value; nil for an element without state, such as a button.
func NewState(el Obj, value any) Obj {
	kind := Str(el["type"])
	k, has := stateKey[kind]
	if !has {
		return nil
	}
	s := Obj{"type": kind, k.Key: value}
	if z := Str(el["timezone"]); z != "" && kind == "timepicker" {
		s["timezone"] = z
	}
	return s
}

// initial is the state of an element that nobody touched; nil for one without state.
func initial(el Obj) Obj {
	k := stateKey[Str(el["type"])]
	if k.Many {
		return NewState(el, append([]any{}, List(el[k.Initial])...))
	}
	return NewState(el, el[k.Initial])
}

// KeepValues is the state of blocks when they replace those with the state old. An element that keeps block id,
// action id and type keeps its state (docs.slack.dev/surfaces/modals), as far as its option is still offered. All
// others start afresh.
func KeepValues(blocks []any, old Values) Values {
	v := Values{}
	for _, e := range Elements(blocks) {
		s := initial(e.Body)
		if s == nil {
			continue
		}
		if was, ok := old[e.BlockID][e.ID()]; ok && Str(was["type"]) == e.Kind() {
			s = still(e.Body, was, s)
		}
		v.Set(e.BlockID, e.ID(), s)
	}
	return v
}

// still is was without the options that el no longer has; fresh if it chose a single one that is gone.
func still(el, was, fresh Obj) Obj {
	switch Str(el["type"]) {
	case "static_select", "radio_buttons":
		o := Object(was["selected_option"])
		if o == nil {
			return was
		}
		now := Option(el, Str(o["value"]))
		if now == nil {
			return fresh
		}
		s := maps.Clone(was)
		s["selected_option"] = now
		return s
	case "checkboxes":
		left := []any{}
		for _, o := range List(was["selected_options"]) {
			if now := Option(el, Str(Object(o)["value"])); now != nil {
				left = append(left, now)
			}
		}
		return Obj{"type": "checkboxes", "selected_options": left}
	}
	return was
}
