package bot

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/store"
)

// A crash ends the bot's effects at one point: what it wrote up to then is in a copy of its
// file, and from then on nothing of it reaches Slack. Points are the moments before and
// after each commit, and before and after each write to and each read from the network.
type crash struct {
	path string // of the bot's file
	copy string // where the file's state at the crash is put
	at   int    // the point, from 1; 0 for never

	mu    sync.Mutex // held by a commit, for a file is not copied in the middle of a write
	armed bool
	n     int
	done  bool
	err   error
	conns []net.Conn
}

var errDead = errors.New("the process is gone")

// point is called with mu held.
func (c *crash) point() {
	if !c.armed || c.done {
		return
	}
	if c.n++; c.n != c.at {
		return
	}
	c.done = true
	var b []byte
	if b, c.err = os.ReadFile(c.path); c.err == nil {
		c.err = os.WriteFile(c.copy, b, 0o600)
	}
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

func (c *crash) around(commit func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.point()
	err := commit()
	c.point()
	return err
}

func (c *crash) dial(to func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.done {
			return nil, errDead
		}
		conn, err := to(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.conns = append(c.conns, conn)
		return &mortal{conn, c}, nil
	}
}

// mortal is a connection that dies with its process.
type mortal struct {
	net.Conn
	c *crash
}

func (m *mortal) pass() error {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	m.c.point()
	if m.c.done {
		return errDead
	}
	return nil
}

func (m *mortal) Write(b []byte) (int, error) {
	if err := m.pass(); err != nil {
		return 0, err
	}
	n, err := m.Conn.Write(b)
	return n, errors.Join(err, m.pass())
}

func (m *mortal) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if err == nil {
		err = m.pass()
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}

// life plays a pause that meets a crash at a point, and the life after it. It says whether
// there was such a point.
func life(t *testing.T, at int, redeliver bool) (met bool) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, sandbox.Config{})
		defer r.end()
		r.ws.SetClock(time.Date(2026, 3, 4, 7, 56, 0, 0, time.UTC))
		r.ws.Redeliver(redeliver)
		c := &crash{path: r.path, copy: r.path + ".crashed", at: at}
		r.options = store.Options{NoSync: true, Around: c.around}
		r.dial = c.dial(r.pipe.Dial)
		r.start()
		c.mu.Lock()
		c.armed = true
		c.mu.Unlock()

		// revive starts anew on the copy, once the crash has happened.
		revive := func() {
			c.mu.Lock()
			dead := c.done && !met
			c.mu.Unlock()
			if !dead {
				return
			}
			met = true
			if c.err != nil {
				t.Fatal(c.err)
			}
			r.stop()
			r.path, r.options, r.dial = c.copy, store.Options{NoSync: true}, nil
			r.start()
		}
		// act does something and tells whether it was acknowledged.
		act := func(do func() error) bool {
			err := do()
			synctest.Wait()
			revive()
			return err == nil
		}
		check := func(what string, is bool) {
			t.Helper()
			if !is {
				t.Errorf("point %d: acknowledged but gone after the crash: %s\n%+v", at, what, r.stored("sam"))
			}
		}
		command := func() error { return r.as("sam").Types("/stepin @Dana Acme renewal") }
		hold := func() error { return r.as("sam").Press("I'll hold back") }

		if act(command) {
			check("the request", len(r.stored("sam")) == 1)
		}
		r.settle()
		revive()
		check("one request", len(r.stored("sam")) <= 1)
		if act(hold) {
			check("the decision", r.decided("sam"))
		}
		r.settle()
		revive()
		for range 3 { // whoever got no answer tries again
			if r.decided("sam") {
				break
			}
			for len(r.ws.Modals(who["sam"])) > 0 && r.as("sam").Close() == nil {
				r.settle()
			}
			act(command)
			r.settle()
			revive()
			act(hold)
			r.settle()
			revive()
		}
		if act(func() error { return r.as("sam").Pick("If it gets hard", plan) }) {
			open := r.stored("sam")
			check("the plan", len(open) == 1 && open[0].Answers[nudges.QPlan] != "")
		}
		r.settle()
		revive()
		for len(r.ws.Modals(who["sam"])) > 0 && r.as("sam").Close() == nil {
			r.settle()
			revive()
		}
		// A change of mind is another transition, with a rewriting of the card and a note.
		minded := act(func() error { return r.as("sam").In(r.as("sam").DM()).Press("I've changed my mind") })
		r.settle()
		revive()
		if minded && act(func() error { return r.as("sam").Press("Ask Dana first") }) {
			open := r.stored("sam")
			check("the second decision", len(open) == 1 && open[0].Decision == nudges.Decided(nudges.Coach))
		}
		// What follows is the sender's alone, and it may die there as well.
		for range 6 {
			time.Sleep(10 * time.Second)
			synctest.Wait()
			revive()
		}
		r.saidOnce()
		if t.Failed() {
			t.Logf("point %d", at)
		}
	})
	return met
}

// saidOnce checks what stands in Sam's conversation after a pause: one card, as things stand,
// and one note if he changed his mind to asking first.
func (r *rig) saidOnce() {
	r.t.Helper()
	n, card := r.cards("sam", "Acme renewal*") // in bold on the card, and only there
	if n != 1 {
		r.t.Errorf("%d cards\n%s", n, r.log)
	}
	notes := 0
	for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
		if !p.Ephemeral && strings.Contains(string(p.Blocks), "What would help you before it?") {
			notes++
		}
	}
	open := r.stored("sam")
	want := 0
	if len(open) == 1 && open[0].Decision == nudges.Decided(nudges.Coach) {
		want = 1
	}
	if notes != want {
		r.t.Errorf("%d notes, want %d\n%s", notes, want, r.log)
	}
	if len(open) != 1 || open[0].Decision == nudges.Undecided {
		r.t.Errorf("stored: %+v", open)
	} else if open[0].Answers[nudges.QPlan] != "" && !strings.Contains(card, "count to ten") {
		r.t.Errorf("the card does not show the plan: %s\n%s", card, r.log)
	}
	r.marksOnce()
}

// marksOnce checks that no message is there twice, and no rule was broken.
func (r *rig) marksOnce() {
	r.t.Helper()
	marks := map[string]int{}
	for _, p := range r.ws.Posts(who["sam"], r.as("sam").DM()) {
		if mark := string(p.Metadata); !p.Ephemeral && strings.Contains(mark, "mark") {
			if marks[mark]++; marks[mark] == 2 {
				r.t.Errorf("said twice: %s", mark)
			}
		}
	}
	if v := r.ws.Violations(); len(v) > 0 {
		r.t.Errorf("rules broken: %q", v)
	}
}

// TestCrash ends the bot at each point of a pause, and starts it anew: what was acknowledged
// is there, and everything is said once.
func TestCrash(t *testing.T) {
	at := 1
	for ; !t.Failed() && life(t, at, false); at++ {
	}
	t.Logf("%d points", at-1)
	if at < 60 {
		t.Errorf("only %d points were met", at-1)
	}
}

// TestRedelivery plays stories with every envelope delivered twice: what people read is the
// same, and everything is said once.
func TestRedelivery(t *testing.T) {
	t.Run("pause", func(t *testing.T) { life(t, 0, true) })
	for _, name := range []string{"five-facts", "hold-back", "all-eight", "ground", "now", "carry-on", "time"} {
		t.Run(name, func(t *testing.T) {
			text := read(t, fmt.Sprintf("testdata/stories/%s.txt", name))
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.ws.Redeliver(true)
				r.start()
				r.play(text)
				r.marksOnce()
			})
		})
	}
}
