package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/team"
)

// kim are people of another organisation: as reported, sharing a channel with us, without the flag for strangers; and
// three more.
var kims = []world.Person{
	{ID: "U0KIM001", Name: "Kim Example", Zone: "Europe/Paris", Team: theirTeam},
	{ID: "U0KIM001", Name: "Kim Example", Zone: "Europe/Paris", Team: theirTeam, Org: theirOrg},
	{ID: "W0KIM001", Name: "Kim Example", Zone: "Europe/Paris", Team: theirTeam, Org: theirOrg},
	{ID: "U0KIM001", Name: "Kim Example", Zone: "Europe/Paris", Stranger: true},
}

// withKim is the usual workspace, with Kim.
func withKim(kim world.Person) sandbox.Config {
	seed := world.DefaultSeed()
	seed.People = append(seed.People, kim)
	return sandbox.Config{Seed: seed, KeepCalls: -1}
}

// asReported has users.info answer about Kim with the reported profile, where that is of Kim's id.
func (r *rig) asReported() {
	r.answersOf("users.info", `"U0KIM001"`, []byte(read(r.t, "testdata/who/06-external-in-shared-channel.json")))
}

// unheard says whether nothing was ever sent to somebody.
func (r *rig) unheard(id string) {
	r.t.Helper()
	for _, c := range r.ws.Calls() {
		writes := strings.HasPrefix(c.Method, "chat.") || c.Method == "conversations.open" || c.Method == "files.getUploadURLExternal"
		if writes && strings.Contains(string(c.Args), `"`+id+`"`) {
			r.t.Errorf("%s was called with %s", c.Method, c.Args)
		}
	}
	if p := r.ws.Posts(id, r.ws.As(id).DM()); len(p) > 0 {
		r.t.Errorf("%s reads %s", id, p[0].Blocks)
	}
}

// Somebody of another organisation who is named while Slack does not say who they are is not written to afterwards
// either. Who named them reads that it did not get there.
func TestExternalNamedWhileSlackIsDown(t *testing.T) {
	for _, kim := range kims {
		t.Run(kim.ID+kim.Team+kim.Org, func(t *testing.T) {
			inBubble(t, withKim(kim), func(r *rig) {
				r.start()
				r.lines("sam types /stepin help; dana types /stepin help")
				r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
				r.lines("sam types /stepin @Kim Acme renewal; sam presses Ask your rep first; sam closes; +10m")
				r.unheard(kim.ID)
				r.ws.Mend()
				time.Sleep(20 * time.Minute)
				r.unheard(kim.ID)
				r.lines("sam goes to stepin; sam reads I couldn't reach Kim in Slack")
			})
		})
	}
}

// Nobody of another organisation is taken for a rep, a manager or an approver, and nobody writes to them.
func TestExternalIsNobodysColleague(t *testing.T) {
	for i, kim := range kims {
		t.Run(kim.ID+kim.Team+kim.Org, func(t *testing.T) {
			inBubble(t, withKim(kim), func(r *rig) {
				if i == 0 {
					r.asReported()
				}
				r.start()
				if got := r.knocks(kim.ID); got != refused {
					t.Errorf("%s, and not refused", got)
				}
				r.lines("sam types /stepin @Kim Acme renewal; sam reads is from another company")
				r.lines("dana types /stepin ask @Kim Globex; dana reads I can't ask Kim")
				r.ws.Behave(func(b *sandbox.Behaviour) { b.Odd = nil })
				r.unheard(kim.ID)
			})
		})
	}
}

// kimsTeam is a team of Sam's in the configuration whose first approver is Kim.
func kimsTeam(kim string) []roster.TeamConfig {
	return []roster.TeamConfig{{
		Team: team.Team{
			Manager: "U0SAM001", Reps: []nudges.UserID{"U0DANA01"}, Policy: nudges.ByOthers,
			Approvers: []team.Approver{{ID: nudges.UserID(kim)}, {ID: "U0PRIYA1"}},
		},
		Fixed: roster.Fixed{Reps: true, Policy: true, Approvers: true},
	}}
}

// An approver of another organisation is passed over: at once, or as soon as Slack says so.
func TestExternalApprover(t *testing.T) {
	for _, kim := range kims {
		for _, down := range []bool{false, true} {
			inBubble(t, withKim(kim), func(r *rig) {
				r.teams = kimsTeam(kim.ID)
				if down { // from the start
					r.answersOf("users.info", `"`+kim.ID+`"`, []byte(`{"ok":false,"error":"internal_error"}`))
				}
				r.start()
				r.lines("sam asks to take over Acme renewal at 11:00 because Mine to give; sam closes; +2m")
				r.unheard(kim.ID)
				r.ws.Behave(func(b *sandbox.Behaviour) { b.Odd = nil })
				r.lines("+10m; priya goes to stepin; priya reads Mine to give")
				r.unheard(kim.ID)
			})
		}
	}
}

