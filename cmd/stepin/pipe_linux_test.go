package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A reader that closes the pipe during a backup is an error like any other. No copy stays beside the file.
func TestBackupToAPipeThatEnds(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "stepin.db")
	makeDB(t, db, 2000)
	check := unchanged(t, filepath.Dir(db))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	cmd := vars{}.process(t, t.Context(), "backup", "-", "--db", db)
	cmd.Stdout = w
	ran(t, cmd).has(t, 1, "write the backup: broken pipe")
	check()
}

// A reader may stop reading: stepin still ends when told to, and removes the copy.
func TestBackupToAPipeThatStandsStill(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "stepin.db")
	makeDB(t, db, 2000)
	check := unchanged(t, filepath.Dir(db))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	const setSize = 1031 // F_SETPIPE_SZ: less than is written at once
	if _, _, no := syscall.Syscall(syscall.SYS_FCNTL, w.Fd(), setSize, 4096); no != 0 {
		t.Fatal(no)
	}
	var errs bytes.Buffer
	cmd := vars{}.process(t, t.Context(), "backup", "-", "--db", db)
	cmd.Stdout, cmd.Stderr = w, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(r, make([]byte, 1)); err != nil { // it has begun
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("%v: %s", err, errs.String())
	}
	check()
}
