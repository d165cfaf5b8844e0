package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"stepin/nudges"
)

// Between the backup and the restore, messages were sent that the restored file knows nothing of.
// Their keys, and so their marks, come out the same when the file brings them about once more, so
// that a look into the conversation finds them. The rule for what is looked up before it is sent,
// by marking it as attempted: whatever was due before the restore, for nothing is sent before it
// is due.
//
//   - A message that waits in the backup counts by its Due. Restore marks it. One that is due
//     later than the restore cannot have been sent, and waits on.
//   - A message that the clock brings about after the restore counts by the moment of the tick
//     that is caught up on (Request.NextTick or Reminder.NextTick as it was stored), and not by
//     the moment at which that is done, which is after the restore. Enqueue marks it, and takes for
//     its Enqueued, to where the look-up goes back, the newest moment that the backup knew of, for
//     it was not said before. The tick's moment would be too late: what somebody did between the
//     backup and the restore may have brought it about earlier.
//   - What somebody does after the restore is new, and is said at once.

// A restore is when a file was put back from a backup; both are zero for never.
type restore struct {
	at   time.Time // when that was done
	from time.Time // the newest moment that the backup knew of
}

// noteTick notes, for the messages that the running function enqueues next, that what it changes
// was due before the restore.
func (t *tx) noteTick(whose string, was interface{ NextTick() (time.Time, bool) }) {
	at, ok := was.NextTick()
	if !ok || t.restored.at.IsZero() || at.After(t.restored.at) {
		return
	}
	if t.late == nil {
		t.late = map[string]bool{}
	}
	t.late[whose] = true
}

// older says whether a message may have been said before the restore. One that is to wait still
// was not.
func (t *tx) older(m nudges.Message, now time.Time) bool {
	whose := lateRequest(m.Request)
	switch {
	case m.Kind == nudges.KindChase: // of all that its owner has open
		whose = lateDebrief(m.To)
	case m.Request == "":
		whose = lateReminder(m.To)
	}
	return t.late[whose] && !m.Due.After(now)
}

func lateRequest(id nudges.RequestID) string { return "request " + string(id) }
func lateDebrief(id nudges.UserID) string    { return "debrief " + string(id) }
func lateReminder(id nudges.UserID) string   { return "reminder " + string(id) }

func (r *reader) restored() (was restore, err error) {
	v := r.get(meta, []byte(metaRestored))
	if v == nil {
		return was, nil
	}
	at, from, _ := strings.Cut(string(v), " ")
	var errs [2]error
	was.at, errs[0] = time.Parse(time.RFC3339Nano, at)
	was.from, errs[1] = time.Parse(time.RFC3339Nano, from)
	if errors.Join(errs[:]...) != nil {
		return was, fmt.Errorf("%w: it does not say when it was restored", ErrDamaged)
	}
	return was, nil
}

// newest is the newest moment that a file knows of.
func (r *reader) newest() (at time.Time, err error) {
	if at, err = time.Parse(time.RFC3339, string(r.get(meta, []byte(metaCreated)))); err != nil {
		return at, fmt.Errorf("%w: it does not say when it was made", ErrDamaged)
	}
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for k := range r.scan(arrivals, nil) {
		t, err := timeAt(arrivals, k)
		if err != nil {
			return at, err
		}
		later(t)
	}
	for _, v := range r.scan(history, nil) {
		var rec transitionRecord
		if err := decode(history, v, &rec); err != nil {
			return at, err
		}
		later(rec.At)
	}
	for _, v := range r.scan(said, nil) {
		var rec saidRecord
		if err := decode(said, v, &rec); err != nil {
			return at, err
		}
		later(rec.At)
	}
	for _, v := range r.scan(outbox, nil) {
		var rec messageRecord
		if err := decode(outbox, v, &rec); err != nil {
			return at, err
		}
		later(rec.Enqueued)
	}
	return at, nil
}

