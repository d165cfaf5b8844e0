package store

import (
	"bytes"
	"fmt"
	"time"

	"stepin/nudges"
)

// Record replaces what was recorded for the same identity before.
func (t *tx) Record(identity string, answer []byte, now time.Time) error {
	if err := named("envelope", identity); err != nil {
		return err
	}
	key := []byte(identity)
	if old := t.Get(envelopes, key); old != nil {
		if len(old) < timeSize {
			return shortEnvelope()
		}
		if err := t.Delete(arrivals, append(bytes.Clone(old[:timeSize]), key...)); err != nil {
			return err
		}
	}
	at := appendTime(nil, now)
	if err := t.Put(envelopes, key, append(bytes.Clone(at), answer...)); err != nil {
		return err
	}
	return t.Put(arrivals, append(at, key...), nil)
}

func (r *reader) Answered(identity string) ([]byte, error) {
	v := r.Get(envelopes, []byte(identity))
	switch {
	case v == nil:
		return nil, nudges.ErrNotFound
	case len(v) < timeSize:
		return nil, shortEnvelope()
	}
	return bytes.Clone(v[timeSize:]), nil
}

func shortEnvelope() error { return fmt.Errorf("%w: a record in envelopes is too short", ErrDamaged) }

func (t *tx) Sweep(before time.Time, limit int) (int, error) {
	n := 0
	for k := range t.Scan(arrivals, nil) {
		at, err := timeAt(arrivals, k)
		if err != nil {
			return n, err
		}
		if n >= limit || !at.Before(before) {
			break
		}
		if err := t.Delete(envelopes, k[timeSize:]); err != nil {
			return n, err
		}
		if err := t.Delete(arrivals, k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
