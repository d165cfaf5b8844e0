package copy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/storetest"
)

// What was cut short or spoilt is refused as a backup, and nothing changes.
func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	backup := filledWith(t, many, "")
	used := used(t, backup)
	whole := storetest.Read(t, backup)
	path := filledWith(t, many, "")
	here := storetest.Folder(t, path)
	refused := func(name string, b []byte, want error) {
		t.Helper()
		bad := filepath.Join(t.TempDir(), "bad.db")
		storetest.Write(t, bad, b)
		_, err := Restore(t.Context(), bad, path, Options{Force: true})
		if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
		if now := storetest.Folder(t, path); now != here {
			t.Errorf("%s: beside the file\n%s\nbefore\n%s", name, now, here)
		}
		storetest.Untouched(t, bad, b)
	}
	for _, cut := range []int64{0, 1, 79, 80, 4096, 8192, used / 3, used / 2, used - 4096, used - 1} {
		refused(fmt.Sprint("cut at ", cut), whole[:cut], store.ErrDamaged)
	}
	refused("text", bytes.Repeat([]byte("nonsense "), 4000), store.ErrDamaged)
	// Bytes of every page in use are spoilt in turn. What holds no key and no page's head may pass.
	rng, seen := rand.New(rand.NewPCG(1, 1)), 0
	for range 30 {
		b := bytes.Clone(whole[:used])
		at := rng.IntN(int(used))
		b[at] ^= byte(1 + rng.IntN(255))
		bad := filepath.Join(t.TempDir(), "bad.db")
		storetest.Write(t, bad, b)
		if _, err := Verify(t.Context(), bad, store.Options{}); err != nil {
			if seen++; !errors.Is(err, store.ErrDamaged) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	t.Logf("of 30 spoilt bytes %d were seen", seen)
	if seen < 4 {
		t.Error("hardly any")
	}
}

func TestRestoreKeepsTheOldFile(t *testing.T) {
	t.Parallel()
	path := filledWith(t, many, "")
	backup := filepath.Join(t.TempDir(), "b.db")
	c, err := Backup(t.Context(), path, backup, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := opened(t, path, store.Options{})
	update(t, d, put("U99"))
	if _, err := Restore(t.Context(), backup, path, Options{
		Force:   true,
		Options: store.Options{Timeout: time.Millisecond},
	}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("while it is open: %v", err)
	}
	storetest.Close(t, d)
	old, here := storetest.Read(t, path), storetest.Folder(t, path)
	now := func() time.Time { return storetest.T0 }
	if _, err := Restore(t.Context(), backup, path, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("without force: %v", err)
	}
	if _, err := Restore(t.Context(), path, path, Options{Force: true}); err == nil {
		t.Error("onto itself")
	}
	want := Restored{Contents: c, Kept: path + ".before-restore-20190304T090000Z", Looked: 800}
	storetest.Same(t, want)(Restore(t.Context(), backup, path,
		Options{Force: true, DryRun: true, Options: store.Options{Now: now}}))
	if is := storetest.Folder(t, path); is != here {
		t.Errorf("changed so far:\n%s\nbefore\n%s", is, here)
	}
	storetest.Same(t, want)(Restore(t.Context(), backup, path, Options{Force: true, Options: store.Options{Now: now}}))
	storetest.Untouched(t, want.Kept, old)
	d = opened(t, path, store.Options{})
	if has(t, d, "U99") {
		t.Error("it is the old file")
	}
	storetest.Close(t, d)
	if _, err := Verify(t.Context(), path, store.Options{}); err != nil {
		t.Error(err)
	}
	fresh := storetest.File(t)
	storetest.Same(t, Restored{Contents: c, Looked: 800})(Restore(t.Context(), backup, fresh, Options{}))
}

// A backup of another workspace takes no file's place, by force either; where one of the two belongs
// to nobody yet, or nobody can tell, it does.
func TestRestoreOfAnotherWorkspace(t *testing.T) {
	t.Parallel()
	of := func(team string) string { return filled(t, team) }
	damaged := func() string {
		path := of("T1")
		storetest.Write(t, path, append(make([]byte, 8192), storetest.Read(t, path)[8192:]...))
		return path
	}
	for name, c := range map[string]struct {
		backup, path string
		ok           bool
	}{
		"the same":         {of("T1"), of("T1"), true},
		"another":          {of("T2"), of("T1"), false},
		"nobody's backup":  {of(""), of("T1"), true},
		"over nobody's":    {of("T2"), of(""), true},
		"over a damaged":   {of("T2"), damaged(), true},
		"over none at all": {of("T2"), storetest.File(t), true},
	} {
		t.Run(name, func(t *testing.T) {
			here := storetest.Folder(t, c.path)
			for _, o := range []Options{{Force: true, DryRun: true}, {Force: true}} {
				_, err := Restore(t.Context(), c.backup, c.path, o)
				if c.ok {
					if err != nil {
						t.Errorf("%+v: %v", o, err)
					}
					continue
				}
				if !errors.Is(err, store.ErrOtherTeam) || strings.Contains(err.Error(), "\n") ||
					!strings.Contains(err.Error(), "T1") || !strings.Contains(err.Error(), "T2") {
					t.Errorf("%+v: %v", o, err)
				}
				if now := storetest.Folder(t, c.path); now != here {
					t.Errorf("beside the file\n%s\nbefore\n%s", now, here)
				}
			}
		})
	}
}

// Each old format is put back as the present one; the backup stays as it is.
func TestRestoreOldFormats(t *testing.T) {
	t.Parallel()
	for i, look := range storetest.Looks {
		backup, path := storetest.Unzip(t, fmt.Sprintf("../testdata/v%d.db.gz", i+1)), storetest.File(t)
		b := storetest.Read(t, backup)
		if done, err := Restore(t.Context(), backup, path, Options{}); err != nil || done.Format != i+1 {
			t.Fatalf("version %d: %+v, %v", i+1, done, err)
		}
		storetest.Untouched(t, backup, b)
		if _, err := Verify(t.Context(), path, store.Options{}); err != nil {
			t.Error(err)
		}
		view(t, opened(t, path, store.Options{}), func(r storage.Reader) error { look(t, r); return nil })
	}
}

// A message is looked up first if what brings it about was due before the restore.
func TestOlderThanTheRestore(t *testing.T) {
	t.Parallel()
	backup, path := storetest.File(t), storetest.File(t)
	d := opened(t, backup, store.Options{Now: func() time.Time { return storetest.T0 }})
	request := func(id string, next time.Time) nudges.Request {
		return nudges.Request{
			ID: nudges.RequestID(id), Manager: "U1", Phase: nudges.Before, Starts: next,
			Ends: next.Add(time.Hour), Begun: storetest.T0,
		}
	}
	hour := func(n int) time.Time { return storetest.T0.Add(time.Duration(n) * time.Hour) }
	reminder := func(who nudges.UserID, next time.Time) daily.Reminder {
		return daily.Reminder{Person: who, State: daily.ReminderOn, Due: next, DueOn: "2019-03-04"}
	}
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(
			tx.PutRequest(request("R1", hour(1))), tx.PutRequest(request("R2", hour(3))),
			tx.PutReminder(reminder("U1", hour(1))), tx.PutReminder(reminder("U2", hour(3))),
			tx.Enqueue(storetest.T0, nudges.Message{Key: "waits"}, nudges.Message{Key: "is held"},
				nudges.Message{Key: "was tried", Due: hour(3)}, nudges.Message{Key: "waits on", Due: hour(3)}),
			tx.Attempt("was tried"), tx.Hold("is held"),
			tx.Record("envelope", nil, storetest.T0.Add(time.Minute)),
		)
	})
	storetest.Close(t, d)
	done, err := Restore(t.Context(), backup, path,
		Options{Options: store.Options{Now: func() time.Time { return hour(2) }}})
	if err != nil || done.Looked != 3 {
		t.Errorf("%+v, %v", done, err)
	}
	d = opened(t, path, store.Options{})
	now := hour(4)
	update(t, d, func(tx storage.Tx) error { // one who acts on what the clock has not yet come to
		return errors.Join(tx.PutRequest(request("R2", hour(5))),
			tx.Enqueue(now, nudges.Message{Key: "R2/1", Request: "R2", Due: now}))
	})
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(
			tx.PutRequest(request("R1", hour(9))),
			tx.Enqueue(now, nudges.Message{Key: "R1/1", Request: "R1", Due: now},
				nudges.Message{Key: "R1/2", Request: "R1", Due: hour(9)}, nudges.Message{Key: "R2/2", Request: "R2"}),
			tx.PutReminder(reminder("U1", hour(30))), tx.PutReminder(reminder("U2", hour(30))),
			tx.Enqueue(now, nudges.Message{Key: "mantra/1", To: "U1"}, nudges.Message{Key: "mantra/2", To: "U2"}),
		)
	})
	update(t, d, func(tx storage.Tx) error { // the next thing that happens is new
		return errors.Join(tx.PutRequest(request("R1", hour(8))),
			tx.Enqueue(now, nudges.Message{Key: "R1/3", Request: "R1"}))
	})
	want := map[string]bool{
		"waits": true, "is held": true, "was tried": true, "waits on": false,
		"R1/1": true, "R1/2": false, "R1/3": false, "R2/1": false, "R2/2": false, "mantra/1": true, "mantra/2": false,
	}
	view(t, d, func(r storage.Reader) error {
		for key, looked := range want {
			m, err := r.Message(key)
			if err != nil || m.Attempted != looked || m.Held {
				t.Errorf("%s: looked up %v, held %v, %v", key, m.Attempted, m.Held, err)
			}
			if key == "R1/1" && !m.Enqueued.Equal(storetest.T0.Add(time.Minute)) {
				t.Errorf("looked for since %v", m.Enqueued)
			}
		}
		return nil
	})
}

