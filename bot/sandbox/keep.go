package sandbox

import (
	"fmt"
	"time"

	"stepin/bot/sandbox/world"
)

// saveEvery is the least pause between two writes of the file.
const saveEvery = 250 * time.Millisecond

// watch is who is told of a change.
type watch struct {
	hooks    []func(*world.World)
	watchers map[chan struct{}]struct{}
	dirty    bool          // the file is older than the workspace
	soon     chan struct{} // the saver is to write
}

// OnChange calls fn after each change, with the lock held; fn must not wait.
func (w *Workspace) OnChange(fn func(*world.World)) {
	w.With(func(Held) { w.watch.hooks = append(w.watch.hooks, fn) })
}

// Watch gives a channel that holds a signal when something has changed since it was last read. Call stop when done.
func (w *Workspace) Watch() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.watch.watchers[c] = struct{}{}
	return c, func() {
		w.With(func(Held) { delete(w.watch.watchers, c) })
	}
}

// changed tells of a change, with the lock held.
func (w *Workspace) changed() {
	for _, fn := range w.watch.hooks {
		fn(w.world)
	}
	w.watch.dirty = true
	signal := func(c chan struct{}) {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	signal(w.watch.soon)
	for c := range w.watch.watchers {
		signal(c)
	}
}

// saver writes the file soon after a change, and gathers the changes in between.
func (w *Workspace) saver() {
	for {
		select {
		case <-w.watch.soon:
		case <-w.life.done:
			return
		}
		if !w.pause(saveEvery) {
			return
		}
		if err := w.save(); err != nil {
			w.cfg.Log.Error("sandbox: cannot keep the workspace", "error", err)
		}
	}
}

// save replaces the file by one with what is there now.
func (w *Workspace) save() error {
	w.mu.Lock()
	if w.cfg.State == "" || !w.watch.dirty {
		w.mu.Unlock()
		return nil
	}
	w.watch.dirty = false
	b := w.world.Encode()
	w.mu.Unlock()
	if err := world.WriteFile(w.cfg.State, b); err != nil {
		w.With(func(Held) { w.watch.dirty = true })
		return fmt.Errorf("sandbox: write %s (is the folder there, and writable?): %w", w.cfg.State, err)
	}
	return nil
}
