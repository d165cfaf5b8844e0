package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// rhythm is the pause from one command to the next. A command is answered well within it.
const rhythm = 100 * time.Millisecond

// typing has five people type a command in turn at each beat of the rhythm, and looks what
// became of each before the next.
type typing struct {
	r             *rig
	typed, opened int
}

var lines = []struct{ name, line string }{
	{"sam", "/stepin @Dana Acme renewal"},
	{"lior", "/stepin @Dana Globex"},
	{"priya", "/stepin @Dana Initech"},
	{"ines", "/stepin @Dana Umbrella"},
	{"dana", "/stepin @Lior Hooli"},
}

// next is one command at the beat, which has to open one window before the beat is over.
func (y *typing) next(beat time.Time) {
	r := y.r
	time.Sleep(time.Until(beat))
	l := lines[y.typed%len(lines)]
	y.typed++
	if err := r.as(l.name).Types(l.line); err != nil {
		r.t.Errorf("command %d of %s: %v", y.typed, l.name, err)
	}
	time.Sleep(time.Until(beat.Add(rhythm - 5*time.Millisecond))) // the window follows the acknowledgement
	synctest.Wait()
	n := r.dismiss(l.name)
	if y.opened += n; n != 1 {
		r.t.Errorf("command %d of %s opened %d windows", y.typed, l.name, n)
	}
}

// dismiss closes somebody's windows, and counts them.
func (r *rig) dismiss(name string) int {
	r.t.Helper()
	open := r.ws.Modals(who[name])
	for _, v := range slices.Backward(open) { // the top one first
		if err := r.ws.Dismiss(context.Background(), who[name], v.ID); err != nil {
			r.t.Error(err)
		}
	}
	return len(open)
}

// unnoticed says that nobody has noticed anything.
func (y *typing) unnoticed() sandbox.Stats {
	r := y.r
	r.t.Helper()
	synctest.Wait()
	s := r.ws.Stats()
	if s.Missed != 0 || s.Late != 0 || s.TimedOut != 0 || y.opened != y.typed || s.Calls["views.open"] != y.typed {
		r.t.Errorf("%d commands, %d windows; %+v\n%s", y.typed, y.opened, s, tail(r.log.String()))
	}
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
	if strings.Contains(r.log.String(), "another program") {
		r.t.Error("our own connections were taken for somebody else's")
	}
	return s
}

func tail(s string) string { return s[max(0, len(s)-2000):] }

// slowed is a store each of whose commits takes a while.
type slowed struct {
	storage.Store
	by time.Duration
}

func (s slowed) Update(ctx context.Context, fn func(storage.Tx) error) error {
	time.Sleep(s.by)
	return s.Store.Update(ctx, fn)
}

// overNetwork gives a rig whose network and disk take their time, so that a command has a
// middle in which something can happen to it. The workspace's limits are off: ten windows a
// second are more than Slack would open.
func overNetwork(t *testing.T, f func(*rig, *wire)) {
	t.Helper()
	inBubble(t, sandbox.Config{NoLimits: true, KeepCalls: 1}, func(r *rig) {
		w := &wire{dial: r.pipe.Dial, lag: 15 * time.Millisecond}
		r.dial, r.noPace = w.Dial, true
		r.wrap = func(s storage.Store) storage.Store { return slowed{s, 10 * time.Millisecond} }
		f(r, w)
	})
}

// TestRefreshes refreshes the two connections two hundred times in turn (forty in a short run), as Slack does every
// few hours, while somebody types a command every tenth of a second all the time. Each refresh
// comes half a millisecond later in the rhythm than the one before, from the very instant of a
// command on: so it meets the envelope on its way, the commit, the acknowledgement on its way,
// and the window. Nobody may notice, also not where an acknowledgement is lost that comes over
// a connection which Slack has begun to end.
func TestRefreshes(t *testing.T) {
	refreshes := tries(40, 200, 200)
	between := 21*rhythm + rhythm/time.Duration(refreshes) // a little more than our own pause between new connections
	for name, leaving := range map[string]bool{"heard to the end": true, "not heard once it ends": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			overNetwork(t, func(r *rig, _ *wire) {
				r.ws.Behave(func(b *sandbox.Behaviour) { b.IgnoreLeaving = !leaving })
				r.start()
				y := &typing{r: r}
				start, over := time.Now().Add(rhythm), make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() {
					defer close(over)
					for i := range refreshes {
						time.Sleep(time.Until(start.Add(time.Duration(i+1) * between)))
						r.ws.Refresh(0) // the older of the two
					}
					time.Sleep(between)
				})
				for beat := start; ; beat = beat.Add(rhythm) {
					select {
					case <-over:
						wg.Wait()
						s := y.unnoticed()
						if s.Refreshes != refreshes {
							r.t.Errorf("%d refreshes", s.Refreshes)
						}
						r.t.Logf("%d commands over %d refreshes, %d connections; acknowledged elsewhere %d, again %d, lost %d",
							y.typed, s.Refreshes, s.Connections, s.Elsewhere, s.Again, s.Lost)
						return
					default:
						y.next(beat)
					}
				}
			})
		})
	}
}

