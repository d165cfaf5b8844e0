package hands

import (
	"strconv"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// The payloads of interactions, as the platform's reference shows them. All need the lock.

// base has what every interaction carries.
func base(h held, kind, user string) kit.Obj {
	p := kit.Obj{
		"type": kind, "team": kit.Obj{"id": h.IDs.Team, "domain": h.IDs.Domain}, "user": actor(h, user),
		"enterprise": nil, "is_enterprise_install": h.IDs.OrgWide, "api_app_id": h.IDs.App, "token": "sandbox",
	}
	if h.IDs.Org != "" {
		p["enterprise"] = kit.Obj{"id": h.IDs.Org, "name": "Northwind Group"}
	}
	if h.IDs.OrgWide {
		p["team"] = nil
	}
	return p
}

func actor(h held, user string) kit.Obj {
	name := h.Person(user).Handle()
	return kit.Obj{"id": user, "username": name, "name": name, "team_id": h.TeamOf(h.Person(user))}
}

func slashPayload(h held, c *world.Conversation, user, command, text string) kit.Obj {
	p := kit.Obj{
		"token": "sandbox", "team_id": h.TeamOf(h.Person(user)), "team_domain": h.IDs.Domain,
		"channel_id": c.ID, "channel_name": c.PayloadName(),
		"user_id": user, "user_name": h.Person(user).Handle(), "command": command, "text": text,
		"api_app_id": h.IDs.App, "is_enterprise_install": strconv.FormatBool(h.IDs.OrgWide),
		"response_url": h.ResponseURL(c, user, nil), "trigger_id": h.Trigger(user, ""),
	}
	if h.IDs.Org != "" {
		p["enterprise_id"], p["enterprise_name"] = h.IDs.Org, "Northwind Group"
	}
	return p
}

func shortcutPayload(h held, user, callback string) kit.Obj {
	p := base(h, "shortcut", user)
	p["callback_id"], p["trigger_id"] = callback, h.Trigger(user, "")
	p["action_ts"] = h.Stamp()
	return p
}

// tapPayload is the block_actions of an element.
func tapPayload(h held, s spot, user string, action kit.Obj) kit.Obj {
	p := base(h, "block_actions", user)
	p["actions"] = []any{action}
	if v := s.view; v != nil {
		in := v.ID
		if v.Type == "home" {
			in = ""
		}
		p["container"] = kit.Obj{"type": "view", "view_id": v.ID}
		p["trigger_id"] = h.Trigger(user, in)
		p["view"] = h.ViewJSON(v, true)
		return p
	}
	c, m := s.channel, s.message
	container := kit.Obj{"type": "message", "message_ts": m.TS, "channel_id": c.ID, "is_ephemeral": m.For != ""}
	if m.Thread != "" {
		container["thread_ts"] = m.Thread
	}
	if m.For == "" {
		p["message"] = h.MessageJSON(m, true)
	}
	p["container"], p["channel"] = container, kit.Obj{"id": c.ID, "name": c.PayloadName()}
	p["state"] = kit.Obj{"values": m.Values}
	p["trigger_id"] = h.Trigger(user, "")
	p["response_url"] = h.ResponseURL(c, user, m)
	return p
}

func submissionPayload(h held, v *world.View, user string) kit.Obj {
	p := base(h, "view_submission", user)
	p["trigger_id"] = h.Trigger(user, v.ID)
	p["view"] = h.ViewJSON(v, true)
	p["response_urls"] = []any{}
	return p
}

// closedPayload leaves out what was typed, as the platform does (docs.slack.dev/surfaces/modals).
func closedPayload(h held, v *world.View, user string, cleared bool) kit.Obj {
	p := base(h, "view_closed", user)
	p["view"] = h.ViewJSON(v, false)
	p["is_cleared"] = cleared
	return p
}
