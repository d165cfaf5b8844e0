package sandbox

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// readable finds a conversation that the app may read with a scope of family. What it cannot see does not exist for it,
// whatever its scopes. Each kind of conversation wants a scope of its own (the refusal
// names the scope of the kind that is seen: DataDog/slapr#47).
func (w *Workspace) readable(c *call, family string) (*world.Conversation, *rules.Refusal) {
	ch := w.world.Channel(c.str("channel"))
	app := &w.world.App
	can := func(kind string) bool { return app.HasScope(rules.ScopeFor(family, kind)) }
	if !slices.ContainsFunc(rules.ConversationKinds, can) {
		return nil, app.Missing(rules.ScopeFor(family, "channel"))
	}
	switch member := ch != nil && ch.Has(w.world.IDs.BotUser); {
	case ch == nil, !member && ch.Kind != "channel":
		return nil, rules.No("channel_not_found")
	case !can(ch.Kind):
		return nil, app.Missing(rules.ScopeFor(family, ch.Kind))
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
		return opened(true, ch)
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
		if bad := dmable(p); bad != nil {
			return nil, bad
		}
	}
	if len(users) > 1 {
		return w.openGroup(users)
	}
	already := w.world.DMOf(users[0]) != nil
	return opened(already, w.world.DM(users[0]))
}

func opened(already bool, c *world.Conversation) (kit.Obj, *rules.Refusal) {
	return kit.Obj{"no_op": already, "already_open": already, "channel": kit.Obj{"id": c.ID}}, nil
}

func (w *Workspace) openGroup(users []string) (kit.Obj, *rules.Refusal) {
	members := append([]string{w.world.IDs.BotUser}, users...)
	for _, ch := range w.world.Channels() {
		stranger := func(m string) bool { return !ch.Has(m) }
		if ch.Kind == "mpim" && len(ch.Members) == len(members) && !slices.ContainsFunc(members, stranger) {
			return opened(true, ch)
		}
	}
	name := []string{"mpdm"}
	for _, m := range members {
		name = append(name, w.world.Person(m).Handle())
	}
	return opened(false, w.world.AddChannel(world.Channel{
		ID: world.NewID("C"), Kind: "mpim", Name: strings.Join(name, "-"), Members: members,
	}))
}

// shown says whether history shows p by now.
func (w *Workspace) shown(p *world.Message) bool {
	return p.For == "" && (w.faults.HistoryLag == 0 || time.Since(p.Made) >= w.faults.HistoryLag)
}

func (w *Workspace) conversationsHistory(c *call) (kit.Obj, *rules.Refusal) {
	ch, limit := c.channel, c.number("limit", 100)
	if limit < 1 || limit > 999 {
		return nil, rules.No("invalid_limit")
	}
	oldest, latest, inclusive := c.str("oldest"), c.str("latest"), c.flag("inclusive")
	at, paged := strings.CutPrefix(c.str("cursor"), "before:")
	switch {
	case paged:
		latest = at
	case at != "":
		return nil, rules.No("invalid_cursor")
	}
	end := len(ch.Messages)
	if latest != "" {
		i, found := ch.Find(padTS(latest))
		if end = i; found && inclusive && !paged {
			end++
		}
	}
	out := kit.Obj{"has_more": false, "pin_count": 0}
	messages, last := []any{}, ""
	for _, p := range slices.Backward(ch.Messages[:end]) {
		if d := world.CompareTS(p.TS, padTS(oldest)); oldest != "" && (d < 0 || d == 0 && !inclusive) {
			break
		}
		if p.Thread != "" || !w.shown(p) {
			continue
		}
		if len(messages) == limit {
			out["has_more"], out["response_metadata"] = true, kit.Obj{"next_cursor": "before:" + last}
			break
		}
		messages, last = append(messages, w.rootJSON(c, p)), p.TS
	}
	out["messages"] = messages
	return out, nil
}

// padTS gives a ts its six decimals, for comparing.
func padTS(ts string) string {
	s, d, _ := strings.Cut(ts, ".")
	return s + "." + (d + "000000")[:6]
}

// rootJSON is a message of the conversation that c reads, with what its thread adds.
func (w *Workspace) rootJSON(c *call, p *world.Message) kit.Obj {
	o := w.world.MessageJSON(p, c.flag("include_all_metadata"))
	if r := c.channel.Replies(p.TS); len(r) > 0 {
		o["thread_ts"], o["reply_count"], o["latest_reply"] = p.TS, len(r), r[len(r)-1].TS
	}
	return o
}

func (w *Workspace) conversationsReplies(c *call) (kit.Obj, *rules.Refusal) {
	root := c.channel.Message(c.str("ts"))
	if root != nil && root.For == "" && root.Thread != "" {
		root = c.channel.Message(root.Thread)
	}
	if root == nil || root.For != "" {
		return nil, rules.No("thread_not_found")
	}
	var messages []any
	if w.shown(root) {
		messages = append(messages, w.rootJSON(c, root))
	}
	oldest, latest := c.str("oldest"), c.str("latest")
	for _, p := range c.channel.Replies(root.TS) {
		if w.shown(p) && (oldest == "" || world.CompareTS(p.TS, padTS(oldest)) >= 0) &&
			(latest == "" || world.CompareTS(p.TS, padTS(latest)) <= 0) {
			messages = append(messages, w.rootJSON(c, p))
		}
	}
	out, bad := c.page("messages", messages, 1000, 1000)
	if bad == nil {
		out["has_more"] = out["response_metadata"].(kit.Obj)["next_cursor"] != ""
	}
	return out, bad
}

func (w *Workspace) conversationsInfo(c *call) (kit.Obj, *rules.Refusal) {
	ch := c.channel
	o := kit.Obj{
		"id": ch.ID, "created": ch.Made.Unix(), "is_archived": ch.Archived, "is_channel": ch.Kind == "channel",
		"is_group": ch.Kind == "private", "is_im": ch.Kind == "im", "is_mpim": ch.Kind == "mpim",
		"is_private": ch.Kind != "channel", "is_member": ch.Has(w.world.IDs.BotUser),
		"context_team_id": w.world.IDs.Team,
		"is_shared":       ch.External, "is_ext_shared": ch.External, "is_org_shared": false,
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
	var members []any
	for _, m := range c.channel.Members {
		members = append(members, m)
	}
	return c.page("members", members, 100, 1000)
}