// TestRefreshesUnheardElsewhere is the same for a platform which takes an acknowledgement only
// over the connection that brought the envelope; nobody knows whether Slack does. Since a connection
// is read and written until Slack ends it, nobody notices either.
func TestRefreshesUnheardElsewhere(t *testing.T) {
	const refreshes = 100
	overNetwork(t, func(r *rig, _ *wire) {
		r.ws.Behave(func(b *sandbox.Behaviour) { b.IgnoreElsewhere = true })
		r.start()
		windows := 0
		for i := range refreshes {
			l := lines[i%len(lines)]
			at := time.Now()
			go func() {
				time.Sleep(time.Duration(i) * time.Millisecond) // into the command
				r.ws.Refresh(0)
			}()
			if err := r.as(l.name).Types(l.line); err != nil {
				r.t.Errorf("command %d of %s: %v", i, l.name, err)
			}
			time.Sleep(time.Until(at.Add(10 * time.Second)))
			n := r.dismiss(l.name)
			if windows += n; n == 0 {
				r.t.Errorf("command %d of %s opened no window", i, l.name)
			}
		}
		s := r.ws.Stats()
		if s.TimedOut != 0 || s.Missed != 0 || windows != refreshes || s.Refreshes != refreshes {
			r.t.Errorf("%d windows; %+v", windows, s)
		}
		if v := r.ws.Violations(); len(v) > 0 {
			r.t.Errorf("rules broken: %q", v)
		}
		r.t.Logf("%d of %d commands under a refresh were not heard", s.TimedOut, refreshes)
	})
}

// TestRenewals types through the hours at which we renew a connection and Slack ends the one
// before. None of that may be noticed, and there are never more than four connections.
func TestRenewals(t *testing.T) {
	const life = 18060 * time.Second // what the workspace promises of a connection
	// The second line is renewed at 0.45 lives, the first at 0.9; Slack ends their first
	// connections at 1. From then on each lasts for 0.9 lives, and is ended at 1.
	for _, early := range []time.Duration{0, 21 * time.Millisecond, 47 * time.Millisecond, 83 * time.Millisecond} {
		overNetwork(t, func(r *rig, _ *wire) {
			start := time.Now()
			r.start()
			y := &typing{r: r}
			for _, at := range []float64{0.45, 0.9, 1, 1.35, 1.45, 1.8, 1.9} {
				beat := start.Add(time.Duration(at*float64(life)) - time.Second - early)
				for range 70 {
					y.next(beat)
					beat = beat.Add(rhythm)
				}
				if n := r.ws.Stats().Sockets; n > 4 || n < 2 {
					r.t.Errorf("%d connections after %g lives", n, at)
				}
			}
			time.Sleep(time.Minute) // until Slack has ended the last one
			s := y.unnoticed()
			// Two at first, then the renewals at 0.45, 0.9, 1.35, 1.8; Slack ended four of the six.
			if s.Connections != 6 || s.Refreshes != 4 || s.Sockets != 2 {
				r.t.Errorf("%+v\n%s", s, tail(r.log.String()))
			}
		})
	}
}

