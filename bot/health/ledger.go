// Package health knows what can go wrong with a running stepin, what is wrong now, and what was counted. Its table is
// the one source for /readyz, the status, the log, "stepin help causes" and messages to admins.
//
// Every room may report to it, and it knows none of them. It promises that each beginning and end of a cause is
// logged once, and that no figure is kept by person or decision.
//
//	a room ─▶ Ledger.Begin, Ledger.End ─▶ log, Report (/readyz), Alarm ─▶ admins
//	a room ─▶ Ledger.Ended ─▶ /metrics, the status
//	a room ─▶ Meter ─▶ /metrics
//
// The files: ledger.go is which causes hold; table.go is the table of causes; alarm.go is what admins are told;
// jobs.go is how the jobs went that nobody waits for; figures.go counts.
package health

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
)

// StoreCause returns the cause for which a transaction failed; "" if the error names none.
func StoreCause(err error) Cause {
	switch {
	case errors.Is(err, storage.ErrDiskFull):
		return DiskFull
	case errors.Is(err, storage.ErrReadOnly):
		return ReadOnly
	case errors.Is(err, storage.ErrDamaged):
		return FileDamaged
	case errors.Is(err, storage.ErrNoCommit):
		return StoreFails
	}
	return ""
}

// Stored reports the error of an update if it concerns the store, and returns it.
func (h *Ledger) Stored(err error) error {
	if cause := StoreCause(err); cause != "" {
		h.Begin(cause, "error", err)
	}
	return err
}

// StoreCauses are the causes for which nothing can be saved.
var StoreCauses = []Cause{DiskFull, ReadOnly, StoreFails}

// A Ledger knows which causes hold, and logs each beginning and each end once. It also knows how each Job went. It is
// safe for concurrent use.
type Ledger struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	since  map[Cause]time.Time // the causes that hold
	done   map[Job]Done
	rung   map[string]bool // keys of the alarms raised since the start
	alarms []*Alarm        // not yet told to the admins
	poke   chan struct{}   // there is an alarm
}

// New returns a ledger in which no cause holds. now is the clock for what is due: it dates the alarms.
func New(log *slog.Logger, now func() time.Time) *Ledger {
	return &Ledger{
		log: log, now: now, since: map[Cause]time.Time{}, done: map[Job]Done{}, rung: map[string]bool{},
		poke: make(chan struct{}, 1),
	}
}

// Begin says that a cause holds. details are for the log.
func (h *Ledger) Begin(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.begin(c, details...) {
		return
	}
	a := &Alarm{
		Cause: c, on: nudges.DateIn(h.now(), time.UTC),
		Tried: map[nudges.UserID]bool{}, Said: map[nudges.UserID]nudges.Receipt{},
	}
	if key := AlarmKey(a.on, c, ""); !h.rung[key] {
		h.rung[key] = true
		h.alarms = append(h.alarms, a)
		select {
		case h.poke <- struct{}{}:
		default:
		}
	}
}

// Last is Begin for a cause that ends stepin. It raises no alarm: admins would read it only when the next one runs.
func (h *Ledger) Last(c Cause, details ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.begin(c, details...)
}

// begin notes and logs that a cause holds, unless it holds already.
func (h *Ledger) begin(c Cause, details ...any) bool {
	if _, holds := h.since[c]; holds {
		return false
	}
	h.since[c] = time.Now()
	a := rowOf(c)
	h.log.Error(a.Log, append(append([]any{"cause", c}, details...), "do", a.Do)...)
	return true
}

// Untold returns the alarms that the admins have not been told yet.
func (h *Ledger) Untold() []*Alarm {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.alarms)
}

// Told removes an alarm that the admins have been told.
func (h *Ledger) Told(a *Alarm) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarms = slices.DeleteFunc(h.alarms, func(x *Alarm) bool { return x == a })
}

// Raised receives a value when there is an alarm to tell.
func (h *Ledger) Raised() <-chan struct{} { return h.poke }

// End says that none of these causes holds any more.
func (h *Ledger) End(causes ...Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range causes {
		if since, held := h.since[c]; held {
			delete(h.since, c)
			h.log.Info("over", "cause", c, "after", time.Since(since).Round(time.Second))
		}
	}
}

// Holds says whether one of these causes does.
func (h *Ledger) Holds(causes ...Cause) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.ContainsFunc(causes, func(c Cause) bool { _, ok := h.since[c]; return ok })
}

// Report says whether stepin is ready while n connections are up, and what is wrong: first why it is not ready, then
// the rest, each in the order of Table. none is when the last connection ended; zero if none was ever up.
func (h *Ledger) Report(n int, none time.Time) (ready bool, causes []Cause) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ready = true
	var rest []Cause
	explained := n > 0 // a cause says why no connection is up
	for _, a := range Table {
		if _, holds := h.since[a.Cause]; !holds {
			continue
		}
		if a.Unready == UnreadyEver || a.Unready == IfUnlinked && n == 0 {
			ready, causes = false, append(causes, a.Cause)
			explained = explained || a.Unready == IfUnlinked
			continue
		}
		rest = append(rest, a.Cause)
	}
	if !explained {
		c := Reconnecting
		if none.IsZero() {
			c = Starting
		}
		ready, causes = false, append(causes, c)
	}
	return ready, append(causes, rest...)
}
