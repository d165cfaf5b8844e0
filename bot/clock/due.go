package clock

import (
	"context"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// A Kind is a kind of thing that becomes due, named by an ID.
type Kind[ID any] struct {
	Due  func(storage.Reader, time.Time) iter.Seq2[ID, error] // oldest first
	Room func(storage.Reader) (int, error)                    // how many may be done now; nil for all
	// Do does one. It returns the people whose Home has changed, and the reminders that it skipped.
	Do func(storage.Tx, ID, time.Time) (touched []nudges.UserID, skips []daily.Skip, err error)
}

// A Worker does what is due. All fields are required.
type Worker struct {
	Store   storage.Store
	Now     func() time.Time
	Stored  func(error) error   // is told how each update ended, and returns its argument
	Skipped func([]daily.Skip)  // is told of skipped reminders, after the commit
	Wake    func()              // there may be something to send
	Redraw  func(nudges.UserID) // somebody's Home has changed
}

// done is what one transaction did.
type done struct {
	more    bool // something is left and there is room for it
	touched []nudges.UserID
	skips   []daily.Skip
}

// CatchUp does what is due, a few things per transaction, until nothing is left or there is no room.
func CatchUp[ID any](ctx context.Context, w *Worker, k Kind[ID]) error {
	for more := true; more; {
		var did done
		err := w.Stored(w.Store.Update(ctx, func(tx storage.Tx) (err error) {
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
func some[ID any](tx storage.Tx, k Kind[ID], now time.Time) (did done, err error) {
	till := time.Now().Add(storage.LongestTx)
	room := storage.MostPerTx
	if k.Room != nil {
		if room, err = k.Room(tx); err != nil {
			return did, err
		}
		room = min(room, storage.MostPerTx)
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
	for n := storage.MostPerTx; n == storage.MostPerTx; {
		err := w.Stored(w.Store.Update(ctx, func(tx storage.Tx) (err error) {
			n, err = tx.Sweep(w.Now().Add(-age), storage.MostPerTx)
			return err
		}))
		if err != nil {
			return err
		}
	}
	return nil
}
