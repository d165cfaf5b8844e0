package bot

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/form"
	"stepin/bot/outbox"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
	"stepin/store"
)

// mantras counts the daily reminders in Sam's conversation with stepin.
func (r *rig) mantras() (n int) {
	for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
		if p.App && !p.Ephemeral && strings.Contains(string(p.Blocks), "b-mantra") {
			n++
		}
	}
	return n
}

// reminder is Sam's, as it is stored.
func (r *rig) reminder() (rem daily.Reminder) {
	r.t.Helper()
	r.view(func(rd storage.Reader) error {
		var err error
		rem, err = rd.Reminder(nudges.UserID(who["sam"]))
		return err
	})
	return rem
}

func (r *rig) lines(lines string) {
	r.t.Helper()
	s := &story{r: r, hands: map[string]*hands.Hands{}}
	for l := range strings.SplitSeq(lines, "; ") {
		if err := s.line(l); err != nil {
			r.t.Fatalf("%s: %v\n%s", l, err, r.log)
		}
	}
}

// TestReminderFaults says the reminder while one call of one method fails in one way: it comes
// once, and so does what was snoozed.
func TestReminderFaults(t *testing.T) {
	for _, method := range []string{"chat.postMessage", "chat.update", "users.info", "views.publish"} {
		for _, k := range faultKinds {
			t.Run(method+"/"+k.name, func(t *testing.T) {
				inBubble(t, sandbox.Config{}, func(r *rig) {
					r.start()
					r.lines("sam opens home; sam presses Turn it on")
					f := k.fault
					f.Method = method
					r.ws.Fail(f)
					r.lines("at 09:10")
					if n := r.mantras(); n != 1 {
						r.t.Fatalf("%d reminders\n%s", n, r.log)
					}
					r.ws.Fail(f)
					r.lines("sam goes to stepin; sam presses Again in 20 minutes; +1m; sam reads I'll send this again at")
					r.ws.Fail(f)
					r.lines("+25m")
					if n := r.mantras(); n != 2 {
						r.t.Errorf("%d reminders after the snooze\n%s", n, r.log)
					}
					r.marksOnce()
				})
			})
		}
	}
}

// TestCrashOfAReminder ends the bot at each point of a morning: what is due is said once, what
// was tapped and acknowledged holds.
func TestCrashOfAReminder(t *testing.T) {
	at := 1
	for ; !t.Failed() && crashedMorning(t, at); at += tries(9, 3, 1) {
	}
	t.Logf("%d points", at-1)
	if at < 10 {
		t.Errorf("only %d points were met", at-1)
	}
}

func crashedMorning(t *testing.T, at int) (met bool) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		c := newCrash(r.path, filepath.Join(filepath.Dir(r.path), "after", "stepin.db"), 0)
		r.options = store.Options{NoSync: true, Around: c.around}
		r.dial, r.dead = c.dial(r.pipe.Dial), c.dead
		r.start()
		r.lines("sam opens home; sam presses Turn it on")
		c.mu.Lock()
		c.at = c.n + at
		c.mu.Unlock()
		revive := func() {
			if met || !c.gone() {
				return
			}
			met = true
			if c.err != nil {
				t.Fatal(c.err)
			}
			r.stop()
			r.path, r.options, r.dial, r.dead = c.copy, store.Options{NoSync: true}, nil, nil
			r.start()
		}
		pass := func(d time.Duration) {
			for ; d > 0; d -= 10 * time.Second {
				time.Sleep(10 * time.Second)
				synctest.Wait()
				revive()
			}
		}
		press := func(label string, done func(daily.Reminder) bool) {
			t.Helper()
			for range 5 {
				err := r.as("sam").In(r.as("sam").DM()).Press(label)
				synctest.Wait()
				revive()
				if err == nil && !done(r.reminder()) {
					t.Errorf("point %d: %q was acknowledged and is gone", at, label)
				}
				pass(20 * time.Second)
				if done(r.reminder()) {
					return
				}
			}
			t.Errorf("point %d: %q is not done\n%s", at, label, r.log)
		}
		pass(10 * time.Minute)
		if n := r.mantras(); n != 1 {
			t.Fatalf("point %d: %d reminders\n%s", at, n, r.log)
		}
		press("Again in 20 minutes", func(rem daily.Reminder) bool { return !rem.Snoozed.IsZero() || rem.Again > 0 })
		pass(22 * time.Minute)
		if n := r.mantras(); n != 2 {
			t.Fatalf("point %d: %d reminders after the snooze\n%s", at, n, r.log)
		}
		press("Turn it off", func(rem daily.Reminder) bool { return rem.State == daily.ReminderOff })
		pass(time.Minute)
		if got := plainly(r.as("sam").In(r.as("sam").DM())); !strings.Contains(got, "This reminder is off.") {
			t.Errorf("point %d: the choice is not shown:\n%s", at, got)
		}
		r.marksOnce()
	})
	return met
}

