package store

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// A workplace is a folder of its own, beside what is to come of it, for files on their way. Whoever
// makes it has it locked for as long as they live, so that what a killed process has left there can be
// told from what another is making at this moment.
type workplace struct {
	dir  string
	lock *os.File
}

// What lies in a workplace: names by which it is known to be ours.
const (
	workplaceName = ".stepin-" // and a number
	draftName     = "draft"    // and what is made beside it
	socketName    = "s"
)

// newWorkplace makes one in a folder, and takes away what the dead have left in that.
func newWorkplace(in string, log *slog.Logger) (*workplace, error) {
	sweep(in, log)
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

// occupy locks a workplace; nil if another has it, or has just taken it away.
func occupy(dir string) (*workplace, error) {
	f, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	ok, err := lockFolder(f)
	if err != nil { // a file system that has no such locks: none of its workplaces is ever taken for dead
		return &workplace{dir, f}, nil
	}
	ours, err := f.Stat()
	if now, gone := os.Lstat(dir); ok && err == nil && gone == nil && os.SameFile(ours, now) {
		return &workplace{dir, f}, nil
	}
	return nil, f.Close()
}

func (w *workplace) path(name string) string { return filepath.Join(w.dir, name) }

// leave takes the workplace away with all that is still in it.
func (w *workplace) leave() error { return errors.Join(os.RemoveAll(w.dir), w.lock.Close()) }

func isWorkplace(name string) bool {
	number, ok := strings.CutPrefix(name, workplaceName)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}

// sweep takes away the workplaces in a folder whose makers are dead: there may be people's words in
// them. What is not ours beyond doubt stays.
func sweep(in string, log *slog.Logger) {
	all, err := os.ReadDir(in)
	if err != nil {
		return // whoever wants to write there learns it
	}
	gone := 0
	for _, e := range all {
		if !e.IsDir() || !isWorkplace(e.Name()) {
			continue
		}
		dir := filepath.Join(in, e.Name())
		switch did, err := sweepOne(dir); {
		case err != nil:
			log.Warn("what a process that has ended has left cannot be taken away: remove it yourself, there may be private words in it", "folder", dir, "error", reason(err))
		case did:
			gone++
		}
	}
	if gone > 0 {
		log.Info("took away what a process that has ended has left", "in", in, "folders", gone)
	}
}

func sweepOne(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil { // another's, or gone by now
		return false, nil
	}
	defer func() { _ = f.Close() }() // it was only locked
	if ok, err := lockFolder(f); err != nil || !ok {
		return false, nil // its maker lives, or nobody can tell
	}
	ours, err := f.Stat()
	if now, gone := os.Lstat(dir); err != nil || gone != nil || !os.SameFile(ours, now) {
		return false, nil // a link, or another has taken it away meanwhile
	}
	has, err := f.ReadDir(-1)
	if err != nil {
		return false, err
	}
	for _, e := range has {
		if n := e.Name(); !isWorkplace(n) && (e.IsDir() || n != socketName && n != draftName && !strings.HasPrefix(n, draftName+".")) {
			return false, nil // a folder of somebody's own
		}
	}
	return true, os.RemoveAll(dir)
}
