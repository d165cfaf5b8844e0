package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/nudges"
)

// folder is what lies in a folder: each name with its hash.
func folder(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range all {
		if e.Type().IsRegular() {
			fmt.Fprintf(&b, "%s %x\n", e.Name(), sha256.Sum256(read(t, filepath.Join(dir, e.Name()))))
		} else {
			fmt.Fprintln(&b, e.Name(), e.Type())
		}
	}
	return b.String()
}

// Writers go on while backups are taken by way of the socket: each is the state of one moment, in
// which what is written together is equal, and none is older than one that was taken before it.
func TestBackupUnderLoad(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	serve(t, t.Context(), d)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 1; ctx.Err() == nil; i++ {
				n := fmt.Sprint(i)
				_ = d.Update(ctx, func(tx nudges.Tx) error { // ends with ctx
					id := fmt.Sprintf("%d-%d", w, i%50)
					return errors.Join(
						tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("left", w)), DM: n}),
						tx.PutRequest(aRequest(nudges.RequestID(id))), tx.Enqueue(t0, nudges.Message{Key: id + "/" + n}),
						tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("right", w)), DM: n}),
					)
				})
			}
		})
	}
	last, changed := map[int]string{}, 0
	for i := range 10 {
		to := filepath.Join(t.TempDir(), "b.db")
		c, err := Backup(t.Context(), path, to, Copying{})
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := Verify(t.Context(), to, Options{}); err != nil || c.same(whole) != "" {
			t.Errorf("backup %d: %v; %s", i, err, c.same(whole))
		}
		copied := opened(t, to, Options{})
		view(t, copied, func(r nudges.Reader) error {
			for w := range 4 {
				left, err := r.Person(nudges.UserID(fmt.Sprint("left", w)))
				right, err2 := r.Person(nudges.UserID(fmt.Sprint("right", w)))
				if err := errors.Join(err, err2); err != nil {
					return err
				}
				if left.DM != right.DM || len(left.DM) < len(last[w]) || len(left.DM) == len(last[w]) && left.DM < last[w] {
					t.Errorf("backup %d, writer %d: %q and %q, before that %q", i, w, left.DM, right.DM, last[w])
				}
				if left.DM != last[w] {
					changed++
				}
				last[w] = left.DM
			}
			return nil
		})
	}
	stop()
	writers.Wait()
	if changed < 10 {
		t.Errorf("nobody wrote meanwhile: %d changes", changed)
	}
}

