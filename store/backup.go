package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// Copying is how a file is copied, put back or compacted; the zero value is right.
type Copying struct {
	Options                  // of the file: Timeout, Now and Log
	Force    bool            // take the place of a file that is there
	DryRun   bool            // do all that changes nothing
	Damaged  bool            // take a file with faults in records or indexes: where nothing better is left
	Progress nudges.Progress // hears how far it is
	// through, if set, stands between the copy and its file, for tests of a full disk.
	through func(io.Writer) io.Writer
}

func (o Copying) writer(ctx context.Context, to io.Writer, total int64) io.Writer {
	if o.through != nil {
		to = o.through(to)
	}
	return &told{ctx: ctx, to: to, say: o.Progress, total: total}
}

// Backup writes the file at path, as it is at one moment, to another file: by way of the stepin
// that has it open, or from the file if none has. It is there under its name only once it was
// read again and holds the same, and is for its owner alone. fs.ErrExist if something is there.
func Backup(ctx context.Context, path, to string, o Copying) (c Contents, err error) {
	switch info, err := os.Stat(to); {
	case to == "":
		return c, errors.New("no file is named for the backup: name one, or - for the standard output")
	case err == nil && info.IsDir():
		return c, fmt.Errorf("%s is a folder: name a file in it", to)
	case samePlace(path, to):
		return c, fmt.Errorf("%s is the database itself: name another file", to)
	case err == nil && !info.Mode().IsRegular():
		return c, fmt.Errorf("%s is not a file: name another", to)
	case err == nil && !o.Force:
		return c, exists(to)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return c, fmt.Errorf("write %s: %w", to, reason(err))
	}
	o.Options = o.filled()
	d, err := newDraft(to, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = d.drop(err) }()
	if c, err = copyTo(ctx, path, d.file, o); err != nil {
		return c, err
	}
	if err := d.written(); err != nil {
		return c, fmt.Errorf("write %s: %w", to, reason(err))
	}
	if err := o.whole(ctx, path, d.tmp, c); err != nil {
		return c, err
	}
	return c, d.place(o.Force)
}

// BackupTo is Backup to somewhere that cannot be read again, such as a pipe: nothing is written there before
// a copy beside the file was verified. When ctx ends, a write may be waiting still for whoever takes none of it.
func BackupTo(ctx context.Context, path string, to io.Writer, o Copying) (c Contents, err error) {
	o.Options = o.filled()
	d, err := newDraft(path, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = d.drop(err) }()
	if c, err = copyTo(ctx, path, d.file, o); err != nil {
		return c, err
	}
	if err := d.file.Close(); err != nil { // nothing of it is to last
		return c, fmt.Errorf("copy %s: %w", path, reason(err))
	}
	if err := o.whole(ctx, path, d.tmp, c); err != nil {
		return c, err
	}
	sent := make(chan error, 1)
	go func() { sent <- o.copyFile(ctx, d.tmp, to) }()
	select {
	case err = <-sent:
	case <-ctx.Done(): // no end of ours wakes that write, and the copy must go
		err = ctx.Err()
	}
	if err != nil {
		return c, fmt.Errorf("write the backup: %w", err)
	}
	return c, nil
}

// whole proves a backup of the file at path, deeply unless a damaged one will do.
func (o Copying) whole(ctx context.Context, path, copied string, want Contents) error {
	err := proved(ctx, copied, want, !o.Damaged, o.Options, o.Progress)
	if fault, ok := errors.AsType[*recordFault](err); ok {
		return fmt.Errorf("%s: %w: restore an earlier backup, or copy it as it is with --damaged", path, fault)
	}
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("the copy of %s was read again: %w; \"stepin check --deep\" tells whether the file itself is", path, err)
	}
	return err
}

// Examine verifies the file at path deeply, in a copy beside it if a stepin has it open.
func Examine(ctx context.Context, path string, o Copying) (c Contents, err error) {
	if _, err := ask(ctx, path); errors.Is(err, ErrNotRunning) {
		return Verify(ctx, path, o.Options)
	}
	o.Options = o.filled()
	d, err := newDraft(path, o.Log)
	if err != nil {
		return c, err
	}
	defer func() { err = d.drop(err) }()
	if _, err := copyTo(ctx, path, d.file, o); err != nil {
		return c, err
	}
	o.Progress.Tell("reading the copy", 0, 0)
	if err := d.file.Close(); err != nil { // read at once and removed: nothing is to last
		return c, fmt.Errorf("check %s: %w", path, reason(err))
	}
	return Verify(ctx, d.tmp, o.Options)
}

