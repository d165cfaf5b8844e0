package slackapi

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"
)

// What the platform allows (SLACK section 6), with some room to spare: tiers are
// per method, workspace and app, and a Retry-After pauses a whole method.
var PerMinute = map[string]int{
	"chat.postMessage":      300, // "several hundred per minute" for a workspace
	"chat.update":           50,  // tier 3
	"conversations.history": 50,  // tier 3
	"conversations.info":    50,  // tier 3
	"conversations.open":    50,  // tier 3
	"conversations.replies": 50,  // tier 3
	GetsUpload:              100, // tier 4
	SharesFile:              100, // tier 4
	DeletesFile:             25,  // tier 3, and each is asked twice
	"usergroups.users.list": 20,  // tier 2
	"users.info":            100, // tier 4
	"views.open":            100, // tier 4
	"views.update":          100, // tier 4
	"views.publish":         100, // tier 4
}

const (
	perConversation = time.Second      // one message a second in one conversation
	BlindPause      = 30 * time.Second // after a 429 that names no time
	postBurst       = 10               // as many as the outbox marks with one commit
)

// Pace is the one limiter of each method, shared by all who call it. It lives in
// real time, as the platform's limits do.
type Pace struct {
	Mu       sync.Mutex
	off      bool // for load tests against a workspace without limits
	Methods  map[string]*rate.Limiter
	Paused   map[string]time.Time                               // by method: not before
	lastPost map[string]time.Time                               // by conversation
	failed   func(method string, err error, wait time.Duration) // hears of failed calls; nil for nobody
}

func NewPace(off bool) *Pace {
	p := &Pace{off: off, Methods: map[string]*rate.Limiter{}, Paused: map[string]time.Time{}, lastPost: map[string]time.Time{}}
	for m, n := range PerMinute {
		burst := max(n/5, 10)
		if m == "chat.postMessage" { // its burst is the whole workspace's, and may follow on that of a bot that ended just now
			burst = postBurst
		}
		p.Methods[m] = rate.NewLimiter(rate.Limit(float64(n)/60), burst)
	}
	return p
}

// Allows says whether the method may be called now, and counts the call if so.
func (p *Pace) Allows(method string) bool {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if time.Now().Before(p.Paused[method]) {
		return false
	}
	l := p.Methods[method]
	return p.off || l == nil || l.Allow()
}

// Ready is when the method may next be called in a conversation, without counting it.
func (p *Pace) Ready(method, conversation string) time.Time {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	at := p.Paused[method]
	if p.off {
		return at
	}
	if method == "chat.postMessage" {
		if next := p.lastPost[conversation].Add(perConversation); next.After(at) {
			at = next
		}
	}
	if l := p.Methods[method]; l != nil {
		if missing := 1 - l.Tokens(); missing > 0 {
			if next := time.Now().Add(time.Duration(missing / float64(l.Limit()) * float64(time.Second))); next.After(at) {
				at = next
			}
		}
	}
	return at
}

// Room is how many calls of the method may be made at once, most at most, without counting them.
func (p *Pace) Room(method string, most int) int {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	l := p.Methods[method]
	switch {
	case time.Now().Before(p.Paused[method]):
		return 0
	case p.off || l == nil:
		return most
	}
	return max(0, min(most, int(l.Tokens())))
}

// Posted notes a post into a conversation.
func (p *Pace) Posted(conversation string) {
	p.Mu.Lock()
	defer p.Mu.Unlock()
	p.lastPost[conversation] = time.Now()
	if len(p.lastPost) > 4096 {
		for c, at := range p.lastPost {
			if time.Since(at) > perConversation {
				delete(p.lastPost, c)
			}
		}
	}
}

// Permit counts a call of the method if it may be made now. Else it is refused as Slack would.
func (p *Pace) Permit(method string) error {
	if p.Allows(method) {
		return nil
	}
	return &slack.RateLimitedError{RetryAfter: time.Until(p.Ready(method, ""))}
}

// Heard learns from a failed call, and says how long it has to wait; 0 for not at all.
func (p *Pace) Heard(method string, err error) time.Duration {
	wait := AskedToWait(err)
	if p.failed != nil && err != nil {
		p.failed(method, err, wait)
	}
	p.Mu.Lock()
	defer p.Mu.Unlock()
	if till := time.Now().Add(wait); wait > 0 && till.After(p.Paused[method]) {
		p.Paused[method] = till
	}
	return wait
}

// AskedToWait is how long Slack asks to wait by the error of a call; 0 if it does not.
func AskedToWait(err error) time.Duration {
	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return max(rl.RetryAfter, time.Second)
	} else if st, ok := errors.AsType[slack.StatusCodeError](err); ok && st.Code == http.StatusTooManyRequests {
		return BlindPause
	} else if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok && (no.Err == "ratelimited" || no.Err == "rate_limited") {
		return BlindPause
	}
	return 0
}