// Without a stepin the file itself is read, and stays as it is; the copy is for its owner alone.
func TestBackupOfAFile(t *testing.T) {
	path, used := filled(t)
	before := read(t, path)
	to := filepath.Join(filepath.Dir(path), "b.db")
	var heard, total int64
	c, err := Backup(t.Context(), path, to, Copying{Progress: func(step string, done, of int64) {
		if step == "copying" {
			heard, total = done, of
		}
	}})
	if err != nil || c.Requests() != 800 || c.Waiting() != 800 || c.Bytes != used || heard != used || total != used {
		t.Errorf("%+v, %d of %d, %v", c, heard, total, err)
	}
	untouched(t, path, before)
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	kept := read(t, to)
	if _, err := Backup(t.Context(), path, to, Copying{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	untouched(t, to, kept)
	if _, err := Backup(t.Context(), path, to, Copying{Force: true}); err != nil {
		t.Errorf("by force: %v", err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 2 {
		t.Errorf("left behind: %v, %v", all, err)
	}
}

// fullDisk takes so many bytes and no more.
type fullDisk struct {
	to   io.Writer
	left int
}

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(b []byte) (int, error) {
	if len(b) > f.left {
		n, _ := f.to.Write(b[:f.left])
		f.left = 0
		return n, errFull
	}
	f.left -= len(b)
	return f.to.Write(b)
}

// A full disk leaves everything as it was, wherever it becomes full.
func TestFullDisk(t *testing.T) {
	path, used := filled(t)
	for _, room := range []int{0, 1, 4096, int(used / 2), int(used) - 1} {
		full := Copying{Force: true, through: func(w io.Writer) io.Writer { return &fullDisk{w, room} }}
		backup := filepath.Join(t.TempDir(), "b.db")
		if _, err := Backup(t.Context(), path, backup, Copying{}); err != nil {
			t.Fatal(err)
		}
		here, there := folder(t, filepath.Dir(path)), folder(t, filepath.Dir(backup))
		if _, err := Backup(t.Context(), path, backup, full); err == nil || !strings.Contains(err.Error(), errFull.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("backup with %d bytes: %v", room, err)
		}
		if _, err := Restore(t.Context(), backup, path, full); err == nil || !strings.Contains(err.Error(), errFull.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("restore with %d bytes: %v", room, err)
		}
		if now := folder(t, filepath.Dir(path)); now != here {
			t.Errorf("with %d bytes beside the file:\n%s\nbefore\n%s", room, now, here)
		}
		if now := folder(t, filepath.Dir(backup)); now != there {
			t.Errorf("with %d bytes beside the backup:\n%s\nbefore\n%s", room, now, there)
		}
	}
	d := opened(t, path, Options{})
	serve(t, t.Context(), d)
	to := filepath.Join(t.TempDir(), "b.db")
	full := Copying{through: func(w io.Writer) io.Writer { return &fullDisk{w, 10000} }}
	if _, err := Backup(t.Context(), path, to, full); err == nil || !strings.Contains(err.Error(), errFull.Error()) || strings.Contains(err.Error(), "\n") {
		t.Errorf("by way of the socket: %v", err)
	}
	if now := folder(t, filepath.Dir(to)); now != "" {
		t.Errorf("left behind: %s", now)
	}
	if err := d.Close(); err != nil { // the copy that was broken off holds nothing up
		t.Error(err)
	}
}

// What was cut short or spoilt is refused as a backup, and nothing changes.
func TestRestoreRefuses(t *testing.T) {
	backup, used := filled(t)
	whole := read(t, backup)
	path, _ := filled(t)
	here := folder(t, filepath.Dir(path))
	refused := func(name string, b []byte, want error) {
		t.Helper()
		bad := filepath.Join(t.TempDir(), "bad.db")
		write(t, bad, b)
		_, err := Restore(t.Context(), bad, path, Copying{Force: true})
		if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", name, err)
		}
		if now := folder(t, filepath.Dir(path)); now != here {
			t.Errorf("%s: beside the file\n%s\nbefore\n%s", name, now, here)
		}
		untouched(t, bad, b)
	}
	for _, cut := range []int64{0, 1, 79, 80, 4096, 8192, used / 3, used / 2, used - 4096, used - 1} {
		refused(fmt.Sprint("cut at ", cut), whole[:cut], ErrDamaged)
	}
	refused("text", bytes.Repeat([]byte("nonsense "), 4000), ErrDamaged)
	// Bytes of every page in use are spoilt in turn. What holds no key and no page's head may pass.
	rng, seen := rand.New(rand.NewPCG(1, 1)), 0
	for range 30 {
		b := bytes.Clone(whole[:used])
		at := rng.IntN(int(used))
		b[at] ^= byte(1 + rng.IntN(255))
		bad := filepath.Join(t.TempDir(), "bad.db")
		write(t, bad, b)
		if _, err := Verify(t.Context(), bad, Options{}); err != nil {
			if seen++; !errors.Is(err, ErrDamaged) {
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
	path, _ := filled(t)
	backup := filepath.Join(t.TempDir(), "b.db")
	c, err := Backup(t.Context(), path, backup, Copying{})
	if err != nil {
		t.Fatal(err)
	}
	d := opened(t, path, Options{})
	update(t, d, put("U99"))
	if _, err := Restore(t.Context(), backup, path, Copying{Force: true, Options: Options{Timeout: time.Millisecond}}); !errors.Is(err, ErrLocked) {
		t.Errorf("while it is open: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	old, here := read(t, path), folder(t, filepath.Dir(path))
	now := func() time.Time { return t0 }
	if _, err := Restore(t.Context(), backup, path, Copying{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("without force: %v", err)
	}
	if _, err := Restore(t.Context(), path, path, Copying{Force: true}); err == nil {
		t.Error("onto itself")
	}
	want := Restored{Contents: c, Kept: path + ".before-restore-20190304T090000Z", Looked: 800}
	same(t, want)(Restore(t.Context(), backup, path, Copying{Force: true, DryRun: true, Options: Options{Now: now}}))
	if is := folder(t, filepath.Dir(path)); is != here {
		t.Errorf("changed so far:\n%s\nbefore\n%s", is, here)
	}
	same(t, want)(Restore(t.Context(), backup, path, Copying{Force: true, Options: Options{Now: now}}))
	untouched(t, want.Kept, old)
	d = opened(t, path, Options{})
	if has(t, d, "U99") {
		t.Error("it is the old file")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), path, Options{}); err != nil {
		t.Error(err)
	}
	fresh := file(t)
	same(t, Restored{Contents: c, Looked: 800})(Restore(t.Context(), backup, fresh, Copying{}))
}

// A backup of another workspace takes no file's place, by force either; where one of the two belongs
// to nobody yet, or nobody can tell, it does.
func TestRestoreOfAnotherWorkspace(t *testing.T) {
	of := func(team string) string {
		path, _ := filled(t)
		d := opened(t, path, Options{Team: team})
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	damaged := func() string {
		path := of("T1")
		write(t, path, append(make([]byte, 8192), read(t, path)[8192:]...))
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
		"over none at all": {of("T2"), file(t), true},
	} {
		t.Run(name, func(t *testing.T) {
			here := folder(t, filepath.Dir(c.path))
			for _, o := range []Copying{{Force: true, DryRun: true}, {Force: true}} {
				_, err := Restore(t.Context(), c.backup, c.path, o)
				if c.ok {
					if err != nil {
						t.Errorf("%+v: %v", o, err)
					}
					continue
				}
				if !errors.Is(err, ErrOtherTeam) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "T1") || !strings.Contains(err.Error(), "T2") {
					t.Errorf("%+v: %v", o, err)
				}
				if now := folder(t, filepath.Dir(c.path)); now != here {
					t.Errorf("beside the file\n%s\nbefore\n%s", now, here)
				}
			}
		})
	}
}

// Each old format is put back as the present one; the backup stays as it is.
func TestRestoreOldFormats(t *testing.T) {
	for i, look := range migrationCases {
		backup, path := file(t), file(t)
		b := unzipped(t, oldFile(i+1))
		write(t, backup, b)
		if done, err := Restore(t.Context(), backup, path, Copying{}); err != nil || done.Format != i+1 {
			t.Fatalf("version %d: %+v, %v", i+1, done, err)
		}
		untouched(t, backup, b)
		if _, err := Verify(t.Context(), path, Options{}); err != nil {
			t.Error(err)
		}
		look(t, opened(t, path, Options{}))
	}
}

// A message is looked up first if what brings it about was due before the restore.
func TestOlderThanTheRestore(t *testing.T) {
	backup, path := file(t), file(t)
	d := opened(t, backup, Options{Now: func() time.Time { return t0 }})
	request := func(id string, next time.Time) nudges.Request {
		return nudges.Request{ID: nudges.RequestID(id), Manager: "U1", Phase: nudges.Before, Starts: next, Ends: next.Add(time.Hour), Begun: t0}
	}
	hour := func(n int) time.Time { return t0.Add(time.Duration(n) * time.Hour) }
	reminder := func(who nudges.UserID, next time.Time) nudges.Reminder {
		return nudges.Reminder{Person: who, State: nudges.ReminderOn, Due: next, DueOn: "2019-03-04"}
	}
	update(t, d, func(tx nudges.Tx) error {
		return errors.Join(
			tx.PutRequest(request("R1", hour(1))), tx.PutRequest(request("R2", hour(3))),
			tx.PutReminder(reminder("U1", hour(1))), tx.PutReminder(reminder("U2", hour(3))),
			tx.Enqueue(t0, nudges.Message{Key: "waits"}, nudges.Message{Key: "is held"}, nudges.Message{Key: "was tried", Due: hour(3)}, nudges.Message{Key: "waits on", Due: hour(3)}),
			tx.Attempt("was tried"), tx.Hold("is held"),
			tx.Record("envelope", nil, t0.Add(time.Minute)),
		)
	})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := Restore(t.Context(), backup, path, Copying{Options: Options{Now: func() time.Time { return hour(2) }}})
	if err != nil || done.Looked != 3 {
		t.Errorf("%+v, %v", done, err)
	}
	d = opened(t, path, Options{})
	now := hour(4)
	update(t, d, func(tx nudges.Tx) error { // one who acts on what the clock has not yet come to
		return errors.Join(tx.PutRequest(request("R2", hour(5))), tx.Enqueue(now, nudges.Message{Key: "R2/1", Request: "R2", Due: now}))
	})
	update(t, d, func(tx nudges.Tx) error {
		return errors.Join(
			tx.PutRequest(request("R1", hour(9))),
			tx.Enqueue(now, nudges.Message{Key: "R1/1", Request: "R1", Due: now}, nudges.Message{Key: "R1/2", Request: "R1", Due: hour(9)}, nudges.Message{Key: "R2/2", Request: "R2"}),
			tx.PutReminder(reminder("U1", hour(30))), tx.PutReminder(reminder("U2", hour(30))),
			tx.Enqueue(now, nudges.Message{Key: "mantra/1", To: "U1"}, nudges.Message{Key: "mantra/2", To: "U2"}),
		)
	})
	update(t, d, func(tx nudges.Tx) error { // the next thing that happens is new
		return errors.Join(tx.PutRequest(request("R1", hour(8))), tx.Enqueue(now, nudges.Message{Key: "R1/3", Request: "R1"}))
	})
	want := map[string]bool{
		"waits": true, "is held": true, "was tried": true, "waits on": false,
		"R1/1": true, "R1/2": false, "R1/3": false, "R2/1": false, "R2/2": false, "mantra/1": true, "mantra/2": false,
	}
	view(t, d, func(r nudges.Reader) error {
		for key, looked := range want {
			m, err := r.Message(key)
			if err != nil || m.Attempted != looked || m.Held {
				t.Errorf("%s: looked up %v, held %v, %v", key, m.Attempted, m.Held, err)
			}
			if key == "R1/1" && !m.Enqueued.Equal(t0.Add(time.Minute)) {
				t.Errorf("looked for since %v", m.Enqueued)
			}
		}
		return nil
	})
}

// Who waited for a file's lock while another file took its place has that one.
func TestWaitedForAnotherFile(t *testing.T) {
	path := file(t)
	update := func(path, who string) {
		d := opened(t, path, Options{})
		update(t, d, put(who))
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	update(path, "old")
	update(path+".new", "new")
	f, err := openLocked(t.Context(), path, os.O_RDWR, Options{}.filled(), toUse)
	if err != nil {
		t.Fatal(err)
	}
	log := &waitLog{waits: make(chan struct{}), has: "waiting for another process"}
	type result struct {
		d   *DB
		err error
	}
	opens := make(chan result, 1)
	go func() {
		d, err := Open(t.Context(), path, Options{Timeout: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
		opens <- result{d, err}
	}()
	<-log.waits
	if err := errors.Join(os.Rename(path+".new", path), f.Close()); err != nil {
		t.Fatal(err)
	}
	got := <-opens
	if got.err != nil {
		t.Fatal(got.err)
	}
	if !has(t, got.d, "new") {
		t.Error("it has the old file")
	}
	if err := got.d.Close(); err != nil {
		t.Error(err)
	}
}

func TestCompact(t *testing.T) {
	path, _ := filled(t)
	d := opened(t, path, Options{})
	update(t, d, func(tx nudges.Tx) error {
		for i := range 8 {
			for j := range 100 {
				if err := tx.Settle(fmt.Sprintf("R%d-%d/1", i, j), nudges.Receipt{Channel: "D", TS: "1"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if _, _, err := Compact(t.Context(), path, Copying{Options: Options{Timeout: time.Millisecond}}); !errors.Is(err, ErrLocked) {
		t.Errorf("while it is open: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	whole := read(t, path)
	was, err := Verify(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, would, err := Compact(t.Context(), path, Copying{DryRun: true})
	if err != nil || would >= before || before != int64(len(whole)) {
		t.Errorf("from %d to %d, %v", before, would, err)
	}
	untouched(t, path, whole)
	_, after, err := Compact(t.Context(), path, Copying{})
	if err != nil || after != would || int64(len(read(t, path))) != after {
		t.Errorf("to %d, not %d, %v", after, would, err)
	}
	is, err := Verify(t.Context(), path, Options{})
	if err != nil || was.same(is) != "" {
		t.Errorf("%v, %s", err, was.same(is))
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("left behind: %v, %v", all, err)
	}
	again := read(t, path)
	if before, after, err := Compact(t.Context(), path, Copying{}); err != nil || after < before {
		t.Errorf("once more: from %d to %d, %v", before, after, err)
	}
	untouched(t, path, again)
	t.Logf("from %d to %d", before, after)
}
