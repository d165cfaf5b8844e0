// Package store is what stepin remembers, in transactions: requests and their history, which envelopes were answered,
// and the messages that are still to be said. It keeps them in one file of package kv.
//
// It promises: what Update was given is on disk when it returns, or not at all; a file of every older version opens;
// one that cannot be opened stays as it was, byte for byte, and the error says what to do. It must not call Slack,
// decide what may happen to a request, or know bbolt.
//
// Files, in the order in which data passes them: store.go (Open, View, Update), open.go (a file and its format),
// migrate.go, layout.go (tables and keys), tx.go (what all records need), then one for each kind of record:
// request.go and found.go, debrief.go, history.go, team.go, ledger.go, trust.go, person.go, reminder.go, envelope.go,
// outbox.go, run.go, month.go; retention.go and forget.go (what is deleted), restored.go (what a restore changes),
// contents.go and check.go (what a file holds, and whether it is right), salvage.go and shapes.go (what can be saved of
// a damaged one),
// status.go (what the running stepin answers), copies.go (other files beside it).
//
//	storage.Tx ─▶ record, JSON ─▶ kv.Tx: its table, and index entries by the record alone ─▶ kv.DB.Update
//
// The file, version 7. ␀ is a zero byte. A moment is 12 bytes, seconds since 1970 with the sign flipped and
// nanoseconds, big-endian, so that bytes sort as time does. n is 8 bytes, the order of creation. A record is JSON;
// fields are added to it, and none is renamed.
//
//	meta
//	├── format                      the version of this layout, in decimal
//	├── created                     when the file was made, RFC 3339
//	├── secret                      32 random bytes, the key of every HMAC here
//	├── team                        the workspace's id, once claimed
//	├── erased                      there while deleted words may stand in free pages; see Rewrite
//	├── group                       groupRecord: the user group that may use stepin, as Slack last said;
//	│                               none where no group was ever asked for
//	└── restored                    when the file was last put back from a backup, a space, and the
//	                                newest moment that the backup knew of, both RFC 3339; none in
//	                                a file that never was. See MarkRestored,
//	                                and Restore in store/copy
//	counts
//	├── requests, outbox            how many there are, 8 bytes
//	└── order                       the last n given
//	requests
//	└── <request>                   requestRecord; its deal and plan are private text
//	history
//	└── <request>␀<seq: 8 bytes>    transitionRecord
//	managers                        all requests by manager, the newest first
//	└── <manager>␀<newest><request>     newest = the complement of moment begun, n
//	open                            those that nudges.Request.Open holds for, in the same order
//	└── <manager>␀<newest><request>
//	calls                           the same, by call
//	└── <call: 32 bytes><newest><request>
//	                                call = HMAC-SHA256(␀call␀manager␀rep␀NormalDeal)
//	ticks                           requests by nudges.Request.NextTick
//	└── <moment><request>
//	envelopes
//	└── <identity>                  moment recorded, then the answer; kept 25 hours
//	arrivals
//	└── <moment><identity>          the same by time, for Sweep
//	outbox
//	└── <message key>               messageRecord: those that wait
//	due, attempted, held            each waiting message is in one of these:
//	└── <moment><n><message key>    it is held, or a send was begun, or it is due then
//	said
//	└── <message key>               saidRecord: receipt, or why it was dropped; kept
//	                                as long as the request, so that nothing is said twice,
//	                                and of the daily reminder for two months
//	people
//	└── <user>                      personRecord
//	teams                           since version 2, as are bonds, parts and the ledger
//	└── <manager>                   teamRecord
//	reps
//	└── <rep>                       the manager on whose team the rep is
//	bonds
//	└── <rep>␀<manager>             a nudges.BondState
//	parts                           open requests by who else has a part in them
//	└── <user>␀<newest><request>
//	ledger
//	└── <manager>␀<rep>␀<what: 32 bytes>    ledgerRecord
//	                                what = HMAC-SHA256 of the NormalDeal, or of the skill
//	reminders                       since version 3, as are wakes
//	└── <user>                      reminderRecord
//	wakes                           reminders by daily.Reminder.NextTick
//	└── <moment><user>
//	shared                          since version 4, as are the next two: requests by a rep who had a part
//	└── <rep>␀<newest><request>     in their debrief
//	learning
//	└── <manager>␀<deal: 32 bytes>  learningRecord; its text is private
//	                                deal = HMAC-SHA256(␀learning␀manager␀rep␀NormalDeal)
//	trust                           what reps said about being trusted, told apart but not named
//	└── <month><rep: 32 bytes>      the answers, a byte each; rep = HMAC-SHA256(␀trust␀rep)
//	done                            since version 5, as are the next two: requests that are done,
//	└── <moment><request>           by when they became so, until they lose their words
//	faded                           those that have lost them, by the same moment
//	└── <moment><request>
//	forgets                         whom stepin is about to forget
//	└── <user>                      forgetRecord
//	runs                            since version 6: commands that operators ran
//	└── <moment><n>                 runRecord
//	mirror                          since version 7, as is the next one: somebody's own numbers
//	└── <manager>␀<month>           monthRecord; a month is written 2026-03
//	recent                          requests by manager that have their words still, the newest first
//	└── <manager>␀<newest><request>
//
// Whose words these are, who sees them and when they are deleted stands in privacy.Keeping.
//
// Beside FILE lie FILE.sock, on which a running stepin answers (see Serve); FILE.v1.bak to FILE.v6.bak, the copies made
// before a migration from those versions; and FILE.before-restore-TIME, what was there before a restore. Folders called
// .stepin- and a number hold files in the making; see package disk.
package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"stepin/nudges/storage"
	"stepin/store/control"
	"stepin/store/disk"
	"stepin/store/kv"
)

