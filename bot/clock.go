package bot

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/robfig/cron/v3"

	"stepin/nudges"
)

// mostDue is how many due requests one transaction takes, so that a busy minute never
// holds up a click (EXACT "What is said, once").
const mostDue = 200

// startClock looks once a minute for what is overdue. It looks at once, too: a restart
// catches up with what it slept through.
func (b *Bot) startClock(ctx context.Context) (stop func()) {
	look := func() {
		for _, does := range []func(context.Context) error{b.tick, b.readProfiles, b.tickReminders} {
			if err := does(ctx); err != nil && ctx.Err() == nil {
				b.log.Error("clock", "error", err)
			}
		}
		b.sweep(ctx)
		b.out.wake()
	}
	logger := panicLog{b.log}
	// Recover stands inside SkipIfStillRunning, or one panic would end the job for good (SLACK section 13).
	c := cron.New(cron.WithChain(cron.SkipIfStillRunning(logger), cron.Recover(logger)))
	if _, err := c.AddFunc("* * * * *", look); err != nil {
		panic(err) // the spec is a constant
	}
	look()
	c.Start()
	return func() { <-c.Stop().Done() }
}

// panicLog tells of a panic in the clock's work, without the value, which may hold somebody's words.
type panicLog struct{ log *slog.Logger }

func (panicLog) Info(string, ...any) {}

func (l panicLog) Error(_ error, what string, details ...any) {
	l.log.Error("clock", append([]any{"error", what}, details...)...)
}

// tick applies the clock to every request that is due.
func (b *Bot) tick(ctx context.Context) error {
	var idle bool
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		idle = true
		for _, err := range r.DueRequests(b.now()) {
			idle = false
			return err
		}
		return nil
	})
	if err != nil || idle {
		return err
	}
	for {
		var more bool
		var touched []nudges.UserID
		err := b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
			more, touched = false, nil
			now := b.now()
			var due []nudges.RequestID
			for id, err := range tx.DueRequests(now) {
				if err != nil {
					return err
				}
				if len(due) == mostDue {
					more = true
					break
				}
				due = append(due, id)
			}
			for _, id := range due {
				r, err := tx.Request(id)
				if err != nil {
					return fmt.Errorf("due request %s: %w", id, err)
				}
				o, err := nudges.Next(r, nudges.Tick{}, now)
				if err != nil {
					return err
				}
				if err := apply(tx, o, now); err != nil {
					return err
				}
				touched = append(touched, concerned(o)...)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(touched) > 0 {
			b.out.wake()
		}
		for _, u := range touched {
			b.republish(u)
		}
		if !more {
			return nil
		}
	}
}

// sweep forgets envelopes that the platform will not deliver again.
func (b *Bot) sweep(ctx context.Context) {
	for n := mostDue; n == mostDue; {
		err := b.cfg.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			n, err = tx.Sweep(b.now().Add(-envelopeAge), mostDue)
			return err
		})
		if err != nil {
			if ctx.Err() == nil {
				b.log.Error("sweep", "error", err)
			}
			return
		}
	}
}
