package sandbox_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stepin/bot/sandbox"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
)

// link dials a raw connection.
func (r *rig) link(buffer int) *websocket.Conn {
	r.t.Helper()
	out, _ := r.callAs(r.w.AppToken(), "apps.connections.open", nil)
	d := websocket.Dialer{NetDialContext: r.dial, WriteBufferSize: buffer}
	c, _, err := d.Dial(str(out["url"]), map[string][]string{"Origin": {"https://api.slack.com"}})
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func frame(t *testing.T, c *websocket.Conn) obj {
	t.Helper()
	_, b, err := c.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	var o obj
	mustDecode(b, &o)
	return o
}

// hello dials a raw connection that is greeted and, in the end, closed.
func (r *rig) hello(buffer int) *websocket.Conn {
	r.t.Helper()
	c := r.link(buffer)
	frame(r.t, c)
	r.stop = append(r.stop, func() { c.Close() })
	return c
}

// runs starts a command; its end comes over the channel.
func (r *rig) runs() <-chan error {
	done := make(chan error, 1)
	go func() { done <- r.w.Command(context.Background(), sam, deals, "/stepin x") }()
	return done
}

// acks acknowledges an envelope over a raw connection.
func acks(t *testing.T, c *websocket.Conn, envelope any) {
	t.Helper()
	if err := c.WriteJSON(obj{"envelope_id": envelope}); err != nil {
		t.Fatal(err)
	}
}

func TestSockets(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var open []*websocket.Conn
		for i := range sandbox.MaxSockets {
			c := r.link(0)
			open = append(open, c)
			if f := frame(t, c); f["type"] != "hello" || f["num_connections"] != float64(i+1) || object(f["connection_info"])["app_id"] != "A0STEPIN1" {
				t.Fatal(f)
			}
		}
		extra := r.link(0)
		if f := frame(t, extra); f["type"] != "disconnect" || f["reason"] != "too_many_websockets" {
			t.Fatal(f)
		}
		extra.Close()
		r.w.DropSockets()
		for _, c := range open {
			if _, _, err := c.ReadMessage(); err == nil {
				t.Fatal("alive")
			}
			c.Close()
		}
		out, _ := r.callAs(r.w.AppToken(), "apps.connections.open", nil)
		time.Sleep(sandbox.TicketLife + time.Second)
		d := websocket.Dialer{NetDialContext: r.dial}
		if _, _, err := d.Dial(str(out["url"]), nil); err == nil {
			t.Fatal("an old address was taken")
		}
	})
}

func TestPingsAndRoundRobin(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		var mu sync.Mutex
		by := map[*socketmode.Client]int{}
		count := func(c *socketmode.Client, e socketmode.Event) {
			mu.Lock()
			by[c]++
			mu.Unlock()
			ack(c, e, nil)
		}
		r.connect(count)
		r.connect(count)
		time.Sleep(10 * time.Minute) // slack-go would reconnect after 30 s without a ping
		if s := r.w.Stats(); s.Connections != 2 || s.Sockets != 2 {
			t.Fatalf("%+v", s)
		}
		for range 10 {
			if err := r.w.Command(t.Context(), sam, deals, "/stepin x"); err != nil {
				t.Fatal(err)
			}
		}
		for _, n := range by {
			if n != 5 {
				t.Fatal(by)
			}
		}
	})
}

func TestRefresh(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		a, b := r.hello(0), r.hello(0)
		r.w.Refresh(0)
		if f := frame(t, a); f["type"] != "disconnect" || f["reason"] != "refresh_requested" {
			t.Fatal(f)
		}
		for range 3 { // only b gets work now
			done := r.runs()
			f := frame(t, b)
			acks(t, b, f["envelope_id"])
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		if _, _, err := a.ReadMessage(); err == nil || time.Since(start) != sandbox.RefreshGrace {
			t.Fatal("dropped after", time.Since(start), err)
		}
		a.Close()
		b.Close()
		synctest.Wait()
		r.w.Refresh(0) // nobody is there
	})
}

