package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// Contents is what a file holds at one moment, without any of it.
type Contents struct {
	Format int            `json:"format"` // the version of its layout
	Team   string         `json:"team"`   // the workspace's id; "" if none has claimed it
	Keys   map[string]int `json:"keys"`   // how many keys each bucket has
	Sum    uint32         `json:"sum"`    // CRC-32C of every key and value, each behind its length
	Bytes  int64          `json:"bytes"`  // up to the end of the last page in use
}

// Requests is how many requests there are.
func (c Contents) Requests() int { return c.Keys[requests.String()] }

// Waiting is how many messages are in the outbox.
func (c Contents) Waiting() int { return c.Keys[outbox.String()] }

// same says what two contents differ in that should be of the same records; "" if in nothing.
func (c Contents) same(other Contents) string {
	switch {
	case c.Format != other.Format:
		return fmt.Sprintf("format %d and %d", c.Format, other.Format)
	case !maps.Equal(c.Keys, other.Keys):
		return fmt.Sprintf("keys %v and %v", c.Keys, other.Keys)
	case c.Sum != other.Sum:
		return fmt.Sprintf("sum %08x and %08x", c.Sum, other.Sum)
	}
	return ""
}

// guarded runs fn over a file that may be damaged: whatever bbolt meets there is an error.
func guarded(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	return fn()
}

// contents counts what a transaction sees.
func contents(tx *bolt.Tx) (c Contents, err error) {
	c.Keys, c.Bytes = map[string]int{}, tx.Size()
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	add := func(b []byte) {
		_, _ = sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(b)))) // a hash has no errors
		_, _ = sum.Write(b)
	}
	c.Team = teamIn(tx)
	err = guarded(func() error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			n := 0
			add(name)
			cursor := b.Cursor()
			for k, v := cursor.First(); k != nil; k, v = cursor.Next() {
				add(k)
				add(v)
				n++
			}
			c.Keys[string(name)] = n
			return nil
		})
	})
	c.Sum = sum.Sum32()
	return c, err
}

// openToRead opens a file beside others who read it. What it is not fit for is refused as Open does.
func openToRead(ctx context.Context, path string, o Options, how access) (db *bolt.DB, version int, err error) {
	if path == "" {
		return nil, 0, errors.New("no file is named")
	}
	if there, err := isFile(path); err != nil {
		return nil, 0, err
	} else if !there {
		return nil, 0, absent(path)
	}
	if db, err = openBolt(ctx, path, o.filled(), how); err != nil {
		return nil, 0, err
	}
	version, err = formatOf(boltBackend{db})
	switch {
	case err != nil:
		err = fmt.Errorf("open %s: %w; %s", path, err, how.remedy())
	case version > len(migrations):
		err = newer(path, version, len(migrations))
	}
	if err != nil {
		return nil, 0, errors.Join(err, db.Close())
	}
	return db, version, nil
}

// Verify reads a whole file that no stepin has open, and checks every page, and every record and
// index if they are of the present format. ErrDamaged if anything is wrong; the file stays as it is.
func Verify(ctx context.Context, path string, o Options) (Contents, error) {
	return verify(ctx, path, true, o, toRead)
}

// A recordFault is what is wrong with a record or an index, in pages that are right.
type recordFault struct{ error }

func (f *recordFault) Unwrap() error { return f.error }

// verify leaves records and indexes out unless it is deep.
func verify(ctx context.Context, path string, deep bool, o Options, how access) (c Contents, err error) {
	db, version, err := openToRead(ctx, path, o, how)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(func(tx *bolt.Tx) error {
		if c, err = contents(tx); err != nil { // meets in our goroutine what bbolt's check would fault on in its own
			return err
		}
		if err := pages(tx); err != nil {
			return err
		}
		if !deep || version < len(migrations) {
			return nil
		}
		if err := guarded(func() error { return records(&boltSession{db: db, tx: tx}) }); err != nil {
			return &recordFault{err}
		}
		return nil
	})
	c.Format = version
	if err != nil {
		return c, fmt.Errorf("check %s: %w; %s", path, err, how.remedy())
	}
	return c, nil
}

// pages has bbolt check that each page is used once, and that keys are in order.
func pages(tx *bolt.Tx) (err error) {
	n := 0
	for fault := range tx.Check() { // to its end, for it runs on a goroutine of its own
		if n++; n == 1 {
			err = fmt.Errorf("%w: %w", ErrDamaged, fault)
		}
	}
	if n > 1 {
		err = fmt.Errorf("%w, and %d more faults", err, n-1)
	}
	return err
}

// records checks that every record can be read and that every index has what it must and no more.
func records(s session) error {
	r := &reader{session: s}
	r.secret = r.get(meta, []byte(metaSecret))
	want := map[bucket]int{}
	expect := func(places map[place]bool) error {
		for p := range places {
			if !r.has(p.bucket, []byte(p.key)) {
				return fmt.Errorf("%w: an entry is missing in %s", ErrDamaged, p.bucket)
			}
			want[p.bucket]++
		}
		return nil
	}
	for k, v := range r.scan(requests, nil) {
		var rec requestRecord
		if err := decode(requests, v, &rec); err != nil {
			return err
		}
		if err := expect(r.places(nudges.RequestID(k), rec)); err != nil {
			return err
		}
	}
	for k, v := range r.scan(outbox, nil) {
		var rec messageRecord
		if err := decode(outbox, v, &rec); err != nil {
			return err
		}
		if err := expect(map[place]bool{rec.place(string(k)): true}); err != nil {
			return err
		}
	}
	for k, v := range r.scan(reminders, nil) {
		var rec reminderRecord
		if err := decode(reminders, v, &rec); err != nil {
			return err
		}
		if err := expect(wakesOf(rec.reminder(nudges.UserID(k)))); err != nil {
			return err
		}
	}
	for k, v := range r.scan(envelopes, nil) {
		if len(v) < timeSize {
			return shortEnvelope()
		}
		if err := expect(map[place]bool{{arrivals, string(v[:timeSize]) + string(k)}: true}); err != nil {
			return err
		}
	}
	for _, b := range []bucket{managers, open, calls, parts, ticks, due, attempted, held, wakes, arrivals, shared, done, faded} {
		if n := r.size(b); n != want[b] {
			return fmt.Errorf("%w: %s has %d entries, not %d", ErrDamaged, b, n, want[b])
		}
	}
	for b, name := range map[bucket]string{requests: countRequests, outbox: countOutbox} {
		if n := r.size(b); uint64(n) != r.count(name) {
			return fmt.Errorf("%w: there are %d %s, and %d are counted", ErrDamaged, n, b, r.count(name))
		}
	}
	for _, b := range []bucket{history, said, people, teams, ledger, learning, forgets} {
		for _, v := range r.scan(b, nil) {
			if !json.Valid(v) {
				return fmt.Errorf("%w: a record in %s cannot be read", ErrDamaged, b)
			}
		}
	}
	return nil
}

// size is how many keys a bucket has.
func (r *reader) size(b bucket) (n int) {
	for range r.scan(b, nil) {
		n++
	}
	return n
}
