package bot

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/slackapi"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// configuredTeam is Sam's team as the operator sets it.
func configuredTeam(reps ...nudges.UserID) []roster.TeamConfig {
	return []roster.TeamConfig{{
		Team: team.Team{
			Manager: "U0SAM001", Policy: nudges.ByOthers, Reps: reps, Approvers: []team.Approver{{ID: "U0PRIYA1"}},
		},
		Fixed: roster.Fixed{Reps: true, Policy: true, Approvers: true},
	}}
}

// Somebody who is forgotten and stands in the configuration still reads so: only its owner can change it.
func TestForgottenButConfigured(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.teams = configuredTeam("U0DANA01")
		r.start()
		r.play(`
			priya types /stepin forget
			priya submits
			priya closes
			+1m
			priya goes to stepin
			priya reads My settings still name you, under teams
			lior types /stepin forget
			lior submits
			lior closes
			+1m
			lior goes to stepin
			lior reads It's done
			lior does not read My settings`)
	})
}

// A rep whom the configuration names is not asked whose rep they are, also after a restart. What they have said
// themselves counts more.
func TestConfiguredTeamNeedsNoWord(t *testing.T) {
	for _, refused := range []bool{false, true} {
		inBubble(t, sandbox.Config{}, func(r *rig) {
			r.teams = configuredTeam("U0DANA01")
			r.start()
			if refused {
				err := r.update(func(tx storage.Tx) error {
					return tx.PutBond("U0DANA01", "U0SAM001", nudges.NotMyBoss)
				})
				if err != nil {
					r.t.Fatal(err)
				}
			}
			r.play(`
				sam types /stepin @Dana Acme renewal
				restart
				sam presses Ask Dana first
				sam closes
				dana goes to stepin
				dana does not read Is Sam your manager?`)
			if refused {
				r.play(`dana has 0 messages`)
			} else {
				r.play(`dana reads what would help?`)
			}
		})
	}
}

// A team of the configuration counts as one that was settled in Home: for its manager, who
// reads there why it cannot be changed, and for its reps.
func TestConfiguredTeam(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.teams = configuredTeam("U0DANA01")
		r.start()
		r.play(`
			sam opens home
			sam reads Reps: Dana
			sam reads Takeovers are approved by Priya
			sam reads Your stepin admin set some of this
			sam presses Team settings
			sam does not read Your reps
			sam fills Skills = Pricing: Negotiation basics
			sam submits
			dana opens home
			dana does not read Team settings
			dana presses Ask my manager for help
			dana fills Which deal or call? = Acme renewal
			dana submits
			dana reads Sam knows
			lior opens home
			lior presses Team settings
			lior fills Your reps = Dana
			lior submits
			lior reads Dana is on another manager's team
			lior closes
			sam asks to take over Hooli at 11:00 because the price is mine to give
			priya goes to stepin
			priya reads the price is mine to give
			sam submits
			restart
			sam goes to home
			sam reads Skills: Pricing`)
		// Whom Sam's own form named does not count beside the configuration.
		if err := r.update(func(tx storage.Tx) error {
			return tx.PutTeam(team.Team{Manager: "U0SAM001", Reps: []nudges.UserID{"U0LIOR01"}})
		}); err != nil {
			t.Fatal(err)
		}
		r.view(func(rd storage.Reader) error {
			if boss, err := r.bot.settings().BossOf(rd, "U0LIOR01"); boss != "" || err != nil {
				return fmt.Errorf("Lior is on the team of %q: %w", boss, err)
			}
			return nil
		})
	})
}

// A window asks Slack for those whom it names, and not for the whole team: a hundred profiles a
// minute are all there are.
func TestWindowsAskForFewProfiles(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		r.play("team reps=dana,lior,ines")
		if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err != nil {
			t.Fatal(err)
		}
		r.settle()
		if n := r.ws.Stats().Calls["users.info"]; n != 2 {
			t.Errorf("%d profiles were read for a window that names two", n)
		}
	})
}

// Everybody in a large team is looked up, however many the limit lets through at once; of whom
// Slack says nothing, nothing is claimed.
func TestLargeTeamIsChecked(t *testing.T) {
	seed := world.DefaultSeed()
	var reps []nudges.UserID
	for i := range 30 {
		id := fmt.Sprintf("U0REP%04d", i)
		seed.People = append(seed.People, world.Person{ID: id, Name: id, Zone: "UTC", Guest: i == 29})
		reps = append(reps, nudges.UserID(id))
	}
	inBubble(t, sandbox.Config{Seed: seed}, func(r *rig) {
		t := r.t
		find := func() (out []check.Finding) {
			cfg := Config{
				BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/",
				Dial: r.pipe.Dial,
			}
			o := cfg.options()
			quiet := slog.New(slog.DiscardHandler)
			c := slackapi.New(o, quiet, health.New(quiet, time.Now), health.NewMeter(), time.Now)
			if err := c.Introduce(r.t.Context()); err != nil {
				r.t.Fatal(err)
			}
			people := people.NewDirectory(c, zones.New(quiet, time.Now), quiet)
			return check.TeamFindings(r.t.Context(), people, configuredTeam(reps...), true, 0)
		}
		if got := find(); len(got) != 1 || got[0].OK || !strings.Contains(got[0].Says, "U0REP0029 is a guest") {
			t.Errorf("found: %+v", got)
		}
		r.ws.Fail(sandbox.Fault{Method: "users.info", Kind: sandbox.ServerError, Count: -1})
		got := find()
		if len(got) != len(reps)+2 || !got[0].Unseen || got[0].OK {
			t.Errorf("while Slack is silent: %+v", got)
		}
	})
}
