package bot

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/socket"
	"stepin/nudges"
	"stepin/nudges/storage"
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

// TestHomeOncePerBurst counts how often Home is published while things change, and reads it after each.
func TestHomeOncePerBurst(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		published := func(what string, want int, do func()) {
			t.Helper()
			before, _ := callsSince(r.ws, nil)
			do()
			r.settle()
			if _, calls := callsSince(r.ws, before); calls["views.publish"] != want {
				t.Errorf("%s: published %d times, want %d", what, calls["views.publish"], want)
			}
		}
		play := func(lines string) func() { return func() { r.lines(lines) } }
		redraw := func() { r.bot.answers.Redraw(nudges.UserID(who["sam"])) }
		h := r.as("sam")
		published("never opened", 0, play("sam types /stepin @Dana Acme renewal; sam closes"))
		published("opened", 1, play("sam opens home"))
		published("opened again", 1, play("sam opens home"))
		published("the same", 0, redraw)
		published("a burst", 1, func() {
			for _, do := range []func() error{
				func() error { return h.Types("/stepin @Dana Hooli") },
				func() error { return h.Press("I'll hold back") },
				func() error { return h.Close() },
			} {
				if err := do(); err != nil {
					t.Fatal(err)
				}
				redraw()
				time.Sleep(200 * time.Millisecond)
			}
		})
		r.lines("sam goes to home; sam reads Hooli; sam reads You hold back")
		time.Sleep(13 * time.Hour) // the calls are over
		published("not looked at for long", 0, play("sam types /stepin @Dana Initech; sam presses I'll hold back; sam closes"))
		published("opened after long", 1, play("sam opens home; sam goes to home; sam reads Initech"))
		r.restart()
		published("opened after a restart", 1, play("sam opens home; sam goes to home; sam reads Initech"))
	})
}

// A Home that has just changed is drawn before the bot ends. The next bot draws it once its person acts on it.
func TestHomeOverARestart(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		h := r.as("sam")
		r.lines("sam opens home")
		for _, do := range []func() error{
			func() error { return h.Types("/stepin @Dana Hooli") },
			func() error { return h.Press("I'll hold back") },
			func() error { return h.Close() },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		r.stop()
		r.lines("sam goes to home; sam reads You hold back")
		r.start()
		// No bot knows yet that sam has Home before them.
		r.lines("sam goes to stepin; sam types /stepin @Dana Initech; sam presses I'll hold back; sam closes")
		r.lines("sam goes to home; sam does not read Initech; sam presses Team settings; sam closes; sam reads Initech")
	})
}

// Once Slack tells again who somebody is, a Home that stayed as it was is not drawn over and over.
func TestHomeKnownAgainRests(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		var homes atomic.Int64
		r.wrap = func(s storage.Store) storage.Store { return countsHomes{s, &homes} }
		r.start()
		r.lines("sam opens home; sam presses Turn it on; sam moves to Asia/Tokyo; sam opens home; sam goes to home")
		seen := func() int64 {
			before := homes.Load()
			time.Sleep(10 * time.Minute)
			return homes.Load() - before
		}
		quiet := seen()
		r.lines("slack fails users.info for 30m; sam moves to Europe/Berlin")
		r.bot.answers.RedrawAll()
		time.Sleep(10 * time.Minute)
		r.lines("sam moves to Asia/Tokyo")
		time.Sleep(25 * time.Minute)
		if n := seen(); n > quiet {
			t.Errorf("Home is read %d times in ten minutes, and %d times before", n, quiet)
		}
	})
}

// countsHomes counts how often a Home is read: nothing else that goes on by itself reads learning deals.
type countsHomes struct {
	storage.Store
	n *atomic.Int64
}

func (c countsHomes) View(ctx context.Context, f func(storage.Reader) error) error {
	return c.Store.View(ctx, func(r storage.Reader) error { return f(readsHomes{r, c.n}) })
}

type readsHomes struct {
	storage.Reader
	n *atomic.Int64
}

func (r readsHomes) Learning(user nudges.UserID) ([]nudges.LearningDeal, error) {
	r.n.Add(1)
	return r.Reader.Learning(user)
}
