// Package copy makes copies of a stepin's file, and puts one in its place: backup, restore, compact, verify.
//
// It promises: under its name a file is whole at each moment, the old one or the new one; a copy is read again before
// it gets its name, and holds what it was made from; nothing that needs force is replaced without it; a full
// disk, a crash or the end of the context leaves everything as it was. It must not write into a file that a stepin
// has open: it asks that stepin.
//
// Files: copy.go (options, and one moment of a file to a writer), verify.go (is a file whole), save.go (what can be
// read of a damaged one), backup.go, aside.go (look into a file without touching it), compact.go, restore.go.
//
//	file, or the stepin that has it open ─▶ draft ─▶ read again: the same, and whole ─▶ its name
package copy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
	"stepin/store/disk"
	"stepin/store/kv"
)

// Options are how a file is copied, restored or compacted; the zero value is right.
type Options struct {
	store.Options                  // of the file: Timeout, Now and Log
	Force         bool             // replace the file that is there
	DryRun        bool             // do all that changes nothing
	Damaged       *store.Saved     // if set, save what can be read of a damaged file, and say here what is missing
	Progress      storage.Progress // hears how far it is
	Run           storage.Run      // what Restore takes down in the restored file; nothing without a command
	// through, if set, stands between the copy and its file, for tests of a full disk.
	through func(io.Writer) io.Writer
}

func (o Options) filled() Options {
	o.Options = o.Options.Filled()
	return o
}

// writer is to, with what must be done at each write.
func (o Options) writer(ctx context.Context, to io.Writer, total int64) io.Writer {
	if o.through != nil {
		to = o.through(to)
	}
	return &meter{ctx: ctx, to: to, progress: o.Progress, total: total}
}

// A meter tells how much has passed through it.
type meter struct {
	ctx         context.Context // its end breaks the copy off
	to          io.Writer
	progress    storage.Progress
	done, total int64
}

func (m *meter) Write(b []byte) (int, error) {
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.to.Write(b)
	m.done += int64(n)
	m.progress.Tell("copying", m.done, m.total)
	return n, err
}

// copyTo writes the file at path as it is at one moment, and says what it holds then: by way of the stepin that has it
// open, or from the file if none has.
func (o Options) copyTo(ctx context.Context, path string, to io.Writer) (c store.Contents, err error) {
	o.Progress.Tell("reading the file", 0, 0)
	c, err = o.copyFromServer(ctx, path, to)
	if !errors.Is(err, control.ErrNotRunning) {
		return c, err
	}
	f, err := store.OpenToRead(ctx, path, o.Options, "")
	if err != nil {
		return c, err
	}
	err = f.View(func(t *kv.Tx) (err error) {
		if c, err = store.ContentsOf(t); err != nil {
			return err
		}
		_, err = t.WriteTo(o.writer(ctx, to, c.Bytes))
		return err
	})
	err = errors.Join(err, f.Close())
	if errors.Is(err, store.ErrDamaged) {
		return c, fmt.Errorf("copy %s: %w; %s", path, err, store.Remedy(path))
	}
	if err != nil {
		return c, fmt.Errorf("copy %s: %w", path, disk.Reason(err))
	}
	return c, nil
}

func (o Options) copyFromServer(ctx context.Context, path string, to io.Writer) (c store.Contents, err error) {
	res, err := control.Get(ctx, path, store.BackupName)
	if errors.Is(err, control.ErrFails) {
		return c, fmt.Errorf("%w: %w; %s", err, store.ErrDamaged, store.Remedy(path))
	}
	if err != nil {
		return c, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if err := json.Unmarshal([]byte(res.Header.Get(store.ContentsHeader)), &c); err != nil {
		return c, fmt.Errorf("ask at %s: it does not say what it holds: %w", control.SocketPath(path), err)
	}
	if _, err := io.Copy(o.writer(ctx, to, c.Bytes), res.Body); err != nil {
		return c, brokenOff(ctx, path, err)
	}
	return c, nil
}

// brokenOff is the error of a copy from the stepin that has the file at path open. A copy that breaks off is shorter
// than was announced.
func brokenOff(ctx context.Context, path string, err error) error {
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("copy %s: %w", path, disk.Reason(err))
	}
	if _, err := store.Status(ctx, path); err != nil {
		return fmt.Errorf("copy %s: the stepin that has it open ended meanwhile: try again", path)
	}
	return fmt.Errorf("copy %s: it was too slow, and a change had to wait for it, so the stepin that has it open "+
		"broke it off: try again, on a faster disk", path)
}

// there is the error for a file that is not there.
func there(path string) error {
	is, err := disk.IsFile(path)
	if err == nil && !is {
		err = disk.Missing(path)
	}
	return err
}

// beside runs do on a copy beside the file at path, which is removed afterwards.
func (o Options) beside(ctx context.Context, path string, do func(copied string, c store.Contents) error) (err error) {
	d, err := disk.NewDraft(path, o.Log)
	if err != nil {
		return err
	}
	defer func() { err = d.Drop(err) }()
	c, err := o.copyTo(ctx, path, d.File)
	if err != nil {
		return err
	}
	if err := d.File.Close(); err != nil { // nothing of it is to last
		return fmt.Errorf("copy %s: %w", path, disk.Reason(err))
	}
	return do(d.Temp, c)
}
