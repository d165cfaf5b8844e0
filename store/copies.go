package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"stepin/nudges/storage"
	"stepin/store/disk"
	"stepin/store/kv"
)

// Copies are the databases beside the file, whatever they are called, and the files that this process may not look
// into: nothing is deleted from them.
func (d *DB) Copies() ([]storage.Copy, error) { return CopiesOf(d.path) }

// CopiesOf is Copies of a file that nobody may have open.
func CopiesOf(file string) (all []storage.Copy, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("look for backups: %w", disk.Reason(err))
		}
	}()
	path, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil, err
	}
	in, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	for _, e := range in {
		name := filepath.Join(filepath.Dir(path), e.Name())
		if !e.Type().IsRegular() || disk.SameFile(name, path) {
			continue
		}
		is, err := kv.IsDatabase(name)
		unread := errors.Is(err, fs.ErrPermission)
		if err == nil && !is || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil && !unread {
			return nil, err
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, storage.Copy{Name: e.Name(), At: info.ModTime().UTC().Truncate(time.Second), Unread: unread})
	}
	slices.SortFunc(all, func(a, b storage.Copy) int { return a.At.Compare(b.At) })
	return all, nil
}
