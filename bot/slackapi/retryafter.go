package slackapi

import (
	"net/http"
	"strconv"
	"time"
)

// LongestWait is the ceiling of a Retry-After: after an hour the method is tried again, whatever Slack named.
const LongestWait = time.Hour

// readable passes on responses whose Retry-After, if there is one, is a number of seconds from 0 to LongestWait.
// slack-go takes a negative number for no wait, a large one overflows there, and any other text becomes an error that
// does not look like a 429 (slack-go, checkStatusCode).
type readable struct{ next http.RoundTripper }

// Readable wraps a way to Slack. A Retry-After that is no number of seconds is removed: it counts as none.
func Readable(next http.RoundTripper) http.RoundTripper { return readable{next} }

func (t readable) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(r)
	if err != nil || res.Header.Get(retryAfter) == "" {
		return res, err
	}
	if wait, ok := readRetryAfter(res.Header.Get(retryAfter)); ok {
		res.Header.Set(retryAfter, strconv.Itoa(int(wait/time.Second)))
	} else {
		res.Header.Del(retryAfter)
	}
	return res, nil
}

const retryAfter = "Retry-After"

// readRetryAfter reads a number of seconds, and cuts it to LongestWait. ok is false for anything else, and for more
// seconds than a time.Duration holds, which no platform means.
func readRetryAfter(s string) (wait time.Duration, ok bool) {
	n, err := strconv.ParseUint(s, 10, 33)
	if err != nil {
		return 0, false
	}
	return min(time.Duration(n)*time.Second, LongestWait), true
}
