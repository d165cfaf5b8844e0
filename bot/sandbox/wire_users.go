package sandbox

import (
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

const slackbot = "USLACKBOT"

func (w *Workspace) authTest(c *call) (kit.Obj, *rules.Refusal) {
	o := kit.Obj{"url": "http://" + c.host + "/", "team": w.team.Name, "team_id": w.team.ID, "is_enterprise_install": false}
	if w.kind(c.token) == foreign {
		return kit.Obj{"url": "http://elsewhere/", "team": "Elsewhere", "team_id": "T0STRANGE", "user": "stepin", "user_id": "U0STRANGE", "bot_id": "B0STRANGE"}, nil
	}
	if w.kind(c.token) == appToken {
		return kit.Obj{"app_name": w.app.Display.Name, "app_id": w.cfg.Seed.App}, nil
	}
	o["user"], o["user_id"], o["bot_id"] = handle(w.byID[w.cfg.Seed.BotUser]), w.cfg.Seed.BotUser, w.team.BotID
	return o, nil
}

func (w *Workspace) usersInfo(c *call) (kit.Obj, *rules.Refusal) {
	p := w.byID[c.str("user")]
	if p == nil {
		return nil, rules.No("user_not_found")
	}
	return kit.Obj{"user": w.userJSON(p)}, nil
}

// usersList gives a page; a stranger is not in it (SLACK.md section 11).
func (w *Workspace) usersList(c *call) (kit.Obj, *rules.Refusal) {
	var all []any
	for _, p := range w.people {
		if !p.Stranger {
			all = append(all, w.userJSON(p))
		}
	}
	from, to, next, bad := page(c, len(all), 0, 1000)
	if bad != nil {
		return nil, bad
	}
	return kit.Obj{"members": append([]any{}, all[from:to]...), "cache_ts": time.Now().Unix(), "response_metadata": kit.Obj{"next_cursor": next}}, nil
}

// groupUsers gives who is in a user group, all at once: the method has no pages.
func (w *Workspace) groupUsers(c *call) (kit.Obj, *rules.Refusal) {
	in, known := w.groups[c.str("usergroup")]
	if !known {
		return nil, rules.No("no_such_subteam")
	}
	return kit.Obj{"users": append([]string{}, in...)}, nil
}

// page reads cursor and limit; a limit of 0 gives all. A cursor is "at:" and a number.
func page(c *call, n, otherwise, most int) (from, to int, next string, bad *rules.Refusal) {
	limit := c.number("limit", otherwise)
	if limit < 0 || limit > most {
		return 0, 0, "", rules.No("invalid_limit")
	}
	if limit == 0 {
		limit = max(n, 1)
	}
	if s := c.str("cursor"); s != "" {
		if _, ok := strings.CutPrefix(s, "at:"); !ok {
			return 0, 0, "", rules.No("invalid_cursor")
		}
		for _, d := range s[3:] {
			if d < '0' || d > '9' || from > n {
				return 0, 0, "", rules.No("invalid_cursor")
			}
			from = from*10 + int(d-'0')
		}
	}
	from = min(from, n)
	to = min(from+limit, n)
	if to < n {
		next = "at:" + itoa(to)
	}
	return from, to, next, nil
}

// teamOf is the workspace that somebody belongs to.
func (w *Workspace) teamOf(p *Person) string {
	if p != nil && p.Stranger {
		return "T0STRANGE"
	}
	return w.team.ID
}

func (w *Workspace) userJSON(p *Person) kit.Obj {
	name := handle(p)
	emoji, text := p.StatusEmoji, ""
	first, last, _ := strings.Cut(p.Name, " ")
	u := kit.Obj{
		"id": p.ID, "team_id": w.teamOf(p), "name": name, "deleted": p.Deleted, "real_name": p.Name,
		"is_bot": p.Bot && p.ID != slackbot, "is_app_user": false, "is_stranger": p.Stranger, "updated": 1700000000,
		"is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
		"profile": kit.Obj{
			"title": p.Title, "real_name": p.Name, "real_name_normalized": p.Name, "display_name": first,
			"display_name_normalized": first, "first_name": first, "last_name": last,
			"status_emoji": emoji, "status_text": text, "status_expiration": p.StatusUntil, "avatar_hash": "g0", "team": w.team.ID,
		},
	}
	if p.Deleted {
		return u // the platform leaves zone and roles out of a deactivated account
	}
	u["is_admin"], u["is_owner"], u["is_primary_owner"] = p.Admin, false, false
	u["is_restricted"], u["is_ultra_restricted"] = p.Guest, p.Guest
	if p.Zone != "" {
		now := time.Now().Add(w.offset)
		if loc, err := time.LoadLocation(p.Zone); err == nil {
			label, seconds := now.In(loc).Zone()
			u["tz"], u["tz_label"], u["tz_offset"] = p.Zone, label, seconds
		}
	}
	return u
}
