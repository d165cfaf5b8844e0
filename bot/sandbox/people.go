package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"stepin/bot/sandbox/kit"
)

// People are all who have an account, bots included; their flags tell whom a person can act as.
func (w *Workspace) People() []Person {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Person
	for _, p := range w.people {
		if p.ID != slackbot {
			out = append(out, *p)
		}
	}
	return out
}

// Channels are the conversations that user is in, and the public channels. A conversation of two has the other's name.
func (w *Workspace) Channels(user string) []Channel {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Channel
	for _, c := range w.channels {
		if !w.sees(user, c) {
			continue
		}
		k := c.Channel
		k.Members = slices.Clone(k.Members)
		if k.Kind == "im" {
			for _, m := range k.Members {
				if p := w.byID[m]; m != user && p != nil {
					k.Name = p.Name
				}
			}
		}
		out = append(out, k)
	}
	return out
}

// Posts are what user sees in channel, oldest first: threads too, and the ephemeral ones meant for user.
func (w *Workspace) Posts(user, channel string) []Post {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.chanByID[channel]
	if c == nil || !w.sees(user, c) {
		return nil
	}
	var out []Post
	for _, p := range c.posts {
		if p.For == "" || p.For == user {
			s := seen(p)
			s.Files = w.postedFiles(p)
			out = append(out, s)
		}
	}
	return out
}

func seen(p *post) Post {
	s := Post{
		TS: p.TS, Channel: p.Channel, User: p.User, Text: p.Text, Thread: p.Thread,
		Ephemeral: p.For != "", Edited: p.EditedTS != "", App: p.App, Gone: p.Gone, Wakes: slices.Clone(p.Wakes),
	}
	if len(p.Blocks) > 0 {
		s.Blocks, s.State = kit.JSON(p.Blocks), kit.JSON(kit.Obj{"values": p.Values})
	}
	if p.Metadata != nil {
		s.Metadata = kit.JSON(p.Metadata)
	}
	return s
}

// Modals are user's open modals, from bottom to top.
func (w *Workspace) Modals(user string) []View {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []View
	for _, v := range w.stacks[user] {
		out = append(out, w.shownView(v))
	}
	return out
}

// Home is user's Home tab; false if the app has published none.
func (w *Workspace) Home(user string) (View, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.homes[user]
	if v == nil {
		return View{}, false
	}
	return w.shownView(v), true
}

func (w *Workspace) shownView(v *view) View {
	return View{
		ID: v.ID, Type: v.Type, Callback: v.callback(), Hash: v.Hash, Root: v.Root, Previous: v.Previous,
		JSON: kit.JSON(w.viewJSON(v, true)), Errors: maps.Clone(v.Errors), Pending: v.Pending,
	}
}

// actor checks that user is somebody who can act.
func (w *Workspace) canAct(user string) *Trouble {
	p := w.byID[user]
	if p == nil || p.Bot || p.Deleted {
		return &Trouble{Code: "not_a_person", Text: "Nobody can act as " + user + "."}
	}
	return nil
}

// Say posts what user typed. A thread is the ts of its root, "" for none.
func (w *Workspace) Say(user, channel, thread, text string) (Post, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.canAct(user); t != nil {
		return Post{}, t
	}
	c := w.chanByID[channel]
	switch {
	case c == nil || !w.sees(user, c):
		return Post{}, &Trouble{Code: "channel_not_found", Text: "There is no such conversation."}
	case !c.has(user):
		return Post{}, &Trouble{Code: "not_in_channel", Text: "You are not in this channel."}
	case c.Archived:
		return Post{}, &Trouble{Code: "is_archived", Text: "This channel is archived."}
	case strings.TrimSpace(text) == "":
		return Post{}, &Trouble{Code: "no_text", Text: "There is nothing to send."}
	case c == w.dms[user] && (w.app.Features.AppHome.ReadOnly || !w.app.Features.AppHome.Messages):
		return Post{}, &Trouble{Code: "read_only", Text: "Sending messages to this app has been turned off."}
	}
	p := &post{User: user, Text: w.mentions(text, true)}
	if thread != "" {
		root := c.byTS[thread]
		if root == nil || root.For != "" || root.Gone {
			return Post{}, &Trouble{Code: "thread_not_found", Text: "There is no such thread."}
		}
		p.Thread = cmp.Or(root.Thread, thread)
	}
	w.add(c, p)
	if kind := messageEvent(c.Kind); c.has(w.cfg.Seed.BotUser) && w.app.Subscribed(kind) && !w.over() {
		e := kit.Obj{"type": "message", "channel": c.ID, "channel_type": strings.TrimPrefix(kind, "message."), "user": user, "text": p.Text, "ts": p.TS}
		if p.Thread != "" {
			e["thread_ts"] = p.Thread
		}
		w.work.Go(func() { _ = w.subscribed(context.Background(), kind, e) })
	}
	return seen(p), nil
}

