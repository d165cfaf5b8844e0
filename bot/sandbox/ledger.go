package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Call is one Web API call, response URL post, upload or acknowledgement.
type Call struct {
	At     time.Time // of the wire, not of the workspace's clock
	Method string    // such as "chat.postMessage", "response_url", "upload" or "ack"
	Args   json.RawMessage
	Answer json.RawMessage
	Status int           // HTTP status; 0 for an acknowledgement and for a connection that was reset
	Took   time.Duration // for an acknowledgement: since the envelope was sent
	Late   bool          // an acknowledgement after its deadline
	Wait   time.Duration // Retry-After of a 429; 0 without one
}

// Stats counts what went over the wire since New.
type Stats struct {
	Envelopes   int // delivered to a socket, repeats included
	Acked       int // acknowledged in time
	Late        int // acknowledged after three seconds
	TimedOut    int // not acknowledged within three seconds
	Unwritten   int // of those: their socket ended before the frame was out, so no app could have acknowledged them
	Missed      int // no socket was open
	Elsewhere   int // acknowledged over another socket than the one that carried it
	Again       int // acknowledged once more, which does nothing
	Lost        int // acknowledged over a socket that had ended, or was told to (Behaviour.IgnoreLeaving)
	Refreshes   int // disconnect frames sent
	Sockets     int // open now
	Connections int // sockets opened in all
	Limited     int // 429 given
	Violations  int
	Calls       map[string]int // by method
}

// ledger is what went over the wire.
type ledger struct {
	stats      Stats
	calls      []Call // a ring of the newest
	oldest     int    // index of the oldest call, once the ring is full
	keep       int    // size of the ring
	violations []string
}

// violationsKept bounds the list; the count goes on.
const violationsKept = 1000

func (l *ledger) record(c Call) {
	if len(l.calls) < l.keep {
		l.calls = append(l.calls, c)
		return
	}
	l.calls[l.oldest] = c
	l.oldest = (l.oldest + 1) % l.keep
}

// note records a call that was answered.
func (w *Workspace) note(c *call, status int, answer json.RawMessage) {
	w.mu.Lock()
	defer w.mu.Unlock()
	wait := time.Duration(c.wait) * time.Second
	w.ledger.record(Call{At: c.now, Method: c.method, Args: c.raw, Answer: answer, Status: status, Wait: wait})
}

func (w *Workspace) violation(format string, a ...any) {
	w.ledger.stats.Violations++
	v := fmt.Sprintf(format, a...)
	if len(w.ledger.violations) < violationsKept {
		w.ledger.violations = append(w.ledger.violations, v)
	}
	w.cfg.Log.Warn("sandbox: rule broken", "what", v)
}

// Stats tells what went over the wire so far.
func (w *Workspace) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.ledger.stats
	s.Calls = maps.Clone(s.Calls)
	s.Sockets = len(w.link.sockets)
	return s
}

// Calls are the newest Web API calls, response URL posts and acknowledgements, oldest first; at most Config.KeepCalls.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Concat(w.ledger.calls[w.ledger.oldest:], w.ledger.calls[:w.ledger.oldest])
}

// Violations are the rules that the app broke without the platform telling it: an acknowledgement that is too big or
// comes in fragments, a call while a Retry-After runs, field errors for a block that is no input, and the like.
func (w *Workspace) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.ledger.violations)
}
