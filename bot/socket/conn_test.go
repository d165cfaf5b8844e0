package socket

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/bot/slackapi"
)

// A platform gives addresses, and does with each connection what serve says; the connection ends when serve returns.
type platform struct {
	t      *testing.T
	start  time.Time
	serve  func(p *platform, n int, ws *websocket.Conn) // n counts from 0
	answer func(n int) string                           // to a request for an address; nil for as usual
	mu     sync.Mutex
	asked  []time.Duration // when for an address
	dialed []time.Duration
	acked  []string
	log    bytes.Buffer
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	list := &p.asked
	if r.URL.Path == "/link" {
		list = &p.dialed
	}
	n := len(*list)
	*list = append(*list, time.Since(p.start))
	p.mu.Unlock()
	if r.URL.Path != "/link" {
		says := `{"ok":true,"url":"ws://slack/link"}`
		if p.answer != nil {
			says = p.answer(n)
		}
		_, _ = w.Write([]byte(says))
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(r *http.Request) bool { return r.Header.Get("Origin") != "" }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	p.serve(p, n, ws)
}

// says sends frames.
func says(ws *websocket.Conn, frames ...string) {
	for _, f := range frames {
		_ = ws.WriteMessage(websocket.TextMessage, []byte(f))
	}
}

const greeting = `{"type":"hello","num_connections":1,"debug_info":{"approximate_connection_time":18060}}`

// hears takes acknowledgements until the connection ends.
func (p *platform) hears(ws *websocket.Conn) {
	for {
		_, b, err := ws.ReadMessage()
		if err != nil {
			return
		}
		var a struct {
			ID string `json:"envelope_id"`
		}
		if err := json.Unmarshal(b, &a); err != nil {
			p.t.Error(err)
		}
		p.mu.Lock()
		p.acked = append(p.acked, a.ID)
		p.mu.Unlock()
	}
}

// stays keeps a connection up with pings.
func (p *platform) stays(ws *websocket.Conn) {
	says(ws, greeting)
	go func() {
		for ws.WriteControl(websocket.PingMessage, []byte("p"), time.Now().Add(time.Second)) == nil {
			time.Sleep(25 * time.Second)
		}
	}()
	p.hears(ws)
}

// plays runs two connections over a platform for a while. All envelopes are acknowledged.
func plays(t *testing.T, p *platform, lasts time.Duration, then func(s *Sockets, err error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p.t, p.start = t, time.Now()
		pipe := sandbox.NewPipe()
		server := &http.Server{Handler: p}
		var wg sync.WaitGroup
		wg.Go(func() { _ = server.Serve(pipe) })
		log := slog.New(slog.NewTextHandler(&p.log, nil))
		ledger, meter := health.New(log, time.Now), health.NewMeter()
		o := slackapi.Options{APIURL: "http://slack/api/", Dial: pipe.Dial, Tokens: slackapi.Tokens{Bot: "xoxb-1", App: "xapp-1"}}
		s := New(slackapi.New(o, log, ledger, meter, time.Now), ledger, meter, log, false, func(j Job) {
			if err := j.Ack(nil); err != nil {
				t.Error(err)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), lasts)
		defer cancel()
		err := s.Run(ctx, ctx)
		_ = server.Close()
		_ = pipe.Close()
		wg.Wait()
		time.Sleep(time.Minute) // until the last has noticed
		p.mu.Lock()             // a handler can have counted last
		defer p.mu.Unlock()
		then(s, err)
	})
}

// first does something with the first connection, and keeps the others up.
func first(do func(p *platform, ws *websocket.Conn)) func(*platform, int, *websocket.Conn) {
	return func(p *platform, n int, ws *websocket.Conn) {
		if n == 0 {
			do(p, ws)
		} else {
			p.stays(ws)
		}
	}
}

// TestConnections: when a connection is replaced, and what is read until then.
func TestConnections(t *testing.T) {
	envelope := func(id string) string {
		return fmt.Sprintf(`{"type":"events_api","envelope_id":%q,"payload":{"event":{"type":"x"}}}`, id)
	}
	leave := func(reason string) string { return fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason) }
	const never = time.Duration(0)
	for name, c := range map[string]struct {
		serve func(p *platform, ws *websocket.Conn) // the first connection
		third time.Duration                         // when it is dialed
		acked string
		log   string
	}{
		"stays":        {(*platform).stays, never, "", ""},
		"ends at once": {func(*platform, *websocket.Conn) {}, firstPause, "", "no hello from Slack"},
		"ends later": {func(_ *platform, ws *websocket.Conn) {
			says(ws, greeting)
			time.Sleep(time.Second)
		}, time.Second, "", ""},
		"no hello":  {(*platform).hears, helloWait + firstPause, "", "no hello from Slack"},
		"is silent": {func(p *platform, ws *websocket.Conn) { says(ws, greeting); p.hears(ws) }, silence, "", ""},
		"an odd hello": {func(p *platform, ws *websocket.Conn) {
			says(ws, `{"type":"hello","num_connections":[],"debug_info":7}`)
			p.stays(ws)
		}, never, "", ""},
		"too many": {func(_ *platform, ws *websocket.Conn) {
			says(ws, leave(crowded))
			time.Sleep(time.Second)
		}, crowdedPause, "", "has too many"},
		"an envelope after the disconnect": {func(p *platform, ws *websocket.Conn) {
			says(ws, greeting)
			time.Sleep(time.Second)
			says(ws, leave("warning"), envelope("e1"))
			go p.hears(ws)
			time.Sleep(9 * time.Second)
			says(ws, envelope("e2"))
			time.Sleep(time.Second)
		}, time.Second, "e1 e1 e2 e2", ""}, // over both
		"no JSON": {func(p *platform, ws *websocket.Conn) {
			says(ws, greeting, ``, `{`, `{} {}`, strings.Repeat("[", 20_000), envelope("e1"))
			p.stays(ws)
		}, never, "e1", "it is no JSON"},
		"too large": {func(p *platform, ws *websocket.Conn) {
			says(ws, greeting, strings.Repeat(" ", maxFrame+1))
			p.hears(ws)
		}, time.Second /* for a last word to Slack */, "", "larger than 1 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &platform{serve: first(c.serve)}
			plays(t, p, 10*time.Minute, func(s *Sockets, err error) {
				var third time.Duration
				if len(p.dialed) > 2 {
					third = p.dialed[2]
				}
				if err != nil || third != c.third || len(p.dialed) > 3 {
					t.Errorf("%v; dialed at %v", err, p.dialed)
				}
				if slices.Sort(p.acked); strings.Join(p.acked, " ") != c.acked {
					t.Errorf("acknowledged %v", p.acked)
				}
				if !strings.Contains(p.log.String(), c.log) || c.log == "" && p.log.Len() > 0 {
					t.Errorf("log: %s", &p.log)
				}
				if n := s.links.Load(); n != 0 {
					t.Errorf("%d connections are left", n)
				}
			})
		})
	}
}

