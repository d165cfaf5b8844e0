package kv

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// A file is mapped into memory, so that its damage shows at any read: as a page that is none, which bbolt panics about,
// or as memory that the system cannot fill, a fault. Both become ErrDamaged, because every way into bbolt is guarded:
// begin, guard, call.once and commit. What bbolt does on goroutines of its own cannot be guarded: see Tx.Check.

// A condition is what is known about a file's damage.
type condition struct {
	least atomic.Int64 // bytes that the file must have
	mu    sync.Mutex
	first error // the first sign of damage since Open, or since it was found to be right; nil for none
	// ended is set once a fault came while bbolt held its own locks: who entered it after that would wait for ever.
	ended error
}

// note keeps the first sign of damage, and gives the error back.
func (f *File) note(err error) error {
	if errors.Is(err, ErrDamaged) {
		f.is.mu.Lock()
		defer f.is.mu.Unlock()
		if f.is.first == nil {
			f.is.first = err
		}
	}
	return err
}

// end keeps everybody out of bbolt from now on.
func (f *File) end(err error) error {
	f.is.mu.Lock()
	f.is.ended = err
	f.is.mu.Unlock()
	return f.note(err)
}

// usable says why bbolt must not be entered: it was ended, or the file is shorter than what is in it.
func (f *File) usable() error {
	f.is.mu.Lock()
	ended := f.is.ended
	f.is.mu.Unlock()
	if ended != nil {
		return ended
	}
	info, err := f.file.Stat()
	if errors.Is(err, os.ErrClosed) {
		return ErrClosed
	}
	if err != nil {
		return err
	}
	if least := f.is.least.Load(); info.Mode().IsRegular() && info.Size() < least {
		return f.note(fmt.Errorf("%w: the file was cut while it is open: %d bytes of at least %d",
			ErrDamaged, info.Size(), least))
	}
	return nil
}

// enter is bbolt's Begin. A fault there leaves bbolt's locks held.
func (f *File) enter(write bool) (t *Tx, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, f.end(fmt.Errorf("%w: %v", ErrDamaged, p))
		}
	}()
	tx, err := f.bolt.Begin(write)
	if err != nil {
		return nil, err
	}
	f.is.least.Store(tx.Size())
	return &Tx{file: f, bolt: tx}, nil
}

// Damage is the first sign that the open file is damaged; nil if there was none. It looks at the file's length and at
// its meta pages; the rest shows when it is read.
func (d *DB) Damage() error {
	d.swap.RLock()
	f := d.file
	d.swap.RUnlock()
	d.commits.journal.mu.Lock() // no meta page is being written
	err := f.usable()
	if err == nil {
		if info, stat := f.file.Stat(); stat == nil && info.Mode().IsRegular() {
			err = f.wrongMeta(info.Size())
		}
	}
	d.commits.journal.mu.Unlock()
	if errors.Is(err, ErrDamaged) {
		return err
	}
	f.is.mu.Lock()
	defer f.is.mu.Unlock()
	return f.is.first
}

func (f *File) wrongMeta(size int64) error {
	err := checkMeta(f.file, size)
	if err == nil || errors.Is(err, os.ErrClosed) {
		return nil
	}
	return f.note(fmt.Errorf("%w: %w", ErrDamaged, err))
}

// Right forgets the signs of damage so far, after the caller has read the whole file and found it right. A file that
// was cut, or that bbolt must not enter, stays damaged.
func (d *DB) Right() {
	d.swap.RLock()
	defer d.swap.RUnlock()
	d.file.is.mu.Lock()
	defer d.file.is.mu.Unlock()
	d.file.is.first = d.file.is.ended
}
