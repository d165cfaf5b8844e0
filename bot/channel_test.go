package bot

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

const debriefs = "C0DEBRF1"

// channelTroubles are what can be wrong with a channel, in Slack.
var channelTroubles = []struct {
	name    string
	do      func(*hands.Workspace) error
	Explain string // in the window
	found   string // by check
}{
	{
		"archived", func(w *hands.Workspace) error { return w.Archive(who["sam"], debriefs, true) },
		"This channel is archived.", "is archived",
	},
	{
		"removed", func(w *hands.Workspace) error { return w.Remove(who["sam"], debriefs, "U0STEPIN1") },
		"Type /invite @stepin there, then save again.", "stepin is not in",
	},
	{"external", func(w *hands.Workspace) error {
		return w.Alter(debriefs, func(c *world.Channel) { c.External = true })
	}, "Name one that only yours can read.", "shared with another organisation"},
	{"private", func(w *hands.Workspace) error {
		return w.Alter(debriefs, func(c *world.Channel) { c.Kind = "private"; c.Members = []string{who["sam"]} })
	}, "I can't see this channel.", "sees no channel"},
}

// teamForm opens the team's settings and fills in what is to be saved.
func (r *rig) teamForm() {
	r.play(`
		sam opens home
		sam presses Team settings
		sam fills Where do debriefs go? = #debriefs
		sam fills Your reps = Dana
		sam fills Skills = Pricing: Negotiation basics`)
}

// A channel to which debriefs cannot go is told on its field, with what mends it; what was typed stays.
func TestChannelOfTheForm(t *testing.T) {
	for _, tt := range channelTroubles {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Manifest: manifest(t, "channel-lookup", "private-channels")}, func(r *rig) {
				t := r.t
				r.start()
				r.teamForm()
				if err := tt.do(r.ws); err != nil {
					t.Fatal(err)
				}
				r.play(`
					sam submits
					sam gets error ` + tt.Explain + `
					sam gets error b-channel
					sam reads Pricing: Negotiation basics
					sam reads Dana
					sam submits
					sam gets error ` + tt.Explain)
				if teamOf(r).Policy != "" {
					t.Error("it was saved all the same")
				}
				// Mended, or left empty, it is saved.
				if err := r.ws.Alter(debriefs, func(c *world.Channel) {
					c.Archived, c.External, c.Kind, c.Members = false, false, "channel",
						[]string{who["sam"], "U0STEPIN1"}
				}); err != nil {
					t.Fatal(err)
				}
				r.play("sam submits\nsam gets error map[]")
				if got := teamOf(r); got.Channel != debriefs || len(got.Reps) != 1 {
					t.Errorf("saved: %+v", got)
				}
			})
		})
	}
}

func teamOf(r *rig) (t team.Team) {
	r.t.Helper()
	r.view(func(rd storage.Reader) (err error) {
		t, err = rd.Team(nudges.UserID(who["sam"]))
		return err
	})
	return t
}

// What cannot be told is taken: without the scope, while Slack is silent, and while the limit is used up.
func TestChannelThatCannotBeLookedAt(t *testing.T) {
	for name, tt := range map[string]struct {
		optional []string
		do       func(*rig) error
	}{
		"without the scope": {nil, func(r *rig) error { return channelTroubles[0].do(r.ws) }},
		"a private one, without its scope": {[]string{"channel-lookup"}, func(r *rig) error {
			return r.ws.Alter(debriefs, func(c *world.Channel) { c.Kind = "private" })
		}},
		"an outage": {[]string{"channel-lookup"}, func(r *rig) error {
			r.ws.Fail(sandbox.Fault{Method: "conversations.info", Kind: sandbox.ServerError, Count: -1})
			return channelTroubles[0].do(r.ws)
		}},
		"a slow Slack": {[]string{"channel-lookup"}, func(r *rig) error {
			r.ws.Fail(sandbox.Fault{Method: "conversations.info", Kind: sandbox.Slow, After: time.Minute, Count: -1})
			return nil
		}},
		"an empty answer": {[]string{"channel-lookup"}, func(r *rig) error {
			r.ws.Fail(sandbox.Fault{Method: "conversations.info", Kind: sandbox.EmptyOK, Count: -1})
			return nil
		}},
		"the limit": {[]string{"channel-lookup"}, func(r *rig) error {
			r.ws.Fail(sandbox.Fault{Method: "conversations.info", Kind: sandbox.RateLimited, After: time.Hour})
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{Manifest: manifest(t, tt.optional...)}, func(r *rig) {
				r.start()
				r.teamForm()
				if err := tt.do(r); err != nil {
					r.t.Fatal(err)
				}
				r.play("sam submits\nsam gets error map[]")
				if got := teamOf(r); got.Channel != debriefs {
					r.t.Errorf("saved: %+v", got)
				}
			})
		})
	}
}

