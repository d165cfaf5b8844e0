package bot

import (
	"context"
	"errors"
	"time"

	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/nudges/storage"
)

const (
	lookEvery   = time.Minute      // looks at what may be over, and at connections
	askEvery    = 10 * time.Minute // asks Slack, and tries the file, though nothing is known to be wrong
	readEvery   = 24 * time.Hour   // reads all of the file
	noneFor     = time.Minute      // without a connection before that is a fault: renewals have short gaps
	clickWrites = 128 << 10        // bytes at most, by the pages that change in a small file
)

// A watcher knows how stepin is: what holds of what can go wrong, and what was counted.
type watcher struct {
	health  *health.Ledger
	meter   *health.Meter
	slack   *slackapi.Client
	sockets *socket.Sockets
	store   storage.Store
	file    storage.File // nil for none
	now     func() time.Time
	tried   time.Time // when the file was tried last
	read    time.Time // when all of it was read last, or stepin was started
}

// run looks each minute whether what was wrong is over, and for what nobody has noticed yet.
func (w *watcher) run(ctx context.Context, tellAdmins func(context.Context)) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.health.Raised():
		case <-every.C:
			w.examine(ctx)
		}
		tellAdmins(ctx)
	}
}

func (w *watcher) examine(ctx context.Context) {
	h := w.health
	if n, none := w.sockets.Standing(); n > 0 {
		h.End(health.NoConnection)
	} else if !none.IsZero() && time.Since(none) >= noneFor && !h.Holds(health.AppTokenRefused, health.SocketModeOff) {
		h.Begin(health.NoConnection)
	}
	if f := w.file; f != nil && f.Moved() {
		h.Begin(health.FileMoved)
	} else {
		h.End(health.FileMoved)
	}
	w.readFile()
	if w.slack.Unasked() >= askEvery || h.Holds(health.TokenRefused, health.ScopeMissing, health.ClockOff) {
		_ = w.slack.Ask(ctx) // what it says is noted already
	}
	if time.Since(w.tried) >= askEvery || h.Holds(health.StoreCauses...) {
		w.tryStore(ctx)
	}
}

// readFile begins and ends FileDamaged. Most damage shows only to those who read it, so all of the file is read each
// day.
func (w *watcher) readFile() {
	if w.file == nil {
		return
	}
	if err := w.file.Damage(); err != nil {
		w.health.Begin(health.FileDamaged, "error", err)
	}
	again := readEvery
	if w.health.Holds(health.FileDamaged) {
		again = askEvery
	}
	if time.Since(w.read) < again {
		return
	}
	w.read = time.Now()
	if err := w.file.Examine(); errors.Is(err, storage.ErrDamaged) {
		w.health.Begin(health.FileDamaged, "error", err)
	} else if err == nil && w.file.Damage() == nil {
		w.health.End(health.FileDamaged)
	}
}

// tryStore commits something: only that shows whether it can be done. On a disk that was full it is as
// much as a click writes, for a little may fit where that does not.
func (w *watcher) tryStore(ctx context.Context) {
	var ballast []byte
	if w.health.Holds(health.StoreCauses...) {
		ballast = make([]byte, clickWrites)
	}
	w.tried = time.Now()
	err := w.store.Update(ctx, func(tx storage.Tx) error { return tx.Record("health", ballast, w.now()) })
	if w.health.Stored(err) == nil {
		w.health.End(health.StoreCauses...)
	}
}
