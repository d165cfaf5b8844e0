package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v4"

	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/store"
)

// A port in use, or an address of another machine, gives one line and exit code 1. No file is created or changed.
func TestHTTPTaken(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for at, want := range map[string]string{l.Addr().String(): "the port is in use", "192.0.2.1:9464": "this machine does not have this address"} {
		for _, old := range []bool{false, true} {
			dir, v := t.TempDir(), maps.Clone(tokens)
			if v["STEPIN_DB"] = filepath.Join(dir, "x.db"); old {
				unpack(t, "../../store/testdata/v1.db.gz", v["STEPIN_DB"])
			}
			check := unchanged(t, dir)
			v.run(t.Context(), "--http", at).fails(t, "listen on "+at+": "+want)
			check()
		}
	}
}

// A new stepin waits for the port and the file of one that is ending.
func TestHTTPHandedOver(t *testing.T) {
	t.Parallel()
	_, v := workspace(t)
	first := v.start(t, "--http", "127.0.0.1:0")
	next := v.begin(t, "--http", first.address())
	first.end()
	next.until("msg=connected")
	if next.address() != first.address() {
		t.Errorf("says %s", next)
	}
	next.end()
}

// The log warns if other machines can read the pages.
func TestHTTPForOthers(t *testing.T) {
	t.Parallel()
	for at, open := range map[string]bool{"127.0.0.1:0": false, "0.0.0.0:0": true} {
		var log bytes.Buffer
		l, err := listenHTTP(env{ctx: t.Context(), log: slog.New(slog.NewTextHandler(&log, nil))}, at)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if strings.Contains(log.String(), "from other machines") != open {
			t.Errorf("%s: %s", at, log.String())
		}
	}
}

