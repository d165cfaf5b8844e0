package sandbox

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"stepin/bot/sandbox/kit"
)

// ackWithin is how long the app has to acknowledge, from when the envelope was sent
// (docs.slack.dev/apis/events-api/using-socket-mode).
const ackWithin = 3 * time.Second

// pending is an envelope that waits for its acknowledgement.
type pending struct {
	id      string
	kind    string
	socket  *socket
	sent    time.Time
	done    chan struct{}               // closed by the acknowledgement
	apply   func(Held, json.RawMessage) // what the answer does; called once, with the lock held
	settled bool
	acked   bool // in time
	written bool // to a socket, in full
}

// pastKept is how many settled envelopes are remembered, to tell late acknowledgements from invented ones.
const pastKept = 20000

// envelope is what goes over a socket.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
	Accepts bool            `json:"accepts_response_payload"`
	Attempt *int            `json:"retry_attempt,omitempty"`
	Reason  string          `json:"retry_reason,omitempty"`
}

// pick is the socket whose turn it is, with the lock held; nil if none is open and staying.
func (w *Workspace) pick() *socket {
	n := len(w.link.sockets)
	for i := range n {
		s := w.link.sockets[(w.link.next+i)%n]
		if !s.leaving && !s.ended {
			w.link.next = (w.link.next + i + 1) % n
			return s
		}
	}
	return nil
}

// Deliver sends an envelope to one socket and waits for the acknowledgement. Both functions run with the lock held:
// payload at the moment of sending, for a trigger's life starts then, and apply with the answer, before anything that
// the app does after it. apply may be nil. The error is a *Trouble.
func (w *Workspace) Deliver(
	ctx context.Context, kind string, payload func(Held) kit.Obj, apply func(Held, json.RawMessage),
) error {
	w.mu.Lock()
	p, err := w.dispatch(envelope{Type: kind, Accepts: kind != "events_api"}, payload, apply)
	w.mu.Unlock()
	if err == nil {
		err = w.await(ctx, p)
	}
	return err
}

// dispatch sends, with the lock held.
func (w *Workspace) dispatch(
	e envelope, payload func(Held) kit.Obj, apply func(Held, json.RawMessage),
) (*pending, error) {
	s := w.pick()
	if s == nil {
		w.ledger.stats.Missed++
		return nil, &Trouble{Code: "dispatch_failed", Text: "The app did not get that: it is not connected."}
	}
	if e.ID == "" {
		e.ID = envelopeID()
	}
	e.Payload = kit.JSON(payload(Held{w.world, w}))
	frame := kit.JSON(e)
	if odd := w.faults.Odd; odd != nil {
		frame = odd("", frame)
	}
	p := &pending{id: e.ID, kind: e.Type, socket: s, sent: time.Now(), done: make(chan struct{}), apply: apply}
	w.link.pending[e.ID] = p
	w.ledger.stats.Envelopes++
	s.send(w, frame, p)
	if w.faults.Redeliver {
		if next := w.pick(); next != nil { // the copy may come over another socket
			w.ledger.stats.Envelopes++
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

func (w *Workspace) await(ctx context.Context, p *pending) error {
	t := time.NewTimer(ackWithin)
	defer t.Stop()
	select {
	case <-p.done:
		return nil
	case <-t.C:
	case <-ctx.Done():
	case <-w.life.done:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.settled { // it came at the last moment
		return nil
	}
	w.settle(p)
	w.ledger.stats.TimedOut++
	if !p.written {
		w.ledger.stats.Unwritten++
	}
	return &Trouble{Code: "operation_timeout", Text: "The app did not answer in time."}
}

// settle moves p to the past, with the lock held.
func (w *Workspace) settle(p *pending) {
	p.settled = true
	w.link.past = append(w.link.past, p)
	if len(w.link.past) > pastKept {
		old := w.link.past[0]
		w.link.past[0] = nil
		w.link.past = w.link.past[1:]
		if w.link.pending[old.id] == old {
			delete(w.link.pending, old.id)
		}
	}
}

// acked takes an acknowledgement that came over s, with the lock held.
func (w *Workspace) acked(s *socket, id string, payload, raw json.RawMessage) {
	now := time.Now()
	p := w.link.pending[id]
	if p == nil {
		w.violation("an acknowledgement of an unknown envelope was dropped")
		return
	}
	took := now.Sub(p.sent)
	w.ledger.record(Call{At: now, Method: "ack", Args: raw, Took: took, Late: took > ackWithin})
	switch {
	case s.ended || s.leaving && w.faults.IgnoreLeaving: // what a closed connection still carried
		w.ledger.stats.Lost++
		return
	case p.acked: // the first one has been heard
		w.ledger.stats.Again++
		return
	}
	if p.socket != s {
		w.ledger.stats.Elsewhere++
		if w.faults.IgnoreElsewhere && !w.faults.Redeliver { // with Redeliver on, any socket may have carried a copy
			return
		}
	}
	if p.settled {
		if took > ackWithin {
			w.ledger.stats.Late++
		}
		return
	}
	p.acked = true
	if len(payload) > 0 && string(payload) != "null" && p.kind == "events_api" {
		w.violation("an event was acknowledged with a payload, which it does not accept")
		payload = nil
	}
	w.ledger.stats.Acked++
	w.settle(p)
	if string(payload) == "null" {
		payload = nil
	}
	if p.apply != nil {
		p.apply(Held{w.world, w}, payload)
	}
	close(p.done)
}