// What can be wrong with a file or its use. Each comes wrapped in one line that says what to do; the file is as it was.
var (
	ErrLocked    = disk.ErrLocked
	ErrDamaged   = kv.ErrDamaged
	ErrClosed    = kv.ErrClosed
	ErrUnclear   = kv.ErrUnclear
	ErrNewer     = errors.New("the file is from a newer stepin")
	ErrOlder     = errors.New("the file is of an older format")
	ErrOtherTeam = errors.New("the file belongs to another workspace")
)

// Options are how a store is opened; the zero value is right for a server.
type Options struct {
	Timeout  time.Duration    // how long to wait for the file's lock; 3 s if zero
	Team     string           // the workspace's id to claim the file for; "" for later
	Now      func() time.Time // for stamps only; time.Now if nil
	Log      *slog.Logger     // nothing is logged if nil
	Version  string           // stepin's, for Status
	Existing bool             // refuse to make a file, with fs.ErrNotExist
	AsItIs   bool             // refuse to migrate a file, with ErrOlder
	// NoSync leaves out the disk's syncs. A loss of power can then lose or damage the file: it is for tests that open
	// thousands, for the demo, and for measuring.
	NoSync bool
	// Around, if set, is called with each commit and must call it, or fail. It is for tests: to copy the file at each
	// commit, or to make one fail before or after the disk has it. It runs on one goroutine, one call at a time.
	Around func(commit func() error) error
	// Free is how many bytes are free on the disk that a folder is on; the disk's own if nil. It is for tests.
	Free func(dir string) (int64, error)
}

// A DB is an open store. Its methods may be called from any goroutine.
type DB struct {
	path     string
	o        Options
	kv       *kv.DB
	server   *control.Server
	secret   []byte
	since    time.Time
	restored restore
	close    func() error
}

var _ storage.Store = (*DB)(nil)

// Open opens the file at path, and makes it if there is none; its directory must exist. What cannot be opened is
// refused with ErrLocked, ErrDamaged, ErrNewer or ErrOtherTeam, and stays as it is, byte for byte. Close it when
// done.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	return openWith(ctx, path, o, migrations)
}

