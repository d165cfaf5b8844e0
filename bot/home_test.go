package bot

import (
	"bytes"
	"log/slog"
	"testing"

	"stepin/bot/roster"
	"stepin/nudges"
)

// newIdle is a bot that is not running, and its log.
func newIdle(t *testing.T) (*Bot, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	b, err := New(Config{
		Store: tempStore(t), Settings: roster.Settings{Words: testWords(t)}, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, &log
}

// A Home that cannot be drawn is drawn again when it changes.
func TestAPanicIsOneHomes(t *testing.T) {
	b, log := newIdle(t)
	b.live().Words = &nudges.Words{}
	h := &home{}
	b.drawHome("U0SAM001", h)
	b.side.Wait()
	if h.drawing || !bytes.Contains(log.Bytes(), []byte("msg=panic")) {
		t.Errorf("Home is never drawn again: %s", log)
	}
}
