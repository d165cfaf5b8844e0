package store

import (
	"encoding/json"
	"fmt"

	"stepin/nudges"
	"stepin/store/kv"
)

// entries give the index entries that a record must have, for each table with such records.
var entries = map[kv.Table]func(r *reader, k, v []byte) ([]place, error){
	requests: func(r *reader, k, v []byte) ([]place, error) {
		rec, err := parse[requestRecord](requests, v)
		return r.places(nudges.RequestID(k), rec), err
	},
	outbox: func(_ *reader, k, v []byte) ([]place, error) {
		rec, err := parse[messageRecord](outbox, v)
		return []place{rec.place(string(k))}, err
	},
	reminders: func(_ *reader, k, v []byte) ([]place, error) {
		rec, err := parse[reminderRecord](reminders, v)
		return wakesOf(rec.reminder(nudges.UserID(k))), err
	},
	envelopes: func(_ *reader, k, v []byte) ([]place, error) {
		if len(v) < timeSize {
			return nil, shortEnvelope()
		}
		return []place{{arrivals, string(v[:timeSize]) + string(k)}}, nil
	},
}

// indexes are the tables whose entries come from records.
var indexes = []kv.Table{
	managers, open, calls, parts, ticks, due, attempted, held, wakes, arrivals, shared, done, anonymised,
	recent,
}

// Check checks that every record can be read, and that every index has what it must have and no more: ErrDamaged if
// not. It is for a file of the present format.
func Check(t *kv.Tx) error {
	r := &reader{t, t.Get(meta, []byte(metaSecret))}
	want := map[kv.Table]int{}
	for b, of := range entries {
		for k, v := range t.Scan(b, nil) {
			places, err := of(r, k, v)
			if err != nil {
				return err
			}
			for _, p := range places {
				if want[p.table]++; !t.Has(p.table, []byte(p.key)) {
					return fmt.Errorf("%w: an entry is missing in %s", ErrDamaged, p.table)
				}
			}
		}
	}
	for _, b := range indexes {
		if n := t.Size(b); n != want[b] {
			return fmt.Errorf("%w: %s has %d entries, not %d", ErrDamaged, b, n, want[b])
		}
	}
	for b, name := range map[kv.Table]string{requests: countRequests, outbox: countOutbox} {
		if n := t.Size(b); uint64(n) != r.count(name) {
			return fmt.Errorf("%w: there are %d %s, and %d are counted", ErrDamaged, n, b, r.count(name))
		}
	}
	for _, b := range []kv.Table{history, said, people, teams, ledger, learning, forgets, runs, monthly} {
		for _, v := range t.Scan(b, nil) {
			if !json.Valid(v) {
				return fmt.Errorf("%w: a record in %s cannot be read", ErrDamaged, b)
			}
		}
	}
	return nil
}
