package health

import (
	"maps"
	"sync"
	"time"

	"stepin/nudges"
)

// Figures are what the bot has counted since its start. None of them is kept by person, decision,
// rung or kind of message: from differences somebody's behaviour could be read, and no figure on it
// exists below five people (EXACT "Store").
type Figures struct {
	Envelopes   map[EnvelopeEnd]int
	Acks        Histogram // from an envelope's arrival to its acknowledgement in the socket's queue
	Sends       map[SendEnd]int
	RateLimited map[string]int // by method: how often Slack has told us to wait
	Reconnects  int            // connections after the first of each of the two lines
	Ticks       int
	Ticking     time.Duration // what all ticks together took
	LastTick    time.Time     // when the last one ended, or the first began, by this machine's clock; zero before
	Skips       map[nudges.SkipKind]int
}

// EnvelopeEnd is what came of an envelope.
type EnvelopeEnd struct {
	Kind   string // what it was: "command", "tap", "submit" and so on
	Result string // one of the Ended constants
}

// What comes of an envelope.
const (
	EndedWell    = "done"
	EndedRefused = "refused" // the person was told what to change
	EndedBadly   = "failed"  // the person was told that it is our fault
	EndedUntaken = "not_taken"
)

// SendEnd is what came of one try to send a message.
type SendEnd struct {
	Method string // of the Web API
	Result string // "sent", or what follows: "again", "unsure", "hold", "drop"
}

const Sent = "sent"

// AckBounds are the upper bounds of the histogram of acknowledgements, in seconds. Slack's patience
// ends at 3 s (SLACK section 1.3), a transaction's at 2 s.
var AckBounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5}

// A Histogram counts durations by AckBounds.
type Histogram struct {
	Counts [len(AckBounds) + 1]uint64 // each of its own bucket; the last is of what is over all bounds
	Sum    time.Duration
}

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

// Meter counts.
type Meter struct {
	mu      sync.Mutex
	figures Figures
}

// NewMeter begins with a zero for each end of an envelope of these kinds: an increase shows only of what was
// counted before.
func NewMeter(kinds ...string) *Meter {
	m := &Meter{figures: Figures{
		Envelopes: map[EnvelopeEnd]int{}, Sends: map[SendEnd]int{}, RateLimited: map[string]int{},
		Skips: map[nudges.SkipKind]int{},
	}}
	for _, kind := range kinds {
		for _, result := range []string{EndedWell, EndedRefused, EndedBadly, EndedUntaken} {
			m.figures.Envelopes[EnvelopeEnd{kind, result}] = 0
		}
	}
	return m
}

// Snapshot is what was counted up to now.
func (m *Meter) Snapshot() Figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	f := m.figures
	f.Envelopes, f.Sends = maps.Clone(f.Envelopes), maps.Clone(f.Sends)
	f.RateLimited, f.Skips = maps.Clone(f.RateLimited), maps.Clone(f.Skips)
	return f
}

func (m *Meter) Count(add func(*Figures)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add(&m.figures)
}

// Skipped counts the reminders that an update skipped; it is called after the commit.
func (m *Meter) Skipped(skips []nudges.Skip) {
	if len(skips) == 0 {
		return
	}
	m.Count(func(f *Figures) {
		for _, s := range skips {
			f.Skips[s.Kind]++
		}
	})
}
