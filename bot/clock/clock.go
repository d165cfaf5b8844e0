// Package clock does what is due by time alone. It looks each minute, and does a few things per transaction.
//
// It promises that nothing due is lost: it stays in the store until it is done, so a restart catches up. No
// transaction is long, so a click never waits for a busy minute. It must not call Slack inside a transaction.
//
// While this machine's clock is off, it runs no job, because a reminder sent or skipped by a wrong clock cannot be
// taken back. It decides nothing: what is due is done by decide.Rules.Tick and decide.Rules.TickReminder.
//
//	each minute ─▶ Off? ─▶ Jobs, in their order ─▶ Wake
//	a job ─▶ CatchUp ─▶ one update (what is due, until its time is up) ─▶ Redraw; repeated until none is left
//
// The files: clock.go looks each minute; jobs.go names the jobs: requests, profiles, reminders, old envelopes; due.go
// does what is due of one of them. bot/clock.go adds the jobs of bot/erase.
package clock

import (
	"context"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// apart is the difference between the clock and the time that has passed above which the clock was set.
const apart = 2 * time.Minute

// A Clock runs jobs each minute. All fields are required.
type Clock struct {
	Now  func() time.Time // the clock for what is due; it may be set, and in the demo it jumps
	Off  func() bool      // says whether it is known to be wrong
	Jobs []func(context.Context)
	// WasSet is called before a look if the clock was set, or the machine slept, since the last one.
	WasSet func(context.Context)
	Wake   func()                       // there may be something to send
	Ended  func(begun, ended time.Time) // is told of each look, in real time
	Panic  func(p any)                  // is told of a panic in a job; the clock goes on
}

// Start looks at once, and then each minute until stop is called. stop waits for a look that has begun.
func (c *Clock) Start(ctx context.Context) (stop func()) {
	last, shown := time.Now(), c.Now()
	look := func() {
		defer func() {
			if p := recover(); p != nil {
				c.Panic(p)
			}
		}()
		begun, shows := time.Now(), c.Now()
		if wasSet(shows.Round(0).Sub(shown.Round(0)), begun.Sub(last)) {
			c.WasSet(ctx)
		}
		last, shown = begun, shows
		if !c.Off() {
			for _, job := range c.Jobs {
				job(ctx)
			}
		}
		c.Wake()
		c.Ended(begun, time.Now())
	}
	minutes, err := cron.ParseStandard("* * * * *")
	if err != nil {
		panic(err) // the spec is a constant
	}
	look()
	ended := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			// cron's own loop waits for a moment of the wall clock. Where that is set back by hours, it would not look
			// for as many.
			now := time.Now()
			select {
			case <-time.After(minutes.Next(now).Sub(now)):
				look()
			case <-ended:
				return
			}
		}
	})
	return func() { close(ended); looking.Wait() }
}

// wasSet says whether the clock was set between two looks: it moved by clock while passed went by. A machine that
// slept looks the same.
func wasSet(clock, passed time.Duration) bool { return (clock - passed).Abs() > apart }
