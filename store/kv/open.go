package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"stepin/store/disk"
)

const (
	// smallMap is for where address space is short, or where bbolt makes the file as large as the map.
	smallMap = 64 << 20
	// allocSize is how much the file grows beyond what is needed. bbolt's own 16 MB would make copies of a young file
	// large.
	allocSize = 256 << 10
)

// largeMap is the address space in bytes that is mapped at first. A commit that makes the file larger than its map
// waits for all readers in order to map it again, and all others wait for that commit: one slow reader, such as a
// backup to a pipe that stands still, would stop everything. 8 GB is more than any file will have. It takes no
// memory, and does not make the file larger.
var largeMap int64 = 8 << 30 // no constant: it does not fit into the int of 32 bits

// A File is an open file. One transaction at a time may write in it.
type File struct {
	path string
	bolt *bolt.DB
	file *os.File // bbolt's own
	is   condition

	readers  readers
	patience time.Duration
	log      *slog.Logger
	// unlisted says that the last commit has left out the list of free pages, listAll that none may.
	unlisted, listAll bool
}

// Open opens the file at path under its lock, once its meta pages are known to be good. It makes none. What cannot be
// opened is disk.ErrLocked, ErrDamaged, or the system's error.
func Open(ctx context.Context, path string, o Options) (*File, error) {
	if err := readUnlisted(ctx, path, o); err != nil {
		return nil, err
	}
	return open(ctx, path, o)
}

func open(ctx context.Context, path string, o Options) (*File, error) {
	if strconv.IntSize == 32 || runtime.GOOS == "windows" {
		return openMapped(ctx, path, o, smallMap)
	}
	f, err := openMapped(ctx, path, o, int(largeMap))
	if errors.Is(err, syscall.ENOMEM) { // ulimit -v
		return openMapped(ctx, path, o, smallMap)
	}
	return f, err
}

// openMapped is Open with a map of so many bytes.
func openMapped(ctx context.Context, path string, o Options, size int) (f *File, err error) {
	o.Lock.Shared = o.Mode == Read
	var file *os.File // bbolt's own; ours to close when bbolt panics
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if file != nil {
				_ = disk.CloseUnlocked(file) // the panic is what is reported
			}
			f, err = nil, fmt.Errorf("open %s: %w: %v", path, ErrDamaged, p)
		}
	}()
	db, err := bolt.Open(path, disk.FileMode, &bolt.Options{
		Timeout: cmp.Or(o.Lock.Timeout, disk.LockTimeout), NoSync: o.NoSync, FreelistType: bolt.FreelistMapType,
		InitialMmapSize: size,
		NoFreelistSync:  true, // opening writes nothing; commit says what is listed
		ReadOnly:        o.Mode == Read, PreLoadFreelist: !o.unlisted,
		OpenFile: func(_ string, flag int, _ os.FileMode) (_ *os.File, err error) {
			file, err = openChecked(ctx, path, flag&^os.O_CREATE, o)
			return file, err
		},
	})
	if err != nil {
		return nil, whyNot(ctx, path, err, o, file != nil)
	}
	db.AllocSize = allocSize
	o = o.filled()
	f = &File{path: path, bolt: db, file: file, patience: o.Patience, log: o.Log}
	first, err := f.enter(o.Mode != Read) // notes how long the file must be, and for Room how many pages are free
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.Close())
	}
	first.rollback()
	return f, nil
}

// openChecked gives bbolt a file that is locked, and that is one of bbolt's.
func openChecked(ctx context.Context, path string, flag int, o Options) (*os.File, error) {
	f, err := disk.OpenLocked(ctx, cmp.Or(o.at, path), flag, o.Lock)
	if err != nil || o.Mode == Make {
		return f, err
	}
	if err := checkFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w: %w", path, ErrDamaged, err), f.Close())
	}
	return f, nil
}

// checkFile looks at what must be seen before bbolt may.
func checkFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return errors.New("it has no bytes at all")
	}
	return checkMeta(f, info.Size())
}

// whyNot is the error for a file that bbolt did not open.
func whyNot(ctx context.Context, path string, err error, o Options, hadFile bool) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return o.Lock.Held(ctx, path)
	case !hadFile: // it is our own error
		return err
	case o.Mode == Make: // the caller says what it is to become
		return disk.Reason(err)
	case disk.Refused(err):
		return fmt.Errorf("open %s: %w", path, disk.Reason(err))
	}
	return fmt.Errorf("open %s: %w: %w", path, ErrDamaged, err)
}

// Close closes the file and gives its lock back. It waits for the transactions to end, but for those of a file that
// cannot be used any more.
func (f *File) Close() error {
	f.is.mu.Lock()
	ended := f.is.ended
	f.is.mu.Unlock()
	if ended != nil {
		return disk.CloseUnlocked(f.file)
	}
	return f.bolt.Close()
}

// View runs fn over one moment of the file.
func (f *File) View(fn func(*Tx) error) error {
	t, err := f.begin(false)
	if err != nil {
		return err
	}
	defer t.rollback()
	return t.guard(fn)
}

// Update runs fn in a transaction of its own, and commits it if fn returns nil; a CommitError if that fails.
func (f *File) Update(fn func(*Tx) error) error {
	t, err := f.begin(true)
	if err != nil {
		return err
	}
	defer t.rollback() // nothing is left to roll back after a commit
	if err := t.guard(fn); err != nil {
		return err
	}
	if err := t.commit(); err != nil {
		return &CommitError{err}
	}
	return nil
}

func (f *File) begin(write bool) (*Tx, error) {
	if err := f.usable(); err != nil {
		return nil, err
	}
	t, err := f.enter(write)
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return nil, ErrClosed
	}
	if err != nil {
		return nil, err
	}
	if !write {
		f.readers.add(t)
	}
	return t, nil
}
