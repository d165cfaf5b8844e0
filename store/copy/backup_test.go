package copy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/storetest"
)

// Writers go on while backups are taken by way of the socket: each is the state of one moment, in
// which what is written together is equal, and none is older than one that was taken before it.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	path := storetest.File(t)
	d := opened(t, path, store.Options{})
	serve(t, d, path)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 1; ctx.Err() == nil; i++ {
				n := fmt.Sprint(i)
				_ = d.Update(ctx, func(tx storage.Tx) error { // ends with ctx
					id := fmt.Sprintf("%d-%d", w, i%50)
					return errors.Join(
						tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("left", w)), DM: n}),
						tx.PutRequest(storetest.Request(nudges.RequestID(id))),
						tx.Enqueue(storetest.T0, nudges.Message{Key: id + "/" + n}),
						tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("right", w)), DM: n}),
					)
				})
			}
		})
	}
	last, changed := map[int]string{}, 0
	for i := range 10 {
		to := filepath.Join(t.TempDir(), "b.db")
		c, err := Backup(t.Context(), path, to, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if whole, err := Verify(t.Context(), to, store.Options{}); err != nil || c.Differs(whole) != "" {
			t.Errorf("backup %d: %v; %s", i, err, c.Differs(whole))
		}
		copied := opened(t, to, store.Options{})
		view(t, copied, func(r storage.Reader) error {
			for w := range 4 {
				left, err := r.Person(nudges.UserID(fmt.Sprint("left", w)))
				right, err2 := r.Person(nudges.UserID(fmt.Sprint("right", w)))
				if err := errors.Join(err, err2); err != nil {
					return err
				}
				if left.DM != right.DM || len(left.DM) < len(last[w]) || len(left.DM) == len(last[w]) &&
					left.DM < last[w] {
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
	t.Parallel()
	path := filledWith(t, many, "")
	used := used(t, path)
	before := storetest.Read(t, path)
	to := filepath.Join(filepath.Dir(path), "b.db")
	var heard, total int64
	c, err := Backup(t.Context(), path, to, Options{Progress: func(step string, done, of int64) {
		if step == "copying" {
			heard, total = done, of
		}
	}})
	if err != nil || c.Requests() != 800 || c.Waiting() != 800 || c.Bytes != used || heard != used || total != used {
		t.Errorf("%+v, %d of %d, %v", c, heard, total, err)
	}
	storetest.Untouched(t, path, before)
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	kept := storetest.Read(t, to)
	if _, err := Backup(t.Context(), path, to, Options{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another: %v", err)
	}
	storetest.Untouched(t, to, kept)
	if _, err := Backup(t.Context(), path, to, Options{Force: true}); err != nil {
		t.Errorf("by force: %v", err)
	}
	storetest.Alone(t, path, 2)
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
	t.Parallel()
	path := filledWith(t, many, "")
	used := used(t, path)
	for _, room := range []int{0, 1, 4096, int(used / 2), int(used) - 1} {
		full := Options{Force: true, through: func(w io.Writer) io.Writer { return &fullDisk{w, room} }}
		backup := filepath.Join(t.TempDir(), "b.db")
		if _, err := Backup(t.Context(), path, backup, Options{}); err != nil {
			t.Fatal(err)
		}
		here, there := storetest.Folder(t, path), storetest.Folder(t, backup)
		if _, err := Backup(t.Context(), path, backup, full); err == nil ||
			!strings.Contains(err.Error(), errFull.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("backup with %d bytes: %v", room, err)
		}
		if _, err := Restore(t.Context(), backup, path, full); err == nil ||
			!strings.Contains(err.Error(), errFull.Error()) || strings.Contains(err.Error(), "\n") {
			t.Errorf("restore with %d bytes: %v", room, err)
		}
		if now := storetest.Folder(t, path); now != here {
			t.Errorf("with %d bytes beside the file:\n%s\nbefore\n%s", room, now, here)
		}
		if now := storetest.Folder(t, backup); now != there {
			t.Errorf("with %d bytes beside the backup:\n%s\nbefore\n%s", room, now, there)
		}
	}
	d := opened(t, path, store.Options{})
	serve(t, d, path)
	to := filepath.Join(t.TempDir(), "b.db")
	full := Options{through: func(w io.Writer) io.Writer { return &fullDisk{w, 10000} }}
	if _, err := Backup(t.Context(), path, to, full); err == nil || !strings.Contains(err.Error(), errFull.Error()) ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("by way of the socket: %v", err)
	}
	if now := storetest.Folder(t, to); now != "" {
		t.Errorf("left behind: %s", now)
	}
	if err := d.Close(); err != nil { // the copy that was broken off holds nothing up
		t.Error(err)
	}
}

// A backup to a pipe is the same as one to a file, by way of a stepin that runs and without; one that cannot be sent
// is an error.
func TestBackupTo(t *testing.T) {
	t.Parallel()
	path := filled(t, "")
	d := opened(t, path, store.Options{})
	serve(t, d, path)
	for _, runs := range []bool{true, false} {
		var b bytes.Buffer
		c, err := BackupTo(t.Context(), path, &b, Options{})
		to := storetest.File(t)
		storetest.Write(t, to, b.Bytes())
		if whole, no := Verify(t.Context(), to, store.Options{}); errors.Join(err, no) != nil ||
			c.Differs(whole) != "" || c.Requests() == 0 {
			t.Errorf("running %t: %v, %v, %s", runs, err, no, c.Differs(whole))
		}
		if _, err := BackupTo(t.Context(), path, &fullDisk{io.Discard, 6000}, Options{}); !errors.Is(err, errFull) {
			t.Errorf("running %t: half of it: %v", runs, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	storetest.Alone(t, path, 1)
}

// A backup is of the file as it was when it was asked for, also if another takes its place meanwhile.
func TestBackupWhileRewritten(t *testing.T) {
	t.Parallel()
	path := storetest.File(t)
	d := opened(t, path, store.Options{})
	update(t, d, put("U1"))
	serve(t, d, path)
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			if err := d.Rewrite(); err != nil {
				ended <- err
				return
			}
		}
	}()
	to := path + ".backup"
	for i := range 100 {
		if _, err := Backup(t.Context(), path, to, Options{Force: true}); err != nil {
			t.Fatalf("backup %d: %v", i, err)
		}
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	all, err := d.Copies()
	if err != nil || len(all) != 1 || all[0].Name != filepath.Base(to) {
		t.Errorf("copies: %v, %v", all, err)
	}
}

// What was moved away under a stepin is what it tells about, and what a backup is of.
func TestBackupOfAMovedFile(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, store.Options{})
	update(t, d, func(tx storage.Tx) error { return tx.PutRequest(storetest.Request("R1")) })
	serve(t, d, path)
	is := func(what string, moved bool) {
		t.Helper()
		now, err := d.Now()
		if err != nil || now.Requests != 1 || now.Size == 0 || d.Moved() != moved {
			t.Errorf("%s: %+v, %v", what, now, err)
		}
		var b bytes.Buffer
		if c, err := BackupTo(t.Context(), path, &b, Options{}); err != nil || c.Requests() != 1 {
			t.Errorf("%s: backup: %+v, %v", what, c, err)
		}
		was := storetest.Folder(t, path)
		if err := d.Rewrite(); (err != nil) != moved || moved && storetest.Folder(t, path) != was {
			t.Errorf("%s: rewrite: %v", what, err)
		}
	}
	is("in its place", false)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	is("moved away", true)
	storetest.Write(t, path, []byte("another"))
	is("replaced", true)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	is("moved back", false)
}
