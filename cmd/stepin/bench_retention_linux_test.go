package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/sandbox"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
	"stepin/store"
	"stepin/store/control"
)

// BenchmarkRetention has the program, built as the Dockerfile does and held to 256 MB by a control group, go through a
// file of 1.2 GB and rewrite it, while people type 20 commands a second. Half of the calls lose their words, a quarter
// expire. STEPIN_BENCH_BYTES is another size of the file.
func BenchmarkRetention(b *testing.B) {
	bytes, err := strconv.ParseInt(os.Getenv("STEPIN_BENCH_BYTES"), 10, 64)
	if err != nil {
		bytes = 1.2e9
	}
	bin := filepath.Join(b.TempDir(), "stepin")
	buildAsDocker(b, bin)
	group := limitedTo(b, 256<<20)
	within := put(b, b.TempDir(), "within", "#!/bin/sh\necho $$ > "+group.procs+" && exec "+bin+" \"$@\"\n")
	if err := os.Chmod(within, 0o700); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		db := filepath.Join(b.TempDir(), "stepin.db")
		b.StopTimer()
		calls := manyCalls(b, db, bytes)
		b.ReportMetric(float64(bytesOf(b, db))/1e6, "before-MB")
		b.ReportMetric(float64(bytesOf(b, db))/float64(calls), "B/call")
		b.StartTimer()
		benchRetention(b, within, db, group)
		b.StopTimer()
		b.ReportMetric(float64(bytesOf(b, db))/1e6, "after-MB")
		if err := os.Remove(db); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func benchRetention(b *testing.B, within, db string, group memoryGroup) {
	m, err := check.Manifest()
	if err != nil {
		b.Fatal(err)
	}
	w, v := serveWorkspace(b, sandbox.Config{Manifest: m, NoLimits: true, KeepCalls: 1})
	v["STEPIN_DB"] = db
	var env []string
	for name, value := range v {
		env = append(env, name+"="+value)
	}
	began := time.Now()
	p := started(b, within, env)
	b.Logf("connected after %v", p.took)
	go func() {
		for p.said.Scan() {
			b.Log(p.said.Text())
		}
	}()
	people := []string{"U0SAM001", "U0DANA01", "U0LIOR01", "U0PRIYA1", "U0INES01"}
	var most memory
	// type20 has people type 20 commands a second until over says so, which is asked each second.
	type20 := func(what string, over func() bool) {
		var mu sync.Mutex
		var acked []time.Duration
		var typing sync.WaitGroup
		beat := time.NewTicker(50 * time.Millisecond)
		defer beat.Stop()
		for n := 0; n%20 > 0 || !over(); n++ {
			<-beat.C
			typing.Go(func() {
				user, line := people[n%len(people)], "/stepin"
				if n%2 == 0 {
					line = fmt.Sprintf("/stepin @Dana Acme %d", n)
				}
				at := time.Now()
				err := w.Command(b.Context(), user, "C0DEALS1", line)
				took := time.Since(at)
				w.Clear(user)
				mu.Lock()
				defer mu.Unlock()
				if acked = append(acked, took); err != nil {
					b.Error(err)
				}
			})
			is := memoryOf(b, p.cmd.Process.Pid)
			most.all, most.own = max(most.all, is.all), max(most.own, is.own)
		}
		typing.Wait()
		slices.Sort(acked)
		at := func(q float64) float64 { return float64(acked[int(q*float64(len(acked)-1))].Microseconds()) / 1000 }
		b.ReportMetric(float64(len(acked)), what+"clicks")
		b.ReportMetric(at(0.5), what+"ack-p50-ms")
		b.ReportMetric(at(0.99), what+"ack-p99-ms")
		b.ReportMetric(at(1), what+"ack-max-ms")
	}
	type20("", func() bool {
		done := jobsOf(b, db)
		if done[health.Retention].Failed > 0 || time.Since(began) > time.Hour {
			b.Fatalf("%+v", done)
		}
		b.ReportMetric(done[health.Retention].Seconds, "retention-s")
		b.ReportMetric(done[health.Rewriting].Seconds, "rewrite-s")
		return !done[health.Retention].Last.IsZero()
	})
	rest := time.Now() // what the machine is good for without a round
	type20("quiet-", func() bool { return time.Since(rest) > 30*time.Second })
	if err := errors.Join(p.cmd.Process.Signal(syscall.SIGTERM), p.cmd.Wait()); err != nil {
		b.Error(err)
	}
	b.ReportMetric(most.all, "RSS-MB")
	b.ReportMetric(most.own, "anon-MB")
	b.ReportMetric(group.most(b), "group-MB")
}

// jobsOf asks the stepin that has a file how its jobs went.
func jobsOf(b *testing.B, db string) map[health.Job]health.Done {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var conn connection
	if err := control.Ask(ctx, db, connectionName, &conn); err != nil {
		b.Fatal(err)
	}
	return conn.Jobs
}

func bytesOf(b *testing.B, path string) int64 {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}

// A memoryGroup limits the memory of the processes that are in it, with what the system keeps of their files.
type memoryGroup struct{ procs, peak string }

// limitedTo makes a group, of either version of control groups.
func limitedTo(b *testing.B, bytes int64) memoryGroup {
	b.Helper()
	name := fmt.Sprint("stepin-bench-", os.Getpid())
	for _, v := range []struct{ root, limit, peak string }{
		{"/sys/fs/cgroup", "memory.max", "memory.peak"},
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"},
	} {
		dir := filepath.Join(v.root, name)
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		limit, err := os.OpenFile(filepath.Join(dir, v.limit), os.O_WRONLY, 0)
		if err == nil {
			_, err = fmt.Fprint(limit, bytes)
			err = errors.Join(err, limit.Close())
		}
		if err != nil { // of the other version
			_ = os.Remove(dir)
			continue
		}
		b.Cleanup(func() { _ = os.Remove(dir) }) // empty once the process has ended
		return memoryGroup{filepath.Join(dir, "cgroup.procs"), filepath.Join(dir, v.peak)}
	}
	b.Skip("no memory can be limited here: it takes root and control groups")
	return memoryGroup{}
}

// most is the most that the group has used, in MB.
func (g memoryGroup) most(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile(g.peak)
	if err != nil {
		b.Fatal(err)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n / 1e6
}

// manyCalls makes a file of at least so many bytes with calls that are done, of 300 managers. Nothing of it is in
// memory afterwards.
func manyCalls(b *testing.B, path string, bytes int64) (n int) {
	b.Helper()
	db, err := store.Open(b.Context(), path, store.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	for bytesOf(b, path) < bytes {
		if err := db.Update(b.Context(), func(tx storage.Tx) error {
			for i := range 2000 {
				if err := putCall(tx, n+i, now); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		n += 2000
	}
	f, err := os.Open(path)
	err = errors.Join(err, db.Close(), f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED), f.Close())
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// putCall writes a call that is done, with all that was said about it. Of four calls two lose their words today, one
// expires, and one stays.
func putCall(tx storage.Tx, n int, now time.Time) error {
	at := now.AddDate(0, 0, []int{-40, -400, -60, -10}[n%4]).Add(-time.Duration(n) * time.Second)
	manager, rep := nudges.UserID(fmt.Sprintf("U0MAN%03d", n%300)), nudges.UserID(fmt.Sprintf("U0REP%04d", n%3000))
	words := func(n int) string { return strings.Repeat("what was said of it ", n/20) }
	r := nudges.Request{
		ID: nudges.RequestID("R" + rand.Text()[:16]), Manager: manager, Rep: rep, Way: nudges.ByPause,
		Phase: nudges.Done, Deal: "Renewal of Acme " + strconv.Itoa(n), Starts: at, Ends: at.Add(time.Hour),
		Plan: words(200), Decision: nudges.Decided(ladder.HoldBack), Begun: at, DecidedAt: at, DoneAt: at, Seq: 4,
		Answers: verdict.Answers{verdict.QMotive: "rescue", verdict.QPlan: "quiet", verdict.Q7: "yes"},
		Word:    nudges.Word{State: nudges.WordGiven, Guess: words(100), Help: words(100), At: at},
		Debrief: nudges.Debriefing{
			State: nudges.DebriefQuiet, At: at, Manager: nudges.Entry{Outcome: "won", Learned: words(200), At: at},
			Rep: nudges.Entry{Outcome: "won", Learned: words(200), At: at},
		},
	}
	r.Card = nudges.Key(r.ID, 1, manager, nudges.KindCard)
	var history []nudges.Transition
	for seq := range r.Seq {
		history = append(history, nudges.Transition{
			Seq: seq + 1, By: manager, At: at, Why: "decide", To: nudges.Situation{Decision: r.Decision, Phase: r.Phase},
		})
	}
	errs := []error{tx.PutRequest(r, history...)}
	for _, kind := range []string{nudges.KindCard, "how", "debrief"} {
		key := nudges.Key(r.ID, 1, manager, kind)
		errs = append(errs, tx.Enqueue(at, nudges.Message{Key: key, Kind: kind, To: manager, Request: r.ID}),
			tx.Settle(key, nudges.Receipt{Channel: "D0MANAGER", TS: "1700000000.000100", At: at}))
	}
	return errors.Join(errs...)
}
