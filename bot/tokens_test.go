package bot

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
	"stepin/bot/roster"
	"stepin/bot/sandbox"
	"stepin/bot/slackapi"
	"stepin/store"
)

// Each token is tried before it takes the other's place, and one that fails keeps nothing of the other out.
func TestRenew(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		r.settle() // the outbox asks once who we are before it sends: the fault below is not for that call
		ctx := t.Context()
		now := slackapi.Tokens{Bot: r.ws.BotToken(), App: r.ws.AppToken()}
		for name, tt := range map[string]struct {
			t    slackapi.Tokens
			want string
		}{
			"nonsense":            {slackapi.Tokens{Bot: "xoxb-nonsense", App: now.App}, "invalid_auth"},
			"another workspace's": {slackapi.Tokens{Bot: r.ws.IssueForeignToken(), App: now.App}, "another workspace, Elsewhere"},
			"an app-level one":    {slackapi.Tokens{Bot: now.App, App: now.App}, "another workspace"}, // Slack names none for it
			"no app-level one":    {slackapi.Tokens{Bot: now.Bot, App: "xapp-nonsense"}, "SLACK_APP_TOKEN was refused"},
			"each other's":        {slackapi.Tokens{Bot: now.Bot, App: now.Bot}, "not_allowed_token_type"},
		} {
			err := r.bot.Renew(ctx, tt.t)
			if err == nil || !strings.Contains(err.Error(), tt.want) && name != "an app-level one" {
				t.Errorf("%s: %v", name, err)
			}
			if r.bot.slack.Tokens() != now {
				t.Fatalf("%s is in use", name)
			}
			if strings.Contains(err.Error(), tt.t.Bot) || strings.Contains(err.Error(), tt.t.App) {
				t.Errorf("%s is told: %v", name, err)
			}
		}
		r.ws.Fail(sandbox.Fault{Method: "auth.test", Kind: sandbox.ServerError})
		_, lasting := errors.AsType[*slackapi.Setup](r.bot.Renew(ctx, slackapi.Tokens{Bot: r.ws.IssueBotToken(), App: now.App}))
		if lasting {
			t.Error("an outage is taken for a fault of the token's")
		}
		next := slackapi.Tokens{Bot: r.ws.IssueBotToken(), App: "xapp-nonsense"}
		if err := r.bot.Renew(ctx, next); err == nil || r.bot.slack.Tokens() != (slackapi.Tokens{Bot: next.Bot, App: now.App}) {
			t.Errorf("the good one of two: %v", err)
		}
		r.ws.Revoke(now.Bot)
		r.play(`
			sam types /stepin @Dana Acme renewal
			sam presses I'll hold back
			sam closes
			sam goes to stepin
			sam reads Acme renewal`)
	})
}

// What is said of a call that was begun with the token before says nothing of the new one: nobody is alarmed, and
// messages do not wait.
func TestRenewedWhileCalling(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		var held atomic.Bool
		gate := make(chan struct{})
		r.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			if held.CompareAndSwap(true, false) {
				<-gate
			}
			return r.pipe.Dial(ctx, network, addr)
		}
		r.start()
		r.settle()
		old := r.ws.BotToken()
		held.Store(true)
		asked := make(chan error, 1)
		go func() { asked <- r.bot.slack.Ask(t.Context()) }()
		synctest.Wait()
		if err := r.bot.Renew(t.Context(), slackapi.Tokens{Bot: r.ws.IssueBotToken(), App: r.ws.AppToken()}); err != nil {
			t.Fatal(err)
		}
		r.ws.Revoke(old)
		close(gate)
		if err := <-asked; err != nil || r.bot.watch.health.Holds(health.TokenRefused) {
			t.Errorf("%v\n%s", err, r.log)
		}
		no := slack.SlackErrorResponse{Err: "token_revoked"}
		r.bot.slack.Pace.Heard("chat.postMessage", no)
		if r.bot.watch.health.Holds(health.TokenRefused) {
			t.Error("a call of before counts against the new token")
		}
		time.Sleep(slackapi.APITimeout)
		r.bot.slack.Pace.Heard("chat.postMessage", no)
		if !r.bot.watch.health.Holds(health.TokenRefused) {
			t.Error("the new token was refused, and nobody says so")
		}
	})
}

// A new app-level token is connected with at once; the old one may end, and nothing is missed.
func TestRenewedSockets(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options = store.Options{NoSync: true}
		r.start()
		old := r.ws.AppToken()
		before := r.ws.Stats().Connections
		next := slackapi.Tokens{Bot: r.ws.BotToken(), App: r.ws.IssueAppToken()}
		if err := r.bot.Renew(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := r.ws.Stats().Connections - before; got != 2 {
			t.Errorf("%d connections opened with the new token", got)
		}
		r.ws.Revoke(old)
		r.ws.DropSockets()
		time.Sleep(time.Minute)
		if !r.opens("sam") {
			t.Error("not heard")
		}
		time.Sleep(24 * time.Hour) // through some refreshes
		if s := r.ws.Stats(); !r.opens("sam") || s.Missed > 0 {
			t.Errorf("a day later: %+v", s)
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
	})
}

// A token that ends while it is watched ends nothing: stepin waits for the next. One from the environment ends it,
// with a line that says why a new start is needed.
func TestEndedToken(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		r.options, r.watched = store.Options{NoSync: true}, true
		r.start()
		r.ws.Revoke(r.ws.AppToken())
		r.ws.DropSockets()
		time.Sleep(time.Hour)
		if !strings.Contains(r.log.String(), "cause=app-token-refused") {
			t.Errorf("not said: %s", r.log)
		}
		if err := r.as("sam").Types("/stepin"); err == nil {
			t.Error("heard without a token")
		}
		if err := r.bot.Renew(t.Context(), slackapi.Tokens{Bot: r.ws.BotToken(), App: r.ws.IssueAppToken()}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if !r.opens("sam") {
			t.Error("not heard with the new one")
		}
		if s := r.ws.Stats(); s.Sockets != 2 {
			t.Errorf("%d sockets stand", s.Sockets)
		}
	})
	inBubble(t, sandbox.Config{}, func(r *rig) {
		t := r.t
		var said bytes.Buffer // of the bot alone, which has ended by then
		db := tempStore(r.t)
		defer db.Close()
		b, err := New(Config{
			BotToken: r.ws.BotToken(), AppToken: r.ws.AppToken(), APIURL: "http://slack.test/api/", Dial: r.pipe.Dial, Store: db,
			Settings: roster.Settings{Words: r.words}, Log: slog.New(slog.NewTextHandler(&said, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx) }()
		<-b.Ready()
		r.ws.Revoke(r.ws.AppToken())
		r.ws.DropSockets()
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "a token in the environment is read at the start only") {
			t.Errorf("ended with %v", err)
		}
		if n := strings.Count(said.String(), "cause=app-token-refused says=token_revoked do="); n != 1 {
			t.Errorf("said %d times: %s", n, said.String())
		}
	})
}
