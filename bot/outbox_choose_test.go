package bot

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"stepin/bot/roster"
	"stepin/nudges"
)

// newIdle is a bot on a store in memory, that is not running.
func newIdle(t *testing.T) (*Bot, *bytes.Buffer) {
	t.Helper()
	db := tempStore(t)
	t.Cleanup(func() { _ = db.Close() })
	var log bytes.Buffer
	b, err := New(Config{Store: db, Settings: roster.Settings{Words: testWords(t)}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return b, &log
}

// Hundreds of cards to be rewritten, which may take minutes, do not hold up what is new.
func TestRewritingsHoldUpNothing(t *testing.T) {
	b, _ := newIdle(t)
	now := time.Now()
	err := b.cfg.Store.Update(t.Context(), func(tx nudges.Tx) error {
		for i := range 2 * scan {
			to := nudges.UserID(fmt.Sprintf("U%04d", i))
			if err := tx.Enqueue(now, nudges.Message{Key: fmt.Sprint("edit", i), Kind: nudges.KindEdit, To: to, Edits: "card", Due: now.Add(-time.Minute)}); err != nil {
				return err
			}
		}
		return tx.Enqueue(now, nudges.Message{Key: "ask", Kind: kindOpen, To: "U0000", Due: now})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.pace.Paused["chat.update"] = now.Add(time.Minute)
	out, next, err := b.out.write(t.Context(), batch)
	if err != nil || len(out) != 1 || out[0].m.Key != "ask" {
		t.Fatalf("chosen: %+v, %v", out, err)
	}
	if !next.Equal(b.pace.Paused["chat.update"]) {
		t.Errorf("the next look is at %s", next)
	}
}

// A message that cannot be drawn is dropped, and the others go on: else it would end the bot
// at each start.
func TestAPanicIsOneMessages(t *testing.T) {
	b, log := newIdle(t)
	b.live().Settings.Words = &nudges.Words{}
	b.out.sendAll(t.Context(), []delivery{{m: nudges.Message{Key: "k", Kind: nudges.KindCard, To: "U0SAM001"}}})
	if len(b.out.results) != 1 || len(b.out.unclear) != 0 || !bytes.Contains(log.Bytes(), []byte("msg=panic")) {
		t.Errorf("results %d, unclear %d: %s", len(b.out.results), len(b.out.unclear), log)
	}
	h := &home{}
	b.drawHome("U0SAM001", h)
	b.side.Wait()
	if h.drawing {
		t.Error("Home is never drawn again")
	}
}
