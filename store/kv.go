package store

import (
	"errors"
	"fmt"
	"runtime/debug"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// A bucket is one of the ordered tables of the layout; see the package comment.
type bucket int

const (
	meta bucket = iota
	counts
	requests
	history
	managers
	open
	calls
	ticks
	envelopes
	arrivals
	outbox
	due
	attempted
	held
	said
	people
	teams
	reps
	bonds
	parts
	ledger
	reminders
	wakes
	shared
	learning
	trust
	done
	faded
	forgets
	bucketCount
)

// bucketNames are part of the file's format.
var bucketNames = [bucketCount]string{
	"meta", "counts", "requests", "history", "managers", "open", "calls", "ticks",
	"envelopes", "arrivals", "outbox", "due", "attempted", "held", "said", "people",
	"teams", "reps", "bonds", "parts", "ledger", "reminders", "wakes",
	"shared", "learning", "trust", "done", "faded", "forgets",
}

func (b bucket) String() string { return bucketNames[b] }

// A backend is the little that a transaction needs of what keeps the bytes: a
// file, or memory.
type backend interface {
	// begin starts a session; one that writes is alone with its kind.
	begin(write bool) (session, error)
	close() error
}

// A session is one transaction on a backend. The slices it gives stay as they are
// until its end and must not be written to; those it is given become its own.
type session interface {
	get(b bucket, key []byte) []byte // nil if there is none
	put(b bucket, key, value []byte) error
	del(b bucket, key []byte) error
	cursor(b bucket) cursor // void after the next put or del
	commit() error
	// rollback ends the session as if nothing had been done. undo has what was done.
	rollback(undo []change)
}

// A cursor walks a bucket in the order of its keys; a nil key is the end.
type cursor interface {
	seek(key []byte) (k, v []byte)
	next() (k, v []byte)
}

// A change is what a key held before it was written; a nil value means nothing.
type change struct {
	bucket bucket
	key    []byte
	value  []byte
}

// undo takes changes back, the last one first.
func undo(s session, changes []change) error {
	for i := len(changes) - 1; i >= 0; i-- {
		c := changes[i]
		var err error
		if c.value == nil {
			err = s.del(c.bucket, c.key)
		} else {
			err = s.put(c.bucket, c.key, c.value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// boltBackend keeps the bytes in a bbolt file.
type boltBackend struct{ db *bolt.DB }

func (b boltBackend) begin(write bool) (session, error) {
	tx, err := b.db.Begin(write)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return nil, ErrClosed
	}
	if err != nil {
		return nil, err
	}
	return &boltSession{db: b.db, tx: tx}, nil
}

func (b boltBackend) close() error { return b.db.Close() }

type boltSession struct {
	db      *bolt.DB
	tx      *bolt.Tx
	buckets [bucketCount]*bolt.Bucket // opened when first needed
}

func (s *boltSession) in(b bucket) *bolt.Bucket {
	if s.buckets[b] == nil {
		s.buckets[b] = s.tx.Bucket([]byte(bucketNames[b]))
		if s.buckets[b] == nil {
			panic(fmt.Sprintf("store: bucket %q is missing", bucketNames[b]))
		}
	}
	return s.buckets[b]
}

func (s *boltSession) get(b bucket, key []byte) []byte       { return s.in(b).Get(key) }
func (s *boltSession) put(b bucket, key, value []byte) error { return s.in(b).Put(key, value) }
func (s *boltSession) del(b bucket, key []byte) error        { return s.in(b).Delete(key) }
func (s *boltSession) cursor(b bucket) cursor                { return boltCursor{s.in(b).Cursor()} }

// commit makes the session last. A failure is a notCommitted if the file's state
// is certainly the old one. It is not if the second of bbolt's two syncs failed: the
// new state shows then, and nobody knows whether the disk has it.
func (s *boltSession) commit() (err error) {
	id := s.tx.ID()
	defer func() {
		if p := recover(); p != nil {
			_ = s.tx.Rollback() // frees the writer's place, whatever is left of it
			err = fmt.Errorf("%w: while writing: %v", ErrDamaged, p)
		}
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if err = s.tx.Commit(); err == nil {
		return nil
	}
	now, errView := s.db.Begin(false)
	if errView != nil {
		return errors.Join(err, errView)
	}
	defer func() { _ = now.Rollback() }()
	if now.ID() >= id {
		return err
	}
	return &notCommitted{err}
}

func (s *boltSession) rollback([]change) { _ = s.tx.Rollback() } // its only error is that it is over already

type boltCursor struct{ c *bolt.Cursor }

func (c boltCursor) seek(key []byte) (k, v []byte) { return c.c.Seek(key) }
func (c boltCursor) next() (k, v []byte)           { return c.c.Next() }
