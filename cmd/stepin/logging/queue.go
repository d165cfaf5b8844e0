package logging

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

// mostWaiting is how many bytes of lines may wait: some thousand lines, more than a busy minute has.
const mostWaiting = 256 << 10

// sayAgain is how long lost lines stay untold if nothing else is logged and writing still fails.
const sayAgain = time.Minute

// tooSlow is why a line is lost that found no room.
const tooSlow = "they were not read in time"

// A Queue passes lines on to a writer that may be slow, stand still or fail. Its Write never waits and never fails.
// What cannot be passed on is dropped and counted. It is safe for concurrent use.
type Queue struct {
	to   io.Writer
	tell func(lost int, why string) []byte // the line that stands in place of lost ones; nil for none

	mu      sync.Mutex
	waiting []line // the first is being written
	size    int    // of what waits, in bytes
	full    bool   // until half of it is written, so that what is lost is lost together
	lost    int    // lines
	closed  bool
	poke    chan struct{} // there is something to do
	ended   chan struct{}
}

type line struct {
	text []byte
	lost int // lines after it that found no room
}

// NewQueue passes on what is written into it, until Close.
func NewQueue(to io.Writer, tell func(lost int, why string) []byte) *Queue {
	q := &Queue{to: to, tell: tell, poke: make(chan struct{}, 1), ended: make(chan struct{})}
	go q.run()
	return q
}

// Write takes one line.
func (q *Queue) Write(b []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	last := len(q.waiting) - 1
	q.full = last >= 0 && (q.size+len(b) > mostWaiting || q.full && q.size > mostWaiting/2)
	switch {
	case len(b) == 0:
	case q.closed:
		q.lost++
	case q.full:
		q.lost++
		q.waiting[last].lost++
	default:
		q.waiting = append(q.waiting, line{text: bytes.Clone(b)})
		q.size += len(b)
		q.wake()
	}
	return len(b), nil
}

// Lost is how many lines were lost since the start.
func (q *Queue) Lost() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}

// Close takes no more lines, and waits until those it has are written or ctx ends.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.wake()
	q.mu.Unlock()
	select {
	case <-q.ended:
	case <-ctx.Done():
	}
}

func (q *Queue) wake() {
	select {
	case q.poke <- struct{}{}:
	default:
	}
}

// run writes, and tells of lost lines where they would have stood, as soon as writing works.
func (q *Queue) run() {
	defer close(q.ended)
	w := writing{Writer: q.to}
	for {
		text, ok := q.first(w.untold > 0)
		err := w.say(q.tell)
		switch {
		case !ok:
			return
		case text == nil:
			continue
		case err == nil:
			err = w.write(text)
		}
		if err != nil {
			w.untold, w.why = w.untold+1, err.Error()
		}
		if n := q.done(err == nil); n > 0 {
			w.untold, w.why = w.untold+n, tooSlow
		}
		if err == nil {
			_ = w.say(q.tell) // if it fails, it is said before the next line
		}
	}
}

// first waits for a line. It returns false after the last one, and nil if there is something to tell meanwhile.
func (q *Queue) first(untold bool) ([]byte, bool) {
	var again <-chan time.Time
	if untold {
		again = time.After(sayAgain)
	}
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 {
			defer q.mu.Unlock()
			return q.waiting[0].text, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return nil, false
		}
		select {
		case <-q.poke:
		case <-again:
			return nil, true
		}
	}
}

// done drops the first line, and returns how many were lost after it.
func (q *Queue) done(written bool) (lost int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.waiting[0]
	q.waiting[0] = line{} // the rest of the array may stay for long
	q.waiting = q.waiting[1:]
	q.size -= len(l.text)
	if !written {
		q.lost++
	}
	return l.lost
}

// writing is how far writing has come.
type writing struct {
	io.Writer
	torn   bool // the last line was not written to its end
	untold int  // lost lines that the log has not told of
	why    string
}

func (w *writing) write(text []byte) error {
	if w.torn {
		text = append([]byte("\n"), text...)
	}
	n, err := w.Write(text)
	if n > 0 {
		w.torn = err != nil
	}
	return err
}

// say tells of lost lines, if there are any.
func (w *writing) say(tell func(lost int, why string) []byte) error {
	if w.untold == 0 || tell == nil {
		return nil
	}
	err := w.write(tell(w.untold, w.why))
	if err == nil {
		w.untold = 0
	}
	return err
}
