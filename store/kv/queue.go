package kv

import (
	"context"
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

// A queue holds the calls in the order of their arrival.
type queue struct {
	mu    sync.Mutex
	calls []*call
	ended bool
	wake  chan struct{} // holds one token when there may be something to take
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

func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ended = true
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take waits until there are calls, and takes those that have come by then: a lone one does not wait for company. None
// means that the queue has ended.
func (q *queue) take() []*call {
	for {
		if group, ended := q.some(); len(group) > 0 || ended {
			return group
		}
		<-q.wake
	}
}

func (q *queue) some() (group []*call, ended bool) {
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
	return group, q.ended && left == 0
}
