package bot

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/slackapi"
)

// waiting starts a bot against a workspace that fails, and gives it d of fake time.
func waiting(r *rig, f sandbox.Fault, d time.Duration) (err error, ended bool) {
	r.t.Helper()
	f.Method = "auth.test"
	r.ws.Fail(f)
	db := tempStore(r.t)
	defer db.Close()
	b, err := New(Config{
		BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api",
		Store: db, Settings: roster.Settings{Words: r.words}, Dial: r.pipe.Dial, Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(r.t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	select {
	case err := <-done:
		return err, true
	case <-time.After(d):
	}
	told := time.Now()
	stop()
	err = <-done
	if took := time.Since(told); took > time.Second {
		r.t.Errorf("it ended only %v after it was told to", took)
	}
	return err, false
}

// A network that is down at the start is waited for, without flooding the log; somebody who
// answers in Slack's place is not.
func TestStartWithoutSlack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault sandbox.Fault
		ends  string // what it says in the end; "" if it waits
	}{
		{"the connection breaks", sandbox.Fault{Kind: sandbox.ResetBefore, Count: -1}, ""},
		{"503", sandbox.Fault{Kind: sandbox.ServerError, Count: -1}, ""},
		{"429", sandbox.Fault{Kind: sandbox.RateLimited, After: 30 * time.Second, Count: -1}, ""},
		{"429 without a time", sandbox.Fault{Kind: sandbox.RateLimitedBare, Count: -1}, ""},
		{"internal_error", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "internal_error", Count: -1}, ""},
		{"a web page, again and again", sandbox.Fault{Kind: sandbox.Garbage, Count: -1}, "slack.test answers, but not as Slack does"},
		{"no word, again and again", sandbox.Fault{Kind: sandbox.EmptyOK, Count: -1}, "slack.test answers, but not as Slack does"},
		{"a refusal that nobody knows", sandbox.Fault{Kind: sandbox.ErrorCode, Code: "on_fire"}, `look up "on_fire"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(r *rig) {
				err, ended := waiting(r, tt.fault, time.Hour)
				if ended != (tt.ends != "") {
					r.t.Fatalf("ended: %v, with %v", ended, err)
				}
				if !ended {
					if !errors.Is(err, context.Canceled) {
						r.t.Errorf("told to end, it says %v", err)
					}
					if n := strings.Count(r.log.String(), "Slack does not answer yet"); n < 30 || n > 75 {
						r.t.Errorf("%d lines in an hour", n)
					}
					if !strings.Contains(r.log.String(), " do=") {
						r.t.Error("no line says what to do")
					}
					return
				}
				if s, ok := errors.AsType[*slackapi.Setup](err); !ok || !strings.Contains(err.Error(), tt.ends) || s.Remedy == "" || strings.Contains(err.Error(), "\n") {
					r.t.Errorf("it says %v", err)
				}
			})
		})
	}
}

// Two odd answers in a row are no reason to give up.
func TestStartAfterOddAnswers(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.ws.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.Garbage, Count: 2})
		r.ws.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.ServerError})
		r.ws.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.Garbage, Count: 2})
		r.start()
	})
}
