package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox/world"
)

// elsewhere are people of other workspaces.
func elsewhere(c *config, org string, wide bool) {
	withScopes("usergroups:read")(c)
	c.Seed.Org, c.Seed.OrgWide = org, wide
	c.Seed.People = append(c.Seed.People,
		world.Person{ID: "U0EAST01", Name: "Eva East", Team: "T0EAST01", Org: "E0ACME01"},
		world.Person{ID: "U0KIM001", Name: "Kim Example", Team: "T0CLIENT"},
		world.Person{ID: "U0STRNGR", Name: "Stra Nger", Stranger: true},
		world.Person{ID: "W0OLGA01", Was: "U0OLGA01", Name: "Olga Older"},
		world.Person{ID: "U0GUEST2", Name: "Gia Multi", GuestOfMany: true},
	)
	if wide {
		c.Manifest = []byte(strings.Replace(string(c.Manifest), `"settings": {`, `"settings": {"org_deploy_enabled": true,`, 1))
	}
}

// People of another organisation are shown without the flag for strangers, are in no list and have no command; those of
// another workspace of the same organisation have one only where the app is installed for all of it.
func TestPeopleFromElsewhere(t *testing.T) {
	for name, tt := range map[string]struct {
		org  string
		wide bool
		list map[string]bool // who is in users.list
		can  map[string]bool // who has the command
	}{
		"a workspace":            {"", false, map[string]bool{"U0EAST01": false, "U0KIM001": false}, map[string]bool{sam: true, "U0EAST01": false, "U0KIM001": false}},
		"one of an organisation": {"E0ACME01", false, map[string]bool{"U0EAST01": true, "U0KIM001": false}, map[string]bool{sam: true, "U0EAST01": false, "U0KIM001": false}},
		"a whole organisation":   {"E0ACME01", true, map[string]bool{"U0EAST01": true, "U0KIM001": false}, map[string]bool{sam: true, "U0EAST01": true, "U0KIM001": false}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(c *config) { elsewhere(c, tt.org, tt.wide) }, func(t *testing.T, r *rig) {
				r.connect(nil)
				user := func(id string) obj { return object(r.want("", "users.info", obj{"user": id})["user"]) }
				for id, want := range map[string]obj{
					"U0KIM001": {"id": "U0KIM001", "team_id": "T0CLIENT", "is_stranger": false},
					"U0STRNGR": {"id": "U0STRNGR", "team_id": "T0STRANGE", "is_stranger": true},
					"U0OLGA01": {"id": "W0OLGA01", "team_id": "T0NORTHWD", "is_stranger": false},
					"U0GUEST2": {"id": "U0GUEST2", "is_restricted": true, "is_ultra_restricted": false},
					"U0GUEST1": {"id": "U0GUEST1", "is_restricted": true, "is_ultra_restricted": true},
				} {
					for k, v := range want {
						if got := user(id)[k]; got != v {
							t.Errorf("%s: %s is %v", id, k, got)
						}
					}
				}
				if org := str(object(user(sam)["enterprise_user"])["enterprise_id"]); org != tt.org {
					t.Errorf("Sam is of %q", org)
				}
				listed := map[string]bool{}
				for _, u := range list(r.want("", "users.list", obj{"team_id": "T0NORTHWD"})["members"]) {
					listed[str(object(u)["id"])] = true
				}
				for id, want := range tt.list {
					if listed[id] != want {
						t.Errorf("%s is listed: %v", id, listed[id])
					}
				}
				for id, want := range tt.can {
					err := r.w.Command(t.Context(), id, r.w.As(id).DM(), "/stepin")
					if (codeOf(err) != "invalid_command") != want {
						t.Errorf("%s types the command: %v", id, err)
					}
				}
			})
		})
	}
}

// An app of a whole organisation is told so, and must say which workspace it means where Slack needs one.
func TestAppOfAnOrganisation(t *testing.T) {
	bubble(t, func(c *config) { elsewhere(c, "E0ACME01", true) }, func(t *testing.T, r *rig) {
		r.connect(nil)
		r.w.SetGroup("S0SALES01", sam)
		us := r.want("", "auth.test", nil)
		if us["team_id"] != "E0ACME01" || us["enterprise_id"] != "E0ACME01" || us["is_enterprise_install"] != true {
			t.Errorf("auth.test: %v", us)
		}
		no := r.want("missing_argument", "usergroups.users.list", obj{"usergroup": "S0SALES01"})
		if more := list(object(no["response_metadata"])["messages"]); len(more) != 1 || more[0] != "[ERROR] missing required field: team_id" {
			t.Errorf("refused: %v", no)
		}
		r.want("missing_argument", "users.list", nil)
		r.want("team_access_not_granted", "usergroups.users.list", obj{"usergroup": "S0SALES01", "team_id": "T0EAST01"})
		r.want("team_access_not_granted", "usergroups.users.list", obj{"usergroup": "S0SALES01", "team_id": "E0ACME01"})
		r.want("", "usergroups.users.list", obj{"usergroup": "S0SALES01", "team_id": "T0NORTHWD"})
		if err := r.w.Shortcut(t.Context(), sam, "pause"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		raw := string(r.envelopes()[0].Request.Payload)
		for _, want := range []string{`"team":null`, `"is_enterprise_install":true`, `"id":"E0ACME01"`} {
			if !strings.Contains(raw, want) {
				t.Errorf("no %s in %s", want, raw)
			}
		}
	})
	bubble(t, func(c *config) { withScopes("usergroups:read")(c) }, func(t *testing.T, r *rig) {
		r.w.SetGroup("S0SALES01", sam)
		r.want("", "usergroups.users.list", obj{"usergroup": "S0SALES01", "team_id": "T0ELSE001"}) // it does no harm
	})
}