// TestRetiredMute: a connection that has been renewed is closed as soon as it cannot write, as the present one is.
func TestRetiredMute(t *testing.T) {
	p := &platform{serve: first(func(p *platform, ws *websocket.Conn) {
		says(ws, `{"type":"hello","num_connections":1,"debug_info":{"approximate_connection_time":40}}`)
		ping := func() error { return ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) }
		time.Sleep(37 * time.Second) // renewed, and not yet overstayed
		if err := ping(); err != nil {
			p.t.Error(err)
		}
		time.Sleep(2 * writeWithin) // the pong is not taken
		if ping() == nil {
			p.t.Error("a renewed connection that cannot write is up")
		}
	})}
	plays(t, p, time.Minute, func(_ *Sockets, err error) {
		if err != nil || len(p.dialed) != 3 {
			t.Errorf("%v; dialed at %v", err, p.dialed)
		}
	})
}

// TestRenewalFails: a renewal that failed is tried again before Slack ends the connection.
func TestRenewalFails(t *testing.T) {
	const tried = 8127 * time.Second // when it is tried: 0.45 of the life in greeting
	p := &platform{serve: func(p *platform, _ int, ws *websocket.Conn) { p.stays(ws) }}
	p.answer = func(int) string {
		if at := time.Since(p.start); at >= tried && at < tried+time.Minute {
			return `{"ok":false,"error":"internal_error"}`
		}
		return `{"ok":true,"url":"ws://slack/link"}`
	}
	plays(t, p, tried+15*time.Minute, func(_ *Sockets, err error) {
		if err != nil || len(p.dialed) != 3 || p.dialed[2] < tried+time.Minute {
			t.Errorf("%v; dialed at %v", err, p.dialed)
		}
	})
}

// TestAddresses: how often Slack is asked for an address that it does not give.
func TestAddresses(t *testing.T) {
	stays := func(p *platform, _ int, ws *websocket.Conn) { p.stays(ws) }
	t.Run("down", func(t *testing.T) {
		p := &platform{serve: stays, answer: func(int) string { return `{"ok":false,"error":"internal_error"}` }}
		plays(t, p, time.Hour, func(_ *Sockets, err error) {
			if n := len(p.asked); err != nil || n < 2*60 || n > 2*75 { // each line, in the end once a minute
				t.Errorf("asked %d times, %v", n, err)
			}
		})
	})
	t.Run("refused at the start", func(t *testing.T) {
		p := &platform{serve: stays, answer: func(int) string { return `{"ok":false,"error":"invalid_auth"}` }}
		plays(t, p, time.Hour, func(_ *Sockets, err error) {
			if err == nil || len(p.asked) > 2 || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
				t.Errorf("asked %d times, %v", len(p.asked), err)
			}
		})
	})
	t.Run("switched off later", func(t *testing.T) {
		p := &platform{serve: func(p *platform, n int, ws *websocket.Conn) {
			if n < 2 {
				says(ws, greeting)
				time.Sleep(time.Second)
				says(ws, `{"type":"disconnect","reason":"link_disabled"}`)
				time.Sleep(time.Second)
				return
			}
			p.stays(ws)
		}, answer: func(n int) string {
			if n >= 2 && n < 12 {
				return `{"ok":false,"error":"socket_mode_disabled"}`
			}
			return `{"ok":true,"url":"ws://slack/link"}`
		}}
		plays(t, p, time.Hour, func(_ *Sockets, err error) {
			if err != nil || len(p.asked) != 14 || len(p.dialed) != 4 || p.dialed[3] < 5*time.Minute {
				t.Errorf("asked at %v, dialed at %v, %v", p.asked, p.dialed, err)
			}
		})
	})
}
