package bot

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"stepin/nudges"
)

// keepEvery is how often what has had its time is taken out.
const keepEvery = 24 * time.Hour

// walked is how many requests one look reads, where all must be looked at.
const walked = 200

// keepTidy takes out what has had its time, once a day and at the start, beside everything else: it
// may take long, and nobody waits for it.
func (b *Bot) keepTidy(ctx context.Context) {
	if !b.tidying.TryLock() {
		return
	}
	now := b.now()
	if since := now.Sub(b.tidied); !b.tidied.IsZero() && since >= 0 && since < keepEvery {
		b.tidying.Unlock()
		return
	}
	b.side.Go(func() {
		defer b.tidying.Unlock()
		defer func() {
			if p := recover(); p != nil {
				b.panicked(p, "kind", "retention")
			}
		}()
		if err := b.fade(ctx); err != nil {
			if ctx.Err() == nil {
				b.log.Error("retention", "error", err)
			}
			return // and again in a minute
		}
		b.tidied = now
	})
}

// fade takes out what has had its time by now, a few things in each transaction. If anything went, the
// file is written anew, or the words would stand in it until they are written over.
func (b *Bot) fade(ctx context.Context) error {
	k, changed := b.cfg.Keep, false
	err := errors.Join(
		b.fadeRequests(ctx, &changed, nudges.Reader.DoneBefore, k.Text, func(tx nudges.Tx, r nudges.Request) error { return tx.PutRequest(r.Fade()) }),
		b.fadeRequests(ctx, &changed, nudges.Reader.FadedBefore, k.Counts, func(tx nudges.Tx, r nudges.Request) error { return tx.DeleteRequest(r.ID) }),
	)
	if err != nil {
		return err
	}
	for next, first := "", true; next != "" || first; first = false {
		var did bool
		at := next
		err := b.cfg.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			next, did, err = tx.FadeRest(b.now(), k, at, mostDue)
			return err
		})
		if err != nil {
			return err
		}
		changed = changed || did
	}
	if k.Less {
		if err := b.lessen(ctx, &changed); err != nil {
			return err
		}
	}
	if !changed || b.cfg.File == nil {
		return nil
	}
	return b.cfg.File.Rewrite()
}

// fadeRequests does something to each request that has been so for long enough.
func (b *Bot) fadeRequests(ctx context.Context, changed *bool, due func(nudges.Reader, time.Time) iter.Seq2[nudges.RequestID, error], after time.Duration, do func(nudges.Tx, nudges.Request) error) error {
	return catchUp(ctx, b, dueKind[nudges.RequestID]{
		due: func(r nudges.Reader, now time.Time) iter.Seq2[nudges.RequestID, error] {
			return due(r, now.Add(-after))
		},
		do: func(tx nudges.Tx, id nudges.RequestID, _ time.Time) ([]nudges.UserID, error) {
			r, err := tx.Request(id)
			if err != nil {
				return nil, fmt.Errorf("request %s: %w", id, err)
			}
			*changed = true
			return nil, do(tx, r)
		},
	})
}

// lessen takes out what is Optional of all requests.
func (b *Bot) lessen(ctx context.Context, changed *bool) error {
	return eachRequest(ctx, b.cfg.Store, nil, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, r := range some {
			if _, has := r.Less(); has {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		*changed = true
		return b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
			for _, id := range ids {
				r, err := tx.Request(id)
				if errors.Is(err, nudges.ErrNotFound) {
					continue
				}
				if err == nil {
					r, _ = r.Less()
					err = tx.PutRequest(r)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// eachRequest walks all requests, so many at a time, each time at another moment.
func eachRequest(ctx context.Context, st nudges.Store, p nudges.Progress, f func([]nudges.Request) error) error {
	n := 0
	for after := nudges.RequestID(""); ; {
		var some []nudges.Request
		err := st.View(ctx, func(r nudges.Reader) (err error) {
			some, err = r.RequestsAfter(after, walked)
			return err
		})
		if err != nil || len(some) == 0 {
			return err
		}
		if err := f(some); err != nil {
			return err
		}
		after = some[len(some)-1].ID
		n += len(some)
		p.Tell("going through the calls", int64(n), 0)
	}
}
