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
	fields schema   // besides those of every element
	more   func(k *checker, at string, el kit.Obj)
}

var (
	onTap    = []string{"section", "actions"}
	anywhere = []string{"section", "actions", "input"}
)

var elementRules = map[string]elementRule{
	"button": {in: onTap, fields: schema{
		"!text": plain(75), "value": chars(0, 2000), "url": chars(0, 3000), "style": oneOf("primary", "danger"),
		"confirm": confirm, "accessibility_label": chars(0, 75),
	}},
	"overflow": {in: onTap, fields: schema{"!options": options(5, plain), "confirm": confirm}},
	"image":    {in: []string{"section"}, fields: imageSchema, more: source},
	"static_select": {in: anywhere, more: menu, fields: schema{
		"options": options(100, plain), "option_groups": items(1, 100, shaped(schema{
			"!label": plain(75), "!options": options(100, plain),
		})),
		"initial_option": nil, "placeholder": plain(150), "confirm": confirm, "focus_on_load": focus,
	}},
	"users_select": {in: anywhere, fields: schema{
		"placeholder": plain(150), "initial_user": nil, "confirm": confirm, "focus_on_load": focus,
	}},
	"multi_users_select": {in: []string{"section", "input"}, fields: schema{
		"placeholder": plain(150), "initial_users": items(1, 1<<20, nil), "max_selected_items": number(1, 1<<20),
		"confirm": confirm, "focus_on_load": focus,
	}},
	"conversations_select": {in: anywhere, fields: schema{
		"placeholder": plain(150), "initial_conversation": nil, "default_to_current_conversation": nil,
		"response_url_enabled": nil, "confirm": confirm, "focus_on_load": focus,
		"filter": shaped(schema{
			"include":                          each(oneOf("im", "mpim", "private", "public")),
			"exclude_external_shared_channels": nil, "exclude_bot_users": nil,
		}),
	}},
	"radio_buttons": {in: anywhere, more: chosen, fields: schema{
		"!options": options(10, text), "initial_option": nil, "confirm": confirm, "focus_on_load": focus,
	}},
	"checkboxes": {in: anywhere, more: chosen, fields: schema{
		"!options": options(10, text), "initial_options": items(1, 10, nil), "confirm": confirm, "focus_on_load": focus,
	}},
	"plain_text_input": {in: []string{"input"}, more: lengths, fields: schema{
		"initial_value": nil, "multiline": nil, "min_length": number(0, 3000), "max_length": number(1, 3000),
		"dispatch_action_config": shaped(schema{
			"trigger_actions_on": each(oneOf("on_enter_pressed", "on_character_entered")),
		}),
		"focus_on_load": focus, "placeholder": plain(150),
	}},
	"datepicker": {in: anywhere, fields: schema{
		"initial_date": is(IsDate, "must match format YYYY-MM-DD"), "placeholder": plain(150), "confirm": confirm,
		"focus_on_load": focus,
	}},
	"timepicker": {in: anywhere, fields: schema{
		"initial_time": is(IsTime, "must match format HH:mm"), "placeholder": plain(150), "confirm": confirm,
		"focus_on_load": focus, "timezone": is(isZone, "must be an IANA time zone"),
	}},
}

func element(k *checker, at string, v any) {
	el := kit.Object(v)
	if el == nil {
		k.fail(at, "must be an object")
		return
	}
	kind := kit.Str(el["type"])
	rule := elementRules[kind]
	if !slices.Contains(rule.in, k.block) {
		k.fail(at+"/type", "unsupported type: %s in %s", kind, k.block)
		return
	}
	k.object(at, el, rule.fields, actionID)
	k.once(k.under(at, "action_id"), "action_id in its block", k.actions, kit.Str(el["action_id"]))
	if rule.more != nil {
		rule.more(k, at, el)
	}
}

var actionID = schema{"action_id": chars(0, 255)}

// confirm takes a dialog that asks whether somebody is sure.
func confirm(k *checker, at string, v any) {
	shaped(schema{
		"!title": plain(100), "!text": text(300), "!confirm": plain(30), "!deny": plain(30), "style": nil,
	})(k, at, v)
}

// focus takes the wish for the focus: only one element of a view may have it.
func focus(k *checker, at string, v any) {
	if kit.Truth(v) && k.focused {
		k.fail(at, "only one element may have the focus")
	}
	k.focused = k.focused || kit.Truth(v)
}

// options takes a list of options, whose texts are of a kind.
func options(most int, kind func(most int) check) check {
	option := shaped(schema{
		"!text": kind(75), "!value": chars(1, 150), "description": kind(75), "url": chars(0, 3000),
	})
	return func(k *checker, at string, v any) {
		seen := map[string]bool{}
		items(1, most, func(k *checker, at string, v any) {
			option(k, at, v)
			k.once(k.under(at, "value"), "option value", seen, kit.Str(kit.Object(v)["value"]))
		})(k, at, v)
	}
}

func menu(k *checker, at string, el kit.Obj) {
	if (el["options"] == nil) == (el["option_groups"] == nil) {
		k.fail(at, "must have either options or option_groups")
		return
	}
	chosen(k, at, el)
}

// chosen checks that initial options are among the options, in all their fields.
func chosen(k *checker, at string, el kit.Obj) {
	in := func(at string, v any) {
		o := kit.Object(v)
		if have := kit.Option(el, kit.Str(o["value"])); have == nil || string(kit.JSON(have)) != string(kit.JSON(o)) {
			k.fail(at, "must be one of the provided options")
		}
	}
	if v := el["initial_option"]; v != nil {
		in(at+"/initial_option", v)
	}
	for _, v := range kit.List(el["initial_options"]) {
		in(at+"/initial_options", v)
	}
}

// lengths checks the text of an input against the lengths that it allows itself.
func lengths(k *checker, at string, el kit.Obj) {
	least, _ := el["min_length"].(float64)
	most, limited := el["max_length"].(float64)
	if !limited {
		most = 3000
	}
	if least > most {
		k.fail(at+"/min_length", "must not be more than max_length")
	}
	if v := el["initial_value"]; v != nil {
		chars(0, int(most))(k, at+"/initial_value", v)
	}
}

var (
	dateShape = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeShape = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)
)

// IsDate says whether s has the form of a date, 2006-01-02.
func IsDate(s string) bool { return dateShape.MatchString(s) }

// IsTime says whether s is a time of day, 15:04.
func IsTime(s string) bool { return timeShape.MatchString(s) }

func isZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil
}
