package rules

import (
	"math"
	"time"
)

// bucket allows rate calls a second, and burst at once.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes one token, or tells how long until there is one.
func (b *bucket) take(now time.Time, rate, burst float64) time.Duration {
	if b.at.IsZero() {
		b.tokens = burst
	} else {
		b.tokens = min(burst, b.tokens+rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.tokens >= 1-1e-9 {
		b.tokens--
		return 0
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second))
}

// window allows so many calls in a minute that begins with its first call.
type window struct {
	began time.Time
	calls int
}

// take counts a call, or tells how long until the next window.
func (v *window) take(now time.Time, perMinute int) time.Duration {
	if now.Sub(v.began) >= time.Minute {
		*v = window{began: now}
	}
	if v.calls < perMinute {
		v.calls++
		return 0
	}
	return v.began.Add(time.Minute).Sub(now)
}

// How much may be posted. The platform says "1 per second" and channel, "several hundred per minute" and workspace, and
// that short bursts are fine (docs.slack.dev/apis/web-api/rate-limits); the sizes of the bursts are ours.
const (
	postsPerChannel     = 1.0   // a second
	PostsChannelBurst   = 4.0   //
	postsPerWorkspace   = 300.0 // a minute
	postsWorkspaceBurst = 20.0

	// graceInFlight is how long after a 429 a call of the same method is taken to have been on its way already.
	graceInFlight = 300 * time.Millisecond

	// patience is after how long an app may try once more during a longer Retry-After, in case that was a fault.
	patience = time.Hour
)

// Limiter remembers how often each method was called.
type Limiter struct {
	// Windows counts in windows of a minute: once one is full, the Retry-After is what is left of it. Without, calls
	// are allowed again one by one. The platform has "per-minute windows" and keeps the sizes of bursts to itself.
	Windows  bool
	windows  map[string]*window
	methods  map[string]*bucket
	channels map[string]*bucket
	until    map[string]time.Time // method to the end of its Retry-After
	given    map[string]time.Time // method to when that 429 was given
}

// NewLimiter makes a limiter.
func NewLimiter() Limiter {
	return Limiter{
		windows: map[string]*window{}, methods: map[string]*bucket{}, channels: map[string]*bucket{},
		until: map[string]time.Time{}, given: map[string]time.Time{},
	}
}

func bucketOf(m map[string]*bucket, k string) *bucket {
	b := m[k]
	if b == nil {
		b = &bucket{}
		m[k] = b
	}
	return b
}

// Limit says how many seconds the caller of method has to wait; 0 lets the call through. through is set when the
// call came although a Retry-After was running. A Retry-After holds for the method in the whole workspace; free lets
// all through but what comes during one.
func (l *Limiter) Limit(
	now time.Time, method string, perMinute int, channel string, free bool,
) (retryAfter int, through bool) {
	if left, through := l.Left(now, method); left > 0 {
		return left, through
	}
	if free {
		return 0, false
	}
	var wait time.Duration
	if perMinute > 0 && l.Windows {
		v := l.windows[method]
		if v == nil {
			v = &window{}
			l.windows[method] = v
		}
		wait = v.take(now, perMinute)
	} else if perMinute > 0 {
		wait = bucketOf(l.methods, method).take(now, float64(perMinute)/60, float64(perMinute))
	} else if method == "chat.postMessage" {
		wait = bucketOf(l.methods, method).take(now, postsPerWorkspace/60, postsWorkspaceBurst)
		if wait == 0 && channel != "" {
			wait = bucketOf(l.channels, channel).take(now, postsPerChannel, PostsChannelBurst)
		}
	}
	if wait <= 0 {
		return 0, false
	}
	retryAfter = int(math.Ceil(wait.Seconds()))
	l.Hold(now, method, retryAfter)
	return retryAfter, false
}

// Left is what is left of a method's Retry-After in seconds, 0 for none; through is as in Limit.
func (l *Limiter) Left(now time.Time, method string) (seconds int, through bool) {
	end := l.until[method]
	if !now.Before(end) {
		return 0, false
	}
	since := now.Sub(l.given[method])
	if since >= patience {
		l.given[method] = now
	}
	return int(math.Ceil(end.Sub(now).Seconds())), since > graceInFlight && since < patience
}

// Hold starts a Retry-After.
func (l *Limiter) Hold(now time.Time, method string, seconds int) {
	l.until[method] = now.Add(time.Duration(seconds) * time.Second)
	l.given[method] = now
}
