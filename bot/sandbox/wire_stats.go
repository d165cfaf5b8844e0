package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"stepin/bot/sandbox/rules"
)

// wireState is what the wire remembers; the workspace's lock guards it.
type wireState struct {
	sockets   []*socket // open ones, oldest first
	next      int       // whose turn it is
	tickets   map[string]time.Time
	pending   map[string]*pending // by envelope id
	past      []*pending          // settled ones, to recognise late acknowledgements
	faults    []*fault
	limits    rules.Limiter
	redeliver bool
	elsewhere bool // acknowledgements over another socket do not count
	deaf      bool // nor do those over a socket that is leaving
	astray    bool
	lag       time.Duration
	ahead     time.Duration // see ClockAhead
	stats     counts
	calls     []Call // a ring
	callsAt   int
	keep      int
	broken    []string // violations
}

type counts struct {
	Stats
	calls map[string]int
}

// violationsKept bounds the list; the count goes on.
const violationsKept = 1000

func (w *Workspace) violation(format string, a ...any) {
	w.wire.stats.Violations++
	v := fmt.Sprintf(format, a...)
	if len(w.wire.broken) < violationsKept {
		w.wire.broken = append(w.wire.broken, v)
	}
	w.cfg.Log.Warn("sandbox: rule broken", "what", v)
}

func (s *wireState) record(c Call) {
	if len(s.calls) < s.keep {
		s.calls = append(s.calls, c)
		return
	}
	s.calls[s.callsAt] = c
	s.callsAt = (s.callsAt + 1) % s.keep
}

// Stats tells what went over the wire so far.
func (w *Workspace) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.wire.stats.Stats
	s.Calls = maps.Clone(w.wire.stats.calls)
	s.Sockets = len(w.wire.sockets)
	return s
}

// Calls are the newest Web API calls, response URL posts and acknowledgements, oldest first; at most Config.KeepCalls.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Concat(w.wire.calls[w.wire.callsAt:], w.wire.calls[:w.wire.callsAt])
}

// Violations are the rules that the app broke without the platform telling it: an acknowledgement that is too big or
// comes in fragments, a call while a Retry-After runs, field errors for a block that is no input, and the like.
func (w *Workspace) Violations() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.wire.broken)
}
