package store

import (
	"bytes"
	"cmp"
	"fmt"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
)

// A filter says whether a record is asked for, and whether it could read that without decoding the record.
type filter func(id, record []byte) (keep, sure bool)

// found walks the requests of an index that has the newest first, as far as they were begun at since or later. Records
// that keep is sure not to want are not decoded, for that takes nearly all of the time. What is cut off, or lacks what
// keep looks for, is decoded: it may be damaged, and then that is said.
func (r *reader) found(b kv.Table, prefix []byte, since time.Time, keep filter) iter.Seq2[nudges.Request, error] {
	last := descending(appendTime(nil, since))
	return func(yield func(nudges.Request, error) bool) {
		for k := range r.Scan(b, prefix) {
			if len(k) <= len(prefix)+orderedSize {
				yield(nudges.Request{}, shortKey(b))
				return
			}
			begun, id := k[len(prefix):len(prefix)+timeSize], k[len(prefix)+orderedSize:]
			if bytes.Compare(begun, last) > 0 {
				return
			}
			v := r.Get(requests, id)
			if v == nil {
				yield(nudges.Request{}, fmt.Errorf("%w: %s names a request that is not there", ErrDamaged, b))
				return
			}
			wanted, sure := keep(id, v)
			if !wanted && sure && bytes.HasSuffix(v, []byte{'}'}) {
				continue
			}
			rec, err := parse[requestRecord](requests, v)
			if (wanted || err != nil) && !yield(rec.request(nudges.RequestID(id)), err) || err != nil {
				return
			}
		}
	}
}

// since collects the requests that found walks for somebody.
func (r *reader) since(b kv.Table, who nudges.UserID, since time.Time, keep filter) ([]nudges.Request, error) {
	return storage.All(r.found(b, personPrefix(who), since, keep))
}

// every keeps all records.
func every(_, _ []byte) (keep, sure bool) { return true, true }

// around keeps the records of other calls that overlap with the time from from to till.
func around(other nudges.RequestID, from, till time.Time) filter {
	return func(id, record []byte) (keep, sure bool) {
		var ends, starts time.Time
		bad := cmp.Or(ends.UnmarshalText(value(record, "ends")), starts.UnmarshalText(value(record, "starts")))
		return string(id) != string(other) && ends.After(from) && starts.Before(till), bad == nil
	}
}

// value is a field of a record that is not decoded; empty if it has none. What people wrote does not look like a field:
// there a quote has a backslash before it.
func value(record []byte, field string) []byte {
	_, rest, _ := bytes.Cut(record, []byte(`"`+field+`":"`))
	v, _, _ := bytes.Cut(rest, []byte{'"'})
	return v
}

// over keeps the records of requests whose call is over.
func over(_, record []byte) (keep, sure bool) {
	p := nudges.Phase(value(record, "phase"))
	return p != nudges.Before && p != nudges.During, true
}

// inDebrief keeps the records of requests in that phase.
func inDebrief(_, record []byte) (keep, sure bool) {
	p := nudges.Phase(value(record, "phase"))
	return p == nudges.Debrief, p != ""
}
