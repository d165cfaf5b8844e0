package sandbox_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"stepin/bot/sandbox/rules"
)

func x(n int) string { return strings.Repeat("é", n) } // two bytes each: characters count, not bytes

func with(o obj, k string, v any) obj {
	c := maps.Clone(o)
	c[k] = v
	return c
}

func many(n int, make func(i int) any) []any {
	out := []any{}
	for i := range n {
		out = append(out, make(i))
	}
	return out
}

func opts(n int) []any {
	return many(n, func(i int) any { return opt(fmt.Sprint("v", i), fmt.Sprint("Option ", i)) })
}

func actions(el ...any) obj { return obj{"type": "actions", "elements": el} }

func choice(kind string, n int) obj {
	return obj{"type": kind, "action_id": "a", "options": opts(n)}
}

func confirmation(title, text, yes, no int) obj {
	b := button("b", "B")
	b["confirm"] = obj{"title": plain(x(title)), "text": plain(x(text)), "confirm": plain(x(yes)), "deny": plain(x(no))}
	return actions(b)
}

// TestBlockLimits has each limit of docs.slack.dev/reference/block-kit, with the largest (or smallest) that is taken.
func TestBlockLimits(t *testing.T) {
	mrkdwn := func(n int) obj { return obj{"type": "mrkdwn", "text": x(n), "verbatim": true} }
	tests := []struct {
		name  string
		on    rules.Surface
		most  int
		block func(n int) any // a block, or blocks
	}{
		{"blocks of a message", rules.Message, 50, func(n int) any { return many(n, func(int) any { return obj{"type": "divider"} }) }},
		{"blocks of a modal", rules.Modal, 100, func(n int) any { return many(n, func(int) any { return obj{"type": "divider"} }) }},
		{"blocks of a Home tab", rules.Home, 100, func(n int) any { return many(n, func(int) any { return obj{"type": "divider"} }) }},
		{"block_id", rules.Modal, 255, func(n int) any { return obj{"type": "divider", "block_id": x(n)} }},
		{"action_id", rules.Modal, 255, func(n int) any { return actions(with(button("", "B"), "action_id", x(n))) }},
		{"section.text", rules.Message, 3000, func(n int) any { return section(x(n)) }},
		{"section.text in mrkdwn", rules.Message, 3000, func(n int) any { return obj{"type": "section", "text": mrkdwn(n)} }},
		{"section.fields", rules.Message, 10, func(n int) any {
			return obj{"type": "section", "fields": many(n, func(int) any { return plain("f") })}
		}},
		{"section.fields text", rules.Message, 2000, func(n int) any { return obj{"type": "section", "fields": []any{mrkdwn(n)}} }},
		{"header", rules.Message, 150, func(n int) any { return obj{"type": "header", "text": plain(x(n))} }},
		{"context elements", rules.Message, 10, func(n int) any {
			return obj{"type": "context", "elements": many(n, func(int) any { return mrkdwn(3) })}
		}},
		{"context text", rules.Message, 3000, func(n int) any { return obj{"type": "context", "elements": []any{mrkdwn(n)}} }},
		{"actions elements", rules.Message, 25, func(n int) any {
			return actions(many(n, func(i int) any { return button(fmt.Sprint(i), "B") })...)
		}},
		{"input label", rules.Modal, 2000, func(n int) any { return field("b", x(n), textField("a")) }},
		{"input hint", rules.Modal, 2000, func(n int) any { return with(field("b", "L", textField("a")), "hint", plain(x(n))) }},
		{"max_length", rules.Modal, 3000, func(n int) any { return field("b", "L", with(textField("a"), "max_length", n)) }},
		{"min_length", rules.Modal, 3000, func(n int) any { return field("b", "L", with(textField("a"), "min_length", n)) }},
		{"initial_value", rules.Modal, 3000, func(n int) any { return field("b", "L", with(textField("a"), "initial_value", x(n))) }},
		{"placeholder", rules.Modal, 150, func(n int) any { return field("b", "L", with(textField("a"), "placeholder", plain(x(n)))) }},
		{"button text", rules.Message, 75, func(n int) any { return actions(button("b", x(n))) }},
		{"button value", rules.Message, 2000, func(n int) any { return actions(with(button("b", "B"), "value", x(n))) }},
		{"button url", rules.Message, 3000, func(n int) any { return actions(with(button("b", "B"), "url", x(n))) }},
		{"button accessibility_label", rules.Message, 75, func(n int) any { return actions(with(button("b", "B"), "accessibility_label", x(n))) }},
		{"static_select options", rules.Modal, 100, func(n int) any { return actions(choice("static_select", n)) }},
		{"option groups", rules.Modal, 100, func(n int) any {
			return actions(obj{"type": "static_select", "action_id": "a", "option_groups": many(n, func(int) any {
				return obj{"label": plain("G"), "options": opts(1)}
			})})
		}},
		{"options of a group", rules.Modal, 100, func(n int) any {
			return actions(obj{"type": "static_select", "action_id": "a", "option_groups": []any{obj{"label": plain("G"), "options": opts(n)}}})
		}},
		{"group label", rules.Modal, 75, func(n int) any {
			return actions(obj{"type": "static_select", "action_id": "a", "option_groups": []any{obj{"label": plain(x(n)), "options": opts(1)}}})
		}},
		{"option text", rules.Modal, 75, func(n int) any { return actions(with(choice("radio_buttons", 1), "options", []any{opt("v", x(n))})) }},
		{"option description", rules.Modal, 75, func(n int) any {
			return actions(with(choice("checkboxes", 1), "options", []any{with(opt("v", "O"), "description", plain(x(n)))}))
		}},
		{"option value", rules.Modal, 150, func(n int) any { return actions(with(choice("static_select", 1), "options", []any{opt(x(n), "O")})) }},
		{"option url", rules.Message, 3000, func(n int) any {
			return actions(with(choice("overflow", 1), "options", []any{with(opt("v", "O"), "url", x(n))}))
		}},
		{"overflow options", rules.Message, 5, func(n int) any { return actions(choice("overflow", n)) }},
		{"radio options", rules.Message, 10, func(n int) any { return actions(choice("radio_buttons", n)) }},
		{"checkbox options", rules.Message, 10, func(n int) any { return actions(choice("checkboxes", n)) }},
		{"confirm title", rules.Message, 100, func(n int) any { return confirmation(n, 1, 1, 1) }},
		{"confirm text", rules.Message, 300, func(n int) any { return confirmation(1, n, 1, 1) }},
		{"confirm yes", rules.Message, 30, func(n int) any { return confirmation(1, 1, n, 1) }},
		{"confirm no", rules.Message, 30, func(n int) any { return confirmation(1, 1, 1, n) }},
		{"image alt_text", rules.Message, 2000, func(n int) any { return obj{"type": "image", "image_url": "https://e.com/x.png", "alt_text": x(n)} }},
		{"image title", rules.Message, 2000, func(n int) any {
			return obj{"type": "image", "image_url": "https://e.com/x.png", "alt_text": "x", "title": plain(x(n))}
		}},
		{"image url", rules.Message, 3000, func(n int) any { return obj{"type": "image", "image_url": x(n), "alt_text": "x"} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{tt.most, tt.most + 1} {
				blocks, ok := tt.block(n).([]any)
				if !ok {
					blocks = []any{tt.block(n)}
				}
				bad := rules.Blocks(decoded(blocks), tt.on)
				if (len(bad) > 0) != (n > tt.most) {
					t.Errorf("%d of at most %d: %v", n, tt.most, bad)
				}
			}
		})
	}
}

