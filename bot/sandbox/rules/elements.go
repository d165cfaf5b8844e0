package rules

import (
	"regexp"
	"slices"
	"time"

	"stepin/bot/sandbox/kit"
)

// elementRule is what the platform says of one kind of element, by the element's page.
type elementRule struct {
	in     []string // the blocks in which it may stand
	fields []string // besides type and action_id; a leading ! marks those that it must have
	check  func(k *checker, at string, el kit.Obj)
}

var elementRules = map[string]elementRule{
	"button": {
		in: []string{"section", "actions"}, check: (*checker).button,
		fields: []string{"!text", "value", "url", "style", "confirm", "accessibility_label"},
	},
	"overflow": {
		in: []string{"section", "actions"}, fields: []string{"!options", "confirm"},
		check: func(k *checker, at string, el kit.Obj) { k.options(at+"/options", el["options"], 5, false) },
	},
	"image": {in: []string{"section"}, check: (*checker).image},
	"static_select": {
		in: anywhere, check: (*checker).selectMenu,
		fields: []string{"placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"},
	},
	"users_select": {
		in: anywhere, fields: []string{"placeholder", "initial_user", "confirm", "focus_on_load"},
		check: func(*checker, string, kit.Obj) {},
	},
	"multi_users_select": {
		in: []string{"section", "input"}, check: (*checker).people,
		fields: []string{"placeholder", "initial_users", "max_selected_items", "confirm", "focus_on_load"},
	},
	"conversations_select": {
		in: anywhere, check: (*checker).conversations,
		fields: []string{
			"placeholder", "initial_conversation", "default_to_current_conversation", "response_url_enabled",
			"filter", "confirm", "focus_on_load",
		},
	},
	"radio_buttons": {
		in: anywhere, fields: []string{"!options", "initial_option", "confirm", "focus_on_load"},
		check: func(k *checker, at string, el kit.Obj) {
			k.options(at+"/options", el["options"], 10, true)
			k.chosen(at+"/initial_option", el, el["initial_option"])
		},
	},
	"checkboxes": {
		in: anywhere, check: (*checker).checkboxes,
		fields: []string{"!options", "initial_options", "confirm", "focus_on_load"},
	},
	"plain_text_input": {
		in: []string{"input"}, check: (*checker).input,
		fields: []string{
			"initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load", "placeholder",
		},
	},
	"datepicker": {
		in: anywhere, fields: []string{"initial_date", "placeholder", "confirm", "focus_on_load"},
		check: func(k *checker, at string, el kit.Obj) {
			if d := el["initial_date"]; d != nil && !IsDate(kit.Str(d)) {
				k.fail(at+"/initial_date", "must match format YYYY-MM-DD")
			}
		},
	},
	"timepicker": {
		in: anywhere, check: (*checker).timepicker,
		fields: []string{"initial_time", "placeholder", "confirm", "focus_on_load", "timezone"},
	},
}

var anywhere = []string{"section", "actions", "input"}

