package bot

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
)

// hall is a workspace with n people of one company beside those of the seed.
func hall(n int) (seed world.Seed, people []string) {
	seed = world.DefaultSeed()
	for i := range n {
		id := fmt.Sprintf("U0HALL%04d", i)
		people = append(people, id)
		seed.People = append(seed.People, world.Person{
			ID: id, Name: fmt.Sprintf("Manager %d", i), Zone: "Europe/Berlin",
		})
	}
	seed.Channels[0].Members = append(seed.Channels[0].Members, people...)
	return seed, people
}

// each has everybody do something, spread evenly over a time.
func (r *rig) each(people []string, in time.Duration, do func(id string) error) {
	r.t.Helper()
	var wg sync.WaitGroup
	for i, id := range people {
		wg.Go(func() {
			time.Sleep(in * time.Duration(i) / time.Duration(len(people)))
			if err := do(id); err != nil {
				r.t.Errorf("%s: %v", id, err)
			}
		})
	}
	wg.Wait()
}

func (r *rig) typesStepin(id string) error {
	return r.ws.Command(r.t.Context(), id, "C0DEALS1", "/stepin")
}

// A rush is what people see after each has done something.
type rush struct {
	windows []string
	lines   map[string]time.Time // who got a line, and from when it says that a window can be opened
	unknown []string             // who read that Slack does not say who they are
	nothing []string
}

var opensFrom = regexp.MustCompile(`in time. Nothing is lost. (?:Tap to|Tap again after (\d\d:\d\d)( UTC)?)`)

// rushed says what people see. Lines are read in a channel and in their own conversation, the newest first.
func (r *rig) rushed(people []string) rush {
	r.t.Helper()
	x := rush{lines: map[string]time.Time{}}
	for _, id := range people {
		if len(r.ws.Modals(id)) > 0 {
			x.windows = append(x.windows, id)
			continue
		}
		from, told := r.told(id)
		switch {
		case told:
			x.lines[id] = from
		case strings.Contains(r.ws.As(id).In("C0DEALS1").Reads(), "Slack isn't telling me who you are"):
			x.unknown = append(x.unknown, id)
		default:
			x.nothing = append(x.nothing, id)
		}
	}
	return x
}

// told is the time from which somebody was told that a window can be opened; zero for at once.
func (r *rig) told(id string) (from time.Time, told bool) {
	r.t.Helper()
	for _, p := range append(r.ws.Posts(id, r.ws.As(id).DM()), r.ws.Posts(id, "C0DEALS1")...) {
		m := opensFrom.FindStringSubmatch(string(p.Blocks))
		if m == nil {
			continue
		}
		from, told = time.Time{}, true
		if m[1] != "" {
			clock, err := time.Parse("15:04", m[1])
			if err != nil {
				r.t.Fatal(err)
			}
			now := r.ws.Now().UTC()
			if m[2] == "" { // in March Berlin is an hour ahead
				clock = clock.Add(-time.Hour)
			}
			from = time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, time.UTC)
		}
	}
	return from, told
}

// limits are what a workspace does with many calls: docs.slack.dev keeps the sizes of bursts secret.
var limits = []struct {
	name          string
	free, windows bool
}{{"refilled", false, false}, {"in windows", false, true}, {"none", true, false}}

