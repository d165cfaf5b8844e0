package copy

import (
	"context"
	"errors"
	"fmt"

	"stepin/store"
	"stepin/store/control"
	"stepin/store/kv"
)

// What to do about damage, where it is not what store says.
const (
	otherBackup = "use another backup; if there is none, give --damaged to restore what can be read of this one"
	badDisk     = "look after the disk, then try again"
)

// A recordFault is what is wrong with a record or an index, in pages that are right.
type recordFault struct{ error }

func (f *recordFault) Unwrap() error { return f.error }

// Verify reads a whole file that no stepin has open, and checks every page, and every record and index if they are of
// the present format: store.ErrDamaged if anything is wrong. The file stays as it is.
func Verify(ctx context.Context, path string, o store.Options) (store.Contents, error) {
	return verify(ctx, path, o, store.Remedy(path))
}

// verify is Verify with what to do about damage.
func verify(ctx context.Context, path string, o store.Options, remedy string) (c store.Contents, err error) {
	f, err := store.OpenToRead(ctx, path, o, remedy)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = f.View(func(t *kv.Tx) (err error) {
		if c, err = store.ContentsOf(t); err != nil {
			return err
		}
		if err := t.Check(); err != nil || c.Format < store.Format() {
			return err
		}
		if err := store.Check(t); err != nil {
			return &recordFault{err}
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("check %s: %w; %s", path, err, remedy)
	}
	return c, nil
}

// proved verifies a copy, and that it holds what it was made from. A fault in records or indexes is a *recordFault:
// what it was made from has it too.
func (o Options) proved(ctx context.Context, copied string, want store.Contents) error {
	o.Progress.Tell("reading the copy again", 0, 0)
	got, err := verify(ctx, copied, o.Options, badDisk)
	fault, ofRecords := errors.AsType[*recordFault](err)
	if err != nil && !ofRecords {
		return err
	}
	if differ := want.Differs(got); differ != "" {
		return fmt.Errorf("%w: the copy holds something else: %s", store.ErrDamaged, differ)
	}
	if ofRecords {
		return fault
	}
	return nil
}

// Examine verifies the file at path deeply, in a copy beside it if a stepin has it open.
func Examine(ctx context.Context, path string, o Options) (c store.Contents, err error) {
	if _, err := store.Status(ctx, path); errors.Is(err, control.ErrNotRunning) {
		return Verify(ctx, path, o.Options)
	}
	o = o.filled()
	err = o.beside(ctx, path, func(copied string, _ store.Contents) (err error) {
		o.Progress.Tell("reading the copy", 0, 0)
		c, err = Verify(ctx, copied, o.Options)
		return err
	})
	return c, err
}
