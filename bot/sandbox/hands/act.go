package hands

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// Place says where an element is: in a view, or in a post.
type Place struct {
	View    string // id of a modal or a Home tab
	Channel string // with TS, of a post
	TS      string
}

// Value is what somebody chose or typed, whichever fits the element. A button needs none. Its JSON is what the page
// sends.
type Value struct {
	Option  string   `json:"option"`  // value of an option
	Options []string `json:"options"` // values of options
	Text    string   `json:"text"`
	Date    string   `json:"date"`    // 2006-01-02
	Time    string   `json:"time"`    // 15:04
	User    string   `json:"user"`    // user id
	Users   []string `json:"users"`   // user ids, in the order chosen
	Channel string   `json:"channel"` // id of a conversation
}

// spot is where an element was found: in a view, or in a message of a conversation.
type spot struct {
	view    *world.View
	channel *world.Conversation
	message *world.Message
}

func (s spot) blocks() []any {
	if s.view != nil {
		return s.view.Blocks()
	}
	return s.message.Blocks
}

func (s spot) enter(e kit.Element, state kit.Obj) {
	var values *kit.Values
	if s.view != nil {
		values = &s.view.Values
		delete(s.view.Errors, e.BlockID)
	} else {
		values = &s.message.Values
	}
	if *values == nil {
		*values = kit.Values{}
	}
	values.Set(e.BlockID, e.ID(), state)
}

// at finds a place that user can reach.
func at(h held, user string, p Place) (s spot, err error) {
	if p.View != "" {
		s.view = h.View(p.View)
		if s.view == nil || s.view.User != user {
			return s, trouble("no_such_view", "This window is no longer open.")
		}
		return s, nil
	}
	if s.channel, err = readable(h, user, p.Channel); err == nil {
		s.message = s.channel.Message(p.TS)
	}
	switch {
	case s.message != nil && !s.channel.Has(user):
		return s, trouble("not_in_channel", "You are not in this channel.")
	case s.message == nil || s.message.For != "" && s.message.For != user:
		return s, trouble("no_such_message", "This message is no longer there.")
	}
	return s, nil
}

// find is the element with these ids.
func (s spot) find(block, action string) (kit.Element, error) {
	for _, e := range kit.Elements(s.blocks()) {
		if e.BlockID == block && e.ID() == action {
			return e, nil
		}
	}
	text := fmt.Sprintf("There is nothing with block %q and action %q.", block, action)
	return kit.Element{}, trouble("no_such_element", text)
}

// Act is a tap on, or a change of, an element. The app is told if the element dispatches; else only the state changes.
func (w *Workspace) Act(ctx context.Context, user string, place Place, block, action string, v Value) error {
	var s spot
	var e kit.Element
	sent := kit.Obj{"block_id": block, "action_id": action}
	err := w.as(user, func(h held) (err error) {
		if s, err = at(h, user, place); err != nil {
			return err
		}
		if e, err = s.find(block, action); err != nil {
			return err
		}
		state, extra, err := change(e.Body, v)
		if err == nil {
			err = chosen(h, user, e.Body, v)
		}
		if err != nil {
			return err
		}
		if state != nil {
			s.enter(e, state)
			h.Changed()
		}
		sent["action_ts"] = h.Stamp()
		maps.Copy(sent, state)
		maps.Copy(sent, extra)
		sent["type"] = e.Kind()
		return nil
	})
	if err != nil || !e.Dispatch {
		return err
	}
	return w.Deliver(ctx, "interactive", func(h held) kit.Obj { return tapPayload(h, s, user, sent) },
		func(h held, answer json.RawMessage) {
			if len(answer) > 0 && string(answer) != "{}" {
				h.Violation("block_actions was acknowledged with a payload, which does nothing")
			}
		})
}

// chosen refuses a choice of somebody or something that is not there, or is not offered.
func chosen(h held, user string, el kit.Obj, v Value) error {
	switch kit.Str(el["type"]) {
	case "users_select", "multi_users_select":
		for _, u := range append(slices.Clone(v.Users), v.User) {
			if u != "" && h.Person(u) == nil {
				return trouble("no_such_user", "There is nobody with the id "+u+".")
			}
		}
	case "conversations_select":
		c, err := readable(h, user, v.Channel)
		if v.Channel != "" && (err != nil || !offers(h, kit.Object(el["filter"]), c)) {
			return trouble("no_such_channel", "There is no conversation with the id "+v.Channel+" to choose.")
		}
	}
	return nil
}

