package kv

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"testing"

	berrors "go.etcd.io/bbolt/errors"

	"stepin/store/storetest"
)

// fdOf is the number under which this process has a file open.
func fdOf(t *testing.T, path string) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && to == path {
			n, err := strconv.Atoi(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the file is not open")
	return 0
}

// The disk's own sync fails, within bbolt: behind the number of its file lies
// /dev/null for a while, which takes every byte and fails at fdatasync.
func TestSyncFails(t *testing.T) {
	path := storetest.File(t)
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := New(f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	update(t, d, put("before"))
	fd := fdOf(t, path)
	kept, err := syscall.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Dup3(int(null.Fd()), fd, 0); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		err := d.Update(t.Context(), put(fmt.Sprint("lost", i)))
		if !errors.Is(err, syscall.EINVAL) || errors.Is(err, ErrUnclear) {
			t.Errorf("the sync failed, and the update says %v", err)
		}
	}
	if err := errors.Join(syscall.Dup3(kept, fd, 0), syscall.Close(kept), null.Close()); err != nil {
		t.Fatal(err)
	}
	update(t, d, put("after"))
	storetest.Close(t, d)
	d = opened(t, path, Options{})
	for id, want := range map[string]bool{"before": true, "lost0": false, "lost1": false, "lost2": false, "after": true} {
		if has(t, d, id) != want {
			t.Errorf("%s is there: %v", id, !want)
		}
	}
	checked(t, d)
}

// No room on the disk: the update fails, and later ones go on when there is room.
func TestDiskFull(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{})
	update(t, d, put("before"))
	db := d.file.bolt
	db.MaxSize = 1
	err := d.Update(t.Context(), func(tx *Tx) error {
		for i := range 5000 {
			if err := put(fmt.Sprint("lost", i))(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, berrors.ErrMaxSizeReached) || errors.Is(err, ErrUnclear) {
		t.Errorf("no room, and the update says %v", err)
	}
	db.MaxSize = 0
	update(t, d, put("after"))
	if !has(t, d, "before") || has(t, d, "lost0") || !has(t, d, "after") {
		t.Error("not what was committed")
	}
	checked(t, d)
}

// Where address space is short, as under ulimit -v, the file opens with a smaller map.
func TestOpenWithLittleAddressSpace(t *testing.T) {
	path, _ := filled(t)
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var pages, was syscall.Rlimit
	if _, err := fmt.Sscan(string(b), &pages.Cur); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Getrlimit(syscall.RLIMIT_AS, &was); err != nil {
		t.Fatal(err)
	}
	little := syscall.Rlimit{Cur: pages.Cur*uint64(os.Getpagesize()) + 2<<30, Max: was.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &little); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_AS, &was); err != nil {
			t.Error(err)
		}
	}()
	if _, err := openMapped(t.Context(), path, Options{}, int(largeMap)); !errors.Is(err, syscall.ENOMEM) {
		t.Errorf("the limit does not bind: %v", err)
	}
	if err := opened(t, path, Options{}).Close(); err != nil {
		t.Error(err)
	}
}
