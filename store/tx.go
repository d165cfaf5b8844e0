package store

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"stepin/nudges"
)

// reader is a transaction that looks; tx is one that also changes.
type reader struct {
	session session
	secret  []byte // the file's key
	writes  int    // puts and dels so far: a cursor from before the last is void
	inside  int    // calls into the session that have not returned
}

type tx struct {
	reader
	undo     []change
	restored restore
	late     map[string]bool // see noteTick
}

var (
	_ nudges.Reader = (*reader)(nil)
	_ nudges.Tx     = (*tx)(nil)
)

func (r *reader) get(b bucket, key []byte) []byte {
	r.inside++
	v := r.session.get(b, key)
	r.inside--
	return v
}

func (r *reader) has(b bucket, key []byte) bool { return r.get(b, key) != nil }

// put and del note what was there, so that a function that fails can be taken out
// of a transaction that it shares with others.
func (t *tx) put(b bucket, key, value []byte) error {
	t.note(b, key)
	t.inside++
	err := t.session.put(b, key, value)
	t.inside--
	if err != nil {
		return fmt.Errorf("write to %s: %w", b, err)
	}
	return nil
}

func (t *tx) del(b bucket, key []byte) error {
	t.note(b, key)
	t.inside++
	err := t.session.del(b, key)
	t.inside--
	if err != nil {
		return fmt.Errorf("delete from %s: %w", b, err)
	}
	return nil
}

func (t *tx) note(b bucket, key []byte) {
	t.writes++
	t.undo = append(t.undo, change{b, key, bytes.Clone(t.get(b, key))})
}

// undoTo takes back what was done since there were n changes.
func (t *tx) undoTo(n int) error {
	t.writes++
	t.inside++
	err := undo(t.session, t.undo[n:])
	t.inside--
	t.undo = t.undo[:n]
	return err
}

// scan walks the entries whose key begins with prefix. The loop's body may write:
// the walk then finds its place again.
func (r *reader) scan(b bucket, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		var c cursor
		from, seen := prefix, -1
		for {
			var k, v []byte
			r.inside++
			if seen == r.writes {
				k, v = c.next()
			} else {
				c, seen = r.session.cursor(b), r.writes
				k, v = c.seek(from)
			}
			r.inside--
			if k == nil || !bytes.HasPrefix(k, prefix) || !yield(k, v) {
				return
			}
			if seen != r.writes {
				from = append(bytes.Clone(k), 0)
			}
		}
	}
}

// count is a number kept in counts: how many of something there are.
func (r *reader) count(name string) uint64 {
	if v := r.get(counts, []byte(name)); len(v) == 8 {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// add changes a count, and gives the new one.
func (t *tx) add(name string, by int) (uint64, error) {
	n := t.count(name) + uint64(by) // two's complement: by may be negative
	return n, t.put(counts, []byte(name), binary.BigEndian.AppendUint64(nil, n))
}

// The names in counts.
const (
	countRequests = "requests" // how many there are
	countOutbox   = "outbox"   // how many messages wait
	countOrder    = "order"    // the last number given to a request or message
)

// load reads a record; nudges.ErrNotFound if there is none.
func (r *reader) load(b bucket, key []byte, record any) error {
	v := r.get(b, key)
	if v == nil {
		return nudges.ErrNotFound
	}
	return decode(b, v, record)
}

// decode never repeats what it could not read, for that may be private.
func decode(b bucket, v []byte, record any) error {
	if err := json.Unmarshal(v, record); err != nil {
		return fmt.Errorf("%w: a record in %s cannot be read (%T)", ErrDamaged, b, err)
	}
	return nil
}

func (t *tx) save(b bucket, key []byte, record any) error {
	v, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode a record for %s: %w", b, err)
	}
	return t.put(b, key, v)
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

// timeSize is the length of a moment in a key: seconds since 1970 with the sign
// flipped, so that bytes sort as time does, and nanoseconds.
const timeSize = 12

func appendTime(key []byte, t time.Time) []byte {
	key = binary.BigEndian.AppendUint64(key, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(key, uint32(t.Nanosecond()))
}

// timeAt reads the moment that a key starts with.
func timeAt(b bucket, key []byte) (time.Time, error) {
	if len(key) < timeSize {
		return time.Time{}, fmt.Errorf("%w: a key in %s is too short", ErrDamaged, b)
	}
	return time.Unix(int64(binary.BigEndian.Uint64(key)^1<<63), int64(binary.BigEndian.Uint32(key[8:]))).UTC(), nil
}

// earliest is the moment of a time index's first entry.
func (r *reader) earliest(b bucket) (time.Time, bool, error) {
	for k := range r.scan(b, nil) {
		at, err := timeAt(b, k)
		return at, err == nil, err
	}
	return time.Time{}, false, nil
}

// until walks the entries of a time index that are not later than now.
func (r *reader) until(b bucket, now time.Time) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for k := range r.scan(b, nil) {
			at, err := timeAt(b, k)
			if err != nil {
				yield(nil, err)
				return
			}
			if at.After(now) || !yield(k, nil) {
				return
			}
		}
	}
}

// descending turns the order of a key's bytes around: newest first.
func descending(key []byte) []byte {
	for i := range key {
		key[i] = ^key[i]
	}
	return key
}

var errEmptyName = errors.New("an empty name")

// named refuses what could not be told apart inside a key.
func named(what, name string) error {
	if name == "" {
		return fmt.Errorf("%s: %w", what, errEmptyName)
	}
	if strings.ContainsRune(name, 0) {
		return fmt.Errorf("%s %q: a zero byte in a name", what, name)
	}
	return nil
}