// offers says whether a conversations_select with a filter lists c.
func offers(h held, filter kit.Obj, c *world.Conversation) bool {
	kind := c.Kind
	if kind == "channel" {
		kind = "public"
	}
	withBot := slices.ContainsFunc(c.Members, func(m string) bool { return h.Person(m) != nil && h.Person(m).Bot })
	include := kit.List(filter["include"])
	switch {
	case len(include) > 0 && !slices.Contains(include, any(kind)),
		kit.Truth(filter["exclude_external_shared_channels"]) && c.External,
		kit.Truth(filter["exclude_bot_users"]) && c.Kind == "im" && withBot:
		return false
	}
	return true
}

// change gives el's new state with v, nil if el has none, and what else the app is told about the tap.
func change(el kit.Obj, v Value) (state, extra kit.Obj, err error) {
	var value any // what is chosen; nil for nothing
	text := func(s string) {
		if s != "" {
			value = s
		}
	}
	switch kit.Str(el["type"]) {
	case "button":
		return nil, buttonSays(el), nil
	case "overflow":
		o := kit.Option(el, v.Option)
		if o == nil {
			return nil, nil, noOption(v.Option)
		}
		return nil, kit.Obj{"selected_option": o}, nil
	case "static_select", "radio_buttons":
		if v.Option == "" {
			break
		}
		o := kit.Option(el, v.Option)
		if o == nil {
			return nil, nil, noOption(v.Option)
		}
		value = o
	case "checkboxes":
		value, err = ticked(el, v.Options)
	case "plain_text_input":
		if longest := most(el, "max_length", 3000); utf8.RuneCountInString(v.Text) > longest {
			err = trouble("too_long", fmt.Sprintf("No more than %d characters fit here.", longest))
		}
		text(v.Text)
		extra = kit.Obj{"value": v.Text}
	case "datepicker":
		if v.Date != "" && !rules.IsDate(v.Date) {
			err = trouble("bad_date", "A date looks like 2026-01-31.")
		}
		text(v.Date)
	case "timepicker":
		if v.Time != "" && !rules.IsTime(v.Time) {
			err = trouble("bad_time", "A time looks like 09:30.")
		}
		text(v.Time)
	case "users_select":
		text(v.User)
	case "conversations_select":
		text(v.Channel)
	case "multi_users_select":
		if n := most(el, "max_selected_items", 1<<20); len(v.Users) > n {
			err = trouble("too_many", fmt.Sprintf("No more than %d people fit here.", n))
		}
		value = anys(v.Users)
	}
	return kit.NewState(el, value), extra, err
}

// buttonSays is what the app is told of a button beside its ids.
func buttonSays(el kit.Obj) kit.Obj {
	extra := kit.Obj{"text": el["text"]}
	for _, k := range []string{"value", "style", "url"} {
		if x := kit.Str(el[k]); x != "" {
			extra[k] = x
		}
	}
	return extra
}

// ticked are the options with these values, in the order in which they are shown.
func ticked(el kit.Obj, options []string) ([]any, error) {
	out := []any{}
	for _, o := range kit.Options(el) {
		if slices.Contains(options, kit.Str(o["value"])) {
			out = append(out, o)
		}
	}
	if len(out) != len(options) {
		return nil, noOption(fmt.Sprint(options))
	}
	return out, nil
}

// most is the number that el gives under a key, or otherwise.
func most(el kit.Obj, key string, otherwise int) int {
	if m, ok := el[key].(float64); ok {
		return int(m)
	}
	return otherwise
}

func anys(s []string) []any {
	out := make([]any, 0, len(s))
	for _, x := range s {
		out = append(out, x)
	}
	return out
}

func noOption(v string) error {
	return trouble("no_such_option", fmt.Sprintf("There is no option %q here.", v))
}