// TestRefreshLosesNothing has a command every 100 ms under 200 refreshes of one of two sockets.
func TestRefreshLosesNothing(t *testing.T) {
	bubble(t, func(c *config) { c.NoLimits = true }, func(t *testing.T, r *rig) {
		r.connect(nil)
		r.connect(nil)
		for i := range 200 {
			r.w.Refresh(i % 2)
			for range 3 {
				if err := r.w.Command(t.Context(), sam, deals, "/stepin x"); err != nil {
					t.Fatal(i, err)
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		if s := r.w.Stats(); s.Missed != 0 || s.TimedOut != 0 || s.Acked != 600 || s.Refreshes != 200 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestAcks(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		if err := r.w.Command(t.Context(), sam, deals, "/stepin x"); codeOf(err) != "dispatch_failed" {
			t.Fatal(err)
		}
		c := r.hello(64 << 10)
		run := func(answer func(id string)) (string, time.Duration) {
			t.Helper()
			start, done := time.Now(), r.runs()
			f := frame(t, c)
			if f["accepts_response_payload"] != true {
				t.Error(f)
			}
			answer(str(f["envelope_id"]))
			err := <-done
			return codeOf(err), time.Since(start)
		}
		sized := func(n int) func(string) {
			return func(id string) {
				b := mustJSON(obj{"envelope_id": id, "payload": obj{"text": "x"}})
				b = append(b, []byte(strings.Repeat(" ", n-len(b)))...)
				_ = c.WriteMessage(websocket.TextMessage, b)
			}
		}
		if code, _ := run(sized(sandbox.MaxAck - 1)); code != "" {
			t.Fatal(code)
		}
		if code, _ := run(sized(sandbox.MaxAck)); code != "operation_timeout" {
			t.Fatal(code)
		}
		if code, took := run(func(string) {}); code != "operation_timeout" || took != sandbox.AckWithin {
			t.Fatal(code, took)
		}
		if code, _ := run(func(id string) { time.Sleep(sandbox.AckWithin - time.Millisecond); sized(200)(id) }); code != "" {
			t.Fatal(code)
		}
		if code, _ := run(func(id string) { time.Sleep(sandbox.AckWithin + time.Millisecond); sized(200)(id) }); code != "operation_timeout" {
			t.Fatal(code)
		}
		if code, _ := run(func(id string) { sized(200)("invented") }); code != "operation_timeout" {
			t.Fatal(code)
		}
		synctest.Wait()
		if s := r.w.Stats(); s.Missed != 1 || s.Late != 1 || s.TimedOut != 4 || s.Acked != 2 || s.Violations != 2 {
			t.Fatalf("%+v %v", s, r.w.Violations())
		}
		late := false
		for _, k := range r.w.Calls() {
			late = late || k.Method == "ack" && k.Late
		}
		if !late {
			t.Fatal("no late acknowledgement among the calls")
		}
	})
}

func TestFragmentedAck(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := r.hello(512)
		done := r.runs()
		id := frame(t, c)["envelope_id"]
		if err := c.WriteJSON(obj{"envelope_id": id, "payload": obj{"text": strings.Repeat("x", 2000)}}); err != nil {
			t.Fatal(err)
		}
		if err := <-done; codeOf(err) != "operation_timeout" {
			t.Fatal(err)
		}
		done = r.runs()
		acks(t, c, frame(t, c)["envelope_id"])
		if err := <-done; err != nil {
			t.Fatal("one frame after fragments:", err)
		}
	})
}

func TestAckElsewhere(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		a, b := r.hello(0), r.hello(0)
		for i, counts := range []bool{true, false} {
			r.w.Behave(func(b *sandbox.Behaviour) { b.IgnoreElsewhere = !counts })
			from, to := a, b // each gets every other envelope
			if i == 1 {
				from, to = b, a
			}
			done := r.runs()
			f := frame(t, from)
			acks(t, to, f["envelope_id"])
			if err := <-done; (err == nil) != counts {
				t.Fatal(counts, err)
			}
		}
		if s := r.w.Stats(); s.Elsewhere != 2 {
			t.Fatalf("%+v", s)
		}
	})
}

