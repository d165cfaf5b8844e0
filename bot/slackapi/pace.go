package slackapi

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// PerMinute is how often each method may be called in a minute (docs.slack.dev/apis/web-api/rate-limits), with some
// room to spare. Slack counts by method, workspace and app. It bounds what nobody waits for. Where somebody waits,
// Slack alone decides: see Client.Promptly.
var PerMinute = map[string]int{
	post:                    300, // "several hundred per minute" for a workspace
	"chat.update":           50,  // tier 3
	"conversations.history": 50,  // tier 3
	"conversations.info":    50,  // tier 3
	"conversations.open":    50,  // tier 3
	"conversations.replies": 50,  // tier 3
	GetsUpload:              100, // tier 4
	SharesFile:              100, // tier 4
	DeletesFile:             25,  // tier 3, and each is asked twice
	listsGroup:              20,  // tier 2
	"users.info":            100, // tier 4
	"views.open":            100, // tier 4
	"views.update":          100, // tier 4
	"views.publish":         100, // tier 4
}

// BlindPause is how long a method pauses after a 429 that names no time.
const BlindPause = 30 * time.Second

const (
	listsGroup        = "usergroups.users.list"
	post              = "chat.postMessage"
	perConversation   = time.Second // between two messages in one conversation
	postBurst         = 10          // as many as the outbox marks with one commit
	mostConversations = 4096        // remembered, before those that may be posted to are forgotten
)

// Pace is the one limiter of each method, shared by all callers. It lives in real time, as Slack's limits do.
type Pace struct {
	mu       sync.Mutex
	off      bool // no limits of our own
	methods  map[string]*rate.Limiter
	paused   map[string]time.Time                               // by method: no call before
	turns    map[string]time.Time                               // by method: the turn of the next who waits for a pause
	named    map[string]naming                                  // by method: the time that was named last
	lastPost map[string]time.Time                               // by conversation
	failed   func(method string, err error, wait time.Duration) // hears of each failed call
}

func newPace(off bool) *Pace {
	p := &Pace{
		off:     off,
		methods: map[string]*rate.Limiter{}, paused: map[string]time.Time{}, turns: map[string]time.Time{},
		named: map[string]naming{}, lastPost: map[string]time.Time{},
	}
	for m, n := range PerMinute {
		burst := max(n/5, 10)
		if m == post { // counted for the whole workspace, and may follow the burst of a bot that has just ended
			burst = postBurst
		}
		p.methods[m] = rate.NewLimiter(rate.Limit(float64(n)/60), burst)
	}
	return p
}

// LimitOnly lifts the limits of all other methods, for load tests.
func (p *Pace) LimitOnly(method string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.methods, func(m string, _ *rate.Limiter) bool { return m != method })
}

// Allows says whether the method may be called now for what nobody waits for, and counts the call if so. Those who wait
// for the end of a pause go first.
func (p *Pace) Allows(method string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Before(p.paused[method]) || now.Before(p.turns[method]) {
		return false
	}
	l := p.methods[method]
	return p.off || l == nil || l.Allow()
}

// Permit is Allows with an error like Slack's own.
func (p *Pace) Permit(method string) error {
	if p.Allows(method) {
		return nil
	}
	return &slack.RateLimitedError{RetryAfter: time.Until(p.Ready(method, ""))}
}

// Ready returns when the method may next be called in a conversation. It counts no call.
func (p *Pace) Ready(method, conversation string) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := latest(p.paused[method], p.turns[method])
	if p.off {
		return at
	}
	if method == post {
		if next := p.lastPost[conversation].Add(perConversation); next.After(at) {
			at = next
		}
	}
	if l := p.methods[method]; l != nil {
		if missing := 1 - l.Tokens(); missing > 0 {
			seconds := missing / float64(l.Limit())
			if next := time.Now().Add(time.Duration(seconds * float64(time.Second))); next.After(at) {
				at = next
			}
		}
	}
	return at
}

// Room returns how many calls of the method may be made at once, up to most. It counts none.
func (p *Pace) Room(method string, most int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.methods[method]
	switch {
	case time.Now().Before(p.paused[method]):
		return 0
	case p.off || l == nil:
		return most
	}
	return max(0, min(most, int(l.Tokens())))
}

// Posted notes a post into a conversation.
func (p *Pace) Posted(conversation string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lastPost[conversation] = time.Now()
	if len(p.lastPost) > mostConversations {
		maps.DeleteFunc(p.lastPost, func(_ string, at time.Time) bool { return time.Since(at) > perConversation })
	}
}

// Heard is told how a call ended. It returns how long the method must wait; 0 for not at all.
func (p *Pace) Heard(method string, err error) time.Duration {
	wait := AskedToWait(err)
	if p.failed != nil && err != nil {
		p.failed(method, err, wait)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if till := time.Now().Add(wait); wait > 0 && till.After(p.paused[method]) {
		p.paused[method] = till
	}
	return wait
}

// Waits returns until when each method waits that Slack asked to wait.
func (p *Pace) Waits() map[string]time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	waits := maps.Clone(p.paused)
	maps.DeleteFunc(waits, func(_ string, till time.Time) bool { return !till.After(time.Now()) })
	return waits
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// AskedToWait returns how long the error of a call asks to wait; 0 if it does not ask.
func AskedToWait(err error) time.Duration {
	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return min(max(rl.RetryAfter, time.Second), LongestWait)
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok && st.Code == http.StatusTooManyRequests {
		return BlindPause
	}
	if code := Code(err); code == "ratelimited" || code == "rate_limited" {
		return BlindPause
	}
	return 0
}

// Sleep waits for d, or until ctx ends.
func Sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
