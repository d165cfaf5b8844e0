package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"stepin/bot/sandbox/kit"
)

// ackWithin is how long the app has to acknowledge, from when the envelope was sent (SLACK.md section 1.3).
const ackWithin = 3 * time.Second

// eventRetries are the pauses before an event that was not acknowledged comes again (section 1.7).
var eventRetries = []time.Duration{0, time.Minute, 5 * time.Minute}

// pending is an envelope that waits for its acknowledgement.
type pending struct {
	id      string
	kind    string
	socket  *socket
	sent    time.Time
	done    chan struct{}         // closed by the acknowledgement
	apply   func(json.RawMessage) // what the answer does; called once, with the lock held
	settled bool
	acked   bool // in time
	written bool // to a socket, in full
}

// pastKept is how many settled envelopes are remembered, to tell late acknowledgements from invented ones.
const pastKept = 20000

// envelope is what goes over a socket.
type envelope struct {
	Type    string  `json:"type"`
	ID      string  `json:"envelope_id"`
	Payload kit.Obj `json:"payload"`
	Accepts bool    `json:"accepts_response_payload"`
	Attempt *int    `json:"retry_attempt,omitempty"`
	Reason  string  `json:"retry_reason,omitempty"`
}

// pick is the socket whose turn it is, with the lock held; nil if none is open and staying.
func (w *Workspace) pick() *socket {
	n := len(w.wire.sockets)
	for i := range n {
		s := w.wire.sockets[(w.wire.next+i)%n]
		if !s.leaving && !s.ended {
			w.wire.next = (w.wire.next + i + 1) % n
			return s
		}
	}
	return nil
}

// deliver sends an envelope to one socket and waits for the acknowledgement. Both functions are called with the lock
// held: payload at the moment of sending, for a trigger's life starts then, and apply with the answer before anything
// that the app does after it.
func (w *Workspace) deliver(ctx context.Context, kind string, payload func() kit.Obj, apply func(json.RawMessage)) error {
	w.mu.Lock()
	p, err := w.dispatch(envelope{Type: kind, Accepts: kind != "events_api"}, payload, apply)
	w.mu.Unlock()
	if err == nil {
		err = w.await(ctx, p)
	}
	if err != nil {
		return err
	}
	return nil
}

// dispatch sends, with the lock held.
func (w *Workspace) dispatch(e envelope, payload func() kit.Obj, apply func(json.RawMessage)) (*pending, *Trouble) {
	s := w.pick()
	if s == nil {
		w.wire.stats.Missed++
		return nil, &Trouble{Code: "dispatch_failed", Text: "The app did not get that: it is not connected."}
	}
	if e.ID == "" {
		e.ID = envelopeID()
	}
	e.Payload = payload()
	frame := kit.JSON(e)
	p := &pending{id: e.ID, kind: e.Type, socket: s, sent: time.Now(), done: make(chan struct{}), apply: apply}
	w.wire.pending[e.ID] = p
	w.wire.stats.Envelopes++
	s.send(w, frame, p)
	if w.wire.redeliver {
		if next := w.pick(); next != nil { // the copy may come over another socket
			w.wire.stats.Envelopes++
			next.send(w, frame, p)
		}
	}
	return p, nil
}

func envelopeID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (w *Workspace) await(ctx context.Context, p *pending) *Trouble {
	t := time.NewTimer(ackWithin)
	defer t.Stop()
	select {
	case <-p.done:
		return nil
	case <-t.C:
	case <-ctx.Done():
	case <-w.done:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.settled { // it came at the last moment
		return nil
	}
	w.settle(p)
	w.wire.stats.TimedOut++
	if !p.written {
		w.wire.stats.Unwritten++
	}
	return &Trouble{Code: "operation_timeout", Text: "The app did not answer in time."}
}

// settle moves p to the past, with the lock held.
func (w *Workspace) settle(p *pending) {
	p.settled = true
	w.wire.past = append(w.wire.past, p)
	if len(w.wire.past) > pastKept {
		old := w.wire.past[0]
		w.wire.past[0] = nil
		w.wire.past = w.wire.past[1:]
		if w.wire.pending[old.id] == old {
			delete(w.wire.pending, old.id)
		}
	}
}

// acked takes an acknowledgement that came over s, with the lock held.
func (w *Workspace) acked(s *socket, id string, payload, raw json.RawMessage) {
	now := time.Now()
	p := w.wire.pending[id]
	if p == nil {
		w.violation("an acknowledgement of an unknown envelope was dropped")
		return
	}
	took := now.Sub(p.sent)
	w.wire.record(Call{At: now, Method: "ack", Args: raw, Took: took, Late: took > ackWithin})
	switch {
	case s.ended || s.leaving && w.wire.deaf: // what a closed connection still carried
		w.wire.stats.Lost++
		return
	case p.acked: // the first one has been heard
		w.wire.stats.Again++
		return
	}
	if p.socket != s {
		w.wire.stats.Elsewhere++
		if w.wire.elsewhere && !w.wire.redeliver { // with Redeliver on, any socket may have carried a copy
			return
		}
	}
	if p.settled {
		if took > ackWithin {
			w.wire.stats.Late++
		}
		return
	}
	p.acked = true
	if len(payload) > 0 && string(payload) != "null" && p.kind == "events_api" {
		w.violation("an event was acknowledged with a payload, which it does not accept")
		payload = nil
	}
	w.wire.stats.Acked++
	w.settle(p)
	if string(payload) == "null" {
		payload = nil
	}
	if p.apply != nil {
		p.apply(payload)
	}
	close(p.done)
}

// subscribed sends an event, if the manifest asks for its kind, waits for the first answer, and repeats it in the background as the platform
// does: at once, after a minute, after five.
func (w *Workspace) subscribed(ctx context.Context, kind string, inner kit.Obj) *Trouble {
	if !w.app.Subscribed(kind) {
		return nil
	}
	seed := w.cfg.Seed
	w.mu.Lock()
	now := time.Now().Add(w.offset)
	inner["event_ts"] = formatTS(now.UnixMicro())
	w.mu.Unlock()
	outer := kit.Obj{
		"token": "sandbox", "team_id": seed.Team, "context_team_id": seed.Team, "context_enterprise_id": nil,
		"api_app_id": seed.App, "event": inner, "type": "event_callback", "event_id": newID("Ev"),
		"event_time": now.Unix(), "is_ext_shared_channel": false, "event_context": "4-" + rand.Text(),
		"authorizations": []any{kit.Obj{
			"enterprise_id": nil, "team_id": seed.Team, "user_id": seed.BotUser, "is_bot": true, "is_enterprise_install": false,
		}},
	}
	err := w.attempt(ctx, outer, 0)
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.done:
		return err
	default:
	}
	w.work.Go(func() {
		for i, pause := range eventRetries {
			t := time.NewTimer(pause)
			select {
			case <-t.C:
			case <-w.done:
				t.Stop()
				return
			}
			if w.attempt(context.Background(), outer, i+1) == nil {
				return
			}
		}
	})
	return err
}

func (w *Workspace) attempt(ctx context.Context, outer kit.Obj, n int) *Trouble {
	e := envelope{Type: "events_api", Attempt: &n}
	if n > 0 {
		e.Reason = "timeout"
	}
	w.mu.Lock()
	p, err := w.dispatch(e, func() kit.Obj { return outer }, nil)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return w.await(ctx, p)
}