// TestAckAgain: the first acknowledgement is the one that counts, and no later one does anything.
func TestAckAgain(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		a, b := r.hello(0), r.hello(0)
		done := r.runs()
		again := obj{"envelope_id": frame(t, a)["envelope_id"], "payload": obj{"text": "once"}}
		for _, c := range []*websocket.Conn{a, b, a} {
			if err := c.WriteJSON(again); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * sandbox.AckWithin)
		if err := b.WriteJSON(again); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		posts := 0
		for _, p := range r.w.Posts(sam, deals) {
			if p.Text == "once" {
				posts++
			}
		}
		if s := r.w.Stats(); s.Acked != 1 || s.Again != 3 || s.Late != 0 || s.Elsewhere != 0 || s.Violations != 0 || posts != 1 {
			t.Fatalf("%d posts, %+v", posts, s)
		}
	})
}

func TestAckLeaving(t *testing.T) {
	for _, counts := range []bool{true, false} {
		bubble(t, nil, func(t *testing.T, r *rig) {
			r.w.Behave(func(b *sandbox.Behaviour) { b.IgnoreLeaving = !counts })
			a, b := r.hello(0), r.hello(0)
			done := r.runs()
			id := frame(t, a)["envelope_id"]
			r.w.Refresh(0)
			frame(t, a)
			acks(t, a, id)
			synctest.Wait()
			s := r.w.Stats()
			if (s.Acked == 1) != counts || (s.Lost == 0) != counts {
				t.Fatalf("%v %+v", counts, s)
			}
			acks(t, b, id)
			if err := <-done; err != nil {
				t.Fatal(counts, err)
			}
		})
	}
}

// TestUnwritten: an envelope whose socket ends before it was written is told apart, for no app could have taken it.
func TestUnwritten(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		for i := range 2 {
			c := r.link(0)
			frame(t, c)
			done := r.runs()
			if i > 0 {
				frame(t, c)
			}
			synctest.Wait()
			r.w.DropSockets()
			if err := <-done; codeOf(err) != "operation_timeout" {
				t.Fatal(err)
			}
			c.Close()
		}
		if s := r.w.Stats(); s.TimedOut != 2 || s.Unwritten != 1 {
			t.Fatalf("%+v", s)
		}
	})
}

func TestSocketLife(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := r.link(0)
		defer c.Close()
		start := time.Now()
		frame(t, c)
		if f := frame(t, c); f["type"] != "disconnect" || time.Since(start) != sandbox.SocketLife {
			t.Fatal(f, time.Since(start))
		}
	})
}

func TestRedelivery(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		c := r.hello(0)
		start := time.Now()
		go func() { _ = r.w.OpenHome(context.Background(), sam) }()
		var event string
		// The first times out after 3 s, the next follows at once, then a minute after that one's end, then five.
		for i, at := range []time.Duration{0, 3 * time.Second, 66 * time.Second, 369 * time.Second} {
			f := frame(t, c)
			id := str(object(f["payload"])["event_id"])
			if i == 0 {
				event = id
			}
			if f["retry_attempt"] != float64(i) || id != event || f["accepts_response_payload"] != false || time.Since(start) != at {
				t.Fatal(i, time.Since(start), f)
			}
			if i > 0 && f["retry_reason"] != "timeout" {
				t.Fatal(f)
			}
		}
		go func() { _ = r.w.Command(context.Background(), sam, deals, "/stepin x") }()
		if f := frame(t, c); f["type"] != "slash_commands" {
			t.Fatal(f)
		}
		got := make(chan obj, 1)
		go func() {
			var o obj
			if _, b, err := c.ReadMessage(); err == nil {
				_ = json.Unmarshal(b, &o)
			}
			got <- o
		}()
		time.Sleep(time.Hour)
		select {
		case o := <-got:
			t.Fatal("a command came again:", o)
		default:
		}
		c.Close()
		<-got
	})
}

func TestRedeliverTwice(t *testing.T) {
	bubble(t, nil, func(t *testing.T, r *rig) {
		r.connect(nil)
		r.connect(nil)
		r.w.Behave(func(b *sandbox.Behaviour) { b.Redeliver = true })
		if err := r.w.Command(t.Context(), sam, deals, "/stepin x"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		e := r.envelopes()
		if len(e) != 2 || e[0].Request.EnvelopeID != e[1].Request.EnvelopeID {
			t.Fatal(e)
		}
	})
}
