package clock

import (
	"context"
	"iter"
	"time"

	"stepin/nudges"
)

// A Kind is a kind of thing that becomes due, named by an ID.
type Kind[ID any] struct {
	Due  func(nudges.Reader, time.Time) iter.Seq2[ID, error] // oldest first
	Room func(nudges.Reader) (int, error)                    // how many may be done now; nil for all
	// Do does one. It returns the people whose Home has changed, and the reminders that it skipped.
	Do func(nudges.Tx, ID, time.Time) (touched []nudges.UserID, skips []nudges.Skip, err error)
}

// A Worker does what is due. All fields are required.
type Worker struct {
	Store   nudges.Store
	Now     func() time.Time
	Stored  func(error) error   // is told how each update ended, and returns its argument
	Skipped func([]nudges.Skip) // is told of skipped reminders, after the commit
	Wake    func()              // there may be something to send
	Redraw  func(nudges.UserID) // somebody's Home has changed
}

// done is what one transaction did.
type done struct {
	more    bool // something is left and there is room for it
	touched []nudges.UserID
	skips   []nudges.Skip
}

// CatchUp does what is due, a few things per transaction, until nothing is left or there is no room.
func CatchUp[ID any](ctx context.Context, w *Worker, k Kind[ID]) error {
	for more := true; more; {
		var did done
		err := w.Stored(w.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			did, err = some(tx, k, w.Now())
			return err
		}))
		if err != nil {
			return err
		}
		more = did.more
		w.Skipped(did.skips)
		if len(did.touched) > 0 {
			w.Wake()
		}
		for _, u := range did.touched {
			w.Redraw(u)
		}
	}
	return nil
}

// some does some of what is due, until there is no room or the transaction's time is up.
func some[ID any](tx nudges.Tx, k Kind[ID], now time.Time) (did done, err error) {
	till := time.Now().Add(nudges.LongestTx)
	room := nudges.MostPerTx
	if k.Room != nil {
		if room, err = k.Room(tx); err != nil {
			return did, err
		}
		room = min(room, nudges.MostPerTx)
	}
	var ids []ID // read first, because Do changes what is due
	for id, err := range k.Due(tx, now) {
		if err != nil {
			return did, err
		}
		if len(ids) >= room {
			did.more = room > 0
			break
		}
		ids = append(ids, id)
	}
	for i, id := range ids {
		if i > 0 && time.Now().After(till) {
			did.more = true
			break
		}
		who, skips, err := k.Do(tx, id, now)
		if err != nil {
			return did, err
		}
		did.touched, did.skips = append(did.touched, who...), append(did.skips, skips...)
	}
	return did, nil
}

// Sweep deletes records of envelopes older than age, which Slack will not deliver again.
func (w *Worker) Sweep(ctx context.Context, age time.Duration) error {
	for n := nudges.MostPerTx; n == nudges.MostPerTx; {
		err := w.Stored(w.Store.Update(ctx, func(tx nudges.Tx) (err error) {
			n, err = tx.Sweep(w.Now().Add(-age), nudges.MostPerTx)
			return err
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
