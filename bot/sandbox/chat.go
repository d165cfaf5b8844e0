package sandbox

import (
	"slices"
	"strings"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// maxText is the length beyond which a text is cut (docs.slack.dev/reference/block-kit); updateText is what
// chat.update refuses from.
const (
	maxText    = 40000
	updateText = 4000
)

// message reads text, blocks and metadata of a call into a post that is not yet anywhere.
func (w *Workspace) message(c *call) (*world.Message, *rules.Refusal) {
	p := &world.Message{Text: c.str("text")}
	if r := []rune(p.Text); len(r) > maxText {
		p.Text = string(r[:maxText])
	}
	tree, ok := c.tree("blocks")
	blocks, isList := tree.([]any)
	if !ok || tree != nil && !isList {
		return nil, rules.No("invalid_blocks_format")
	}
	if isList {
		if bad := rules.Blocks(blocks, rules.Message); len(bad) > 0 {
			return nil, rules.BadArguments("invalid_blocks", bad...)
		}
		p.Blocks = kit.NameBlocks(blocks)
	}
	if a, _ := c.tree("attachments"); len(kit.List(a)) > 0 {
		if len(kit.List(a)) > 100 {
			return nil, rules.No("too_many_attachments")
		}
		w.violation("%s: attachments are not kept by this workspace", c.method)
	}
	if strings.TrimSpace(p.Text) == "" && len(p.Blocks) == 0 {
		return nil, rules.No("no_text")
	}
	if bad := w.metadata(c, p); bad != nil {
		return nil, bad
	}
	parsed := c.str("parse") == "full" || c.flag("link_names")
	for _, loud := range rules.Loud(p.Text, parsed, p.Blocks) {
		w.violation("%s: %s", c.method, loud)
	}
	return p, nil
}

// maxMetadata is ours: the platform publishes no number (docs.slack.dev/messaging/message-metadata).
const maxMetadata = 16 << 10

// metadata reads metadata. A dot in event_type makes the platform drop it without a word.
func (w *Workspace) metadata(c *call, p *world.Message) *rules.Refusal {
	tree, ok := c.tree("metadata")
	m := kit.Object(tree)
	switch {
	case !ok, tree != nil && m == nil:
		return rules.No("invalid_metadata_format")
	case len(m) == 0: // {} takes metadata away
		p.Metadata = m
		return nil
	}
	kind, payload := kit.Str(m["event_type"]), kit.Object(m["event_payload"])
	if kind == "" || payload == nil {
		return rules.No("invalid_metadata_schema")
	}
	for _, v := range payload {
		if kit.Object(v) != nil {
			return rules.No("invalid_metadata_schema") // nested objects are not supported
		}
	}
	if kit.Size(m) > maxMetadata {
		return rules.No("metadata_too_large")
	}
	if strings.Contains(kind, ".") {
		w.violation("metadata was dropped: the event_type %q has a dot", kind)
		return nil
	}
	p.Metadata = kit.Obj{"event_type": kind, "event_payload": payload}
	return nil
}

// target finds the conversation to post to; a user id opens the DM.
func (w *Workspace) target(id string) (*world.Conversation, *rules.Refusal) {
	c, p, app := w.world.Channel(id), w.world.Person(id), &w.world.App
	member := c != nil && c.Has(w.world.IDs.BotUser)
	switch {
	case c == nil && p == nil:
		return nil, rules.No("channel_not_found")
	case c == nil:
		if bad := dmable(p); bad != nil {
			return nil, bad
		}
		if !app.Features.AppHome.Messages {
			return nil, rules.No("messages_tab_disabled")
		}
		return w.world.DM(id), nil
	case !member && c.Kind != "channel": // nobody outside learns whether it is archived
		return nil, rules.No("channel_not_found")
	case c.Archived:
		return nil, rules.No("is_archived")
	case c.Closed:
		return nil, rules.No("restricted_action")
	case !member && !app.HasScope("chat:write.public"):
		return nil, rules.No("not_in_channel")
	case c.Kind == "im" && !app.Features.AppHome.Messages:
		return nil, rules.No("messages_tab_disabled")
	case c.Kind == "im" && slices.ContainsFunc(c.Members, w.left):
		return nil, rules.No("user_disabled")
	}
	return c, nil
}

// left says whether a user is deactivated.
func (w *Workspace) left(user string) bool {
	p := w.world.Person(user)
	return p != nil && p.Deleted
}

// dmable refuses a DM of the app's with p. The codes for bots are those of conversations.open and of field reports.
func dmable(p *world.Person) *rules.Refusal {
	switch {
	case p.Bot:
		return rules.No("cannot_dm_bot")
	case p.Deleted:
		return rules.No("user_disabled")
	}
	return nil
}

func (w *Workspace) chatPost(c *call) (kit.Obj, *rules.Refusal) {
	ch, bad := w.target(c.str("channel"))
	if bad != nil {
		return nil, bad
	}
	m, bad := w.message(c)
	if bad != nil {
		return nil, bad
	}
	if bad := w.thread(ch, c.str("thread_ts"), m); bad != nil {
		return nil, bad
	}
	w.world.AddApp(ch, m)
	return kit.Obj{"channel": ch.ID, "ts": m.TS, "message": w.world.MessageJSON(m, true)}, nil
}

// thread puts m into the thread of ts. With a root that is gone there is no such thread
// (docs.slack.dev/reference/methods/chat.postMessage), or, as some have seen (slackapi/python-slack-events-api#87)
// and Behaviour.OpenLostReplies wants, m is said in the conversation itself.
func (w *Workspace) thread(ch *world.Conversation, ts string, m *world.Message) *rules.Refusal {
	if ts == "" {
		return nil
	}
	root := ch.Message(ts)
	switch {
	case (root == nil || root.Gone) && w.faults.OpenLostReplies:
		return nil
	case root == nil, root.Gone, root.For != "":
		return rules.No("thread_not_found")
	}
	m.Thread = ts
	if root.Thread != "" {
		m.Thread = root.Thread
	}
	return nil
}

func (w *Workspace) chatEphemeral(c *call) (kit.Obj, *rules.Refusal) {
	ch := w.world.Channel(c.str("channel"))
	user := c.str("user")
	switch {
	case ch == nil || ch.Kind != "channel" && !ch.Has(w.world.IDs.BotUser):
		return nil, rules.No("channel_not_found")
	case ch.Archived:
		return nil, rules.No("is_archived")
	case !ch.Has(w.world.IDs.BotUser):
		return nil, rules.No("not_in_channel")
	case w.world.Person(user) == nil || w.left(user):
		return nil, rules.No("user_not_found")
	case !ch.Has(user):
		return nil, rules.No("user_not_in_channel")
	}
	m, bad := w.message(c)
	if bad == nil {
		bad = w.thread(ch, c.str("thread_ts"), m)
	}
	if bad != nil {
		return nil, bad
	}
	m.For, m.Metadata = user, nil
	w.world.AddApp(ch, m)
	return kit.Obj{"message_ts": m.TS}, nil
}

// own finds a message of the app, for chat.update and chat.delete. They want the conversation's id, not a user's.
func (w *Workspace) own(c *call, code string) (*world.Conversation, *world.Message, *rules.Refusal) {
	ch := w.world.Channel(c.str("channel"))
	if ch == nil || !ch.Has(w.world.IDs.BotUser) {
		return nil, nil, rules.No("channel_not_found")
	}
	if ch.Archived {
		return nil, nil, rules.No("is_archived")
	}
	p := ch.Message(c.str("ts"))
	if p == nil || p.For != "" || p.Gone {
		return nil, nil, rules.No("message_not_found")
	}
	if !p.App {
		return nil, nil, rules.No(code)
	}
	return ch, p, nil
}

func (w *Workspace) chatUpdate(c *call) (kit.Obj, *rules.Refusal) {
	ch, p, bad := w.own(c, "cant_update_message")
	if bad != nil {
		return nil, bad
	}
	if len([]rune(c.str("text"))) > updateText {
		return nil, rules.No("msg_too_long")
	}
	m, bad := w.message(c)
	if bad != nil {
		return nil, bad
	}
	rich := func(blocks []any) bool {
		return slices.ContainsFunc(blocks, func(b any) bool { return kit.Str(kit.Object(b)["type"]) == "rich_text" })
	}
	if rich(p.Blocks) && len(m.Blocks) > 0 && !rich(m.Blocks) {
		return nil, rules.No("block_mismatch")
	}
	if m.Metadata != nil { // left out: stays; {}: goes
		p.Metadata = m.Metadata
		if len(m.Metadata) == 0 {
			p.Metadata = nil
		}
	}
	blocks := p.Blocks
	if _, given := c.args["blocks"]; given || m.Text != "" {
		blocks = m.Blocks
	}
	w.world.Edit(p, m.Text, blocks)
	return kit.Obj{"channel": ch.ID, "ts": p.TS, "text": p.Text, "message": w.world.MessageJSON(p, true)}, nil
}

func (w *Workspace) chatDelete(c *call) (kit.Obj, *rules.Refusal) {
	ch, p, bad := w.own(c, "cant_delete_message")
	if bad != nil {
		return nil, bad
	}
	w.world.Remove(ch, p)
	return kit.Obj{"channel": ch.ID, "ts": p.TS}, nil
}
