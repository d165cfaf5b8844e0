package bot

import (
	"strings"
	"testing"
	"time"

	"stepin/bot/health"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/team"
	"stepin/nudges/words"
)

// A Home that says only that Slack does not tell who somebody is shows itself once Slack does, without their help.
func TestUnknownHomeIsDrawnAgain(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.unknown("sam")
		r.lines("sam opens home; sam goes to home; sam reads Slack isn't telling me who you are")
		before := r.ws.Stats().Calls["views.publish"]
		time.Sleep(10 * time.Minute)
		if n := r.ws.Stats().Calls["views.publish"] - before; n != 0 {
			t.Errorf("the same Home was published %d times more", n)
		}
		r.ws.Mend()
		time.Sleep(2 * time.Minute)
		if got := r.as("sam").AtHome().Reads(); !strings.Contains(got, "Start here") {
			t.Errorf("Home: %s", got)
		}
		before = r.ws.Stats().Calls["views.publish"]
		time.Sleep(10 * time.Minute)
		if n := r.ws.Stats().Calls["views.publish"] - before; n != 0 {
			t.Errorf("a Home that is right was published %d times more", n)
		}
	})
}

// A Home that is right stays while Slack does not tell who somebody is, and shows what has changed once Slack does. Who
// looks at it then reads that Slack does not tell.
func TestRightHomeStays(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on; sam goes to home; sam reads Your reminder comes at 09:00")
		r.lines("slack fails users.info for 30m; sam moves to Asia/Tokyo; sam speaks en-US")
		r.bot.answers.RedrawAll()
		time.Sleep(10 * time.Minute)
		r.lines("sam goes to home; sam reads Your reminder comes at 09:00; sam does not read Slack isn't telling me")
		r.lines("sam opens home; sam goes to home; sam reads Slack isn't telling me who you are")
		time.Sleep(25 * time.Minute)
		r.lines("sam goes to home; sam reads Your reminder comes at 9:00 AM; sam does not read Slack isn't telling me")
	})
}

// A Home that ends in a panic is drawn later. If that lasts, it is given up until somebody looks.
func TestAPanicAtHome(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		right := r.bot.settings().Words
		panics := func() int { return strings.Count(r.log.String(), "msg=panic") }
		breaks := func(broken bool) {
			now := *r.bot.settings()
			if now.Words = right; broken {
				now.Words = &words.Words{}
			}
			r.bot.current.Store(&now)
		}
		open := func() {
			if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
				t.Fatal(err)
			}
			r.settle()
		}
		breaks(true)
		open()
		if _, drawn := r.ws.Home(who["sam"]); drawn || panics() != 1 {
			t.Fatalf("drawn: %v, %d panics", drawn, panics())
		}
		breaks(false)
		time.Sleep(time.Minute)
		if _, drawn := r.ws.Home(who["sam"]); !drawn || panics() != 1 {
			t.Errorf("drawn: %v, %d panics", drawn, panics())
		}
		breaks(true)
		open()
		time.Sleep(time.Hour)
		if n := panics(); n != 4 {
			t.Errorf("%d panics", n)
		}
		if n, _ := r.bot.HomesWaiting(); n != 0 {
			t.Errorf("%d Homes wait", n)
		}
		open()
		breaks(false)
		open()
		if got := r.as("sam").AtHome().Reads(); panics() != 5 || !strings.Contains(got, "Start here") {
			t.Errorf("%d panics, Home: %s", panics(), got)
		}
	})
}

// Where Slack opens no window above another, the person gets the line with a button, and the figures tell.
func TestNoWindowAbove(t *testing.T) {
	for fault, why := range map[sandbox.Fault]string{
		{Kind: sandbox.ServerError}:                           health.ForSilence,
		{Kind: sandbox.EmptyOK}:                               health.ForSilence,
		{Kind: sandbox.ResetBefore}:                           health.ForSilence,
		{Kind: sandbox.RateLimited, After: time.Minute}:       health.ForLimit,
		{Kind: sandbox.ErrorCode, Code: "push_limit_reached"}: health.ForRefusal,
	} {
		inBubble(t, sandbox.Config{}, func(r *rig) {
			r.start()
			r.lines("sam types /stepin @Dana Acme renewal")
			r.unknown("sam")
			fault.Method, fault.Count = "views.push", -1
			r.ws.Fail(fault)
			if err := r.as("sam").Press("I'll hold back"); err != nil {
				t.Fatal(err)
			}
			r.settle()
			if n := r.figure(r.bot.Meter().Unshown, "views.push", why); n != 1 {
				t.Errorf("%v: %d are counted", fault, n)
			}
			r.ws.Mend()
			time.Sleep(time.Minute)
			r.lines("sam closes; sam goes to stepin; sam reads I couldn't open that in time; sam presses Open; sam reads Acme renewal")
		})
	}
}

