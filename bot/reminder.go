package bot

import (
	"context"
	"sync"
	"time"

	"stepin/bot/clock"
	"stepin/nudges"
)

// newZones remembers the zones that were loaded: a tick asks for the same few again and again.
func newZones() nudges.Zones {
	var known sync.Map // *time.Location by name
	return func(name string) (*time.Location, error) {
		if z, ok := known.Load(name); ok {
			return z.(*time.Location), nil
		}
		z, err := time.LoadLocation(name)
		if err == nil {
			known.Store(name, z)
		}
		return z, err
	}
}

// mostWaiting is how many messages may wait for reminders to be added to them: what can be
// sent until the next tick, and a few more. Those that are left are still due then. So a stampede
// of reminders is no queue in which anything else would have to stand.
const mostWaiting = 330

// tickReminders says or skips the reminders that are due.
func (b *Bot) tickReminders(ctx context.Context) error {
	return clock.CatchUp(ctx, b.worker(), clock.Kind[nudges.UserID]{
		Due: nudges.Reader.DueReminders,
		Room: func(r nudges.Reader) (int, error) {
			waiting, _, err := r.Waiting()
			return mostWaiting - waiting, err
		},
		Do: func(tx nudges.Tx, id nudges.UserID, now time.Time) ([]nudges.UserID, []nudges.Skip, error) {
			skips, err := b.decider().TickReminder(tx, id, now)
			return []nudges.UserID{id}, skips, err
		},
	})
}
