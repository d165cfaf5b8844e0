package kv

import (
	"path/filepath"
)

// spare is for what is written while a file is being rewritten, in bytes.
const spare = 1 << 20

// A Room is what a rewrite of a file needs beside it, and what is free there, in bytes. Free is -1 where nobody can
// tell.
type Room struct{ Needs, Free int64 }

// Room is what a Rewrite would need now. It reads next to nothing from the file.
func (d *DB) Room() Room {
	d.swap.RLock()
	defer d.swap.RUnlock()
	return d.file.Room(d.o)
}

// Room is what a rewrite of the file would need, which must be open for writing: the pages in use, and an eighth more,
// because the new file leaves a tenth of each page empty. Of the options it takes Free.
func (f *File) Room(o Options) Room {
	r := Room{Free: -1}
	pages := f.bolt.Stats() // of the last transaction that might have written
	if f.View(func(t *Tx) error {
		used := t.Bytes() - int64(pages.FreePageN+pages.PendingPageN)*int64(f.bolt.Info().PageSize)
		r.Needs = used + used/8 + spare
		return nil
	}) != nil {
		return r
	}
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return r
	}
	if free, err := o.filled().Free(filepath.Dir(path)); err == nil {
		r.Free = free
	}
	return r
}
