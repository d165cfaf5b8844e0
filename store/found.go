package store

import (
	"bytes"
	"fmt"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
)

// found walks the requests of an index that has the newest first, as far as they were begun at since or later. Records
// that keep says no to are not decoded, for that takes nearly all of the time.
func (r *reader) found(
	b kv.Table, prefix []byte, since time.Time, keep func(id, record []byte) bool,
) iter.Seq2[nudges.Request, error] {
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
			if !keep(id, v) {
				continue
			}
			rec, err := parse[requestRecord](requests, v)
			if !yield(rec.request(nudges.RequestID(id)), err) || err != nil {
				return
			}
		}
	}
}

// since collects the requests that found walks for somebody.
func (r *reader) since(
	b kv.Table, who nudges.UserID, since time.Time, keep func(id, record []byte) bool,
) ([]nudges.Request, error) {
	return storage.All(r.found(b, personPrefix(who), since, keep))
}

// every keeps all records.
func every(_, _ []byte) bool { return true }

// around keeps the records of calls that overlap with the time from from to till.
func around(from, till time.Time) func(id, record []byte) bool {
	return func(_, record []byte) bool {
		return moment(record, `"ends":"`).After(from) && moment(record, `"starts":"`).Before(till)
	}
}

// moment reads a time of a record that is not decoded; the zero time if it has none. What people wrote does not look
// like a field: there a quote has a backslash before it.
func moment(record []byte, field string) (at time.Time) {
	_, rest, _ := bytes.Cut(record, []byte(field))
	value, _, _ := bytes.Cut(rest, []byte{'"'})
	_ = at.UnmarshalText(value)
	return at
}

// over keeps the records of requests whose call is over.
func over(_, record []byte) bool {
	return !bytes.Contains(record, []byte(`"phase":"`+nudges.Before+`"`)) &&
		!bytes.Contains(record, []byte(`"phase":"`+nudges.During+`"`))
}

// inDebrief keeps the records of requests in that phase.
func inDebrief(_, record []byte) bool {
	return bytes.Contains(record, []byte(`"phase":"`+nudges.Debrief+`"`))
}
