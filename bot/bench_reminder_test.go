package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/world"
	"stepin/bot/zones"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
	"stepin/store"
)

// zones38 are as many zones of the world.
func zones38() []string {
	all := daily.ZoneNames()
	var out []string
	for i := range 38 {
		out = append(out, all[i*len(all)/38])
	}
	return out
}

// remindAll stores reminders of n people who all switched them on at now.
func remindAll(tb testing.TB, st storage.Store, id func(int) string, n int, zone func(int) string, now time.Time) {
	tb.Helper()
	clocks := zones.New(slog.New(slog.DiscardHandler), time.Now).Find
	for from := 0; from < n; from += 1000 {
		err := st.Update(tb.Context(), func(tx storage.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				rem := daily.Reminder{Person: nudges.UserID(id(i))}
				for _, a := range []daily.ReminderAction{daily.Profile{Zone: zone(i)}, daily.SwitchOn{}} {
					o, err := daily.Remind(rem, a, clocks, now)
					if err != nil {
						return err
					}
					rem = o.Reminder
				}
				if err := tx.PutReminder(rem); err != nil {
					return err
				}
				if err := tx.PutPerson(nudges.Person{ID: rem.Person, Zone: zone(i), Read: now}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// BenchmarkReminderTick is the minute's look at 100,000 reminders in 38 zones: with nothing due
// for hours, and with thousands due in a few minutes, whose profiles have been read. How long it
// takes is only reported, for it depends on the machine; the memory does not, and is bounded.
func BenchmarkReminderTick(b *testing.B) {
	const people = 100_000
	const mostHeap = 100e6 // bytes
	db, err := store.Open(b.Context(), b.TempDir()+"/stepin.db", store.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	zones := zones38()
	saturday := time.Date(2023, 3, 4, 12, 0, 0, 0, time.UTC)
	monday := time.Date(2023, 3, 6, 7, 50, 0, 0, time.UTC)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	remindAll(b, db, func(i int) string { return fmt.Sprintf("U%07d", i) }, people,
		func(i int) string { return zones[i%len(zones)] }, monday.Add(-10*time.Hour))
	for name, now := range map[string]time.Time{"quiet": saturday, "before nine": monday} {
		b.Run(name, func(b *testing.B) {
			bot, err := New(Config{
				Store: db, Settings: roster.Settings{Words: testWords(b)},
				Now: func() time.Time { return now },
			})
			if err != nil {
				b.Fatal(err)
			}
			ctx := b.Context()
			if now.Equal(monday) { // what was due before was said
				for range 600 {
					if err := bot.jobs.Reminders(ctx); err != nil {
						b.Fatal(err)
					}
					if err := db.Update(ctx, func(tx storage.Tx) error {
						for m, err := range tx.Ready(now) {
							if err != nil {
								return err
							}
							if err := tx.Drop(m.Key, "said"); err != nil {
								return err
							}
						}
						return nil
					}); err != nil {
						b.Fatal(err)
					}
				}
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				for _, does := range []func(context.Context) error{
					bot.jobs.Profiles.ReadDue, bot.jobs.Requests,
					bot.jobs.Reminders,
				} {
					if err := does(ctx); err != nil {
						b.Fatal(err)
					}
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapInuse)/1e6, "heap-MB")
			b.ReportMetric(float64(after.Sys)/1e6, "sys-MB")
			if after.HeapInuse > mostHeap {
				b.Errorf("%d MB on the heap, %d at most", after.HeapInuse/1e6, int(mostHeap/1e6))
			}
		})
	}
}

// A stampede is how many reminders that are due in the same minute were sent.
type stampede struct {
	people, said, skipped, twice int
	killed, limited              bool
	took                         time.Duration // from nine to the last
	ratio                        float64       // of 300 a minute
	slowest                      time.Duration // of the clicks meanwhile
}

// stampedeOf has n people's nine o'clock come at once, in fake time. Somebody begins a pause
// every minute meanwhile. At a point of its commits and calls, 0 for none, the bot's process is
// gone, and another begins on what was on disk. If it is limited, Slack has every call of every
// method wait for three minutes from the middle on.
func stampedeOf(t *testing.T, n, point int, limited bool) (s stampede) {
	synctest.Test(t, func(t *testing.T) {
		id := func(i int) string { return fmt.Sprintf("U1CROWD%05d", i) }
		seed := world.DefaultSeed()
		for i := range n {
			seed.People = append(seed.People, world.Person{
				ID: id(i), Name: fmt.Sprintf("Manager %d", i),
				Zone: "Europe/Berlin",
			})
		}
		r := newRig(t, sandbox.Config{Seed: seed, KeepCalls: map[bool]int{false: 1, true: -1}[limited]})
		defer r.end()
		r.options = store.Options{NoSync: true}
		start := time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC)
		r.ws.SetClock(start)
		db, err := store.Open(t.Context(), r.path, r.options)
		if err != nil {
			t.Fatal(err)
		}
		remindAll(t, db, id, n, func(int) string { return "Europe/Berlin" }, start)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		c := newCrash(r.path, filepath.Join(filepath.Dir(r.path), "after", "stepin.db"), 0)
		if point > 0 {
			r.options.Around, r.dial, r.dead = c.around, c.dial(r.pipe.Dial), c.dead
		}
		r.start()
		c.mu.Lock()
		if point > 0 {
			c.at = c.n + point
		}
		c.mu.Unlock()
		nine := time.Now().Add(4 * time.Minute)
		time.Sleep(5 * time.Minute)
		posted := func() (n int) { return r.ws.Stats().Calls["chat.postMessage"] }
		for posted() < n && time.Since(nine) < 3*time.Hour {
			before := time.Now()
			if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err == nil {
				synctest.Wait()
				s.slowest = max(s.slowest, time.Since(before))
				_ = r.as("sam").Close()
			}
			for at := time.Now(); posted() < n && time.Since(at) < time.Minute; {
				time.Sleep(time.Second)
				if limited && posted() > n/2 {
					limited, s.limited = false, true
					r.limitAll(40 * time.Second)
					time.AfterFunc(3*time.Minute, r.ws.Mend)
				}
				if point > 0 && !s.killed && c.gone() {
					s.killed = true
					r.stop()
					r.path, r.options, r.dial, r.dead = c.copy, store.Options{NoSync: true}, nil, nil
					r.start()
				}
			}
		}
		s.took = time.Since(nine)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		r.view(func(rd storage.Reader) error {
			for i := range n {
				rem, err := rd.Reminder(nudges.UserID(id(i)))
				if err != nil {
					return err
				}
				if len(rem.Skips) > 0 {
					s.skipped++
				}
				marks := map[string]int{}
				for _, p := range r.ws.Posts(id(i), r.ws.As(id(i)).DM()) {
					var m struct {
						Payload struct {
							Mark string `json:"mark"`
						} `json:"event_payload"`
					}
					_ = json.Unmarshal(p.Metadata, &m)
					if marks[m.Payload.Mark]++; marks[m.Payload.Mark] > 1 {
						s.twice++
					}
					if strings.Contains(string(p.Blocks), "b-mantra") {
						s.said++
					}
				}
			}
			return nil
		})
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v[:min(5, len(v))])
		}
		if s.limited && r.waited()["chat.postMessage"] < 4 {
			t.Error("no message was told to wait")
		}
		s.people = n
		s.ratio = float64(s.said) / s.took.Minutes() / 300
	})
	return s
}

// TestStampede: many reminders at one nine o'clock go out at nearly the rate that the platform
// allows, each once, and no click waits for them.
func TestStampede(t *testing.T) {
	n := tries(300, 900, 10_000)
	for name, point := range map[string]int{"whole": 0, "killed": 3 * n, "limited": 0} {
		t.Run(name, func(t *testing.T) {
			limited := name == "limited"
			s := stampedeOf(t, n, point, limited)
			t.Logf("%+v", s)
			if s.said != n || s.twice > 0 || s.skipped > 0 || s.slowest > 100*time.Millisecond ||
				s.killed != (point > 0) || s.limited != limited {
				t.Errorf("%+v", s)
			}
			if level == 2 && !limited && s.ratio < 0.95 {
				t.Errorf("%.3f of the rate", s.ratio)
			}
		})
	}
}
