package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"stepin/nudges"
)

// What can be wrong with a file or its use. They come wrapped in one line that
// says what to do; the file is as it was.
var (
	ErrLocked     = errors.New("the file is in use")
	ErrDamaged    = errors.New("the file is damaged")
	ErrNewer      = errors.New("the file is from a newer stepin")
	ErrOtherTeam  = errors.New("the file belongs to another workspace")
	ErrNotRunning = errors.New("no stepin answers for this file")
	ErrNoAnswer   = errors.New("the stepin that runs is of another version and cannot do this, start it anew from this one")
	ErrClosed     = errors.New("the store is closed")
	// ErrUnclear means that a commit failed at a point where nobody can say whether
	// it will be found after a restart: all of it, or nothing. From then on the
	// store takes no more updates.
	ErrUnclear = errors.New("a commit ended unclear, stepin must be started again")
)

// A Panic is what Update panics with if its function did: the committer, on whose
// goroutine the function ran, goes on.
type Panic struct {
	Value any    // what the function panicked with
	Stack []byte // where
}

func (p *Panic) Error() string {
	return fmt.Sprintf("in a transaction: %v\n\n%s", p.Value, p.Stack)
}

// Unwrap gives the value if it was an error.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// why names what kept a commit from the disk, so that bot can tell people and operators. bbolt
// passes some of the system's errors on as text alone.
func why(err error) error {
	is := func(codes ...syscall.Errno) bool {
		return slices.ContainsFunc(codes, func(c syscall.Errno) bool {
			return errors.Is(err, c) || strings.Contains(err.Error(), c.Error())
		})
	}
	switch {
	case is(syscall.ENOSPC, syscall.EDQUOT):
		return nudges.ErrDiskFull
	case is(syscall.EROFS, syscall.EACCES, syscall.EPERM):
		return nudges.ErrReadOnly
	}
	return nudges.ErrNoCommit
}

// ofSystem says whether the system keeps us from a file, of which nothing is said then.
func ofSystem(err error) bool {
	return slices.ContainsFunc([]syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.ENOMEM},
		func(c syscall.Errno) bool { return errors.Is(err, c) })
}

// errEnded is for a function that ended the goroutine that it ran on.
var errEnded = errors.New("the transaction's function called runtime.Goexit")

// unclear is the error of a commit whose end is not known.
type unclear struct{ err error }

func (u *unclear) Error() string   { return fmt.Sprintf("%v: %v", ErrUnclear, u.err) }
func (u *unclear) Unwrap() []error { return []error{ErrUnclear, u.err} }

// notCommitted is the error of a commit that certainly did not happen.
type notCommitted struct{ error }

func (n *notCommitted) Unwrap() error { return n.error }

// fault says whether a recovered panic is a read of the file's pages that the
// system could not serve: a damaged file or disk, and nobody's bug.
func fault(p any) bool {
	_, ok := p.(interface{ Addr() uintptr })
	return ok
}
