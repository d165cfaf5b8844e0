package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// A Draft is a file in the making, in the folder of the file that it is to become. A crash leaves the name as it was,
// and at most a workplace, which the next process removes.
type Draft struct {
	Path string   // the name that it is to get
	Temp string   // where it is until then
	File *os.File // open until Written or Drop
	// NoSync leaves the name out of what Place makes last.
	NoSync bool
	at     *Workplace
}

// NewDraft makes an empty draft of the file at path.
func NewDraft(path string, log *slog.Logger) (*Draft, error) {
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, fmt.Errorf("write %s: there is no directory %s, make it first", path, dir)
	}
	at, err := NewWorkplace(dir, log)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, Reason(err))
	}
	temp := at.Path(draftName)
	f, err := os.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, FileMode)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, Reason(err)), at.Leave())
	}
	return &Draft{Path: path, Temp: temp, File: f, at: at}, nil
}

// Written syncs and closes the draft.
func (d *Draft) Written() error { return errors.Join(d.File.Sync(), d.File.Close()) }

// Drop ends the making and removes what has no name yet. It adds to err what fails then.
func (d *Draft) Drop(err error) error {
	_ = d.File.Close() // most often for the second time
	return errors.Join(err, d.at.Leave())
}

// Place gives the draft its name; it takes the name from another file only if replace. The temporary name may stay
// until Drop.
func (d *Draft) Place(replace bool) error {
	if replace {
		if err := os.Rename(d.Temp, d.Path); err != nil {
			return fmt.Errorf("write %s: %w", d.Path, Reason(err))
		}
		return d.Lasts()
	}
	err := os.Link(d.Temp, d.Path)
	if _, there := os.Lstat(d.Path); err != nil && there != nil {
		err = os.Rename(d.Temp, d.Path) // a file system without hard links
	}
	if errors.Is(err, fs.ErrExist) {
		return Exists(d.Path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", d.Path, Reason(err))
	}
	return d.Lasts()
}

// Lasts syncs the folder, so that the name lasts.
func (d *Draft) Lasts() error {
	if d.NoSync {
		return nil
	}
	return SyncDir(filepath.Dir(d.Path))
}
