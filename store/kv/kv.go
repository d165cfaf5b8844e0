// Package kv keeps ordered tables of bytes in one file, in transactions. It is the only package that knows bbolt, and
// the door behind which another engine can stand.
//
// It promises: Update returns once its changes are on disk, or without any of them; those who write at the same time
// share one commit and one sync, and an error or panic of one is no other's; Join shares the commit of others and has
// none of its own; a damaged page is ErrDamaged and never the end of the process; a file that is opened or refused
// stays as it was, byte for byte. It must not know what the bytes mean, nor who else may have the file open.
//
// Files, in the order in which data passes them: kv.go (errors, options), open.go and metapage.go (a File from a
// path), freelist.go (a list of free pages that would be long), db.go (a File in which many write), queue.go and
// commit.go (group commit), tx.go (one transaction), readers.go (who reads for too long), damage.go (a file that goes
// bad while it is open), holding.go (what a file holds, and whether its pages are right), rewrite.go (a smaller file,
// and how it takes the old one's place), room.go (what that needs on the disk), page.go and salvage.go (what can be
// read of a damaged file: its newest state, gaps filled from the one before, and pages that nothing leads to).
//
//	Update ─▶ queue ─▶ committer: one Tx for up to 256 functions ─▶ commit, sync ─▶ each Update returns
//	                                                                  └─▶ journal ─▶ Rewrite
package kv

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stepin/store/disk"
)

var (
	// ErrDamaged means that the file is no database, or that a part of it cannot be read.
	ErrDamaged = errors.New("the file is damaged")
	// ErrClosed is for those who come after Close.
	ErrClosed = errors.New("the store is closed")
	// ErrSlow is for who reads for so long that a change had to wait; see readers.go.
	ErrSlow = errors.New("it took so long that a change had to wait for it")
	// ErrUnclear means that nobody can say whether a commit will be found after a restart: all of it, or nothing. From
	// then on there are no more updates.
	ErrUnclear = errors.New("a commit ended without a clear answer: restart stepin")
)

// errGoexit is for a function that ended the goroutine that it ran on.
var errGoexit = errors.New("the transaction's function called runtime.Goexit")

// A CommitError is why a commit failed. Unless it is ErrUnclear too, nothing of it is in the file.
type CommitError struct{ Err error }

func (e *CommitError) Error() string { return "commit: " + e.Err.Error() }
func (e *CommitError) Unwrap() error { return e.Err }

// unclear is the error of a commit whose end is not known.
type unclear struct{ err error }

func (u *unclear) Error() string   { return fmt.Sprintf("%v: %v", ErrUnclear, u.err) }
func (u *unclear) Unwrap() []error { return []error{ErrUnclear, u.err} }

// notCommitted is the error of a commit that certainly did not happen.
type notCommitted struct{ error }

func (n *notCommitted) Unwrap() error { return n.error }

// A Panic is what Update panics with if its function did. The goroutine that ran the function goes on.
type Panic struct {
	Value any    // what the function panicked with
	Stack []byte // where
}

func (p *Panic) Error() string { return fmt.Sprintf("in a transaction: %v\n\n%s", p.Value, p.Stack) }

// Unwrap gives the value if it was an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// A Table is one of the file's tables, by its name: keys and their values, in the order of the keys' bytes.
type Table string

// A Mode is what a file is opened for.
type Mode int

// The modes of Open.
const (
	Use  Mode = iota // read and write, alone
	Make             // the same, an empty file
	Read             // read, beside others who read
)

// Options are how a file is opened, and how many write in it; the zero value is right for a server.
type Options struct {
	Mode Mode
	Lock disk.Lock        // how to wait for it; Shared goes by Mode
	Now  func() time.Time // for Stats only; time.Now if nil
	Log  *slog.Logger     // nothing is logged if nil
	// Patience is how long a commit waits for those who read, where it must; 4.5 s if zero.
	Patience time.Duration
	// NoSync leaves out the disk's syncs. A loss of power can then lose or damage the file.
	NoSync bool
	// Around, if set, is called with each commit and must call it, or fail. It runs on the committer's goroutine, one
	// call at a time. It is for tests.
	Around func(commit func() error) error
	// Free is how many bytes are free on the disk that a folder is on; disk.Free if nil. It is for tests.
	Free func(dir string) (int64, error)

	at       string // where the file is until it gets its path; "" for the path
	unlisted bool   // read it without its free pages
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Around == nil {
		o.Around = func(commit func() error) error { return commit() }
	}
	if o.Free == nil {
		o.Free = disk.Free
	}
	o.Patience = cmp.Or(o.Patience, patience)
	return o
}
