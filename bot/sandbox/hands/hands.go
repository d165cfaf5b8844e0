package hands

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// Hands does what a person does, by what is visible: labels, options and texts instead of ids. It looks at the
// uppermost modal if one is open, else at Home after AtHome, else at the conversation chosen by In, newest post first.
// At first that is the person's DM with the app, or the first channel they are in.
type Hands struct {
	w       *Workspace
	user    string
	channel string
	home    bool
}

// As gives the hands of user.
func (w *Workspace) As(user string) *Hands {
	h := &Hands{w: w, user: user}
	if h.channel = h.DM(); h.channel == "" {
		for _, c := range w.Channels(user) {
			if slices.Contains(c.Members, user) {
				h.channel = c.ID
				break
			}
		}
	}
	return h
}

// In looks at the conversation with an id, from now on.
func (h *Hands) In(channel string) *Hands { return &Hands{w: h.w, user: h.user, channel: channel} }

// AtHome looks at the app's Home tab. It does not open it: Workspace.OpenHome does.
func (h *Hands) AtHome() *Hands { return &Hands{w: h.w, user: h.user, channel: h.channel, home: true} }

// DM is the id of the person's conversation with the app, "" if there is none yet.
func (h *Hands) DM() (id string) {
	h.w.With(func(w held) {
		if c := w.DMOf(h.user); c != nil {
			id = c.ID
		}
	})
	return id
}

// Types sends a line: a command if it begins with a slash, else a message.
func (h *Hands) Types(line string) error {
	if strings.HasPrefix(line, "/") {
		return h.w.Command(context.Background(), h.user, h.channel, line)
	}
	_, err := h.w.Say(h.user, h.channel, "", line)
	return err
}

// Press taps the button with a visible text, or the option of an overflow menu; the newest one that has it.
func (h *Hands) Press(label string) error {
	for _, s := range h.surfaces() {
		for _, e := range kit.Elements(s.blocks) {
			switch e.Kind() {
			case "button":
				if kit.Text(e.Body["text"]) == label {
					return h.act(s, e, Value{})
				}
			case "overflow":
				if o := labelled(e, label); o != nil {
					return h.act(s, e, Value{Option: kit.Str(o["value"])})
				}
			}
		}
	}
	return h.nothing("button", label)
}

// labelled is the option with a visible text; nil for none.
func labelled(e kit.Element, text string) kit.Obj {
	for _, o := range kit.Options(e.Body) {
		if kit.Text(o["text"]) == text {
			return o
		}
	}
	return nil
}

// Pick chooses an option by its visible text, in a menu, radio group or checkboxes (where it adds one) whose label,
// text or placeholder contains question.
func (h *Hands) Pick(question, choice string) error {
	missing, label := "question", question
	for _, s := range h.surfaces() {
		for _, e := range asked(s, question) {
			missing, label = "option", choice
			o := labelled(e, choice)
			if o == nil {
				continue
			}
			v := Value{Option: kit.Str(o["value"])}
			if e.Kind() == "checkboxes" {
				v = Value{Options: []string{v.Option}}
				for _, had := range kit.List(s.values[e.BlockID][e.ID()]["selected_options"]) {
					if value := kit.Str(kit.Object(had)["value"]); value != v.Options[0] {
						v.Options = append(v.Options, value)
					}
				}
			}
			return h.act(s, e, v)
		}
	}
	return h.nothing(missing, label)
}

// Fill types into, or chooses in, a text, date, time, person or channel field whose label contains label. A person is
// given by name or id, several with commas between; "" empties the field.
func (h *Hands) Fill(label, text string) error {
	for _, s := range h.surfaces() {
		for _, e := range asked(s, label) {
			var v Value
			switch e.Kind() {
			case "plain_text_input":
				v.Text = text
			case "datepicker":
				v.Date = text
			case "timepicker":
				v.Time = text
			case "users_select":
				v.User = h.named(text)
			case "multi_users_select":
				for name := range strings.SplitSeq(text, ",") {
					if name = strings.TrimSpace(name); name != "" {
						v.Users = append(v.Users, h.named(name))
					}
				}
			case "conversations_select":
				v.Channel = h.conversation(text)
			default:
				continue
			}
			return h.act(s, e, v)
		}
	}
	return h.nothing("field", label)
}

