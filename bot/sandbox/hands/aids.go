package hands

import (
	"context"
	"encoding/json"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// What follows are aids for tests: things that happen in a workspace without a click of the people in it.

// Edit changes the profile of user, who must be able to act. If tell is set, the app hears of it by the event
// user_change, if it asked for that; if not, it finds out when it calls.
func (w *Workspace) Edit(ctx context.Context, user string, tell bool, change func(*world.Person)) error {
	e := kit.Obj{"type": "user_change", "cache_ts": 0}
	err := w.as(user, func(h held) error {
		change(h.Person(user))
		e["user"] = h.UserJSON(h.Person(user))
		h.Changed()
		return nil
	})
	if err != nil || !tell {
		return err
	}
	return w.Event(ctx, "user_change", e)
}

// SetGroup makes a user group, or puts others into it. The app is not told.
func (w *Workspace) SetGroup(id string, users ...string) {
	w.With(func(h held) { h.SetGroup(id, users) })
}

// Alter changes a channel as its owners, or an admin, may: it is shared with another organisation, closed to apps, made
// private. The app is not told.
func (w *Workspace) Alter(id string, change func(*world.Channel)) (err error) {
	w.With(func(h held) {
		c := h.Channel(id)
		if c == nil {
			err = trouble("channel_not_found", "There is no such conversation.")
			return
		}
		change(&c.Channel)
		h.Changed()
	})
	return err
}

// Press is a press of a button of the app's by anybody at all, also by somebody whom the platform lets press nothing,
// such as a deactivated account: an app must not rely on that. value is the button's.
func (w *Workspace) Press(ctx context.Context, user string, at Place, block, action, value string) error {
	var s spot
	sent := kit.Obj{"type": "button", "block_id": block, "action_id": action, "value": value}
	w.With(func(h held) {
		sent["action_ts"] = h.Stamp()
		if h.Person(user) == nil {
			return
		}
		if s.view, s.channel = h.View(at.View), h.Channel(at.Channel); s.channel != nil {
			s.message = s.channel.Message(at.TS)
		}
	})
	if s.view == nil && s.message == nil {
		return trouble("no_such_message", "This message is no longer there.")
	}
	return w.Deliver(ctx, "interactive", func(h held) kit.Obj { return tapPayload(h, s, user, sent) }, nil)
}

// Send is a submission of a window by anybody at all, as Press is a press. The window closes after any answer.
func (w *Workspace) Send(ctx context.Context, user, view string) error {
	var v *world.View
	w.With(func(h held) {
		if h.Person(user) != nil {
			v = h.View(view)
		}
	})
	if v == nil {
		return trouble("no_such_view", "This window is no longer open.")
	}
	err := w.Deliver(ctx, "interactive", func(h held) kit.Obj { return submissionPayload(h, v, user) }, nil)
	w.With(func(h held) {
		if h.View(view) == v {
			h.Close(v)
		}
	})
	return err
}

// Plant puts blocks into a conversation as if the app had posted them there: for a press of somebody else's button.
func (w *Workspace) Plant(channel string, blocks json.RawMessage) (p Place, err error) {
	m := &world.Message{Text: "planted"}
	if err := json.Unmarshal(blocks, &m.Blocks); err != nil {
		return p, err
	}
	w.With(func(h held) {
		c := h.Channel(channel)
		if c == nil {
			err = trouble("channel_not_found", "There is no such conversation.")
			return
		}
		kit.NameBlocks(m.Blocks)
		h.AddApp(c, m)
		p = Place{Channel: c.ID, TS: m.TS}
	})
	return p, err
}

// PlantView opens a modal for user, or gives them a Home tab, as if the app had: for the use of somebody else's.
func (w *Workspace) PlantView(user string, view json.RawMessage) (p Place, err error) {
	var body kit.Obj
	if err := json.Unmarshal(view, &body); err != nil {
		return p, err
	}
	home := body["type"] == "home"
	delete(body, "type")
	w.With(func(h held) {
		open := func() (*world.View, *rules.Refusal) { return h.Push(user, body, true) }
		if home {
			open = func() (*world.View, *rules.Refusal) { return h.Publish(user, body) }
		}
		v, bad := open()
		if bad != nil {
			err = trouble(bad.Code, "The window does not open.")
			return
		}
		p.View = v.ID
	})
	return p, err
}

// Clear closes all windows of anybody at all. The app is not told.
func (w *Workspace) Clear(user string) { w.With(func(h held) { h.CloseAll(user) }) }
