package copy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"stepin/store"
	"stepin/store/control"
	"stepin/store/disk"
	"stepin/store/kv"
)

// Restored says what a restore has done, or would do.
type Restored struct {
	store.Contents        // of the backup
	Kept           string // where the file is that was there before; "" if there was none
	Looked         int    // messages that will be looked up before they are sent

	// On a dry run, what is missing to do it.
	Running  int  // the process that must end first; 0 for none
	Unforced bool // Force, to replace the file that is there
}

// Restore puts a backup in the place of the file at path: at each moment one of the two is there, whole. It refuses
// what Verify refuses, unless it is to save what can be read of a damaged backup; and with store.ErrLocked while a
// stepin has the file open. A file that is there is replaced only by force, and kept beside it; one of another
// workspace (store.ErrOtherTeam) never is. A backup of an older format is migrated in the copy; the backup itself is
// only read.
func Restore(ctx context.Context, from, path string, o Options) (done Restored, err error) {
	o = o.filled()
	if err := isBackup(from); err != nil {
		return done, fmt.Errorf("the backup cannot be used: %w", err)
	}
	if disk.SameFile(from, path) {
		return done, fmt.Errorf("%s is the database itself: name a backup", from)
	}
	if o.Damaged == nil {
		return o.restore(ctx, from, from, path)
	}
	d, err := disk.NewDraft(path, o.Log)
	if err != nil {
		return done, err
	}
	defer func() { err = d.Drop(err) }()
	if _, err := o.save(ctx, from, from, d); err != nil {
		return done, err
	}
	return o.restore(ctx, d.Temp, from, path)
}

// restore is Restore from a file that people know by another name.
func (o Options) restore(ctx context.Context, from, name, path string) (done Restored, err error) {
	o.Progress.Tell("reading the backup", 0, 0)
	if done.Contents, err = verify(ctx, from, o.Options, otherBackup); err != nil {
		return done, fmt.Errorf("the backup cannot be used: %w", err)
	}
	t, err := o.aim(ctx, name, path, &done)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, t.close()) }() // and with it the lock goes
	d, err := disk.NewDraft(t.place, o.Log)
	if err != nil {
		return done, err
	}
	defer func() { err = d.Drop(err) }()
	if done.Looked, err = o.prepare(ctx, from, d, done.Contents); err != nil {
		return done, fmt.Errorf("restore %s: %w", path, err)
	}
	if o.DryRun {
		return done, nil
	}
	return done, t.replace(ctx, d, done.Kept, o.Log)
}

