package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	lockPoll = 50 * time.Millisecond // as bbolt does
	// mapSize is how much address space is mapped at first: until the file is
	// larger, no commit waits for readers in order to map it anew.
	mapSize = 64 << 20
	// allocSize is by how much the file grows beyond what is needed. bbolt's own 16 MB
	// would make copies of a young file large.
	allocSize = 256 << 10
	remedy    = "restore a backup, or move the file away to start afresh"
	fileMode  = 0o600 // private text is inside
)

// An access is how a file is opened.
type access int

const (
	toUse     access = iota
	toMake           // from nothing
	toRead           // beside others who read
	toRestore        // likewise, a backup
	toProve          // likewise, a copy that was just made
)

func (a access) reads() bool { return a >= toRead }

// remedy is what to do about a damaged file.
func (a access) remedy() string {
	switch a {
	case toRestore:
		return "use another backup"
	case toProve:
		return "look after the disk, then try again"
	case toUse, toMake, toRead:
	}
	return remedy
}

// openFile opens the file at path, made first if there is none, with everything
// that can be wrong with it looked at before anything is written.
func openFile(ctx context.Context, path string, o Options, ms []migration) (back boltBackend, err error) {
	if path == "" {
		return back, errors.New("open the database: no file is named")
	}
	there, err := isFile(path)
	if err != nil {
		return back, err
	}
	if !there && o.Existing {
		return back, absent(path)
	}
	if !there {
		if err := create(ctx, path, o, ms); err != nil {
			return back, err
		}
	}
	db, err := openBolt(ctx, path, o, toUse)
	if err != nil {
		return back, err
	}
	back = boltBackend{db}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	sweep(filepath.Dir(path), o.Log)
	version, err := formatOf(back)
	if err != nil {
		return back, fmt.Errorf("open %s: %w; %s", path, err, remedy)
	}
	if version > len(ms) {
		return back, newer(path, version, len(ms))
	}
	if version < len(ms) && o.asItIs {
		return back, errOlder
	}
	if version < len(ms) {
		if err := keepCopy(db, path, version, o.Log); err != nil {
			return back, fmt.Errorf("open %s: copy before the migration: %w", path, err)
		}
		o.Log.Info("migrating the database", "from", version, "to", len(ms))
		if err := migrate(back, version, ms, o.Now()); err != nil {
			return back, fmt.Errorf("open %s: %w; the file is as it was", path, err)
		}
	}
	return back, nil
}

// isFile says whether something is at path; what is no file is an error.
func isFile(path string) (bool, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if to, err := os.Readlink(path); err == nil { // nothing could be made under that name
			return false, &plain{fmt.Sprintf("open %s: this is a link to %s, which is not there: put that back, or take the link away", path, to), fs.ErrNotExist}
		}
		return false, nil
	case err != nil:
		return false, fmt.Errorf("open the database: %w", err)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("open %s: this is not a file, name a file for the database", path)
	}
	return true, nil
}

func newer(path string, version, known int) error {
	return &plain{fmt.Sprintf("open %s: format %d, this stepin knows %d: run the newer stepin, or restore a backup from before",
		path, version, known), ErrNewer}
}

// create makes the file whole at another place first: what a crash leaves under
// the right name is either nothing, or a database.
func create(ctx context.Context, path string, o Options, ms []migration) (err error) {
	d, err := newDraft(path, o.Log)
	if err != nil {
		return err
	}
	defer func() { err = d.drop(err) }()
	if err := d.file.Close(); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	db, err := openBolt(ctx, d.tmp, o, toMake)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	err = errors.Join(migrate(boltBackend{db}, 0, ms, o.Now()), db.Close())
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := putInPlace(d.tmp, path); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if o.NoSync {
		return nil
	}
	return syncDir(filepath.Dir(path))
}

