package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
)

// Slackbot is the id of the platform's own user.
const Slackbot = "USLACKBOT"

// elsewhere is the id of the workspace that strangers belong to.
const elsewhere = "T0STRANGE"

type people struct {
	all    []*Person
	byID   map[string]*Person
	groups map[string][]string // user ids by the id of their user group
}

// settle brings in the people and channels of seed; the app's user and Slackbot come with them.
func (w *World) settle(seed Seed) error {
	for _, p := range seed.People {
		if w.people.byID[p.ID] != nil {
			return fmt.Errorf("sandbox: two people of the seed have the id %s", p.ID)
		}
		if _, err := time.LoadLocation(p.Zone); err != nil {
			return fmt.Errorf("sandbox: %s of the seed: %w: give an IANA zone such as Europe/Berlin", p.Name, err)
		}
		w.join(p)
	}
	w.join(Person{ID: seed.BotUser, Name: w.App.Display.Name, Role: "bot", Bot: true})
	w.join(Person{ID: Slackbot, Name: "Slackbot", Role: "bot", Bot: true})
	return nil
}

// join brings in a person, unless the id is known.
func (w *World) join(p Person) {
	if w.people.byID[p.ID] == nil {
		w.people.all, w.people.byID[p.ID] = append(w.people.all, &p), &p
		if p.Was != "" { // the platform answers for it as well (docs.slack.dev/apis/slack-connect)
			w.people.byID[p.Was] = &p
		}
	}
}

// Person is who has an id; nil for nobody.
func (w *World) Person(id string) *Person { return w.people.byID[id] }

// People are all who have an account, Slackbot and other bots included.
func (w *World) People() []*Person { return w.people.all }

// Group gives who is in a user group; false if there is no such group.
func (w *World) Group(id string) ([]string, bool) {
	in, known := w.people.groups[id]
	return slices.Clone(in), known
}

// SetGroup makes a user group, or puts others into it.
func (w *World) SetGroup(id string, users []string) { w.people.groups[id] = users }

// Handle is the user name of a person, such as "dana.reyes"; "" for nobody.
func (p *Person) Handle() string {
	if p == nil {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(p.Name), " ", ".")
}

// TeamOf is the id of the workspace that a person belongs to.
func (w *World) TeamOf(p *Person) string {
	switch {
	case p != nil && p.Team != "":
		return p.Team
	case p != nil && p.Stranger:
		return elsewhere
	}
	return w.IDs.Team
}

// orgOf is the id of the organisation that a person belongs to; "" for none.
func (w *World) orgOf(p *Person) string {
	if p.Stranger || p.Team != "" {
		return p.Org
	}
	return w.IDs.Org
}

// External says whether somebody belongs neither to this workspace nor to its organisation. Most of them share a
// channel with it, and then the platform's flag for strangers is not set, as reports say (looker/lookerbot#137).
func (w *World) External(p *Person) bool {
	return p != nil && w.TeamOf(p) != w.IDs.Team && (w.IDs.Org == "" || w.orgOf(p) != w.IDs.Org)
}

// Installed says whether the app is installed where somebody works. Elsewhere there are no commands and no Home of it.
func (w *World) Installed(p *Person) bool {
	return p != nil && !w.External(p) && (w.IDs.OrgWide || w.TeamOf(p) == w.IDs.Team)
}

// UserJSON is a person as users.info shows them.
func (w *World) UserJSON(p *Person) kit.Obj {
	first, last, _ := strings.Cut(p.Name, " ")
	u := kit.Obj{
		"id": p.ID, "team_id": w.TeamOf(p), "name": p.Handle(), "deleted": p.Deleted, "real_name": p.Name,
		"is_bot": p.Bot && p.ID != Slackbot, "is_app_user": false, "is_stranger": p.Stranger, "updated": 1700000000,
		"is_email_confirmed": true, "who_can_share_contact_card": "EVERYONE",
		"profile": kit.Obj{
			"title": p.Title, "real_name": p.Name, "real_name_normalized": p.Name, "display_name": first,
			"display_name_normalized": first, "first_name": first, "last_name": last, "status_emoji": p.StatusEmoji,
			"status_text": "", "status_expiration": p.StatusUntil, "avatar_hash": "g0", "team": w.TeamOf(p),
		},
	}
	if p.Locale != "" && !w.External(p) { // docs.slack.dev/apis/slack-connect
		u["locale"] = p.Locale
	}
	if org := w.orgOf(p); org != "" {
		u["enterprise_user"] = kit.Obj{
			"id": p.ID, "enterprise_id": org, "enterprise_name": "Northwind Group", "is_admin": false,
			"is_owner": false, "is_primary_owner": false, "teams": []any{w.TeamOf(p)},
		}
	}
	if p.Deleted {
		return u // the platform leaves zone and roles out of a deactivated account
	}
	u["is_admin"], u["is_owner"], u["is_primary_owner"] = p.Admin, false, false
	u["is_restricted"], u["is_ultra_restricted"] = p.Guest || p.GuestOfMany, p.Guest
	if p.Offset != nil {
		u["tz"], u["tz_label"], u["tz_offset"] = p.Zone, "A time zone", *p.Offset
	} else if loc, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" {
		label, seconds := w.Now().In(loc).Zone()
		u["tz"], u["tz_label"], u["tz_offset"] = p.Zone, label, seconds
	}
	return u
}
