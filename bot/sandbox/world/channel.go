package world

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
)

type channels struct {
	all  []*Conversation
	byID map[string]*Conversation
	dms  map[string]*Conversation // user id to the app's DM with them
}

// Conversation is a channel and what was said there.
type Conversation struct {
	Channel
	Made     time.Time  // by the workspace's clock
	Messages []*Message `json:"Posts"` // oldest first, replies and ephemerals included
	byTS     map[string]*Message
	replies  map[string][]*Message // by the ts of their root
}

// Message is a message as it is kept.
type Message struct {
	TS       string
	Channel  string
	User     string
	Text     string
	Thread   string     `json:",omitempty"` // ts of the root, "" outside threads
	Blocks   []any      `json:",omitempty"`
	Files    []string   `json:",omitempty"` // ids
	Metadata kit.Obj    `json:",omitempty"`
	For      string     `json:",omitempty"` // the only reader of an ephemeral message
	EditedTS string     `json:",omitempty"`
	App      bool       `json:",omitempty"`
	Gone     bool       `json:",omitempty"` // deleted, and still there because it had replies
	Wakes    []string   `json:",omitempty"` // whom it notified when it was said
	Values   kit.Values `json:",omitempty"`
	Made     time.Time  `json:"-"` // by the real clock
}

// Has says whether a user is a member.
func (c *Conversation) Has(user string) bool { return slices.Contains(c.Members, user) }

// Message is the message with a ts; nil for none.
func (c *Conversation) Message(ts string) *Message { return c.byTS[ts] }

// Replies are the replies to a root, oldest first.
func (c *Conversation) Replies(root string) []*Message { return c.replies[root] }

// Find is where the message with ts is in Messages, or would be.
func (c *Conversation) Find(ts string) (int, bool) {
	return slices.BinarySearchFunc(c.Messages, ts, func(m *Message, ts string) int { return CompareTS(m.TS, ts) })
}

// PayloadName is what payloads call a conversation: the name of a private one stays secret
// (docs.slack.dev/interactivity/handling-user-interaction).
func (c *Conversation) PayloadName() string {
	switch c.Kind {
	case "im":
		return "directmessage"
	case "private", "mpim":
		return "privategroup"
	}
	return c.Name
}

// keep puts a message at the end.
func (c *Conversation) keep(m *Message) {
	c.Messages = append(c.Messages, m)
	c.byTS[m.TS] = m
	if m.Thread != "" && m.For == "" {
		c.replies[m.Thread] = append(c.replies[m.Thread], m)
	}
}

// Channel is the conversation with an id; nil for none.
func (w *World) Channel(id string) *Conversation { return w.channels.byID[id] }

// Channels are all conversations, in the order in which they were made.
func (w *World) Channels() []*Conversation { return w.channels.all }

// DMOf is the app's direct conversation with a user; nil if there is none yet.
func (w *World) DMOf(user string) *Conversation { return w.channels.dms[user] }

// AddChannel makes a conversation.
func (w *World) AddChannel(c Channel) *Conversation {
	k := &Conversation{Channel: c, Made: w.Now(), byTS: map[string]*Message{}, replies: map[string][]*Message{}}
	k.Members = slices.Clone(c.Members)
	w.channels.all, w.channels.byID[c.ID] = append(w.channels.all, k), k
	if c.Kind == "im" && len(c.Members) == 2 && k.Has(w.IDs.BotUser) {
		for _, m := range c.Members {
			if m != w.IDs.BotUser {
				w.channels.dms[m] = k
			}
		}
	}
	w.Changed()
	return k
}

// DM is the app's direct conversation with a user, made if there is none.
func (w *World) DM(user string) *Conversation {
	if c := w.DMOf(user); c != nil {
		return c
	}
	id := "D0" + strings.TrimPrefix(w.IDs.BotUser, "U0") + strings.TrimPrefix(user, "U0")
	if w.Channel(id) != nil {
		id = NewID("D")
	}
	return w.AddChannel(Channel{ID: id, Kind: "im", Members: []string{w.IDs.BotUser, user}})
}