// One auth.test without an answer, while nothing is known to be wrong, keeps no message back for long.
func TestSoonAfterOneFault(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.ServerError},
		{Kind: sandbox.ResetBefore},
		{Kind: sandbox.Garbage},
		{Kind: sandbox.ErrorCode, Code: "internal_error"},
		{Kind: sandbox.RateLimited, After: 2 * time.Second},
	} {
		inBubble(t, sandbox.Config{}, func(r *rig) {
			fault.Method, fault.Skip = "auth.test", 1 // the first is who we are
			r.ws.Fail(fault)
			r.start()
			r.lines("sam types /stepin @Dana Acme renewal; sam presses I'll hold back")
			time.Sleep(5 * time.Second)
			if n, _ := r.cards("sam", "Acme renewal"); n != 1 {
				t.Errorf("%v: %d cards\n%s", fault, n, r.log)
			}
		})
	}
}

// check looks up everybody whom large teams name, within Slack's limits.
func TestCheckOfManyPeople(t *testing.T) {
	for _, l := range limits {
		seed, people := hall(240)
		inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1, NoLimits: l.free}, func(r *rig) {
			r.ws.Behave(func(b *sandbox.Behaviour) { b.Windows = l.windows })
			var teams []roster.TeamConfig
			for i := 0; i < len(people); i += 20 {
				team := team.Team{Manager: nudges.UserID(people[i])}
				for _, id := range people[i+1 : i+20] {
					team.Reps = append(team.Reps, nudges.UserID(id))
				}
				teams = append(teams, roster.TeamConfig{Team: team, Fixed: roster.Fixed{Reps: true}})
			}
			began := time.Now()
			for _, f := range Check(r.t.Context(), Config{
				BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
				Settings: roster.Settings{Teams: teams},
			}) {
				if strings.HasPrefix(f.Name, "team ") && !f.OK {
					t.Errorf("limits %s: %+v", l.name, f)
				}
			}
			if took := time.Since(began); took > 4*time.Minute {
				t.Errorf("limits %s: it took %v", l.name, took)
			}
			t.Logf("limits %s: %v, told to wait %d times", l.name, time.Since(began), told(r.ws, "users.info"))
			r.lawful()
		})
	}
}

// One answer that does not come keeps check from no finding.
func TestCheckAsksAgain(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.ServerError},
		{Kind: sandbox.Slow, After: time.Second},
		{Kind: sandbox.Garbage},
		{Kind: sandbox.RateLimited, After: time.Minute},
	} {
		inBubble(t, sandbox.Config{}, func(r *rig) {
			fault.Method = "users.info"
			r.ws.Fail(fault)
			for _, f := range Check(r.t.Context(), Config{
				BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
				Settings: roster.Settings{Admins: []nudges.UserID{"U0PRIYA1"}},
			}) {
				if strings.HasPrefix(f.Name, "admin ") && (!f.OK || f.Unseen) {
					t.Errorf("%v: %+v", fault, f)
				}
			}
		})
	}
}

// Where Slack says nothing about anybody, check ends soon and says so of each.
func TestCheckGivesUp(t *testing.T) {
	for _, fault := range []sandbox.Fault{
		{Kind: sandbox.ServerError},
		{Kind: sandbox.Slow, After: time.Minute},
		{Kind: sandbox.RateLimited, After: 10 * time.Minute},
	} {
		seed, people := hall(30)
		inBubble(t, sandbox.Config{Seed: seed}, func(r *rig) {
			fault.Method, fault.Count = "users.info", -1
			r.ws.Fail(fault)
			var admins []nudges.UserID
			for _, id := range people {
				admins = append(admins, nudges.UserID(id))
			}
			began, unseen := time.Now(), 0
			for _, f := range Check(r.t.Context(), Config{
				BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial,
				Settings: roster.Settings{Admins: admins},
			}) {
				if strings.HasPrefix(f.Name, "admin ") && f.Unseen {
					unseen++
				}
			}
			if took := time.Since(began); unseen != len(people) || took > time.Minute {
				t.Errorf("%v: %d of %d after %v", fault, unseen, len(people), took)
			}
		})
	}
}
