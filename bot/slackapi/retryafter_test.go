package slackapi

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// A Retry-After is waited for as it says, for an hour at most. What is no number of seconds counts as none.
func TestRetryAfter(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"30":                            30 * time.Second,
		"3600":                          time.Hour,
		"0":                             time.Second,
		"":                              BlindPause,
		"3601":                          time.Hour, // above the ceiling
		"86400":                         time.Hour,
		"8589934591":                    time.Hour,
		"1e11":                          BlindPause, // no number of seconds
		"100000000000":                  BlindPause, // more than a time.Duration holds
		"18446744073709551616":          BlindPause,
		"-5":                            BlindPause,
		"+5":                            BlindPause,
		"5.5":                           BlindPause,
		"5 s":                           BlindPause,
		"0x10":                          BlindPause,
		"٣":                             BlindPause,
		"soon":                          BlindPause,
		"NaN":                           BlindPause,
		"Wed, 04 Mar 2026 08:00:00 GMT": BlindPause,
	} {
		h := http.Header{}
		if header != "" {
			h.Set("Retry-After", header)
		}
		api := slack.New("xoxb", slack.OptionHTTPClient(&http.Client{
			Transport: Readable(roundTrip(func(r *http.Request) *http.Response {
				return &http.Response{
					StatusCode: http.StatusTooManyRequests, Header: h, Request: r,
					Body: io.NopCloser(strings.NewReader("")),
				}
			})),
		}))
		_, err := api.AuthTestContext(t.Context())
		if got := AskedToWait(err); got != want {
			t.Errorf("Retry-After %q: waits %v, not %v, after %v", header, got, want, err)
		}
		if end := Classify(err); end != Retry {
			t.Errorf("Retry-After %q: is sorted as %s", header, end)
		}
	}
}
