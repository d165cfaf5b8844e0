package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/socket"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// Ids of the places of these tests.
const (
	ourTeam   = "T0WEST01" // our workspace, in
	ourOrg    = "E0ACME01" // our organisation, which has
	ourOther  = "T0EAST01" // another workspace
	theirTeam = "T0CLIENT" // a workspace of other people, in
	theirOrg  = "E0CLIENT" // their organisation
)

// An install is where the app is installed.
type install struct {
	name    string
	org     string
	orgWide bool
}

var installs = []install{
	{"in a workspace of no organisation", "", false},
	{"in a workspace of an organisation", ourOrg, false},
	{"in a whole organisation", ourOrg, true},
}

// A somebody is one of a kind of people.
type somebody struct {
	world.Person
	colleague func(install) bool // is a full member
}

func always(install) bool      { return true }
func never(install) bool       { return false }
func inOurOrg(in install) bool { return in.org == ourOrg }

// everySomebody is one of every kind of people.
var everySomebody = []somebody{
	{world.Person{ID: "U0FULL01", Name: "Fay Member"}, always},
	{world.Person{ID: "W0FULL01", Name: "Wes Member"}, always}, // of an organisation that was a single workspace before
	{world.Person{ID: "U0GUEST2", Name: "Gil Single", Guest: true}, never},
	{world.Person{ID: "U0GUEST3", Name: "Gia Multi", GuestOfMany: true}, never},
	{world.Person{ID: "U0APP001", Name: "Another app", Bot: true}, never},
	{world.Person{ID: "U0PAST01", Name: "Pat Past", Deleted: true}, never},
	{world.Person{ID: "U0KIM001", Name: "Kim Example", Team: theirTeam}, never}, // shares a channel with us
	{world.Person{ID: "W0KIM002", Name: "Kai Example", Team: theirTeam, Org: theirOrg}, never},
	{world.Person{ID: "U0STRG01", Name: "Stu Flagged", Stranger: true}, never}, // does not
	{world.Person{ID: "U0EAST01", Name: "Eva East", Team: ourOther, Org: ourOrg}, inOurOrg},
	{world.Person{ID: "U0EAST02", Name: "Edo Guest", Team: ourOther, Org: ourOrg, Guest: true}, never},
	{world.Person{ID: "U0NOBODY", Name: ""}, never}, // whom Slack does not show to us
}

// house is the usual workspace, with one of every kind of people.
func house(in install) world.Seed {
	seed := world.DefaultSeed()
	seed.Team, seed.Org, seed.OrgWide = ourTeam, in.org, in.orgWide
	for _, s := range everySomebody {
		if s.Name != "" {
			s.Zone = "Europe/Paris"
			seed.People = append(seed.People, s.Person)
		}
	}
	return seed
}

// What becomes of somebody who asks for something.
const (
	served   = "served"
	refused  = "not switched on"
	tryAgain = "asked to try again"
)

// knocks has somebody type /stepin, over the wire where the platform lets them, and says what became of it.
func (r *rig) knocks(id string) string {
	r.t.Helper()
	began := r.openOf(id)
	told := r.count(health.EndedUnknown)
	said := ""
	dm := r.ws.As(id).DM()
	if err := r.ws.Command(r.t.Context(), id, dm, "/stepin Acme"+fmt.Sprint(began)); err == nil {
		r.settle()
		if posts := r.ws.Posts(id, dm); len(posts) > 0 {
			said = string(posts[len(posts)-1].Blocks)
		}
		r.closeAllOf(id)
	} else { // an app, or where there is no such command: as if it were sent all the same
		r.bot.answers.Serve(socket.Job{In: form.Input{
			Kind: form.Typed, User: nudges.UserID(id), Received: time.Now(),
			Identity: "command/" + id + r.ws.Now().String(), Text: "Acme" + fmt.Sprint(began),
		}, Ack: func(payload any) error {
			b, err := json.Marshal(payload)
			said = string(b)
			return err
		}})
		r.settle()
	}
	unknown, no := strings.Contains(said, "telling me who you are"), strings.Contains(said, "switched on for you")
	if more := r.count(health.EndedUnknown) - told; (more == 1) != unknown {
		r.t.Errorf("%s reads %q, and %d more are counted", id, said, more)
	}
	switch begun := r.openOf(id) > began; {
	case begun && !unknown && !no:
		return served
	case unknown && !begun && !no:
		return tryAgain
	case no && !begun:
		return refused
	}
	return "neither: " + said
}

// openOf is how many open requests somebody has.
func (r *rig) openOf(id string) (n int) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		open, err := storage.All(rd.OpenRequests(nudges.UserID(id)))
		n = len(open)
		return err
	})
	return n
}

func (r *rig) closeAllOf(id string) {
	for len(r.ws.Modals(id)) > 0 {
		if err := r.ws.As(id).Close(); err != nil {
			r.t.Fatal(err)
		}
	}
}

