package copy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"stepin/store"
	"stepin/store/disk"
)

// Backup writes the file at path, as it is at one moment, to another file: by way of the stepin that has it open, or
// from the file if none has. The backup gets its name only once it was read again and holds the same, and is for its
// owner alone. fs.ErrExist if something is there.
func Backup(ctx context.Context, path, to string, o Options) (c store.Contents, err error) {
	if err := mayWrite(path, to, o.Force); err != nil {
		return c, err
	}
	o = o.filled()
	d, err := disk.NewDraft(to, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = d.Drop(err) }()
	if c, err = o.take(ctx, path, d); err != nil {
		return c, err
	}
	return c, d.Place(o.Force)
}

// take makes the draft a proven copy of the file at path, or of what can be read of it.
func (o Options) take(ctx context.Context, path string, d *disk.Draft) (c store.Contents, err error) {
	if o.Damaged != nil {
		return o.saveRunning(ctx, path, d)
	}
	if c, err = o.copyTo(ctx, path, d.File); err != nil {
		return c, err
	}
	if err := d.Written(); err != nil {
		return c, fmt.Errorf("write %s: %w", d.Path, disk.Reason(err))
	}
	return c, o.whole(ctx, path, d.Temp, c)
}

// mayWrite says why a backup cannot go there.
func mayWrite(path, to string, force bool) error {
	switch info, err := os.Stat(to); {
	case to == "":
		return errors.New("no file is named for the backup: name one, or - for the standard output")
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder: name a file in it", to)
	case disk.SameFile(path, to):
		return fmt.Errorf("%s is the database itself: name another file", to)
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file: name another", to)
	case err == nil && !force:
		return disk.Exists(to)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("write %s: %w", to, disk.Reason(err))
	}
	return nil
}

// BackupTo is Backup to somewhere that cannot be read again, such as a pipe: nothing is written there before a copy
// beside the file was verified. When ctx ends, a write may still be waiting for a reader that takes none of it.
func BackupTo(ctx context.Context, path string, to io.Writer, o Options) (c store.Contents, err error) {
	o = o.filled()
	d, err := disk.NewDraft(path, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = d.Drop(err) }()
	if c, err = o.take(ctx, path, d); err != nil {
		return c, err
	}
	sent := make(chan error, 1)
	go func() { sent <- o.copyFile(ctx, d.Temp, to) }()
	select {
	case err = <-sent:
	case <-ctx.Done(): // nothing of ours can wake that write, and the copy must go
		err = ctx.Err()
	}
	if err != nil {
		return c, fmt.Errorf("write the backup: %w", err)
	}
	return c, nil
}

// whole proves a backup of the file at path.
func (o Options) whole(ctx context.Context, path, copied string, want store.Contents) error {
	err := o.proved(ctx, copied, want)
	if fault, ok := errors.AsType[*recordFault](err); ok {
		return fmt.Errorf("%s: %w; %s", path, fault, store.Remedy(path))
	}
	if errors.Is(err, store.ErrDamaged) {
		return fmt.Errorf("the copy of %s was read again: %w; \"stepin check --deep\" tells whether the file itself is",
			path, err)
	}
	return err
}

func (o Options) copyFile(ctx context.Context, from string, to io.Writer) error {
	f, err := os.Open(from)
	if err != nil {
		return disk.Reason(err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.Copy(o.writer(ctx, to, info.Size()), f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return disk.Reason(err)
	}
	return nil
}
