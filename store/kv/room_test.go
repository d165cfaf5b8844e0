package kv

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"stepin/store/storetest"
)

// Room is enough for the file that a rewrite makes, whatever is in it, and it does not count what was deleted.
func TestRoomIsEnough(t *testing.T) {
	for _, size := range []int{0, 40, 200, 700, 1000, 1300, 1900, 2000, 3000, 5000, 40000} {
		path := storetest.File(t)
		d := opened(t, path, Options{Free: func(string) (int64, error) { return 1 << 40, nil }})
		random := rand.New(rand.NewPCG(1, uint64(size)))
		var keys [][]byte
		for range 20 {
			update(t, d, func(tx *Tx) error {
				for range 20 + 20000/(size+100) {
					key := fmt.Appendf(nil, "%016x", random.Uint64())
					keys = append(keys, key)
					if err := tx.Put(things, key, make([]byte, size)); err != nil {
						return err
					}
				}
				return nil
			})
		}
		rewrite := func(what string) (needed int64) {
			t.Helper()
			needed = d.Room().Needs
			rewritten(t, d)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > needed {
				t.Errorf("values of %d bytes, %s: it has %d bytes, and %d were to be enough", size, what, info.Size(), needed)
			}
			return needed - spare
		}
		rewrite("pages half empty")
		full := rewrite("pages full")
		update(t, d, func(tx *Tx) error {
			var err error
			for _, key := range keys[:len(keys)/2] {
				err = errors.Join(err, tx.Delete(things, key))
			}
			return err
		})
		if half := rewrite("half deleted"); size > 1000 && half > full*4/5 {
			t.Errorf("values of %d bytes: %d are needed without a half, %d with it", size, half, full)
		}
	}
}

// Where nobody can tell what is free, room says so. It is right from the moment when a file is opened.
func TestRoomUnknown(t *testing.T) {
	path := storetest.File(t)
	unknown := Options{Free: func(string) (int64, error) { return 0, errors.ErrUnsupported }}
	d := opened(t, path, unknown)
	for _, value := range [][]byte{make([]byte, 3<<20), nil} {
		update(t, d, func(tx *Tx) error { return tx.Put(things, []byte("a"), value) })
	}
	update(t, d, put("b"))
	before := d.Room()
	if storetest.Close(t, d); before.Free != -1 || before.Needs > 2<<20 {
		t.Errorf("%+v", before)
	}
	if after := opened(t, path, unknown).Room(); after.Needs > 2<<20 {
		t.Errorf("%+v after it was opened, %+v before", after, before)
	}
}