// TestBothDrop ends both connections at once, without a word, at each moment of a command. Where
// the envelope has reached us, what it says is stored and answered over the first connection that
// stands again, if that is in time. Where it has not, or where it takes too long, the person sees
// that it failed, and the next try works.
func TestBothDrop(t *testing.T) {
	for name, away := range map[string]time.Duration{"back at once": 0, "away for ten seconds": 10 * time.Second} {
		t.Run(name, func(t *testing.T) {
			overNetwork(t, func(r *rig, _ *wire) {
				r.start()
				const tries = 60
				failed, kept := 0, 0
				for i := 1; i <= tries; i++ { // a drop at the same instant could come before the command
					if away > 0 {
						r.ws.Fail(sandbox.Fault{
							Method: "apps.connections.open", Kind: sandbox.Slow, After: away,
							Count: 2,
						})
					}
					time.Sleep(time.Minute)
					l := lines[i%len(lines)]
					go func() {
						time.Sleep(time.Duration(i) * time.Millisecond)
						r.ws.DropSockets()
					}()
					deal := fmt.Sprintf("Deal %d", i)
					line := "/stepin @Dana " + deal
					if l.name == "dana" {
						line = "/stepin @Lior " + deal
					}
					is := func(q nudges.Request) bool { return q.Deal == deal }
					err := r.as(l.name).Types(line)
					if err != nil {
						failed++
						if trouble, ok := errors.AsType[*sandbox.Trouble](err); !ok ||
							trouble.Code != "operation_timeout" {
							r.t.Errorf("drop after %d ms: %v", i, err)
						}
					}
					time.Sleep(30 * time.Second)
					if stored := slices.ContainsFunc(r.stored(l.name), is); stored {
						kept++
					} else if err == nil {
						r.t.Errorf("drop after %d ms: answered, but not stored", i)
					}
					r.dismiss(l.name)
					if err != nil {
						if err := r.as(l.name).Types(line); err != nil {
							r.t.Errorf("the next try, drop after %d ms: %v", i, err)
						}
						time.Sleep(time.Second)
						n := r.dismiss(l.name)
						if stored := slices.ContainsFunc(r.stored(l.name), is); n != 1 || !stored {
							r.t.Errorf("the next try, drop after %d ms, opened %d windows, stored %v", i, n, stored)
						}
					}
				}
				if s := r.ws.Stats(); s.Missed != 0 || failed != s.TimedOut || failed == tries {
					r.t.Errorf("%d failed; %+v", failed, s)
				}
				if v := r.ws.Violations(); len(v) > 0 {
					r.t.Errorf("rules broken: %q", v)
				}
				s := r.ws.Stats()
				r.t.Logf("%d of %d commands failed at first, %d stored all the same, %d not written; acknowledged elsewhere %d",
					failed, tries, kept-(tries-failed), s.Unwritten, s.Elsewhere)
			})
		})
	}
}

// TestWriteError breaks the writing of a connection, and not its reading, under an acknowledgement.
func TestWriteError(t *testing.T) {
	overNetwork(t, func(r *rig, w *wire) {
		r.start()
		y := &typing{r: r}
		beat := time.Now().Add(rhythm)
		for i := range 100 {
			if i == 10 || i == 60 { // both connections get every other envelope
				w.cut.Store(true)
			}
			y.next(beat)
			beat = beat.Add(rhythm)
		}
		s := y.unnoticed()
		if s.Elsewhere < 2 || w.cut.Load() {
			r.t.Errorf("nothing was cut: %+v", s)
		}
		// Each broken one has been replaced.
		if s.Connections != 4 || s.Sockets != 2 {
			r.t.Errorf("%+v\n%s", s, tail(r.log.String()))
		}
	})
}

// TestStopUnderCommands ends the bot at each moment of a command whose last act is its
// acknowledgement. What was taken is answered.
func TestStopUnderCommands(t *testing.T) {
	overNetwork(t, func(r *rig, w *wire) {
		for i := range 60 {
			r.start()
			answer := make(chan error, 1)
			go func() { answer <- r.as("sam").Types("/stepin help") }()
			time.Sleep(time.Duration(i) * time.Millisecond)
			taken := time.Duration(i)*time.Millisecond > w.lag // the envelope has come before the end
			r.stop()
			if err := <-answer; err != nil && taken {
				r.t.Errorf("ended after %d ms: %v", i, err)
			}
		}
	})
}

// The person who ends stepin waits no longer than promised for a Home that Slack does not take.
func TestEndsInTime(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.start()
		r.ws.Fail(sandbox.Fault{Method: "views.publish", Kind: sandbox.Slow, After: time.Hour, Count: -1})
		if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		start := time.Now()
		r.stop()
		if took := time.Since(start); took > Finishing+time.Second {
			t.Errorf("it took %s to end", took)
		}
		time.Sleep(time.Minute) // what was left behind ends by itself
	})
}
