package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"stepin/store/disk"
)

const (
	// copyBy is how many bytes of keys and values one transaction of a copy writes: each is held in memory.
	copyBy = 16 << 20
	// replayBy is how many keys one transaction brings up to date. Writes wait for the last one.
	replayBy = 500
	// mostPasses ends the catching up where as much is written as is caught up with.
	mostPasses = 20
)

// CopyTo writes what the file holds at one moment to a draft, as small as it can be: nothing comes along that was
// deleted or written over. It closes the draft.
func (f *File) CopyTo(ctx context.Context, d *disk.Draft, o Options) (holds Holding, err error) {
	if err := d.File.Close(); err != nil {
		return holds, err
	}
	o.Mode, o.NoSync = Make, true // once, at the end
	small, err := Open(ctx, d.Temp, o)
	if err != nil {
		return holds, err
	}
	small.bolt.AllocSize, small.bolt.NoFreelistSync = 0, false
	err = f.View(func(from *Tx) (err error) {
		if holds, err = from.Holds(); err != nil {
			return err
		}
		return small.copy(from)
	})
	if err == nil {
		err = small.Sync()
	}
	return holds, errors.Join(err, small.Close())
}

// copy copies all keys in their order.
func (f *File) copy(from *Tx) error {
	return f.Fill(func(to *Filler) error {
		from.inside++ // and not less by one where a page panics: see spoilt
		err := from.bolt.ForEach(func(name []byte, table *bolt.Bucket) error {
			if err := to.tx.MakeTables(Table(name)); err != nil {
				return err
			}
			return table.ForEach(func(k, v []byte) error {
				if from.ended.Load() {
					return ErrSlow
				}
				return to.Put(Table(name), k, v)
			})
		})
		from.inside--
		return err
	})
}

// A Filler writes many keys, a number of bytes in each transaction.
type Filler struct {
	file *File
	tx   *Tx
	size int
}

// Fill lets fill write into a file that nobody reads yet: should it fail, a part of it may be there.
func (f *File) Fill(fill func(*Filler) error) (err error) {
	to := &Filler{file: f}
	if to.tx, err = f.begin(true); err != nil {
		return err
	}
	defer func() { to.tx.rollback() }() // nothing is left to roll back after a commit
	if err := fill(to); err != nil {
		return err
	}
	return to.tx.commit()
}

// Put sets the value of a key.
func (w *Filler) Put(table Table, key, value []byte) error {
	if w.size += len(key) + len(value); w.size > copyBy {
		if err := w.tx.commit(); err != nil {
			return err
		}
		next, err := w.file.begin(true)
		if err != nil {
			return err
		}
		w.tx, w.size = next, 0
	}
	b := w.tx.in(table)
	b.FillPercent = 0.9 // most come in order
	return b.Put(key, value)
}

// Sync makes last what was written without the disk's syncs.
func (f *File) Sync() error { return f.bolt.Sync() }

// A journal keeps which keys were written since Rewrite began.
type journal struct {
	mu   sync.Mutex         // held through each transaction that writes
	keys map[place]struct{} // nil without a Rewrite
}

// A place is a key in a table.
type place struct {
	table Table
	key   string
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.table, q.table), cmp.Compare(p.key, q.key))
}

// keep begins to note keys, or ends it.
func (j *journal) keep(on bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.keys = nil; on {
		j.keys = map[place]struct{}{}
	}
}

func (j *journal) note(changes []change) {
	if j.keys == nil {
		return
	}
	for _, c := range changes {
		j.keys[place{c.table, string(c.key)}] = struct{}{}
	}
}

// cut takes what was noted so far.
func (j *journal) cut() map[place]struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	keys := j.keys
	j.keys = map[place]struct{}{}
	return keys
}