// A full house types /stepin at once. Everybody gets a window, or a line that says from when it works; and who taps
// then gets one within the time that Slack's limits take. Without limits everybody gets one at once.
func TestRushOfWindows(t *testing.T) {
	for i, house := range []struct {
		people int
		in     time.Duration
		known  bool // they have opened Home before, so their profiles are known
	}{
		{60, 3 * time.Second, false},
		{300, 15 * time.Second, true},
		{300, 15 * time.Second, false},
		{120, 100 * time.Millisecond, true},
		{250, 2 * time.Minute, true},
	} {
		for k, l := range limits {
			if !sampled(i*len(limits)+k, 4) {
				continue
			}
			t.Run(fmt.Sprintf("%d in %v, known %v, limits %s", house.people, house.in, house.known, l.name), func(t *testing.T) {
				t.Parallel()
				seed, people := hall(house.people)
				inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1, NoLimits: l.free}, func(r *rig) {
					r.ws.Behave(func(b *sandbox.Behaviour) { b.Windows = l.windows })
					r.start()
					if house.known {
						r.each(people, 4*time.Minute, func(id string) error { return r.ws.OpenHome(r.t.Context(), id) })
						time.Sleep(2 * time.Minute)
					}
					began := time.Now()
					r.each(people, house.in, r.typesStepin)
					time.Sleep(3 * time.Second)
					x := r.rushed(people)
					r.t.Logf("at first: %d windows, %d lines, %d not known, %d nothing",
						len(x.windows), len(x.lines), len(x.unknown), len(x.nothing))
					if len(x.nothing) > 0 || (l.free || house.people <= 100) && len(x.windows) < house.people {
						r.t.Errorf("nothing at all: %q", x.nothing)
					}
					if n := r.figure(r.bot.Meter().Unshown, "views.open", health.ForLimit); n != len(x.lines) {
						r.t.Errorf("%d lines, and %d are counted", len(x.lines), n)
					}
					if n := r.figure(r.bot.Meter().Envelopes, "command", health.EndedUnshown); n != len(x.lines) {
						r.t.Errorf("%d lines, and %d envelopes are counted", len(x.lines), n)
					}
					for len(x.lines)+len(x.unknown) > 0 && time.Since(began) < 10*time.Minute {
						if len(x.unknown) > 0 { // they try again in a minute
							time.Sleep(time.Minute - 20*time.Second)
							r.each(x.unknown, 20*time.Second, r.typesStepin)
							time.Sleep(3 * time.Second)
						} else {
							r.tapOpen(x.lines)
						}
						x = r.rushed(people)
					}
					// 100 a minute; a line names full minutes, and people need 20 s to tap.
					most := time.Duration(house.people/100+1)*time.Minute + 30*time.Second
					r.t.Logf("after %v: %d windows, %d lines, told to wait %d times",
						time.Since(began), len(x.windows), len(x.lines), r.ws.Stats().Limited)
					if took := time.Since(began); len(x.windows) < house.people || took > most {
						r.t.Errorf("after %v: %d windows, %d lines", took, len(x.windows), len(x.lines))
					}
					r.lawful()
				})
			})
		}
	}
}

// counted is what was counted with these labels.
func (r *rig) figure(c *prometheus.CounterVec, labels ...string) int {
	r.t.Helper()
	var m dto.Metric
	if err := c.WithLabelValues(labels...).Write(&m); err != nil {
		r.t.Fatal(err)
	}
	return int(m.GetCounter().GetValue())
}

// tapOpen has those tap who were told a time that is the next now, within twenty seconds.
func (r *rig) tapOpen(lines map[string]time.Time) {
	r.t.Helper()
	var next time.Time
	for _, from := range lines {
		if next.IsZero() || from.Before(next) {
			next = from
		}
	}
	time.Sleep(next.Sub(r.ws.Now()))
	var ready []string
	for id, from := range lines {
		if !from.After(next) {
			ready = append(ready, id)
		}
	}
	r.each(ready, 20*time.Second, func(id string) error { return r.ws.As(id).In("C0DEALS1").Press("Open") })
	time.Sleep(3 * time.Second)
}

// lawful says whether every rule of the platform was kept.
func (r *rig) lawful() {
	r.t.Helper()
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
	if s := r.ws.Stats(); s.Late+s.TimedOut > 0 {
		r.t.Errorf("%d late, %d not acknowledged", s.Late, s.TimedOut)
	}
}

