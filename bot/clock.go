package bot

import (
	"context"
	"time"

	"stepin/bot/clock"
	"stepin/bot/health"
)

// startClock looks each minute for what is due.
func (b *Bot) startClock(ctx context.Context) (stop func()) {
	// or one that never ends would not be missed
	b.watch.meter.Ticked(time.Now())
	c := &clock.Clock{
		Now: b.now, Off: func() bool { return b.watch.health.Holds(health.ClockOff) },
		WasSet: func(ctx context.Context) { _ = b.slack.Ask(ctx) }, // whose answer tells the time
		Wake:   b.out.Wake,
		Ended: func(begun, ended time.Time) {
			b.watch.meter.Ticks.Observe(ended.Sub(begun).Seconds())
			b.watch.meter.Ticked(ended)
		},
		Panic: func(p any) { b.tasks.panicked(p, "kind", "clock") },
	}
	for _, due := range append(b.jobs.All(), b.jobs.Envelopes) {
		c.Jobs = append(c.Jobs, func(ctx context.Context) {
			if err := due(ctx); err != nil && ctx.Err() == nil {
				b.unsaved("clock", err)
			}
		})
	}
	c.Jobs = append(c.Jobs, b.erase.Expire, func(ctx context.Context) { b.erase.ForgetDue(ctx, false) })
	return c.Start(ctx)
}

// unsaved logs an error, unless it is one of a store that saves nothing, which is said once. It says
// whether it has.
func (b *Bot) unsaved(doing string, err error) (logged bool) {
	if health.StoreCause(err) != "" {
		return false
	}
	b.cfg.Log.Error(doing, "error", err)
	return true
}
