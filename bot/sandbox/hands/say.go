package hands

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// readable finds a conversation that user sees.
func readable(h held, user, id string) (*world.Conversation, error) {
	if c := h.Channel(id); c != nil && h.Sees(user, c) {
		return c, nil
	}
	return nil, trouble("channel_not_found", "There is no such conversation.")
}

// Say posts what user typed. A thread is the ts of its root, "" for none.
func (w *Workspace) Say(user, channel, thread, text string) (out Post, err error) {
	err = w.as(user, func(h held) error {
		c, err := readable(h, user, channel)
		tab := h.App.Features.AppHome
		switch {
		case err != nil:
			return err
		case !c.Has(user):
			return trouble("not_in_channel", "You are not in this channel.")
		case c.Archived:
			return trouble("is_archived", "This channel is archived.")
		case strings.TrimSpace(text) == "":
			return trouble("no_text", "There is nothing to send.")
		case c == h.DMOf(user) && (tab.ReadOnly || !tab.Messages):
			return trouble("read_only", "Sending messages to this app has been turned off.")
		}
		m := &world.Message{User: user, Text: mentions(h, text, true)}
		if thread != "" {
			root := c.Message(thread)
			if root == nil || root.For != "" || root.Gone {
				return trouble("thread_not_found", "There is no such thread.")
			}
			m.Thread = cmp.Or(root.Thread, thread)
		}
		h.Add(c, m)
		messageEvent(h, c, m)
		out = post(h, m)
		return nil
	})
	return out, err
}

// messageEvents are the events of a message, by the kind of its conversation.
var messageEvents = map[string]string{
	"channel": "message.channels", "private": "message.groups", "im": "message.im", "mpim": "message.mpim",
}

// messageEvent tells the app of a message in a conversation that it is in.
func messageEvent(h held, c *world.Conversation, m *world.Message) {
	if !c.Has(h.IDs.BotUser) {
		return
	}
	kind := messageEvents[c.Kind]
	e := kit.Obj{
		"type": "message", "channel": c.ID, "channel_type": strings.TrimPrefix(kind, "message."),
		"user": m.User, "text": m.Text, "ts": m.TS,
	}
	if m.Thread != "" {
		e["thread_ts"] = m.Thread
	}
	h.Event(kind, e)
}

// Command runs a slash command as user typed it in a conversation, such as "/stepin @Dana Acme renewal".
func (w *Workspace) Command(ctx context.Context, user, in, line string) error {
	command, text, _ := strings.Cut(strings.TrimSpace(line), " ")
	if command == InviteCommand {
		return w.inviteByCommand(user, in, text)
	}
	var c *world.Conversation
	err := w.as(user, func(h held) (err error) {
		k, known := h.App.Command(command)
		if !known || !h.Installed(h.Person(user)) {
			return trouble("invalid_command", command+" is not a valid command.")
		}
		text = mentions(h, strings.TrimSpace(text), k.Escape)
		c, err = readable(h, user, in)
		return err
	})
	if err != nil {
		return err
	}
	return w.Deliver(ctx, "slash_commands",
		func(h held) kit.Obj { return slashPayload(h, c, user, command, text) },
		func(h held, answer json.RawMessage) { commandAnswer(h, c, user, answer) })
}

// commandAnswer posts what a command was acknowledged with.
func commandAnswer(h held, c *world.Conversation, user string, answer json.RawMessage) {
	if len(answer) == 0 {
		return
	}
	var args kit.Obj
	if json.Unmarshal(answer, &args) != nil {
		h.Violation("a command was acknowledged with something that is no message")
		return
	}
	if len(args) == 0 {
		return
	}
	m, bad := h.ReadMessage("slash acknowledgement", args)
	if bad != nil {
		h.Violation("a command was acknowledged with a message that shows nothing: %s %v", bad.Code, bad.Extra)
		return
	}
	if kit.Str(args["response_type"]) != "in_channel" {
		m.For = user
	}
	h.AddApp(c, m)
}

// Shortcut runs the global shortcut with callback.
func (w *Workspace) Shortcut(ctx context.Context, user, callback string) error {
	err := w.as(user, func(h held) error {
		for _, s := range h.App.Features.Shortcuts {
			if s.Type == "global" && s.Callback == callback {
				return nil
			}
		}
		return trouble("no_such_shortcut", "The app has no shortcut "+callback+".")
	})
	if err != nil {
		return err
	}
	return w.Deliver(ctx, "interactive", func(h held) kit.Obj { return shortcutPayload(h, user, callback) }, nil)
}

// OpenHome opens the app's Home tab. The app is told if it asked for that event.
func (w *Workspace) OpenHome(ctx context.Context, user string) error {
	e := kit.Obj{"type": "app_home_opened", "user": user, "tab": "home"}
	err := w.as(user, func(h held) error {
		if !h.App.Features.AppHome.Home {
			return trouble("not_enabled", "This app has no Home tab.")
		}
		e["channel"] = h.DM(user).ID
		if v := h.Home(user); v != nil {
			e["view"] = kit.JSON(h.ViewJSON(v, true))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Event(ctx, "app_home_opened", e)
}
