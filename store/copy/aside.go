package copy

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"stepin/store"
)

// errPeek keeps everything from being committed.
var errPeek = errors.New("the file is only looked at")

// Aside opens a copy of the file at path, which a stepin may have open, and removes the copy afterwards: whatever do
// does to it, the file stays as it is.
func Aside(ctx context.Context, path string, o Options, do func(*store.DB) error) error {
	o = o.filled()
	return o.beside(ctx, path, func(copied string, _ store.Contents) error {
		o.NoSync, o.Existing = true, true // nothing of it is to last
		db, err := store.Open(ctx, copied, o.Options)
		if err != nil {
			return err
		}
		return errors.Join(do(db), db.Close())
	})
}

// Peek opens the file at path, which no stepin has open, so that nothing that do does can be committed. A file of an
// older format, or one that this process may only read, is opened in a copy, as Aside does.
func Peek(ctx context.Context, path string, o Options, do func(*store.DB) error) error {
	in := o.Options
	in.Existing, in.AsItIs = true, true
	in.Around = func(func() error) error { return errPeek }
	db, err := store.Open(ctx, path, in)
	if errors.Is(err, store.ErrOlder) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return Aside(ctx, path, o, do)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}
