package bot

import (
	"context"
	"time"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/nudges"
)

const (
	lookEvery   = time.Minute      // looks at what may be over, and at connections
	askEvery    = 10 * time.Minute // asks Slack, and tries the file, though nothing is known to be wrong
	noneFor     = time.Minute      // without a connection before that is a fault: renewals have short gaps
	clickWrites = 128 << 10        // bytes at most, by the pages that change in a small file
)

// Health is how a bot is now.
type Health struct {
	Ready  bool           // at least one connection to Slack stands, and the store can be written to
	Causes []health.Cause // what is wrong, in the order of Ailments; first of all, why it is not ready
	Alive  bool           // the clock goes on
}

// stuckAfter is for how long no tick may have ended before the process counts as stuck.
const stuckAfter = 15 * time.Minute

// Health says how the bot is now.
func (b *Bot) Health() Health {
	last := b.Figures().LastTick // zero until Slack has answered for the first time
	ready, causes := b.health.Report(b.sockets.Standing())
	return Health{Ready: ready, Causes: causes, Alive: last.IsZero() || time.Since(last) < stuckAfter}
}

// Figures gives what was counted up to now.
func (b *Bot) Figures() health.Figures { return b.meter.Snapshot() }

// Sockets is how many connections to Slack stand now.
func (b *Bot) Sockets() int {
	n, _ := b.sockets.Standing()
	return n
}

// watch looks each minute whether what was wrong is over, and for what nobody has noticed yet.
func (b *Bot) watch(ctx context.Context) {
	every := time.NewTicker(lookEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.health.Raised():
		case <-every.C:
			b.examine(ctx)
		}
		b.out.tellAdmins(ctx)
	}
}

func (b *Bot) examine(ctx context.Context) {
	h := b.health
	if n, none := b.sockets.Standing(); n > 0 {
		h.End(health.NoConnection)
	} else if !none.IsZero() && time.Since(none) >= noneFor && !h.Holds(health.AppTokenRefused, health.SocketModeOff) {
		h.Begin(health.NoConnection)
	}
	if f := b.cfg.File; f != nil && f.Moved() {
		h.Begin(health.FileMoved)
	} else {
		h.End(health.FileMoved)
	}
	if b.slack.Unasked() >= askEvery || h.Holds(health.TokenRefused, health.ScopeMissing, health.ClockOff) {
		_ = b.slack.Ask(ctx) // what it says is noted already
	}
	if time.Since(b.tried) >= askEvery || h.Holds(health.StoreCauses...) {
		b.tryStore(ctx)
	}
}

// tryStore commits something: only that shows whether it can be done. On a disk that was full it is as
// much as a click writes, for a little may fit where that does not.
func (b *Bot) tryStore(ctx context.Context) {
	var ballast []byte
	if b.health.Holds(health.StoreCauses...) {
		ballast = make([]byte, clickWrites)
	}
	b.tried = time.Now()
	err := b.cfg.Store.Update(ctx, func(tx nudges.Tx) error { return tx.Record("health", ballast, b.now()) })
	if b.health.Stored(err) == nil {
		b.health.End(health.StoreCauses...)
	}
}

// Check tries what cfg says, without starting anything: see check.Run.
func Check(ctx context.Context, cfg Config) []check.Finding {
	return check.Run(ctx, cfg.options(), cfg.Team, cfg.Settings)
}
