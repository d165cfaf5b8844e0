package logging

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// sumEvery is the least time between two lines of one fault.
	sumEvery = time.Minute
	// mostFaults are told apart at a time. What is more than that is one fault: tooMany.
	mostFaults = 200
	tooMany    = "more faults than can be told apart"
	// mostNamed limits the list of each attribute in which.
	mostNamed = 100
)

// which are the attributes that say whom or what a fault met this time. A sum lists them, so that what a person was
// told to ask for is found in the log.
var which = []string{"code", "user", "key_mark", "channel"}

// repeats hands on the first line of each fault. It sums up the repeats: at most one line each minute, like the last
// repeat, with "repeated", the number of repeats since the line before. The last of these lines comes within a minute
// after the fault has ended, or at the end of the process.
//
// One fault is one level from warn on, one message, and the same attributes but for numbers, durations, stacks and
// which. A line about a cause is handed on as it is: bot/health logs a cause once.
type repeats struct {
	slog.Handler
	names slog.Handler // writes what makes a fault the same into sums.name
	*sums
}

// sums are shared by a handler and those that were made of it.
type sums struct {
	mu     sync.Mutex
	name   bytes.Buffer
	faults map[string]*fault // by name: those that had a line within sumEvery
	closed bool
}

type fault struct {
	timer *time.Timer  // runs when the next line may come
	n     int          // repeats since the last line
	to    slog.Handler // of the last repeat
	last  slog.Record
	named map[string][]string // the values of which, of the repeats
}

func newRepeats(h slog.Handler) *repeats {
	s := &sums{faults: map[string]*fault{}}
	names := slog.NewTextHandler(&s.name, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Value.Kind() {
			case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindDuration, slog.KindTime:
				return slog.Attr{}
			default:
			}
			if a.Key == "stack" || slices.Contains(which, a.Key) {
				return slog.Attr{}
			}
			return a
		},
	})
	return &repeats{h, names, s}
}

func (h *repeats) WithAttrs(as []slog.Attr) slog.Handler {
	return &repeats{h.Handler.WithAttrs(as), h.names.WithAttrs(as), h.sums}
}

func (h *repeats) WithGroup(name string) slog.Handler {
	return &repeats{h.Handler.WithGroup(name), h.names.WithGroup(name), h.sums}
}

func (h *repeats) Handle(ctx context.Context, r slog.Record) error {
	cause := false
	for a := range r.Attrs {
		cause = cause || a.Key == "cause"
	}
	if r.Level < slog.LevelWarn || cause {
		return h.Handler.Handle(ctx, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return h.Handler.Handle(ctx, r)
	}
	name, err := h.nameOf(ctx, r)
	if err != nil {
		return err
	}
	if h.faults[name] == nil && len(h.faults) >= mostFaults {
		what := r.Message
		r = slog.NewRecord(r.Time, r.Level, tooMany, r.PC)
		r.AddAttrs(slog.String("last", what))
		name = r.Level.String()
	}
	if f := h.faults[name]; f != nil {
		f.again(h.Handler, r)
		return nil
	}
	h.faults[name] = &fault{timer: time.AfterFunc(sumEvery, func() { h.due(name) })}
	return h.Handler.Handle(ctx, r)
}

func (h *repeats) nameOf(ctx context.Context, r slog.Record) (string, error) {
	h.name.Reset()
	r.Time = time.Time{} // which is then left out
	err := h.names.Handle(ctx, r)
	return h.name.String(), err
}

// due tells of the repeats of a fault. Without any the fault is over.
func (s *sums) due(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.faults[name]
	switch {
	case s.closed:
	case f.n == 0:
		delete(s.faults, name)
	default:
		f.tell()
		f.timer.Reset(sumEvery)
	}
}

// close tells what is left. Later lines are handed on as they are.
func (s *sums) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, name := range slices.Sorted(maps.Keys(s.faults)) {
		f := s.faults[name]
		if f.timer.Stop(); f.n > 0 {
			f.tell()
		}
	}
}

func (f *fault) again(to slog.Handler, r slog.Record) {
	f.n, f.to, f.last = f.n+1, to, r.Clone()
	if f.named == nil {
		f.named = map[string][]string{}
	}
	for a := range r.Attrs {
		is := a.Value.Resolve().String()
		if all := f.named[a.Key]; slices.Contains(which, a.Key) && len(all) < mostNamed && !slices.Contains(all, is) {
			f.named[a.Key] = append(all, is)
		}
	}
}

func (f *fault) tell() {
	r := slog.NewRecord(time.Now(), f.last.Level, f.last.Message, f.last.PC)
	for a := range f.last.Attrs {
		if all := f.named[a.Key]; len(all) > 0 {
			a.Value = slog.StringValue(strings.Join(all, ","))
		}
		r.AddAttrs(a)
	}
	r.AddAttrs(slog.Int("repeated", f.n))
	_ = f.to.Handle(context.Background(), r) // a Queue takes every line
	f.n, f.named = 0, nil
}