var (
	dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeShape = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// IsDate says whether s has the form of a date, 2006-01-02.
func IsDate(s string) bool { return dateShape.MatchString(s) }

// IsTime says whether s is a time of day, 15:04.
func IsTime(s string) bool { return timeShape.MatchString(s) }

func (k *checker) element(at string, el kit.Obj, in string) {
	if el == nil {
		k.fail(at, "must be an object")
		return
	}
	kind := kit.Str(el["type"])
	rule := elementRules[kind]
	if !slices.Contains(rule.in, in) {
		k.fail(at+"/type", "unsupported type: %s in %s", kind, in)
		return
	}
	if kind == "image" {
		rule.check(k, at, el)
		return
	}
	k.length(at+"/action_id", el["action_id"], 0, 255)
	if id := kit.Str(el["action_id"]); id != "" {
		if k.acts[id] {
			k.fail(at+"/action_id", "action_id is duplicated in its block: %s", id)
		}
		k.acts[id] = true
	}
	if !k.known(at, el, rule.fields, "action_id") {
		return
	}
	if el["placeholder"] != nil {
		k.plain(at+"/placeholder", el["placeholder"], 150)
	}
	if el["confirm"] != nil {
		k.confirm(at+"/confirm", el["confirm"])
	}
	if kit.Truth(el["focus_on_load"]) {
		if k.focus++; k.focus > 1 {
			k.fail(at+"/focus_on_load", "only one element may have the focus")
		}
	}
	rule.check(k, at, el)
}

func (k *checker) checkboxes(at string, el kit.Obj) {
	k.options(at+"/options", el["options"], 10, true)
	if el["initial_options"] != nil {
		k.items(at+"/initial_options", el["initial_options"], 1, 10, func(at string, o kit.Obj) { k.chosen(at, el, o) })
	}
}

func (k *checker) people(at string, el kit.Obj) {
	if m, ok := el["max_selected_items"].(float64); el["max_selected_items"] != nil && (!ok || m < 1) {
		k.fail(at+"/max_selected_items", "must be at least 1")
	}
	if u := el["initial_users"]; u != nil && len(kit.List(u)) == 0 {
		k.fail(at+"/initial_users", "must have at least one item")
	}
}

func (k *checker) conversations(at string, el kit.Obj) {
	f := kit.Object(el["filter"])
	if f == nil {
		return
	}
	k.known(at+"/filter", f, []string{"include", "exclude_external_shared_channels", "exclude_bot_users"})
	for _, i := range kit.List(f["include"]) {
		if !slices.Contains([]any{"im", "mpim", "private", "public"}, i) {
			k.fail(at+"/filter/include", "unknown kind of conversation: %v", i)
		}
	}
}

func (k *checker) timepicker(at string, el kit.Obj) {
	if t := el["initial_time"]; t != nil && !IsTime(kit.Str(t)) {
		k.fail(at+"/initial_time", "must match format HH:mm")
	}
	if z := el["timezone"]; z != nil {
		if _, err := time.LoadLocation(kit.Str(z)); err != nil {
			k.fail(at+"/timezone", "must be an IANA time zone")
		}
	}
}

func (k *checker) button(at string, el kit.Obj) {
	k.plain(at+"/text", el["text"], 75)
	k.length(at+"/value", el["value"], 0, 2000)
	k.length(at+"/url", el["url"], 0, 3000)
	k.length(at+"/accessibility_label", el["accessibility_label"], 0, 75)
	if s := el["style"]; s != nil && s != "primary" && s != "danger" {
		k.fail(at+"/style", "must be one of primary, danger")
	}
}

func (k *checker) selectMenu(at string, el kit.Obj) {
	if (el["options"] == nil) == (el["option_groups"] == nil) {
		k.fail(at, "must have either options or option_groups")
		return
	}
	if el["options"] != nil {
		k.options(at+"/options", el["options"], 100, false)
	} else {
		k.items(at+"/option_groups", el["option_groups"], 1, 100, func(at string, g kit.Obj) {
			if k.known(at, g, []string{"!label", "!options"}) {
				k.plain(at+"/label", g["label"], 75)
				k.options(at+"/options", g["options"], 100, false)
			}
		})
	}
	k.chosen(at+"/initial_option", el, el["initial_option"])
}

// options checks a list of options; rich allows mrkdwn, as radio buttons and checkboxes do.
func (k *checker) options(at string, v any, most int, rich bool) {
	seen := map[string]bool{}
	k.items(at, v, 1, most, func(at string, o kit.Obj) {
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
		if v := kit.Str(o["value"]); seen[v] {
			k.fail(at+"/value", "option value is duplicated: %s", v)
		}
		seen[kit.Str(o["value"])] = true
	})
}

// chosen checks that an initial option is one of the options, in all its fields.
func (k *checker) chosen(at string, el kit.Obj, v any) {
	if v == nil {
		return
	}
	o := kit.Object(v)
	if have := kit.Option(el, kit.Str(o["value"])); have == nil || string(kit.JSON(have)) != string(kit.JSON(o)) {
		k.fail(at, "must be one of the provided options")
	}
}

func (k *checker) confirm(at string, v any) {
	c := kit.Object(v)
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

func (k *checker) input(at string, el kit.Obj) {
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
	if c := kit.Object(el["dispatch_action_config"]); c != nil {
		for _, on := range kit.List(c["trigger_actions_on"]) {
			if on != "on_enter_pressed" && on != "on_character_entered" {
				k.fail(at+"/dispatch_action_config", "unknown trigger: %v", on)
			}
		}
	}
}
