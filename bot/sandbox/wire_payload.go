package sandbox

import (
	"crypto/rand"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
)

// The payloads of interactions, as the platform's reference shows them. All need the lock.

// base has what every interaction carries.
func (w *Workspace) base(kind, user string) kit.Obj {
	return kit.Obj{
		"type": kind, "team": kit.Obj{"id": w.team.ID, "domain": w.team.Domain}, "user": w.actor(user),
		"enterprise": nil, "is_enterprise_install": false, "api_app_id": w.cfg.Seed.App, "token": "sandbox",
	}
}

func (w *Workspace) actor(user string) kit.Obj {
	name := handle(w.byID[user])
	return kit.Obj{"id": user, "username": name, "name": name, "team_id": w.teamOf(w.byID[user])}
}

func handle(p *Person) string {
	if p == nil {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(p.Name), " ", ".")
}

// told is the name by which payloads call a conversation: that of a private one is not told (SLACK.md section 4).
func (c *channel) told() string {
	switch c.Kind {
	case "im":
		return "directmessage"
	case "private", "mpim":
		return "privategroup"
	}
	return c.Name
}

func (w *Workspace) slashPayload(c *channel, user, command, text string) kit.Obj {
	return kit.Obj{
		"token": "sandbox", "team_id": w.team.ID, "team_domain": w.team.Domain, "channel_id": c.ID, "channel_name": c.told(),
		"user_id": user, "user_name": handle(w.byID[user]), "command": command, "text": text,
		"api_app_id": w.cfg.Seed.App, "is_enterprise_install": "false",
		"response_url": w.newAnswerURL(c, user, nil), "trigger_id": w.trigger(user, ""),
	}
}

func (w *Workspace) shortcutPayload(user, callback string) kit.Obj {
	p := w.base("shortcut", user)
	p["callback_id"], p["trigger_id"] = callback, w.trigger(user, "")
	p["action_ts"] = formatTS(time.Now().Add(w.offset).UnixMicro())
	return p
}

func (w *Workspace) trigger(user, view string) string {
	id := w.triggers.Issue(time.Now(), user, view)
	w.given(&w.secrets.Triggers, id)
	return id
}

// viewActions is the block_actions of an element in a modal or a Home tab.
func (w *Workspace) viewActions(v *view, user string, action kit.Obj) kit.Obj {
	p := w.base("block_actions", user)
	p["container"] = kit.Obj{"type": "view", "view_id": v.ID}
	in := v.ID
	if v.Type == "home" {
		in = ""
	}
	p["trigger_id"] = w.trigger(user, in)
	p["view"] = w.viewJSON(v, true)
	p["actions"] = []any{action}
	return p
}

// postActions is the block_actions of an element in a message.
func (w *Workspace) postActions(c *channel, m *post, user string, action kit.Obj) kit.Obj {
	p := w.base("block_actions", user)
	p["container"] = kit.Obj{
		"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.For != "",
	}
	if m.Thread != "" {
		p["container"].(kit.Obj)["thread_ts"] = m.Thread
	}
	p["channel"] = kit.Obj{"id": c.ID, "name": c.told()}
	if m.For == "" {
		p["message"] = w.postJSON(m, true)
	}
	p["state"] = kit.Obj{"values": m.Values}
	p["trigger_id"] = w.trigger(user, "")
	p["response_url"] = w.newAnswerURL(c, user, m)
	p["actions"] = []any{action}
	return p
}

func (w *Workspace) submissionPayload(v *view, user string) kit.Obj {
	p := w.base("view_submission", user)
	p["trigger_id"] = w.trigger(user, v.ID)
	p["view"] = w.viewJSON(v, true)
	p["response_urls"] = []any{}
	return p
}

// closedPayload leaves out what was typed, as the platform does (SLACK.md section 2).
func (w *Workspace) closedPayload(v *view, user string, cleared bool) kit.Obj {
	p := w.base("view_closed", user)
	p["view"] = w.viewJSON(v, false)
	p["is_cleared"] = cleared
	return p
}

// newAnswerURL makes a response URL for an interaction; m is the message it came from, if any.
func (w *Workspace) newAnswerURL(c *channel, user string, m *post) string {
	u := &answerURL{id: rand.Text(), channel: c, user: user, post: m, made: time.Now()}
	w.answers[u.id] = u
	w.given(&w.secrets.Answers, u.id)
	w.answerQ = append(w.answerQ, u)
	for len(w.answerQ) > 0 && time.Since(w.answerQ[0].made) > 2*answerLife {
		delete(w.answers, w.answerQ[0].id)
		w.answerQ = w.answerQ[1:]
	}
	return "http://" + w.host + "/response/" + u.id
}
