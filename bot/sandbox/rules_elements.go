package sandbox

import (
	"slices"
	"time"
)

// elementFields are the fields of each element, besides type and action_id; a leading ! marks those it must have.
var elementFields = map[string][]string{
	"button":               {"!text", "value", "url", "style", "confirm", "accessibility_label"},
	"static_select":        {"placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"},
	"users_select":         {"placeholder", "initial_user", "confirm", "focus_on_load"},
	"multi_users_select":   {"placeholder", "initial_users", "max_selected_items", "confirm", "focus_on_load"},
	"conversations_select": {"placeholder", "initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter", "confirm", "focus_on_load"},
	"radio_buttons":        {"!options", "initial_option", "confirm", "focus_on_load"},
	"checkboxes":           {"!options", "initial_options", "confirm", "focus_on_load"},
	"plain_text_input":     {"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load", "placeholder"},
	"datepicker":           {"initial_date", "placeholder", "confirm", "focus_on_load"},
	"timepicker":           {"initial_time", "placeholder", "confirm", "focus_on_load", "timezone"},
	"overflow":             {"!options", "confirm"},
}

// placeable says in which blocks an element may stand, by the element's page. An image may be a section's accessory.
var placeable = map[string][]string{
	"button": {"section", "actions"}, "overflow": {"section", "actions"}, "image": {"section"},
	"static_select": {"section", "actions", "input"}, "users_select": {"section", "actions", "input"},
	"multi_users_select": {"section", "input"}, "conversations_select": {"section", "actions", "input"},
	"radio_buttons": {"section", "actions", "input"}, "checkboxes": {"section", "actions", "input"},
	"datepicker": {"section", "actions", "input"}, "timepicker": {"section", "actions", "input"},
	"plain_text_input": {"input"},
}

func (k *checker) element(at string, el obj, in string) {
	if el == nil {
		k.fail(at, "must be an object")
		return
	}
	kind := str(el["type"])
	if !slices.Contains(placeable[kind], in) {
		k.fail(at+"/type", "unsupported type: %s in %s", kind, in)
		return
	}
	if kind == "image" {
		k.image(at, el)
		return
	}
	k.length(at+"/action_id", el["action_id"], 0, 255)
	if id := str(el["action_id"]); id != "" {
		if k.acts[id] {
			k.fail(at+"/action_id", "action_id is duplicated in its block: %s", id)
		}
		k.acts[id] = true
	}
	if !k.known(at, el, elementFields[kind], "action_id") {
		return
	}
	if el["placeholder"] != nil {
		k.plain(at+"/placeholder", el["placeholder"], 150)
	}
	if el["confirm"] != nil {
		k.confirm(at+"/confirm", el["confirm"])
	}
	if truth(el["focus_on_load"]) {
		if k.focus++; k.focus > 1 {
			k.fail(at+"/focus_on_load", "only one element may have the focus")
		}
	}
	switch kind {
	case "button":
		k.button(at, el)
	case "static_select":
		k.selectMenu(at, el)
	case "radio_buttons":
		k.options(at+"/options", el["options"], 1, 10, true)
		k.chosen(at+"/initial_option", el, el["initial_option"])
	case "checkboxes":
		k.options(at+"/options", el["options"], 1, 10, true)
		if el["initial_options"] != nil {
			k.items(at+"/initial_options", el["initial_options"], 1, 10, func(at string, o obj) { k.chosen(at, el, o) })
		}
	case "overflow":
		k.options(at+"/options", el["options"], 1, 5, false)
	case "multi_users_select":
		if m, ok := el["max_selected_items"].(float64); el["max_selected_items"] != nil && (!ok || m < 1) {
			k.fail(at+"/max_selected_items", "must be at least 1")
		}
		if u := el["initial_users"]; u != nil && len(list(u)) == 0 {
			k.fail(at+"/initial_users", "must have at least one item")
		}
	case "conversations_select":
		if f := object(el["filter"]); f != nil {
			k.known(at+"/filter", f, []string{"include", "exclude_external_shared_channels", "exclude_bot_users"})
			for _, i := range list(f["include"]) {
				if !slices.Contains([]any{"im", "mpim", "private", "public"}, i) {
					k.fail(at+"/filter/include", "unknown kind of conversation: %v", i)
				}
			}
		}
	case "plain_text_input":
		k.input(at, el)
	case "datepicker":
		if d := el["initial_date"]; d != nil && !dateShape.MatchString(str(d)) {
			k.fail(at+"/initial_date", "must match format YYYY-MM-DD")
		}
	case "timepicker":
		if t := el["initial_time"]; t != nil && !timeShape.MatchString(str(t)) {
			k.fail(at+"/initial_time", "must match format HH:mm")
		}
		if z := el["timezone"]; z != nil {
			if _, err := time.LoadLocation(str(z)); err != nil {
				k.fail(at+"/timezone", "must be an IANA time zone")
			}
		}
	}
}