// checkOf is what the check finds by settings.
func (r *rig) checkOf(s roster.Settings, file string) []check.Finding {
	return Check(r.t.Context(), Config{
		BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
		Settings: s, Team: file, Workspace: r.teamID,
	})
}

// finds says that among the findings is one of that name which says this, and what to do unless it is fine.
func finds(t *testing.T, all []check.Finding, name string, ok bool, says string) {
	t.Helper()
	for _, f := range all {
		if f.Name == name && f.OK == ok && strings.Contains(f.Says, says) && (ok || f.Remedy != "") {
			return
		}
	}
	t.Errorf("no finding %q, ok %v, says %q, in %+v", name, ok, says, all)
}

// The check names everybody of another organisation whom the settings name, wherever that is.
func TestCheckNamesExternals(t *testing.T) {
	for _, kim := range kims {
		cfg := withKim(kim)
		cfg.Manifest = manifest(t, "usergroup")
		inBubble(t, cfg, func(r *rig) {
			id := nudges.UserID(kim.ID)
			all := r.checkOf(roster.Settings{
				Allowed: roster.Allowed{Users: []string{"U0SAM001", kim.ID}}, Contact: kim.ID,
				Admins: []nudges.UserID{"U0INES01", id}, Teams: kimsTeam(kim.ID),
			}, "")
			for _, name := range []string{"allowed", "contact", "admin " + kim.ID, "team of U0SAM001"} {
				finds(t, all, name, false, "Kim")
				finds(t, all, name, false, "another organisation")
			}
			asks := roster.Settings{Allowed: roster.Allowed{Group: salesGroup}}
			r.ws.SetGroup(salesGroup, "U0SAM001", kim.ID, "U0GUEST1")
			finds(t, r.checkOf(asks, ""), "allowed", true, "one person in the group "+salesGroup+" may use stepin, but not Kim "+kim.ID+" is from another organisation")
			r.ws.SetGroup(salesGroup, kim.ID, "U0GUEST1")
			finds(t, r.checkOf(asks, ""), "allowed", false, "so nobody may use stepin: Kim "+kim.ID+" is from another organisation, Gus U0GUEST1 is a guest")
			r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
			finds(t, r.checkOf(asks, ""), "allowed", true, "2 people in the group") // of whom nothing is known, nothing is claimed
		})
	}
}

// A group that has nobody who may use stepin is warned of, with what to do; one of whom somebody may is not.
func TestGroupOfExternals(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []string
		want string // in the warning
	}{
		"externals":             {[]string{"U0KIM001"}, "U0KIM001 is from another organisation"},
		"guests and apps":       {[]string{"U0GUEST1", "U0OTHERB", "U0GONE01"}, "U0GUEST1 is a guest"},
		"whom nobody sees":      {[]string{"W0NOBODY"}, "W0NOBODY is not in this workspace"},
		"nobody":                {nil, "who=[]"},
		"a colleague with them": {[]string{"U0KIM001", "U0SAM001"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := withKim(kims[0])
			cfg.Manifest = manifest(t, "usergroup")
			inBubble(t, cfg, func(r *rig) {
				r.allowed = roster.Allowed{Group: salesGroup}
				r.ws.SetGroup(salesGroup, tt.in...)
				r.start()
				time.Sleep(time.Minute)
				log := r.log.String()
				warned := strings.Contains(log, "nobody in the group that may use stepin is a full member")
				if warned != (tt.want != "") || !strings.Contains(log, tt.want) ||
					warned && !strings.Contains(log, "add full members to it in Slack") {
					t.Errorf("warned %v, and not of %q:\n%s", warned, tt.want, log)
				}
				if strings.Contains(log, "Kim") {
					t.Error("the log has a name")
				}
				if len(tt.in) == 1 && r.knocks(tt.in[0]) != refused {
					t.Error("not refused")
				}
			})
		})
	}
}

// orgWide is the usual workspace, with the app installed for a whole organisation.
func orgWide(t *testing.T, with ...string) sandbox.Config {
	return sandbox.Config{Seed: house(installs[2]), Manifest: manifest(t, append(with, "organisation")...), KeepCalls: -1}
}