// Sees says whether a user may read c.
func (w *World) Sees(user string, c *Conversation) bool {
	if c.Kind == "channel" && !c.Archived {
		p := w.Person(user)
		return c.Has(user) || p != nil && !p.Guest && !p.GuestOfMany && !w.External(p)
	}
	return c.Has(user)
}

// Add puts a message at the end of its conversation; without a ts it is sent now.
func (w *World) Add(c *Conversation, m *Message) {
	m.Channel = c.ID
	if m.TS == "" {
		m.TS = w.NextTS()
	}
	m.Made = time.Now()
	m.Wakes = c.wakes(m)
	c.keep(m)
	w.Changed()
}

// AddPast puts a message into its conversation that was sent some time ago.
func (w *World) AddPast(c *Conversation, m *Message, ago time.Duration) {
	m.TS = w.tsAt(w.Now().Add(-ago))
	w.Add(c, m)
}

// AddApp puts a message of the app's at the end of its conversation.
func (w *World) AddApp(c *Conversation, m *Message) {
	m.App, m.User, m.Values = true, w.IDs.BotUser, kit.KeepValues(m.Blocks, nil)
	w.Add(c, m)
}

// Edit gives a message of the app's another text and other blocks; what people entered stays where it can.
func (w *World) Edit(m *Message, text string, blocks []any) {
	m.Text, m.Blocks = text, blocks
	m.Values = kit.KeepValues(blocks, m.Values)
	if m.For == "" {
		m.EditedTS = w.Stamp()
	}
	w.Changed()
}

// Remove takes a message out of its conversation. A root that has replies leaves a tombstone, which goes with the
// last of them (field reports: hackclub/toriel#238, slack-edge/slack-edge#10).
func (w *World) Remove(c *Conversation, m *Message) {
	defer w.Changed()
	if len(c.replies[m.TS]) > 0 {
		*m = Message{
			TS: m.TS, Channel: m.Channel, User: Slackbot, Text: "This message was deleted.", Gone: true, Made: m.Made,
		}
		return
	}
	delete(c.byTS, m.TS)
	if i, ok := c.Find(m.TS); ok {
		c.Messages = slices.Delete(c.Messages, i, i+1)
	}
	if m.Thread == "" {
		return
	}
	c.replies[m.Thread] = slices.DeleteFunc(c.replies[m.Thread], func(r *Message) bool { return r == m })
	if root := c.byTS[m.Thread]; root != nil && root.Gone && len(c.replies[m.Thread]) == 0 {
		w.Remove(c, root)
	}
}

// MessageJSON is a message as the platform returns it. Without all, metadata shows its event_type only.
func (w *World) MessageJSON(m *Message, all bool) kit.Obj {
	o := kit.Obj{"type": "message", "ts": m.TS, "user": m.User, "text": m.Text, "team": w.IDs.Team}
	if m.App {
		o["bot_id"], o["app_id"] = w.IDs.Bot, w.IDs.App
		o["bot_profile"] = kit.Obj{
			"id": w.IDs.Bot, "app_id": w.IDs.App, "name": w.App.Display.Name, "team_id": w.IDs.Team, "deleted": false,
		}
	}
	if m.Thread != "" {
		o["thread_ts"] = m.Thread
	}
	if m.Gone {
		o["subtype"], o["hidden"] = "tombstone", true
	}
	if len(m.Blocks) > 0 {
		o["blocks"] = m.Blocks
	}
	if len(m.Files) > 0 {
		o["files"] = w.filesJSON(m)
	}
	if m.EditedTS != "" {
		o["edited"] = kit.Obj{"user": m.User, "ts": m.EditedTS}
	}
	switch {
	case m.Metadata == nil:
	case all:
		o["metadata"] = m.Metadata
	default:
		o["metadata"] = kit.Obj{"event_type": m.Metadata["event_type"]}
	}
	return o
}
