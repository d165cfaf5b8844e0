package sandbox

import (
	"fmt"
	"strings"
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
			line(s.block(h, object(x)))
			if e := s.errors[str(object(x)["block_id"])]; e != "" {
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

func (s seenSurface) block(h *Hands, b obj) string {
	var parts []string
	add := func(t string) {
		if t != "" {
			parts = append(parts, t)
		}
	}
	switch str(b["type"]) {
	case "section", "header":
		add(textOf(b["text"]))
		for _, f := range list(b["fields"]) {
			add(textOf(f))
		}
		add(s.element(h, b, object(b["accessory"])))
	case "context":
		for _, e := range list(b["elements"]) {
			add(str(object(e)["text"]))
			add(str(object(e)["alt_text"]))
		}
	case "actions":
		for _, e := range list(b["elements"]) {
			add(s.element(h, b, object(e)))
		}
	case "input":
		add(textOf(b["label"]) + ":")
		add(s.element(h, b, object(b["element"])))
		add(textOf(b["hint"]))
	case "image":
		add(textOf(b["title"]))
		add(str(b["alt_text"]))
	case "rich_text":
		add(richText(b))
	}
	return strings.Join(parts, " ")
}

func richText(v any) string {
	o := object(v)
	switch str(o["type"]) {
	case "text":
		return str(o["text"])
	case "link":
		if t := str(o["text"]); t != "" {
			return t
		}
		return str(o["url"])
	case "user":
		return "<@" + str(o["user_id"]) + ">"
	case "emoji":
		return ":" + str(o["name"]) + ":"
	}
	var b strings.Builder
	for _, e := range list(o["elements"]) {
		b.WriteString(richText(e))
		if t := str(object(e)["type"]); strings.HasPrefix(t, "rich_text_") {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func (s seenSurface) element(h *Hands, b, el obj) string {
	if el == nil {
		return ""
	}
	now := s.values[str(b["block_id"])][str(el["action_id"])]
	chosen := func(value string) bool {
		if str(object(now["selected_option"])["value"]) == value && now["selected_option"] != nil {
			return true
		}
		for _, o := range list(now["selected_options"]) {
			if str(object(o)["value"]) == value {
				return true
			}
		}
		return false
	}
	switch str(el["type"]) {
	case "button":
		return "[" + textOf(el["text"]) + "]"
	case "image":
		return str(el["alt_text"])
	case "overflow":
		var all []string
		for _, o := range options(el) {
			all = append(all, "["+textOf(o["text"])+"]")
		}
		return strings.Join(all, " ")
	case "radio_buttons", "static_select", "checkboxes":
		open, shut := "(", ")"
		if str(el["type"]) == "checkboxes" {
			open, shut = "[", "]"
		}
		var all []string
		for _, o := range options(el) {
			mark := " "
			if chosen(str(o["value"])) {
				mark = "x"
			}
			t := fmt.Sprintf("%s%s%s %s", open, mark, shut, textOf(o["text"]))
			if d := textOf(o["description"]); d != "" {
				t += " – " + d
			}
			all = append(all, t)
		}
		return strings.Join(all, " ")
	case "users_select":
		id := str(now["selected_user"])
		for _, p := range h.w.People() {
			if p.ID == id {
				return p.Name
			}
		}
		return textOf(el["placeholder"])
	case "multi_users_select":
		var all []string
		for _, id := range list(now["selected_users"]) {
			for _, p := range h.w.People() {
				if p.ID == id {
					all = append(all, p.Name)
				}
			}
		}
		return strings.Join(all, ", ")
	case "conversations_select":
		for _, c := range h.w.Channels(h.user) {
			if c.ID == str(now["selected_conversation"]) {
				return "#" + c.Name
			}
		}
		return textOf(el["placeholder"])
	}
	for _, k := range []string{"value", "selected_date", "selected_time"} {
		if t := str(now[k]); t != "" {
			return t
		}
	}
	return textOf(el["placeholder"])
}
