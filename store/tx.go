package store

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/kv"
)

// A reader is a transaction that looks.
type reader struct {
	*kv.Tx
	secret []byte // the file's key
}

// A tx is a reader that also changes.
type tx struct {
	reader
	restored restore
	late     map[string]bool // see noteTick
}

var (
	_ storage.Reader = (*reader)(nil)
	_ storage.Tx     = (*tx)(nil)
)

var errEmptyName = errors.New("an empty name")

// count is a number kept in counts: how many of something there are.
func (r *reader) count(name string) uint64 {
	if v := r.Get(counts, []byte(name)); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// add changes a count, and gives the new one.
func (t *tx) add(name string, by int) (uint64, error) {
	n := t.count(name) + uint64(by) // two's complement: by may be negative
	return n, t.Put(counts, []byte(name), binary.BigEndian.AppendUint64(nil, n))
}

// load reads a record; nudges.ErrNotFound if there is none.
func (r *reader) load(b kv.Table, key []byte, record any) error {
	v := r.Get(b, key)
	if v == nil {
		return nudges.ErrNotFound
	}
	return decode(b, v, record)
}

// loadIf reads a record, and leaves it as it is if there is none.
func (r *reader) loadIf(b kv.Table, key []byte, record any) error {
	return unlessNotFound(r.load(b, key, record))
}

func unlessNotFound(err error) error {
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	return err
}

// decode never repeats what it could not read, for that may be private.
func decode(b kv.Table, v []byte, record any) error {
	if err := json.Unmarshal(v, record); err != nil {
		return fmt.Errorf("%w: a record in %s cannot be read (%T)", ErrDamaged, b, err)
	}
	return nil
}

// parse reads a record of a table.
func parse[R any](b kv.Table, v []byte) (rec R, err error) {
	err = decode(b, v, &rec)
	return rec, err
}

// save writes a record, which it is given by its address. Its times are in UTC from then on, as they are read back.
func (t *tx) save(b kv.Table, key []byte, record any) error {
	inUTC(reflect.ValueOf(record).Elem())
	v, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode a record for %s: %w", b, err)
	}
	return t.Put(b, key, v)
}

func inUTC(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if at, ok := v.Addr().Interface().(*time.Time); ok {
			*at = at.UTC()
			return
		}
		n := v.NumField() // a record is walked at each write, and v.Fields would allocate
		for i := range n {
			inUTC(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			inUTC(v.Index(i))
		}
	default:
	}
}

// each converts all of a slice; nil if there is nothing in it.
func each[A, B any](all []A, as func(A) B) []B {
	var converted []B
	for _, a := range all {
		converted = append(converted, as(a))
	}
	return converted
}

// mac is HMAC-SHA256 under the file's key.
func (r *reader) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, r.secret)
	for i, p := range parts {
		if i > 0 {
			h.Write([]byte{0})
		}
		h.Write([]byte(p))
	}
	return h.Sum(nil)
}

// earliest is the moment of the first entry of several indexes by time; false if they are empty.
func (r *reader) earliest(indexes ...kv.Table) (first time.Time, ok bool, err error) {
	for _, b := range indexes {
		for k := range r.Scan(b, nil) {
			at, err := timeAt(b, k)
			if err != nil {
				return time.Time{}, false, err
			}
			if !ok || at.Before(first) {
				first, ok = at, true
			}
			break
		}
	}
	return first, ok, nil
}

// until walks the names in an index by time, up to a moment; zero for no end. The loop's body may change what they
// name; what is still due after its change can come again.
func until[ID ~string](r *reader, b kv.Table, now time.Time) iter.Seq2[ID, error] {
	return func(yield func(ID, error) bool) {
		for k := range r.Scan(b, nil) {
			at, err := timeAt(b, k)
			if err != nil {
				yield("", err)
				return
			}
			if !now.IsZero() && at.After(now) || !yield(ID(k[timeSize:]), nil) {
				return
			}
		}
	}
}

// move turns the index entries before into those after: those that went are deleted, and those that came are written.
// Its order is fixed, for the same work must write the same file.
func (t *tx) move(before, after []place) error {
	order := func(a, b place) int { return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.key, b.key)) }
	slices.SortFunc(before, order)
	slices.SortFunc(after, order)
	for _, p := range before {
		if !slices.Contains(after, p) {
			if err := t.Delete(p.table, []byte(p.key)); err != nil {
				return err
			}
		}
	}
	for _, p := range after {
		if !slices.Contains(before, p) {
			if err := t.Put(p.table, []byte(p.key), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// deleteAll deletes the entries whose key begins with prefix.
func (t *tx) deleteAll(b kv.Table, prefix []byte) error {
	for k := range t.Scan(b, prefix) {
		if err := t.Delete(b, bytes.Clone(k)); err != nil {
			return err
		}
	}
	return nil
}
