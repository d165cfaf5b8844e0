package store

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A backup to a pipe is the same as one to a file, by way of a stepin that runs and without; one that cannot be sent
// is an error.
func TestBackupTo(t *testing.T) {
	path, _ := filled(t)
	d := opened(t, path, Options{})
	serve(t, t.Context(), d)
	for _, runs := range []bool{true, false} {
		var b bytes.Buffer
		c, err := BackupTo(t.Context(), path, &b, Copying{})
		to := file(t)
		write(t, to, b.Bytes())
		if whole, no := Verify(t.Context(), to, Options{}); errors.Join(err, no) != nil || c.same(whole) != "" || c.Requests() == 0 {
			t.Errorf("running %t: %v, %v, %s", runs, err, no, c.same(whole))
		}
		if _, err := BackupTo(t.Context(), path, &fullDisk{io.Discard, 6000}, Copying{}); !errors.Is(err, errFull) {
			t.Errorf("running %t: half of it: %v", runs, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// A dry run says what is missing to do it, also while a stepin runs; what would be refused all the same is refused.
func TestDryRunBesideOneThatRuns(t *testing.T) {
	path, _ := filled(t)
	backup := filepath.Join(t.TempDir(), "b.db")
	if _, err := Backup(t.Context(), path, backup, Copying{}); err != nil {
		t.Fatal(err)
	}
	for _, runs := range []bool{false, true} {
		pid := 0
		var d *DB
		if runs {
			d = opened(t, path, Options{Team: "T1"})
			serve(t, t.Context(), d)
			pid = os.Getpid()
		}
		was := read(t, path)
		done, err := Restore(t.Context(), backup, path, Copying{DryRun: true})
		if err != nil || !done.Unforced || done.Running != pid || done.Kept == "" {
			t.Errorf("running %t: %+v, %v", runs, done, err)
		}
		if done, err = Restore(t.Context(), backup, path, Copying{DryRun: true, Force: true}); err != nil || done.Unforced {
			t.Errorf("running %t, by force: %+v, %v", runs, done, err)
		}
		before, after, err := Compact(t.Context(), path, Copying{DryRun: true})
		if err != nil || before != int64(len(was)) || after <= 0 || after > before {
			t.Errorf("running %t: from %d to %d, %v", runs, before, after, err)
		}
		untouched(t, path, was)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	o := opened(t, other, Options{Team: "T2"})
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), other, path, Copying{DryRun: true, Force: true}); !errors.Is(err, ErrOtherTeam) {
		t.Errorf("of another workspace: %v", err)
	}
}