// putInPlace gives a file its name if no other has it: should somebody have been
// quicker, theirs stays. A file system without hard links cannot promise that much.
func putInPlace(tmp, path string) error {
	err := os.Link(tmp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if _, there := os.Lstat(path); there == nil {
		return nil
	}
	return os.Rename(tmp, path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// openBolt opens the file under its lock, once its meta pages are seen to be good.
func openBolt(ctx context.Context, path string, o Options, how access) (*bolt.DB, error) {
	return openBoltAt(ctx, path, path, o, how)
}

// openBoltAt is openBolt for a file that is at another place still, and is to get this path.
func openBoltAt(ctx context.Context, path, at string, o Options, how access) (db *bolt.DB, err error) {
	var file *os.File // bbolt's own; ours to close when bbolt panics
	opened := false
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			if file != nil {
				_ = errors.Join(unlock(file), file.Close()) // the panic is what is reported
			}
			db, err = nil, fmt.Errorf("open %s: %w: %v; %s", path, ErrDamaged, p, how.remedy())
			if how == toMake {
				err = fmt.Errorf("%v", p)
			}
		}
	}()
	db, err = bolt.Open(path, fileMode, &bolt.Options{
		Timeout: o.Timeout, NoSync: o.NoSync, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize,
		ReadOnly: how.reads(), PreLoadFreelist: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			if opened { // bbolt opens it again to copy it
				return os.OpenFile(name, flag, mode)
			}
			opened = true
			f, err := openLocked(ctx, at, flag&^os.O_CREATE, o, how)
			if err != nil {
				return nil, err
			}
			file = f
			if how == toMake {
				return f, nil
			}
			if err := checkFile(f); err != nil {
				file = nil
				return nil, errors.Join(fmt.Errorf("open %s: %w; %s", path, err, how.remedy()), f.Close())
			}
			return f, nil
		},
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, locked(ctx, path)
	case err != nil && how == toMake: // whoever makes it says what it is to become
		return nil, reason(err)
	case err != nil && file != nil && ofSystem(err):
		return nil, fmt.Errorf("open %s: %w", path, reason(err))
	case err != nil && file != nil:
		return nil, fmt.Errorf("open %s: %w: %w; %s", path, ErrDamaged, err, how.remedy())
	case err != nil:
		return nil, err
	}
	db.AllocSize = allocSize
	return db, nil
}

// openLocked opens the file at path and waits for its lock. Who had the lock may have put another
// file in its place, as restore and compact do: then it is that one's which counts.
func openLocked(ctx context.Context, path string, flag int, o Options, how access) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, flag, fileMode)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, reason(err))
		}
		if err := waitForLock(ctx, f, path, o, how.reads()); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		ours, err := f.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), f.Close())
		}
		if now, err := os.Stat(path); err == nil && os.SameFile(ours, now) {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
	}
}

// reason is what the system said, without the path that our line names already.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// waitForLock waits for a lock that nobody answers for, such as that of a stepin which is
// finishing: its socket goes first. One that answers, and still does a moment later, runs on,
// and nothing is gained by waiting; the moment is for one that has just been told to end.
func waitForLock(ctx context.Context, f *os.File, path string, o Options, shared bool) error {
	answered, said := false, false
	for until := time.Now().Add(o.Timeout); ; {
		ok, err := tryLock(f, shared)
		if err != nil {
			return fmt.Errorf("lock %s: %w", path, err)
		}
		if ok {
			return nil
		}
		if !time.Now().Before(until) {
			return locked(ctx, path)
		}
		now, err := ask(ctx, path)
		if err == nil && answered {
			return lockedBy(path, now)
		}
		if answered = err == nil; !answered && !said {
			said = true
			o.Log.Info("waiting for another process that has the database open", "db", path, "at_most", o.Timeout)
		}
		select {
		case <-time.After(lockPoll):
		case <-ctx.Done():
			return fmt.Errorf("lock %s: %w", path, ctx.Err())
		}
	}
}

// checkFile looks at what must be seen before bbolt may.
func checkFile(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return fmt.Errorf("%w: it has no bytes at all", ErrDamaged)
	}
	if err := checkMeta(f, info.Size()); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// locked says who has the file, if they answer.
func locked(ctx context.Context, path string) error {
	if now, err := ask(ctx, path); err == nil {
		return lockedBy(path, now)
	}
	return &plain{"open " + path + ": another process has it open, stop it first", ErrLocked}
}

func lockedBy(path string, by Now) error {
	return &plain{fmt.Sprintf("open %s: another stepin (pid %d, since %s) has it open, stop it first",
		path, by.PID, by.Since.Format(time.RFC3339)), ErrLocked}
}

// ask is Status without patience for one that hangs.
func ask(ctx context.Context, path string) (Now, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return Status(ctx, path)
}