// Of a channel that the configuration sets the form says nothing, for its manager cannot mend it; the log does, once.
func TestConfiguredChannel(t *testing.T) {
	inBubble(t, sandbox.Config{Manifest: manifest(t, "channel-lookup")}, func(r *rig) {
		t := r.t
		r.teams = []roster.TeamConfig{
			{Team: team.Team{Manager: "U0SAM001", Channel: debriefs}, Fixed: roster.Fixed{Channel: true}},
			{Team: team.Team{Manager: "U0LIOR01", Channel: "C0DEALS1"}, Fixed: roster.Fixed{Channel: true}},
			{Team: team.Team{Manager: "U0INES01"}},
		}
		if err := channelTroubles[0].do(r.ws); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.play(`
			sam opens home
			sam presses Team settings
			sam fills Your reps = Dana
			sam submits
			sam gets error map[]
			+1m`)
		if log := r.log.String(); strings.Count(log, "debriefs cannot go where they should") != 1 ||
			!strings.Contains(log, "C0DEBRF1 is archived") {
			t.Error(log)
		}
		if n := r.ws.Stats().Calls["conversations.info"]; n != 2 {
			t.Errorf("%d channels were looked at", n)
		}
	})
}

func TestChannelFindings(t *testing.T) {
	teams := []roster.TeamConfig{{
		Team:  team.Team{Manager: "U0SAM001", Channel: debriefs},
		Fixed: roster.Fixed{Channel: true},
	}}
	check := func(r *rig) check.Finding {
		r.t.Helper()
		cfg := Config{
			BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/",
			Dial: r.pipe.Dial, Settings: roster.Settings{Teams: teams},
		}
		for _, f := range Check(r.t.Context(), cfg) {
			if f.Name == "debriefs of U0SAM001" {
				return f
			}
		}
		r.t.Fatal("nothing was found")
		return check.Finding{}
	}
	all := manifest(t, "channel-lookup", "private-channels")
	for _, tt := range channelTroubles {
		inBubble(t, sandbox.Config{Manifest: all}, func(r *rig) {
			if f := check(r); !f.OK || f.Unseen {
				r.t.Errorf("before: %+v", f)
			}
			if err := tt.do(r.ws); err != nil {
				r.t.Fatal(err)
			}
			if f := check(r); f.OK || f.Unseen || !strings.Contains(f.Says, tt.found) || f.Remedy == "" {
				r.t.Errorf("%s: %+v", tt.name, f)
			}
		})
	}
	inBubble(t, sandbox.Config{}, func(r *rig) {
		if f := check(r); f.OK || !f.Unseen || !strings.Contains(f.Says, "the scope channels:read") || f.Remedy == "" {
			r.t.Errorf("without the scope: %+v", f)
		}
	})
	inBubble(t, sandbox.Config{Manifest: manifest(t, "channel-lookup")}, func(r *rig) {
		if err := r.ws.Alter(debriefs, func(c *world.Channel) { c.Kind = "private" }); err != nil {
			r.t.Fatal(err)
		}
		if f := check(r); f.OK || !f.Unseen || !strings.Contains(f.Says, "the scope groups:read") {
			r.t.Errorf("a private one: %+v", f)
		}
		r.ws.Fail(sandbox.Fault{Method: "conversations.info", Kind: sandbox.ServerError, Count: -1})
		if f := check(r); f.OK || !f.Unseen || !strings.Contains(f.Says, "Slack does not say") {
			r.t.Errorf("an outage: %+v", f)
		}
	})
}
