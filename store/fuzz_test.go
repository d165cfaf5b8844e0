package store

import (
	"errors"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// Whatever stands in a bucket, reading gives a value or an error, and neither
// panics nor goes on for ever.
func FuzzRecords(f *testing.F) {
	f.Add([]byte("R1"), []byte(`{"n":1,"manager":"U1","phase":"before","starts":"2019-03-04T09:00:00Z"}`))
	f.Add([]byte("U1\x00"), []byte(`{"answers":[1],"seq":"x"}`))
	f.Add([]byte("\x80\x00\x00\x00\x5c\x7c\xe7\x10\x00\x00\x00\x00R1"), []byte{})
	f.Add([]byte("k"), []byte(`{"due":"2019-03-04T09:00:00Z","held":true}`))
	f.Add([]byte{}, []byte("null"))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if len(key) == 0 {
			return // bbolt has no such keys
		}
		d := opened(t, storetest.File(t), Options{})
		update(t, d, func(n storage.Tx) error {
			own := n.(*tx)
			for _, b := range slices.Concat(newTables...)[2:] { // but meta and counts
				if err := own.Put(b, key, value); err != nil {
					return err
				}
			}
			return nil
		})
		look := func(r storage.Reader) error {
			id := string(key)
			_, err1 := r.Request(nudges.RequestID(id))
			_, err2 := storage.All(r.OpenRequests(nudges.UserID(id)))
			_, err3 := r.LastRequest(nudges.UserID(id))
			_, err4 := r.SameCall(nudges.UserID(id), "", "", "")
			_, err5 := r.History(nudges.RequestID(id))
			_, err6 := r.Answered(id)
			_, err7 := r.Person(nudges.UserID(id))
			_, _, err8 := r.NextDue()
			_, err9 := r.Message(id)
			_, err10 := r.Receipt(id)
			_, _, err11 := r.Waiting()
			for range r.DueRequests(time.Unix(1<<60, 0)) {
			}
			for range r.Ready(time.Unix(1<<60, 0)) {
			}
			for range r.Attempted() {
			}
			for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11} {
				if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, nudges.ErrNotFound) {
					t.Errorf("an error of another kind: %v", err)
				}
			}
			return nil
		}
		view(t, d, look)
		for _, change := range []func(storage.Tx) error{
			func(tx storage.Tx) error {
				return tx.PutRequest(nudges.Request{ID: nudges.RequestID(key), Manager: "U1"})
			},
			func(tx storage.Tx) error { return tx.Record(string(key), nil, storetest.T0) },
			func(tx storage.Tx) error { return tx.Enqueue(storetest.T0, nudges.Message{Key: string(key)}) },
			func(tx storage.Tx) error { return tx.Attempt(string(key)) },
			func(tx storage.Tx) error { return tx.Settle(string(key), nudges.Receipt{}) },
			func(tx storage.Tx) error { return tx.Drop(string(key), "") },
			func(tx storage.Tx) error { _, err := tx.Release(); return err },
			func(tx storage.Tx) error { return tx.ForgetSaid("", "\xff", 10) },
			func(tx storage.Tx) error { _, err := tx.Sweep(time.Unix(1<<60, 0), 10); return err },
		} {
			_ = d.Update(t.Context(), change) // an error or not, but no panic
		}
		view(t, d, look)
	})
}

// A key made of a moment sorts as the moment does, and gives it back.
func FuzzTimeKey(f *testing.F) {
	f.Add(int64(0), int64(-1), uint32(0), uint32(999999999))
	f.Add(time.Time{}.Unix(), int64(1)<<40, uint32(1), uint32(1))
	f.Fuzz(func(t *testing.T, s1, s2 int64, n1, n2 uint32) {
		const far = 1 << 50 // seconds: some 35 million years, and no overflow inside package time
		a, b := time.Unix(s1%far, int64(n1%1e9)), time.Unix(s2%far, int64(n2%1e9))
		ka, kb := string(appendTime(nil, a)), string(appendTime(nil, b))
		if want := a.Compare(b); (ka < kb) != (want < 0) || (ka == kb) != (want == 0) {
			t.Errorf("%v and %v sort otherwise as keys", a, b)
		}
		if back, err := timeAt(due, []byte(ka)); err != nil || !back.Equal(a) {
			t.Errorf("%v comes back as %v, %v", a, back, err)
		}
	})
}