// count is how many envelopes ended so.
func (r *rig) count(result string) (n int) {
	r.t.Helper()
	all, err := r.bot.Meter().Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range all {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if family.GetName() == "stepin_envelopes_total" && l.GetName() == "result" && l.GetValue() == result {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}

// answersOddly has a method answer with these values replaced, or with a whole other answer, where it is about of.
func (r *rig) answersOf(about, of string, whole []byte, all ...oddity) {
	r.ws.Behave(func(b *sandbox.Behaviour) {
		b.Odd = func(method string, sent []byte) []byte {
			switch {
			case method != about || !strings.Contains(string(sent), of):
				return sent
			case whole != nil:
				return whole
			}
			return odd(r.t, sent, all...)
		}
	})
}

// TestWhoGetsIn is who gets in: every kind of people, wherever the app is installed, by what Slack says of them. Nobody
// is let in on a guess.
func TestWhoGetsIn(t *testing.T) {
	// By who they are; by what is kept over a restart; and by nothing at all.
	byProfile := func(member bool) string {
		if member {
			return served
		}
		return refused
	}
	kept := func(member bool) string {
		if member {
			return served
		}
		return tryAgain // of others nothing is kept
	}
	unknown := func(bool) string { return tryAgain }
	known := func(r *rig) {
		for _, s := range everySomebody {
			r.knocks(s.ID)
		}
	}
	down := func(r *rig) {
		r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
	}
	fails := func(f sandbox.Fault) func(*rig) {
		f.Method, f.Count = "users.info", -1
		return func(r *rig) { r.ws.Fail(f) }
	}
	oddly := func(all ...oddity) func(*rig) {
		return func(r *rig) { r.answersOf("users.info", `"user"`, nil, all...) }
	}
	whole := func(s string) func(*rig) {
		return func(r *rig) { r.answersOf("users.info", "", []byte(s)) }
	}
	for name, tt := range map[string]struct {
		before func(*rig)
		want   func(member bool) string
	}{
		"fresh":                                  {func(*rig) {}, byProfile},
		"known, then Slack is down":              {func(r *rig) { known(r); down(r) }, byProfile},
		"known for 23 hours":                     {func(r *rig) { known(r); down(r); time.Sleep(23 * time.Hour) }, byProfile},
		"known, then a restart":                  {func(r *rig) { known(r); down(r); r.restart() }, kept},
		"known, and a restart hours later":       {func(r *rig) { known(r); down(r); time.Sleep(22 * time.Hour); r.restart() }, kept},
		"known two days ago, and a restart":      {func(r *rig) { known(r); down(r); time.Sleep(48 * time.Hour); r.restart() }, unknown},
		"unknown, down":                          {down, unknown},
		"unknown, slow":                          {fails(sandbox.Fault{Kind: sandbox.Slow, After: 2 * time.Second}), unknown},
		"unknown, never":                         {fails(sandbox.Fault{Kind: sandbox.Slow, After: time.Hour}), unknown},
		"unknown, limited":                       {fails(sandbox.Fault{Kind: sandbox.RateLimited, After: 30 * time.Second}), unknown},
		"unknown, refused":                       {fails(sandbox.Fault{Kind: sandbox.ErrorCode, Code: "missing_scope"}), unknown},
		"unknown, refused as nobody has it":      {fails(sandbox.Fault{Kind: sandbox.ErrorCode, Code: "code_of_tomorrow"}), unknown},
		"unknown, nothing but no":                {fails(sandbox.Fault{Kind: sandbox.EmptyOK}), unknown},
		"unknown, reset":                         {fails(sandbox.Fault{Kind: sandbox.ResetAfter}), unknown},
		"unknown, no JSON":                       {fails(sandbox.Fault{Kind: sandbox.Garbage}), unknown},
		"unknown, nothing but yes":               {fails(sandbox.Fault{Kind: sandbox.BareOK}), unknown},
		"unknown, an empty profile":              {whole(`{"ok":true,"user":{}}`), unknown},
		"unknown, a null":                        {whole(`{"ok":true,"user":null}`), unknown},
		"unknown, a list":                        {whole(`{"ok":true,"user":[]}`), unknown},
		"unknown, a profile of an id alone":      {whole(`{"ok":true,"user":{"id":"U0FULL01"}}`), unknown},
		"unknown, an odd id":                     {oddly(oddity{"user/id", "7"}), unknown},
		"unknown, an odd workspace":              {oddly(oddity{"user/team_id", "[]"}), unknown},
		"unknown, no workspace":                  {oddly(oddity{"user/team_id", "null"}), unknown},
		"fresh, but what does not matter is odd": {oddly(oddity{"user/name", "[]"}, oddity{"user/profile/title", "7"}, oddity{"user/updated", `"x"`}), byProfile},
	} {
		for _, in := range installs {
			t.Run(in.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, sandbox.Config{Seed: house(in), Manifest: manifest(t, "organisation"), NoLimits: true}, func(r *rig) {
					r.noPace = true
					r.start()
					tt.before(r)
					for _, s := range everySomebody {
						want, got := tt.want(s.colleague(in)), r.knocks(s.ID)
						if s.Name == "" && got != served { // Slack may have said that there is nobody
							want = got
						}
						if got != want {
							t.Errorf("%s %s: %s, and not %s", s.ID, s.Name, got, want)
						}
					}
				})
			})
		}
	}
}
