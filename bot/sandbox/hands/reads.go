package hands

import (
	"fmt"
	"strings"

	"stepin/bot/sandbox/kit"
)

// Reads is all text that is visible now, a line a block: buttons in [ ], options as ( ) or (x), checkboxes as [ ] or
// [x] before their text, fields as label: value, errors after an exclamation mark, files by their title and content.
func (h *Hands) Reads() string {
	var b strings.Builder
	line := func(parts ...string) {
		s := strings.TrimRight(strings.Join(parts, " "), " ")
		if s != "" {
			b.WriteString(s + "\n")
		}
	}
	seen := h.surfaces()
	for i := len(seen) - 1; i >= 0; i-- { // oldest post first, as on a screen
		s := seen[i]
		line(s.title)
		if len(s.blocks) == 0 {
			line(s.post.Text)
		}
		for _, x := range s.blocks {
			line(s.block(h, kit.Object(x)))
			if e := s.errors[kit.Str(kit.Object(x)["block_id"])]; e != "" {
				line("! " + e)
			}
		}
		for _, f := range s.post.Files {
			line(f.Title)
			line(f.Content)
		}
		foot := ""
		if s.submit != "" {
			foot = "[" + s.submit + "]"
		}
		if s.shut != "" {
			foot += " [" + s.shut + "]"
		}
		line(strings.TrimSpace(foot))
	}
	return b.String()
}

func (s seenSurface) block(h *Hands, b kit.Obj) string {
	var parts []string
	add := func(t string) {
		if t != "" {
			parts = append(parts, t)
		}
	}
	switch kit.Str(b["type"]) {
	case "section", "header":
		add(kit.Text(b["text"]))
		for _, f := range kit.List(b["fields"]) {
			add(kit.Text(f))
		}
		add(s.element(h, b, kit.Object(b["accessory"])))
	case "context":
		for _, e := range kit.List(b["elements"]) {
			add(kit.Str(kit.Object(e)["text"]))
			add(kit.Str(kit.Object(e)["alt_text"]))
		}
	case "actions":
		for _, e := range kit.List(b["elements"]) {
			add(s.element(h, b, kit.Object(e)))
		}
	case "input":
		add(kit.Text(b["label"]) + ":")
		add(s.element(h, b, kit.Object(b["element"])))
		add(kit.Text(b["hint"]))
	case "image":
		add(kit.Text(b["title"]))
		add(kit.Str(b["alt_text"]))
	case "rich_text":
		add(richText(b))
	}
	return strings.Join(parts, " ")
}

func richText(v any) string {
	o := kit.Object(v)
	switch kit.Str(o["type"]) {
	case "text":
		return kit.Str(o["text"])
	case "link":
		if t := kit.Str(o["text"]); t != "" {
			return t
		}
		return kit.Str(o["url"])
	case "user":
		return "<@" + kit.Str(o["user_id"]) + ">"
	case "emoji":
		return ":" + kit.Str(o["name"]) + ":"
	}
	var b strings.Builder
	for _, e := range kit.List(o["elements"]) {
		b.WriteString(richText(e))
		if t := kit.Str(kit.Object(e)["type"]); strings.HasPrefix(t, "rich_text_") {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func (s seenSurface) element(h *Hands, b, el kit.Obj) string {
	if el == nil {
		return ""
	}
	now := s.values[kit.Str(b["block_id"])][kit.Str(el["action_id"])]
	chosen := func(value string) bool {
		if kit.Str(kit.Object(now["selected_option"])["value"]) == value && now["selected_option"] != nil {
			return true
		}
		for _, o := range kit.List(now["selected_options"]) {
			if kit.Str(kit.Object(o)["value"]) == value {
				return true
			}
		}
		return false
	}
	switch kit.Str(el["type"]) {
	case "button":
		return "[" + kit.Text(el["text"]) + "]"
	case "image":
		return kit.Str(el["alt_text"])
	case "overflow":
		var all []string
		for _, o := range kit.Options(el) {
			all = append(all, "["+kit.Text(o["text"])+"]")
		}
		return strings.Join(all, " ")
	case "radio_buttons", "static_select", "checkboxes":
		open, shut := "(", ")"
		if kit.Str(el["type"]) == "checkboxes" {
			open, shut = "[", "]"
		}
		var all []string
		for _, o := range kit.Options(el) {
			mark := " "
			if chosen(kit.Str(o["value"])) {
				mark = "x"
			}
			t := fmt.Sprintf("%s%s%s %s", open, mark, shut, kit.Text(o["text"]))
			if d := kit.Text(o["description"]); d != "" {
				t += " – " + d
			}
			all = append(all, t)
		}
		return strings.Join(all, " ")
	case "users_select":
		id := kit.Str(now["selected_user"])
		for _, p := range h.w.People() {
			if p.ID == id {
				return p.Name
			}
		}
		return kit.Text(el["placeholder"])
	case "multi_users_select":
		var all []string
		for _, id := range kit.List(now["selected_users"]) {
			for _, p := range h.w.People() {
				if p.ID == id {
					all = append(all, p.Name)
				}
			}
		}
		return strings.Join(all, ", ")
	case "conversations_select":
		for _, c := range h.w.Channels(h.user) {
			if c.ID == kit.Str(now["selected_conversation"]) {
				return "#" + c.Name
			}
		}
		return kit.Text(el["placeholder"])
	}
	for _, k := range []string{"value", "selected_date", "selected_time"} {
		if t := kit.Str(now[k]); t != "" {
			return t
		}
	}
	return kit.Text(el["placeholder"])
}
