package store

import (
	"encoding/json"
	"fmt"

	"stepin/nudges"
	"stepin/store/kv"
)

// Check checks that every record can be read, and that every index has what it must have and no more: ErrDamaged if
// not. It is for a file of the present format.
func Check(t *kv.Tx) error {
	c := checker{reader: reader{t, t.Get(meta, []byte(metaSecret))}, want: map[kv.Table]int{}}
	for _, check := range []func() error{c.requests, c.messages, c.reminders, c.envelopes} {
		if err := check(); err != nil {
			return err
		}
	}
	for _, b := range []kv.Table{
		managers, open, calls, parts, ticks, due, attempted, held, wakes, arrivals, shared, done, faded,
	} {
		if n := t.Size(b); n != c.want[b] {
			return fmt.Errorf("%w: %s has %d entries, not %d", ErrDamaged, b, n, c.want[b])
		}
	}
	for b, name := range map[kv.Table]string{requests: countRequests, outbox: countOutbox} {
		if n := t.Size(b); uint64(n) != c.count(name) {
			return fmt.Errorf("%w: there are %d %s, and %d are counted", ErrDamaged, n, b, c.count(name))
		}
	}
	for _, b := range []kv.Table{history, said, people, teams, ledger, learning, forgets} {
		for _, v := range t.Scan(b, nil) {
			if !json.Valid(v) {
				return fmt.Errorf("%w: a record in %s cannot be read", ErrDamaged, b)
			}
		}
	}
	return nil
}

// A checker counts the index entries that there must be.
type checker struct {
	reader
	want map[kv.Table]int
}

func (c checker) expect(places map[place]bool) error {
	for p := range places {
		if !c.Has(p.table, []byte(p.key)) {
			return fmt.Errorf("%w: an entry is missing in %s", ErrDamaged, p.table)
		}
		c.want[p.table]++
	}
	return nil
}

func (c checker) requests() error {
	for k, v := range c.Scan(requests, nil) {
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return err
		}
		if err := c.expect(c.places(nudges.RequestID(k), rec)); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) messages() error {
	for k, v := range c.Scan(outbox, nil) {
		var rec messageRecord
		if err := decode(outbox, v, &rec); err != nil {
			return err
		}
		if err := c.expect(map[place]bool{rec.place(string(k)): true}); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) reminders() error {
	for k, v := range c.Scan(reminders, nil) {
		var rec reminderRecord
		if err := decode(reminders, v, &rec); err != nil {
			return err
		}
		if err := c.expect(wakesOf(rec.reminder(nudges.UserID(k)))); err != nil {
			return err
		}
	}
	return nil
}

func (c checker) envelopes() error {
	for k, v := range c.Scan(envelopes, nil) {
		if len(v) < timeSize {
			return shortEnvelope()
		}
		if err := c.expect(map[place]bool{{arrivals, string(v[:timeSize]) + string(k)}: true}); err != nil {
			return err
		}
	}
	return nil
}
