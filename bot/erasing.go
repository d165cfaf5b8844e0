package bot

import (
	"context"
	"time"

	"stepin/bot/erase"
	"stepin/bot/health"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

func (b *Bot) newErase(redraw func(nudges.UserID)) *erase.Service {
	return &erase.Service{Options: erase.Options{
		Store: b.cfg.Store, File: b.cfg.File, Now: b.now, Log: b.cfg.Log,
		Keep:  func() privacy.Keep { return b.settings().Keep },
		Names: func(who nudges.UserID) []string { return b.settings().Names(who) },
		Go:    b.tasks.guarded, Clear: b.out.ClearExports, Wake: b.out.Wake, Redraw: redraw,
		Health: b.watch.health,
	}}
}

// BackedUp hears from "stepin backup" how it went.
func (b *Bot) BackedUp(took time.Duration, err error) {
	h := b.watch.health
	if h.Ended(health.Backup, took, err); err != nil {
		h.Begin(health.BackupFails, "error", err)
	} else {
		h.End(health.BackupFails)
	}
}

// Jobs are how the jobs went that have ended since the start.
func (b *Bot) Jobs() map[health.Job]health.Done { return b.watch.health.Done() }

// Forget forgets somebody at the request of an operator, by, or says what that would be. It returns erase.ErrNobody if
// there is nothing to forget.
func (b *Bot) Forget(
	ctx context.Context, who nudges.UserID, by string, dry bool, p storage.Progress,
) (storage.Forgotten, error) {
	return b.erase.Forget(ctx, who, by, dry, p)
}

// Months are the figures of some months; see erase.Months.
func (b *Bot) Months(ctx context.Context, months string, p storage.Progress) ([]privacy.Figure, error) {
	return b.erase.Months(ctx, months, p)
}
