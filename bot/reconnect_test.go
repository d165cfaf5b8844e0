package bot

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"
)

// TestRefreshes renews the two connections two hundred times in turn, as Slack does every
// few hours, while somebody types a command every tenth of a second, from shortly before each
// to shortly after it. Nobody may notice. The workspace's limits are off: ten windows a second
// are more than Slack would open.
func TestRefreshes(t *testing.T) {
	const (
		refreshes = 200
		between   = 2100 * time.Millisecond // a little more than our own pause between new connections
		rhythm    = 100 * time.Millisecond
		before    = 2 * rhythm // a refresh somebody begins to type,
		after     = 5 * rhythm // and so long after it nobody does till the next
	)
	inBubble(t, sandbox.Config{NoLimits: true, KeepCalls: 1}, func(r *rig) {
		t := r.t // the bubble's
		r.noPace = true
		r.start()
		lines := []struct{ name, line string }{
			{"sam", "/stepin @Dana Acme renewal"},
			{"lior", "/stepin @Dana Globex"},
			{"priya", "/stepin @Dana Initech"},
			{"ines", "/stepin @Dana Umbrella"},
			{"dana", "/stepin @Lior Hooli"},
		}
		start, over := time.Now(), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			defer close(over)
			// Between two commands: what an acknowledgement meets that is on its way at the very
			// moment at which its connection is closed is not tested here; it can be lost.
			time.Sleep(rhythm / 2)
			for i := range refreshes {
				time.Sleep(between)
				r.ws.Refresh(i % 2)
			}
		})
		ctx := context.Background()
		typed, opened := 0, 0
	typing:
		for {
			select {
			case <-over:
				break typing
			case <-time.After(rhythm):
			}
			if at := time.Since(start) % between; at > after && at < between-before {
				time.Sleep(between - before - at)
			}
			l := lines[typed%len(lines)]
			typed++
			if err := r.as(l.name).Types(l.line); err != nil {
				t.Errorf("command %d of %s: %v", typed, l.name, err)
				break
			}
			synctest.Wait() // the window follows the acknowledgement
			open := r.ws.Modals(who[l.name])
			if len(open) != 1 {
				t.Errorf("command %d of %s opened %d windows", typed, l.name, len(open))
				break
			}
			opened++
			if err := r.ws.Dismiss(ctx, who[l.name], open[0].ID); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
		s := r.ws.Stats()
		if s.Missed != 0 || s.Late != 0 || s.TimedOut != 0 || opened != typed {
			t.Errorf("%d commands, %d windows; %+v", typed, opened, s)
		}
		if s.Refreshes < refreshes*9/10 { // of a connection that leaves already there is none
			t.Errorf("only %d refreshes", s.Refreshes)
		}
		if v := r.ws.Violations(); len(v) > 0 {
			t.Errorf("rules broken: %q", v)
		}
		if strings.Contains(r.log.String(), "another program") {
			t.Error("our own connections were taken for somebody else's")
		}
		t.Logf("%d commands over %d refreshes, %d connections, %d acknowledged elsewhere", typed, s.Refreshes, s.Connections, s.Elsewhere)
	})
}
