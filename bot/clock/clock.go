// Package clock does what falls due by time alone: it looks each minute, and works off what it finds a few things
// at a time.
//
// It promises that nothing due is lost: what is due stands in the store until it is done, so a restart catches up
// with what it slept through. No transaction is long, so a click never waits for a busy minute. It does nothing
// while this machine's clock is off, because what is due by a wrong clock would be said, or left out, for good.
// It must not call Slack inside a transaction.
//
//	each minute ─▶ Off? ─▶ Jobs, in their order ─▶ Wake
//	a job ─▶ CatchUp ─▶ Store.Update (what is due, until the time is over) ─▶ Redraw, again until none is left
//
// The files: clock.go is the minute; due.go works off what is due.
package clock

import (
	"context"
	"sync"
	"time"
)

// apart is by how much the clock may differ from the time that has passed, before it counts as set.
const apart = 2 * time.Minute

// A Clock runs jobs each minute. All fields are required.
type Clock struct {
	Now  func() time.Time // the clock for what is due; it may be set, and in the demo it jumps
	Off  func() bool      // it is known to be wrong
	Jobs []func(context.Context)
	// WasSet is called before a look if the clock was set since the one before, or the machine slept.
	WasSet func(context.Context)
	Wake   func()                       // there may be something to send
	Ended  func(begun, ended time.Time) // counts a look, in real time
	Panic  func(p any)                  // hears of a panic in a job; the next minute goes on
}

// Start looks at once, and then each minute until stop is called, which waits for a look that has begun.
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
	look()
	ended := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			// By time that passes, not at a moment of the wall clock: that may be set back by hours.
			now := time.Now()
			select {
			case <-time.After(now.Truncate(time.Minute).Add(time.Minute).Sub(now)):
				look()
			case <-ended:
				return
			}
		}
	})
	return func() { close(ended); looking.Wait() }
}

// wasSet says whether the clock was set between two looks at it: by how much it went on, and how much
// time has passed. A machine that has slept looks the same.
func wasSet(clock, passed time.Duration) bool { return (clock - passed).Abs() > apart }