// decoded is v as it comes off the wire.
func decoded(v []any) []any {
	var out []any
	mustDecode(mustJSON(v), &out)
	return out
}

// TestBadBlocks has what is refused without a number.
func TestBadBlocks(t *testing.T) {
	good := func(el obj) any { return actions(el) }
	tests := []struct {
		name   string
		blocks []any
		at     string // JSON pointer of the complaint; "" if it is taken
	}{
		{"empty text", []any{section("")}, "/blocks/0/text/text"},
		{"empty header", []any{obj{"type": "header", "text": plain("")}}, "/blocks/0/text/text"},
		{"header in mrkdwn", []any{obj{"type": "header", "text": obj{"type": "mrkdwn", "text": "x"}}}, "/blocks/0/text/type"},
		{"button in mrkdwn", []any{good(with(button("b", "B"), "text", obj{"type": "mrkdwn", "text": "x"}))}, "/blocks/0/elements/0/text/type"},
		{"unknown block", []any{obj{"type": "alien"}}, "/blocks/0/type"},
		{"unknown field", []any{with(section("x"), "colour", "red")}, "/blocks/0/colour"},
		{"unknown field of an element", []any{good(with(button("b", "B"), "colour", "red"))}, "/blocks/0/elements/0/colour"},
		{"no text", []any{obj{"type": "section"}}, "/blocks/0"},
		{"same block_id", []any{with(section("x"), "block_id", "a"), with(section("y"), "block_id", "a")}, "/blocks/1/block_id"},
		{"same action_id in a block", []any{actions(button("a", "A"), button("a", "B"))}, "/blocks/0/elements/1/action_id"},
		{"same action_id in two blocks", []any{actions(button("a", "A")), actions(button("a", "B"))}, ""},
		{"no options", []any{good(choice("radio_buttons", 0))}, "/blocks/0/elements/0/options"},
		{"options and groups", []any{good(with(choice("static_select", 1), "option_groups", []any{}))}, "/blocks/0/elements/0"},
		{"initial option not offered", []any{good(with(choice("radio_buttons", 2), "initial_option", opt("zz", "Z")))}, "/blocks/0/elements/0/initial_option"},
		{"initial option with another text", []any{good(with(choice("radio_buttons", 2), "initial_option", opt("v1", "Z")))}, "/blocks/0/elements/0/initial_option"},
		{"initial option", []any{good(with(choice("radio_buttons", 2), "initial_option", opt("v1", "Option 1")))}, ""},
		{"text input in actions", []any{good(textField("a"))}, "/blocks/0/elements/0/type"},
		{"button in input", []any{field("b", "L", button("b", "B"))}, "/blocks/0/element/type"},
		{"bad date", []any{good(obj{"type": "datepicker", "initial_date": "1.2.2026"})}, "/blocks/0/elements/0/initial_date"},
		{"bad time", []any{good(obj{"type": "timepicker", "initial_time": "25:00"})}, "/blocks/0/elements/0/initial_time"},
		{"bad style", []any{good(with(button("b", "B"), "style", "huge"))}, "/blocks/0/elements/0/style"},
		{"two with focus", []any{field("a", "L", with(textField("a"), "focus_on_load", true)), field("b", "L", with(textField("a"), "focus_on_load", true))}, "/blocks/1/element/focus_on_load"},
		{"min over max", []any{field("a", "L", with(with(textField("a"), "min_length", 5), "max_length", 4))}, "/blocks/0/element/min_length"},
		{"rich text", []any{obj{"type": "rich_text", "elements": []any{obj{"type": "rich_text_section", "elements": []any{obj{"type": "text", "text": "x"}}}}}}, ""},
		{"rich text without parts", []any{obj{"type": "rich_text", "elements": []any{}}}, "/blocks/0/elements"},
		{"a string", []any{"x"}, "/blocks/0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := strings.Join(rules.Blocks(decoded(tt.blocks), rules.Modal), "\n")
			if tt.at == "" && bad != "" || tt.at != "" && !strings.Contains(bad, "[json-pointer:"+tt.at+"]") {
				t.Errorf("want a complaint at %q, got %q", tt.at, bad)
			}
		})
	}
}