// Temp opens a new file in a temporary folder, without the disk's syncs. Close removes the folder.
func Temp(ctx context.Context, o Options) (*DB, error) {
	dir, err := os.MkdirTemp("", "stepin-")
	if err != nil {
		return nil, fmt.Errorf(
			"make a temporary folder for the database: %w: name a folder with TMPDIR, or a file with --db", err)
	}
	o.NoSync = true
	d, err := Open(ctx, filepath.Join(dir, "stepin.db"), o)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	d.close = sync.OnceValue(func() error { return errors.Join(d.shut(), os.RemoveAll(dir)) })
	return d, nil
}

func openWith(ctx context.Context, path string, o Options, ms []migration) (*DB, error) {
	o = o.Filled()
	f, err := openFile(ctx, path, o, ms)
	if err != nil {
		return nil, err
	}
	tables, err := kv.New(f, o.kv(path, kv.Use))
	if err != nil {
		return nil, err
	}
	d := &DB{path: path, o: o, kv: tables, since: o.Now(), server: control.NewServer(path, o.Log)}
	d.close = sync.OnceValue(d.shut)
	d.answer()
	err = d.look(func(r *reader) (err error) {
		d.secret = bytes.Clone(r.Get(meta, []byte(metaSecret)))
		d.restored, err = r.restored()
		return err
	})
	if err == nil && o.Team != "" {
		err = d.ClaimTeam(ctx, o.Team)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Filled are the options with the defaults in place of what is not set.
func (o Options) Filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// kv are the options for the file at path.
func (o Options) kv(path string, m kv.Mode) kv.Options {
	return kv.Options{
		Mode: m, Lock: o.Lock(path), Now: o.Now, Log: o.Log, NoSync: o.NoSync, Around: o.Around, Free: o.Free,
	}
}

// Lock is how the lock of the file at path is waited for.
func (o Options) Lock(path string) disk.Lock {
	return disk.Lock{Timeout: o.Timeout, Log: o.Log, Holder: control.Holder(path)}
}

// View lets fn look at one moment's state.
func (d *DB) View(ctx context.Context, fn func(storage.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.look(func(r *reader) error { return fn(r) })
}

func (d *DB) look(fn func(*reader) error) error {
	return spoiltIf(d.kv.View(func(t *kv.Tx) error { return fn(&reader{t, d.secret}) }))
}

// Update runs fn in a transaction that it may share with others; see kv.DB.Update. A commit that fails is
// storage.ErrDiskFull, storage.ErrReadOnly or storage.ErrNoCommit.
func (d *DB) Update(ctx context.Context, fn func(storage.Tx) error) error {
	return saved(d.kv.Update(ctx, d.writes(fn)))
}

// Join runs first and last in the transaction of others; see kv.DB.Join. Its errors are those of Update.
func (d *DB) Join(ctx context.Context, first, last func(storage.Tx) error) error {
	return saved(d.kv.Join(ctx, d.writes(first), d.writes(last)))
}

func (d *DB) writes(fn func(storage.Tx) error) func(*kv.Tx) error {
	return func(t *kv.Tx) error { return fn(&tx{reader: reader{t, d.secret}, restored: d.restored}) }
}

// saved names why a commit failed.
func saved(err error) error {
	if failed, ok := errors.AsType[*kv.CommitError](err); ok && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("commit: %w: %w", why(failed.Err), failed.Err)
	}
	return spoiltIf(err)
}

// spoilt is an ErrDamaged that is storage.ErrDamaged too.
type spoilt struct{ error }

func (s spoilt) Unwrap() []error { return []error{s.error, storage.ErrDamaged} }

func spoiltIf(err error) error {
	if errors.Is(err, ErrDamaged) {
		return spoilt{err}
	}
	return err
}

// why names what kept a commit from the disk, for people and operators. bbolt passes some of the system's errors on as
// text alone.
func why(err error) error {
	is := func(codes ...syscall.Errno) bool {
		return slices.ContainsFunc(codes, func(c syscall.Errno) bool {
			return errors.Is(err, c) || strings.Contains(err.Error(), c.Error())
		})
	}
	switch {
	case is(syscall.ENOSPC, syscall.EDQUOT):
		return storage.ErrDiskFull
	case is(syscall.EROFS, syscall.EACCES, syscall.EPERM):
		return storage.ErrReadOnly
	}
	return storage.ErrNoCommit
}

// ClaimTeam makes the file belong to a workspace, by its id, or checks that it does: ErrOtherTeam if it is another's.
func (d *DB) ClaimTeam(ctx context.Context, team string) error {
	if team == "" {
		return fmt.Errorf("claim the file for a workspace: %w", errEmptyName)
	}
	return d.Update(ctx, func(t storage.Tx) error {
		own := t.(*tx)
		switch has := TeamOf(own.Tx); has {
		case team:
			return nil
		case "":
			return own.Put(meta, []byte(metaTeam), []byte(team))
		default:
			return disk.Plain(fmt.Sprintf(
				"%s belongs to workspace %s, the token to %s: use a token of %s, or another file",
				d.path, has, team, has), ErrOtherTeam)
		}
	})
}

// Rewrite writes the file again while it is open, so that nothing is left in it of what was deleted; see kv.DB.Rewrite.
// What is deleted meanwhile keeps Erased true. If Room lacks it is ENOSPC, before anything is written.
func (d *DB) Rewrite() error {
	if room := d.Room(); room.Lacks() {
		return fmt.Errorf("rewrite %s: %v: %w", d.path, room, syscall.ENOSPC)
	}
	err := d.kv.Rewrite(meta, []byte(metaErased))
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("rewrite %s: %w", d.path, spoiltIf(err))
}

// Room is what a Rewrite would need now; see kv.File.Room.
func (d *DB) Room() storage.Room { return storage.Room(d.kv.Room()) }

// Moved says whether the file that is open does not have its name any more; see kv.DB.Moved.
func (d *DB) Moved() bool { return d.kv.Moved() }

// Damage is the first sign that the file is damaged, or was cut while it is open; see kv.DB.Damage.
func (d *DB) Damage() error { return spoiltIf(d.kv.Damage()) }

// Examine reads the whole file, every record and every index: ErrDamaged if something is wrong. If nothing is, what
// Damage said is over.
func (d *DB) Examine() error {
	err := d.look(func(r *reader) error {
		if _, err := ContentsOf(r.Tx); err != nil {
			return err
		}
		return Check(r.Tx)
	})
	if err == nil {
		d.kv.Right()
	}
	return err
}

// Failed is closed once a commit has ended unclear (ErrUnclear): the process should end then. Serve ends too.
func (d *DB) Failed() <-chan struct{} { return d.kv.Failed() }

// Serve answers on FILE.sock until ctx ends or the store is closed, and returns ErrUnclear after a commit that ended
// so; see control.Server.Serve.
func (d *DB) Serve(ctx context.Context) error {
	err := d.server.Serve(ctx, d.kv.Failed())
	if errors.Is(err, http.ErrServerClosed) {
		return ErrClosed
	}
	return errors.Join(err, d.kv.Failure())
}

// Handle has Serve answer GET /name; see control.Server.Handle.
func (d *DB) Handle(name string, answer func() (any, error)) { d.server.Handle(name, answer) }

// Do has Serve do something for POST /name; see control.Server.Do.
func (d *DB) Do(name string, does func(ctx context.Context, with url.Values, p control.Progress) (any, error)) {
	d.server.Do(name, does)
}

// Close ends Serve, finishes what is queued, and closes the file. Every View and Update must come back for it to
// return; later ones get ErrClosed.
func (d *DB) Close() error { return d.close() }

func (d *DB) shut() error {
	d.server.Close()
	return d.kv.Close()
}