// markRestored writes down when a file was put back from a backup, and has what waits in it looked
// up before it is sent. What was held then, for want of credentials, may have been sent as well.
func markRestored(t *tx, now time.Time) (looked int, err error) {
	from, err := t.newest()
	if err != nil {
		return 0, err
	}
	was := now.UTC().Format(time.RFC3339Nano) + " " + from.UTC().Format(time.RFC3339Nano)
	if err := t.put(meta, []byte(metaRestored), []byte(was)); err != nil {
		return 0, err
	}
	for k, v := range t.scan(outbox, nil) {
		var rec messageRecord
		if err := decode(outbox, v, &rec); err != nil {
			return looked, err
		}
		old := rec
		rec.Held = false
		rec.Attempted = rec.Attempted || !rec.Due.After(now)
		if rec.Attempted {
			looked++
		}
		if rec.Held == old.Held && rec.Attempted == old.Attempted {
			continue
		}
		if err := t.change(string(k), func(r *messageRecord) { r.Held, r.Attempted = rec.Held, rec.Attempted }); err != nil {
			return looked, err
		}
	}
	return looked, nil
}

// Restored says what a restore has done, or would.
type Restored struct {
	Contents        // of the backup
	Kept     string // where the file is that was there before; "" if there was none
	Looked   int    // messages that will be looked up before they are sent

	// On a dry run, what is missing to do it.
	Running  int  // the process that must end first; 0 for none
	Unforced bool // Force, to replace the file that is there
}

// Restore puts a backup in the place of the file at path, atomically: at each moment one of the
// two is there, whole. It refuses what Verify refuses, and with ErrLocked while a stepin has the
// file open. A file that is there is replaced only by force, and kept beside it; one of another workspace
// (ErrOtherTeam) never is. A backup of an
// older format is migrated in the copy; the backup itself is only read.
func Restore(ctx context.Context, from, path string, o Copying) (done Restored, err error) {
	o.Options = o.filled()
	o.Progress.Tell("reading the backup", 0, 0)
	if done.Contents, err = verify(ctx, from, !o.Damaged, o.Options, toRestore); err != nil {
		if _, ok := errors.AsType[*recordFault](err); ok {
			err = fmt.Errorf("%w, or --damaged if there is none", err)
		}
		return done, fmt.Errorf("the backup cannot be used: %w", err)
	}
	there, err := isFile(path)
	if err != nil {
		return done, err
	}
	if samePlace(from, path) {
		return done, fmt.Errorf("%s is the database itself: name a backup", from)
	}
	now, err := ask(ctx, path)
	if runs := err == nil; runs && !o.DryRun {
		return done, lockedBy(path, now)
	} else if runs {
		done.Running = now.PID
	}
	place := path
	if there {
		if place, err = filepath.EvalSymlinks(path); err != nil { // a link stays one
			return done, fmt.Errorf("open %s: %w", path, reason(err))
		}
		team := now.Team
		if done.Running == 0 {
			var held io.Closer
			if held, team, err = hold(ctx, path, o.Options); err != nil {
				return done, err
			}
			defer func() { err = errors.Join(err, held.Close()) }() // and with it the lock goes
		}
		if is := done.Team; team != "" && is != "" && team != is {
			return done, &plain{fmt.Sprintf("%s is of workspace %s, and %s of %s: name the right backup, another file with --db, or move the file away first",
				from, is, path, team), ErrOtherTeam}
		}
		if done.Unforced = !o.Force; done.Unforced && !o.DryRun {
			return done, exists(path)
		}
		done.Kept = place + ".before-restore-" + o.Now().UTC().Format("20060102T150405Z")
		if _, err := os.Lstat(done.Kept); err == nil {
			return done, fmt.Errorf("%s is there already: try again in a second", done.Kept)
		}
	}
	d, err := newDraft(place, o.Log)
	if err != nil {
		return done, err
	}
	defer func() { err = d.drop(err) }()
	if done.Looked, err = o.prepare(ctx, from, d, done.Contents); err != nil {
		return done, fmt.Errorf("restore %s: %w", path, err)
	}
	if o.DryRun {
		return done, nil
	}
	if !there {
		if info, err := os.Stat(filepath.Dir(place)); err == nil { // root puts it back for whoever has the folder
			ownAs(d.tmp, info)
		}
		return done, d.place(false)
	}
	if info, err := os.Stat(place); err == nil {
		ownAs(d.tmp, info)
	}
	if err := keep(ctx, place, done.Kept, o.Log); err != nil {
		return done, fmt.Errorf("keep %s: %w", path, linkReason(err))
	}
	if err := ctx.Err(); err != nil {
		return done, errors.Join(err, os.Remove(done.Kept))
	}
	return done, d.place(true)
}

