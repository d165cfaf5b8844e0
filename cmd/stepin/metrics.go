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
		return misuse{errors.New("choose one: stepin metrics --alerts, or stepin metrics --dashboard")}
	}
	return err
}

// figures collects what is so now of bot and store; what is counted is in health.Meter. No label tells a person, a
// decision or a kind of message from another.
type figures struct {
	b  *bot.Bot
	db *store.DB
	// lost is how many lines of the log could not be written.
	lost func() int
}

var (
	mInfo        = desc("stepin_info", "1, with the version.", "version")
	mReady       = desc("stepin_ready", "1 if a connection to Slack is up and the store can be written to.")
	mCause       = desc("stepin_cause", "1 while this cause holds; the codes are those of /readyz.", "cause")
	mSockets     = desc("stepin_sockets", "Connections to Slack that are up.")
	mOutbox      = desc("stepin_outbox_messages", "Messages that wait, including those not due yet.")
	mOldest      = desc("stepin_outbox_oldest_seconds", "How long the oldest message has been due; 0 if none is.")
	mWait        = desc("stepin_retry_after_seconds", "How long Slack still asks to wait.", "method")
	mHomes       = desc("stepin_homes_waiting", "Home tabs that wait to be drawn.")
	mHomesSince  = desc("stepin_homes_waiting_seconds", "How long some Home tab has been waiting; 0 if none is.")
	mStore       = desc("stepin_store_bytes", "Size of the file.")
	mNeeds       = desc("stepin_rewrite_needs_bytes", "Room that a rewrite of the file needs beside it.")
	mFree        = desc("stepin_disk_free_bytes", "Room that is free beside the file.")
	mJob         = desc("stepin_job_success_timestamp_seconds", "When a job succeeded last, since the start.", "job")
	mJobTook     = desc("stepin_job_seconds", "Time that a job took the last time.", "job")
	mJobFails    = desc("stepin_job_failures_total", "How often a job failed.", "job")
	mCommit      = desc("stepin_store_commit_seconds", "Commits, and the time they took.")
	mLogLost     = desc("stepin_log_lines_lost_total", "Lines of the log that could not be written.")
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
	h, effort := x.b.Health(), x.db.Effort()
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
	x.waits(gauge)
	x.jobs(out, gauge)
	out <- prometheus.MustNewConstSummary(mCommit, uint64(effort.Commits), effort.Took.Seconds(), nil)
	out <- prometheus.MustNewConstMetric(mCommitFails, prometheus.CounterValue, float64(effort.Failed))
	out <- prometheus.MustNewConstMetric(mLogLost, prometheus.CounterValue, float64(x.lost()))
	now, err := x.db.Now()
	if err != nil {
		out <- prometheus.NewInvalidMetric(mStore, err)
		return
	}
	gauge(mStore, float64(now.Size))
	gauge(mNeeds, float64(now.Room.Needs))
	if now.Room.Free >= 0 {
		gauge(mFree, float64(now.Room.Free))
	}
	gauge(mOutbox, float64(now.Waiting))
	gauge(mOldest, secondsSince(now.Waiting, now.Oldest))
}

// waits measures what waits because of Slack's limits.
func (x figures) waits(gauge func(*prometheus.Desc, float64, ...string)) {
	for method, till := range x.b.Waits() {
		gauge(mWait, time.Until(till).Seconds(), method)
	}
	homes, since := x.b.HomesWaiting()
	gauge(mHomes, float64(homes))
	gauge(mHomesSince, secondsSince(homes, since))
}

// jobs are how those went that nobody waits for. What has not ended yet has no time.
func (x figures) jobs(out chan<- prometheus.Metric, gauge func(*prometheus.Desc, float64, ...string)) {
	went := x.b.Jobs()
	for _, j := range health.Jobs {
		done, ended := went[j]
		out <- prometheus.MustNewConstMetric(mJobFails, prometheus.CounterValue, float64(done.Failed), string(j))
		if ended {
			gauge(mJobTook, done.Seconds, string(j))
		}
		if !done.Last.IsZero() {
			gauge(mJob, float64(done.Last.UnixMilli())/1000, string(j))
		}
	}
}

// secondsSince is for how long some of n have been waiting; 0 if none is.
func secondsSince(n int, since time.Time) float64 {
	if n == 0 {
		return 0
	}
	return max(0, time.Since(since)).Seconds()
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
