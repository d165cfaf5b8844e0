// Package slackapi is the only window to Slack's Web API.
//
// It holds the tokens in use, keeps the pace that Slack allows, and says what a failed call means: for the message,
// for the set-up (a cause in bot/health), and in words for the operator. It promises that no token and no person's
// words reach a log or an error, and that every Retry-After is kept. It does not know what is said to whom, nor why.
//
//	a room ─▶ Pace.Permit, or Promptly where somebody waits ─▶ API() or Quick() ─▶ Slack
//	Slack ─▶ error ─▶ Pace.Heard ─▶ health.Ledger
//	               └▶ Classify ─▶ Retry, Unknown, Hold or Drop
//
// Classify sorts a failed call by what it means for a message, and bot/outbox acts on it:
//
//	Retry    Slack has done nothing, as when it limits the rate: wait, and send again
//	Unknown  it may have arrived, as after a time-out or an internal_error: look it up before sending again
//	Hold     nothing can be sent, as with a revoked token: wait until an operator has acted
//	Drop     Slack will never take it, as with an archived channel; also every code that we do not know
//
// Of each answer slack-go is handed what stepin needs (answers.go): a field that nobody reads may be odd.
//
// The files: client.go asks Slack who we are, and us.go keeps it; tokens.go replaces tokens; options.go reaches Slack,
// and proxy.go its sockets; answers.go reads answers, of the kinds in kinds.go; pace.go keeps Slack's limits for what
// nobody waits for, promptly.go for a person who does; retryafter.go reads what Slack asks to wait; scopes.go lists
// scopes; errors.go sorts errors; short.go shortens them for the log; setup.go explains them to the operator.
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

// A Client calls Slack with the tokens in use. It reports refusals that concern the set-up to the ledger of causes.
type Client struct {
	opt      Options
	log      *slog.Logger
	health   *health.Ledger
	meter    *health.Meter
	now      func() time.Time // the clock for what is due
	Pace     *Pace
	Hooks    *http.Client // for response URLs, which carry no token
	keys     atomic.Pointer[keys]
	us       atomic.Pointer[Us] // as the last auth.test said
	probe    probe
	swapping sync.Mutex // one change of tokens at a time
}

// A probe is one auth.test at a time, with two times in Unix nanoseconds.
type probe struct {
	sync.Mutex
	asked  atomic.Int64 // of the last auth.test
	denied atomic.Int64 // of the last call that was refused though auth.test may pass
}

// New returns a client that has called nothing yet. now is the clock for what is due.
func New(o Options, log *slog.Logger, h *health.Ledger, m *health.Meter, now func() time.Time) *Client {
	c := &Client{opt: o, log: log, health: h, meter: m, now: now, Pace: newPace(o.NoPace), Hooks: o.http(APITimeout)}
	c.keys.Store(newKeys(o, o.Tokens))
	c.Pace.failed = c.callFailed
	return c
}

// Options says how Slack is reached.
func (c *Client) Options() Options { return c.opt }

// API is for all calls except those that a trigger waits for.
func (c *Client) API() *slack.Client { return c.keys.Load().api }

// Quick is for views: a trigger lives three seconds.
func (c *Client) Quick() *slack.Client { return c.keys.Load().quick }

// Tokens returns those in use.
func (c *Client) Tokens() Tokens { return c.keys.Load().Tokens }

const (
	// After deniedFor without a refused call the token counts as accepted. Waiting messages are tried every two
	// minutes.
	deniedFor  = 4 * time.Minute
	clockApart = 2 * time.Minute // allowed difference from Slack's clock; an answer may take 15 s
)

// Introduce asks Slack who we are, and fails if a required scope is missing.
func (c *Client) Introduce(ctx context.Context) error {
	var res *slack.AuthTestResponse
	err := c.Patiently(ctx, AuthTest, func() (err error) {
		res, err = Identify(ctx, c.API())
		return err
	})
	if err != nil {
		return err
	}
	if lacks := lacking(res.Header); len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	c.probe.asked.Store(time.Now().UnixNano())
	c.readClock(res.Header)
	c.Meet(res)
	return nil
}

