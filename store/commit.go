package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"stepin/nudges"
)

// Update runs fn in a transaction that it may share with others who write at the
// same time: they have one commit and one sync between them. It returns once fn's
// changes are on disk, or not at all: what fails or panics in fn is undone, and
// the others go on. A panic of fn becomes this call's, as a *Panic. fn may run
// more than once. When ctx ends before the commit has begun, none is begun, and
// Update returns ctx's error.
func (d *DB) Update(ctx context.Context, fn func(nudges.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{ctx: ctx, fn: fn, done: make(chan struct{})}
	if !d.queue.add(c) {
		return ErrClosed
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err() // it was still waiting
		}
		<-c.done
	}
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// A committer is the only one who writes, on a goroutine of its own.
type committer struct {
	d       *DB
	group   []*call // taken from the queue and not answered
	running *call   // the one whose function runs just now
	tx      *tx     // the transaction that it runs in

	logged   string // the failure that was logged last,
	loggedAt time.Time
}

func (c *committer) run() {
	defer func() {
		if c.running == nil {
			close(c.d.ended)
			return
		}
		// A function has ended this goroutine (runtime.Goexit). Nobody shall wait for
		// ever because of it.
		c.tx.session.rollback(c.tx.undo)
		c.running.answer(errEnded)
		c.group = slices.DeleteFunc(c.group, func(call *call) bool { return call.answered })
		c.running, c.tx = nil, nil
		go c.run()
	}()
	debug.SetPanicOnFault(true)
	busy := false // the last group was of several
	for {
		if len(c.group) == 0 {
			if busy {
				time.Sleep(company)
			}
			if c.group = c.d.queue.take(); len(c.group) == 0 {
				return
			}
			busy = len(c.group) > 1
		}
		func() { // also if a function ends the goroutine
			c.d.writing.Lock()
			defer c.d.writing.Unlock()
			c.group = c.try(c.group)
		}()
	}
}

// company is how long a commit waits for more to share it with, right after one that was
// shared: a commit takes longer than that. Whoever writes alone is never kept waiting.
const company = 500 * time.Microsecond

// logAgain is how long after it was logged the same failure is logged once more.
const logAgain = time.Hour

// try runs the functions of a group in one transaction, and commits it. It gives
// back those that must run again, because the transaction was given up for the
// sake of another; every other call is answered.
func (c *committer) try(group []*call) (again []*call) {
	if group = c.alive(group); len(group) == 0 {
		return nil
	}
	session, err := c.begin()
	if err != nil {
		answerAll(group, err)
		return nil
	}
	t := &tx{reader: reader{session: session, secret: c.d.secret}, restored: c.d.restored}
	c.tx = t
	for _, call := range group {
		before := len(t.undo)
		c.running, t.late = call, nil
		call.once(t)
		c.running = nil
		if call.err == nil && call.panic == nil {
			continue
		}
		if t.inside == 0 && t.undoTo(before) == nil {
			continue // it is out of the transaction, the others stay in it
		}
		session.rollback(t.undo)
		if len(group) > 1 {
			c.alone(group)
		} else {
			answerAll(group, call.err)
		}
		return nil
	}
	if len(t.undo) == 0 {
		session.rollback(nil)
		answerAll(group, nil)
		return nil
	}
	if alive := c.alive(group); len(alive) < len(group) {
		session.rollback(t.undo)
		return alive
	}
	answerAll(group, c.commit(t))
	return nil
}

// alone gives each function a transaction of its own, when the file failed under
// one of them and the others shall not suffer from it.
func (c *committer) alone(group []*call) {
	for i := range group {
		c.try(group[i : i+1])
	}
}

// alive answers those whose context has ended, and gives the others.
func (c *committer) alive(group []*call) []*call {
	alive := make([]*call, 0, len(group))
	for _, call := range group {
		if err := call.ctx.Err(); err != nil {
			call.panic = nil
			call.answer(err)
			continue
		}
		alive = append(alive, call)
	}
	return alive
}

func (c *committer) begin() (session, error) {
	select {
	case <-c.d.failed:
		return nil, c.d.failure
	default:
		return c.d.begin(true)
	}
}

// commit makes the group's transaction last. If it fails, it does so for all of
// them: also those whose function had an error of its own, for that may have come
// from what the others did.
func (c *committer) commit(t *tx) error {
	begun := false
	start := time.Now()
	err := c.d.o.Around(func() error {
		begun = true
		return t.session.commit()
	})
	switch {
	case err == nil && begun:
		now := c.d.o.Now()
		c.d.changed.Store(&now)
		c.d.commits.Add(1)
		c.d.committing.Add(int64(time.Since(start)))
		if c.d.journal != nil {
			for _, u := range t.undo {
				c.d.journal[place{u.bucket, string(u.key)}] = struct{}{}
			}
		}
		return nil
	case !begun:
		t.session.rollback(t.undo)
		err = errors.Join(err, errors.New("no commit was begun"))
	default:
		if _, clear := errors.AsType[*notCommitted](err); !clear {
			err = &unclear{err}
			c.d.failure = err
			close(c.d.failed)
		}
	}
	c.d.refused.Add(1)
	if says := err.Error(); says != c.logged || start.Sub(c.loggedAt) > logAgain { // and not each that follows
		c.logged, c.loggedAt = says, start
		c.d.o.Log.Error("commit failed", "error", err)
	}
	return fmt.Errorf("commit: %w: %w", why(err), err)
}

// once runs the call's function, and keeps its end.
func (c *call) once(t *tx) {
	c.err, c.panic = nil, nil
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case t.inside > 0 || fault(v):
			t.inside++ // whatever it was doing, this transaction is not to be used
			c.err = fmt.Errorf("%w: %v", ErrDamaged, v)
		default:
			c.panic = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	c.err = c.fn(t)
}

func (c *call) answer(err error) {
	c.err, c.answered = err, true
	close(c.done)
}

// answerAll ends the calls of a group: with err, or each with its own end if err is nil.
func answerAll(group []*call, err error) {
	for _, c := range group {
		if err != nil {
			c.panic = nil
			c.answer(err)
			continue
		}
		c.answer(c.err)
	}
}
