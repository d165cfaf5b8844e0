package sandbox

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// readable finds a conversation that the app may read with a scope of family. What it cannot see is not there for it,
// whatever its scopes (SLACK.md section 9), and each kind of conversation wants a scope of its own (section 7; that one
// which is seen answers with the scope of its kind: DataDog/slapr#47).
func (w *Workspace) readable(c *call, family string) (*world.Conversation, *rules.Refusal) {
	ch := w.world.Channel(c.str("channel"))
	if !slices.ContainsFunc(rules.ConversationKinds, func(kind string) bool { return w.world.App.HasScope(rules.ScopeFor(family, kind)) }) {
		return nil, w.world.App.Missing(rules.ScopeFor(family, "channel"))
	}
	switch member := ch != nil && ch.Has(w.world.IDs.BotUser); {
	case ch == nil, !member && ch.Kind != "channel":
		return nil, rules.No("channel_not_found")
	case !w.world.App.HasScope(rules.ScopeFor(family, ch.Kind)):
		return nil, w.world.App.Missing(rules.ScopeFor(family, ch.Kind))
	case !member && family == "history":
		return nil, rules.No("not_in_channel")
	}
	return ch, nil
}

func (w *Workspace) conversationsOpen(c *call) (kit.Obj, *rules.Refusal) {
	if id := c.str("channel"); id != "" {
		ch := w.world.Channel(id)
		if ch == nil || !ch.Has(w.world.IDs.BotUser) {
			return nil, rules.No("channel_not_found")
		}
		return kit.Obj{"no_op": true, "already_open": true, "channel": kit.Obj{"id": ch.ID}}, nil
	}
	var users []string
	for u := range strings.SplitSeq(c.str("users"), ",") {
		if u = strings.TrimSpace(u); u != "" && !slices.Contains(users, u) {
			users = append(users, u)
		}
	}
	if scope := rules.ScopeToOpen(len(users)); !w.world.App.HasScope(scope) {
		return nil, w.world.App.Missing(scope)
	}
	switch {
	case len(users) == 0:
		return nil, rules.No("users_list_not_supplied")
	case len(users) > 8:
		return nil, rules.No("too_many_users")
	}
	for _, u := range users {
		p := w.world.Person(u)
		if p == nil {
			return nil, rules.No("user_not_found")
		}
		if bad := w.dmable(p); bad != nil {
			return nil, bad
		}
	}
	if len(users) > 1 {
		return w.openGroup(users)
	}
	already := w.world.DMOf(users[0]) != nil
	ch := w.world.DM(users[0])
	return kit.Obj{"no_op": already, "already_open": already, "channel": kit.Obj{"id": ch.ID}}, nil
}

func (w *Workspace) openGroup(users []string) (kit.Obj, *rules.Refusal) {
	members := append([]string{w.world.IDs.BotUser}, users...)
	for _, ch := range w.world.Channels() {
		if ch.Kind != "mpim" || len(ch.Members) != len(members) {
			continue
		}
		same := true
		for _, m := range members {
			same = same && ch.Has(m)
		}
		if same {
			return kit.Obj{"no_op": true, "already_open": true, "channel": kit.Obj{"id": ch.ID}}, nil
		}
	}
	name := "mpdm"
	for _, m := range members {
		name += "-" + w.world.Person(m).Handle()
	}
	ch := w.world.AddChannel(world.Channel{ID: world.NewID("C"), Kind: "mpim", Name: name, Members: members})
	w.world.Changed()
	return kit.Obj{"no_op": false, "already_open": false, "channel": kit.Obj{"id": ch.ID}}, nil
}

// shown tells whether history shows p by now.
func (w *Workspace) shown(p *world.Message) bool {
	return p.For == "" && (w.faults.HistoryLag == 0 || time.Since(p.Made) >= w.faults.HistoryLag)
}

