package kv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"stepin/store/disk"
)

// A DB is an open file in which many may write at the same time. Its methods may be called from any goroutine.
type DB struct {
	path      string
	o         Options
	swap      sync.RWMutex // of file, while Rewrite puts another in its place
	file      *File
	naming    sync.RWMutex // of own, while Rewrite gives another file the name
	own       os.FileInfo  // of the file that is open
	commits   *committer
	rewriting sync.Mutex     // one Rewrite at a time
	users     sync.WaitGroup // of files that Close must wait for
	closing   chan struct{}  // closed when Close begins
	close     func() error
}

// New lets many write in a file, which is the DB's from then on, as is its closing. Of the options those of Open count
// again, for Rewrite.
func New(f *File, o Options) (*DB, error) {
	d := &DB{path: f.path, o: o.filled(), file: f, closing: make(chan struct{})}
	var err error
	if d.own, err = os.Stat(f.path); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", f.path, disk.Reason(err)), f.Close())
	}
	d.commits = newCommitter(d.o, func() (*Tx, error) { return d.begin(true) })
	d.close = sync.OnceValue(d.shut)
	go d.commits.run()
	return d, nil
}

// View runs fn over one moment of the file.
func (d *DB) View(fn func(*Tx) error) error {
	t, err := d.begin(false)
	if err != nil {
		return err
	}
	defer t.rollback()
	return t.guard(fn)
}

// Update runs fn in a transaction that it may share with others who write at the same time: they have one commit and
// one sync between them. It returns once fn's changes are on disk, or not at all: what fails or panics in fn is undone,
// and the others go on. A panic of fn becomes this call's, as a *Panic. fn may run more than once. When ctx ends before
// the commit has begun, none is begun, and Update returns ctx's error. A commit that fails is a CommitError.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := newCall(ctx, fn)
	if !d.commits.queue.add(c) {
		return ErrClosed
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err() // it was still waiting
		}
		<-c.done
	}
	return c.end()
}

// Join has the next transaction of others run first before their functions, and last after them. Each is undone alone,
// as in Update. Join returns once both are on disk, or with why one is not. When ctx ends before others come, it has
// run nothing, and returns ctx's error.
func (d *DB) Join(ctx context.Context, first, last func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	apart := context.WithoutCancel(ctx) // else its end could have the others run again
	r := &rider{first: newCall(apart, first), last: newCall(apart, last)}
	if !d.commits.queue.ride(r) {
		return ErrClosed
	}
	select {
	case <-r.last.done:
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return ctx.Err() // it was still waiting
		}
		<-r.last.done
	}
	<-r.first.done
	if err := r.first.end(); err != nil {
		return err
	}
	return r.last.end()
}

// begin starts a transaction on the file that has the name now.
func (d *DB) begin(write bool) (*Tx, error) {
	d.swap.RLock()
	defer d.swap.RUnlock()
	return d.file.begin(write)
}

// Moved says whether the file that is open does not have its name any more: it was moved away, deleted or replaced.
// What is committed then is in that file alone.
func (d *DB) Moved() bool {
	d.naming.RLock()
	defer d.naming.RUnlock()
	return d.moved()
}

func (d *DB) moved() bool {
	now, err := os.Stat(d.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(d.own, now)
}

// Stats are the commits since New.
type Stats struct {
	Commits int           // that ended well
	Took    time.Duration // all of those together
	Failed  int
	Last    time.Time // when the last one ended; zero for none
}

// Stats tells about the commits. It reads nothing from the disk.
func (d *DB) Stats() Stats { return d.commits.stats.count(func(*Stats) {}) }

// Failed is closed once a commit has ended unclear (ErrUnclear): the process should end then, for only opening the file
// again tells what is in it.
func (d *DB) Failed() <-chan struct{} { return d.commits.failed }

// Failure is why Failed is closed; nil before.
func (d *DB) Failure() error { return d.commits.unclear() }

// Close finishes what is queued, and closes the file. It waits for every View and Update; later ones get ErrClosed.
func (d *DB) Close() error { return d.close() }

func (d *DB) shut() error {
	close(d.closing)
	d.commits.queue.end()
	<-d.commits.ended
	d.users.Wait()
	if d.commits.unclear() == nil {
		_ = d.file.list() // without it the next start only takes longer
	}
	return d.file.Close()
}
