package main

import (
	_ "embed"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"stepin/bot"
	"stepin/bot/health"
	"stepin/store"
)

//go:embed alerts.yaml
var alerts string

//go:embed dashboard.json
var dashboard string

type metricsCmd struct {
	Alerts    bool `xor:"what" help:"Print rules for Prometheus: when an operator should look."`
	Dashboard bool `xor:"what" help:"Print a dashboard for Grafana."`
}

func (metricsCmd) Help() string {
	return `The figures themselves are at /metrics of a stepin that was started with --http.`
}

func (m metricsCmd) Run(e env) (err error) {
	switch {
	case m.Alerts:
		_, err = e.stdout.Write([]byte(alerts))
	case m.Dashboard:
		_, err = e.stdout.Write([]byte(dashboard))
	default:
		return errors.New("choose one: stepin metrics --alerts, or stepin metrics --dashboard")
	}
	return err
}

// figures collects the metrics of bot and store. No label tells a person, a decision or a kind of message from another.
type figures struct {
	b  *bot.Bot
	db *store.DB
}

// All metrics.
var (
	mInfo       = desc("stepin_info", "1, with the version.", "version")
	mReady      = desc("stepin_ready", "1 if a connection to Slack is up and the store can be written to.")
	mCause      = desc("stepin_cause", "1 while this cause holds; the codes are those of /readyz.", "cause")
	mSockets    = desc("stepin_sockets", "Connections to Slack that are up.")
	mReconnects = desc("stepin_reconnects_total", "Connections to Slack after the first two.")
	mEnvelopes  = desc("stepin_envelopes_total", "Envelopes from Slack, by kind and result.", "kind", "result")
	mAck        = desc("stepin_acknowledgement_seconds",
		"Time from the arrival of an envelope to its acknowledgement. Slack waits 3 s.")
	mOutbox      = desc("stepin_outbox_messages", "Messages that wait, including those not due yet.")
	mOldest      = desc("stepin_outbox_oldest_seconds", "How long the oldest message has been due; 0 if none is.")
	mSends       = desc("stepin_sends_total", "Attempts to send a message, by method and result.", "method", "result")
	mLimited     = desc("stepin_rate_limited_total", "How often Slack answered with a rate limit.", "method")
	mTick        = desc("stepin_tick_seconds", "Runs of the clock, which looks each minute at what is due.")
	mLastTick    = desc("stepin_last_tick_timestamp_seconds", "When the last run of the clock ended.")
	mSkipped     = desc("stepin_reminders_skipped_total", "Daily reminders that were left out, by reason.", "kind")
	mStore       = desc("stepin_store_bytes", "Size of the file.")
	mCommit      = desc("stepin_store_commit_seconds", "Commits, and the time they took.")
	mCommitFails = desc("stepin_store_commit_failures_total", "Commits that failed.")
)

var descs []*prometheus.Desc

func desc(name, help string, labels ...string) *prometheus.Desc {
	d := prometheus.NewDesc(name, help, labels, nil)
	descs = append(descs, d)
	return d
}

func (figures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range descs {
		out <- d
	}
}

func (x figures) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	total := func(d *prometheus.Desc, n int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	took := func(d *prometheus.Desc, n int, all time.Duration) {
		out <- prometheus.MustNewConstSummary(d, uint64(n), all.Seconds(), nil)
	}
	h, f, effort := x.b.Health(), x.b.Figures(), x.db.Effort()
	gauge(mInfo, 1, version())
	gauge(mReady, truth(h.Ready))
	holds := map[health.Cause]bool{}
	for _, c := range h.Causes {
		holds[c] = true
	}
	for _, a := range health.Table {
		gauge(mCause, truth(holds[a.Cause]), string(a.Cause))
	}
	gauge(mSockets, float64(x.b.Sockets()))
	total(mReconnects, f.Reconnects)
	for e, n := range f.Envelopes {
		total(mEnvelopes, n, e.Kind, e.Result)
	}
	n, buckets := uint64(0), map[float64]uint64{} // cumulative, as Prometheus wants them
	for i, c := range f.Acks.Counts {
		if n += c; i < len(health.AckBounds) {
			buckets[health.AckBounds[i]] = n
		}
	}
	out <- prometheus.MustNewConstHistogram(mAck, n, f.Acks.Sum.Seconds(), buckets)
	for e, n := range f.Sends {
		total(mSends, n, e.Method, e.Result)
	}
	for method, n := range f.RateLimited {
		total(mLimited, n, method)
	}
	took(mTick, f.Ticks, f.Ticking)
	if !f.LastTick.IsZero() {
		gauge(mLastTick, float64(f.LastTick.UnixMilli())/1000)
	}
	for kind, n := range f.Skips {
		total(mSkipped, n, string(kind))
	}
	took(mCommit, effort.Commits, effort.Took)
	total(mCommitFails, effort.Failed)
	now, err := x.db.Now()
	if err != nil {
		out <- prometheus.NewInvalidMetric(mStore, err)
		return
	}
	gauge(mStore, float64(now.Size))
	gauge(mOutbox, float64(now.Waiting))
	late := time.Duration(0)
	if now.Waiting > 0 {
		late = max(0, time.Since(now.Oldest))
	}
	gauge(mOldest, late.Seconds())
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