func (w *Workspace) conversationsHistory(c *call) (kit.Obj, *rules.Refusal) {
	ch, bad := w.readable(c, "history")
	if bad != nil {
		return nil, bad
	}
	limit := c.number("limit", 100)
	if limit < 1 || limit > 999 {
		return nil, rules.No("invalid_limit")
	}
	oldest, latest, inclusive, all := c.str("oldest"), c.str("latest"), c.flag("inclusive"), c.flag("include_all_metadata")
	if at := c.str("cursor"); at != "" {
		ts, ok := strings.CutPrefix(at, "before:")
		if !ok {
			return nil, rules.No("invalid_cursor")
		}
		latest = ts
	}
	messages, more, last := []any{}, false, ""
	end := len(ch.Messages)
	if latest != "" {
		i, found := ch.Find(padTS(latest))
		if found && inclusive && c.str("cursor") == "" {
			i++
		}
		end = i
	}
	for i := end - 1; i >= 0; i-- {
		p := ch.Messages[i]
		if oldest != "" {
			if d := world.CompareTS(p.TS, padTS(oldest)); d < 0 || d == 0 && !inclusive {
				break
			}
		}
		if p.Thread != "" || !w.shown(p) {
			continue
		}
		if len(messages) == limit {
			more = true
			break
		}
		messages, last = append(messages, w.rootJSON(ch, p, all)), p.TS
	}
	out := kit.Obj{"messages": messages, "has_more": more, "pin_count": 0}
	if more {
		out["response_metadata"] = kit.Obj{"next_cursor": "before:" + last}
	}
	return out, nil
}

// padTS gives a ts its six decimals, for comparing.
func padTS(ts string) string {
	s, d, _ := strings.Cut(ts, ".")
	return s + "." + (d + "000000")[:6]
}

// rootJSON is a message with what its thread adds.
func (w *Workspace) rootJSON(ch *world.Conversation, p *world.Message, all bool) kit.Obj {
	o := w.world.MessageJSON(p, all)
	if r := ch.Replies(p.TS); len(r) > 0 {
		o["thread_ts"], o["reply_count"], o["latest_reply"] = p.TS, len(r), r[len(r)-1].TS
	}
	return o
}

func (w *Workspace) conversationsReplies(c *call) (kit.Obj, *rules.Refusal) {
	ch, bad := w.readable(c, "history")
	if bad != nil {
		return nil, bad
	}
	root := ch.Message(c.str("ts"))
	if root == nil || root.For != "" {
		return nil, rules.No("thread_not_found")
	}
	if root.Thread != "" {
		root = ch.Message(root.Thread)
		if root == nil {
			return nil, rules.No("thread_not_found")
		}
	}
	all := c.flag("include_all_metadata")
	var posts []*world.Message
	if w.shown(root) {
		posts = append(posts, root)
	}
	oldest, latest := c.str("oldest"), c.str("latest")
	for _, p := range ch.Replies(root.TS) {
		if !w.shown(p) || oldest != "" && world.CompareTS(p.TS, padTS(oldest)) < 0 || latest != "" && world.CompareTS(p.TS, padTS(latest)) > 0 {
			continue
		}
		posts = append(posts, p)
	}
	from, to, next, bad := c.page(len(posts), 1000, 1000)
	if bad != nil {
		return nil, bad
	}
	messages := []any{}
	for _, p := range posts[from:to] {
		messages = append(messages, w.rootJSON(ch, p, all))
	}
	return kit.Obj{"messages": messages, "has_more": next != "", "response_metadata": kit.Obj{"next_cursor": next}}, nil
}

func (w *Workspace) conversationsInfo(c *call) (kit.Obj, *rules.Refusal) {
	ch, bad := w.readable(c, "read")
	if bad != nil {
		return nil, bad
	}
	o := kit.Obj{
		"id": ch.ID, "created": ch.Made.Unix(), "is_archived": ch.Archived, "is_channel": ch.Kind == "channel",
		"is_group": ch.Kind == "private", "is_im": ch.Kind == "im", "is_mpim": ch.Kind == "mpim",
		"is_private": ch.Kind != "channel", "is_member": ch.Has(w.world.IDs.BotUser), "context_team_id": w.world.IDs.Team,
		"is_shared": ch.External, "is_ext_shared": ch.External, "is_org_shared": false,
	}
	if ch.Kind == "im" {
		for _, m := range ch.Members {
			if m != w.world.IDs.BotUser {
				o["user"] = m
			}
		}
	} else {
		o["name"], o["name_normalized"] = ch.Name, ch.Name
		o["topic"] = kit.Obj{"value": ch.Topic, "creator": "", "last_set": 0}
		o["purpose"] = kit.Obj{"value": "", "creator": "", "last_set": 0}
		if kit.Truth(c.args["include_num_members"]) {
			o["num_members"] = len(ch.Members)
		}
	}
	return kit.Obj{"channel": o}, nil
}

func (w *Workspace) conversationsMembers(c *call) (kit.Obj, *rules.Refusal) {
	ch, bad := w.readable(c, "read")
	if bad != nil {
		return nil, bad
	}
	from, to, next, bad := c.page(len(ch.Members), 100, 1000)
	if bad != nil {
		return nil, bad
	}
	return kit.Obj{"members": append([]string{}, ch.Members[from:to]...), "response_metadata": kit.Obj{"next_cursor": next}}, nil
}
