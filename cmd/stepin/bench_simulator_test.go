package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"stepin/bot/check"
	"stepin/bot/form"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// asSimulator lets the test binary be a workspace with its people: each line on stdin is an order, each on stdout its
// result.
const asSimulator = "STEPIN_TEST_AS_SIMULATOR"

// people of the workspace who make pauses.
const managers = 50

// An order is to wait for connections, or to have people pause.
type order struct {
	Connections int // as many since the beginning
	People      int
	Rate        int // pauses a second in all; 0 for each person one pause after the other
	For         time.Duration
}

// A result is what came of an order. Times are in milliseconds.
type result struct {
	URL, Bot, App string    // of the workspace: in the first result only
	Connected     time.Time // when the last of the connections was there

	Pauses, Envelopes, Calls int
	Seconds                  float64 // until the last pause was over
	AckP50, AckP99           float64 // from the envelope to its acknowledgement
	OpenP50, OpenP99         float64 // from the command to the open window
	Failed                   int
	Fault                    string // the first failure, or broken rule
}

// simulate is the process.
func simulate() error {
	debug.SetGCPercent(400) // both processes share the machine: this one collects less often
	m, err := check.Manifest()
	if err != nil {
		return err
	}
	seed := world.DefaultSeed()
	c := &people{waits: map[string]*wait{}}
	for i := range managers {
		c.ids = append(c.ids, fmt.Sprintf("U0CROWD%04d", i))
		seed.People = append(seed.People, world.Person{ID: c.ids[i], Name: fmt.Sprint("Manager ", i), Zone: "Europe/Berlin"})
	}
	if c.ws, err = hands.New(sandbox.Config{Manifest: m, Seed: seed, NoLimits: true, KeepCalls: 1 << 15}); err != nil {
		return err
	}
	c.ws.OnChange(c.look)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	l, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = c.ws.Serve(ctx, l) }()
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	err = out.Encode(result{URL: "http://" + l.Addr().String() + "/api/", Bot: c.ws.BotToken(), App: c.ws.AppToken()})
	for err == nil {
		var o order
		if in.Decode(&o) != nil {
			return nil // the benchmark has ended
		}
		var r result
		if o.Connections > 0 {
			r = c.connected(o.Connections)
		} else {
			r = c.play(o)
		}
		err = out.Encode(r)
	}
	return err
}

// connected waits until there have been n connections.
func (c *people) connected(n int) (r result) {
	for begin := time.Now(); c.ws.Stats().Connections < n; time.Sleep(500 * time.Microsecond) {
		if time.Since(begin) > 20*time.Second {
			return result{Fault: "not connected"}
		}
	}
	return result{Connected: time.Now()}
}

// people are the managers, with what they wait for.
type people struct {
	ws    *hands.Workspace
	ids   []string
	waits map[string]*wait // by person; guarded by the workspace's lock

	mu     sync.Mutex
	opened []time.Duration
	failed int
	fault  error
}

// A wait is for a window on top: any, or of one screen.
type wait struct {
	screen string
	there  chan struct{}
}

// look is called after each change, with the lock held.
func (c *people) look(w *world.World) {
	for user, x := range c.waits {
		if v := topOf(w, user); v != nil && (x.screen == "" || v.Callback() == x.screen) {
			close(x.there)
			delete(c.waits, user)
		}
	}
}

func topOf(w *world.World, user string) *world.View {
	if m := w.Modals(user); len(m) > 0 {
		return m[len(m)-1]
	}
	return nil
}

// until waits for a window.
func (c *people) until(user, screen string) error {
	x := &wait{screen, make(chan struct{})}
	c.ws.With(func(h sandbox.Held) {
		c.waits[user] = x
		c.look(h.World)
	})
	select {
	case <-x.there:
		return nil
	case <-time.After(20 * time.Second):
		c.ws.With(func(sandbox.Held) { delete(c.waits, user) })
		return fmt.Errorf("%s: no window %s", user, screen)
	}
}

// button is where a button of the window on top is.
func (c *people) button(user, label string) (at hands.Place, block, action string) {
	c.ws.With(func(h sandbox.Held) {
		v := topOf(h.World, user)
		if v == nil {
			return
		}
		for _, e := range kit.Elements(v.Blocks()) {
			if kit.Text(e.Body["text"]) == label {
				at, block, action = hands.Place{View: v.ID}, e.BlockID, e.ID()
			}
		}
	})
	return at, block, action
}

