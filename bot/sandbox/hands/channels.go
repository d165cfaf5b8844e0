package hands

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stepin/bot/sandbox/world"
)

// isChannelName says whether the platform takes a channel's name. As an expression with its {1,80} it
// would hold five megabytes, in a bot that runs for years too.
func isChannelName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= 80 && !strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.In(r, unicode.Ll, unicode.Lo, unicode.M, unicode.N) && r != '_' && r != '-'
	})
}

// OpenDM gives the conversation of user and other, made if there is none.
func (w *Workspace) OpenDM(user, other string) (id string, err error) {
	err = w.as(user, func(h held) error {
		p := h.Person(other)
		switch {
		case other == h.IDs.BotUser:
			id = h.DM(user).ID
			return nil
		case p == nil || p.Bot || p.Deleted || other == user:
			return trouble("user_not_found", "You cannot write to them.")
		}
		for _, c := range h.Channels() {
			if c.Kind == "im" && c.Has(user) && c.Has(other) {
				id = c.ID
				return nil
			}
		}
		id = h.AddChannel(world.Channel{ID: world.NewID("D"), Kind: "im", Members: []string{user, other}}).ID
		return nil
	})
	return id, err
}

// MakeChannel makes a public channel in which only user is.
func (w *Workspace) MakeChannel(user, name string) (id string, err error) {
	name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "#"))
	name = strings.ReplaceAll(strings.ToLower(name), " ", "-")
	err = w.as(user, func(h held) error {
		if !isChannelName(name) {
			return trouble("invalid_name", "A channel’s name has letters, numbers, - and _, 80 at most.")
		}
		for _, c := range h.Channels() {
			if c.Name == name && c.Kind != "im" {
				return trouble("name_taken", "There is a channel with this name already.")
			}
		}
		id = h.AddChannel(world.Channel{ID: world.NewID("C"), Kind: "channel", Name: name, Members: []string{user}}).ID
		return nil
	})
	return id, err
}

// Invite brings somebody into a channel; a person who brings themselves joins. Who reads a public channel may join it.
func (w *Workspace) Invite(user, in, who string) error {
	return w.inChannel(user, in, func(h held, c *world.Conversation) error {
		p := h.Person(who)
		switch {
		case c.Archived:
			return trouble("is_archived", "This channel is archived.")
		case who != user && !c.Has(user):
			return trouble("not_in_channel", "You are not in this channel.")
		case p == nil || p.Deleted:
			return trouble("user_not_found", "There is nobody with the id "+who+".")
		case !c.Has(who):
			c.Members = append(c.Members, who)
		}
		return nil
	})
}

// InviteCommand is the platform's own way to bring somebody into a channel by typing.
const InviteCommand = "/invite"

var mentioned = regexp.MustCompile(`<@([A-Z0-9]+)>`)

// inviteByCommand brings the people whom text names into a channel, as "/invite @Dana @stepin" does, and tells user.
func (w *Workspace) inviteByCommand(user, in, text string) error {
	var who []string
	err := w.as(user, func(h held) error {
		for _, m := range mentioned.FindAllStringSubmatch(mentions(h, text, true), -1) {
			who = append(who, m[1])
		}
		c := h.Channel(in)
		switch {
		case c != nil && (c.Kind == "im" || c.Kind == "mpim"):
			return trouble("method_not_supported_for_channel_type", InviteCommand+" works in channels only.")
		case len(who) == 0:
			return trouble("no_user", "Say whom, such as "+InviteCommand+" @"+h.App.Display.Name+".")
		}
		return nil
	})
	var names []string
	for _, one := range who {
		if err == nil {
			err = w.Invite(user, in, one)
		}
		names = append(names, "<@"+one+">")
	}
	if err != nil {
		return err
	}
	return w.inChannel(user, in, func(h held, c *world.Conversation) error {
		text := "In this channel now: " + strings.Join(names, ", ") + "."
		h.Add(c, &world.Message{User: world.Slackbot, For: user, Text: text})
		return nil
	})
}

// Remove takes somebody out of a channel; a person who takes themselves out leaves.
func (w *Workspace) Remove(user, in, who string) error {
	return w.asMember(user, in, func(c *world.Conversation) {
		c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == who })
	})
}

// Archive closes a channel for good, or opens it again.
func (w *Workspace) Archive(user, in string, archived bool) error {
	return w.asMember(user, in, func(c *world.Conversation) { c.Archived = archived })
}

// asMember changes a channel that user is in.
func (w *Workspace) asMember(user, id string, change func(*world.Conversation)) error {
	return w.inChannel(user, id, func(_ held, c *world.Conversation) error {
		if !c.Has(user) {
			return trouble("not_in_channel", "You are not in this channel.")
		}
		change(c)
		return nil
	})
}

// inChannel changes a channel that user sees.
func (w *Workspace) inChannel(user, id string, change func(held, *world.Conversation) error) error {
	return w.as(user, func(h held) error {
		c := h.Channel(id)
		if c == nil || !h.Sees(user, c) || c.Kind == "im" || c.Kind == "mpim" {
			return trouble("channel_not_found", "There is no such channel.")
		}
		if err := change(h, c); err != nil {
			return err
		}
		h.Changed()
		return nil
	})
}

// Unsay deletes what user has said; an admin may delete what others, and the app, have said.
func (w *Workspace) Unsay(user, channel, ts string) error {
	return w.as(user, func(h held) error {
		c, err := readable(h, user, channel)
		if err != nil || c.Message(ts) == nil || c.Message(ts).For != "" || c.Message(ts).Gone {
			return trouble("message_not_found", "This message is no longer there.")
		}
		m := c.Message(ts)
		switch {
		case c.Archived:
			return trouble("is_archived", "This channel is archived.")
		case (m.User != user || m.App) && !h.Person(user).Admin:
			return trouble("cant_delete_message", "You can delete only what you said yourself.")
		}
		h.Remove(c, m)
		return nil
	})
}
