//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever takes the backup from a pipe may end before it does: that is an error as any other, and no copy of the file
// stays beside it.
func TestBackupToAPipeThatEnds(t *testing.T) {
	db := filepath.Join(t.TempDir(), "stepin.db")
	makeDB(t, db, 2000)
	before := folder(t, filepath.Dir(db))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var errs bytes.Buffer
	cmd := program(t, t.Context(), nil, "backup", "-", "--db", db)
	cmd.Stdout, cmd.Stderr = w, &errs
	if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(errs.String(), "write the backup: broken pipe") {
		t.Errorf("%v: %s", err, errs.String())
	}
	if after := folder(t, filepath.Dir(db)); after != before {
		t.Errorf("left behind:\n%s\nbefore\n%s", after, before)
	}
}
