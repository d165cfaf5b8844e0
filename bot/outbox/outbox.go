// Package outbox delivers messages.
//
// No message comes twice where its conversation can be searched, and the search shows it within 13 seconds. A message
// is lost only for one of these reasons: it is no longer true or wanted; Slack refuses it; it was tried more than
// MaxTries times; its end is unclear and its conversation cannot be searched; the person is no full member (any more);
// the message that it belongs to never came; this version cannot draw it, or panics.
//
// A message waits in the store until it is due. The outbox stores that a batch of at most ten is begun before it sends
// them, and one commit writes both how the last batch ended and which messages come next. So a crash shows: what is
// begun and has no receipt was perhaps sent, and is looked up before it is sent again. What is no longer
// true is dropped when its turn comes, and nobody has to cancel it. Slack is never called inside a transaction.
//
// While nothing is kept back, that commit is one that others make, as for a click: see join in this file. It marks
// what it enqueues, which is sent at once, and writes which DMs and rewritings were delivered. Those wait for it up to
// settleWithin.
//
//	store ─▶ choose: due ─▶ its turn ─▶ still true ─▶ gather ─▶ begin ┐ one commit
//	            ▲                                                     ▼
//	            └── results ◀── send: draw ─▶ Slack ─┬─▶ delivered: settle, remember where
//	                                                 ├─▶ Retry: postpone · Hold: wait for working credentials
//	                                                 ├─▶ Drop: decide.Undelivered says what follows
//	                                                 └─▶ Unknown, as after a time-out: look up, see below
//
// When a send ends Unknown, as after a time-out, the message may have arrived: unsent in send.go leaves it begun. Then
// look in search.go searches its conversation by the key in its metadata, 0.5, 3, 6 and 13 seconds after that end, and
// later if searches lagged in the last hour. Once it is there it is settled. It is sent again only when the last look
// has not found it either: absence in search.go says why not sooner. Where Slack refuses the search it is dropped. Two
// need no search: a rewriting is sent again at once, because twice does no harm, and once more after 13 seconds, for
// it may come late and undo a newer one; files have their own lookup in file.go.
//
// What a kind of message needs is a row of the table in kinds.go; nothing else here knows a kind by name.
//
// The files: outbox.go is the loop; choose.go picks and marks; kinds.go has the table, and draws; addressee.go keeps
// back what would reach somebody who is no full member; send.go sends and settles; shown.go knows what Slack shows, for
// a rewriting that changes nothing is no call; search.go looks up; file.go and
// export.go give people their words as a file or as messages; alarm.go tells the admins while even the store fails.
package outbox

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"stepin/bot/decide"
	"stepin/bot/health"
	"stepin/bot/scene"
	"stepin/bot/slackapi"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

const (
	firstLookup  = 3 * time.Second        // before the first look-up of a file whose send ended Unknown
	secondLookup = 10 * time.Second       // before the second one; after it another file is begun
	longestWait  = 5 * time.Minute        // between tries
	unsavedPause = 10 * time.Second       // between tries of a store that can save nothing
	unheardPause = 3 * time.Second        // between looks whether credentials work, while Slack does not say
	settleWithin = 200 * time.Millisecond // how long a delivery waits for a commit that others make

	// Mended is the time between looks whether credentials work again.
	Mended = time.Minute
	// MaxTries is how often a message is sent before it is given up: about two hours. It does not bound sends that
	// end Unknown: each is looked up, so that the lookups are the pauses.
	MaxTries = 30
)

// Options are what an outbox works with. All are required.
type Options struct {
	Store    storage.Store
	Slack    *slackapi.Client
	Health   *health.Ledger
	Meter    *health.Meter
	Scenes   *scene.Reader
	Rules    func() decide.Rules       // by the settings that apply now
	Copies   func() []storage.Copy     // the databases beside the file
	Now      func() time.Time          // the clock for what is due
	Panicked func(p any, about ...any) // logs a panic, without its value
	Log      *slog.Logger
}

// An Outbox delivers messages.
type Outbox struct {
	Options
	poke   chan struct{}
	drains chan chan struct{}
	stop   chan struct{} // closed by Finish: the batch in hand is the last
	ended  chan struct{}
	once   sync.Once

	exports *exportCache
	shown   *shown

	// Only Run's goroutine uses what follows.
	searching
	unwritten
	drained []chan struct{} // to be closed when nothing is left to send
	heldTil time.Time       // credentials are broken: no send before; zero while nothing is held
}

