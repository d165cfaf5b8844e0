package hands

import (
	"cmp"
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

func (s surface) block(h *Hands, b kit.Obj) string {
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

// choices shows options: ( ) or (x), [ ] or [x] for checkboxes, before their text.
func choices(el, state kit.Obj) string {
	chosen := map[any]bool{}
	for _, o := range append(kit.List(state["selected_options"]), state["selected_option"]) {
		chosen[kit.Object(o)["value"]] = true
	}
	form := "(%s) %s"
	if el["type"] == "checkboxes" {
		form = "[%s] %s"
	}
	var all []string
	for _, o := range kit.Options(el) {
		mark := " "
		if chosen[o["value"]] {
			mark = "x"
		}
		t := fmt.Sprintf(form, mark, kit.Text(o["text"]))
		if d := kit.Text(o["description"]); d != "" {
			t += " – " + d
		}
		all = append(all, t)
	}
	return strings.Join(all, " ")
}

// names are those of the people with these ids.
func (h *Hands) names(ids ...any) string {
	var all []string
	for _, id := range ids {
		for _, p := range h.w.People() {
			if p.ID == id {
				all = append(all, p.Name)
			}
		}
	}
	return strings.Join(all, ", ")
}

// element shows one element: what is in it, or else its placeholder.
func (s surface) element(h *Hands, b, el kit.Obj) string {
	state, is := s.values[kit.Str(b["block_id"])][kit.Str(el["action_id"])], ""
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
		return choices(el, state)
	case "multi_users_select":
		return h.names(kit.List(state["selected_users"])...)
	case "users_select":
		is = h.names(state["selected_user"])
	case "conversations_select":
		for _, c := range h.w.Channels(h.user) {
			if c.ID == kit.Str(state["selected_conversation"]) {
				is = "#" + c.Name
			}
		}
	}
	return cmp.Or(is, kit.Str(state["value"]), kit.Str(state["selected_date"]), kit.Str(state["selected_time"]),
		kit.Text(el["placeholder"]))
}
