package outbox

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
)

// newIdleOutbox is an outbox that is not running, and its log. It has nothing to draw with.
func newIdleOutbox(t *testing.T) (*Outbox, *bytes.Buffer) {
	t.Helper()
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(&text, nil))
	db, err := store.Temp(t.Context(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	h, m := health.New(log, time.Now), health.NewMeter()
	return New(Options{
		Store: db, Slack: slackapi.New(slackapi.Options{}, log, h, m, time.Now), Health: h, Meter: m, Now: time.Now,
		Log:      log,
		Rules:    func() decide.Rules { return decide.Rules{Current: &roster.Current{}, Zones: time.LoadLocation} },
		Panicked: func(any, ...any) { log.Error("panic") },
	}), &text
}

// Hundreds of cards to be rewritten, which may take minutes, do not hold up what is new.
func TestRewritingsHoldUpNothing(t *testing.T) {
	o, _ := newIdleOutbox(t)
	now := time.Now()
	err := o.Store.Update(t.Context(), func(tx storage.Tx) error {
		for i := range 2 * scan {
			m := nudges.Message{
				Key: fmt.Sprint("edit", i), Kind: nudges.KindEdit, To: nudges.UserID(fmt.Sprintf("U%04d", i)),
				Edits: fmt.Sprint("card", i),
				Due:   now.Add(-time.Minute),
			}
			if err := tx.Enqueue(now, m); err != nil {
				return err
			}
		}
		return tx.Enqueue(now, nudges.Message{Key: "ask", Kind: nudges.KindNote, To: "U0000", Due: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	o.Slack.Pace.Heard(rewrites, &slack.RateLimitedError{RetryAfter: time.Minute})
	till := o.Slack.Pace.Ready(rewrites, "")
	out, next, err := o.write(t.Context(), Batch, o.alone)
	if err != nil || len(out) != 1 || out[0].m.Key != "ask" {
		t.Fatalf("chosen: %+v, %v", out, err)
	}
	if !next.Equal(till) {
		t.Errorf("the next look is at %s", next)
	}
}

// Of the rewritings of one message only the newest stays, in whatever order they are due, also while their method waits.
func TestNewestRewritingStays(t *testing.T) {
	for _, late := range []int{0, 1, 2} { // which one was postponed
		for _, waits := range []bool{false, true} {
			o, _ := newIdleOutbox(t)
			now := time.Now()
			err := o.Store.Update(t.Context(), func(tx storage.Tx) error {
				if err := tx.Enqueue(now, nudges.Message{Key: "card", Kind: nudges.KindCard, To: "U0SAM001"}); err != nil {
					return err
				}
				for i := range 3 {
					m := nudges.Message{Key: fmt.Sprint("edit", i), Kind: nudges.KindEdit, To: "U0SAM001", Edits: "card"}
					m.Due = now.Add(time.Duration(i-10) * time.Second)
					if i == late {
						m.Due = now
					}
					if err := tx.Enqueue(now.Add(time.Duration(i-10)*time.Second), m); err != nil {
						return err
					}
				}
				return tx.Settle("card", nudges.Receipt{Channel: "D", TS: "1"})
			})
			if err == nil && waits {
				o.Slack.Pace.Heard(rewrites, &slack.RateLimitedError{RetryAfter: time.Minute})
			}
			if err == nil {
				_, _, err = o.write(t.Context(), Batch, o.alone)
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = o.Store.View(t.Context(), func(r storage.Reader) error {
				for i, want := range []bool{false, false, true} {
					if _, err := r.Message(fmt.Sprint("edit", i)); (err == nil) != want {
						t.Errorf("late %d, waits %v: rewriting %d waits: %v", late, waits, i, err == nil)
					}
				}
				return nil
			})
		}
	}
}

// A message that cannot be drawn is dropped, and the others go on: else it would end the bot
// at each start.
func TestAPanicIsOneMessages(t *testing.T) {
	o, log := newIdleOutbox(t)
	o.sendAll(t.Context(), []delivery{{m: nudges.Message{Key: "k", Kind: nudges.KindCard, To: "U0SAM001"}}})
	if len(o.results) != 1 || len(o.unclear) != 0 || !bytes.Contains(log.Bytes(), []byte("msg=panic")) {
		t.Errorf("results %d, unclear %d: %s", len(o.results), len(o.unclear), log)
	}
}

// Only what a crash can neither double nor lose may be written later.
func TestMayWait(t *testing.T) {
	for name, tt := range map[string]struct {
		d    delivery
		want bool
	}{
		"a DM":                   {delivery{m: nudges.Message{Kind: nudges.KindCard, To: "U1"}}, true},
		"a rewritten DM":         {delivery{m: nudges.Message{Kind: nudges.KindEdit, To: "U1", Edits: "card"}}, true},
		"in a channel":           {delivery{m: nudges.Message{Kind: nudges.KindRoot, To: "U1", Channel: "C1"}}, false},
		"rewritten in a channel": {delivery{m: nudges.Message{To: "U1", Channel: "C1", Edits: "root"}}, true},
		"in a group DM":          {delivery{m: nudges.Message{Kind: nudges.KindRoot, To: "U1", With: "U2"}}, false},
		"a note, whose delivery the request keeps": {
			delivery{m: nudges.Message{Kind: nudges.KindFromManager, To: "U1"}}, false,
		},
		"a part with a next one": {delivery{m: nudges.Message{To: "U1"}, then: make([]nudges.Message, 1)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := mayWait(&tt.d, methodOf(tt.d.m)); got != tt.want {
				t.Errorf("%v", got)
			}
		})
	}
}
