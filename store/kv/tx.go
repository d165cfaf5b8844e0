package kv

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// A Tx is one transaction. The slices that it gives stay as they are until its end and must not be written to; those
// that it is given become its own. Only a transaction of Update may write.
type Tx struct {
	file   *File
	bolt   *bolt.Tx
	tables map[Table]*bolt.Cursor // for reads of one key in those that were needed so far
	undo   []change
	writes int         // puts and deletes so far: a cursor from before the last is void
	inside int         // calls into bbolt that have not returned
	ended  atomic.Bool // see readers.go
}

// A change is what a key held before it was written; a nil value means nothing.
type change struct {
	table      Table
	key, value []byte
}

// guard runs fn. A page that cannot be read is an error and not the end of the process.
func (t *Tx) guard(fn func(*Tx) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		defer func() { _ = t.file.note(err) }()
		slow, _ := p.(error)
		switch {
		case p == nil:
		case errors.Is(slow, ErrSlow):
			err = ErrSlow
		case t.spoilt(p):
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		default:
			panic(p)
		}
	}()
	return fn(t)
}

// spoilt says whether a recovered panic comes from the file, and is nobody's bug.
func (t *Tx) spoilt(p any) bool {
	_, fault := p.(interface{ Addr() uintptr }) // a page that the system could not read
	return fault || t.inside > 0
}

// step comes before each step into the file: that of one who was told to end ends it.
func (t *Tx) step() {
	if t.ended.Load() {
		panic(ErrSlow)
	}
}

func (t *Tx) in(table Table) *bolt.Bucket { return t.cursor(table).Bucket() }

func (t *Tx) cursor(table Table) *bolt.Cursor {
	c := t.tables[table]
	if c != nil {
		return c
	}
	b := t.bolt.Bucket([]byte(table))
	if b == nil {
		panic(fmt.Sprintf("table %q is missing", table))
	}
	if t.tables == nil {
		t.tables = map[Table]*bolt.Cursor{}
	}
	c = b.Cursor()
	t.tables[table] = c
	return c
}

// HasTable says whether the file has a table.
func (t *Tx) HasTable(table Table) bool {
	t.step()
	t.inside++
	b := t.bolt.Bucket([]byte(table))
	t.inside--
	return b != nil
}

// MakeTables makes the tables that are missing.
func (t *Tx) MakeTables(tables ...Table) error {
	for _, table := range tables {
		if _, err := t.bolt.CreateBucketIfNotExists([]byte(table)); err != nil {
			return fmt.Errorf("make table %s: %w", table, err)
		}
	}
	return nil
}

// Get is the value of a key; nil if there is none.
func (t *Tx) Get(table Table, key []byte) []byte {
	t.step()
	t.inside++
	k, v := t.cursor(table).Seek(key) // from the root, so that no write can mislead it
	t.inside--
	if !bytes.Equal(k, key) {
		return nil
	}
	return v
}

// Has says whether a key is there.
func (t *Tx) Has(table Table, key []byte) bool { return t.Get(table, key) != nil }

// Put sets the value of a key.
func (t *Tx) Put(table Table, key, value []byte) error {
	t.note(table, key)
	if err := t.set(table, key, value); err != nil {
		return fmt.Errorf("write to %s: %w", table, err)
	}
	return nil
}

// Delete removes a key, if it is there.
func (t *Tx) Delete(table Table, key []byte) error {
	t.note(table, key)
	if err := t.unset(table, key); err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

func (t *Tx) set(table Table, key, value []byte) error {
	t.inside++
	err := t.in(table).Put(key, value)
	t.inside--
	return err
}

func (t *Tx) unset(table Table, key []byte) error {
	t.inside++
	err := t.in(table).Delete(key)
	t.inside--
	return err
}

// note keeps what a key held, so that a function that fails can be taken out of a transaction that it shares.
func (t *Tx) note(table Table, key []byte) {
	t.writes++
	t.undo = append(t.undo, change{table, key, bytes.Clone(t.Get(table, key))})
}

// Changes is how often the transaction has written so far.
func (t *Tx) Changes() int { return len(t.undo) }

// undoTo takes back what was done since there were n changes, the last one first.
func (t *Tx) undoTo(n int) error {
	t.writes++
	for i := len(t.undo) - 1; i >= n; i-- {
		c := t.undo[i]
		var err error
		if c.value == nil {
			err = t.unset(c.table, c.key)
		} else {
			err = t.set(c.table, c.key, c.value)
		}
		if err != nil {
			return err
		}
	}
	t.undo = t.undo[:n]
	return nil
}

// Scan walks the entries whose key begins with prefix, in the order of their keys. The loop's body may write: the walk
// then finds its place again.
func (t *Tx) Scan(table Table, prefix []byte) iter.Seq2[[]byte, []byte] {
	return t.walk(table, prefix, prefix)
}

// After is Scan for the entries behind a key.
func (t *Tx) After(table Table, key []byte) iter.Seq2[[]byte, []byte] {
	if len(key) == 0 {
		return t.walk(table, nil, nil)
	}
	return t.walk(table, append(bytes.Clone(key), 0), nil)
}

func (t *Tx) walk(table Table, from, prefix []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(k, v []byte) bool) {
		var c *bolt.Cursor
		seen, from := -1, from
		for {
			var k, v []byte
			t.step()
			t.inside++
			if seen == t.writes {
				k, v = c.Next()
			} else {
				c, seen = t.in(table).Cursor(), t.writes
				k, v = c.Seek(from)
			}
			t.inside--
			if k == nil || !bytes.HasPrefix(k, prefix) || !yield(k, v) {
				return
			}
			if seen != t.writes {
				from = append(bytes.Clone(k), 0)
			}
		}
	}
}

// Size is how many keys a table has.
func (t *Tx) Size(table Table) (n int) {
	for range t.Scan(table, nil) {
		n++
	}
	return n
}

// Bytes is the file's size at this moment, up to the end of the last page in use.
func (t *Tx) Bytes() int64 { return t.bolt.Size() }

// commit makes the transaction last. A failure is a notCommitted if the file's state is certainly the old one. It is
// not if the second of bbolt's two syncs failed: the new state shows then, and nobody knows whether the disk has it.
func (t *Tx) commit() (err error) {
	id := t.bolt.ID()
	defer func() {
		if p := recover(); p != nil {
			t.rollback() // frees the writer's place, whatever is left of it
			// bbolt reads pages only before it writes the meta page, which makes a commit last.
			err = &notCommitted{fmt.Errorf("%w: while writing: %v", ErrDamaged, p)}
		}
		_ = t.file.note(err)
	}()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	if err := t.file.usable(); err != nil { // a write would fill what was cut with zeros
		t.rollback()
		return &notCommitted{err}
	}
	t.file.unlisted = t.file.manyFree()
	t.file.bolt.NoFreelistSync = t.file.unlisted
	if err = t.write(); err == nil {
		return nil
	}
	now, errView := t.file.enter(false)
	if errView != nil {
		return errors.Join(err, errView)
	}
	defer now.rollback()
	if now.bolt.ID() >= id {
		return err
	}
	return &notCommitted{err}
}

func (t *Tx) write() error {
	defer t.file.committing()()
	return t.bolt.Commit()
}

// rollback ends the transaction as if nothing had been done. Its only error is that it is over already. A panic of
// bbolt leaves its locks held.
func (t *Tx) rollback() {
	t.file.readers.remove(t)
	defer func() {
		if p := recover(); p != nil {
			_ = t.file.end(fmt.Errorf("%w: %v", ErrDamaged, p))
		}
	}()
	_ = t.bolt.Rollback()
}
