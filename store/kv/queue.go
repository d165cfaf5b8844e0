package kv

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// maxGroup is how many functions share a commit at most: enough that the sync is divided by what the disk cannot keep
// up with, few enough that their transaction stays below some 20 ms.
const maxGroup = 256

// A call is one Update that waits. Its context is kept while its caller waits, and no longer.
type call struct {
	ctx   context.Context
	fn    func(*Tx) error
	taken atomic.Bool // by the committer, or by a caller who gives up
	err   error
	panic *Panic
	done  chan struct{} // closed when err and panic are set

	answered bool // for the committer alone
}

func newCall(ctx context.Context, fn func(*Tx) error) *call {
	return &call{ctx: ctx, fn: fn, done: make(chan struct{})}
}

// end is how an answered call ended.
func (c *call) end() error {
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// A rider is one Join that waits for others: first runs before their functions, last after them.
type rider struct {
	first, last *call
	taken       atomic.Bool // as in a call
}

// A queue holds the calls in the order of their arrival.
type queue struct {
	mu     sync.Mutex
	calls  []*call
	riders []*rider
	ended  bool
	wake   chan struct{} // holds one token when there may be something to take
}

func (q *queue) add(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	q.calls = append(q.calls, c)
	q.ring()
	return true
}

// ride adds a rider. Those who have given up meanwhile leave.
func (q *queue) ride(r *rider) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended {
		return false
	}
	q.riders = append(slices.DeleteFunc(q.riders, func(r *rider) bool { return r.taken.Load() }), r)
	return true
}

// end has what is queued run. No others come for the riders.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	for _, r := range q.riders {
		if r.taken.CompareAndSwap(false, true) {
			r.first.answer(ErrClosed)
			r.last.answer(ErrClosed)
		}
	}
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits until there are calls, and takes those that have come by then, and the riders: a lone one does not wait
// for company. None means that the queue has ended. busy says that there are several calls.
func (q *queue) take() (group []*call, busy bool) {
	for {
		group, busy, ended := q.some()
		if len(group) > 0 || ended {
			return group, busy
		}
		<-q.wake
	}
}

func (q *queue) some() (group []*call, busy, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := 0
	for ; i < len(q.calls) && len(group) < maxGroup; i++ {
		if q.calls[i].taken.CompareAndSwap(false, true) {
			group = append(group, q.calls[i])
		}
	}
	left := copy(q.calls, q.calls[i:])
	clear(q.calls[left:])
	q.calls = q.calls[:left]
	if busy = len(group) > 1; len(group) > 0 {
		for _, r := range q.riders {
			if r.taken.CompareAndSwap(false, true) {
				group = append(slices.Insert(group, 0, r.first), r.last)
			}
		}
		q.riders = nil
	}
	return group, busy, q.ended && left == 0
}