// The three pages of a running stepin, and its status.
func TestPages(t *testing.T) {
	t.Parallel()
	_, v := workspace(t)
	s := v.start(t, "--http", "127.0.0.1:0")
	get := func(path string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": `{"ready":true,"causes":[]}` + "\n"} {
		if code, text := get(path); code != 200 || text != want {
			t.Errorf("%s: %d %q", path, code, text)
		}
	}
	if code, _ := get("/"); code != 404 {
		t.Errorf("/: %d", code)
	}
	code, text := get("/metrics")
	if code != 200 {
		t.Fatalf("/metrics: %d %s", code, text)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	value := func(name string) float64 {
		f := families[name]
		if f == nil || len(f.GetMetric()) == 0 {
			t.Errorf("no %s", name)
			return -1
		}
		m := f.GetMetric()[0]
		switch f.GetType() {
		case dto.MetricType_SUMMARY:
			return float64(m.GetSummary().GetSampleCount())
		case dto.MetricType_HISTOGRAM:
			return float64(len(m.GetHistogram().GetBucket()))
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue()
		case dto.MetricType_GAUGE, dto.MetricType_UNTYPED, dto.MetricType_GAUGE_HISTOGRAM:
		}
		return m.GetGauge().GetValue()
	}
	for name, want := range map[string]float64{
		"stepin_ready": 1, "stepin_sockets": 2, "stepin_outbox_messages": 0, "stepin_reconnects_total": 0, "stepin_cause": 0,
		"stepin_acknowledgement_seconds": float64(len(health.AckBounds)) + 1, "stepin_store_commit_failures_total": 0,
	} {
		if got := value(name); got != want {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	for _, name := range []string{"stepin_tick_seconds", "stepin_store_bytes", "stepin_store_commit_seconds", "stepin_last_tick_timestamp_seconds"} {
		if got := value(name); got <= 0 {
			t.Errorf("%s is %v", name, got)
		}
	}
	// A counter that first appears with its first event shows no increase, and the alert would miss it.
	failed := 0
	for _, m := range families["stepin_envelopes_total"].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "result" && l.GetValue() == health.EndedBadly && m.GetCounter().GetValue() == 0 {
				failed++
			}
		}
	}
	if failed < 5 {
		t.Errorf("%d kinds of envelopes are counted as failed before any has", failed)
	}
	for name := range families {
		if !slices.Contains(metricNames(), name) {
			t.Errorf("%s is measured and not described", name)
		}
	}
	v.run(t.Context(), "status").has(t, 0, "ready    yes\n", "slack    2 connections\n", "clock    last tick ", "outbox   empty\n")
	s.end()
}

// What waits because Slack asked for it says until when, which is an hour from now at most. Nothing is wrong meanwhile.
func TestStatusWaits(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	s := v.start(t)
	w.Fail(sandbox.Fault{Method: "views.open", Kind: sandbox.RateLimited, After: 24 * time.Hour})
	if err := w.Command(t.Context(), "U0SAM001", "C0DEALS1", "/stepin"); err != nil {
		t.Fatal(err)
	}
	var got said
	s.holds("it waits", func() bool {
		got = v.run(t.Context(), "status")
		return strings.Contains(got.out, "\nwaits ")
	})
	got.has(t, 0, "ready    yes\n", "waits    views.open until ", ", as Slack asked\n")
	var is struct{ Waits map[string]time.Time }
	if err := json.Unmarshal([]byte(v.run(t.Context(), "status", "--json").out), &is); err != nil {
		t.Fatal(err)
	}
	if left := time.Until(is.Waits["views.open"]); left < 50*time.Minute || left > time.Hour {
		t.Errorf("waits for %v", left)
	}
	s.end()
}

// A stepin that has lost Slack is not ready, but alive. A restart would not help, and with a revoked token it would
// fail: so liveness asks for less than readiness.
func TestStatusAlive(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	s := v.start(t)
	status := func(args ...string) said { return v.run(t.Context(), append([]string{"status"}, args...)...) }
	w.SwitchSocketMode(false)
	s.holds("it is not ready", func() bool { return status("--quiet").code != 0 })
	var is struct {
		File   string
		PID    int
		Ready  bool
		Causes []string
		Alive  bool
		Do     map[string]string
		Faults []string
	}
	got := status("--json")
	got.has(t, 1)
	if err := json.Unmarshal([]byte(got.out), &is); err != nil || is.File != v["STEPIN_DB"] || is.PID != os.Getpid() || is.Ready || !is.Alive ||
		len(is.Causes) == 0 || is.Do[is.Causes[0]] == "" && is.Causes[0] != "reconnecting" || len(is.Faults) != 1 {
		t.Errorf("--json: %v, %s", err, got.out)
	}
	if got := status("--quiet", "--alive"); got != (said{}) {
		t.Errorf("--quiet --alive: %+v", got)
	}
	status("--alive").has(t, 0, "ready    no, ")
	s.end()
	status("--quiet", "--alive").has(t, 1)
}

// A stepin that does not answer is not reported as not running: a second one would be refused.
func TestStatusOfOneThatHangs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path+".sock")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond) // in place of its own patience
	defer stop()
	vars{}.run(ctx, "status", "--db", path).fails(t, "a stepin has ", "does not answer")
}

// A stepin without its socket is not reported as not running.
func TestStatusWithoutASocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	stepin(t, "status", "--db", path).fails(t, "a stepin has "+path+" open, but its socket")
}

