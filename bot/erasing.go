package bot

import (
	"context"

	"stepin/bot/erase"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

func (b *Bot) newErase(redraw func(nudges.UserID)) *erase.Service {
	return &erase.Service{Options: erase.Options{
		Store: b.cfg.Store, File: b.cfg.File, Now: b.now, Log: b.cfg.Log,
		Keep:  func() privacy.Keep { return b.live().Keep },
		Names: func(who nudges.UserID) []string { return b.live().Names(who) },
		Go:    b.tasks.guarded, Clear: b.out.ClearExports, Wake: b.out.Wake, Redraw: redraw,
		Failed: func(err error) { _ = b.watch.health.Stored(err) },
	}}
}

// Forget forgets somebody at the operator's request, or says what that would be. It returns erase.ErrNobody if
// there is nothing to forget.
func (b *Bot) Forget(ctx context.Context, who nudges.UserID, dry bool, p storage.Progress) (storage.Forgotten, error) {
	return b.erase.Forget(ctx, who, dry, p)
}

// Months are the figures of some months; see erase.Months.
func (b *Bot) Months(ctx context.Context, months string, p storage.Progress) ([]privacy.Figure, error) {
	return b.erase.Months(ctx, months, p)
}
