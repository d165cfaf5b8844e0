package bot

import (
	"bytes"
	"log/slog"
	"testing"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/socket"
	"stepin/nudges/words"
)

// newIdle is a bot that is not running, and its log.
func newIdle(t *testing.T) (*Bot, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	b, err := New(Config{
		Store: tempStore(t), Settings: roster.Settings{Words: testWords(t)},
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return b, &log
}

// A Home that cannot be drawn is drawn again when it changes.
func TestAPanicIsOneHomes(t *testing.T) {
	b, log := newIdle(t)
	b.settings().Words = &words.Words{}
	see := func() int {
		b.answers.Serve(socket.Job{
			In:  form.Input{Kind: form.HomeSeen, User: "U0SAM001", Where: form.OnHome},
			Ack: func(any) error { return nil },
		})
		b.tasks.side.Wait()
		return bytes.Count(log.Bytes(), []byte("msg=panic"))
	}
	if first, second := see(), see(); first != 1 || second != 2 {
		t.Errorf("Home is never drawn again: %s", log)
	}
}
