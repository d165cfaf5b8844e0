package copy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"stepin/store"
	"stepin/store/disk"
	"stepin/store/kv"
)

// Compact writes the file at path again, as small as it can be, and puts it in the old one's place once it was read
// again and holds the same: at each moment one of the two is there, whole. It gives the sizes in bytes, and refuses
// with store.ErrLocked while a stepin has the file open. On a dry run the smaller file is made, verified and removed;
// while a stepin runs, from a copy.
func Compact(ctx context.Context, path string, o Options) (before, after int64, err error) {
	o = o.filled()
	if err := there(path); err != nil {
		return 0, 0, err
	}
	if now, err := store.Status(ctx, path); err == nil && o.DryRun {
		err = o.beside(ctx, path, func(copied string, _ store.Contents) (err error) {
			_, after, err = Compact(ctx, copied, o)
			return err
		})
		return now.Size, after, err
	}
	place, err := filepath.EvalSymlinks(path) // a link stays one
	if err != nil {
		return 0, 0, fmt.Errorf("open %s: %w", path, disk.Reason(err))
	}
	f, err := store.OpenAs(ctx, path, o.Options, kv.Use, "")
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }() // and with it the lock goes
	format, err := store.FormatOf(f, path, "")
	if err != nil {
		return 0, 0, err
	}
	d, err := disk.NewDraft(place, o.Log)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = d.Drop(err) }()
	before, after, err = o.compact(ctx, f, format, d)
	if err != nil {
		return 0, 0, fmt.Errorf("compact %s: %w", path, disk.Reason(err))
	}
	if o.DryRun || after >= before {
		return before, after, nil
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	return before, after, d.Place(true)
}

// compact makes the draft from an open file, proves it, and gives the sizes of both.
func (o Options) compact(ctx context.Context, f *kv.File, format int, d *disk.Draft) (before, after int64, err error) {
	o.Progress.Tell("rewriting it", 0, 0)
	holds, err := f.CopyTo(ctx, d, kv.Options{})
	if err != nil {
		return 0, 0, err
	}
	err = o.proved(ctx, d.Temp, store.Contents{Format: format, Holding: holds})
	if fault, ok := errors.AsType[*recordFault](err); ok {
		return 0, 0, fmt.Errorf("%w; %s", fault, store.Remedy(d.Path))
	}
	if err != nil {
		return 0, 0, err
	}
	was, err := os.Stat(d.Path)
	if err != nil {
		return 0, 0, err
	}
	is, err := os.Stat(d.Temp)
	if err != nil {
		return 0, 0, err
	}
	disk.OwnAs(d.Temp, was)
	return was.Size(), is.Size(), nil
}
