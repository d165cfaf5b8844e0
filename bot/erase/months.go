package erase

import (
	"context"
	"errors"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// ErrUncounted refuses figures where the configuration allows none.
var ErrUncounted = errors.New(
	`"sensitive" is off in the configuration: nothing is counted, so there is nothing to export`)

// Months are the figures of whole months, named as in "2026-03..2026-05": only those with enough people behind
// them.
func Months(
	ctx context.Context, st storage.Store, months string, k privacy.Keep, now time.Time, p storage.Progress,
) ([]privacy.Figure, error) {
	if k.SensitiveOff {
		return nil, ErrUncounted
	}
	all, err := privacy.Months(months, k, now)
	if err != nil {
		return nil, err
	}
	counts := make([]*privacy.Aggregate, len(all))
	for i, m := range all {
		counts[i] = privacy.NewAggregate(m)
	}
	end := all[len(all)-1].AddDate(0, 1, 0)
	err = storage.EachRequest(ctx, st, p, func(some []nudges.Request) error {
		return st.View(ctx, func(r storage.Reader) error {
			for _, q := range some {
				if at, ok := q.DoneSince(); !ok || at.Before(all[0]) || !at.Before(end) {
					continue
				}
				h, err := r.History(q.ID)
				if err != nil {
					return err
				}
				for _, c := range counts {
					c.Count(q, h)
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	figures := []privacy.Figure{} // an empty list, and not none
	err = st.View(ctx, func(r storage.Reader) error {
		figures = figures[:0]
		for i, c := range counts {
			trust, ok, err := r.TrustOf(all[i])
			if err != nil {
				return err
			}
			figures = append(figures, c.Figures(trust, ok)...)
		}
		return nil
	})
	return figures, err
}
