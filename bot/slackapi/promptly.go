package slackapi

import (
	"context"
	"time"

	"github.com/slack-go/slack"
)

const (
	// TriggerLife is how long Slack waits for an acknowledgement, and how long a trigger lives
	// (docs.slack.dev/surfaces/modals).
	TriggerLife = 3 * time.Second
	// margin must be left after a Retry-After for the call itself and its way to Slack.
	margin = time.Second
	// between is the time between two who waited for the same Retry-After. Slack's next 429 then stops most of them.
	between = 25 * time.Millisecond
)

// Promptly calls a method for a person who waits until till. No limit of our own holds that up: Slack's 429 decides.
// While a Retry-After runs nobody calls. It is waited for if it and a second end before till, and the call is repeated
// at most once. Otherwise the error is a *slack.RateLimitedError. Any other end of the call is returned as it is.
func (c *Client) Promptly(ctx context.Context, method string, till time.Time, call func() error) error {
	for repeated := false; ; repeated = true {
		if err := c.Pace.await(ctx, method, till); err != nil {
			return err
		}
		err := call()
		if c.Pace.Heard(method, err) == 0 || repeated {
			return err
		}
	}
}

// await returns nil when a call may go, and counts it.
func (p *Pace) await(ctx context.Context, method string, till time.Time) error {
	for came := false; ; came = true {
		at, err := p.turn(method, till, came)
		if err != nil || at.IsZero() {
			return err
		}
		if Sleep(ctx, time.Until(at)); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// turn returns the zero time if a call may go now, else a turn after the pause. came says that the caller's turn has
// come. A pause may have begun since.
func (p *Pace) turn(method string, till time.Time, came bool) (time.Time, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, at := time.Now(), p.paused[method]
	if !came {
		at = latest(at, p.turns[method])
	}
	if !at.After(now) {
		p.owe(method)
		return time.Time{}, nil
	}
	if at = latest(at, p.turns[method]); at.Add(margin).After(till) {
		return time.Time{}, &slack.RateLimitedError{RetryAfter: at.Sub(now)}
	}
	p.turns[method] = at.Add(between)
	return at, nil
}

// owe counts a call that did not ask. What nobody waits for then waits longer, by one burst at most.
func (p *Pace) owe(method string) {
	if l := p.methods[method]; l != nil && l.Tokens() > -float64(l.Burst()) {
		l.Reserve()
	}
}

// A naming is a time that was named to people, and to how many.
type naming struct {
	at    time.Time
	count int
}

// Name returns the time from which a method works, to name to a person who was refused; zero if it works now. It is the
// end of the Retry-After for as many people as Slack takes in a minute, and a minute later for each as many after
// them: else all of them would come at once, and most be refused once more.
func (p *Pace) Name(method string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := p.paused[method]
	if !end.After(time.Now()) {
		return time.Time{}
	}
	n := p.named[method]
	switch {
	case end.Sub(n.at) >= time.Minute:
		n = naming{at: end}
	case n.count >= PerMinute[method]:
		n = naming{at: n.at.Add(time.Minute)}
	}
	n.count++
	p.named[method] = n
	return latest(n.at, end)
}
