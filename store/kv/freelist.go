package kv

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// mostListed is how many free pages a commit lists. bbolt writes the list with each commit, at a new place: after a
// large round of deletions that would be megabytes for each click, and the file would grow by as much for each while
// somebody reads it. A commit without the list is as safe. After a crash bbolt finds the free pages by reading all.
const mostListed = 4096

// manyFree says whether there are too many free pages to list them.
func (f *File) manyFree() bool {
	pages := f.bolt.Stats()
	return !f.listAll && pages.FreePageN+pages.PendingPageN > mostListed
}

// list writes the list that the last commits have left out, so that the next start is quick.
func (f *File) list() error {
	if !f.unlisted {
		return nil
	}
	f.listAll = true
	return f.Update(func(*Tx) error { return nil })
}

// readUnlisted reads all of a file without a list, before bbolt does: it reads on a goroutine of its own, where nobody
// could catch what damage does.
func readUnlisted(ctx context.Context, path string, o Options) error {
	if o.Mode == Make || o.at != "" || !isUnlisted(path) {
		return nil
	}
	o.Mode, o.unlisted = Read, true
	f, err := open(ctx, path, o)
	if err != nil {
		return err
	}
	err = f.View(func(t *Tx) error {
		_, err := t.Holds()
		return err
	})
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	return nil
}

// isUnlisted says whether the last commit in a file has left out the list; false for a file that cannot be read, which
// is reported elsewhere.
func isUnlisted(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }() // it was only read
	metas, _, err := readMetas(f)
	return err == nil && metas[0].free == noFreelist
}
