package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// filled is a closed file with some hundred kilobytes in it, and how many of its
// bytes are in use: what follows is room that bbolt has set aside.
func filled(t testing.TB) (path string, used int64) {
	t.Helper()
	path = file(t)
	d := opened(t, path, Options{})
	for i := range 8 {
		update(t, d, func(tx nudges.Tx) error {
			for j := range 100 {
				r := aRequest(nudges.RequestID(fmt.Sprintf("R%d-%d", i, j)))
				if err := errors.Join(tx.PutRequest(r), tx.Enqueue(t0, nudges.Message{Key: string(r.ID) + "/1"})); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := d.back.(boltBackend).db.View(func(tx *bolt.Tx) error { used = tx.Size(); return nil }); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return path, used
}

// refused opens what must not open, and looks at how it says so.
func refused(t *testing.T, path string, want error) {
	t.Helper()
	before := read(t, path)
	d, err := Open(t.Context(), path, Options{Timeout: time.Second})
	if err == nil {
		_ = d.Close() // the test has failed already
		t.Fatal("it was opened")
	}
	if !errors.Is(err, want) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) {
		t.Errorf("not one line about %s and %v: %v", path, want, err)
	}
	if !strings.Contains(err.Error(), "restore a backup") {
		t.Errorf("no remedy: %v", err)
	}
	untouched(t, path, before)
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("something lies beside the file: %v, %v", all, err)
	}
	// The lock is free again, whatever happened under it.
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := tryLock(f, false); !ok || err != nil {
		t.Errorf("the lock is still held: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestCutFileIsRefused(t *testing.T) {
	path, used := filled(t)
	whole := read(t, path)
	cuts := []int64{0, 1, 15, 16, 79, 80, 81, 4095, 4096, 4097, 8191, 8192, 8193, used - 1, used - 4096}
	for i := range int64(80) {
		cuts = append(cuts, used*(i+1)/81)
	}
	for _, cut := range cuts {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			path := file(t)
			write(t, path, whole[:cut])
			refused(t, path, ErrDamaged)
		})
	}
	write(t, path, whole[:used])
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Errorf("the whole file: %v", err)
	}
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, fileMode); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFileIsRefused(t *testing.T) {
	path, _ := filled(t)
	whole := read(t, path)
	page := os.Getpagesize()
	spoil := func(at int) []byte {
		b := append([]byte(nil), whole...)
		b[at] ^= 0xff
		return b
	}
	freelist := binary.NativeEndian.Uint64(whole[pageHeader+32:])
	for name, b := range map[string][]byte{
		"garbage":             []byte(strings.Repeat("no database at all ", 4000)),
		"zeros":               make([]byte, 1<<16),
		"magic of the first":  spoil(pageHeader),
		"field of the first":  spoil(pageHeader + 40),
		"sum of the first":    spoil(pageHeader + metaFields),
		"magic of the second": spoil(page + pageHeader),
		"field of the second": spoil(page + pageHeader + 40),
		"page of free pages":  spoil(int(freelist)*page + 8),
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			write(t, path, b)
			refused(t, path, ErrDamaged)
		})
	}
}

// bolted changes a file behind the store's back.
func bolted(t *testing.T, path string, fn func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, fileMode, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fn), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestStrangeFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bolt.Tx) error
		want   error
	}{
		"newer": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("meta")).Put([]byte(metaFormat), []byte("99"))
		}, ErrNewer},
		"no format": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("meta")).Delete([]byte(metaFormat))
		}, ErrDamaged},
		"no key": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("meta")).Delete([]byte(metaSecret))
		}, ErrDamaged},
		"a bucket missing": {func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("said")) }, ErrDamaged},
		"somebody else's":  {func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path, _ := filled(t)
			bolted(t, path, c.change)
			refused(t, path, c.want)
		})
	}
}

func TestLocked(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	_, err := Open(t.Context(), path, Options{Timeout: time.Millisecond})
	if !errors.Is(err, ErrLocked) || !strings.HasSuffix(err.Error(), "stop it first") {
		t.Errorf("twice: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenElsewhere(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		"":                                  "no file is named",
		dir:                                 "not a file",
		filepath.Join(dir, "none", "s.db"):  "no directory",
		filepath.Join(dir, "s.db", "or.db"): "", // said by the system
	} {
		write(t, filepath.Join(dir, "s.db"), []byte("x"))
		_, err := Open(t.Context(), path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	path := file(t)
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
		t.Errorf("beside a new file: %v, %v", all, err)
	}
}
