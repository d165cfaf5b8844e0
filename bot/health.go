package bot

import (
	"context"
	"time"

	"stepin/bot/check"
	"stepin/bot/health"
)

// Health is how a bot is now.
type Health struct {
	Ready  bool           // at least one connection to Slack stands, and the store can be written to
	Causes []health.Cause // what is wrong, in the order of health.Table; first of all, why it is not ready
	Alive  bool           // the clock goes on
}

// stuckAfter is for how long no tick may have ended before the process counts as stuck.
const stuckAfter = 15 * time.Minute

// Health reports the present state.
func (b *Bot) Health() Health {
	last := b.watch.meter.LastTick() // zero until Slack has answered for the first time
	ready, causes := b.watch.health.Report(b.sockets.Standing())
	return Health{Ready: ready, Causes: causes, Alive: last.IsZero() || time.Since(last) < stuckAfter}
}

// Meter counts what the bot does.
func (b *Bot) Meter() *health.Meter { return b.watch.meter }

// Sockets is how many connections to Slack stand now.
func (b *Bot) Sockets() int {
	n, _ := b.sockets.Standing()
	return n
}

// Waits is until when each method of the Web API waits, because Slack asked for that.
func (b *Bot) Waits() map[string]time.Time { return b.slack.Pace.Waits() }

// HomesWaiting is how many Home tabs wait to be drawn, and since when some do.
func (b *Bot) HomesWaiting() (n int, since time.Time) { return b.answers.HomesWaiting() }

// Check tries what cfg says, without starting anything: see check.Run.
func Check(ctx context.Context, cfg Config) []check.Finding {
	return check.Run(ctx, cfg.options(), cfg.Team, cfg.Settings)
}
