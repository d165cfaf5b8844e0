package kv

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// company is how long a commit waits for more to share it with, right after one that was shared: a commit takes longer
// than that. Who writes alone never waits.
const company = 500 * time.Microsecond

// A committer is the only one who writes, on a goroutine of its own.
type committer struct {
	o     Options
	begin func() (*Tx, error)
	queue queue
	ended chan struct{} // closed when the goroutine has finished

	failed  chan struct{} // closed after an unclear commit
	failure error         // set before failed is closed

	journal journal
	stats   stats

	group   []*call // taken from the queue and not answered
	running *call   // the one whose function runs now
	tx      *Tx     // the transaction that it runs in
}

func newCommitter(o Options, begin func() (*Tx, error)) *committer {
	return &committer{
		o: o, begin: begin, queue: queue{wake: make(chan struct{}, 1)},
		ended: make(chan struct{}), failed: make(chan struct{}),
	}
}

func (c *committer) unclear() error {
	select {
	case <-c.failed:
		return c.failure
	default:
		return nil
	}
}

func (c *committer) run() {
	defer func() {
		if c.running == nil {
			close(c.ended)
			return
		}
		// A function ended this goroutine (runtime.Goexit). Nobody must wait for ever because of it.
		c.tx.rollback()
		c.running.answer(errGoexit)
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
			if c.group, busy = c.queue.take(); len(c.group) == 0 {
				return
			}
		}
		func() { // also if a function ends the goroutine
			c.journal.mu.Lock()
			defer c.journal.mu.Unlock()
			c.group = c.try(c.group)
		}()
	}
}

// try runs the functions of a group in one transaction, and commits it. It gives back those that must run again,
// because the transaction was given up for another's sake; every other call is answered.
func (c *committer) try(group []*call) (again []*call) {
	if group = alive(group); len(group) == 0 {
		return nil
	}
	t, err := c.first()
	if err != nil {
		answerAll(group, err)
		return nil
	}
	if c.tx = t; !c.together(t, group) {
		return nil
	}
	if len(t.undo) == 0 { // what changes nothing costs no commit
		t.rollback()
		answerAll(group, nil)
		return nil
	}
	if alive := alive(group); len(alive) < len(group) {
		t.rollback()
		return alive
	}
	answerAll(group, c.commit(t))
	return nil
}

func (c *committer) first() (*Tx, error) {
	if err := c.unclear(); err != nil {
		return nil, err
	}
	return c.begin()
}

// together runs the functions of a group in one transaction. If the file fails under one of them, the transaction is
// given up, each function gets one of its own, and together returns false.
func (c *committer) together(t *Tx, group []*call) bool {
	for _, call := range group {
		before := len(t.undo)
		c.running = call
		call.once(t)
		c.running = nil
		if call.err == nil && call.panic == nil {
			continue
		}
		if t.inside == 0 && t.undoTo(before) == nil {
			continue // it is out of the transaction, the others stay in it
		}
		t.rollback()
		if len(group) == 1 {
			answerAll(group, call.err)
			return false
		}
		for i := range group {
			c.try(group[i : i+1])
		}
		return false
	}
	return true
}

// alive answers those whose context has ended, and gives the others.
func alive(group []*call) []*call {
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

// commit makes the group's transaction last. If it fails, it does so for all of them: also for those whose function had
// an error of its own, for that may have come from what the others did.
func (c *committer) commit(t *Tx) error {
	begun := false
	start := time.Now()
	err := c.o.Around(func() error {
		begun = true
		return t.commit()
	})
	switch {
	case err == nil && begun:
		c.stats.count(func(s *Stats) { s.Commits, s.Took, s.Last = s.Commits+1, s.Took+time.Since(start), c.o.Now() })
		c.journal.note(t.undo)
		return nil
	case !begun:
		t.rollback()
		err = errors.Join(err, errors.New("no commit was begun"))
	default:
		if _, clear := errors.AsType[*notCommitted](err); !clear {
			err = &unclear{err}
			c.failure = err
			close(c.failed)
		}
	}
	c.stats.count(func(s *Stats) { s.Failed++ })
	return &CommitError{err}
}

// once runs the call's function, and keeps its end.
func (c *call) once(t *Tx) {
	c.err, c.panic = nil, nil
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case t.spoilt(v):
			t.inside++ // this transaction must not be used any more
			c.err = fmt.Errorf("%w: %v", ErrDamaged, v)
		default:
			c.panic = &Panic{Value: v, Stack: debug.Stack()}
		}
		_ = t.file.note(c.err)
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

// stats may be read while they are counted.
type stats struct {
	mu  sync.Mutex
	now Stats
}

func (s *stats) count(by func(*Stats)) Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	by(&s.now)
	return s.now
}