// A dry run says what is missing to do it, also while a stepin runs; what would be refused all the same is refused.
func TestDryRunBesideOneThatRuns(t *testing.T) {
	t.Parallel()
	path := filled(t, "")
	backup := filepath.Join(t.TempDir(), "b.db")
	if _, err := Backup(t.Context(), path, backup, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, runs := range []bool{false, true} {
		pid := 0
		var d *store.DB
		if runs {
			d = opened(t, path, store.Options{Team: "T1"})
			serve(t, d, path)
			pid = os.Getpid()
		}
		was := storetest.Read(t, path)
		done, err := Restore(t.Context(), backup, path, Options{DryRun: true})
		if err != nil || !done.Unforced || done.Running != pid || done.Kept == "" {
			t.Errorf("running %t: %+v, %v", runs, done, err)
		}
		if done, err = Restore(t.Context(), backup, path, Options{DryRun: true, Force: true}); err != nil ||
			done.Unforced {
			t.Errorf("running %t, by force: %+v, %v", runs, done, err)
		}
		before, after, err := Compact(t.Context(), path, Options{DryRun: true})
		if err != nil || before != int64(len(was)) || after <= 0 || after > before {
			t.Errorf("running %t: from %d to %d, %v", runs, before, after, err)
		}
		storetest.Untouched(t, path, was)
	}
	other := filepath.Join(t.TempDir(), "other.db")
	o := opened(t, other, store.Options{Team: "T2"})
	storetest.Close(t, o)
	if _, err := Restore(t.Context(), other, path, Options{DryRun: true, Force: true}); !errors.Is(err,
		store.ErrOtherTeam) {
		t.Errorf("of another workspace: %v", err)
	}
}
