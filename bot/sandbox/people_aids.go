package sandbox

import (
	"context"
	"encoding/json"
	"time"

	"stepin/bot/sandbox/kit"
)

// What follows are aids for tests: things that happen in a workspace without a click of the people in it.

// Leave deactivates user. If tell is set, the app hears of it by the event user_change, as far as it asked for that; if
// not, it finds out when it calls.
func (w *Workspace) Leave(ctx context.Context, user string, tell bool) error {
	w.mu.Lock()
	if t := w.canAct(user); t != nil {
		w.mu.Unlock()
		return t
	}
	p := w.byID[user]
	p.Deleted = true
	w.changed()
	e := kit.Obj{"type": "user_change", "user": w.userJSON(p), "cache_ts": 0}
	w.mu.Unlock()
	if !tell {
		return nil
	}
	if t := w.subscribed(ctx, "user_change", e); t != nil {
		return t
	}
	return nil
}

// SetStatus gives user a status, which ends at until (zero for never), and tells the app.
func (w *Workspace) SetStatus(ctx context.Context, user, emoji string, until time.Time) error {
	return w.edit(ctx, user, func(p *Person) {
		if p.StatusEmoji, p.StatusUntil = emoji, 0; !until.IsZero() {
			p.StatusUntil = until.Unix()
		}
	})
}

// SetZone moves user to another time zone, and tells the app.
func (w *Workspace) SetZone(ctx context.Context, user, zone string) error {
	return w.edit(ctx, user, func(p *Person) { p.Zone = zone })
}

// SetGuest makes user a guest, or a member again. If tell is set, the app hears of it, as of Leave.
func (w *Workspace) SetGuest(ctx context.Context, user string, guest, tell bool) error {
	if !tell {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.byID[user].Guest = guest
		w.changed()
		return nil
	}
	return w.edit(ctx, user, func(p *Person) { p.Guest = guest })
}

// edit changes a profile, of which the app hears by the event user_change.
func (w *Workspace) edit(ctx context.Context, user string, change func(*Person)) error {
	w.mu.Lock()
	if t := w.canAct(user); t != nil {
		w.mu.Unlock()
		return t
	}
	p := w.byID[user]
	change(p)
	w.changed()
	e := kit.Obj{"type": "user_change", "user": w.userJSON(p), "cache_ts": 0}
	w.mu.Unlock()
	if t := w.subscribed(ctx, "user_change", e); t != nil {
		return t
	}
	return nil
}

// SetGroup makes a user group, or puts others into it. The app is not told.
func (w *Workspace) SetGroup(id string, users ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.groups[id] = users
}

// Press is a press of a button of the app's by anybody at all: also by those whom the platform lets press
// nothing, such as a deactivated account, for an app must not rely on that. value is the button's.
func (w *Workspace) Press(ctx context.Context, user string, at Place, block, action, value string) error {
	w.mu.Lock()
	v, c := w.views[at.View], w.chanByID[at.Channel]
	if v == nil && (c == nil || c.byTS[at.TS] == nil) || w.byID[user] == nil {
		w.mu.Unlock()
		return &Trouble{Code: "no_such_message", Text: "This message is no longer there."}
	}
	sent := kit.Obj{"type": "button", "block_id": block, "action_id": action, "value": value, "action_ts": formatTS(time.Now().Add(w.offset).UnixMicro())}
	w.mu.Unlock()
	return w.deliver(ctx, "interactive", func() kit.Obj {
		if v != nil {
			return w.viewActions(v, user, sent)
		}
		return w.postActions(c, c.byTS[at.TS], user, sent)
	}, nil)
}

// Send is a submission of a window by anybody at all, as Press is a press. Whatever the answer, the window closes.
func (w *Workspace) Send(ctx context.Context, user, view string) error {
	w.mu.Lock()
	v := w.views[view]
	w.mu.Unlock()
	if v == nil || w.byID[user] == nil {
		return &Trouble{Code: "no_such_view", Text: "This window is no longer open."}
	}
	err := w.deliver(ctx, "interactive", func() kit.Obj { return w.submissionPayload(v, user) }, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.views[view] == v {
		w.closeView(v)
	}
	return err
}

// Alter changes a channel as those who own it, or an admin, may: it is shared with another organisation, closed to apps,
// made private. The app is not told.
func (w *Workspace) Alter(id string, change func(*Channel)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chanByID[id]
	if c == nil {
		return &Trouble{Code: "channel_not_found", Text: "There is no such conversation."}
	}
	change(&c.Channel)
	w.changed()
	return nil
}

// Plant puts blocks into a conversation as if the app had posted them there: for a press of somebody else's button.
func (w *Workspace) Plant(channel string, blocks json.RawMessage) (Place, error) {
	var b []any
	if err := json.Unmarshal(blocks, &b); err != nil {
		return Place{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chanByID[channel]
	if c == nil {
		return Place{}, &Trouble{Code: "channel_not_found", Text: "There is no such conversation."}
	}
	p := &post{App: true, User: w.cfg.Seed.BotUser, Text: "planted", Blocks: kit.NameBlocks(b)}
	p.Values = kit.KeepValues(p.Blocks, nil)
	w.add(c, p)
	return Place{Channel: c.ID, TS: p.TS}, nil
}

// PlantModal opens a window for user as if the app had opened it: for a submission of somebody else's window.
func (w *Workspace) PlantModal(user string, view json.RawMessage) (Place, error) {
	var body kit.Obj
	if err := json.Unmarshal(view, &body); err != nil {
		return Place{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(body, "type")
	v, bad := w.pushView(user, body, true)
	if bad != nil {
		return Place{}, &Trouble{Code: bad.Code, Text: "The window does not open."}
	}
	return Place{View: v.ID}, nil
}

// PlantHome gives user a Home tab as if the app had published it: for a press of somebody else's button there.
func (w *Workspace) PlantHome(user string, home json.RawMessage) (Place, error) {
	var body kit.Obj
	if err := json.Unmarshal(home, &body); err != nil {
		return Place{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(body, "type")
	v := w.homes[user]
	if v == nil {
		v = &view{ID: newID("V"), Type: "home", User: user}
		v.Root = v.ID
	}
	w.homes[user], w.views[v.ID] = v, v
	w.fill(v, body)
	return Place{View: v.ID}, nil
}

// Clear closes all windows of anybody at all. The app is not told.
func (w *Workspace) Clear(user string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clearViews(user)
}