// TestViewLimits has each limit of docs.slack.dev/reference/views.
func TestViewLimits(t *testing.T) {
	for _, tt := range []struct {
		name string
		most int
		view func(n int) obj
	}{
		{"title", 24, func(n int) obj { return with(modal(section("x")), "title", plain(x(n))) }},
		{"submit", 24, func(n int) obj { return with(modal(section("x")), "submit", plain(x(n))) }},
		{"close", 24, func(n int) obj { return with(modal(section("x")), "close", plain(x(n))) }},
		{"private_metadata", 3000, func(n int) obj { return with(modal(section("x")), "private_metadata", x(n)) }},
		{"callback_id", 255, func(n int) obj { return with(modal(section("x")), "callback_id", x(n)) }},
		{"external_id", 255, func(n int) obj { return with(modal(section("x")), "external_id", x(n)) }},
		{"blocks", 100, func(n int) obj { return modal(many(n, func(int) any { return section("x") })...) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{tt.most, tt.most + 1} {
				var v obj
				mustDecode(mustJSON(tt.view(n)), &v)
				if bad := rules.View(v, rules.Modal); (len(bad) > 0) != (n > tt.most) {
					t.Errorf("%d of at most %d: %v", n, tt.most, bad)
				}
			}
		})
	}
	bad := func(name string, kind rules.Surface, v obj) {
		var d obj
		mustDecode(mustJSON(v), &d)
		if len(rules.View(d, kind)) == 0 {
			t.Errorf("%s: taken", name)
		}
	}
	noSubmit := modal(field("b", "L", textField("a")))
	delete(noSubmit, "submit")
	bad("input without submit", "modal", noSubmit)
	bad("title in mrkdwn", "modal", with(modal(section("x")), "title", obj{"type": "mrkdwn", "text": "x"}))
	bad("unknown field", "modal", with(modal(section("x")), "colour", "red"))
	bad("no blocks", "modal", obj{"type": "modal", "title": plain("x")})
	bad("wrong type", "modal", obj{"type": "home", "blocks": []any{}})
	bad("home with a title", "home", obj{"type": "home", "blocks": []any{section("x")}, "title": plain("x")})
}
