package kv

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/store/disk"
	"stepin/store/storetest"
)

// leafWith finds the page that holds a key of the table things. Pages that are free hold old keys, too.
func leafWith(t *testing.T, path, key string) (at int) {
	t.Helper()
	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true, PreLoadFreelist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer storetest.Close(t, db)
	whole, size := storetest.Read(t, path), os.Getpagesize()
	thing := append([]byte(key), make([]byte, 200)...) // a key of the table marks has no value
	if err := db.View(func(tx *bolt.Tx) error {
		for id := 2; (id+1)*size <= len(whole); id++ {
			page, err := tx.Page(id)
			if err != nil || page == nil {
				return err
			}
			if page.Type == "leaf" && bytes.Contains(whole[id*size:(id+1)*size], thing) {
				at = id * size
			}
		}
		return nil
	}); err != nil || at == 0 {
		t.Fatalf("no page with %s: %v", key, err)
	}
	return at
}

// overwrite changes an open file behind its back.
func overwrite(t *testing.T, path string, at int, with []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(with, int64(at))
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// everything reads all keys and values.
func everything(d *DB) error {
	return d.View(func(tx *Tx) error { _, err := tx.Holds(); return err })
}

// A file that is cut while it is open is ErrDamaged for all who read or write; nothing is written into it any more, and
// closing ends.
func TestCutWhileOpen(t *testing.T) {
	for name, left := range map[string]func(used int64) int64{
		"to nothing":          func(int64) int64 { return 0 },
		"within a meta page":  func(int64) int64 { return 100 },
		"to the meta pages":   func(int64) int64 { return int64(2 * os.Getpagesize()) },
		"to a half":           func(used int64) int64 { return used / 2 },
		"by the last page":    func(used int64) int64 { return used - int64(os.Getpagesize()) },
		"by a byte of a page": func(used int64) int64 { return used - 1 },
	} {
		t.Run(name, func(t *testing.T) {
			path, used := filled(t)
			d := opened(t, path, Options{})
			if err := d.Damage(); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, left(used)); err != nil {
				t.Fatal(err)
			}
			if err := d.Damage(); !errors.Is(err, ErrDamaged) {
				t.Errorf("nobody has read, and Damage is %v", err)
			}
			if err := everything(d); !errors.Is(err, ErrDamaged) {
				t.Errorf("read: %v", err)
			}
			if err := d.Update(t.Context(), put("new")); !errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnclear) {
				t.Errorf("written: %v", err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() != left(used) {
				t.Errorf("written to: %v, %v", info.Size(), err)
			}
			d.Right() // changes nothing: it is still cut
			if err := d.Damage(); !errors.Is(err, ErrDamaged) {
				t.Errorf("Damage is %v", err)
			}
			closes(t, d)
		})
	}
}

// A file that is cut under a transaction, so that bbolt itself meets what is missing.
func TestCutWhileReading(t *testing.T) {
	path, _ := filled(t)
	d := opened(t, path, Options{})
	err := d.View(func(tx *Tx) error {
		if err := os.Truncate(path, 0); err != nil {
			return err
		}
		_, err := tx.Holds()
		return err
	})
	if !errors.Is(err, ErrDamaged) {
		t.Errorf("read: %v", err)
	}
	// As if the file had been cut between the look at its length and bbolt's own.
	if _, err := d.file.enter(false); !errors.Is(err, ErrDamaged) {
		t.Errorf("begun: %v", err)
	}
	for range 2 { // bbolt's locks are held: nobody may wait for them
		if err := everything(d); !errors.Is(err, ErrDamaged) {
			t.Errorf("read: %v", err)
		}
		if err := d.Update(t.Context(), put("new")); !errors.Is(err, ErrDamaged) {
			t.Errorf("written: %v", err)
		}
	}
	closes(t, d)
	held, err := disk.OpenLocked(t.Context(), path, os.O_RDWR, disk.Lock{Timeout: 1})
	if err != nil {
		t.Fatalf("the lock is still held: %v", err)
	}
	storetest.Close(t, held)
}

// A page that goes bad while the file is open concerns those who need it. Once it is right again and somebody has read
// all, the file is.
func TestBadPageWhileOpen(t *testing.T) {
	path, _ := filled(t)
	whole := storetest.Read(t, path)
	size := os.Getpagesize()
	at := leafWith(t, path, "3-100")
	other := leafWith(t, path, "7-55")
	for name, bad := range map[string][]byte{
		"zeros":        make([]byte, size),
		"ones":         ones(size),
		"another page": whole[other : other+size],
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.File(t)
			storetest.Write(t, path, whole)
			d := opened(t, path, Options{})
			overwrite(t, path, at, bad)
			if !has(t, d, "7-55") {
				t.Error("what is in another page is gone")
			}
			get := func(tx *Tx) error { tx.Get(things, []byte("3-100")); return nil }
			if err := d.View(get); !errors.Is(err, ErrDamaged) {
				t.Errorf("read: %v", err)
			}
			if err := d.Update(t.Context(), put("3-100")); !errors.Is(err, ErrDamaged) || errors.Is(err, ErrUnclear) {
				t.Errorf("written: %v", err)
			}
			update(t, d, put("7-55"))
			if err := d.Damage(); !errors.Is(err, ErrDamaged) {
				t.Errorf("Damage is %v", err)
			}
			overwrite(t, path, at, whole[at:at+size])
			if err := everything(d); err != nil {
				t.Errorf("read: %v", err)
			}
			if err := d.Damage(); !errors.Is(err, ErrDamaged) {
				t.Error("the damage is forgotten, and nobody has said that it is over")
			}
			d.Right()
			if err := d.Damage(); err != nil {
				t.Errorf("Damage is %v", err)
			}
			closes(t, d)
		})
	}
}

// A meta page that is overwritten shows without a read: bbolt would go on with the other, older one.
func TestBadMetaWhileOpen(t *testing.T) {
	for page := range 2 {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			path, _ := filled(t)
			d := opened(t, path, Options{})
			overwrite(t, path, page*os.Getpagesize()+pageHeader+metaFields, make([]byte, 8))
			if err := d.Damage(); !errors.Is(err, ErrDamaged) {
				t.Errorf("Damage is %v", err)
			}
			closes(t, d)
		})
	}
}

func ones(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

func closes(t *testing.T, d *DB) {
	t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- d.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("closing does not end")
	}
}
