package disk

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A Workplace is a folder of its own for files in the making, beside the place where they are to go. Its maker keeps it
// locked, so that others can tell what a killed process left from what somebody is making now.
type Workplace struct {
	dir  string
	lock *os.File
}

// Names in a workplace, by which it is known to be ours.
const (
	workplaceName = ".stepin-" // and a number
	draftName     = "draft"    // and what bbolt or a migration makes beside it
	SocketName    = "s"        // a socket in the making
)

// NewWorkplace makes a workplace in a folder, and removes those that killed processes left there.
func NewWorkplace(in string, log *slog.Logger) (*Workplace, error) {
	Sweep(in, log)
	for {
		dir, err := os.MkdirTemp(in, workplaceName) // for its owner alone
		if err != nil {
			return nil, err
		}
		w, err := occupy(dir)
		if w != nil || err != nil {
			return w, err
		}
	}
}

// occupy locks a workplace; nil if another process locked or removed it meanwhile.
func occupy(dir string) (*Workplace, error) {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ok, err := lockFolder(f)
	if err != nil { // this file system has no such locks, so nobody takes the workplace for dead
		return &Workplace{dir, f}, nil
	}
	if ok && isAt(f, dir) {
		return &Workplace{dir, f}, nil
	}
	return nil, f.Close()
}

// isAt says whether an open folder still has its name.
func isAt(f *os.File, dir string) bool {
	ours, err := f.Stat()
	now, gone := os.Lstat(dir)
	return err == nil && gone == nil && os.SameFile(ours, now)
}

// Path is where something of that name is in the workplace.
func (w *Workplace) Path(name string) string { return filepath.Join(w.dir, name) }

// Leave removes the workplace with all that is still in it.
func (w *Workplace) Leave() error { return errors.Join(os.RemoveAll(w.dir), w.lock.Close()) }

// Sweep removes the workplaces of killed processes from a folder: people's words may be in them. What may be somebody
// else's stays.
func Sweep(in string, log *slog.Logger) {
	all, err := os.ReadDir(in)
	if err != nil {
		return // those who write there get the error
	}
	gone := 0
	for _, e := range all {
		if !e.IsDir() || !isWorkplace(e.Name()) {
			continue
		}
		dir := filepath.Join(in, e.Name())
		switch did, err := sweepOne(dir); {
		case err != nil:
			log.Warn("what an ended process left cannot be removed: "+
				"remove it yourself, there may be private words in it", "folder", dir, "error", Reason(err))
		case did:
			gone++
		}
	}
	if gone > 0 {
		log.Info("removed what an ended process left", "in", in, "folders", gone)
	}
}

func isWorkplace(name string) bool {
	number, ok := strings.CutPrefix(name, workplaceName)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

func sweepOne(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil { // another user's, or removed by now
		return false, nil
	}
	defer func() { _ = f.Close() }() // it was only locked
	if ok, err := lockFolder(f); err != nil || !ok {
		return false, nil // its maker lives, or nobody can tell
	}
	if !isAt(f, dir) {
		return false, nil // a link, or another process removed it meanwhile
	}
	has, err := f.ReadDir(-1)
	if err != nil {
		return false, err
	}
	for _, e := range has {
		if !mayBeOurs(e) {
			return false, nil // somebody else's folder
		}
	}
	return true, os.RemoveAll(dir)
}

// mayBeOurs says whether we make such things in a workplace. A draft has workplaces beside it, when it is migrated.
func mayBeOurs(e fs.DirEntry) bool {
	name := e.Name()
	return isWorkplace(name) ||
		!e.IsDir() && (name == SocketName || name == draftName || strings.HasPrefix(name, draftName+"."))
}
