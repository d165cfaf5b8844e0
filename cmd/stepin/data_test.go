package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/bot/sandbox/page/browser"
	"stepin/store"
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
