package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// halfway answers for a file like a stepin that sends half a backup and then stops, until ctx ends.
func halfway(t *testing.T, ctx context.Context, path string, half []byte) { //nolint:revive // t first, as in every helper
	t.Helper()
	l, err := net.Listen("unix", path+".sock")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /backup", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Stepin-Holds", fmt.Sprintf(`{"bytes":%d}`, 2*len(half)))
		w.Header().Set("Content-Length", fmt.Sprint(2*len(half)))
		_, _ = w.Write(half) // the process that asked is killed
		_ = http.NewResponseController(w).Flush()
		<-ctx.Done()
	})
	mux.HandleFunc("POST /forget", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, `{"step":"going through the calls","done":200}`)
		_ = http.NewResponseController(w).Flush()
		<-ctx.Done()
	})
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }() // until it is closed
	t.Cleanup(func() { _ = s.Close() })
}

// A killed backup leaves half a file of private words without a name. The next backup into that folder removes it, but
// never one that is still being written.
func TestKilledBackupLeavesNoWords(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	dir, to := t.TempDir(), t.TempDir()
	path, other := filepath.Join(dir, "stepin.db"), filepath.Join(dir, "other.db")
	makeCalls(t, other)
	half := bytes.Repeat([]byte("Zürich 1 "), 10000)
	halfway(t, ctx, path, half)
	cmd := vars{}.process(t, ctx, "backup", filepath.Join(to, "monday.db"), "--db", path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var draft string
	for draft == "" {
		all, err := filepath.Glob(filepath.Join(to, ".stepin-*", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if info, err := os.Stat(p); err == nil && info.Size() == int64(len(half)) {
				draft = p
			}
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if got := stepin(t, "backup", filepath.Join(to, "tuesday.db"), "--db", other); got.code != 0 || got.errs != "" {
		t.Fatalf("%+v", got)
	}
	if b, err := os.ReadFile(draft); err != nil || !bytes.Equal(b, half) {
		t.Fatalf("what was being written was touched: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-ended
	if _, err := os.Stat(draft); err != nil {
		t.Fatalf("nothing is left, so this proves nothing: %v", err)
	}
	got := stepin(t, "backup", filepath.Join(to, "wednesday.db"), "--db", other)
	if got.has(t, 0, "removed what an ended process left"); strings.Count(got.errs, "\n") != 1 {
		t.Errorf("says %s", got.errs)
	}
	if _, err := os.Stat(filepath.Dir(draft)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if all, err := os.ReadDir(to); err != nil || len(all) != 2 {
		t.Errorf("there are %v, %v", all, err)
	}
}
