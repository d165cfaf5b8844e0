package bot

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store"
)

// clicks are how long people waited, in one half of a benchmark.
type clicks struct {
	mu     sync.Mutex
	acked  []time.Duration // from the typed command to its acknowledgement
	opened []time.Duration // and to the window
}

func (c *clicks) report(b *testing.B, half string) {
	for name, took := range map[string][]time.Duration{"ack": c.acked, "modal": c.opened} {
		slices.Sort(took)
		for q, at := range map[string]int{"p50": len(took) / 2, "p99": len(took) * 99 / 100, "max": len(took) - 1} {
			b.ReportMetric(ms(took[at]), half+"-"+name+"-"+q+"-ms")
		}
	}
	b.ReportMetric(float64(len(c.acked)), half+"-clicks")
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// added reports how much longer clicks took in the stampede than in the quiet half.
func (c *clicks) added(b *testing.B, quiet *clicks) {
	for name, took := range map[string][2][]time.Duration{
		"ack":   {quiet.acked, c.acked},
		"modal": {quiet.opened, c.opened},
	} {
		for q, part := range map[string]float64{"p99": 0.99, "max": 1} {
			at := func(d []time.Duration) time.Duration { return d[min(len(d)-1, int(part*float64(len(d))))] }
			b.ReportMetric(ms(at(took[1])-at(took[0])), "added-"+name+"-"+q+"-ms")
			b.ReportMetric(float64(at(took[1]))/float64(at(took[0])), "times-"+name+"-"+q)
		}
	}
}

// BenchmarkStampede has people type /stepin every 25 ms in real time, first with nothing else
// to do, then while 10,000 reminders of one nine o'clock are said. Each of those people has made
// five requests lately, which are all read for it.
//
// "paced" is the bot as it is shipped, but that the clock looks each second, not each minute. In
// "unpaced" nothing waits: the outbox sends as fast as it can, and once it is empty the clock fills
// it up again, in transactions back to back, until all have theirs. Workspace, people and bot share
// the machine. 100 ms is the bound of what is added.
func BenchmarkStampede(b *testing.B) {
	const typing, reminded, begun = 50, 10_000, 5
	const every = 25 * time.Millisecond
	monday := time.Date(2026, 3, 2, 7, 50, 0, 0, time.UTC)
	for _, noPace := range []bool{false, true} {
		b.Run(map[bool]string{false: "paced", true: "unpaced"}[noPace], func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				ws, url, people := crowd(b, typing+reminded)
				id := func(i int) string { return people[typing+i] }
				path := filepath.Join(b.TempDir(), "stepin.db")
				fill(b, path, id, reminded, begun, monday)
				var commits atomic.Int64
				db, err := store.Open(b.Context(), path, store.Options{Around: func(commit func() error) error {
					commits.Add(1)
					return commit()
				}})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = db.Close() })
				began := time.Now()
				var later atomic.Int64 // how far the bot's clock is ahead
				ws.SetClock(monday)
				bot := runBot(b, ws, url, db, func(c *Config) {
					c.NoPace = noPace
					c.Now = func() time.Time { return monday.Add(time.Since(began) + time.Duration(later.Load())) }
				})
				bot.slack.Pace.LimitOnly("chat.postMessage") // nobody could type so often else
				tap := func(c *clicks, n int) {
					user := people[n%typing]
					start := time.Now()
					if err := ws.Command(b.Context(), user, "C0DEALS1", "/stepin"); err != nil {
						b.Error(err)
						return
					}
					acked := time.Since(start)
					if err := opened(ws, user); err != nil {
						b.Error(err)
						return
					}
					all := time.Since(start)
					c.mu.Lock()
					c.acked, c.opened = append(c.acked, acked), append(c.opened, all)
					c.mu.Unlock()
					if err := closeAll(ws, user); err != nil {
						b.Error(err)
					}
				}
				for n := range typing { // profiles are read once a day; that is not what is measured
					tap(new(clicks), n)
				}
				// Everybody types when it is their turn, whether or not the others have been answered.
				taps := func(c *clicks, done <-chan struct{}) {
					var wg sync.WaitGroup
					beat := time.NewTicker(every)
					defer beat.Stop()
					for n := 0; ; n++ {
						select {
						case <-beat.C:
							wg.Go(func() { tap(c, n) })
						case <-done:
							wg.Wait()
							return
						}
					}
				}
				wait, cancel := context.WithTimeout(b.Context(), 10*time.Second)
				var quiet, loud clicks
				taps(&quiet, wait.Done())
				cancel()

				b.StartTimer()
				later.Store(int64(16 * time.Minute))
				ws.SetClock(bot.now())
				before, sent, start := commits.Load(), ws.Stats().Calls["chat.postMessage"], time.Now()
				rush, end := context.WithCancel(b.Context())
				if !noPace {
					rush, end = context.WithTimeout(b.Context(), 20*time.Second)
				}
				look := bot.jobs.Reminders
				if noPace { // the moment that all it chose are sent
					look = bot.Settle
				}
				go func() {
					defer end()
					for due(b, bot) {
						if err := look(rush); err != nil && rush.Err() == nil {
							b.Error(err)
							return
						}
						if noPace {
							continue
						}
						select {
						case <-time.After(time.Second):
						case <-rush.Done():
							return
						}
					}
				}()
				taps(&loud, rush.Done())
				b.StopTimer()
				quiet.report(b, "quiet")
				loud.report(b, "loud")
				loud.added(b, &quiet)
				took := time.Since(start).Seconds()
				b.ReportMetric(float64(ws.Stats().Calls["chat.postMessage"]-sent)/took, "posts/s")
				b.ReportMetric(float64(commits.Load()-before)/took, "commits/s")
			}
		})
	}
}

// due says whether a reminder is left to be chosen.
func due(b *testing.B, bot *Bot) (some bool) {
	err := bot.cfg.Store.View(b.Context(), func(r storage.Reader) error {
		some = false
		for _, err := range r.DueReminders(bot.now()) {
			some = true
			return err
		}
		return nil
	})
	if err != nil {
		b.Error(err)
	}
	return some
}

// fill makes a file in which n people have a reminder that is due at nine in Berlin, and have
// begun some requests in the last weeks.
func fill(b *testing.B, path string, id func(int) string, n, begun int, now time.Time) {
	b.Helper()
	db, err := store.Open(b.Context(), path, store.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	remindAll(b, db, id, n, func(int) string { return "Europe/Berlin" }, now)
	for from := 0; from < n; from += 1000 {
		err := db.Update(b.Context(), func(tx storage.Tx) error {
			for i := from; i < min(n, from+1000); i++ {
				for k := range begun {
					at := now.AddDate(0, 0, -10-k)
					err := tx.PutRequest(nudges.Request{
						ID: nudges.RequestID(fmt.Sprintf("R%d-%d", i, k)), Manager: nudges.UserID(id(i)),
						Rep:  nudges.UserID(who["dana"]),
						Deal: fmt.Sprintf("deal %d", k), Begun: at, Starts: at, Ends: at.Add(time.Hour),
						Way:      nudges.ByPause,
						Decision: nudges.Decided(ladder.HoldBack), DecidedAt: at, Phase: nudges.Done,
						Grant:   nudges.Grant{State: nudges.NoGrant},
						Answers: verdict.Answers{verdict.QPlan: "quiet"},
					})
					if err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}
