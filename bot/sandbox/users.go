package sandbox

import (
	"strconv"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

func (w *Workspace) authTest(c *call) (kit.Obj, *rules.Refusal) {
	switch ids := w.world.IDs; w.kind(c.token) {
	case foreign:
		return kit.Obj{
			"url": "http://elsewhere/", "team": "Elsewhere", "team_id": "T0STRANGE",
			"user": "stepin", "user_id": "U0STRANGE", "bot_id": "B0STRANGE",
		}, nil
	case appToken:
		return kit.Obj{"app_name": w.world.App.Display.Name, "app_id": ids.App}, nil
	default:
		return kit.Obj{
			"url": "http://" + c.host + "/", "team": ids.Name, "team_id": ids.Team, "is_enterprise_install": false,
			"user": w.world.Person(ids.BotUser).Handle(), "user_id": ids.BotUser, "bot_id": ids.Bot,
		}, nil
	}
}

func (w *Workspace) usersInfo(c *call) (kit.Obj, *rules.Refusal) {
	p := w.world.Person(c.str("user"))
	if p == nil {
		return nil, rules.No("user_not_found")
	}
	return kit.Obj{"user": w.world.UserJSON(p)}, nil
}

// usersList gives a page; a stranger is not in it (SLACK.md section 11).
func (w *Workspace) usersList(c *call) (kit.Obj, *rules.Refusal) {
	var all []any
	for _, p := range w.world.People() {
		if !p.Stranger {
			all = append(all, w.world.UserJSON(p))
		}
	}
	from, to, next, bad := c.page(len(all), 0, 1000)
	if bad != nil {
		return nil, bad
	}
	return kit.Obj{"members": append([]any{}, all[from:to]...), "cache_ts": time.Now().Unix(), "response_metadata": kit.Obj{"next_cursor": next}}, nil
}

// groupUsers gives who is in a user group, all at once: the method has no pages.
func (w *Workspace) groupUsers(c *call) (kit.Obj, *rules.Refusal) {
	in, known := w.world.Group(c.str("usergroup"))
	if !known {
		return nil, rules.No("no_such_subteam")
	}
	return kit.Obj{"users": append([]string{}, in...)}, nil
}

// page reads cursor and limit; a limit of 0 gives all. A cursor is "at:" and a number.
func (c *call) page(n, otherwise, most int) (from, to int, next string, bad *rules.Refusal) {
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
		next = "at:" + strconv.Itoa(to)
	}
	return from, to, next, nil
}