// replay brings keys of a copy up to date.
func replay(keys []place, from, to *Tx) error {
	for _, p := range keys {
		key, err := []byte(p.key), error(nil)
		if v := from.Get(p.table, key); v == nil {
			err = to.unset(p.table, key)
		} else {
			err = to.set(p.table, key, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Rewrite writes the file again while it is open, so that nothing is left in it of what was deleted or written over,
// and puts the new one in the old one's place: at each moment one of the two is there, whole. Reads and writes go on
// meanwhile; only at the end do writes wait, for what was written meanwhile to be put into the new file, and for one
// sync. A key that was not written meanwhile and that is named here is left out.
func (d *DB) Rewrite(without Table, key []byte) (err error) {
	select {
	case <-d.closing:
		return ErrClosed
	default:
	}
	d.users.Add(1)
	defer d.users.Done()
	d.rewriting.Lock()
	defer d.rewriting.Unlock()
	if d.Moved() {
		return errMoved
	}
	path, err := filepath.EvalSymlinks(d.path) // a link stays one
	if err != nil {
		return disk.Reason(err)
	}
	draft, err := disk.NewDraft(path, d.o.Log)
	if err != nil {
		return err
	}
	draft.NoSync = d.o.NoSync
	defer func() { err = draft.Drop(err) }()
	d.commits.journal.keep(true)
	defer d.commits.journal.keep(false)
	next, err := d.copy(draft)
	if err != nil {
		return disk.Reason(err)
	}
	old := d.file // only Rewrite changes it, and it is alone
	left := place{without, string(key)}
	written, err := d.catchUp(next, left)
	swapped := false
	if err == nil {
		swapped, err = d.exchange(next, draft, left, written)
	}
	if !swapped {
		return errors.Join(err, next.Close())
	}
	d.users.Go(func() { // it waits for those who read it
		if err := old.Close(); err != nil {
			d.o.Log.Warn("the old file was not closed", "error", err)
		}
	})
	return err
}

// copy makes the new file, reads it again, and opens it.
func (d *DB) copy(draft *disk.Draft) (*File, error) {
	ctx := context.Background()
	want, err := d.file.CopyTo(ctx, draft, d.o)
	if err != nil {
		return nil, err
	}
	o := d.o
	o.Mode = Read
	copied, err := Open(ctx, draft.Temp, o)
	if err != nil {
		return nil, err
	}
	err = copied.View(func(t *Tx) error {
		is, err := t.Holds()
		if differ := want.Differs(is); err == nil && differ != "" {
			err = fmt.Errorf("%w: the copy holds something else: %s", ErrDamaged, differ)
		}
		if err != nil {
			return err
		}
		return t.Check()
	})
	if err := errors.Join(err, copied.Close()); err != nil {
		return nil, err
	}
	o.Mode, o.at = Use, draft.Temp
	return Open(ctx, draft.Path, o)
}

// catchUp brings the new file up to date while others write on, until little is left. It says whether one key was
// written meanwhile.
func (d *DB) catchUp(next *File, one place) (written bool, err error) {
	more := true
	for pass := 0; more && pass < mostPasses; pass++ {
		keys := d.commits.journal.cut()
		if _, is := keys[one]; is {
			written = true
		}
		more = len(keys) > replayBy
		for some := range slices.Chunk(slices.SortedFunc(maps.Keys(keys), place.compare), replayBy) {
			err := d.file.View(func(from *Tx) error {
				return next.Update(func(to *Tx) error { return replay(some, from, to) })
			})
			if err != nil {
				return false, err
			}
		}
	}
	return written, nil
}

// exchange puts the new file in the old one's place, with what was written since it caught up. The one key is left out
// unless it was written.
func (d *DB) exchange(next *File, draft *disk.Draft, one place, written bool) (swapped bool, err error) {
	j := &d.commits.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := d.commits.unclear(); err != nil {
		return false, err
	}
	err = d.file.View(func(from *Tx) error {
		return next.Update(func(to *Tx) error {
			if _, is := j.keys[one]; !is && !written {
				if err := to.unset(one.table, []byte(one.key)); err != nil {
					return err
				}
			}
			return replay(slices.Collect(maps.Keys(j.keys)), from, to)
		})
	})
	if err == nil {
		err = d.rename(draft)
	}
	if err != nil {
		return false, err
	}
	d.swap.Lock()
	d.file = next
	d.swap.Unlock()
	return true, draft.Lasts()
}

// errMoved keeps what has the file's name now from being replaced.
var errMoved = errors.New("the open file no longer has this name: move it back")

// rename gives the new file the name, unless the old one has lost it.
func (d *DB) rename(draft *disk.Draft) error {
	if info, err := os.Stat(draft.Path); err == nil {
		disk.OwnAs(draft.Temp, info)
	}
	own, err := os.Stat(draft.Temp)
	if err != nil {
		return disk.Reason(err)
	}
	d.naming.Lock()
	defer d.naming.Unlock()
	if d.moved() {
		return errMoved
	}
	if err := d.o.Around(func() error { return os.Rename(draft.Temp, draft.Path) }); err != nil {
		return disk.Reason(err)
	}
	d.own = own
	return nil
}
