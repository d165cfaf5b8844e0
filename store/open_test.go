package store

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/store/disk"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// changed changes a file behind the store's back.
func changed(t *testing.T, path string, fn func(*kv.Tx) error) {
	t.Helper()
	f, err := OpenAs(t.Context(), path, Options{NoSync: true}, kv.Use, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Update(fn), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// refused opens what must not open, and looks at how it says so.
func refused(t *testing.T, path string, want error) {
	t.Helper()
	before := storetest.Read(t, path)
	d, err := Open(t.Context(), path, Options{Timeout: time.Second})
	if err == nil {
		_ = d.Close() // the test has failed already
		t.Fatal("it was opened")
	}
	if storetest.OneLine(t, "refused", err, path, "restore a backup"); !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
	storetest.Untouched(t, path, before)
	storetest.Alone(t, path, 1)
	changed(t, path, func(*kv.Tx) error { return nil }) // the lock is free again
}

func TestStrangeFileIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*kv.Tx) error
		want   error
	}{
		"newer":     {func(tx *kv.Tx) error { return tx.Put(meta, []byte(metaFormat), []byte("99")) }, ErrNewer},
		"no format": {func(tx *kv.Tx) error { return tx.Delete(meta, []byte(metaFormat)) }, ErrDamaged},
		"no key":    {func(tx *kv.Tx) error { return tx.Delete(meta, []byte(metaSecret)) }, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.File(t)
			if err := opened(t, path, Options{}).Close(); err != nil {
				t.Fatal(err)
			}
			changed(t, path, c.change)
			refused(t, path, c.want)
		})
	}
}

// without is a file that lacks a table.
func without(t *testing.T, table kv.Table) (path string) {
	t.Helper()
	path = storetest.File(t)
	storetest.Write(t, path, nil)
	f, err := OpenAs(t.Context(), path, Options{NoSync: true}, kv.Make, "")
	if err != nil {
		t.Fatal(err)
	}
	err = f.Update(func(tx *kv.Tx) error {
		all := slices.Concat(newTables...)
		if err := tx.MakeTables(slices.DeleteFunc(all, func(b kv.Table) bool { return b == table })...); err != nil || table == meta {
			return err
		}
		return errors.Join(tx.Put(meta, []byte(metaFormat), []byte("5")), tx.Put(meta, []byte(metaSecret), []byte("secret")))
	})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFileWithoutATableIsRefused(t *testing.T) {
	for _, table := range []kv.Table{said, meta} {
		refused(t, without(t, table), ErrDamaged)
	}
}

func TestLocked(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	_, err := Open(t.Context(), path, Options{Timeout: time.Millisecond})
	if !errors.Is(err, ErrLocked) || !strings.HasSuffix(err.Error(), "stop it first") {
		t.Errorf("twice: %v", err)
	}
	storetest.Close(t, d)
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
		storetest.Write(t, filepath.Join(dir, "s.db"), []byte("x"))
		_, err := Open(t.Context(), path, Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", path, err)
		}
	}
	path := storetest.File(t)
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	storetest.Alone(t, path, 1)
}

// Who waited for a file's lock while another file took its place has that one.
func TestWaitedForAnotherFile(t *testing.T) {
	path := storetest.File(t)
	update := func(path, who string) {
		d := opened(t, path, Options{})
		update(t, d, put(who))
		storetest.Close(t, d)
	}
	update(path, "old")
	update(path+".new", "new")
	f, err := disk.OpenLocked(t.Context(), path, os.O_RDWR, disk.Lock{})
	if err != nil {
		t.Fatal(err)
	}
	log := storetest.Await("waiting for another process")
	type result struct {
		d   *DB
		err error
	}
	opens := make(chan result, 1)
	go func() {
		d, err := Open(t.Context(), path, Options{Timeout: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
		opens <- result{d, err}
	}()
	<-log.Heard
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
