package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// Rewrite writes the file anew while it is open, so that nothing is left in it of what was deleted or
// written over, and puts the new one in the old one's place: at each moment one of the two is there,
// whole. Reads and writes go on while the new one is made and read again; only at the end do writes
// wait, for what was written meanwhile to be put into it, and for one sync. In memory it does nothing.
func (d *DB) Rewrite() (err error) {
	if d.path == "" {
		return nil
	}
	select {
	case <-d.closing:
		return ErrClosed
	default:
	}
	d.serving.Add(1)
	defer d.serving.Done()
	d.rewriting.Lock()
	defer d.rewriting.Unlock()
	if d.Moved() {
		return errMoved(d.path)
	}
	path, err := filepath.EvalSymlinks(d.path) // a link stays one
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", d.path, reason(err))
	}
	draft, err := newDraft(path, d.o.Log)
	if err != nil {
		return err
	}
	defer func() { err = draft.drop(err) }()
	defer d.journaling()()
	old := d.back.(boltBackend).db // only Rewrite changes it, and it is alone
	if err := d.copyTo(old, draft); err != nil {
		return fmt.Errorf("rewrite %s: %w", d.path, reason(err))
	}
	next, err := openBoltAt(context.Background(), path, draft.tmp, d.o, toUse)
	if err != nil {
		return fmt.Errorf("rewrite %s: %w", d.path, err)
	}
	swapped, err := d.exchange(old, next, draft)
	if !swapped {
		return errors.Join(err, next.Close())
	}
	d.serving.Go(func() { // it waits for those who read it
		if err := old.Close(); err != nil {
			d.o.Log.Warn("the old file was not closed", "error", err)
		}
	})
	return err
}

// journaling notes what is written from now on, until stop.
func (d *DB) journaling() (stop func()) {
	set := func(j map[place]struct{}) {
		d.writing.Lock()
		defer d.writing.Unlock()
		d.journal = j
	}
	set(map[place]struct{}{})
	return func() { set(nil) }
}

// copyTo writes one moment of a file to a draft, in the order of its keys, and proves it. Nothing of
// the file but what can be read comes along.
func (d *DB) copyTo(old *bolt.DB, to *draft) error {
	if err := to.file.Close(); err != nil {
		return err
	}
	into := d.o
	into.NoSync = true // once, at the end
	next, err := openBolt(context.Background(), to.tmp, into, toMake)
	if err != nil {
		return err
	}
	next.AllocSize = 0
	var want Contents
	err = snapshot(old, func(from *bolt.Tx, holds Contents) error {
		want = holds
		return guarded(func() error { return copyBuckets(from, next) })
	})
	if err == nil {
		err = next.Sync()
	}
	if err := errors.Join(err, next.Close()); err != nil {
		return err
	}
	return proved(context.Background(), to.tmp, want, false, d.o, nil)
}

// copyBuckets copies all keys, so many bytes in a transaction.
func copyBuckets(from *bolt.Tx, next *bolt.DB) error {
	to, err := next.Begin(true)
	if err != nil {
		return err
	}
	defer func() { _ = to.Rollback() }() // of what is committed it is none
	size := 0
	for _, name := range bucketNames {
		b, err := to.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		b.FillPercent = 0.9 // they come in order
		c := from.Bucket([]byte(name)).Cursor()
		for k, v := c.First(); k != nil; k, v = c.Next() {
			if size += len(k) + len(v); size > compactBy {
				if err := to.Commit(); err != nil {
					return err
				}
				if to, err = next.Begin(true); err != nil {
					return err
				}
				b, size = to.Bucket([]byte(name)), 0
				b.FillPercent = 0.9
			}
			if err := b.Put(k, v); err != nil {
				return err
			}
		}
	}
	return to.Commit()
}

// exchange puts the new file in the old one's place, with what was written since the journal began.
func (d *DB) exchange(old, next *bolt.DB, draft *draft) (swapped bool, err error) {
	d.writing.Lock()
	defer d.writing.Unlock()
	select {
	case <-d.failed:
		return false, d.failure
	default:
	}
	err = old.View(func(from *bolt.Tx) error {
		return next.Update(func(to *bolt.Tx) error {
			_, again := d.journal[place{meta, metaErased}] // what was taken out meanwhile was copied before
			if !again {
				if err := to.Bucket([]byte(meta.String())).Delete([]byte(metaErased)); err != nil {
					return err
				}
			}
			return replay(d.journal, from, to)
		})
	})
	if err != nil {
		return false, fmt.Errorf("rewrite %s: %w", d.path, err)
	}
	if info, err := os.Stat(draft.path); err == nil {
		ownAs(draft.tmp, info)
	}
	own, err := os.Stat(draft.tmp)
	if err != nil {
		return false, fmt.Errorf("rewrite %s: %w", d.path, reason(err))
	}
	d.naming.Lock()
	if d.moved() {
		err = errMoved(d.path)
	} else if err = d.o.Around(func() error { return os.Rename(draft.tmp, draft.path) }); err != nil {
		err = fmt.Errorf("rewrite %s: %w", d.path, linkReason(err))
	} else {
		d.own = own
	}
	d.naming.Unlock()
	if err != nil {
		return false, err
	}
	d.swap.Lock()
	d.back = boltBackend{next}
	d.swap.Unlock()
	if d.o.NoSync {
		return true, nil
	}
	return true, syncDir(filepath.Dir(draft.path))
}

// errMoved keeps whatever has the file's name now from being written over.
func errMoved(path string) error {
	return fmt.Errorf("rewrite %s: the file that is open has that name no more: move it back", path)
}

func replay(journal map[place]struct{}, from, to *bolt.Tx) error {
	for p := range journal {
		in := []byte(p.bucket.String())
		v := from.Bucket(in).Get([]byte(p.key))
		var err error
		if v == nil {
			err = to.Bucket(in).Delete([]byte(p.key))
		} else {
			err = to.Bucket(in).Put([]byte(p.key), v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Copies are the databases beside the file, whatever they are called, and the files that this process may not look
// into: nothing is taken out of them.
func (d *DB) Copies() ([]nudges.Copy, error) {
	if d.path == "" {
		return nil, nil
	}
	return CopiesOf(d.path)
}

// CopiesOf are the databases beside a file that nobody may have open.
func CopiesOf(file string) ([]nudges.Copy, error) {
	path, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil, fmt.Errorf("look for backups: %w", reason(err))
	}
	in, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("look for backups: %w", reason(err))
	}
	var all []nudges.Copy
	for _, e := range in {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if !e.Type().IsRegular() || samePlace(name, path) {
			continue
		}
		at, is, err := database(name)
		unread := errors.Is(err, fs.ErrPermission)
		if unread {
			at, err = written(e)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("look for backups: %w", reason(err))
		}
		if err == nil && (is || unread) {
			all = append(all, nudges.Copy{Name: e.Name(), At: at.UTC().Truncate(time.Second), Unread: unread})
		}
	}
	slices.SortFunc(all, func(a, b nudges.Copy) int { return a.At.Compare(b.At) })
	return all, nil
}

func written(e fs.DirEntry) (at time.Time, err error) {
	info, err := e.Info()
	if err != nil {
		return at, err
	}
	return info.ModTime(), nil
}

// database says whether a file begins as one of bbolt's does, and when it was last written.
func database(name string) (at time.Time, is bool, err error) {
	f, err := os.Open(name)
	if err != nil {
		return at, false, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return at, false, err
	}
	_, no := checkMetaPage(f, 0, info.Size())
	return info.ModTime(), no == nil, nil
}
