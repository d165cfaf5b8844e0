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

// keepAgain is how long after a round that failed it is tried once more. Most often the disk has no room for
// the file written anew: each try fills it, for whoever clicks meanwhile, too.
const keepAgain = time.Hour

// keepTidy takes out what has had its time, once a day, at the start and when that time is set anew, beside everything else: it
// may take long, and nobody waits for it.
func (b *Bot) keepTidy(ctx context.Context) {
	if !b.tidying.TryLock() {
		return
	}
	now, keep := b.now(), b.live().Keep
	if since := now.Sub(b.tidied); !b.tidied.IsZero() && keep == b.tidiedFor && since >= 0 && since < keepEvery {
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
		if _, err := (Keeper{Store: b.cfg.Store, File: b.cfg.File, Keep: keep, Now: b.now}).Tidy(ctx); err != nil {
			if ctx.Err() == nil {
				b.log.Error("retention", "error", err)
			}
			b.tidied, b.tidiedFor = now.Add(keepAgain-keepEvery), keep
			return
		}
		b.tidied, b.tidiedFor = now, keep
	})
}

// A Keeper takes out what has had its time.
type Keeper struct {
	Store    nudges.Store
	File     nudges.File // nil for none
	Keep     nudges.Keep
	Now      func() time.Time
	Progress nudges.Progress // hears how far it is
}

// A Tidied is what was taken out.
type Tidied struct {
	Faded    int  // calls that have lost their words
	Deleted  int  // calls that are gone
	Lessened int  // calls without what is Optional
	Rest     bool // something that belongs to no call
}

// Tidy takes out what has had its time by now, a few things in each transaction. If anything went, the
// file is written anew, or the words would stand in it until they are written over.
func (k Keeper) Tidy(ctx context.Context) (did Tidied, err error) {
	// The next round is a day away, and the limit is one for then, too.
	k.Keep.Text = min(k.Keep.Text, nudges.Days(nudges.MostTextDays)-keepEvery)
	did.Faded, err = k.requests(ctx, nudges.Reader.DoneBefore, k.Keep.Text, func(tx nudges.Tx, id nudges.RequestID) error {
		r, err := tx.Request(id)
		if err != nil {
			return err
		}
		return errors.Join(tx.PutRequest(r.Fade()), tx.MarkErased())
	})
	if err != nil {
		return did, err
	}
	did.Deleted, err = k.requests(ctx, nudges.Reader.FadedBefore, k.Keep.Counts, func(tx nudges.Tx, id nudges.RequestID) error {
		return errors.Join(tx.DeleteRequest(id), tx.MarkErased())
	})
	if err != nil {
		return did, err
	}
	k.Progress.Tell("going through what belongs to no call", 0, 0)
	for next, first := "", true; next != "" || first; first = false {
		var some bool
		at := next
		err := k.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			if next, some, err = tx.FadeRest(k.Now(), k.Keep, at, mostDue); err != nil || !some {
				return err
			}
			return tx.MarkErased()
		})
		if err != nil {
			return did, err
		}
		did.Rest = did.Rest || some
	}
	if k.Keep.Less {
		if did.Lessened, err = k.lessen(ctx); err != nil {
			return did, err
		}
	}
	var erased bool // now, or before it was broken off
	err = k.Store.View(ctx, func(r nudges.Reader) (err error) {
		erased, err = r.Erased()
		return err
	})
	if err != nil || !erased || k.File == nil {
		return did, err
	}
	return did, k.File.Rewrite()
}

// requests does something to each request that has been so for long enough, and counts them.
func (k Keeper) requests(ctx context.Context, due func(nudges.Reader, time.Time) iter.Seq2[nudges.RequestID, error], after time.Duration, do func(nudges.Tx, nudges.RequestID) error) (all int, err error) {
	for more := true; more; {
		n := 0
		err := k.Store.Update(ctx, func(tx nudges.Tx) error {
			n, more = 0, false
			till := time.Now().Add(mostHeld)
			for id, err := range due(tx, k.Now().Add(-after)) {
				if err != nil {
					return err
				}
				if n >= mostDue || n > 0 && time.Now().After(till) {
					more = true
					break
				}
				if err := do(tx, id); err != nil {
					return fmt.Errorf("request %s: %w", id, err)
				}
				n++
			}
			return nil
		})
		if err != nil {
			return all, err
		}
		all += n
		k.Progress.Tell("going through the calls that are done with", int64(all), 0)
	}
	return all, nil
}

// lessen takes out what is Optional of all requests, and counts those that had any of it.
func (k Keeper) lessen(ctx context.Context) (all int, err error) {
	err = nudges.EachRequest(ctx, k.Store, k.Progress, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, r := range some {
			if _, has := r.Less(); has {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		n := 0
		err := k.Store.Update(ctx, func(tx nudges.Tx) error {
			n = 0
			for _, id := range ids {
				r, err := tx.Request(id)
				if errors.Is(err, nudges.ErrNotFound) {
					continue
				}
				if err == nil {
					r, _ = r.Less()
					err = errors.Join(tx.PutRequest(r), tx.MarkErased())
				}
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		all += n
		return err
	})
	return all, err
}
