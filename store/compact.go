package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// compactBy is how many bytes of keys and values one of compact's transactions writes: each is
// held in memory.
const compactBy = 16 << 20

// Compact writes the file at path anew, as small as it can be, and puts it in the old one's place
// once it was read again and holds the same: at each moment one of the two is there, whole. It
// gives the sizes in bytes, and refuses with ErrLocked while a stepin has the file open. On a dry
// run the smaller file is made, verified and removed; while one runs, from a copy.
func Compact(ctx context.Context, path string, o Copying) (before, after int64, err error) {
	o.Options = o.filled()
	if there, err := isFile(path); err != nil {
		return 0, 0, err
	} else if !there {
		return 0, 0, absent(path)
	}
	if now, err := ask(ctx, path); err == nil && o.DryRun {
		return compactCopy(ctx, path, now, o)
	}
	place, err := filepath.EvalSymlinks(path) // a link stays one
	if err != nil {
		return 0, 0, fmt.Errorf("open %s: %w", path, reason(err))
	}
	db, err := openBolt(ctx, path, o.Options, toUse)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }() // and with it the lock goes
	version, err := formatOf(boltBackend{db})
	if err != nil {
		return 0, 0, fmt.Errorf("open %s: %w; %s", path, err, remedy)
	}
	if version > len(migrations) {
		return 0, 0, newer(path, version, len(migrations))
	}
	d, err := newDraft(place, o.Log)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = d.drop(err) }()
	if err := rewrite(ctx, db, d, o); err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, reason(err))
	}
	was, err := os.Stat(place)
	if err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, reason(err))
	}
	is, err := os.Stat(d.tmp)
	if err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, reason(err))
	}
	before, after = was.Size(), is.Size()
	if o.DryRun || after >= before {
		return before, after, nil
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	ownAs(d.tmp, was)
	return before, after, d.place(true)
}

// compactCopy is Compact, dry, of what a stepin has open.
func compactCopy(ctx context.Context, path string, now Now, o Copying) (before, after int64, err error) {
	d, err := newDraft(path, o.Log)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = d.drop(err) }()
	if _, err := copyTo(ctx, path, d.file, o); err != nil {
		return 0, 0, err
	}
	if err := d.file.Close(); err != nil { // nothing of it is to last
		return 0, 0, fmt.Errorf("copy %s: %w", path, reason(err))
	}
	_, after, err = Compact(ctx, d.tmp, o)
	return now.Size, after, err
}

// rewrite makes the draft from a file, and proves it.
func rewrite(ctx context.Context, db *bolt.DB, d *draft, o Copying) error {
	if err := d.file.Close(); err != nil {
		return err
	}
	into := o.Options
	into.NoSync = true // once, at the end
	small, err := openBolt(ctx, d.tmp, into, toMake)
	if err != nil {
		return err
	}
	small.AllocSize = 0
	o.Progress.Tell("writing it anew", 0, 0)
	err = guarded(func() error { return bolt.Compact(small, db, compactBy) })
	if err == nil {
		err = small.Sync()
	}
	if err := errors.Join(err, small.Close()); err != nil {
		return err
	}
	err = snapshot(db, func(_ *bolt.Tx, want Contents) error { return proved(ctx, d.tmp, want, true, o.Options, o.Progress) })
	if fault, ok := errors.AsType[*recordFault](err); ok {
		return fmt.Errorf("%w: %s", fault, remedy)
	}
	return err
}