// over tells whether the workspace is closed, with the lock held.
func (w *Workspace) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func messageEvent(kind string) string {
	switch kind {
	case "im":
		return "message.im"
	case "mpim":
		return "message.mpim"
	case "private":
		return "message.groups"
	}
	return "message.channels"
}

// Command runs a slash command as user typed it in a conversation, such as "/stepin @Dana Acme renewal".
func (w *Workspace) Command(ctx context.Context, user, in, line string) error {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	if command == inviteCommand {
		return w.inviteByCommand(user, in, text)
	}
	var c *channel
	escape, known := false, false
	for _, k := range w.app.Features.Commands {
		if k.Command == command {
			known, escape = true, k.Escape
		}
	}
	if !known {
		return &Trouble{Code: "invalid_command", Text: command + " is not a valid command."}
	}
	w.mu.Lock()
	trouble := w.canAct(user)
	c = w.chanByID[in]
	if trouble == nil && (c == nil || !w.sees(user, c)) {
		trouble = &Trouble{Code: "channel_not_found", Text: "There is no such conversation."}
	}
	if trouble == nil && w.byID[user].Stranger {
		trouble = &Trouble{Code: "invalid_command", Text: command + " is not a valid command."} // SLACK.md section 11
	}
	if trouble == nil {
		text = w.mentions(strings.TrimSpace(text), escape)
	}
	w.mu.Unlock()
	if trouble != nil {
		return trouble
	}
	return w.deliver(ctx, "slash_commands", func() kit.Obj { return w.slashPayload(c, user, command, text) },
		func(a json.RawMessage) { w.commandAnswer(c, user, a) })
}

// commandAnswer posts what a command was acknowledged with, with the lock held.
func (w *Workspace) commandAnswer(c *channel, user string, answer json.RawMessage) {
	if len(answer) == 0 {
		return
	}
	k := &call{method: "slash acknowledgement", args: kit.Obj{}}
	if json.Unmarshal(answer, &k.args) != nil {
		w.violation("a command was acknowledged with something that is no message")
		return
	}
	if len(k.args) == 0 {
		return
	}
	m, bad := w.message(k)
	if bad != nil {
		w.violation("a command was acknowledged with a message that shows nothing: %s %v", bad.Code, bad.Extra)
		return
	}
	m.App, m.User = true, w.cfg.Seed.BotUser
	m.Values = kit.KeepValues(m.Blocks, nil)
	if k.str("response_type") != "in_channel" {
		m.For = user
	}
	w.add(c, m)
}

// Shortcut runs the global shortcut with callback.
func (w *Workspace) Shortcut(ctx context.Context, user, callback string) error {
	w.mu.Lock()
	trouble := w.canAct(user)
	w.mu.Unlock()
	if trouble != nil {
		return trouble
	}
	for _, s := range w.app.Features.Shortcuts {
		if s.Type == "global" && s.Callback == callback {
			return w.deliver(ctx, "interactive", func() kit.Obj { return w.shortcutPayload(user, callback) }, nil)
		}
	}
	return &Trouble{Code: "no_such_shortcut", Text: "The app has no shortcut " + callback + "."}
}

// OpenHome opens the app's Home tab, of which the app is told if it asked for that event.
func (w *Workspace) OpenHome(ctx context.Context, user string) error {
	w.mu.Lock()
	trouble := w.canAct(user)
	if trouble == nil && !w.app.Features.AppHome.Home {
		trouble = &Trouble{Code: "not_enabled", Text: "This app has no Home tab."}
	}
	if trouble != nil {
		w.mu.Unlock()
		return trouble
	}
	e := kit.Obj{"type": "app_home_opened", "user": user, "channel": w.dm(user).ID, "tab": "home"}
	if v := w.homes[user]; v != nil {
		e["view"] = json.RawMessage(kit.JSON(w.viewJSON(v, true)))
	}
	w.mu.Unlock()
	if t := w.subscribed(ctx, "app_home_opened", e); t != nil {
		return t
	}
	return nil
}