// A full house opens Home. It is drawn for everybody in the end, within the time that Slack's limits take; without
// limits, at once.
func TestRushOfHomes(t *testing.T) {
	const n = 1000
	for k, l := range limits {
		if !sampled(k, 2) {
			continue
		}
		t.Run("limits "+l.name, func(t *testing.T) {
			t.Parallel()
			seed, people := hall(n)
			inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1, NoLimits: l.free}, func(r *rig) {
				r.ws.Behave(func(b *sandbox.Behaviour) { b.Windows = l.windows })
				r.start()
				began := time.Now()
				r.each(people, time.Minute, func(id string) error { return r.ws.OpenHome(r.t.Context(), id) })
				time.Sleep(time.Second)
				drawn := r.homes(people)
				if waits, since := r.bot.HomesWaiting(); waits != n-drawn || (waits > 0) != (time.Since(since) < time.Minute+time.Second) {
					r.t.Errorf("%d drawn, %d wait, since %v", drawn, waits, since)
				}
				r.t.Logf("after a minute: %d", drawn)
				most := n/100*time.Minute + time.Minute
				if l.free {
					most = 62 * time.Second
				}
				for time.Since(began) < 2*most {
					if waits, _ := r.bot.HomesWaiting(); waits == 0 {
						break
					}
					time.Sleep(time.Second)
				}
				time.Sleep(time.Second)
				r.t.Logf("after %v: %d, told to wait %d times", time.Since(began), r.homes(people), r.ws.Stats().Limited)
				if took := time.Since(began); r.homes(people) < n || took > most {
					r.t.Errorf("after %v: %d", took, r.homes(people))
				}
				time.Sleep(time.Minute)
				if waits, since := r.bot.HomesWaiting(); waits != 0 || !since.IsZero() {
					r.t.Errorf("%d wait, since %v", waits, since)
				}
				if made := r.ws.Stats().Calls["views.publish"] - told(r.ws, "views.publish"); made != n {
					r.t.Errorf("%d Homes were published for %d people", made, n)
				}
				r.lawful()
			})
		})
	}
}

func (r *rig) homes(people []string) (n int) {
	for _, id := range people {
		if _, drawn := r.ws.Home(id); drawn {
			n++
		}
	}
	return n
}

// told is how many calls of a method were told to wait.
func told(ws *hands.Workspace, method string) (n int) {
	for _, c := range ws.Calls() {
		if c.Method == method && c.Status == 429 {
			n++
		}
	}
	return n
}

// Many people tap in their windows within a second. Each has the next screen, or a line with a button that brings it.
// What they tapped is kept either way.
func TestRushOfTaps(t *testing.T) {
	for i, n := range []int{50, 150} {
		for k, l := range limits {
			if !sampled(i*len(limits)+k, 3) {
				continue
			}
			t.Run(fmt.Sprintf("%d, limits %s", n, l.name), func(t *testing.T) {
				t.Parallel()
				seed, people := hall(n)
				inBubble(t, sandbox.Config{Seed: seed, KeepCalls: -1, NoLimits: l.free}, func(r *rig) {
					r.ws.Behave(func(b *sandbox.Behaviour) { b.Windows = l.windows })
					r.start()
					r.each(people, 3*time.Minute, func(id string) error {
						return r.ws.Command(r.t.Context(), id, "C0DEALS1", "/stepin @Dana Acme renewal")
					})
					time.Sleep(3 * time.Second)
					r.each(people, time.Second, func(id string) error { return r.ws.As(id).Press("I'll hold back") })
					time.Sleep(3 * time.Second)
					var redrawn, left []string
					for _, id := range people {
						if r.ws.Modals(id)[0].Callback == "closing" {
							redrawn = append(redrawn, id)
						} else {
							left = append(left, id)
						}
					}
					r.t.Logf("%d redrawn, %d not", len(redrawn), len(left))
					if (l.free || n <= 100) && len(left) > 0 {
						r.t.Errorf("not redrawn: %q", left)
					}
					if c := r.figure(r.bot.Meter().Unshown, "views.update", health.ForLimit); c != len(left) {
						r.t.Errorf("%d were not redrawn, and %d are counted", len(left), c)
					}
					time.Sleep(10 * time.Minute) // conversations.open and the cards have limits, too
					for _, id := range people {
						r.ws.Clear(id)
						if !r.heldBack(id) {
							r.t.Errorf("%s: the tap was not kept", id)
						}
					}
					r.each(left, time.Minute, func(id string) error { return r.ws.As(id).Press("Open") })
					time.Sleep(3 * time.Second)
					for _, id := range left {
						if m := r.ws.Modals(id); len(m) != 1 {
							r.t.Errorf("%s has %d windows after a tap on the line", id, len(m))
						}
					}
					for _, id := range redrawn {
						if _, is := r.told(id); is {
							r.t.Errorf("%s has the screen, and a line", id)
						}
					}
					r.lawful()
				})
			})
		}
	}
}

// heldBack says whether somebody's card tells of a hold-back.
func (r *rig) heldBack(id string) bool {
	for _, p := range r.ws.Posts(id, r.ws.As(id).DM()) {
		if strings.Contains(string(p.Blocks), "You hold back") {
			return true
		}
	}
	return false
}
