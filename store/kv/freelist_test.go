package kv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"stepin/store/storetest"
)

// emptied is an open file with 20 MB of free pages, and 100 keys left.
func emptied(t *testing.T) (*DB, string) {
	t.Helper()
	path := storetest.File(t)
	d := opened(t, path, Options{})
	const last = 6000
	each := func(do func(tx *Tx, key []byte) error) {
		for from := 0; from < last; from += 500 {
			update(t, d, func(tx *Tx) error {
				var err error
				for i := from; i < from+500; i++ {
					err = errors.Join(err, do(tx, fmt.Appendf(nil, "%05d", i)))
				}
				return err
			})
		}
	}
	each(func(tx *Tx, key []byte) error { return tx.Put(things, key, bytes.Repeat(key, 700)) })
	each(func(tx *Tx, key []byte) error {
		if string(key) >= "05900" {
			return nil
		}
		return tx.Delete(things, key)
	})
	return d, path
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// A commit does not write the list of free pages where that is long: the file would grow by a list for each commit,
// while somebody reads. A clean end writes it.
func TestLongListIsLeftOut(t *testing.T) {
	d, path := emptied(t)
	before := sizeOf(t, path)
	release, stands := make(chan struct{}), make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() {
		if err := d.View(func(*Tx) error { close(stands); <-release; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-stands
	for i := range 100 {
		update(t, d, put(fmt.Sprint(i)))
	}
	close(release)
	reader.Wait()
	if grown := sizeOf(t, path) - before; grown > 1<<20 {
		t.Errorf("it has grown by %d bytes", grown)
	}
	if !isUnlisted(path) {
		t.Error("the list is in the file")
	}
	if storetest.Close(t, d); isUnlisted(path) {
		t.Error("the list is missing after the end")
	}
	d = opened(t, path, Options{})
	if room := d.Room(); room.Needs > 4<<20 {
		t.Errorf("the free pages are not known: %+v", room)
	}
	checked(t, d)
}

// A file that a crash left without the list opens as any other, and so does its backup; one that is damaged, too, is
// refused as any other.
func TestNoListAfterACrash(t *testing.T) {
	d, path := emptied(t)
	update(t, d, put("last"))
	crashed := storetest.File(t)
	storetest.Write(t, crashed, storetest.Read(t, path))
	storetest.Close(t, d)
	whole := storetest.Read(t, crashed)
	for _, mode := range []Mode{Read, Use} {
		f, err := Open(t.Context(), crashed, Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		var holds Holding
		err = f.View(func(tx *Tx) (err error) {
			if holds, err = tx.Holds(); err != nil {
				return err
			}
			return tx.Check()
		})
		if err := errors.Join(err, f.Close()); err != nil || holds.Keys[string(things)] != 101 {
			t.Errorf("mode %d: %+v, %v", mode, holds.Keys, err)
		}
	}
	storetest.Untouched(t, crashed, whole)
	d = opened(t, crashed, Options{})
	if room := d.Room(); room.Needs > 4<<20 {
		t.Errorf("the free pages are not known: %+v", room)
	}
	storetest.Close(t, d)

	page := os.Getpagesize()
	for at := 2 * page; at+page <= len(whole); at += page {
		if bytes.Contains(whole[at:at+page], []byte("0595005950")) {
			copy(whole[at:], make([]byte, page))
		}
	}
	for _, mode := range []Mode{Read, Use} {
		storetest.Write(t, crashed, whole)
		if f, err := Open(t.Context(), crashed, Options{Mode: mode}); !errors.Is(err, ErrDamaged) {
			t.Errorf("mode %d: %v, %v", mode, f, err)
		}
	}
	refused(t, crashed, ErrDamaged)
}
