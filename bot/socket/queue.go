package socket

import (
	"context"
	"log/slog"
	"sync"

	"stepin/bot/form"
	"stepin/nudges"
)

// maxQueued is how many jobs may wait. Above it an envelope is not taken, and Slack tells the person that the app did
// not answer.
const maxQueued = 4096

// A Job is one input, with the way to acknowledge its envelope.
type Job struct {
	In  form.Input
	Ack func(payload any) error
}

// A queue runs jobs: in order for one person, at the same time for different people.
type queue struct {
	run     func(Job)
	log     *slog.Logger
	mu      sync.Mutex
	waiting map[nudges.UserID][]Job // has an entry for each person whose worker runs
	n       int                     // jobs that wait or run
	closed  bool
	idle    chan struct{} // closed when n falls to 0 after close
}

func newQueue(run func(Job), log *slog.Logger) *queue {
	return &queue{run: run, log: log, waiting: map[nudges.UserID][]Job{}, idle: make(chan struct{})}
}

// add takes a job, unless there are too many or the queue is closed.
func (q *queue) add(j Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.n >= maxQueued {
		q.log.Error("envelope not taken", "queued", q.n, "closing", q.closed)
		return false
	}
	q.n++
	jobs, running := q.waiting[j.In.User]
	q.waiting[j.In.User] = append(jobs, j)
	if !running {
		go q.work(j.In.User)
	}
	return true
}

func (q *queue) work(user nudges.UserID) {
	for {
		q.mu.Lock()
		jobs := q.waiting[user]
		if len(jobs) == 0 {
			delete(q.waiting, user)
			q.mu.Unlock()
			return
		}
		j := jobs[0]
		q.waiting[user] = jobs[1:]
		q.mu.Unlock()
		q.run(j)
		q.mu.Lock()
		if q.n--; q.n == 0 && q.closed {
			close(q.idle)
		}
		q.mu.Unlock()
	}
}

// close takes no more jobs, and waits until those it has are done or ctx ends.
func (q *queue) close(ctx context.Context) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		if q.n == 0 {
			close(q.idle)
		}
	}
	q.mu.Unlock()
	select {
	case <-q.idle:
	case <-ctx.Done():
	}
}