// Identify asks Slack whose token api has.
func Identify(ctx context.Context, api *slack.Client) (*slack.AuthTestResponse, error) {
	res, err := api.AuthTestContext(ctx)
	if err == nil && res.TeamID == "" {
		err = ErrNoWord
	}
	return res, err
}

// Unasked returns the time since the last auth.test.
func (c *Client) Unasked() time.Duration { return time.Since(time.Unix(0, c.probe.asked.Load())) }

// Ask checks the token, the scopes and this machine's clock with one auth.test.
func (c *Client) Ask(ctx context.Context) error {
	c.probe.Lock() // or a second call would go out while the first is told to wait
	defer c.probe.Unlock()
	if err := c.Pace.Permit(AuthTest); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, APITimeout)
	defer cancel()
	c.probe.asked.Store(time.Now().UnixNano())
	var res *slack.AuthTestResponse
	var err error
	for api := (*slack.Client)(nil); api != c.API(); { // or the answer is about a token that has been replaced
		api = c.API()
		res, err = Identify(ctx, api)
	}
	c.Pace.Heard(AuthTest, err)
	if err != nil {
		return err
	}
	c.Meet(res)
	if time.Since(time.Unix(0, c.probe.denied.Load())) >= deniedFor {
		c.health.End(health.TokenRefused)
	}
	if lacks := lacking(res.Header); len(lacks) > 0 {
		err = lacksScopes(lacks...)
		c.health.Begin(health.ScopeMissing, "scopes", lacks)
	} else {
		c.health.End(health.ScopeMissing)
	}
	c.readClock(res.Header)
	return err
}

// callFailed reports what a failed call of the Web API says about the set-up. It is not for apps.connections.open,
// which uses the app-level token.
func (c *Client) callFailed(method string, err error, wait time.Duration) {
	if wait > 0 {
		c.meter.RateLimited.WithLabelValues(method).Inc()
	}
	cause, code := SlackCause(err)
	switch {
	case cause == "", IsFile(method) && RefusesFile(err):
		return
	case method == listsGroup && code == "team_access_not_granted": // a workspace of the organisation, not the token
		return
	}
	if cause == health.TokenRefused {
		if method != AuthTest && time.Since(c.keys.Load().since) < APITimeout {
			return // the call may have begun with the previous token
		}
		if !Expired(err) {
			c.probe.denied.Store(time.Now().UnixNano())
		}
	}
	c.health.Begin(cause, "method", method, "says", code)
}

// readClock compares the clock for what is due with the Date of an answer that has just come.
func (c *Client) readClock(h http.Header) {
	theirs, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return // a proxy has dropped it
	}
	if apart := theirs.Sub(c.now()); apart.Abs() > clockApart {
		c.health.Begin(health.ClockOff, "behind_by", apart.Round(time.Second))
	} else {
		c.health.End(health.ClockOff)
	}
}

// lastingTries is after how many lasting faults in a row Patiently gives up. One odd answer may be an outage.
const lastingTries = 3

// Patiently repeats a call until Slack answers it, yes or no, or ctx ends. It waits for a network that is down for
// as long as it takes. It returns a *Setup for a fault that waiting will not mend.
func (c *Client) Patiently(ctx context.Context, method string, call func() error) error {
	lasting := 0
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := call()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil { // even if call returned another error
			return ctx.Err()
		}
		if s, ok := errors.AsType[*Setup](err); ok {
			return s
		}
		if Refused(err) {
			return Refusal(method, err)
		}
		d := c.opt.diagnose(err)
		if lasting++; !d.lasting {
			lasting = 0
		}
		if lasting == lastingTries {
			return &d.Setup
		}
		wait = max(wait, c.Pace.Heard(method, err))
		c.log.Warn("Slack does not answer yet", "error", d.What, "do", d.Remedy, "again_in", wait)
		if Sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