// Aside opens a copy of the file at path, which a stepin may have open, and takes the copy away
// afterwards: whatever is done to it, the file stays as it is.
func Aside(ctx context.Context, path string, o Copying, do func(*DB) error) (err error) {
	o.Options = o.filled()
	d, err := newDraft(path, o.Log)
	if err != nil {
		return err
	}
	defer func() { err = d.drop(err) }()
	if _, err := copyTo(ctx, path, d.file, o); err != nil {
		return err
	}
	if err := d.file.Close(); err != nil {
		return fmt.Errorf("copy %s: %w", path, reason(err))
	}
	o.NoSync, o.Existing = true, true // nothing of it is to last
	db, err := Open(ctx, d.tmp, o.Options)
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// Peek opens the file at path, which no stepin has open, so that nothing that is done to it can be committed.
// A file of an older format, or one that this process may only read, is opened in a copy, as Aside does.
func Peek(ctx context.Context, path string, o Copying, do func(*DB) error) error {
	in := o.Options
	in.Existing, in.asItIs = true, true
	in.Around = func(func() error) error { return errPeek }
	db, err := Open(ctx, path, in)
	if errors.Is(err, errOlder) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return Aside(ctx, path, o, do)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

var (
	errPeek  = errors.New("the file is only looked at")
	errOlder = errors.New("the file is of an older format")
)

// copyTo writes the file at path as it is at one moment, and says what that holds.
func copyTo(ctx context.Context, path string, to io.Writer, o Copying) (c Contents, err error) {
	o.Progress.Tell("reading the file", 0, 0)
	c, err = copyFromServer(ctx, path, to, o)
	if !errors.Is(err, ErrNotRunning) {
		return c, err
	}
	db, _, err := openToRead(ctx, path, o.Options, toRead)
	if err != nil {
		return c, err
	}
	err = snapshot(db, func(tx *bolt.Tx, holds Contents) error {
		c = holds
		_, err := tx.WriteTo(o.writer(ctx, to, holds.Bytes))
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return c, fmt.Errorf("copy %s: %w", path, reason(err))
	}
	return c, nil
}

// holdsHeader has the Contents of what follows, as JSON.
const holdsHeader = "Stepin-Holds"

// stalled is how long whoever asked for a copy may take none of it: the moment that it shows is
// kept until the copy ends, and the file grows meanwhile.
const stalled = 30 * time.Second

// copyFromServer is copyTo by way of the stepin that has the file open: ErrNotRunning if none has.
func copyFromServer(ctx context.Context, path string, to io.Writer, o Copying) (c Contents, err error) {
	res, err := get(ctx, path, "backup")
	if err != nil {
		return c, err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if err := json.Unmarshal([]byte(res.Header.Get(holdsHeader)), &c); err != nil {
		return c, fmt.Errorf("ask at %s: it does not say what it holds: %w", socketPath(path), err)
	}
	// A copy that breaks off is shorter than was announced, which is an error of the reader.
	if _, err := io.Copy(o.writer(ctx, to, c.Bytes), res.Body); err != nil {
		return c, fmt.Errorf("copy %s: %w", path, reason(err))
	}
	return c, nil
}

// answerBackup gives the file as it is at one moment.
func (d *DB) answerBackup(w http.ResponseWriter, _ *http.Request) {
	begun := false
	err := d.snapshot(func(tx *bolt.Tx, c Contents) error {
		holds, err := json.Marshal(c)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Length", strconv.FormatInt(c.Bytes, 10))
		w.Header().Set(holdsHeader, string(holds))
		begun = true
		_, err = tx.WriteTo(patient{w, http.NewResponseController(w)})
		return err
	})
	switch {
	case err == nil:
	case begun:
		d.o.Log.Warn("a backup was broken off", "error", err)
		panic(http.ErrAbortHandler) // so that it is not taken for whole
	default:
		d.o.Log.Error("backup", "error", err)
		http.Error(w, "the file cannot be read: run \"stepin check --deep\"", http.StatusInternalServerError)
	}
}

// patient writes for as long as it gets on at all.
type patient struct {
	w    io.Writer
	conn *http.ResponseController
}

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}