// An app of a whole organisation, as reported: colleagues are served while users.info does not answer, if they are
// known; and if not, they read that it is Slack that does not answer.
func TestAppOfAnOrganisation(t *testing.T) {
	for _, id := range []string{"U0FULL01", "W0FULL01", "U0EAST01"} { // of two workspaces
		inBubble(t, orgWide(t), func(r *rig) {
			r.answersOf("auth.test", "", []byte(read(t, "testdata/who/07-auth-test-of-an-org.json")))
			r.start()
			if got := r.knocks(id); got != served {
				t.Errorf("%s: %s", id, got)
			}
			r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.Slow, After: time.Hour, Count: -1})
			if got := r.knocks(id); got != served {
				t.Errorf("%s, known: %s", id, got)
			}
			if got := r.knocks("U0SAM001"); got != tryAgain {
				t.Errorf("unknown: %s", got)
			}
			if home := r.ws.OpenHome(r.t.Context(), "U0DANA01"); home != nil {
				t.Error(home)
			}
			r.settle()
			if got := r.ws.As("U0DANA01").AtHome().Reads(); !strings.Contains(got, "telling me who you are") || strings.Contains(got, "[") {
				t.Errorf("Home: %s", got)
			}
			r.ws.Mend()
			time.Sleep(10 * time.Second)
			if got := r.knocks("U0SAM001"); got != served {
				t.Errorf("Slack answers again: %s", got)
			}
		})
	}
}

// Slack looks for a group in one workspace. An app of a whole organisation is told which, or says what to do.
func TestGroupOfAnOrganisation(t *testing.T) {
	for name, tt := range map[string]struct {
		teamID, want string
		reported     bool
	}{
		"no workspace":              {"", "team_id: T012ABCDEF", false},
		"no workspace, as reported": {"", "team_id: T012ABCDEF", true},
		"one without the app":       {ourOther, "ask an admin of the organisation to add the app", false},
		"the one":                   {ourTeam, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, orgWide(t, "usergroup"), func(r *rig) {
				r.teamID, r.allowed = tt.teamID, roster.Allowed{Group: salesGroup}
				r.ws.SetGroup(salesGroup, "U0SAM001", "U0EAST01")
				if tt.reported {
					r.answersOf(people.GroupMethod, "", []byte(read(t, "testdata/who/08-usergroup-with-org-token.json")))
				}
				found := r.checkOf(r.settings(), "")
				finds(t, found, "bot token", true, "all workspaces of the organisation")
				if tt.want == "" {
					finds(t, found, "allowed", true, "2 people")
					r.start()
					for id, want := range map[string]string{"U0SAM001": served, "U0EAST01": served, "U0DANA01": refused} {
						if got := r.knocks(id); got != want {
							t.Errorf("%s: %s", id, got)
						}
					}
					return
				}
				finds(t, found, "allowed", false, "the user group "+salesGroup)
				db := tempStore(r.t)
				defer db.Close()
				b, err := New(Config{
					BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Store: db,
					Dial: r.pipe.Dial, Settings: r.settings(), Workspace: r.teamID,
				})
				if err != nil {
					t.Fatal(err)
				}
				err = b.Run(r.t.Context())
				if s, ok := errors.AsType[*slackapi.Setup](err); !ok || !strings.Contains(s.Error(), tt.want) || strings.Contains(s.Error(), "look up") {
					t.Errorf("ran: %v", err)
				}
			})
		})
	}
}

// A file from when the app was installed in one workspace goes on in its organisation if the settings say that this is
// its workspace. Without that it is refused, as is one of another workspace, and the check says the same.
func TestFileOfAWorkspaceInAnOrganisation(t *testing.T) {
	for name, tt := range map[string]struct {
		file, teamID string
		goesOn       bool
	}{
		"of the organisation":              {ourOrg, "", true},
		"of the organisation, with team":   {ourOrg, ourTeam, true},
		"of the workspace":                 {ourTeam, ourTeam, true},
		"of a workspace, and nobody knows": {ourTeam, "", false},
		"of another workspace":             {theirTeam, ourTeam, false},
		"of another organisation":          {theirOrg, ourTeam, false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, orgWide(t), func(r *rig) {
				db := tempStore(r.t)
				defer db.Close()
				if err := db.ClaimTeam(r.t.Context(), tt.file); err != nil {
					t.Fatal(err)
				}
				r.teamID = tt.teamID
				b, err := New(Config{
					BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Store: db,
					Dial: r.pipe.Dial, Settings: r.settings(), Workspace: r.teamID,
				})
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithCancel(r.t.Context())
				ended := make(chan error, 1)
				go func() { ended <- b.Run(ctx) }()
				time.Sleep(time.Minute)
				if isReady(b) != tt.goesOn {
					t.Errorf("goes on: %v", isReady(b))
				}
				refuses := false
				for _, f := range r.checkOf(r.settings(), tt.file) {
					refuses = refuses || f.Name == "workspace" && !f.OK && strings.Contains(f.Remedy, "team_id: "+tt.file)
				}
				if refuses == tt.goesOn {
					t.Errorf("the check refuses: %v", refuses)
				}
				stop()
				if err := <-ended; (err == nil) != tt.goesOn {
					t.Error(err)
				}
			})
		})
	}
}

