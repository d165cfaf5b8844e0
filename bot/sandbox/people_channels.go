package sandbox

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
func (w *Workspace) OpenDM(user, other string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.canAct(user); t != nil {
		return "", t
	}
	p := w.byID[other]
	switch {
	case other == w.cfg.Seed.BotUser:
		return w.dm(user).ID, nil
	case p == nil || p.Bot || p.Deleted || other == user:
		return "", &Trouble{Code: "user_not_found", Text: "You cannot write to them."}
	}
	for _, c := range w.channels {
		if c.Kind == "im" && c.has(user) && c.has(other) {
			return c.ID, nil
		}
	}
	c := w.addChannel(Channel{ID: newID("D"), Kind: "im", Members: []string{user, other}})
	w.changed()
	return c.ID, nil
}

// MakeChannel makes a public channel in which only user is.
func (w *Workspace) MakeChannel(user, name string) (string, error) {
	name = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "#"))), " ", "-")
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.canAct(user); t != nil {
		return "", t
	}
	if !isChannelName(name) {
		return "", &Trouble{Code: "invalid_name", Text: "A channel’s name has letters, numbers, - and _, 80 at most."}
	}
	for _, c := range w.channels {
		if c.Name == name && c.Kind != "im" {
			return "", &Trouble{Code: "name_taken", Text: "There is a channel with this name already."}
		}
	}
	c := w.addChannel(Channel{ID: newID("C"), Kind: "channel", Name: name, Members: []string{user}})
	w.changed()
	return c.ID, nil
}

// Invite brings who into a channel; a person who brings themselves joins. Whoever reads a public channel may join it.
func (w *Workspace) Invite(user, in, who string) error {
	return w.inChannel(user, in, func(c *channel) *Trouble {
		p := w.byID[who]
		switch {
		case c.Archived:
			return &Trouble{Code: "is_archived", Text: "This channel is archived."}
		case who != user && !c.has(user):
			return &Trouble{Code: "not_in_channel", Text: "You are not in this channel."}
		case p == nil || p.Deleted:
			return &Trouble{Code: "user_not_found", Text: "There is nobody with the id " + who + "."}
		case !c.has(who):
			c.Members = append(c.Members, who)
		}
		return nil
	})
}

// inviteCommand is the platform's own way to bring somebody into a channel by typing.
const inviteCommand = "/invite"

var mentioned = regexp.MustCompile(`<@([A-Z0-9]+)>`)

// inviteByCommand brings those whom text names into a channel, as "/invite @Dana @stepin" does, and tells user there.
func (w *Workspace) inviteByCommand(user, in, text string) error {
	w.mu.Lock()
	c := w.chanByID[in]
	var who []string
	for _, m := range mentioned.FindAllStringSubmatch(w.mentions(text, true), -1) {
		who = append(who, m[1])
	}
	w.mu.Unlock()
	switch {
	case c != nil && (c.Kind == "im" || c.Kind == "mpim"):
		return &Trouble{Code: "method_not_supported_for_channel_type", Text: inviteCommand + " works in channels only."}
	case len(who) == 0:
		return &Trouble{Code: "no_user", Text: "Say whom, such as " + inviteCommand + " @" + w.app.Display.Name + "."}
	}
	for _, one := range who {
		if err := w.Invite(user, in, one); err != nil {
			return err
		}
	}
	return w.inChannel(user, in, func(c *channel) *Trouble {
		var names []string
		for _, one := range who {
			names = append(names, "<@"+one+">")
		}
		w.add(c, &post{User: slackbot, For: user, Text: "In this channel now: " + strings.Join(names, ", ") + "."})
		return nil
	})
}

// Remove takes who out of a channel; a person who takes themselves out leaves.
func (w *Workspace) Remove(user, in, who string) error {
	return w.inChannel(user, in, func(c *channel) *Trouble {
		if !c.has(user) {
			return &Trouble{Code: "not_in_channel", Text: "You are not in this channel."}
		}
		c.Members = slices.DeleteFunc(c.Members, func(m string) bool { return m == who })
		return nil
	})
}

// Archive closes a channel for good, or opens it again.
func (w *Workspace) Archive(user, in string, archived bool) error {
	return w.inChannel(user, in, func(c *channel) *Trouble {
		if !c.has(user) {
			return &Trouble{Code: "not_in_channel", Text: "You are not in this channel."}
		}
		c.Archived = archived
		return nil
	})
}

// inChannel changes a channel that user sees.
func (w *Workspace) inChannel(user, id string, change func(*channel) *Trouble) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.canAct(user); t != nil {
		return t
	}
	c := w.chanByID[id]
	if c == nil || !w.sees(user, c) || c.Kind == "im" || c.Kind == "mpim" {
		return &Trouble{Code: "channel_not_found", Text: "There is no such channel."}
	}
	if t := change(c); t != nil {
		return t
	}
	w.changed()
	return nil
}

// Unsay deletes what user has said; an admin may delete what others, and the app, have said.
func (w *Workspace) Unsay(user, channel, ts string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.canAct(user); t != nil {
		return t
	}
	c := w.chanByID[channel]
	if c == nil || !w.sees(user, c) || c.byTS[ts] == nil || c.byTS[ts].For != "" || c.byTS[ts].Gone {
		return &Trouble{Code: "message_not_found", Text: "This message is no longer there."}
	}
	p := c.byTS[ts]
	switch {
	case c.Archived:
		return &Trouble{Code: "is_archived", Text: "This channel is archived."}
	case (p.User != user || p.App) && !w.byID[user].Admin:
		return &Trouble{Code: "cant_delete_message", Text: "You can delete only what you said yourself."}
	}
	w.remove(c, p)
	return nil
}