// Submit presses the modal's submit button; the map holds field errors by block id.
func (h *Hands) Submit() (map[string]string, error) {
	id, _ := h.w.Top(h.user)
	if id == "" {
		return nil, h.nothing("modal", "")
	}
	return h.w.Submit(context.Background(), h.user, id)
}

// Close closes the modal.
func (h *Hands) Close() error {
	id, _ := h.w.Top(h.user)
	if id == "" {
		return h.nothing("modal", "")
	}
	return h.w.Dismiss(context.Background(), h.user, id)
}

func (h *Hands) nothing(what, label string) error {
	return fmt.Errorf("sandbox: %s sees no %s %q in:\n%s", h.user, what, label, h.Reads())
}

// named is the id of a person, by their full or first name, or their id.
func (h *Hands) named(who string) string {
	people := h.w.People()
	for _, name := range []func(world.Person) string{
		func(p world.Person) string { return p.Name },
		func(p world.Person) string { first, _, _ := strings.Cut(p.Name, " "); return first },
	} {
		for _, p := range people {
			if strings.EqualFold(name(p), who) {
				return p.ID
			}
		}
	}
	return who
}

// conversation is the id of a channel that the person can see, by its name or id.
func (h *Hands) conversation(name string) string {
	for _, c := range h.w.Channels(h.user) {
		if c.Name == strings.TrimPrefix(name, "#") && name != "" {
			return c.ID
		}
	}
	return name
}

func (h *Hands) act(s surface, e kit.Element, v Value) error {
	return h.w.Act(context.Background(), h.user, s.place, e.BlockID, e.ID(), v)
}

// asked are the elements of s that a person would take for the answer to question: its label, the text of its block,
// its placeholder, or the section or header right above.
func asked(s surface, question string) []kit.Element {
	var out []kit.Element
	above := ""
	for _, x := range s.blocks {
		b := kit.Object(x)
		words := kit.Text(b["label"]) + "\n" + kit.Text(b["text"])
		for _, e := range kit.Elements([]any{x}) {
			here := words + "\n" + kit.Text(e.Body["placeholder"])
			if kit.Str(b["type"]) == "actions" {
				here += "\n" + above
			}
			if e.Kind() != "button" && strings.Contains(here, question) {
				out = append(out, e)
			}
		}
		if t := kit.Text(b["text"]); t != "" {
			above = t
		}
	}
	return out
}

// surface is one thing with blocks that a person looks at.
type surface struct {
	place  Place
	title  string
	submit string
	shut   string
	blocks []any
	values kit.Values
	errors map[string]string
	post   Post
}

// surfaces are what the person looks at, what they would see first coming first.
func (h *Hands) surfaces() []surface {
	if m := h.w.Modals(h.user); len(m) > 0 {
		return []surface{surfaceOf(m[len(m)-1])}
	}
	if h.home {
		if v, ok := h.w.Home(h.user); ok {
			return []surface{surfaceOf(v)}
		}
		return nil
	}
	var out []surface
	for _, p := range h.w.Posts(h.user, h.channel) {
		s := surface{place: Place{Channel: p.Channel, TS: p.TS}, post: p}
		var state kit.Obj
		_, _ = json.Unmarshal(p.Blocks, &s.blocks), json.Unmarshal(p.State, &state)
		s.values = valuesOf(state)
		out = append(out, s)
	}
	slices.Reverse(out)
	return out
}

func surfaceOf(v View) surface {
	var o kit.Obj
	_ = json.Unmarshal(v.JSON, &o)
	return surface{
		place: Place{View: v.ID},
		title: kit.Text(o["title"]), submit: kit.Text(o["submit"]), shut: kit.Text(o["close"]),
		blocks: kit.List(o["blocks"]), values: valuesOf(kit.Object(o["state"])), errors: v.Errors,
	}
}

func valuesOf(state kit.Obj) kit.Values {
	v := kit.Values{}
	for block, actions := range kit.Object(state["values"]) {
		for action, s := range kit.Object(actions) {
			v.Set(block, action, kit.Object(s))
		}
	}
	return v
}
