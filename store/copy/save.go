package copy

import (
	"context"
	"errors"
	"fmt"
	"io"

	"stepin/store"
	"stepin/store/control"
	"stepin/store/disk"
)

// save makes the draft what can be read of the file at path, whole in itself: a damaged file most often, and then
// o.Damaged says what is missing. The file is only read. name is the file's for people.
func (o Options) save(ctx context.Context, path, name string, d *disk.Draft) (c store.Contents, err error) {
	o.Progress.Tell("saving what can be read", 0, 0)
	*o.Damaged, err = store.Salvage(ctx, path, d, o.Options)
	if errors.Is(err, store.ErrDamaged) {
		return c, fmt.Errorf("nothing can be saved from %s: %w; use a backup, or move the file away to start with a "+
			"new one", name, err)
	}
	if err != nil {
		return c, fmt.Errorf("save %s: %w", name, disk.Reason(err))
	}
	o.Progress.Tell("reading the copy again", 0, 0)
	return verify(ctx, d.Temp, o.Options, badDisk)
}

// saveRunning is save of a file that a stepin may have open: then all its pages are had from that.
func (o Options) saveRunning(ctx context.Context, path string, d *disk.Draft) (c store.Contents, err error) {
	if err := there(path); err != nil {
		return c, err
	}
	res, err := control.Get(ctx, path, store.PagesName)
	if errors.Is(err, control.ErrNotRunning) {
		return o.save(ctx, path, path, d)
	}
	if err != nil {
		return c, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	pages, err := disk.NewDraft(d.Path, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = pages.Drop(err) }()
	if _, err := io.Copy(o.writer(ctx, pages.File, res.ContentLength), res.Body); err != nil {
		return c, brokenOff(ctx, path, err)
	}
	if err := pages.File.Close(); err != nil {
		return c, fmt.Errorf("copy %s: %w", path, disk.Reason(err))
	}
	return o.save(ctx, pages.Temp, path, d)
}
