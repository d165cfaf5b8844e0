package bot

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox"
)

// TestOddHello has connections begin with an odd hello: they are up all the same, and one is renewed as ever.
func TestOddHello(t *testing.T) {
	for _, o := range []oddity{
		{"num_connections", `"2"`},
		{"debug_info", `[]`},
		{"debug_info/approximate_connection_time", `"18060"`},
		{"connection_info", `"x"`},
		{"debug_info/host", `{}`},
	} {
		t.Run(o.String(), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.answersOddly("hello", "", o)
				r.start()
				r.goesOn(0, 2)
				r.ws.Refresh(0)
				time.Sleep(time.Minute)
				r.goesOn(0, 3)
			})
		})
	}
}

// padded is a value of JSON of about so many bytes.
func padded(n int) string { return `"` + strings.Repeat("x", n) + `"` }

// TestHugeFrame sends a frame of 300 MB: it costs little memory, its connection ends with a line in the log, and work
// goes on over a new one.
func TestHugeFrame(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(r *rig) {
		r.start()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r.ws.Flood(300 << 20)
		time.Sleep(30 * time.Second)
		runtime.ReadMemStats(&after)
		if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb >= 100 {
			r.t.Errorf("%d MB of memory", mb)
		}
		r.goesOn(1, 3)
	})
}

// goesOn says whether so many frames were too large, and so many connections have been up, and a command is answered.
func (r *rig) goesOn(large, connections int) {
	r.t.Helper()
	if n, _ := r.unread(); n != large || strings.Count(r.log.String(), "larger than 1 MB") != large {
		r.t.Errorf("%d counted\n%s", n, r.log)
	}
	if n := r.ws.Stats().Connections; n != connections || r.bot.Sockets() != 2 {
		r.t.Errorf("%d connections, %d of them up", n, r.bot.Sockets())
	}
	for range 2 { // over each connection
		r.ws.Clear(who["sam"])
		if err := r.as("sam").Types("/stepin @Dana Acme renewal"); err != nil {
			r.t.Error(err)
		}
		if r.settle(); len(r.ws.Modals(who["sam"])) != 1 {
			r.t.Errorf("no window\n%s", r.log)
		}
	}
}

// TestLargeEnvelopes sends envelopes near the limit: one below it is served, and one above it is lost with Slack's own
// words for the person, a line in the log and the connection.
func TestLargeEnvelopes(t *testing.T) {
	for size, large := range map[int]bool{900 << 10: false, 1 << 20: true, 5 << 20: true} {
		t.Run(fmt.Sprint(size>>10), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				r.oddly(oddity{"payload/team_domain", padded(size)})
				err := r.as("sam").Types("/stepin @Dana Acme renewal")
				r.evenly()
				if (err != nil) != large {
					r.t.Errorf("the platform says %v", err)
				}
				if time.Sleep(30 * time.Second); large {
					r.goesOn(1, 3)
				} else {
					r.goesOn(0, 2)
				}
			})
		})
	}
}

// TestHugeAnswers has one method answer with 5 MB: the call ends with a line in the log, and nothing is lost or said
// twice. An answer of 3.9 MB is read.
func TestHugeAnswers(t *testing.T) {
	for _, c := range []struct {
		method string
		size   int
	}{
		{"chat.postMessage", 5 << 20},
		{"chat.postMessage", 3900 << 10},
		{"users.info", 5 << 20},
		{"views.publish", 5 << 20},
		{"chat.update", 5 << 20},
	} {
		t.Run(fmt.Sprint(c.method, " ", c.size>>10), func(t *testing.T) {
			t.Parallel()
			inBubble(t, sandbox.Config{}, func(r *rig) {
				r.start()
				r.ws.Behave(func(b *sandbox.Behaviour) {
					b.Odd = func(method string, sent []byte) []byte {
						if method == c.method {
							return []byte(`{"padding":` + padded(c.size) + `,` + string(sent[1:]))
						}
						return sent
					}
				})
				if err := r.ws.OpenHome(r.t.Context(), who["sam"]); err != nil {
					r.t.Error(err)
				}
				if c.method == "users.info" { // nobody is served before Slack says who they are
					r.lines("sam types /stepin; sam reads Slack isn't telling me who you are")
					r.evenly()
					r.lines("+1m")
				}
				planned := r.holdBack("sam")
				time.Sleep(5 * time.Minute)
				r.kept(planned)
				if said := strings.Contains(r.log.String(), "larger than 4 MB"); said != (c.size > 4<<20) {
					r.t.Errorf("the log says so: %v\n%s", said, r.log)
				}
			})
		})
	}
}
