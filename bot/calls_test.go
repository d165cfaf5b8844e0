package bot

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/nudges/storage"
)

// apart are methods that no flow calls: what keeps the connections up.
var apart = []string{"apps.connections.open", "auth.test"}

// callsSince is how often each method of the Web API was called, in all and since before.
func callsSince(ws *hands.Workspace, before map[string]int) (all, since map[string]int) {
	all, since = ws.Stats().Calls, map[string]int{}
	for method, n := range all {
		if n -= before[method]; n > 0 && !slices.Contains(apart, method) {
			since[method] = n
		}
	}
	return all, since
}

// TestCalls fixes how often each method is called by whole flows. Slack limits each method, so a call that nobody would
// miss is one too many. All three have looked at Home before.
func TestCalls(t *testing.T) {
	const (
		pause = "sam types /stepin @Dana Acme renewal\n"
		facts = `sam submits
			sam picks say would help? = Some coaching first
			sam picks Whose call? = Dana's
			sam picks worst case? = A loss that hurts
			sam submits
			sam picks way work? = No
			sam picks trained for this? = Not yet
			sam submits
			`
		leads = `sam picks Step in? = Take over
			sam picks would leading teach = A lot
			sam picks come up again? = Often
			sam picks Dana hears: = You doubt me
			`
		planned = `sam presses I'll hold back
			sam picks if it gets hard? = If it goes quiet, I'll count to ten.
			sam submits
			`
	)
	for _, x := range []struct{ name, before, flow, want string }{
		{
			"held back at once", "", pause + "sam presses I'll hold back\nsam closes",
			"chat.postMessage 1, views.open 1, views.publish 2, views.update 1",
		},
		{
			"the same in a new process, without Homes", "restart", pause + "sam presses I'll hold back\nsam closes",
			"chat.postMessage 1, users.info 2, views.open 1, views.update 1",
		},
		{
			"held back with a plan", "", pause + planned,
			"chat.postMessage 1, chat.update 1, views.open 1, views.publish 2, views.update 1",
		},
		{
			"five facts", "", pause + facts + "sam submits\nsam closes",
			"chat.postMessage 1, views.open 1, views.publish 2",
		},
		{
			"all eight", "bond dana", pause + facts + leads + "sam picks smaller step? = Tried one\nsam submits\nsam closes",
			"chat.postMessage 1, views.open 1, views.publish 2, views.update 1",
		},
		{
			"a take-over is approved", "team approver=priya reps=dana\nbond dana",
			"sam types /stepin @Dana Acme renewal\nsam presses Change\nsam fills Start = 11:00\n" + facts + leads +
				`sam fills Why not a smaller step? = The price floor is mine to give
				sam submits
				sam closes
				priya goes to stepin
				priya presses Approve
				sam goes to stepin
				sam presses Hand back to Dana`,
			"chat.postMessage 3, chat.update 5, response_url 1, views.open 1, views.publish 6, views.update 2",
		},
		{
			"on the call already", "", `sam types /stepin now @Dana Acme renewal
				sam picks Who asked you in? = The customer
				sam picks Smallest step that helps? = Speak once
				sam submits
				sam closes`,
			"chat.postMessage 1, views.open 1, views.publish 2",
		},
		{
			"the rep's word", "bond dana", `sam types /stepin @Dana Acme renewal
				sam presses Change
				sam fills Start = 11:00
				sam submits
				sam presses Ask Dana first
				sam closes
				dana goes to stepin
				dana presses Some coaching
				dana fills What would help? = Who signs at their side
				dana submits
				sam goes to stepin
				sam presses Coach Dana
				sam fills What will you give Dana? = Ana signs there
				sam submits
				sam closes`,
			"chat.postMessage 3, chat.update 7, views.open 3, views.publish 6, views.update 2",
		},
		{
			"a debrief", "team reps=dana channel=debriefs\nbond dana\n" + pause + `sam submits
				sam picks say would help? = Having me on it
				sam picks To do what? = Help out
				sam submits
				sam submits
				sam closes`,
			`at 09:37
				dana goes to debriefs
				dana presses Log what happened
				dana submits
				sam goes to debriefs
				sam presses Log what happened
				sam submits`,
			"chat.postMessage 3, chat.update 4, views.open 2, views.publish 3",
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				r.play("sam opens home\ndana opens home\npriya opens home\n" + x.before)
				before, _ := callsSince(r.ws, nil)
				r.play("sam goes to stepin\n" + x.flow)
				_, calls := callsSince(r.ws, before)
				var got []string
				for _, method := range slices.Sorted(maps.Keys(calls)) {
					got = append(got, fmt.Sprintf("%s %d", method, calls[method]))
				}
				if got := strings.Join(got, ", "); got != x.want {
					t.Errorf("calls\n%s\nwant\n%s", got, x.want)
				}
			})
		})
	}
}

// TestWaitingRewritings makes rewritings of one card wait, and counts the calls and messages once they are sent.
func TestWaitingRewritings(t *testing.T) {
	const (
		plan   = "sam types /stepin @Dana Acme renewal; sam presses I'll hold back; "
		picked = "sam picks if it gets hard? = If it goes quiet, I'll count to ten."
		closed = "; sam closes; sam goes to stepin"
	)
	for _, x := range []struct {
		name, limited, flow string
		posts, edits        int
		reads               string
	}{
		{
			"a sent card", "chat.update", "sam presses I've changed my mind; sam presses I'll hold back; " + picked + closed,
			0, 1, "count to ten",
		},
		{
			"and closed", "chat.update", "sam presses I've changed my mind; sam presses I'll hold back" + closed +
				"; sam presses Cancel this one", 0, 1, "Canceled",
		},
		{
			"one that waits itself", "chat.postMessage",
			"sam types /stepin @Dana Hooli; sam presses I'll hold back; " + picked + closed,
			1, 0, "count to ten",
		},
	} {
		for _, down := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/restart=%v", x.name, down), func(t *testing.T) {
				inBubble(t, sandbox.Config{}, func(r *rig) {
					r.start()
					r.lines(plan + closed[2:])
					r.ws.Fail(sandbox.Fault{Method: x.limited, Kind: sandbox.RateLimited, After: 2 * time.Minute})
					r.lines(x.flow)
					before, _ := callsSince(r.ws, nil)
					if down {
						r.stop()
					}
					time.Sleep(2 * time.Minute)
					if down {
						r.start()
					}
					time.Sleep(time.Minute)
					_, calls := callsSince(r.ws, before)
					if p, e := calls["chat.postMessage"], calls["chat.update"]; p != x.posts || e != x.edits {
						t.Errorf("%d posts and %d rewritings, want %d and %d", p, e, x.posts, x.edits)
					}
					r.lines("sam goes to stepin; sam reads " + x.reads)
					r.view(func(rd storage.Reader) error {
						if n, _, err := rd.Waiting(); n != 0 || err != nil {
							t.Errorf("%d messages wait, %v", n, err)
						}
						return nil
					})
				})
			})
		}
	}
}
