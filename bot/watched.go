package bot

import (
	"context"

	"stepin/nudges"
)

// watched is the store as the bot uses it: it notices when nothing can be saved any more, and counts
// what was skipped once that is saved.
type watched struct {
	nudges.Store
	b *Bot
}

func (w watched) Update(ctx context.Context, fn func(nudges.Tx) error) error {
	var skips []nudges.Skip
	err := w.Store.Update(ctx, func(tx nudges.Tx) error {
		skips = nil
		return fn(noting{tx, &skips})
	})
	if cause := storeCause(err); cause != "" {
		w.b.health.begin(cause)
	}
	if err == nil && len(skips) > 0 {
		w.b.meter.count(func(f *Figures) {
			for _, s := range skips {
				f.Skips[s.Kind]++
			}
		})
	}
	return err
}

// noting is a transaction that is told which reminders are skipped in it.
type noting struct {
	nudges.Tx
	skips *[]nudges.Skip
}

// noteSkips is called with what a transaction of the bot's has skipped.
func noteSkips(tx nudges.Tx, skips []nudges.Skip) {
	if n, ok := tx.(noting); ok {
		*n.skips = append(*n.skips, skips...)
	}
}
