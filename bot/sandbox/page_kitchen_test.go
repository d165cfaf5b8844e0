package sandbox_test

import "strings"

const longWord = "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüsselbund"

func mrk(s string) obj { return obj{"type": "mrkdwn", "text": s} }

func withID(id string, b obj) obj {
	b["block_id"] = id
	return b
}

func optional(b obj) obj {
	b["optional"] = true
	return b
}

// kitchenSink is a modal with every kind of block and element.
func kitchenSink() obj {
	v := modal(kitchenBlocks()...)
	v["callback_id"], v["title"], v["submit"] = "kitchen", plain("A pause, first"), plain("See what I think")
	return v
}

func kitchenBlocks() []any {
	long := opt("c", "Yes, though hardly, and "+longWord[:40])
	long["description"] = plain("A description that runs on for a while, so that it wraps.")
	radios := []any{opt("a", "Asked me in"), opt("b", "Not yet"), long}
	confirm := obj{"title": plain("Take over?"), "text": plain("Dana will lead less."), "confirm": plain("Take over"), "deny": plain("Not now")}
	danger := button("danger", "Take over")
	danger["style"], danger["confirm"] = "danger", confirm
	primary := button("update", "I’ll hold back")
	primary["style"] = "primary"
	must := field("must", "Has Dana said what would help?", obj{"type": "radio_buttons", "action_id": "must-in", "options": radios})
	must["dispatch_action"] = true
	line := optional(field("line", "Which call is it?", textField("line-in")))
	line["hint"] = plain("The rep, or the deal, in your own words.")
	accessory := func(text string, el obj) obj { return obj{"type": "section", "text": mrk(text), "accessory": el} }
	return []any{
		obj{"type": "header", "text": plain("Before you step in")},
		obj{"type": "section", "text": mrk("*Bold*, _italic_, ~gone~, `code`, <@" + dana + ">, <#" + deals + ">, <https://example.com|a link>, &lt;b&gt; &amp;amp; <!date^1700000000^{date_short} {time}|then> :wave:\n> a quote\n> of two lines\n```let me = code```")},
		obj{"type": "section", "text": obj{"type": "mrkdwn", "text": "verbatim https://example.com/x @here", "verbatim": true}},
		obj{"type": "section", "fields": []any{mrk("*Rep*\nDana Reyes"), mrk("*Deal*\n" + longWord)}},
		obj{"type": "context", "elements": []any{mrk("Only you see this."), obj{"type": "image", "image_url": "https://example.com/x.png", "alt_text": "a leaf"}}},
		obj{"type": "divider"},
		obj{"type": "actions", "block_id": "acts", "elements": []any{primary, danger, button("plain", "Ask Dana Reyes first, if there is time left"), button("silent", "Never answers")}},
		accessory("Choose *one* from a list", obj{"type": "static_select", "action_id": "acc-select", "placeholder": plain("Choose"), "options": []any{opt("x", "Thirty minutes"), opt("y", longWord)}}),
		withID("more", accessory("Something with *more* behind it", obj{"type": "overflow", "action_id": "more-in", "options": []any{opt("1", "It moved"), opt("2", "It didn't happen")}})),
		accessory("A button beside some longer text, which wraps over a line or two on a phone", button("beside", "Change")),
		must,
		line,
		optional(field("many", "Why, in more words?", obj{"type": "plain_text_input", "action_id": "many-in", "multiline": true, "placeholder": plain("As you like")})),
		optional(field("checks", "What can you give?", obj{"type": "checkboxes", "action_id": "checks-in", "options": []any{opt("fact", "A fact"), opt("limit", "A limit"), opt("person", "A person")}})),
		optional(field("pick", "How long is it?", obj{
			"type": "static_select", "action_id": "pick-in", "placeholder": plain("Choose"),
			"option_groups": []any{obj{"label": plain("Short"), "options": []any{opt("15", "15 minutes")}}, obj{"label": plain("Long"), "options": []any{opt("60", "An hour")}}},
		})),
		optional(field("who", "Whose call is it?", obj{"type": "users_select", "action_id": "who-in"})),
		optional(field("reps", "Who is on the team?", obj{"type": "multi_users_select", "action_id": "reps-in", "initial_users": []any{dana, sam}, "max_selected_items": 3})),
		optional(field("next", "Who comes after them?", obj{"type": "multi_users_select", "action_id": "next-in", "placeholder": plain("Anybody")})),
		optional(field("where", "Where do debriefs go?", obj{
			"type": "conversations_select", "action_id": "where-in",
			"filter": obj{"include": []any{"public", "private"}, "exclude_bot_users": true},
		})),
		optional(field("lines", "Skills, one a line", obj{"type": "plain_text_input", "action_id": "lines-in", "multiline": true, "initial_value": "Pricing: Negotiation\nLegal: Contracts"})),
		optional(field("date", "Which day?", obj{"type": "datepicker", "action_id": "date-in", "initial_date": "2026-11-24"})),
		optional(field("time", "When does it start?", obj{"type": "timepicker", "action_id": "time-in", "initial_time": "09:30"})),
		obj{"type": "image", "image_url": "https://example.com/y.png", "alt_text": "Bars: three pauses, two hold-backs", "title": plain("Your month")},
		obj{"type": "rich_text", "elements": []any{
			obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": "Rich, ", "style": obj{"bold": true}}, obj{"type": "user", "user_id": dana}}},
			obj{"type": "rich_text_list", "style": "bullet", "elements": []any{
				obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": "one"}}},
				obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": "two " + longWord}}},
			}},
		}},
		obj{"type": "section", "text": mrk(strings.Repeat("Long text goes on. ", 20))},
	}
}

// kitchenHome has what a Home tab can have.
func kitchenHome() obj {
	return obj{"type": "home", "blocks": kitchenBlocks()}
}

// kitchenPost is what of it a message can have.
func kitchenPost() []any {
	var out []any
	for _, b := range kitchenBlocks() {
		if b.(obj)["type"] != "input" {
			out = append(out, b)
		}
	}
	return out
}