// unwritten is how sends have ended, to be written.
type unwritten struct {
	results []func(storage.Tx) error
	writeBy time.Time    // until when; zero if there are none
	skips   []daily.Skip // reminders that the update at work has skipped
}

// note has what must be written about a message written by a moment at the latest.
func (u *unwritten) note(end func(storage.Tx) error, by time.Time) {
	if len(u.results) == 0 || by.Before(u.writeBy) {
		u.writeBy = by
	}
	u.results = append(u.results, end)
}

// New is an outbox that does not run yet.
func New(opts Options) *Outbox {
	return &Outbox{
		Options: opts, poke: make(chan struct{}, 1), drains: make(chan chan struct{}),
		stop: make(chan struct{}), ended: make(chan struct{}), searching: searching{unclear: map[string]lookup{}},
		exports: &exportCache{own: opts.Scenes.Own}, shown: newShown(),
		heldTil: time.Now(), // what an earlier process has held is tried at once
	}
}

// ClearExports drops what is remembered of people's words while an export of them is being sent.
func (o *Outbox) ClearExports() { o.exports.clear() }

// Wake says that there may be something to send.
func (o *Outbox) Wake() {
	select {
	case o.poke <- struct{}{}:
	default:
	}
}

// Drain waits until nothing that is due now is left to send.
func (o *Outbox) Drain(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case o.drains <- done:
	case <-o.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-o.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Finish ends the sender after the batch in hand.
func (o *Outbox) Finish(ctx context.Context) {
	o.once.Do(func() { close(o.stop) })
	select {
	case <-o.ended:
	case <-ctx.Done():
	}
}

// Run sends until ctx ends, or Finish is called.
func (o *Outbox) Run(ctx context.Context) {
	defer close(o.ended)
	if err := o.recall(ctx); err != nil && ctx.Err() == nil {
		o.Log.Error("outbox", "error", err)
	}
	for ctx.Err() == nil {
		busy, next, err := o.round(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			pause := unsavedPause
			if health.StoreCause(err) == "" { // else it is in the log already, once
				o.Log.Error("outbox", "error", err)
				pause = time.Second
			}
			busy, next = false, time.Now().Add(pause)
		}
		if o.stopped() {
			o.writeResults(ctx)
			return
		}
		if !busy {
			o.rest(ctx, next)
		}
	}
}

// rest waits until there may be something to do, if the last round says to look again at next. Unless something is
// kept back until then, it sends at once what others commit meanwhile.
func (o *Outbox) rest(ctx context.Context, next time.Time) {
	if next.IsZero() {
		for _, d := range o.drained {
			close(d)
		}
		o.drained = nil
	}
	timer := time.NewTimer(o.wait(ctx, next))
	defer timer.Stop()
	var j joined
	if next.Equal(o.writeBy) {
		j = o.join(ctx)
	}
	select {
	case <-ctx.Done():
	case <-o.stop:
	case <-o.poke:
	case d := <-o.drains:
		o.drained = append(o.drained, d)
	case <-timer.C:
	case <-j.done:
	}
	o.sendAll(ctx, j.end())
}

func (o *Outbox) stopped() bool {
	select {
	case <-o.stop:
		return true
	default:
		return false
	}
}

// writeResults writes how the last batch ended, and marks none.
func (o *Outbox) writeResults(ctx context.Context) {
	if len(o.results) == 0 {
		return
	}
	if _, _, err := o.write(ctx, 0, o.alone); err != nil {
		o.Log.Error("outbox", "error", err)
	}
}

// wait is how long there is nothing to do, if the last round says to look again at next; zero for nothing.
func (o *Outbox) wait(ctx context.Context, next time.Time) time.Duration {
	if !next.IsZero() {
		return max(time.Until(next), time.Millisecond)
	}
	if at, ok := o.nextDue(ctx); ok {
		return max(at.Sub(o.Now()), time.Millisecond)
	}
	return time.Hour
}

func (o *Outbox) nextDue(ctx context.Context) (at time.Time, ok bool) {
	err := o.Store.View(ctx, func(r storage.Reader) error {
		_, oldest, err := r.Waiting()
		at, ok = oldest, !oldest.IsZero()
		return err
	})
	return at, ok && err == nil && at.After(o.Now())
}

// round searches for what is unclear and sends one batch. busy says that there is more to do
// at once; next is when to look again, in real time, zero if nothing waits.
func (o *Outbox) round(ctx context.Context) (busy bool, next time.Time, err error) {
	if !o.heldTil.IsZero() && len(o.results) > 0 {
		// What is to be held is written down before the release, which would pass it over.
		if _, _, err := o.write(ctx, 0, o.alone); err != nil {
			return false, next, err
		}
	}
	if time.Now().Before(o.heldTil) {
		return false, o.heldTil, nil
	}
	if !o.heldTil.IsZero() {
		if ok, err := o.release(ctx); err != nil || !ok {
			return false, o.heldTil, err
		}
	}
	if err := o.search(ctx); err != nil {
		return false, next, err
	}
	batch, next, err := o.next(ctx)
	if err != nil {
		return false, next, err
	}
	// Nothing is on its way, or delivered and not written: what is marked all the same was restored, or held.
	if len(batch) == 0 && len(o.results) == 0 {
		if err := o.recall(ctx); err != nil {
			return false, next, err
		}
	}
	for _, l := range o.unclear {
		if next.IsZero() || l.at.Before(next) {
			next = l.at
		}
	}
	if len(batch) == 0 {
		return false, next, nil
	}
	o.sendAll(ctx, batch)
	return true, next, nil
}

// next marks the next batch, if anything is due, and writes how the last one ended, unless that can wait.
func (o *Outbox) next(ctx context.Context) (batch []delivery, next time.Time, err error) {
	due := false
	err = o.Store.View(ctx, func(r storage.Reader) error {
		for _, err := range r.Ready(o.Now()) {
			due = true
			return err
		}
		return nil
	})
	wait := time.Now().Before(o.writeBy) && len(o.drained) == 0 && !o.stopped()
	if err != nil || !due && (wait || len(o.results) == 0) {
		return nil, o.writeBy, err
	}
	return o.write(ctx, Batch, o.alone)
}

// A joined is a write that waits for others to commit. Its zero value is none.
type joined struct {
	withdraw context.CancelFunc
	done     chan struct{}
	marked   *[]delivery
}

// join has the next commit of others write how the last batch ended, and mark what that commit makes due.
func (o *Outbox) join(ctx context.Context) joined {
	ctx, withdraw := context.WithCancel(ctx)
	j := joined{withdraw, make(chan struct{}), new([]delivery)}
	go func() {
		defer close(j.done)
		*j.marked, _, _ = o.write(ctx, Batch, o.Store.Join) // what it cannot write the next round does, and says so
	}()
	return j
}

// end gives what was marked, and withdraws what still waits.
func (j joined) end() []delivery {
	if j.done == nil {
		return nil
	}
	j.withdraw()
	<-j.done
	return *j.marked
}

// alone is Store.Join without waiting for others.
func (o *Outbox) alone(ctx context.Context, first, last func(storage.Tx) error) error {
	return o.Store.Update(ctx, func(tx storage.Tx) error {
		if err := first(tx); err != nil {
			return err
		}
		return last(tx)
	})
}

// errUnwritten keeps a batch from being marked where the end of the last one was not written.
var errUnwritten = errors.New("how the last batch ended is not written")

// write commits how the last batch ended, and marks the next one: one commit for both, and none if there is
// nothing to write.
func (o *Outbox) write(
	ctx context.Context, most int, commit func(_ context.Context, first, last func(storage.Tx) error) error,
) (marked []delivery, next time.Time, err error) {
	written := false
	err = o.Health.Stored(commit(ctx, func(tx storage.Tx) error {
		o.skips, written = nil, false
		for _, f := range o.results {
			if err := f(tx); err != nil {
				return err
			}
		}
		written = true
		return nil
	}, func(tx storage.Tx) (err error) {
		if !written {
			return errUnwritten
		}
		marked, next, err = o.choose(tx, most)
		return err
	}))
	if err != nil {
		return nil, next, err
	}
	o.results, o.writeBy = nil, time.Time{}
	o.Meter.Skipped(o.skips)
	return marked, next, nil
}