// TestProfileReadAgain: what the app was not told of, it finds out before the reminder is due, and
// of people who have no reminder nothing is kept.
func TestProfileReadAgain(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on; dana opens home; at 09:10")
		r.stop() // nobody hears of what happens now
		if err := r.ws.Edit(r.t.Context(), who["sam"], true,
			func(p *world.Person) { p.StatusEmoji = ":airplane:" }); err != nil {
			r.t.Logf("the app is not told: %v", err)
		}
		time.Sleep(20 * time.Hour)
		r.start()
		r.lines("at 09:10")
		if n := r.mantras(); n != 1 {
			r.t.Errorf("%d reminders\n%s", n, r.log)
		}
		rem := r.reminder()
		if len(rem.Skips) != 1 || rem.Skips[0].Kind != daily.SkipAway {
			r.t.Errorf("skipped: %+v", rem.Skips)
		}
		r.lines("dana has the status :palm_tree:; dana moves to Asia/Tokyo")
		r.view(func(rd storage.Reader) error {
			p, err := rd.Person(nudges.UserID(who["dana"]))
			if !p.Away.IsZero() || !p.Read.IsZero() || p.Zone == "Asia/Tokyo" {
				r.t.Errorf("kept of somebody without a reminder: %+v", p)
			}
			return err
		})
		if s := r.log.String(); strings.Contains(s, "palm_tree") || strings.Contains(s, "airplane") {
			r.t.Errorf("a status in the log:\n%s", s)
		}
	})
}

func TestAwayUntil(t *testing.T) {
	for _, tt := range []struct {
		emoji   string
		expires int
		want    time.Time
	}{
		{"", 0, time.Time{}},
		{":coffee:", 1772611200, time.Time{}},
		{":palm_tree:", 1772611200, time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)},
		{":palm_tree:", 0, people.Forever},
		{":baby::skin-tone-3:", 0, people.Forever},
	} {
		if got := people.AwayUntil(roster.DefaultAway, tt.emoji, tt.expires); !got.Equal(tt.want) {
			t.Errorf("%q until %d: %v", tt.emoji, tt.expires, got)
		}
	}
}

// TestReminderWithoutDays: a form that Slack should not have let through saves nothing.
func TestReminderWithoutDays(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		filled := map[string]string{form.ActWanted: "on", form.ActAt: "25:61"}
		out, _, err := r.bot.answers.Handle(r.t.Context(), form.Input{
			Kind: form.Submitted, Identity: "submit/1", User: nudges.UserID(who["sam"]),
			Callback: string(form.ReminderScreen), Form: filled, Received: time.Now(),
		})
		if err != nil || out.Errors[form.ActDays] != "err-no-days" || out.Errors[form.ActAt] != "err-time-of-day" ||
			len(out.Errors) != 2 {
			r.t.Errorf("%+v, %v", out, err)
		}
		if rem := r.reminder(); rem.State != daily.ReminderNew {
			r.t.Errorf("saved: %+v", rem)
		}
	})
}

// TestReminderUnwanted: what waits to be sent while somebody switches the reminder off, or pauses
// it, is not sent any more; nor is it called late.
func TestReminderUnwanted(t *testing.T) {
	for _, a := range []daily.ReminderAction{
		daily.SwitchOff{},
		daily.PauseUntil{Day: "2026-12-24"},
		daily.Profile{Gone: true},
	} {
		t.Run(fmt.Sprintf("%T", a), func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				r.lines("sam opens home; sam presses Turn it on; slack refuses the token; at 09:10")
				if rem := r.reminder(); len(rem.Said) != 1 {
					r.t.Fatalf("nothing waits: %+v", rem)
				}
				err := r.db.Update(r.t.Context(), func(tx storage.Tx) error {
					rem, err := tx.Reminder(nudges.UserID(who["sam"]))
					if err == nil {
						_, err = r.bot.rules().Remind(tx, rem, r.bot.now(), a)
					}
					return err
				})
				if err != nil {
					r.t.Fatal(err)
				}
				r.lines("slack mends; at 10:00")
				if n := r.mantras(); n != 0 {
					r.t.Errorf("%d reminders\n%s", n, r.log)
				}
				if rem := r.reminder(); len(rem.Said)+len(rem.Skips) != 0 || rem.First != "" {
					r.t.Errorf("kept: %+v", rem)
				}
			})
		})
	}
}

