// Package logging writes the log of a process that runs for long.
//
// It exists because a log goes to somebody else: a pipe that nobody reads any more, or a disk that is full. It promises
// that writing the log never holds up or ends the work, that every line is written or counted, and that a fault which
// repeats does not flood the log. It knows nothing of what is logged, but for the attributes that repeats.go names.
//
//	a room ─▶ repeats.go: sums up a fault that repeats ─▶ text or JSON ─▶ queue.go: waits for who reads ─▶ stderr
//
// The files: logging.go makes a Log of both; repeats.go and queue.go.
package logging

import (
	"bytes"
	"context"
	"io"
	"log/slog"
)

// A Log is a logger whose lines a Queue passes on. What is said beside the log goes to the Queue too, and so stands in
// its order.
type Log struct {
	*slog.Logger
	*Queue
	sums *sums
}

// New logs what has at least this level, as text, or as JSON with the same facts.
func New(to io.Writer, json bool, level slog.Leveler) *Log {
	q := NewQueue(to, func(lost int, why string) []byte {
		var b bytes.Buffer
		slog.New(lines(&b, json, nil)).Warn("lines of this log were lost", "lost", lost, "why", why)
		return b.Bytes()
	})
	h := newRepeats(lines(q, json, level))
	return &Log{slog.New(h), q, h.sums}
}

// Close tells what was summed up, and waits until all lines are written or ctx ends.
func (l *Log) Close(ctx context.Context) {
	l.sums.close()
	l.Queue.Close(ctx)
}

func lines(to io.Writer, json bool, level slog.Leveler) slog.Handler {
	o := &slog.HandlerOptions{Level: level}
	if !json {
		return slog.NewTextHandler(to, o)
	}
	o.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindDuration { // else it is a number without a unit
			a.Value = slog.StringValue(a.Value.Duration().String())
		}
		return a
	}
	return slog.NewJSONHandler(to, o)
}
