package kv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stepin/store/disk"
	"stepin/store/storetest"
)

const (
	things Table = "things"
	marks  Table = "marks"
)

// opened opens a DB whose file is not synced, made first if there is none, and closes it at the test's end.
func opened(t testing.TB, path string, o Options) *DB {
	t.Helper()
	o.NoSync = true
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		storetest.Write(t, path, nil)
		o.Mode = Make
		f, err := Open(t.Context(), path, o)
		if err == nil {
			err = errors.Join(f.Update(func(tx *Tx) error { return tx.MakeTables(things, marks) }), f.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		o.Mode = Use
	}
	f, err := Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() }) // closed before, or without meaning to the test
	return d
}

func put(id string) func(*Tx) error {
	return func(tx *Tx) error { return tx.Put(things, []byte(id), []byte(id)) }
}

func has(t testing.TB, d *DB, id string) (ok bool) {
	t.Helper()
	if err := d.View(func(tx *Tx) error { ok = tx.Has(things, []byte(id)); return nil }); err != nil {
		t.Fatal(err)
	}
	return ok
}

func update(t testing.TB, d *DB, fn func(*Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// filled is a closed file with some hundred kilobytes in it, and how many of its bytes are in use: what follows is room
// that bbolt has set aside.
func filled(t testing.TB) (path string, used int64) {
	t.Helper()
	path = storetest.File(t)
	d := opened(t, path, Options{})
	for i := range 8 {
		update(t, d, func(tx *Tx) error {
			for j := range 200 {
				key := fmt.Appendf(nil, "%d-%d", i, j)
				if err := errors.Join(tx.Put(things, key, make([]byte, 200)), tx.Put(marks, key, nil)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := d.View(func(tx *Tx) error { used = tx.Bytes(); return nil }); err != nil {
		t.Fatal(err)
	}
	storetest.Close(t, d)
	return path, used
}

// refused opens what must not open, and looks at how it says so.
func refused(t *testing.T, path string, want error) {
	t.Helper()
	before := storetest.Read(t, path)
	f, err := Open(t.Context(), path, Options{})
	if err == nil {
		_ = f.Close() // the test has failed already
		t.Fatal("it was opened")
	}
	if storetest.OneLine(t, "refused", err, path); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	storetest.Untouched(t, path, before)
	// The lock is free again, whatever happened under it.
	held, err := disk.OpenLocked(t.Context(), path, os.O_RDWR, disk.Lock{Timeout: 1})
	if err != nil {
		t.Fatalf("the lock is still held: %v", err)
	}
	storetest.Close(t, held)
}

// checked lets bbolt look at every page.
func checked(t *testing.T, d *DB) {
	t.Helper()
	if err := d.View(func(tx *Tx) error { return tx.Check() }); err != nil {
		t.Error(err)
	}
}

// A reader that stands still, such as a backup to a pipe that nobody reads, holds up no commit, however much the file
// grows meanwhile.
func TestStandingReaderHoldsUpNoCommit(t *testing.T) {
	if strconv.IntSize == 32 || runtime.GOOS == "windows" {
		t.Skip("the map is small here")
	}
	d := opened(t, storetest.File(t), Options{})
	release, stands := make(chan struct{}), make(chan struct{})
	stop := sync.OnceFunc(func() { close(release) })
	var reader sync.WaitGroup
	reader.Go(func() {
		if err := d.View(func(*Tx) error { close(stands); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-stands
	var held atomic.Bool
	patience := time.AfterFunc(time.Minute, func() { held.Store(true); stop() })
	for i := range 70 { // past 64 MB, where bbolt would map a file of this size again
		update(t, d, func(tx *Tx) error { return tx.Put(things, []byte{byte(i)}, make([]byte, 1<<20)) })
	}
	patience.Stop()
	stop()
	reader.Wait()
	if held.Load() {
		t.Error("a commit waited for the reader")
	}
}
