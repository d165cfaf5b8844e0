package socket

import (
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/time/rate"

	"stepin/bot/slackapi"
)

// client asks for socket addresses, never faster than opens allows: a socket that drops as soon as it opens must not
// flood Slack with calls: slack-go itself does not wait then.
func (s *Sockets) client(t slackapi.Tokens, opens *rate.Limiter, retired *atomic.Bool) *slack.Client {
	transport := slowly{slackapi.Readable(s.slack.Options().Transport()), opens, s.slack.Pace, retired}
	return s.slack.Options().With(t, &http.Client{Timeout: slackapi.APITimeout, Transport: transport})
}

// slowly waits before each request.
type slowly struct {
	next  http.RoundTripper
	limit *rate.Limiter
	pace  *slackapi.Pace // shared: a Retry-After for one line holds for the other
	never *atomic.Bool   // set once the connection is retired
}

var errRetired = errors.New("this connection has been renewed")

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := s.limit.Wait(r.Context()); err != nil {
		return nil, err
	}
	const method = slackapi.OpenSocket
	for at := s.pace.Ready(method, ""); time.Now().Before(at); at = s.pace.Ready(method, "") {
		if slackapi.Sleep(r.Context(), time.Until(at)); r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
	}
	if s.never.Load() {
		return nil, errRetired
	}
	res, err := s.next.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusTooManyRequests {
		wait := slackapi.BlindPause
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(n) * time.Second
		}
		s.pace.Heard(method, &slack.RateLimitedError{RetryAfter: wait})
	}
	return res, err
}
