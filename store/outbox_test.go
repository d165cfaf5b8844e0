package store

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// The life of a message, step by step. Each row starts with k enqueued and due at storetest.T0.
func TestOutboxLife(t *testing.T) {
	later := storetest.T0.Add(time.Hour)
	rc := nudges.Receipt{Channel: "D1", TS: "1.2", At: storetest.T0}
	enqueue := func(tx storage.Tx) error { return tx.Enqueue(storetest.T0, nudges.Message{Key: "k", Kind: "x"}) }
	attempt := func(tx storage.Tx) error { return tx.Attempt("k") }
	settle := func(tx storage.Tx) error { return tx.Settle("k", rc) }
	drop := func(tx storage.Tx) error { return tx.Drop("k", "no longer true") }
	postpone := func(tx storage.Tx) error { return tx.Postpone("k", later) }
	hold := func(tx storage.Tx) error { return tx.Hold("k") }
	release := func(tx storage.Tx) error { _, err := tx.Release(); return err }
	type do []func(storage.Tx) error
	for _, c := range []struct {
		name  string
		steps do
		want  string // which of ready, later, attempted, waiting, receipt hold, and tries
	}{
		{"enqueued", nil, "ready waiting"},
		{"enqueued twice", do{enqueue}, "ready waiting"},
		{"attempted", do{attempt}, "attempted waiting tries"},
		{"attempted, enqueued again", do{attempt, enqueue}, "attempted waiting tries"},
		{"postponed", do{attempt, postpone}, "later waiting tries"},
		{"postponed without a try", do{postpone}, "later waiting"},
		{"delivered", do{attempt, settle}, "receipt"},
		{"delivered, enqueued again", do{attempt, settle, enqueue}, "receipt"},
		{"delivered twice", do{attempt, settle, settle}, "receipt"},
		{"delivered, then dropped", do{attempt, settle, drop}, "receipt"},
		{"dropped", do{drop}, ""},
		{"dropped, enqueued again", do{drop, enqueue}, ""},
		{"dropped twice", do{drop, drop}, ""},
		{"dropped, and delivered all the same", do{attempt, drop, settle}, "receipt"},
		{"held", do{hold}, "waiting"},
		{"held, released", do{hold, release}, "ready waiting"},
		{"held after a clear refusal", do{attempt, postpone, hold}, "waiting tries"},
		{"the same, released", do{attempt, postpone, hold, release}, "later waiting tries"},
		{"held after an unclear end", do{attempt, hold}, "waiting tries"},
		{"the same, released", do{attempt, hold, release}, "attempted waiting tries"},
		{"held, delivered", do{attempt, hold, settle}, "receipt"},
		{"held, dropped, released", do{hold, drop, release}, ""},
		{"released with nothing held", do{release}, "ready waiting"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := opened(t, storetest.File(t), Options{})
			for _, step := range append(do{enqueue}, c.steps...) {
				update(t, d, step)
			}
			var got []string
			view(t, d, func(x storage.Reader) error {
				has := func(name string, ok bool) {
					if ok {
						got = append(got, name)
					}
				}
				now, some := keysOf(t, x, storetest.T0), keysOf(t, x, later)
				has("ready", slices.Contains(now, "k"))
				has("later", slices.Contains(some, "k") && !slices.Contains(now, "k"))
				for m, err := range x.Attempted() {
					has("attempted", err == nil && m.Attempted)
				}
				m, err := x.Message("k")
				n, oldest, errWaiting := x.Waiting()
				has("waiting", err == nil)
				if waits := err == nil; waits != (n == 1) || waits == oldest.IsZero() || errWaiting != nil {
					t.Errorf("waiting %d, oldest %v, message %v", n, oldest, err)
				}
				has("tries", m.Tries == 1)
				if r, err := x.Receipt("k"); err == nil {
					has("receipt", r == rc)
				}
				at, ok, err := x.NextDue()
				if want := len(some) > 0; ok != want || err != nil || ok && !at.Equal(m.Due) {
					t.Errorf("next due %v %v %v, message due %v", at, ok, err, m.Due)
				}
				return nil
			})
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %q, want %q", s, c.want)
			}
		})
	}
}

func keysOf(t *testing.T, x storage.Reader, now time.Time) (keys []string) {
	t.Helper()
	for m, err := range x.Ready(now) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, m.Key)
	}
	return keys
}

