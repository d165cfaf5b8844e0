package kv

import (
	"io"
	"sync"
	"time"
)

// A commit that makes the file larger than its map waits for all who read, in order to map it again, and all others
// wait for that commit. So who reads then is ended after a while: its next step into the file fails, and so does
// a write that waits for a slow taker. Nobody else can be ended, for what they read must stay mapped.

const (
	// patience is how long a commit waits for readers. With what follows nobody is held for more than 5 s.
	patience = 4500 * time.Millisecond
	// probeFor is how long a reader takes to begin at most, unless a commit waits for others.
	probeFor = 250 * time.Millisecond
	// endAgain is how often a reader is told to end: a write that began just then was not told.
	endAgain = 20 * time.Millisecond
)

// readers are the transactions of a file that read now.
type readers struct {
	mu  sync.Mutex
	all map[*Tx]func() // with what breaks off a write of theirs, if they are at one
}

func (r *readers) add(t *Tx) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[*Tx]func(){}
	}
	r.all[t] = func() {}
}

func (r *readers) remove(t *Tx) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, t)
}

// writing notes how a write of the reader is broken off.
func (r *readers) writing(t *Tx, breakOff func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, reads := r.all[t]; reads {
		r.all[t] = breakOff
	}
}

// end tells all who read to end, or those again who were told. It says how many have not ended yet.
func (r *readers) end(again bool) (left int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for t, breakOff := range r.all {
		if again && !t.ended.Load() {
			continue // it has begun since
		}
		t.ended.Store(true)
		breakOff()
		left++
	}
	return left
}

// committing ends those who read if a commit waits for them too long. done says that it is over.
func (f *File) committing() (done func()) {
	over := make(chan struct{})
	timer := time.AfterFunc(f.patience, func() {
		if !f.held() {
			return
		}
		left := f.readers.end(false)
		f.log.Warn("who read the file was ended, because a change waited", "readers", left, "after", f.patience)
		for ; left > 0; left = f.readers.end(true) {
			select {
			case <-over:
				return
			case <-time.After(endAgain):
			}
		}
	})
	return func() {
		timer.Stop()
		close(over)
	}
}

// held says whether a commit waits for those who read: then nobody can begin to.
func (f *File) held() bool {
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		if t, err := f.enter(false); err == nil {
			t.rollback()
		}
	}()
	select {
	case <-begun:
		return false
	case <-time.After(probeFor):
		return true
	}
}

// A taker is where a reader writes to. It can be broken off if a deadline can be set for it, as for a connection.
type taker struct {
	tx *Tx
	to io.Writer
}

func (w taker) Write(b []byte) (int, error) {
	if w.tx.ended.Load() {
		return 0, ErrSlow
	}
	return w.to.Write(b)
}

// WriteTo writes the file as it is at this moment.
func (t *Tx) WriteTo(w io.Writer) (int64, error) {
	if d, ok := w.(interface{ SetWriteDeadline(at time.Time) error }); ok {
		t.file.readers.writing(t, func() { _ = d.SetWriteDeadline(time.Now()) }) // it may be closed
		defer t.file.readers.writing(t, func() {})
	}
	n, err := t.bolt.WriteTo(taker{t, w})
	if err != nil && t.ended.Load() {
		err = ErrSlow
	}
	return n, err
}