// TestPacedBatch: what the platform's limit leaves no room for is not marked, which would count
// as a try of it.
func TestPacedBatch(t *testing.T) {
	const n = 40
	seed := world.DefaultSeed()
	for i := range n {
		seed.People = append(seed.People, world.Person{ID: fmt.Sprintf("U1PACED%02d", i), Name: "Crowd", Zone: "Europe/Berlin"})
	}
	inBubble(t, sandbox.Config{Seed: seed}, func(r *rig) {
		r.start()
		for r.bot.slack.Pace.Room("chat.postMessage", outbox.Batch) > 0 {
			r.bot.slack.Pace.Allows("chat.postMessage")
		}
		now := r.bot.now()
		err := r.db.Update(r.t.Context(), func(tx storage.Tx) error {
			for i := range n {
				to := nudges.UserID(fmt.Sprintf("U1PACED%02d", i))
				if err := tx.Enqueue(now, nudges.Message{
					Key: "paced/" + string(to), Kind: view.KindOpen, To: to,
					Due: now,
				}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.t.Fatal(err)
		}
		for range 20 {
			r.bot.out.Wake()
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
		}
		left := 0
		err = r.db.View(r.t.Context(), func(rd storage.Reader) error {
			for i := range n {
				m, err := rd.Message(fmt.Sprintf("paced/U1PACED%02d", i))
				if err != nil {
					continue
				}
				if left++; m.Tries > 0 {
					r.t.Errorf("%s was tried %d times", m.Key, m.Tries)
				}
			}
			return nil
		})
		if err != nil || left == 0 || left == n {
			r.t.Errorf("%d of %d are left, %v", left, n, err)
		}
	})
}

// TestOlderProfile: what was asked for before Slack told of a newer one changes nothing.
func TestOlderProfile(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on")
		sam, asked := nudges.UserID(who["sam"]), r.bot.now()
		time.Sleep(time.Second)
		r.lines("sam has the status :palm_tree:")
		if err := r.bot.jobs.Profiles.Follow(r.t.Context(),
			map[nudges.UserID]people.Standing{sam: {Zone: "Asia/Tokyo", Asked: asked}}); err != nil {
			r.t.Fatal(err)
		}
		r.lines("at 09:06")
		if rem := r.reminder(); r.mantras() > 0 || rem.Zone != "Europe/Berlin" || len(rem.Skips) != 1 ||
			rem.Skips[0].Kind != daily.SkipAway {
			r.t.Errorf("%d reminders, %+v", r.mantras(), rem)
		}
	})
}

// TestReminderForgets: with a reminder that is said, what was said two months ago is forgotten.
func TestReminderForgets(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on")
		key := func(day nudges.Date) string { return daily.ReminderKey(nudges.UserID(who["sam"]), day, 0) }
		days := map[nudges.Date]bool{"2025-03-04": false, "2026-01-02": false, "2026-01-03": true, "2026-03-03": true}
		if err := r.update(func(tx storage.Tx) error {
			for day := range days {
				if err := tx.Enqueue(r.bot.now(), nudges.Message{Key: key(day), Due: people.Forever}); err != nil {
					return err
				}
				if err := tx.Settle(key(day), nudges.Receipt{TS: "1.2"}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			r.t.Fatal(err)
		}
		r.lines("at 09:06; sam goes to stepin; sam has 1 messages")
		days["2026-03-04"] = true
		r.view(func(rd storage.Reader) error {
			for day, stays := range days {
				if _, err := rd.Receipt(key(day)); (err == nil) != stays {
					r.t.Errorf("%s: %v", day, err)
				}
			}
			return nil
		})
	})
}

// TestTwoLinesOfADay: of two reminders that somebody asked for on one day, each keeps its own line
// when its buttons are tapped.
func TestTwoLinesOfADay(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		r.lines("sam opens home; sam presses Turn it on; sam presses Send me one now; sam closes; +2m; sam presses Send me one now; sam closes")
		lines := func() (out []string) {
			for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
				line, _, _ := strings.Cut(string(p.Blocks), `"type":"section"`)
				_, line, _ = strings.Cut(line, `"text":"`)
				out = append(out, line)
			}
			return out
		}
		before := lines()
		posts := r.ws.Posts(who["sam"], r.as("sam").DM())
		if len(posts) != 2 || before[0] == before[1] {
			r.t.Fatalf("said: %q", before)
		}
		for _, p := range posts {
			at := hands.Place{Channel: p.Channel, TS: p.TS}
			if err := r.ws.Act(r.t.Context(), who["sam"], at, "b-mantra", form.ActSnoozeHour,
				hands.Value{}); err != nil {
				r.t.Fatal(err)
			}
			r.settle()
			after := r.ws.Posts(who["sam"], p.Channel)
			if i := slices.IndexFunc(after, func(a hands.Post) bool { return a.TS == p.TS }); !after[i].Edited {
				r.t.Errorf("the tap on %s shows nothing", p.TS)
			}
			if got := lines(); !slices.Equal(got, before) {
				r.t.Errorf("after a tap on %s: %q, before: %q", p.TS, got, before)
			}
		}
	})
}
