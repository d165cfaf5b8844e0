// Package store is what stepin remembers, in transactions: requests and their
// history, which envelopes were answered, and the messages that are still to be
// said. It keeps them in one bbolt file, or, for a demo and for comparison, in
// memory. It is the only package that knows bbolt.
//
// The file, version 5. ␀ is a zero byte; a moment is 12 bytes, seconds since 1970
// with the sign flipped and nanoseconds, big-endian, so that bytes sort as time
// does; n is 8 bytes, the order of creation; a record is JSON, to which fields are
// added, and of which none is renamed.
//
//	meta
//	├── format                      the version of this layout, in decimal
//	├── created                     when the file was made, RFC 3339
//	├── secret                      32 random bytes, the key of every HMAC here
//	├── team                        the workspace's id, once claimed
//	├── erased                      there while what was taken out may stand in free pages; see Rewrite
//	├── group                       groupRecord: the user group that may use stepin, as Slack last said;
//	│                               none where no group was ever asked for
//	└── restored                    when the file was last put back from a backup, a space, and the
//	                                newest moment that the backup knew of, both RFC 3339; none in
//	                                a file that never was. See Restore
//	counts
//	├── requests, outbox            how many there are, 8 bytes
//	└── order                       the last n given
//	requests
//	└── <request>                   requestRecord; its deal and plan are private text
//	history
//	└── <request>␀<seq: 8 bytes>    transitionRecord
//	managers                        all requests by manager, the newest first
//	└── <manager>␀<newest><request>     newest = the complement of moment begun, n
//	open                            those that Request.Open holds for, likewise
//	└── <manager>␀<newest><request>
//	calls                           the same, by call
//	└── <call: 32 bytes><newest><request>
//	                                call = HMAC-SHA256(␀call␀manager␀rep␀NormalDeal)
//	ticks                           requests by Request.NextTick
//	└── <moment><request>
//	envelopes
//	└── <identity>                  moment recorded, then the answer; kept 25 hours
//	arrivals
//	└── <moment><identity>          the same by time, for the sweep
//	outbox
//	└── <message key>               messageRecord: what waits
//	due, attempted, held            each waiting message is in one of the three:
//	└── <moment><n><message key>    held, else a send was begun, else by when it is due
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
//	wakes                           reminders by Reminder.NextTick
//	└── <moment><user>
//	shared                          since version 4, as is all below: requests by a rep who had a part
//	└── <rep>␀<newest><request>     in their debrief
//	learning
//	└── <manager>␀<deal: 32 bytes>  learningRecord; its text is private
//	                                deal = HMAC-SHA256(␀learning␀manager␀rep␀NormalDeal)
//	trust                           what reps said about being trusted, told apart but not named
//	└── <month><rep: 32 bytes>      the answers, a byte each; rep = HMAC-SHA256(␀trust␀rep)
//	done                            since version 5, as is all below: requests that are done,
//	└── <moment><request>           by when they became so, until they lose their words
//	faded                           those that have lost them, likewise
//	└── <moment><request>
//	forgets                         whom stepin is about to forget
//	└── <user>                      forgetRecord
//
// Which of these are whose words, who sees them and when they go stands in nudges.Keeping.
//
// Beside FILE lie FILE.sock, on which a running stepin answers (see Serve), FILE.v1.bak to
// FILE.v4.bak, the copies made before a migration away from those versions, and
// FILE.before-restore-TIME, what was there before a backup was put back. Folders called .stepin-
// and a number hold what is on its way to become a file; see workplace.
package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"stepin/nudges"
)

// Options are how a store is opened; the zero value is right for a server.
type Options struct {
	Timeout time.Duration    // how long to wait for the file's lock; 3 s if zero
	Team    string           // the workspace's id to claim the file for; "" for later
	Now     func() time.Time // for stamps only; time.Now if nil
	Log     *slog.Logger     // nothing is logged if nil
	Version string           // stepin's, for Status
	// Existing has Open refuse, with fs.ErrNotExist, to make a file.
	Existing bool
	Memory   bool // no file: the same code on memory alone, forgotten at Close
	// NoSync leaves out the disk's syncs. A loss of power can then lose or damage
	// the file: it is for tests that open thousands, and for measuring.
	NoSync bool
	// Around, if set, is called with each commit and must call it, or fail. It is for
	// tests: to copy the file at each commit, to make one fail before or after the
	// disk has it. It runs on the committer's goroutine, one call at a time.
	Around func(commit func() error) error
	// asItIs has Open refuse, with errOlder, a file that it would have to migrate.
	asItIs bool
}

// DB is an open store. Its methods may be called from any goroutine.
type DB struct {
	path     string // "" in memory
	o        Options
	swap     sync.RWMutex // of back, while Rewrite puts another in its place
	back     backend
	secret   []byte
	since    time.Time
	queue    queue
	ended    chan struct{} // closed when the committer has finished
	closing  chan struct{} // closed when Close begins
	failed   chan struct{} // closed after an unclear commit
	failure  error         // set before failed is closed
	serving  sync.WaitGroup
	naming   sync.RWMutex              // of own, while Rewrite gives another file the name
	own      os.FileInfo               // of the file that is open; nil in memory
	changed  atomic.Pointer[time.Time] // when the last commit ended; nil for none since Open
	restored restore
	// socketLook is how often Serve looks after its socket.
	socketLook time.Duration
	handlers   map[string]http.HandlerFunc // what Serve answers, by what is asked
	close      func() error

	// Since Open: commits that have ended well, the nanoseconds that they took, those that failed.
	commits, committing, refused atomic.Int64

	rewriting sync.Mutex         // one Rewrite at a time
	writing   sync.Mutex         // held through each transaction that writes
	journal   map[place]struct{} // what was written since Rewrite began; nil without one; under writing
}

