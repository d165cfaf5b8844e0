package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/outbox"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
)

// webMethods are all methods of the Web API that the bot calls.
var webMethods = append(slices.Sorted(maps.Keys(slackapi.PerMinute)), "auth.test", "apps.connections.open")

// limitAll has each call of each method be told to wait, until the workspace mends.
func (r *rig) limitAll(wait time.Duration) {
	for _, m := range webMethods {
		r.ws.Fail(sandbox.Fault{Method: m, Kind: sandbox.RateLimited, After: wait, Count: -1})
	}
}

// waited finds the calls that came while a Retry-After of their method was running. A
// Retry-After holds for one method and the whole workspace. What was on its way when it was given may be
// the rest of a batch of messages, or what the other connection asks. It gives how many calls of
// each method were told to wait.
func (r *rig) waited() map[string]int {
	r.t.Helper()
	given, until := map[string]time.Time{}, map[string]time.Time{}
	told, beside := map[string]int{}, map[string]int{}
	atOnce := map[string]int{"chat.postMessage": outbox.Batch, "chat.update": outbox.Batch, "apps.connections.open": 2}
	for _, c := range r.ws.Calls() {
		if c.At.Before(until[c.Method]) {
			if beside[c.Method] <= 0 || c.At.Sub(given[c.Method]) > 100*time.Millisecond {
				r.t.Errorf("%s was called %s before its time", c.Method, until[c.Method].Sub(c.At))
			}
			beside[c.Method]--
		} else if c.Wait > 0 {
			given[c.Method], until[c.Method], beside[c.Method] = c.At, c.At.Add(c.Wait), atOnce[c.Method]-1
		}
		if c.Wait > 0 {
			told[c.Method]++
		}
	}
	return told
}

// TestEverythingLimited: for a quarter of an hour around nine, while people's reminders go out, and a
// few have just ended unclear, and somebody is in the middle of a pause, every call of
// every method is told to wait. None is repeated before its time, everybody has their reminder once,
// and who taps is answered.
func TestEverythingLimited(t *testing.T) {
	for _, wait := range []time.Duration{30 * time.Second, 2 * time.Minute} {
		t.Run(fmt.Sprint(wait), func(t *testing.T) {
			const people = 60
			id := func(i int) string { return fmt.Sprintf("U1CROWD%05d", i) }
			seed := world.DefaultSeed()
			for i := range people {
				seed.People = append(seed.People, world.Person{
					ID: id(i), Name: fmt.Sprintf("Manager %d", i),
					Zone: "Europe/Berlin",
				})
			}
			inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1}, func(r *rig) {
				db, err := store.Open(r.t.Context(), r.path, r.options)
				if err != nil {
					r.t.Fatal(err)
				}
				// Their profiles were read long ago, and are read again before the reminder.
				remindAll(r.t, db, id, people, func(int) string { return "Europe/Berlin" },
					r.ws.Now().Add(-22*time.Hour))
				if err := db.Close(); err != nil {
					r.t.Fatal(err)
				}
				r.start()
				r.lines("sam opens home; sam types /stepin @Dana Acme renewal; at 09:02")
				r.ws.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.ResetAfter, Count: 5})
				for before := r.ws.Stats().Calls["chat.postMessage"]; r.ws.Stats().Calls["chat.postMessage"] < before+5; {
					time.Sleep(100 * time.Millisecond) // the first look comes after half a second, and is to be limited
				}
				r.limitAll(wait)
				r.lines("sam presses I'll hold back")
				if !r.decided("sam") {
					r.t.Errorf("tapped and acknowledged, but: %+v", r.stored("sam"))
				}
				r.lines("sam closes; sam types /stepin; sam reads I couldn't open that in time.")
				r.lines("lior types /stepin; lior reads Slack isn't telling me who you are.")
				time.Sleep(15 * time.Minute)
				r.ws.Mend()
				r.lines("+7m") // the longest pause between two tries is five minutes, and up to a quarter more
				r.kept(false)
				r.lines("at 11:10")
				told := r.waited()
				r.t.Logf("told to wait: %v", told)
				for _, m := range []string{
					"chat.postMessage", "users.info", "views.open", "views.update",
					"views.publish", "conversations.open",
				} {
					if told[m] == 0 {
						r.t.Errorf("%s was never told to wait", m)
					}
				}
				r.remindedOnce(people, id)
			})
		})
	}
}

// TestLimitedAtTheDoor: while the credentials are refused, or no connection stands, what finds out
// whether that is over is told to wait, too.
func TestLimitedAtTheDoor(t *testing.T) {
	for method, breaks := range map[string]func(*rig){
		"auth.test": func(r *rig) {
			r.ws.Fail(sandbox.Fault{Method: "chat.postMessage", Kind: sandbox.ErrorCode, Code: "token_revoked"})
			r.lines("sam types /stepin @Dana Acme renewal; sam presses I'll hold back")
			r.limitAll(4 * time.Minute)
		},
		"apps.connections.open": func(r *rig) {
			r.limitAll(4 * time.Minute)
			r.ws.Refresh(0) // which is answered by asking for another address
			time.Sleep(time.Minute)
			r.ws.Refresh(0)
		},
	} {
		t.Run(method, func(t *testing.T) {
			inBubble(t, sandbox.Config{KeepCalls: -1}, func(r *rig) {
				r.start()
				breaks(r)
				time.Sleep(10 * time.Minute)
				r.ws.Mend()
				time.Sleep(10 * time.Minute)
				if told := r.waited(); told[method] < 2 {
					r.t.Errorf("told to wait: %v", told)
				}
				if s := r.ws.Stats(); s.Sockets != 2 {
					r.t.Errorf("%d connections", s.Sockets)
				}
				if v := r.ws.Violations(); len(v) > 0 {
					r.t.Errorf("rules broken: %q", v)
				}
				if n, _ := r.cards("sam", "Acme renewal"); method == "auth.test" && n != 1 {
					r.t.Errorf("%d cards\n%s", n, r.log)
				}
			})
		})
	}
}

// remindedOnce says whether each of n people has their first reminder, or is told why not, and
// nobody has two.
func (r *rig) remindedOnce(n int, id func(int) string) {
	r.t.Helper()
	said, skipped := 0, 0
	r.view(func(rd storage.Reader) error {
		for i := range n {
			rem, err := rd.Reminder(nudges.UserID(id(i)))
			if err != nil {
				return err
			}
			has := 0
			for _, p := range r.ws.Posts(id(i), r.ws.As(id(i)).DM()) {
				if p.App && !p.Ephemeral && strings.Contains(string(p.Blocks), "b-mantra") {
					has++
				}
			}
			said, skipped = said+has, skipped+len(rem.Skips)
			if has+len(rem.Skips) != 1 || len(rem.Said) != has {
				r.t.Errorf("%s has %d reminders: %+v", id(i), has, rem)
			}
		}
		return nil
	})
	r.t.Logf("%d said, %d skipped", said, skipped)
}
