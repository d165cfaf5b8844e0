package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/bot/health"
	"stepin/bot/sandbox/page/browser"
	"stepin/store"
	"stepin/store/control"
	"stepin/store/copy"
)

func TestUnwell(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		now   store.Now
		ready bool
		want  string
	}{
		"all is well":      {store.Now{}, true, ""},
		"one is due":       {store.Now{Waiting: 1, Oldest: now.Add(-time.Minute)}, true, ""},
		"one is for later": {store.Now{Waiting: 1, Oldest: now.Add(time.Hour)}, true, ""},
		"one is late":      {store.Now{Waiting: 1, Oldest: now.Add(-time.Hour)}, true, "due for 1h0m0s"},
		"not connected":    {store.Now{}, false, "not connected"},
	} {
		conn := connection{readiness: readiness{Ready: tt.ready}, Alive: true, Sockets: 2, LastTick: now}
		if !tt.ready {
			conn.Causes = []string{"starting"}
		}
		got := strings.Join(unwell(tt.now, conn, now), "\n")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A backup tells the running stepin how it went, whatever keeps it from its end.
func TestBackupIsCounted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := filepath.Join(dir, "stepin.db")
	makeCalls(t, db)
	log := running(t, db, nil)
	done := func() health.Done {
		t.Helper()
		var conn connection
		if err := control.Ask(t.Context(), db, connectionName, &conn); err != nil {
			t.Fatal(err)
		}
		return conn.Jobs[health.Backup]
	}
	monday := filepath.Join(dir, "monday.db")
	stepin(t, "backup", monday, "--db", db).has(t, 0)
	first := done()
	if first.Last.IsZero() || first.Seconds <= 0 || first.Failed > 0 || first.Fault != "" {
		t.Errorf("one has succeeded: %+v", first)
	}
	stepin(t, "backup", monday, "--db", db).fails(t, "exists already")
	stepin(t, "backup", filepath.Join(dir, "none", "monday.db"), "--db", db).fails(t, "there is no directory")
	if got := done(); !got.Last.Equal(first.Last) || got.Failed != 2 || !strings.Contains(got.Fault, "no directory") {
		t.Errorf("two have failed: %+v", got)
	}
	if n := strings.Count(log.String(), "cause=backup-fails"); n != 1 {
		t.Errorf("%d lines in %s", n, log)
	}
	over, stop := context.WithCancel(t.Context())
	stop()
	vars{}.run(over, "backup", filepath.Join(dir, "tuesday.db"), "--db", db).has(t, 1)
	stepin(t, "check", "--deep", "--db", db) // it copies the file, too
	stepin(t, "backup", "-", "--db", db).has(t, 0)
	if got := done(); !got.Last.After(first.Last) || got.Failed != 2 || got.Fault != "" {
		t.Errorf("one more has succeeded: %+v", got)
	}
}

// A restore that is killed at any moment leaves the old file or the new one, whole. The old one is always there: under
// its name, or kept beside it.
func TestKilledRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, backup, db := filepath.Join(dir, "old.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "stepin.db")
	makeDB(t, old, 20000)
	makeDB(t, backup, 20001)
	was, err := copy.Verify(t.Context(), old, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	reset := func() {
		t.Helper()
		left, err := filepath.Glob(db + "*")
		for _, l := range left {
			err = errors.Join(err, os.Remove(l))
		}
		if err := errors.Join(err, os.WriteFile(db, before, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"restore", backup, "--db", db, "--force"}
	reset()
	began := time.Now()
	ran(t, vars{}.process(t, t.Context(), args...)).has(t, 0)
	whole := time.Since(began)
	ends := map[string]int{}
	tries := 6
	if browser.Long() {
		tries = 24
	}
	for i := range tries {
		reset()
		cmd := vars{}.process(t, t.Context(), args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-time.After(whole * time.Duration(i+1) / time.Duration(tries))
		_ = cmd.Process.Kill() // gone already, at times
		_ = cmd.Wait()
		is, err := copy.Verify(t.Context(), db, store.Options{})
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		kept, err := filepath.Glob(db + ".before-restore-*")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kept {
			if b, err := os.ReadFile(k); err != nil || !bytes.Equal(b, before) {
				t.Errorf("kill %d: what is kept is not the old file: %v", i, err)
			}
		}
		switch {
		case is.Keys["people"] == was.Keys["people"]:
			ends["old"]++
		case is.Keys["people"] == was.Keys["people"]+1 && len(kept) == 1:
			ends["new"]++
		default:
			t.Errorf("kill %d: %+v, %q", i, is, kept)
		}
	}
	t.Logf("%v in %v each", ends, whole)
	if ends["old"] == 0 {
		t.Error("all came too late")
	}
}
