package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// ErrLocked means that another process has the file open.
var ErrLocked = errors.New("the file is in use")

const (
	lockPoll = 50 * time.Millisecond // as bbolt does
	// LockTimeout is how long a lock is waited for, if nothing is said.
	LockTimeout = 3 * time.Second
)

// A Lock is how OpenLocked waits for the lock of a file.
type Lock struct {
	Shared  bool          // beside others who only read
	Timeout time.Duration // how long to wait; 3 s if zero
	Log     *slog.Logger  // nothing is logged if nil
	// Holder says in an error which process has the file; nil if none answers. It may be nil itself.
	Holder func(context.Context) error
}

// OpenLocked opens the file at path and waits for its lock; ErrLocked if it does not come. The process that had the
// lock may have put another file in its place: then that one is opened.
func OpenLocked(ctx context.Context, path string, flag int, l Lock) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag, FileMode)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, Reason(err))
		}
		if err := l.wait(ctx, f, path); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		ours, err := f.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.Close())
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(ours, now) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
	}
}

// wait waits while nobody answers for the lock, for its holder may be about to end: its socket goes first. It gives up
// on a holder that still answers a moment later. The moment is for one that was just told to end.
func (l Lock) wait(ctx context.Context, f *os.File, path string) error {
	if l.Timeout <= 0 {
		l.Timeout = LockTimeout
	}
	answered, logged := false, false
	for until := time.Now().Add(l.Timeout); ; {
		ok, err := tryLock(f, l.Shared)
		if err != nil {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		if ok {
			return nil
		}
		if !time.Now().Before(until) {
			return l.Held(ctx, path)
		}
		by := l.holder(ctx)
		if by != nil && answered {
			return by
		}
		if answered = by != nil; !answered && !logged && l.Log != nil {
			logged = true
			l.Log.Info("waiting for another process that has the database open", "db", path, "at_most", l.Timeout)
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return fmt.Errorf("lock %s: %w", path, ctx.Err())
		}
	}
}

// Held is the error for a file that another process has, and names the process if it answers.
func (l Lock) Held(ctx context.Context, path string) error {
	if by := l.holder(ctx); by != nil {
		return by
	}
	return Plain("open "+path+": another process has it open, stop it first", ErrLocked)
}

func (l Lock) holder(ctx context.Context) error {
	if l.Holder == nil {
		return nil
	}
	return l.Holder(ctx)
}

// CloseUnlocked closes a file and gives its lock back at once, even if something still has it mapped.
func CloseUnlocked(f *os.File) error { return errors.Join(unlock(f), f.Close()) }