// pause is the command, the window, "I'll hold back", the plan, saved. It finds things without reading whole views: what
// people cost must not hide what the bot costs.
func (c *people) pause(user, line string) (opened time.Duration, err error) {
	began := time.Now()
	if err = c.ws.Command(context.Background(), user, "C0DEALS1", line); err == nil {
		err = c.until(user, "")
	}
	opened = time.Since(began)
	if err == nil {
		at, block, action := c.button(user, "I'll hold back")
		err = c.ws.Act(context.Background(), user, at, block, action, hands.Value{})
	}
	if err == nil {
		err = c.until(user, string(form.ClosingScreen))
	}
	if err == nil {
		var wrong map[string]string
		if wrong, err = c.ws.Submit(context.Background(), user, c.top(user)); len(wrong) > 0 {
			err = fmt.Errorf("not saved: %v", wrong)
		}
	}
	for id := c.top(user); err == nil && id != ""; id = c.top(user) {
		err = c.ws.Dismiss(context.Background(), user, id)
	}
	if err != nil {
		c.ws.Clear(user)
	}
	return opened, err
}

// top is the id of the person's window on top; "" for none.
func (c *people) top(user string) (id string) {
	c.ws.With(func(h sandbox.Held) {
		if v := topOf(h.World, user); v != nil {
			id = v.ID
		}
	})
	return id
}

// play has people pause, waits until the bot has nothing more to say, and reports.
func (c *people) play(o order) (r result) {
	c.opened, c.failed, c.fault = nil, 0, nil
	before, began := c.ws.Stats(), time.Now()
	var wg sync.WaitGroup
	if o.Rate > 0 {
		c.steadily(&wg, o, began)
	} else {
		for _, user := range c.ids[:o.People] {
			wg.Go(func() {
				for n := 0; n == 0 || time.Since(began) < o.For; n++ {
					c.once(user)
				}
			})
		}
	}
	wg.Wait()
	r.Seconds = time.Since(began).Seconds()
	after := c.settled()
	r.Pauses, r.Failed = len(c.opened), c.failed
	r.Envelopes = after.Envelopes - before.Envelopes
	r.Calls = total(after.Calls) - total(before.Calls)
	var acked []time.Duration
	for _, call := range c.ws.Calls() {
		if call.Method == "ack" && call.At.After(began) {
			acked = append(acked, call.Took)
		}
	}
	r.AckP50, r.AckP99 = percentiles(acked)
	r.OpenP50, r.OpenP99 = percentiles(c.opened)
	broken := c.ws.Violations()
	if after.TimedOut > 0 {
		broken = append(broken, fmt.Sprint(after.TimedOut, " envelopes timed out"))
	}
	if len(broken) > 0 {
		c.fault = cmp.Or(c.fault, errors.New(broken[0]))
	}
	if c.fault != nil {
		r.Fault = c.fault.Error()
	}
	return r
}

// steadily begins pauses at a rate, of people who are free.
func (c *people) steadily(wg *sync.WaitGroup, o order, began time.Time) {
	free := make(chan string, o.People)
	for _, user := range c.ids[:o.People] {
		free <- user
	}
	for n := range int(o.For.Seconds() * float64(o.Rate)) {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / time.Duration(o.Rate))))
		user := <-free
		wg.Go(func() {
			c.once(user)
			free <- user
		})
	}
}

// once is one pause about a call of its own.
func (c *people) once(user string) {
	opened, err := c.pause(user, fmt.Sprintf("/stepin @Dana deal %d", time.Now().UnixNano()))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed++
		c.fault = cmp.Or(c.fault, err)
		return
	}
	c.opened = append(c.opened, opened)
}

// settled waits until nothing was called for 300 ms.
func (c *people) settled() sandbox.Stats {
	s := c.ws.Stats()
	for begin, quiet := time.Now(), 0; quiet < 6 && time.Since(begin) < 20*time.Second; {
		time.Sleep(50 * time.Millisecond)
		now := c.ws.Stats()
		if quiet++; total(now.Calls) != total(s.Calls) {
			quiet = 0
		}
		s = now
	}
	return s
}

func total(calls map[string]int) (n int) {
	for _, k := range calls {
		n += k
	}
	return n
}

// percentiles are p50 and p99 in milliseconds.
func percentiles(took []time.Duration) (p50, p99 float64) {
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	at := func(q int) float64 { return float64(took[(len(took)-1)*q/100].Microseconds()) / 1000 }
	return at(50), at(99)
}
