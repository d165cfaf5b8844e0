package bot

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/robfig/cron/v3"

	"stepin/nudges"
)

// startClock looks once a minute for what is overdue. It looks at once, too: a restart
// catches up with what it slept through.
func (b *Bot) startClock(ctx context.Context) (stop func()) {
	last, clock := time.Now(), b.now()
	b.meter.count(func(f *Figures) { f.LastTick = last }) // or one that never ends would not be missed
	look := func() {
		begun, shows := time.Now(), b.now()
		if wasSet(shows.Round(0).Sub(clock.Round(0)), begun.Sub(last)) {
			_ = b.askSlack(ctx) // whose answer tells the time
		}
		last, clock = begun, shows
		if !b.health.holds(ClockOff) { // what is due by a wrong clock would be said, or left out, for good
			for _, does := range []func(context.Context) error{b.tick, b.readProfiles, b.tickReminders} {
				if err := does(ctx); err != nil && ctx.Err() == nil {
					b.unsaved("clock", err)
				}
			}
			b.sweep(ctx)
			b.erase.Expire(ctx)
			b.erase.ForgetDue(ctx, false)
		}
		b.out.wake()
		ended := time.Now()
		b.meter.count(func(f *Figures) { f.Ticks, f.Ticking, f.LastTick = f.Ticks+1, f.Ticking+ended.Sub(begun), ended })
	}
	job := cron.NewChain(cron.Recover(panicLog{b.log})).Then(cron.FuncJob(look))
	minutes, err := cron.ParseStandard("* * * * *")
	if err != nil {
		panic(err) // the spec is a constant
	}
	job.Run()
	ended := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			// Not cron's own loop, which waits for a moment of the wall clock: where that is set back by hours,
			// it would not look for as many.
			now := time.Now()
			select {
			case <-time.After(minutes.Next(now).Sub(now)):
				job.Run()
			case <-ended:
				return
			}
		}
	})
	return func() { close(ended); looking.Wait() }
}

// wasSet says whether the clock was set between two looks at it: by how much it went on, and how much
// time has passed. A machine that has slept looks the same.
func wasSet(clock, passed time.Duration) bool { return (clock - passed).Abs() > clockApart }

// unsaved logs an error, unless it is one of a store that saves nothing, which is said once. It says
// whether it has.
func (b *Bot) unsaved(doing string, err error) (logged bool) {
	if storeCause(err) != "" {
		return false
	}
	b.log.Error(doing, "error", err)
	return true
}

// panicLog tells of a panic in the clock's work, without the value, which may hold somebody's words.
type panicLog struct{ log *slog.Logger }

func (panicLog) Info(string, ...any) {}

func (l panicLog) Error(_ error, what string, details ...any) {
	l.log.Error("clock", append([]any{"error", what}, details...)...)
}

// A dueKind is a kind of thing that falls due.
type dueKind[ID any] struct {
	due  func(nudges.Reader, time.Time) iter.Seq2[ID, error] // at a moment, the oldest first
	room func(nudges.Reader) (int, error)                    // how many may be done now; nil for all
	// do does one; it returns whose Home shows something else then, and which reminders it skipped.
	do func(nudges.Tx, ID, time.Time) (touched []nudges.UserID, skips []nudges.Skip, err error)
}

// catchUp does what is due, a few in each transaction, until nothing is left or there is no room.
func catchUp[ID any](ctx context.Context, b *Bot, k dueKind[ID]) error {
	var idle bool
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		idle = true
		for _, err := range k.due(r, b.now()) {
			idle = false
			return err
		}
		return nil
	})
	if err != nil || idle {
		return err
	}
	for more := true; more; {
		var touched []nudges.UserID
		var skips []nudges.Skip
		err := b.health.stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			more, touched, skips = false, nil, nil
			now, till := b.now(), time.Now().Add(nudges.LongestTx)
			room := nudges.MostPerTx
			if k.room != nil {
				if room, err = k.room(tx); err != nil {
					return err
				}
				room = min(room, nudges.MostPerTx)
			}
			var ids []ID
			for id, err := range k.due(tx, now) {
				if err != nil {
					return err
				}
				if len(ids) >= room {
					more = room > 0
					break
				}
				ids = append(ids, id)
			}
			for i, id := range ids {
				if i > 0 && time.Now().After(till) {
					more = true
					break
				}
				who, some, err := k.do(tx, id, now)
				if err != nil {
					return err
				}
				touched, skips = append(touched, who...), append(skips, some...)
			}
			return nil
		}))
		if err != nil {
			return err
		}
		b.meter.skipped(skips)
		if len(touched) > 0 {
			b.out.wake()
		}
		for _, u := range touched {
			b.republish(u)
		}
	}
	return nil
}

// tick applies the clock to every request that is due.
func (b *Bot) tick(ctx context.Context) error {
	gone, err := b.goneReps(ctx, b.now())
	if err != nil {
		return err
	}
	return catchUp(ctx, b, dueKind[nudges.RequestID]{
		due: nudges.Reader.DueRequests,
		do: func(tx nudges.Tx, id nudges.RequestID, now time.Time) ([]nudges.UserID, []nudges.Skip, error) {
			r, err := tx.Request(id)
			if err != nil {
				return nil, nil, fmt.Errorf("due request %s: %w", id, err)
			}
			touched, err := b.clock(tx, r, gone, now)
			return touched, nil, err
		},
	})
}

// sweep forgets envelopes that the platform will not deliver again.
func (b *Bot) sweep(ctx context.Context) {
	for n := nudges.MostPerTx; n == nudges.MostPerTx; {
		err := b.health.stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			n, err = tx.Sweep(b.now().Add(-envelopeAge), nudges.MostPerTx)
			return err
		}))
		if err != nil {
			if ctx.Err() == nil {
				b.unsaved("sweep", err)
			}
			return
		}
	}
}
