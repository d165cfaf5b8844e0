package bot

import (
	"context"
	"fmt"
	"runtime/debug"

	"stepin/bot/erase"
	"stepin/nudges"
)

func (b *Bot) newErase() *erase.Service {
	return &erase.Service{Options: erase.Options{
		Store: b.cfg.Store, File: b.cfg.File, Now: b.now, Log: b.log,
		Keep:  func() nudges.Keep { return b.live().Keep },
		Names: func(who nudges.UserID) []string { return b.live().Names(who) },
		Go:    b.task, Clear: b.out.exports.clear, Wake: b.out.wake, Redraw: b.answers.Redraw,
		Failed: func(err error) { _ = b.health.Stored(err) },
	}}
}

// task runs f beside everything else, unless stepin is ending. A panic in it is logged, and harms nothing else.
func (b *Bot) task(kind string, f func()) {
	b.beside(func() {
		defer func() {
			if p := recover(); p != nil {
				b.panicked(p, "kind", kind)
			}
		}()
		f()
	})
}

// Forget forgets somebody at the operator's request, or says what that would be. It returns erase.ErrNobody if
// there is nothing to forget.
func (b *Bot) Forget(ctx context.Context, who nudges.UserID, dry bool, p nudges.Progress) (nudges.Forgotten, error) {
	return b.erase.Forget(ctx, who, dry, p)
}

// Months are the figures of some months; see erase.Months.
func (b *Bot) Months(ctx context.Context, months string, p nudges.Progress) ([]nudges.Figure, error) {
	return b.erase.Months(ctx, months, p)
}

// panicked logs a panic with its stack, and without its value, which may hold somebody's words.
func (b *Bot) panicked(p any, about ...any) {
	b.log.Error("panic", append(about, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))...)
}