// What status says about a stepin that is not ready, and about one that is ready but has a problem.
func TestStatusTellsCauses(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	nobody := store.Now{}
	for name, tt := range map[string]struct {
		conn   connection
		ready  string
		faults []string
	}{
		"not ready": {
			connection{readiness: readiness{false, []string{"disk-full", "clock-off"}}, Alive: true, Sockets: 2, LastTick: now},
			"ready    no, disk-full, clock-off\n         nothing can be saved: the disk is full\n         do: make room on the disk that the file is on\n" +
				"         the clock is off\n         do: set the clock of this machine (NTP)\n",
			[]string{"not ready: nothing can be saved: the disk is full"},
		},
		"degraded": {
			connection{readiness: readiness{true, []string{"token-refused"}}, Alive: true, Sockets: 2, LastTick: now},
			"ready    yes, token-refused\n         Slack refuses the bot token\n         do: if the app was removed, install it again", nil,
		},
		"of a newer one": {connection{readiness: readiness{true, []string{"moon-full"}}, Alive: true, Sockets: 2, LastTick: now}, "ready    yes, moon-full\n         moon-full\nslack", nil},
		"stuck":          {connection{readiness: readiness{true, nil}, Alive: false, Sockets: 1, LastTick: now}, "slack    1 connection\n", []string{"the clock has stopped"}},
	} {
		if got := report("x.db", nobody, tt.conn, now); !strings.Contains(got, tt.ready) {
			t.Errorf("%s: %s", name, got)
		}
		got := unwell(nobody, tt.conn, now)
		if len(got) != len(tt.faults) || len(got) > 0 && !strings.Contains(got[0], tt.faults[0]) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, a := range health.Table {
		if what, do := meaning(string(a.Cause)); what != a.Log || do == "" {
			t.Errorf("%s: %q, %q", a.Cause, what, do)
		}
	}
}

var (
	described = regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`)
	named     = regexp.MustCompile(`stepin_[a-z_]+`)
)

// metrics describe all that is measured.
func metrics() (all []*prometheus.Desc) {
	out := make(chan *prometheus.Desc)
	go func() { figures{}.Describe(out); health.NewMeter().Describe(out); close(out) }()
	for d := range out {
		all = append(all, d)
	}
	return all
}

// metricNames are the names of all metrics.
func metricNames() (all []string) {
	for _, d := range metrics() {
		all = append(all, described.FindStringSubmatch(d.String())[1])
	}
	return all
}

// No label tells a person, a decision or a kind of message. There are only these labels, with values from the code.
func TestNoMetricTellsBehaviour(t *testing.T) {
	may := map[string][]string{
		"stepin_info": {"version"}, "stepin_cause": {"cause"}, "stepin_envelopes_total": {"kind", "result"},
		"stepin_sends_total": {"method", "result"}, "stepin_rate_limited_total": {"method"}, "stepin_reminders_skipped_total": {"kind"},
		"stepin_windows_unshown_total": {"method", "reason"}, "stepin_retry_after_seconds": {"method"},
		"stepin_job_success_timestamp_seconds": {"job"}, "stepin_job_seconds": {"job"}, "stepin_job_failures_total": {"job"},
	}
	for _, d := range metrics() {
		m := described.FindStringSubmatch(d.String())
		labels := strings.FieldsFunc(m[2], func(r rune) bool { return r == ',' || r == ' ' })
		if !slices.Equal(labels, may[m[1]]) {
			t.Errorf("%s has the labels %q", m[1], labels)
		}
	}
	if err := prometheus.NewRegistry().Register(figures{}); err != nil {
		t.Error(err)
	}
}

// Alerts and dashboard parse, and name existing metrics.
func TestSamples(t *testing.T) {
	t.Parallel()
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	text := stepin(t, "metrics", "--alerts").out
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	used := text
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.Expr == "" || r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["do"] == "" {
			t.Errorf("%+v lacks something", r)
		}
	}
	var board struct {
		Title  string
		Panels []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	text = stepin(t, "metrics", "--dashboard").out
	if err := json.Unmarshal([]byte(text), &board); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range board.Panels {
		if p.Title == "" || len(p.Targets) == 0 || ids[p.ID] {
			t.Errorf("%+v lacks something", p)
		}
		ids[p.ID] = true
		for _, q := range p.Targets {
			used += " " + q.Expr
		}
	}
	found := named.FindAllString(used, -1)
	if len(found) == 0 {
		t.Fatal("they name no metric")
	}
	is := metricNames()
	has := map[string]bool{}
	for _, n := range found {
		base := n
		for _, end := range []string{"_bucket", "_sum", "_count"} {
			if b := strings.TrimSuffix(n, end); slices.Contains(is, b) {
				base = b
			}
		}
		if has[base] = true; !slices.Contains(is, base) {
			t.Errorf("there is no metric %s", n)
		}
	}
	for _, n := range is {
		if !has[n] {
			t.Errorf("neither shows %s", n)
		}
	}
}