// hold has the lock of a file that is to be replaced, and says whose workspace's it is; "" if nobody can
// tell, for it is most often a damaged one that a backup replaces.
func hold(ctx context.Context, path string, o Options) (held io.Closer, team string, err error) {
	db, err := openBolt(ctx, path, o, toUse)
	if errors.Is(err, ErrDamaged) {
		held, err = openLocked(ctx, path, os.O_RDWR, o, toUse)
		return held, "", err
	}
	if err != nil {
		return nil, "", err
	}
	err = guarded(func() error {
		return db.View(func(tx *bolt.Tx) error {
			team = teamIn(tx)
			return nil
		})
	})
	if err != nil { // a page that cannot be read
		team = ""
	}
	return db, team, nil
}

// prepare makes the draft from a backup: the same, proved, then migrated and marked.
func (o Copying) prepare(ctx context.Context, from string, d *draft, want Contents) (looked int, err error) {
	if err := o.copyFile(ctx, from, d.file); err != nil {
		return 0, fmt.Errorf("copy %s: %w", from, err)
	}
	if err := d.written(); err != nil {
		return 0, err
	}
	if err := proved(ctx, d.tmp, want, !o.Damaged, o.Options, o.Progress); err != nil {
		return 0, err
	}
	o.Progress.Tell("making the copy ready", 0, 0)
	db, err := openBolt(ctx, d.tmp, o.Options, toUse)
	if err != nil {
		return 0, err
	}
	back := boltBackend{db}
	if want.Format < len(migrations) {
		err = migrate(back, want.Format, migrations, o.Now())
	}
	if err == nil {
		looked, err = mark(back, o.Now())
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return 0, err
	}
	_, err = verify(ctx, d.tmp, !o.Damaged, o.Options, toProve)
	return looked, err
}

func mark(back backend, now time.Time) (looked int, err error) {
	s, err := back.begin(true)
	if err != nil {
		return 0, err
	}
	t := &tx{reader: reader{session: s}}
	if err := guarded(func() (err error) { looked, err = markRestored(t, now); return err }); err != nil {
		s.rollback(t.undo)
		return 0, err
	}
	return looked, s.commit()
}

func (o Copying) copyFile(ctx context.Context, from string, to io.Writer) error {
	f, err := os.Open(from)
	if err != nil {
		return reason(err)
	}
	info, err := f.Stat()
	if err == nil {
		_, err = io.Copy(o.writer(ctx, to, info.Size()), f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return reason(err)
	}
	return nil
}

// keep gives a file a second name, or a copy where there are no hard links.
func keep(ctx context.Context, path, as string, log *slog.Logger) error {
	err := os.Link(path, as)
	if err == nil {
		return syncDir(filepath.Dir(as))
	}
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := newDraft(as, log)
	if err != nil {
		return err
	}
	err = Copying{}.copyFile(ctx, path, d.file)
	if err := errors.Join(err, d.written()); err != nil {
		return d.drop(err)
	}
	return d.drop(d.place(false))
}
