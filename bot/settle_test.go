package bot

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
	"stepin/nudges/storage"
	"stepin/store"
)

// A lone person's message costs no commit of its own: the decision marks it, and the next commit settles it, or one
// that comes 200 ms later, or the stop. Restarted after any of them, the bot says it no second time.
func TestASettleWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		next  func(*rig)
		waits int // messages, after that
	}{
		"for the next commit": {func(r *rig) {
			if err := r.as("sam").Pick("if it gets hard?", plan); err != nil {
				r.t.Error(err)
			}
			synctest.Wait()
		}, 1}, // the rewriting of the card, for its part
		"for 200 ms":  {func(*rig) { time.Sleep(200 * time.Millisecond); synctest.Wait() }, 0},
		"for the end": {func(r *rig) { r.stop() }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(r *rig) {
				var commits atomic.Int32
				r.options = store.Options{NoSync: true, Around: func(commit func() error) error {
					commits.Add(1)
					return commit()
				}}
				cards := func(r *rig) int { n, _ := r.cards("sam", "Acme renewal"); return n }
				r.start()
				r.settle()
				if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err != nil {
					t.Fatal(err)
				}
				r.settle()
				before := commits.Load()
				if err := r.as("sam").Press("I'll hold back"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				if n := commits.Load() - before; n != 1 || cards(r) != 1 || r.waiting() != 1 {
					t.Errorf("%d commits, %d cards, %d messages wait", n, cards(r), r.waiting())
				}
				calls := r.ws.Stats().Calls["conversations.history"]
				before = commits.Load()
				tt.next(r)
				if n := commits.Load() - before; n != 1 {
					t.Errorf("%d commits", n)
				}
				if r.stop == nil {
					r.start()
				}
				if n := r.waiting(); n != tt.waits {
					t.Errorf("%d messages wait", n)
				}
				r.restart()
				r.settle()
				if now := r.ws.Stats().Calls["conversations.history"]; now != calls || cards(r) != 1 {
					t.Errorf("%d look-ups, %d cards", now-calls, cards(r))
				}
				r.marksOnce()
			})
		})
	}
}

// waiting is how many messages are in the outbox.
func (r *rig) waiting() (n int) {
	r.t.Helper()
	r.view(func(rd storage.Reader) (err error) {
		n, _, err = rd.Waiting()
		return err
	})
	return n
}
