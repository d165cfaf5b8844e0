// Package slackapi is the only window to Slack's Web API: the clients with the tokens in use (client.go, tokens.go,
// options.go), the pace that the platform allows (pace.go), the scopes (scopes.go), and what a failed call means:
// for the message that was sent (errors.go), for the set-up (errors.go notes the cause in the ledger of bot/health),
// and in words for the operator (setup.go).
//
// It promises that no token and nobody's words reach a log or an error, and that every Retry-After is kept. It does
// not know what is said to whom, nor why.
//
//	a room ─▶ Pace.Permit ─▶ API() or Quick() ─▶ Slack
//	Slack ─▶ error ─▶ Pace.Heard ─▶ health.Ledger
//	               └▶ Classify ─▶ Retry, Unknown, Hold or Drop
package slackapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
)

// A Client is how the running stepin calls Slack: with the tokens in use, at the pace that the platform
// allows, noting in the ledger of causes what a refusal says about the set-up.
type Client struct {
	Opt      Options
	log      *slog.Logger
	health   *health.Ledger
	meter    *health.Meter
	now      func() time.Time // the clock for what is due
	Pace     *Pace
	Hooks    *http.Client // response URLs, which carry no token
	keys     atomic.Pointer[keys]
	Team     string // whose workspace it is,
	us       string // and our user there, as the first token said
	probe    probe
	swapping sync.Mutex // one change of tokens at a time
}

// A probe is one auth.test at a time, and when things were heard; both in Unix nanoseconds.
type probe struct {
	sync.Mutex
	asked  atomic.Int64 // when Slack was asked last how it finds us
	denied atomic.Int64 // when a call was last refused for what auth.test is not
}

// New is a client that has called nothing yet. now is the clock for what is due.
func New(o Options, log *slog.Logger, h *health.Ledger, m *health.Meter, now func() time.Time) *Client {
	c := &Client{Opt: o, log: log, health: h, meter: m, now: now, Pace: NewPace(o.NoPace), Hooks: o.HTTP(APITimeout)}
	c.keys.Store(newKeys(o, o.Tokens))
	c.Pace.failed = c.CallFailed
	return c
}

// API is for all calls but those that a trigger waits for.
func (c *Client) API() *slack.Client { return c.keys.Load().api }

// Quick is for views.
func (c *Client) Quick() *slack.Client { return c.keys.Load().quick }

// Tokens are those in use.
func (c *Client) Tokens() Tokens { return c.keys.Load().Tokens }

const (
	deniedFor  = 4 * time.Minute // after which no call having been refused says that none would be: what waits is tried each two
	clockApart = 2 * time.Minute // from Slack's clock; an answer may take 15 s
)

// Introduce asks who we are, and refuses an app without the scopes that we need.
func (c *Client) Introduce(ctx context.Context) error {
	var res *slack.AuthTestResponse
	err := c.Patiently(ctx, "auth.test", func() (err error) {
		if res, err = c.API().AuthTestContext(ctx); err == nil && res.TeamID == "" {
			err = ErrNoWord
		}
		return err
	})
	if err != nil {
		return err
	}
	if lacks, told := MissingScopes(res.Header); told && len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	c.probe.asked.Store(time.Now().UnixNano())
	c.readClock(res.Header.Get("Date"))
	c.Team, c.us = res.TeamID, res.UserID
	return nil
}

// Unasked is for how long Slack was not asked how it finds us.
func (c *Client) Unasked() time.Duration { return time.Since(time.Unix(0, c.probe.asked.Load())) }

// Ask asks whether Slack knows the token, and looks at the scopes and at the time of its answer.
func (c *Client) Ask(ctx context.Context) error {
	c.probe.Lock() // or two would go while the first is told to wait
	defer c.probe.Unlock()
	if err := c.Pace.Permit("auth.test"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, APITimeout)
	defer cancel()
	c.probe.asked.Store(time.Now().UnixNano())
	var res *slack.AuthTestResponse
	var err error
	for api := (*slack.Client)(nil); api != c.API(); { // or the answer is about a token that has been replaced
		api = c.API()
		res, err = api.AuthTestContext(ctx)
	}
	if err == nil && res.TeamID == "" {
		err = ErrNoWord
	}
	c.Pace.Heard("auth.test", err)
	if err != nil {
		return err
	}
	if time.Since(time.Unix(0, c.probe.denied.Load())) >= deniedFor {
		c.health.End(health.TokenRefused)
	}
	if lacks, told := MissingScopes(res.Header); told && len(lacks) > 0 {
		err = lacksScopes(lacks...)
		c.health.Begin(health.ScopeMissing, "scopes", lacks)
	} else {
		c.health.End(health.ScopeMissing)
	}
	c.readClock(res.Header.Get("Date"))
	return err
}

// CallFailed notes what a failed call of the Web API says about us. apps.connections.open is not the
// bot token's, and is looked at where its error is.
func (c *Client) CallFailed(method string, err error, wait time.Duration) {
	if wait > 0 {
		c.meter.Count(func(f *health.Figures) { f.RateLimited[method]++ })
	}
	cause, code := SlackCause(err)
	if IsFile(method) && RefusesFile(err) {
		return
	}
	if since := time.Since(c.keys.Load().since); cause == health.TokenRefused && method != "auth.test" && since < APITimeout {
		return // it may have been begun with the token before
	}
	if cause == health.TokenRefused && !Expired(err) {
		c.probe.denied.Store(time.Now().UnixNano())
	}
	if cause != "" {
		c.health.Begin(cause, "method", method, "says", code)
	}
}

// readClock compares the clock for what is due with the Date of an answer that came just now.
func (c *Client) readClock(date string) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		return // a proxy has dropped it
	}
	if apart := theirs.Sub(c.now()); apart.Abs() > clockApart {
		c.health.Begin(health.ClockOff, "behind_by", apart.Round(time.Second))
	} else {
		c.health.End(health.ClockOff)
	}
}

// LastingTries is how often in a row somebody who is not Slack may answer before we take it
// for a fault of the set-up: one odd answer may be an outage.
const LastingTries = 3

// Patiently repeats a call until Slack has answered it, yes or no, or ctx ends. A network that
// is down is waited for, as long as it takes; a *Setup says what waiting will not mend.
func (c *Client) Patiently(ctx context.Context, method string, call func() error) error {
	lasting := 0
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := call()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil { // however the call put it: we were asked to end
			return ctx.Err()
		}
		if s, ok := errors.AsType[*Setup](err); ok {
			return s
		}
		if Refused(err) {
			return Refusal(method, err)
		}
		t := Diagnose(c.Opt.APIURL, err)
		if lasting++; !t.lasting {
			lasting = 0
		}
		if lasting == LastingTries {
			return &Setup{t.What, t.Remedy}
		}
		if pause := c.Pace.Heard(method, err); pause > wait {
			wait = pause
		}
		c.log.Warn("Slack does not answer yet", "error", t.What, "do", t.Remedy, "again_in", wait)
		if Sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