// isBackup refuses what cannot be a backup by its name alone.
func isBackup(from string) error {
	info, err := os.Stat(from)
	switch {
	case from == "":
		return errors.New("no file is named: name the backup")
	case errors.Is(err, fs.ErrNotExist):
		return disk.Plain("there is no file "+from+": name a backup that exists", fs.ErrNotExist)
	case err != nil:
		return fmt.Errorf("open %s: %w", from, disk.Reason(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file: name a backup", from)
	}
	return nil
}

// A target is where a backup is to go.
type target struct {
	path  string
	place string    // the same, without links: a link stays one
	there bool      // a file is there
	held  io.Closer // its lock; nil if a stepin has it
}

// aim looks at what is at path, takes its lock, and refuses what must not be replaced.
func (o Options) aim(ctx context.Context, from, path string, done *Restored) (t *target, err error) {
	t = &target{path: path, place: path}
	if t.there, err = disk.IsFile(path); err != nil {
		return nil, err
	}
	now, err := store.Status(ctx, path)
	if err == nil && !o.DryRun {
		return nil, control.Locked(path, now.Process)
	}
	done.Running = now.PID
	if !t.there {
		return t, nil
	}
	if t.place, err = filepath.EvalSymlinks(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, disk.Reason(err))
	}
	team := now.Team
	if done.Running == 0 {
		if t.held, team, err = o.hold(ctx, path); err != nil {
			return nil, err
		}
	}
	if err := o.mayReplace(t, from, team, done); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// mayReplace refuses to replace a file of another workspace, or one without force.
func (o Options) mayReplace(t *target, from, team string, done *Restored) error {
	if is := done.Team; team != "" && is != "" && team != is {
		return disk.Plain(fmt.Sprintf("%s is of workspace %s, and %s of %s: name the right backup, another file with "+
			"--db, or move the file away first", from, is, t.path, team), store.ErrOtherTeam)
	}
	if done.Unforced = !o.Force; done.Unforced && !o.DryRun {
		return disk.Exists(t.path)
	}
	done.Kept = t.place + ".before-restore-" + o.Now().UTC().Format("20060102T150405Z")
	if _, err := os.Lstat(done.Kept); err == nil {
		return fmt.Errorf("%s exists already: try again in a second", done.Kept)
	}
	return nil
}

func (t *target) close() error {
	if t.held == nil {
		return nil
	}
	return t.held.Close()
}

// hold takes the lock of a file that is to be replaced, and says whose workspace's it is; "" if nobody can tell, for a
// backup most often replaces a damaged one.
func (o Options) hold(ctx context.Context, path string) (held io.Closer, team string, err error) {
	f, err := store.OpenAs(ctx, path, o.Options, kv.Use, "")
	if errors.Is(err, store.ErrDamaged) {
		held, err = disk.OpenLocked(ctx, path, os.O_RDWR, o.Lock(path))
		return held, "", err
	}
	if err != nil {
		return nil, "", err
	}
	if team, err = store.TeamIn(f); err != nil { // a page cannot be read
		team = ""
	}
	return f, team, nil
}

// prepare makes the draft from a backup: the same, proved, then migrated and marked.
func (o Options) prepare(ctx context.Context, from string, d *disk.Draft, want store.Contents) (looked int, err error) {
	if err := o.copyFile(ctx, from, d.File); err != nil {
		return 0, fmt.Errorf("copy %s: %w", from, err)
	}
	if err := d.Written(); err != nil {
		return 0, err
	}
	if err := o.proved(ctx, d.Temp, want); err != nil {
		return 0, err
	}
	o.Progress.Tell("making the copy ready", 0, 0)
	f, err := store.OpenAs(ctx, d.Temp, o.Options, kv.Use, "")
	if err != nil {
		return 0, err
	}
	if want.Format < store.Format() {
		err = store.Migrate(f, want.Format, o.Now())
	}
	if err == nil {
		looked, err = store.MarkRestored(f, o.Now())
	}
	if err == nil && o.Run.Command != "" {
		err = store.NoteRun(f, o.Run)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	_, err = verify(ctx, d.Temp, o.Options, badDisk)
	return looked, err
}

// replace gives the draft the file's name, after the file was kept under another.
func (t *target) replace(ctx context.Context, d *disk.Draft, kept string, log *slog.Logger) error {
	owner := t.place
	if !t.there {
		owner = filepath.Dir(t.place) // root restores for the owner of the folder
	}
	if info, err := os.Stat(owner); err == nil {
		disk.OwnAs(d.Temp, info)
	}
	if !t.there {
		return d.Place(false)
	}
	if err := keep(ctx, t.place, kept, log); err != nil {
		return fmt.Errorf("keep %s: %w", t.path, disk.Reason(err))
	}
	if err := ctx.Err(); err != nil {
		return errors.Join(err, os.Remove(kept))
	}
	return d.Place(true)
}

// keep gives a file a second name, or a copy where there are no hard links.
func keep(ctx context.Context, path, as string, log *slog.Logger) error {
	err := os.Link(path, as)
	if err == nil {
		return disk.SyncDir(filepath.Dir(as))
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := disk.NewDraft(as, log)
	if err != nil {
		return err
	}
	err = Options{}.copyFile(ctx, path, d.File)
	if err := errors.Join(err, d.Written()); err != nil {
		return d.Drop(err)
	}
	return d.Drop(d.Place(false))
}