func (k *checker) button(at string, el obj) {
	k.plain(at+"/text", el["text"], 75)
	k.length(at+"/value", el["value"], 0, 2000)
	k.length(at+"/url", el["url"], 0, 3000)
	k.length(at+"/accessibility_label", el["accessibility_label"], 0, 75)
	if s := el["style"]; s != nil && s != "primary" && s != "danger" {
		k.fail(at+"/style", "must be one of primary, danger")
	}
}

func (k *checker) selectMenu(at string, el obj) {
	if (el["options"] == nil) == (el["option_groups"] == nil) {
		k.fail(at, "must have either options or option_groups")
		return
	}
	if el["options"] != nil {
		k.options(at+"/options", el["options"], 1, 100, false)
	} else {
		k.items(at+"/option_groups", el["option_groups"], 1, 100, func(at string, g obj) {
			if k.known(at, g, []string{"!label", "!options"}) {
				k.plain(at+"/label", g["label"], 75)
				k.options(at+"/options", g["options"], 1, 100, false)
			}
		})
	}
	k.chosen(at+"/initial_option", el, el["initial_option"])
}

// options checks a list of options; rich allows mrkdwn, as radio buttons and checkboxes do.
func (k *checker) options(at string, v any, least, most int, rich bool) {
	seen := map[string]bool{}
	k.items(at, v, least, most, func(at string, o obj) {
		if !k.known(at, o, []string{"!text", "!value", "description", "url"}) {
			return
		}
		text := k.plain
		if rich {
			text = k.text
		}
		text(at+"/text", o["text"], 75)
		if o["description"] != nil {
			text(at+"/description", o["description"], 75)
		}
		k.length(at+"/value", o["value"], 1, 150)
		k.length(at+"/url", o["url"], 0, 3000)
		if v := str(o["value"]); seen[v] {
			k.fail(at+"/value", "option value is duplicated: %s", v)
		}
		seen[str(o["value"])] = true
	})
}

// chosen checks that an initial option is one of the options, in all its fields.
func (k *checker) chosen(at string, el obj, v any) {
	if v == nil {
		return
	}
	o := object(v)
	if have := option(el, str(o["value"])); have == nil || string(mustJSON(have)) != string(mustJSON(o)) {
		k.fail(at, "must be one of the provided options")
	}
}

func (k *checker) confirm(at string, v any) {
	c := object(v)
	if c == nil {
		k.fail(at, "must be an object")
		return
	}
	if !k.known(at, c, []string{"!title", "!text", "!confirm", "!deny", "style"}) {
		return
	}
	k.plain(at+"/title", c["title"], 100)
	k.text(at+"/text", c["text"], 300)
	k.plain(at+"/confirm", c["confirm"], 30)
	k.plain(at+"/deny", c["deny"], 30)
}

func (k *checker) input(at string, el obj) {
	shortest, longest := 0.0, 3000.0
	if v := el["min_length"]; v != nil {
		n, ok := v.(float64)
		if !ok || n < 0 || n > 3000 {
			k.fail(at+"/min_length", "must be between 0 and 3000")
		}
		shortest = n
	}
	if v := el["max_length"]; v != nil {
		n, ok := v.(float64)
		if !ok || n < 1 || n > 3000 {
			k.fail(at+"/max_length", "must be between 1 and 3000")
		}
		longest = n
	}
	if shortest > longest {
		k.fail(at+"/min_length", "must not be more than max_length")
	}
	k.length(at+"/initial_value", el["initial_value"], 0, int(longest))
	if c := object(el["dispatch_action_config"]); c != nil {
		for _, on := range list(c["trigger_actions_on"]) {
			if on != "on_enter_pressed" && on != "on_character_entered" {
				k.fail(at+"/dispatch_action_config", "unknown trigger: %v", on)
			}
		}
	}
}
