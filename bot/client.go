package bot

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

// A client is how the running stepin calls Slack: with the tokens in use, at the pace that the platform
// allows, noting in the ledger of causes what a refusal says about the set-up.
type client struct {
	opt      options
	log      *slog.Logger
	health   *health.Ledger
	meter    *health.Meter
	now      func() time.Time // the clock for what is due
	pace     *pace
	hooks    *http.Client // response URLs, which carry no token
	keys     atomic.Pointer[keys]
	team     string // whose workspace it is,
	us       string // and our user there, as the first token said
	asking   sync.Mutex
	asked    atomic.Int64 // when Slack was asked last how it finds us, in Unix nanoseconds
	denied   atomic.Int64 // when a call was last refused for what auth.test is not
	swapping sync.Mutex   // one change of tokens at a time
}

func newClient(o options, log *slog.Logger, h *health.Ledger, m *health.Meter, now func() time.Time) *client {
	c := &client{opt: o, log: log, health: h, meter: m, now: now, pace: newPace(o.NoPace), hooks: o.http(apiTimeout)}
	c.keys.Store(newKeys(o, o.Tokens))
	c.pace.failed = c.callFailed
	return c
}

// api is for all calls but those that a trigger waits for.
func (c *client) api() *slack.Client { return c.keys.Load().api }

// quick is for views.
func (c *client) quick() *slack.Client { return c.keys.Load().quick }

// tokens are those in use.
func (c *client) tokens() Tokens { return c.keys.Load().Tokens }

const (
	deniedFor  = 4 * time.Minute // after which no call having been refused says that none would be: what waits is tried each two
	clockApart = 2 * time.Minute // from Slack's clock; an answer may take 15 s
)

// introduce asks who we are, and refuses an app without the scopes that we need.
func (c *client) introduce(ctx context.Context) error {
	var res *slack.AuthTestResponse
	err := c.patiently(ctx, "auth.test", func() (err error) {
		if res, err = c.api().AuthTestContext(ctx); err == nil && res.TeamID == "" {
			err = errNoWord
		}
		return err
	})
	if err != nil {
		return err
	}
	if lacks, told := missingScopes(res.Header); told && len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	c.asked.Store(time.Now().UnixNano())
	c.readClock(res.Header.Get("Date"))
	c.team, c.us = res.TeamID, res.UserID
	return nil
}

// unasked is for how long Slack was not asked how it finds us.
func (c *client) unasked() time.Duration { return time.Since(time.Unix(0, c.asked.Load())) }

// ask asks whether Slack knows the token, and looks at the scopes and at the time of its answer.
func (c *client) ask(ctx context.Context) error {
	c.asking.Lock() // or two would go while the first is told to wait
	defer c.asking.Unlock()
	if err := c.pace.permit("auth.test"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	c.asked.Store(time.Now().UnixNano())
	var res *slack.AuthTestResponse
	var err error
	for api := (*slack.Client)(nil); api != c.api(); { // or the answer is about a token that has been replaced
		api = c.api()
		res, err = api.AuthTestContext(ctx)
	}
	if err == nil && res.TeamID == "" {
		err = errNoWord
	}
	c.pace.heard("auth.test", err)
	if err != nil {
		return err
	}
	if time.Since(time.Unix(0, c.denied.Load())) >= deniedFor {
		c.health.End(health.TokenRefused)
	}
	if lacks, told := missingScopes(res.Header); told && len(lacks) > 0 {
		err = lacksScopes(lacks...)
		c.health.Begin(health.ScopeMissing, "scopes", lacks)
	} else {
		c.health.End(health.ScopeMissing)
	}
	c.readClock(res.Header.Get("Date"))
	return err
}

// callFailed notes what a failed call of the Web API says about us. apps.connections.open is not the
// bot token's, and is looked at where its error is.
func (c *client) callFailed(method string, err error, wait time.Duration) {
	if wait > 0 {
		c.meter.Count(func(f *health.Figures) { f.RateLimited[method]++ })
	}
	cause, code := slackCause(err)
	if isFile(method) && refusesFile(err) {
		return
	}
	if since := time.Since(c.keys.Load().since); cause == health.TokenRefused && method != "auth.test" && since < apiTimeout {
		return // it may have been begun with the token before
	}
	if cause == health.TokenRefused && !expired(err) {
		c.denied.Store(time.Now().UnixNano())
	}
	if cause != "" {
		c.health.Begin(cause, "method", method, "says", code)
	}
}

// readClock compares the clock for what is due with the Date of an answer that came just now.
func (c *client) readClock(date string) {
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

// lastingTries is how often in a row somebody who is not Slack may answer before we take it
// for a fault of the set-up: one odd answer may be an outage.
const lastingTries = 3

// patiently repeats a call until Slack has answered it, yes or no, or ctx ends. A network that
// is down is waited for, as long as it takes; a *Setup says what waiting will not mend.
func (c *client) patiently(ctx context.Context, method string, call func() error) error {
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
		if refused(err) {
			return refusal(method, err)
		}
		t := diagnose(c.opt.APIURL, err)
		if lasting++; !t.lasting {
			lasting = 0
		}
		if lasting == lastingTries {
			return &Setup{t.what, t.remedy}
		}
		if pause := c.pace.heard(method, err); pause > wait {
			wait = pause
		}
		c.log.Warn("Slack does not answer yet", "error", t.what, "do", t.remedy, "again_in", wait)
		if sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