// What never was in the outbox cannot be moved through it.
func TestOutboxUnknownKey(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	for name, fn := range map[string]func(storage.Tx) error{
		"attempt":  func(tx storage.Tx) error { return tx.Attempt("k") },
		"settle":   func(tx storage.Tx) error { return tx.Settle("k", nudges.Receipt{}) },
		"drop":     func(tx storage.Tx) error { return tx.Drop("k", "") },
		"postpone": func(tx storage.Tx) error { return tx.Postpone("k", storetest.T0) },
		"hold":     func(tx storage.Tx) error { return tx.Hold("k") },
	} {
		if err := d.Update(t.Context(), fn); !errors.Is(err, nudges.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Messages come in the order in which they are due, then in that of their coming;
// the loop's body may change each.
func TestReadyWhileChanging(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	var want []string
	update(t, d, func(tx storage.Tx) error {
		for i := range 1000 {
			key := nudges.Key("R", 1000-i, "U1", "x")
			want = append(want, key)
			if err := tx.Enqueue(storetest.T0, nudges.Message{
				Key: key,
				Due: storetest.T0.Add(time.Duration(i/10) * time.Second),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	for range 2 {
		var got []string
		update(t, d, func(tx storage.Tx) error {
			got = nil
			for m, err := range tx.Ready(storetest.T0.Add(time.Hour)) {
				got = append(got, m.Key)
				if err := errors.Join(err, moveOn(tx, len(got), m.Key)); err != nil {
					return err
				}
			}
			return nil
		})
		if !slices.Equal(got, want) {
			t.Fatalf("%d messages, or in another order; want %d", len(got), len(want))
		}
		want = nil // each has gone somewhere
	}
}

func moveOn(tx storage.Tx, i int, key string) error {
	switch i % 4 {
	case 0:
		return tx.Attempt(key)
	case 1:
		return tx.Settle(key, nudges.Receipt{TS: "1"})
	case 2:
		return tx.Drop(key, "x")
	default:
		return tx.Postpone(key, storetest.T0.Add(2*time.Hour))
	}
}

// The mark is the same for the same key and file, and tells nothing of the key.
func TestMark(t *testing.T) {
	marks := map[string]bool{}
	for range 2 {
		d := opened(t, storetest.File(t), Options{})
		for _, key := range []string{"R/1/U1/card", "R/2/U1/card"} {
			update(t, d, func(tx storage.Tx) error { return tx.Enqueue(storetest.T0, nudges.Message{Key: key}) })
			view(t, d, func(x storage.Reader) error {
				m, err := x.Message(key)
				marks[m.Mark] = true
				return err
			})
		}
	}
	if len(marks) != 4 {
		t.Errorf("%d marks for two keys in two files", len(marks))
	}
}

func TestForgetSaid(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	keys := []string{"m/U1/01", "m/U1/02", "m/U1/02/edit", "m/U1/03", "m/U1/04", "m/U10/01", "m/U1/00"}
	update(t, d, func(tx storage.Tx) error {
		for _, k := range keys {
			m := nudges.Message{Key: k, Due: storetest.T0}
			if k == "m/U1/00" {
				m.Request = "R1"
			}
			if err := tx.Enqueue(storetest.T0, m); err != nil {
				return err
			}
			if k == "m/U1/04" {
				continue // waits
			}
			if err := tx.Settle(k, nudges.Receipt{TS: "1"}); err != nil {
				return err
			}
		}
		return nil
	})
	left := func(want ...string) {
		t.Helper()
		view(t, d, func(x storage.Reader) error {
			var got []string
			for _, k := range keys {
				if _, err := x.Receipt(k); err == nil {
					got = append(got, k)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("left: %q, want %q", got, want)
			}
			_, err := x.Message("m/U1/04")
			return err
		})
	}
	forget := func(limit int) {
		update(t, d, func(tx storage.Tx) error { return tx.ForgetSaid("m/U1/", "m/U1/03", limit) })
	}
	forget(0)
	forget(1)
	left("m/U1/02", "m/U1/02/edit", "m/U1/03", "m/U10/01", "m/U1/00")
	forget(20)
	left("m/U1/03", "m/U10/01", "m/U1/00")
}

// Somebody who is forgotten has messages dropped that are on their way: however such a send ends, that is no
// error, or it would be written down again and again, and hold up everything else.
func TestDroppedOnItsWay(t *testing.T) {
	d := opened(t, storetest.File(t), Options{})
	for name, end := range map[string]func(storage.Tx, string) error{
		"settled":   func(tx storage.Tx, k string) error { return tx.Settle(k, nudges.Receipt{Channel: "D", TS: "1"}) },
		"dropped":   func(tx storage.Tx, k string) error { return tx.Drop(k, "refused") },
		"postponed": func(tx storage.Tx, k string) error { return tx.Postpone(k, storetest.T0) },
		"held": func(tx storage.Tx, k string) error {
			return errors.Join(tx.Postpone(k, storetest.T0),
				tx.Hold(k))
		},
	} {
		update(t, d, func(tx storage.Tx) error {
			if err := errors.Join(tx.Enqueue(storetest.T0, nudges.Message{Key: name}), tx.Attempt(name),
				tx.Drop(name, "forgotten")); err != nil {
				return err
			}
			if err := end(tx, name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := tx.Message(name); !errors.Is(err, nudges.ErrNotFound) {
				t.Errorf("%s: it waits again: %v", name, err)
			}
			return nil
		})
	}
	update(t, d, func(tx storage.Tx) error {
		if err := errors.Join(tx.Postpone("never", storetest.T0), tx.Hold("never")); !errors.Is(err,
			nudges.ErrNotFound) {
			t.Errorf("of what never was: %v", err)
		}
		return nil
	})
}
