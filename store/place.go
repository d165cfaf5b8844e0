package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// A draft is a file that is made whole in a workplace, in the folder of the one that it is to become:
// a crash leaves the name as it was, and at most the workplace, which whoever comes next takes away.
type draft struct {
	tmp, path string
	at        *workplace
	file      *os.File // open until it is written
}

func newDraft(path string, log *slog.Logger) (*draft, error) {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, fmt.Errorf("write %s: there is no directory %s, make it first", path, dir)
	}
	at, err := newWorkplace(dir, log)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, reason(err))
	}
	tmp := at.path(draftName)
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, reason(err)), at.leave())
	}
	return &draft{tmp: tmp, path: path, at: at, file: f}, nil
}

// written syncs what was written and closes the draft.
func (d *draft) written() error {
	err := d.file.Sync()
	return errors.Join(err, d.file.Close())
}

// drop ends the making, whatever has become of the draft.
func (d *draft) drop(err error) error {
	_ = d.file.Close() // for the second time, most often
	return errors.Join(err, d.at.leave())
}

// place gives the draft its name, and takes that from another file only if over. The draft's own
// name may stay beside it: drop takes that away.
func (d *draft) place(over bool) error {
	if over {
		if err := os.Rename(d.tmp, d.path); err != nil {
			return fmt.Errorf("write %s: %w", d.path, linkReason(err))
		}
		return syncDir(filepath.Dir(d.path))
	}
	err := os.Link(d.tmp, d.path)
	if _, there := os.Lstat(d.path); err != nil && there != nil {
		err = os.Rename(d.tmp, d.path) // a file system without hard links
	}
	if errors.Is(err, fs.ErrExist) {
		return exists(d.path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", d.path, linkReason(err))
	}
	return syncDir(filepath.Dir(d.path))
}

func linkReason(err error) error {
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// exists is why a file is not written over.
func exists(path string) error {
	return &plain{path + " is there already: name another, or replace it with --force", fs.ErrExist}
}

// absent is why a file is not read.
func absent(path string) error {
	return &plain{"there is no file " + path + ": name the right one, the database with --db or STEPIN_DB", fs.ErrNotExist}
}

// plain is an error whose line says all that a person needs.
type plain struct {
	says string
	is   error
}

func (p *plain) Error() string { return p.says }
func (p *plain) Unwrap() error { return p.is }

// told tells how much has passed through it.
type told struct {
	ctx         context.Context // its end breaks the copy off
	to          io.Writer
	say         nudges.Progress
	done, total int64
}

func (t *told) Write(b []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := t.to.Write(b)
	t.done += int64(n)
	t.say.Tell("copying", t.done, t.total)
	return n, err
}

// samePlace says whether two paths are one file.
func samePlace(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// proved verifies a copy, and that it holds what it was made from. If it is deep, a fault in records or
// indexes is a *recordFault: what it was made from has it as well.
func proved(ctx context.Context, copied string, want Contents, deep bool, o Options, p nudges.Progress) error {
	p.Tell("reading the copy again", 0, 0)
	got, err := verify(ctx, copied, deep, o, toProve)
	fault, ofRecords := errors.AsType[*recordFault](err)
	if err != nil && !ofRecords {
		return err
	}
	if differ := want.same(got); differ != "" {
		return fmt.Errorf("%w: the copy holds something else: %s", ErrDamaged, differ)
	}
	if ofRecords {
		return fault
	}
	return nil
}

// snapshot runs fn over one moment of an open file.
func snapshot(db *bolt.DB, fn func(tx *bolt.Tx, c Contents) error) error {
	return db.View(func(tx *bolt.Tx) error { return moment(tx, fn) })
}

// snapshot is of what is open now: Rewrite may put another in its place meanwhile.
func (d *DB) snapshot(fn func(tx *bolt.Tx, c Contents) error) error {
	s, err := d.begin(false)
	if err != nil {
		return err
	}
	defer s.rollback(nil)
	return moment(s.(*boltSession).tx, fn)
}

func moment(tx *bolt.Tx, fn func(tx *bolt.Tx, c Contents) error) (err error) {
	version := 0
	if err := guarded(func() (err error) { version, err = formatIn(tx); return err }); err != nil {
		return err
	}
	c, err := contents(tx)
	if err != nil {
		return err
	}
	c.Format = version
	return fn(tx, c)
}
