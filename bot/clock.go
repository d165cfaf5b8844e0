package bot

import (
	"context"
	"fmt"
	"time"

	"stepin/bot/clock"
	"stepin/bot/health"
	"stepin/nudges"
)

// envelopeAge is how long an envelope's identity is kept: the platform's last redelivery
// comes after 24 hours (SLACK section 1.7).
const envelopeAge = 25 * time.Hour

// startClock looks each minute for what is due.
func (b *Bot) startClock(ctx context.Context) (stop func()) {
	b.meter.Count(func(f *health.Figures) { f.LastTick = time.Now() }) // or one that never ends would not be missed
	c := &clock.Clock{
		Now: b.now, Off: func() bool { return b.health.Holds(health.ClockOff) },
		WasSet: func(ctx context.Context) { _ = b.slack.Ask(ctx) }, // whose answer tells the time
		Wake:   b.out.wake,
		Ended: func(begun, ended time.Time) {
			b.meter.Count(func(f *health.Figures) { f.Ticks, f.Ticking, f.LastTick = f.Ticks+1, f.Ticking+ended.Sub(begun), ended })
		},
		Panic: func(p any) { b.panicked(p, "kind", "clock") },
	}
	for _, due := range append(b.dueJobs(), b.sweep) {
		c.Jobs = append(c.Jobs, func(ctx context.Context) {
			if err := due(ctx); err != nil && ctx.Err() == nil {
				b.unsaved("clock", err)
			}
		})
	}
	c.Jobs = append(c.Jobs, b.erase.Expire, func(ctx context.Context) { b.erase.ForgetDue(ctx, false) })
	return c.Start(ctx)
}

// dueJobs are what may say something to somebody.
func (b *Bot) dueJobs() []func(context.Context) error {
	return []func(context.Context) error{b.tick, b.profiles.ReadDue, b.tickReminders}
}

func (b *Bot) worker() *clock.Worker {
	return &clock.Worker{
		Store: b.cfg.Store, Now: b.now, Stored: b.health.Stored, Skipped: b.meter.Skipped, Wake: b.out.wake, Redraw: b.answers.Redraw,
	}
}

// unsaved logs an error, unless it is one of a store that saves nothing, which is said once. It says
// whether it has.
func (b *Bot) unsaved(doing string, err error) (logged bool) {
	if health.StoreCause(err) != "" {
		return false
	}
	b.log.Error(doing, "error", err)
	return true
}

// tick applies the clock to every request that is due.
func (b *Bot) tick(ctx context.Context) error {
	gone, err := b.goneReps(ctx, b.now())
	if err != nil {
		return err
	}
	return clock.CatchUp(ctx, b.worker(), clock.Kind[nudges.RequestID]{
		Due: nudges.Reader.DueRequests,
		Do: func(tx nudges.Tx, id nudges.RequestID, now time.Time) ([]nudges.UserID, []nudges.Skip, error) {
			r, err := tx.Request(id)
			if err != nil {
				return nil, nil, fmt.Errorf("due request %s: %w", id, err)
			}
			touched, err := b.decider().Tick(tx, r, gone, now)
			return touched, nil, err
		},
	})
}

// sweep deletes envelopes that Slack will not deliver again.
func (b *Bot) sweep(ctx context.Context) error {
	if err := b.worker().Sweep(ctx, envelopeAge); err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	return nil
}
