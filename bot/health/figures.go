package health

import (
	"maps"
	"sync"
	"time"

	"stepin/nudges/daily"
)

// Figures count since the start. None is kept by person, decision, rung or kind of message: differences would show
// how one person behaves, and no such figure exists below five people (EXACT "Store").
type Figures struct {
	Envelopes   map[EnvelopeEnd]int
	Acks        Histogram // from the arrival of an envelope until its acknowledgement is queued
	Sends       map[SendEnd]int
	RateLimited map[string]int // by method: how often Slack asked us to wait
	Reconnects  int            // connections after the first of each of the two lines
	Ticks       int
	Ticking     time.Duration // of all ticks together
	LastTick    time.Time     // end of the last one, or start of the first, by this machine's clock; zero before
	Skips       map[daily.SkipKind]int
}

// EnvelopeEnd is how an envelope ended.
type EnvelopeEnd struct {
	Kind   string // what it was: "command", "tap", "submit" and so on
	Result string // one of the Ended constants
}

// How an envelope ends.
const (
	EndedWell    = "done"
	EndedRefused = "refused"   // the person was told what to change
	EndedBadly   = "failed"    // the person was told that it is our fault
	EndedUntaken = "not_taken" // too many were waiting
)

// SendEnd is how one attempt to send a message ended.
type SendEnd struct {
	Method string // of the Web API
	Result string // Sent, or a slackapi.Ending
}

// Sent is the Result of a message that was sent.
const Sent = "sent"

// AckBounds are the upper bounds of the histogram of acknowledgements, in seconds. Slack waits 3 s (SLACK section 1.3),
// a transaction 2 s.
var AckBounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5}

// A Histogram counts durations by AckBounds.
type Histogram struct {
	Counts [len(AckBounds) + 1]uint64 // by bucket, not cumulative; the last is above all bounds
	Sum    time.Duration
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	h.Sum += d
	for i, most := range AckBounds {
		if d.Seconds() <= most {
			h.Counts[i]++
			return
		}
	}
	h.Counts[len(AckBounds)]++
}

// Meter counts Figures. It is safe for concurrent use.
type Meter struct {
	mu      sync.Mutex
	figures Figures
}

// NewMeter starts at zero for each end of an envelope of these kinds: Prometheus sees no increase from nothing.
func NewMeter(kinds ...string) *Meter {
	m := &Meter{figures: Figures{
		Envelopes: map[EnvelopeEnd]int{}, Sends: map[SendEnd]int{},
		RateLimited: map[string]int{}, Skips: map[daily.SkipKind]int{},
	}}
	for _, kind := range kinds {
		for _, result := range []string{EndedWell, EndedRefused, EndedBadly, EndedUntaken} {
			m.figures.Envelopes[EnvelopeEnd{kind, result}] = 0
		}
	}
	return m
}

// Snapshot returns a copy of the figures.
func (m *Meter) Snapshot() Figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.figures
	f.Envelopes, f.Sends = maps.Clone(f.Envelopes), maps.Clone(f.Sends)
	f.RateLimited, f.Skips = maps.Clone(f.RateLimited), maps.Clone(f.Skips)
	return f
}

// Count lets add change the figures.
func (m *Meter) Count(add func(*Figures)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add(&m.figures)
}

// Skipped counts reminders that an update skipped. Call it after the commit.
func (m *Meter) Skipped(skips []daily.Skip) {
	if len(skips) == 0 {
		return
	}
	m.Count(func(f *Figures) {
		for _, s := range skips {
			f.Skips[s.Kind]++
		}
	})
}
