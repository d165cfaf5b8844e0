package slackapi

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/health"
)

func quietClient() *Client {
	log := slog.New(slog.DiscardHandler)
	return New(Options{}, log, health.New(log, time.Now), health.NewMeter(), time.Now)
}

func limited(wait time.Duration) error { return &slack.RateLimitedError{RetryAfter: wait} }

// A call for somebody who waits is repeated once, after a 429 whose time and a second end before the trigger does, and
// after nothing else.
func TestPromptly(t *testing.T) {
	unclear, server := context.DeadlineExceeded, slack.StatusCodeError{Code: 503}
	for name, tt := range map[string]struct {
		says  []error       // how the calls end
		took  time.Duration // before the first call
		calls int
		after time.Duration // until Promptly returns
		end   Ending        // of what it returns; "" for no error
	}{
		"at once":                     {[]error{nil}, 0, 1, 0, ""},
		"told to wait a second":       {[]error{limited(time.Second), nil}, 0, 2, time.Second, ""},
		"two just fit":                {[]error{limited(2 * time.Second), nil}, 0, 2, 2 * time.Second, ""},
		"two do not fit any more":     {[]error{limited(2 * time.Second), nil}, 10 * time.Millisecond, 1, 0, Retry},
		"three do not fit":            {[]error{limited(3 * time.Second), nil}, 0, 1, 0, Retry},
		"told twice":                  {[]error{limited(time.Second), limited(time.Second), nil}, 0, 2, time.Second, Retry},
		"a 429 without a time":        {[]error{slack.StatusCodeError{Code: 429}, nil}, 0, 1, 0, Retry},
		"a 429 in the body":           {[]error{slack.SlackErrorResponse{Err: "ratelimited"}, nil}, 0, 1, 0, Retry},
		"timeout":                     {[]error{unclear, nil}, 0, 1, 0, Unknown},
		"503":                         {[]error{server, nil}, 0, 1, 0, Unknown},
		"internal error":              {[]error{slack.SlackErrorResponse{Err: "internal_error"}, nil}, 0, 1, 0, Unknown},
		"refused":                     {[]error{slack.SlackErrorResponse{Err: "expired_trigger_id"}}, 0, 1, 0, Drop},
		"unclear after a first 429":   {[]error{limited(time.Second), unclear, nil}, 0, 2, time.Second, Unknown},
		"the trigger has ended":       {[]error{limited(time.Second), nil}, TriggerLife, 1, 0, Retry},
		"refused after a first 429":   {[]error{limited(time.Second), slack.SlackErrorResponse{Err: "x"}}, 0, 2, time.Second, Drop},
		"a negative time is a second": {[]error{limited(-5 * time.Second), nil}, 0, 2, time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := quietClient()
				till := time.Now().Add(TriggerLife)
				time.Sleep(tt.took)
				began, calls := time.Now(), 0
				err := c.Promptly(t.Context(), "views.open", till, func() error {
					calls++
					return tt.says[calls-1]
				})
				end := Ending("")
				if err != nil {
					end = Classify(err)
				}
				if calls != tt.calls || time.Since(began) != tt.after || end != tt.end {
					t.Errorf("%d calls, %v, %v", calls, time.Since(began), err)
				}
			})
		})
	}
}

// While a Retry-After runs nobody calls, whether somebody waits or not. Those who can wait call one by one after it, and
// those for whom nobody waits after them. The next 429 stops those behind.
func TestNobodyCallsDuringAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := quietClient()
		const method = "users.info"
		c.Pace.Heard(method, limited(time.Second))
		paused := time.Now().Add(time.Second)
		var mu sync.Mutex
		var at []time.Duration // of calls, after the pause
		served, told := 0, 0
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				err := c.Promptly(t.Context(), method, time.Now().Add(TriggerLife), func() error {
					mu.Lock()
					defer mu.Unlock()
					if at = append(at, time.Since(paused)); len(at) == 3 {
						return limited(30 * time.Second)
					}
					return nil
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					served++
				} else if AskedToWait(err) > 0 {
					told++
				}
			})
		}
		if err := c.Promptly(t.Context(), method, time.Now().Add(time.Second), nil); AskedToWait(err) == 0 {
			t.Errorf("somebody who cannot wait: %v", err)
		}
		if c.Pace.Allows(method) {
			t.Error("allowed during the pause")
		}
		synctest.Wait()
		time.Sleep(time.Second)
		if c.Pace.Allows(method) || !c.Pace.Ready(method, "").After(time.Now()) {
			t.Error("nobody waits for it, and it goes before people who wait")
		}
		all.Wait()
		if len(at) != 3 || at[0] < 0 || at[1]-at[0] != between || at[2]-at[1] != between || served != 2 || told != 38 {
			t.Errorf("calls %v, %d served, %d told", at, served, told)
		}
		if err := c.Promptly(t.Context(), method, time.Now().Add(TriggerLife), nil); AskedToWait(err) < 28*time.Second {
			t.Errorf("during the second pause: %v", err)
		}
		time.Sleep(31 * time.Second)
		if err := c.Promptly(t.Context(), method, time.Time{}, func() error { return nil }); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// No limit of ours holds up people who wait; what nobody waits for is held up by their calls, by one burst at most.
func TestPeopleGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := quietClient()
		const method = "users.info"
		for range 1000 {
			if err := c.Promptly(t.Context(), method, time.Time{}, func() error { return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if c.Pace.Allows(method) {
			t.Error("nobody waits for it, and it goes at once")
		}
		wait := time.Until(c.Pace.Ready(method, ""))
		time.Sleep(wait)
		if wait > 15*time.Second || !c.Pace.Allows(method) {
			t.Errorf("waited %v", wait)
		}
	})
}

// A wait that its person ends is no call.
func TestPromptlyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := quietClient()
		c.Pace.Heard("views.open", limited(time.Second))
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		err := c.Promptly(ctx, "views.open", time.Now().Add(TriggerLife), func() error { t.Error("called"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// As many people as Slack takes in a minute are named the end of the pause, the next a minute later, and so on. A time
// that is named is not over.
func TestNamedTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := quietClient()
		const method = "views.open"
		if at := c.Pace.Name(method); !at.IsZero() {
			t.Errorf("nothing is paused, and %v is named", at)
		}
		named := map[time.Duration]int{}
		began := time.Now()
		for range 250 {
			c.Pace.Heard(method, limited(time.Second)) // a new one for each, as with a limit that refills slowly
			at := c.Pace.Name(method)
			if at.Before(time.Now()) {
				t.Fatalf("%v is over at %v", at, time.Now())
			}
			named[at.Sub(began).Truncate(time.Minute)]++
			time.Sleep(50 * time.Millisecond)
		}
		if named[0] != 100 || named[time.Minute] != 100 || named[2*time.Minute] != 50 {
			t.Errorf("named %v", named)
		}
		time.Sleep(5 * time.Minute)
		c.Pace.Heard(method, limited(20*time.Second))
		if at := c.Pace.Name(method); !at.Equal(time.Now().Add(20 * time.Second)) {
			t.Errorf("%v is named after a rest", at)
		}
		if w := c.Pace.Waits(); len(w) != 1 || !w[method].Equal(time.Now().Add(20*time.Second)) {
			t.Errorf("waits: %v", w)
		}
		time.Sleep(20 * time.Second)
		if w := c.Pace.Waits(); len(w) != 0 {
			t.Errorf("waits: %v", w)
		}
	})
}
