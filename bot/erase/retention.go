package erase

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// A Retention deletes what has expired.
type Retention struct {
	Store    storage.Store
	File     storage.File // nil for none
	Keep     privacy.Keep
	Now      func() time.Time
	Progress storage.Progress
}

// Expired counts what a round of retention deleted.
type Expired struct {
	Anonymised int  // calls that lost their words
	Deleted    int  // calls that are gone
	Sensitive  int  // calls that lost what is Optional
	Rest       bool // something that belongs to no call
}

// Expire deletes what has expired, some of it per transaction. It then rewrites the file if anything was deleted.
// Otherwise the words would stay in free pages until those are overwritten.
func (r Retention) Expire(ctx context.Context) (did Expired, err error) {
	// The next round is a day away, and the limit holds until then, too.
	r.Keep.Text = min(r.Keep.Text, privacy.Days(privacy.MostTextDays)-expireEvery)
	if did.Anonymised, err = r.requests(ctx, storage.Reader.DoneBefore, r.Keep.Text, r.anonymise); err != nil {
		return did, err
	}
	if did.Deleted, err = r.requests(ctx, storage.Reader.AnonymisedBefore, r.Keep.Counts, deleteRequest); err != nil {
		return did, err
	}
	if did.Rest, err = r.rest(ctx); err != nil {
		return did, err
	}
	if r.Keep.SensitiveOff {
		if did.Sensitive, err = r.sensitive(ctx); err != nil {
			return did, err
		}
	}
	return did, r.rewrite(ctx)
}

// anonymise deletes a request's words. What it counts for its manager is kept from then on: in this transaction, for a
// request loses its words once.
func (r Retention) anonymise(tx storage.Tx, id nudges.RequestID) error {
	q, err := tx.Request(id)
	if err != nil {
		return err
	}
	p, err := tx.Person(q.Manager)
	if err == nil && mirror.Counted(p, q) && !r.Keep.SensitiveOff {
		err = tx.AddMonth(q.Manager, mirror.Month{Name: mirror.MonthOf(q), Counts: mirror.Of(q)})
	}
	return errors.Join(err, tx.PutRequest(privacy.Anonymise(q)), tx.MarkErased())
}

func deleteRequest(tx storage.Tx, id nudges.RequestID) error {
	return errors.Join(tx.DeleteRequest(id), tx.MarkErased())
}

// requests does something to each request that has been due for the duration after, and counts them.
func (r Retention) requests(ctx context.Context, due func(storage.Reader, time.Time) iter.Seq2[nudges.RequestID, error],
	after time.Duration, do func(storage.Tx, nudges.RequestID) error,
) (all int, err error) {
	for more := true; more; {
		n := 0
		err := r.Store.Update(ctx, func(tx storage.Tx) error {
			n, more = 0, false
			till := time.Now().Add(storage.LongestTx)
			for id, err := range due(tx, r.Now().Add(-after)) {
				if err != nil {
					return err
				}
				if n >= storage.MostPerTx || n > 0 && time.Now().After(till) {
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
		r.Progress.Tell("going through the calls that are done with", int64(all), 0)
	}
	return all, nil
}

// rest deletes expired records that belong to no request, and says whether there were any.
func (r Retention) rest(ctx context.Context) (did bool, err error) {
	r.Progress.Tell("going through what belongs to no call", 0, 0)
	for next, first := "", true; next != "" || first; first = false {
		var some bool
		at := next
		err := r.Store.Update(ctx, func(tx storage.Tx) (err error) {
			next, some, err = tx.ExpireRest(r.Now(), r.Keep, at, storage.MostPerTx)
			if err != nil || !some {
				return err
			}
			return tx.MarkErased()
		})
		if err != nil {
			return did, err
		}
		did = did || some
	}
	return did, nil
}

// sensitive deletes Optional data in all requests, and counts those that had any.
func (r Retention) sensitive(ctx context.Context) (all int, err error) {
	err = storage.EachRequest(ctx, r.Store, r.Progress, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, q := range some {
			if _, has := privacy.Minimise(q); has {
				ids = append(ids, q.ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		n := 0
		err := r.Store.Update(ctx, func(tx storage.Tx) (err error) {
			n, err = withoutSensitive(tx, ids)
			return err
		})
		all += n
		return err
	})
	return all, err
}

// withoutSensitive deletes Optional data in requests, and counts those that still exist.
func withoutSensitive(tx storage.Tx, ids []nudges.RequestID) (n int, err error) {
	for _, id := range ids {
		q, err := tx.Request(id)
		if errors.Is(err, nudges.ErrNotFound) {
			continue
		}
		if err == nil {
			q, _ = privacy.Minimise(q)
			err = errors.Join(tx.PutRequest(q), tx.MarkErased())
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// rewrite writes the file again if words were deleted, in this round or in one that was interrupted.
func (r Retention) rewrite(ctx context.Context) error {
	var erased bool
	err := r.Store.View(ctx, func(rd storage.Reader) (err error) {
		erased, err = rd.Erased()
		return err
	})
	if err != nil || !erased || r.File == nil {
		return err
	}
	return r.File.Rewrite()
}
