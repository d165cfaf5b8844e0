package sandbox

import (
	"strconv"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
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
		out := kit.Obj{
			"url": "http://" + c.host + "/", "team": ids.Name, "team_id": ids.Installed(),
			"is_enterprise_install": ids.OrgWide,
			"user":                  w.world.Person(ids.BotUser).Handle(), "user_id": ids.BotUser, "bot_id": ids.Bot,
		}
		if ids.Org != "" {
			out["enterprise_id"] = ids.Org
		}
		return out, nil
	}
}

func (w *Workspace) usersInfo(c *call) (kit.Obj, *rules.Refusal) {
	p := w.world.Person(c.str("user"))
	if p == nil {
		return nil, rules.No("user_not_found")
	}
	return kit.Obj{"user": w.userOf(c, p)}, nil
}

// userOf is a person as a call asked for them: with their locale only if it wants that.
func (w *Workspace) userOf(c *call, p *world.Person) kit.Obj {
	u := w.world.UserJSON(p)
	if !c.flag("include_locale") {
		delete(u, "locale")
	}
	return u
}

// usersList gives a page; a stranger is not in it (docs.slack.dev/apis/slack-connect).
func (w *Workspace) usersList(c *call) (kit.Obj, *rules.Refusal) {
	if bad := w.workspaceOf(c); bad != nil {
		return nil, bad
	}
	var all []any
	for _, p := range w.world.People() {
		if !w.world.External(p) {
			all = append(all, w.userOf(c, p))
		}
	}
	out, bad := c.page("members", all, 0, 1000)
	if bad == nil {
		out["cache_ts"] = time.Now().Unix()
	}
	return out, bad
}

// workspaceOf refuses a call that does not say which workspace it is about, where the app is installed for a whole
// organisation, or that names one in which it is not. Elsewhere the argument is ignored
// (docs.slack.dev/enterprise/developing-for-enterprise-orgs).
func (w *Workspace) workspaceOf(c *call) *rules.Refusal {
	switch team := c.str("team_id"); {
	case !w.world.IDs.OrgWide, team == w.world.IDs.Team:
		return nil
	case team == "":
		no := rules.No("missing_argument")
		no.Extra = kit.Obj{
			"response_metadata": kit.Obj{"messages": []any{"[ERROR] missing required field: team_id"}},
		}
		return no
	}
	return rules.No("team_access_not_granted")
}

// groupUsers gives who is in a user group, all at once: the method has no pages.
func (w *Workspace) groupUsers(c *call) (kit.Obj, *rules.Refusal) {
	if bad := w.workspaceOf(c); bad != nil {
		return nil, bad
	}
	in, known := w.world.Group(c.str("usergroup"))
	if !known {
		return nil, rules.No("no_such_subteam")
	}
	return kit.Obj{"users": append([]string{}, in...)}, nil
}

// page answers with the items that cursor and limit name, under a key; a limit of 0 gives all. A cursor is "at:" and a
// number.
func (c *call) page(key string, items []any, otherwise, most int) (kit.Obj, *rules.Refusal) {
	limit := c.number("limit", otherwise)
	if limit < 0 || limit > most {
		return nil, rules.No("invalid_limit")
	}
	from, n := 0, len(items)
	if s := c.str("cursor"); s != "" {
		at, ours := strings.CutPrefix(s, "at:")
		i, err := strconv.ParseUint("0"+at, 10, 32)
		if !ours || err != nil {
			return nil, rules.No("invalid_cursor")
		}
		from = min(int(i), n)
	}
	to, next := n, ""
	if limit > 0 && from+limit < n {
		to = from + limit
		next = "at:" + strconv.Itoa(to)
	}
	return kit.Obj{key: append([]any{}, items[from:to]...), "response_metadata": kit.Obj{"next_cursor": next}}, nil
}
