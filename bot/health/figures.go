package health

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"stepin/nudges/daily"
)

// How an envelope ends.
const (
	EndedWell    = "done"
	EndedRefused = "refused"   // the person was told what to change
	EndedBadly   = "failed"    // the person was told that it is our fault
	EndedUntaken = "not_taken" // too many were waiting
	EndedUnread  = "unreadable"
	EndedUnknown = "unknown" // the person was told that Slack does not say who they are
	EndedUnshown = "unshown" // it was done, and the person got a line in place of a window
)

// Why a window was not shown.
const (
	ForLimit   = "limited" // Slack asked us to wait, for longer than the person could
	ForSilence = "unclear" // no clear answer
	ForRefusal = "refused" // Slack said no
)

// Sent is the result of a message that was sent. Any other is a slackapi.Ending.
const Sent = "sent"

// AckBounds are the upper bounds of the histogram of acknowledgements, in seconds. Slack waits 3 s
// (docs.slack.dev/apis/events-api/using-socket-mode), a transaction 2 s.
var AckBounds = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5}

// Meter counts since the start. It is safe for concurrent use. No label is a person, a decision, a rung or a kind of
// message: differences would show how one person behaves, and no such figure exists below five people.
type Meter struct {
	*prometheus.Registry
	Envelopes   *prometheus.CounterVec // by kind, such as "tap", and one of the Ended constants
	Acks        prometheus.Histogram   // from the arrival of an envelope until its acknowledgement is queued
	Sends       *prometheus.CounterVec // by method, and Sent or a slackapi.Ending
	RateLimited *prometheus.CounterVec // by method
	Unshown     *prometheus.CounterVec // windows replaced by a private line: by method, and why
	Reconnects  prometheus.Counter     // connections after the first of each of the two lines
	Ticks       prometheus.Summary
	skips       *prometheus.CounterVec // by daily.SkipKind
	ticked      *prometheus.GaugeVec   // without labels: it has no value before the first tick
	last        atomic.Pointer[time.Time]
}

// NewMeter starts at zero for each end of an envelope of these kinds: Prometheus sees no increase from nothing.
func NewMeter(kinds ...string) *Meter {
	reg := prometheus.NewRegistry()
	add := promauto.With(reg)
	total := func(name, help string, labels ...string) *prometheus.CounterVec {
		return add.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &Meter{
		Registry:  reg,
		Envelopes: total("stepin_envelopes_total", "Envelopes from Slack, by kind and result.", "kind", "result"),
		Acks: add.NewHistogram(prometheus.HistogramOpts{
			Name: "stepin_acknowledgement_seconds", Buckets: AckBounds,
			Help: "Time from the arrival of an envelope to its acknowledgement. Slack waits 3 s.",
		}),
		Sends: total("stepin_sends_total", "Attempts to send a message, by method and result.",
			"method", "result"),
		RateLimited: total("stepin_rate_limited_total", "How often Slack answered with a rate limit.", "method"),
		Unshown: total("stepin_windows_unshown_total", "Windows in place of which a person got a line with a button.",
			"method", "reason"),
		Reconnects: total("stepin_reconnects_total", "Connections to Slack after the first two.").WithLabelValues(),
		Ticks: add.NewSummary(prometheus.SummaryOpts{
			Name: "stepin_tick_seconds", Help: "Runs of the clock, which looks each minute at what is due.",
		}),
		skips: total("stepin_reminders_skipped_total", "Daily reminders that were left out, by reason.", "kind"),
		ticked: add.NewGaugeVec(prometheus.GaugeOpts{
			Name: "stepin_last_tick_timestamp_seconds", Help: "When the last run of the clock ended.",
		}, nil),
	}
	for _, method := range []string{"views.open", "views.update", "views.push"} {
		for _, reason := range []string{ForLimit, ForSilence, ForRefusal} {
			m.Unshown.WithLabelValues(method, reason)
		}
	}
	for _, kind := range kinds {
		for _, result := range []string{
			EndedWell, EndedRefused, EndedBadly, EndedUntaken, EndedUnread, EndedUnknown, EndedUnshown,
		} {
			m.Envelopes.WithLabelValues(kind, result)
		}
	}
	return m
}

// Ticked notes that a run of the clock has ended, or that the first begins, by this machine's clock.
func (m *Meter) Ticked(at time.Time) {
	m.last.Store(&at)
	m.ticked.WithLabelValues().Set(float64(at.UnixMilli()) / 1000)
}

// LastTick returns the last time for Ticked; zero before.
func (m *Meter) LastTick() (at time.Time) {
	if last := m.last.Load(); last != nil {
		at = *last
	}
	return at
}

// Skipped counts reminders that an update skipped. Call it after the commit.
func (m *Meter) Skipped(skips []daily.Skip) {
	for _, s := range skips {
		m.skips.WithLabelValues(string(s.Kind)).Inc()
	}
}
