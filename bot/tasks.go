package bot

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// tasks run beside the queue. They are waited for at the end, and none begins any more then.
type tasks struct {
	log  *slog.Logger
	side sync.WaitGroup
	late sync.RWMutex // guards over
	over bool
}

// run runs f beside the queue, unless stepin is ending.
func (t *tasks) run(f func()) {
	t.late.RLock()
	defer t.late.RUnlock()
	if !t.over {
		t.side.Go(f)
	}
}

// guarded is run for what may panic: that is logged, and harms nothing else.
func (t *tasks) guarded(kind string, f func()) {
	t.run(func() {
		defer func() {
			if p := recover(); p != nil {
				t.panicked(p, "kind", kind)
			}
		}()
		f()
	})
}

// panicked logs a panic with its stack, and without its value, which may hold somebody's words.
func (t *tasks) panicked(p any, about ...any) {
	t.log.Error("panic", append(about, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))...)
}

// finish waits for what runs, or until ctx ends: Home is never the only copy of anything, and the next start waits
// for the file.
func (t *tasks) finish(ctx context.Context) {
	t.late.Lock()
	t.over = true
	t.late.Unlock()
	done := make(chan struct{})
	go func() { t.side.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
