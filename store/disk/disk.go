// Package disk puts files in place. A file that people depend on is never half there, and never two processes write
// to it.
//
// It promises: a Draft gets its name once it is whole, or leaves no trace; what a killed process left behind is removed
// by the next one, and nothing that somebody else is making; OpenLocked gives the file that has the name, and its lock.
// It must not know what is in a file.
//
// Files: disk.go (helpers and errors), lock.go (open a file under its lock), lock_flock.go and lock_other.go (the lock
// itself, by system), room_linux.go, room_bsd.go, room_windows.go and room_other.go (what is free on a disk),
// workplace.go (a locked folder for files in the making), draft.go (a file in the making).
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// FileMode is for the owner alone: private text is inside.
const FileMode = 0o600

// plain is an error whose line says all that a person needs.
type plain struct {
	line string
	is   error
}

func (p *plain) Error() string { return p.line }
func (p *plain) Unwrap() error { return p.is }

// Plain is an error that reads as the line alone, and is what errors.Is asks for.
func Plain(line string, is error) error { return &plain{line, is} }

// Missing is the error for a file that must be there.
func Missing(path string) error {
	return Plain("there is no file "+path+": name the right one, the database with --db or STEPIN_DB", fs.ErrNotExist)
}

// Exists is the error for a file that is not to be replaced.
func Exists(path string) error {
	return Plain(path+" exists already: name another, or replace it with --force", fs.ErrExist)
}

// Reason is what the system said, without the paths that the caller's message names already.
func Reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// Refused says whether the system keeps us from a file. The file may be whole then.
func Refused(err error) bool {
	return slices.ContainsFunc([]syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.ENOMEM,
	}, func(no syscall.Errno) bool { return errors.Is(err, no) })
}

// IsFile says whether a file is at path. Anything else there is an error, as is a link to nothing, or no path.
func IsFile(path string) (bool, error) {
	if path == "" {
		return false, errors.New("open the database: no file is named")
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if to, err := os.Readlink(path); err == nil { // nothing could be made under that name
			return false, Plain(fmt.Sprintf(
				"open %s: this is a link to %s, which is not there: put that back, or take the link away", path, to),
				fs.ErrNotExist)
		}
		return false, nil
	case err != nil:
		return false, fmt.Errorf("open the database: %w", err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("open %s: this is not a file, name a file for the database", path)
	}
	return true, nil
}

// SameFile says whether two paths lead to one file.
func SameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}

// SyncDir makes the names in a folder last.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