// A new token of the same organisation that is installed in another way is not taken for one of another workspace.
func TestRenewedForAnOrganisation(t *testing.T) {
	for from, to := range map[int]string{
		1: `{"ok":true,"team":"Acme","team_id":"E0ACME01","user_id":"U0STEPIN1","enterprise_id":"E0ACME01"}`,
		2: `{"ok":true,"team":"Acme","team_id":"T0WEST01","user_id":"U0STEPIN1","enterprise_id":"E0ACME01"}`,
	} {
		inBubble(t, sandbox.Config{Seed: house(installs[from]), Manifest: manifest(t, "organisation")}, func(r *rig) {
			r.start()
			r.settle() // what it asks at its start is answered
			was := r.bot.slack.Tokens()
			r.answersOf("auth.test", "", []byte(to))
			err := r.bot.Renew(r.t.Context(), slackapi.Tokens{Bot: r.ws.IssueBotToken(), App: was.App})
			if err == nil || !strings.Contains(err.Error(), "restart stepin") || r.bot.slack.Tokens() != was {
				t.Errorf("from %s: %v", installs[from].name, err)
			}
		})
	}
}

// Somebody who got another id when the workspace joined an organisation is named by the check wherever the earlier one
// stands, and Slack is asked for it once a day, not each time.
func TestCheckNamesNewIDs(t *testing.T) {
	seed := house(installs[1])
	seed.People = append(seed.People, world.Person{ID: "W0OLGA01", Was: "U0OLGA01", Name: "Olga Older", Zone: "UTC"})
	inBubble(t, sandbox.Config{Seed: seed, Manifest: manifest(t, "usergroup")}, func(r *rig) {
		const old, says = "U0OLGA01", "has the id W0OLGA01"
		all := r.checkOf(roster.Settings{
			Allowed: roster.Allowed{Users: []string{"U0SAM001", old}}, Contact: old, Admins: []nudges.UserID{old},
			Teams: kimsTeam(old),
		}, "")
		for _, name := range []string{"allowed", "contact", "admin " + old, "team of U0SAM001"} {
			finds(t, all, name, false, says)
		}
		r.teams = kimsTeam(old)
		r.start()
		time.Sleep(time.Minute)
		asked := r.ws.Stats().Calls["users.info"]
		for range 3 {
			if _, err := r.bot.jobs.People.Look(r.t.Context(), old); err != nil {
				t.Error(err)
			}
		}
		if n := r.ws.Stats().Calls["users.info"] - asked; n != 0 {
			t.Errorf("asked %d times", n)
		}
	})
}

// An alarm reaches an admin of whom Slack does not say who they are, since it may be about just that. It reaches nobody
// who is known to be of another organisation, and the log says so at the start.
func TestAlarmOfUnknownAdmin(t *testing.T) {
	cfg := withKim(kims[0])
	inBubble(t, cfg, func(r *rig) {
		r.admins = []nudges.UserID{"U0INES01", "U0KIM001"}
		r.answersOf("users.info", `"U0INES01"`, []byte(`{"ok":false,"error":"internal_error"}`))
		r.start()
		time.Sleep(time.Minute)
		if log := r.log.String(); strings.Count(log, "an admin cannot be told of faults") != 1 || !strings.Contains(log, "admin U0KIM001") {
			t.Errorf("the log:\n%s", log)
		}
		r.answersOf("users.info", "", []byte(`{"ok":false,"error":"missing_scope","needed":"users:read","provided":"commands"}`))
		r.lines("sam types /stepin; sam reads Slack isn't telling me who you are; +10m")
		if n := len(r.ws.Posts("U0INES01", r.ws.As("U0INES01").DM())); n != 1 {
			t.Errorf("Ines was told %d times\n%s", n, r.log)
		}
		r.unheard("U0KIM001")
	})
}