var _ nudges.Store = (*DB)(nil)

// Open opens the file at path, and makes it if there is none; its directory must
// exist. What cannot be opened is refused with ErrLocked, ErrDamaged, ErrNewer or
// ErrOtherTeam, and stays as it is, byte for byte. Close it when done.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	return openWith(ctx, path, o, migrations)
}

// Mem is a store without a file, forgotten when it is closed.
func Mem() *DB {
	d, err := Open(context.Background(), "", Options{Memory: true})
	if err != nil {
		panic("store: in memory: " + err.Error()) // there is no file that could be wrong
	}
	return d
}

// filled are the options with the defaults in place of what is not set.
func (o Options) filled() Options {
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Around == nil {
		o.Around = func(commit func() error) error { return commit() }
	}
	return o
}

func openWith(ctx context.Context, path string, o Options, ms []migration) (*DB, error) {
	o = o.filled()
	var back backend
	var err error
	if o.Memory {
		path, back = "", &memory{}
		err = migrate(back, 0, ms, o.Now())
	} else {
		back, err = openFile(ctx, path, o, ms)
	}
	if err != nil {
		return nil, err
	}
	d := &DB{
		path: path, o: o, back: back, since: o.Now(), queue: newQueue(),
		ended: make(chan struct{}), closing: make(chan struct{}), failed: make(chan struct{}), socketLook: socketLook,
	}
	if path != "" {
		if d.own, err = os.Stat(path); err != nil {
			return nil, errors.Join(fmt.Errorf("open %s: %w", path, reason(err)), back.close())
		}
	}
	d.close = sync.OnceValue(d.shut)
	d.handlers = map[string]http.HandlerFunc{"GET /backup": d.answerBackup}
	d.Handle("status", func() (any, error) { return d.Now() })
	if err := d.look(func(r *reader) (err error) {
		d.secret = bytes.Clone(r.get(meta, []byte(metaSecret)))
		d.restored, err = r.restored()
		return err
	}); err != nil {
		return nil, errors.Join(err, back.close())
	}
	go (&committer{d: d}).run()
	if o.Team != "" {
		if err := d.ClaimTeam(ctx, o.Team); err != nil {
			return nil, errors.Join(err, d.Close())
		}
	}
	return d, nil
}

// View lets fn look at one moment's state.
func (d *DB) View(ctx context.Context, fn func(nudges.Reader) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.look(func(r *reader) error { return fn(r) })
}

// look runs fn in a transaction that reads. A page that cannot be read is an error
// and not the end of the process.
func (d *DB) look(fn func(*reader) error) (err error) {
	s, err := d.begin(false)
	if err != nil {
		return err
	}
	defer s.rollback(nil)
	r := &reader{session: s, secret: d.secret}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		p := recover()
		switch {
		case p == nil:
		case r.inside > 0 || fault(p):
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		default:
			panic(p)
		}
	}()
	return fn(r)
}

// begin starts a session on what keeps the bytes now.
func (d *DB) begin(write bool) (session, error) {
	d.swap.RLock()
	defer d.swap.RUnlock()
	return d.back.begin(write)
}

// ClaimTeam makes the file belong to a workspace, by its id, or checks that it
// does: ErrOtherTeam if it is another's.
func (d *DB) ClaimTeam(ctx context.Context, team string) error {
	if team == "" {
		return fmt.Errorf("claim the file for a workspace: %w", errEmptyName)
	}
	return d.Update(ctx, func(t nudges.Tx) error {
		own := t.(*tx)
		switch has := string(own.get(meta, []byte(metaTeam))); has {
		case team:
			return nil
		case "":
			return own.put(meta, []byte(metaTeam), []byte(team))
		default:
			return &plain{fmt.Sprintf("%s belongs to workspace %s, the token to %s: use a token of %s, or another file",
				d.name(), has, team, has), ErrOtherTeam}
		}
	})
}

func (d *DB) name() string {
	if d.path == "" {
		return "the store in memory"
	}
	return d.path
}

// Moved says whether the file that is open has its name no more: it was moved away, deleted or replaced. What is
// committed then is in that file alone.
func (d *DB) Moved() bool {
	d.naming.RLock()
	defer d.naming.RUnlock()
	return d.moved()
}

func (d *DB) moved() bool {
	if d.own == nil {
		return false
	}
	now, err := os.Stat(d.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(d.own, now)
}

// Failed is closed once a commit has ended unclear (ErrUnclear): the process should
// end then, for only opening the file anew tells what is in it. Serve ends too.
func (d *DB) Failed() <-chan struct{} { return d.failed }

// Close finishes what is queued, ends Serve, and closes the file. Every View and
// Update must come back for it to return; later ones get ErrClosed.
func (d *DB) Close() error { return d.close() }

func (d *DB) shut() error {
	close(d.closing)
	d.queue.end()
	<-d.ended
	d.serving.Wait() // its socket goes before the lock does, or it would take a successor's
	return d.back.close()
}
