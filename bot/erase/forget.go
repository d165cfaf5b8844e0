package erase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// forgotAtOnce is how many requests one transaction cleans. Each has a dozen messages.
const forgotAtOnce = 10

// A Forgetter deletes a person's words everywhere. It needs no Slack: what must be replaced there waits in the outbox.
type Forgetter struct {
	Store    storage.Store
	File     storage.File // nil for none
	Now      func() time.Time
	Names    func(nudges.UserID) []string // the keys of the configuration that name somebody; nil for none
	Keep     privacy.Keep                 // what may be kept at all
	Progress storage.Progress
	By       string // the operator who ran the command, for the record; "" for the person themselves
}

// ErrNobody is for a person about whom nothing is kept.
var ErrNobody = errors.New("nothing is kept of this person: " +
	"check the id, it is in their Slack profile under ⋮, Copy member ID")

// ErrNoted is for a forgetting that failed after it was saved as due: stepin retries by itself.
var ErrNoted = errors.New("not finished, but it is noted, and stepin finishes it by itself once it runs and can")

// errDry rolls back the transaction of a dry run.
var errDry = errors.New("only tried")

// Look returns what Forget would delete, and changes nothing. The error is ErrNobody if there is nothing.
func (f Forgetter) Look(ctx context.Context, who nudges.UserID) (got storage.Forgotten, err error) {
	if got, err = f.takeOut(ctx, who, true); err != nil {
		return got, err
	}
	if got.Requests+got.Marked+got.Removed+len(got.Settings) == 0 {
		return got, ErrNobody
	}
	if f.File != nil {
		got.Copies, err = f.File.Copies()
	}
	return got, err
}

// Forget deletes a person's words everywhere, has messages to and about them replaced in Slack, and rewrites the file.
// It may be interrupted anywhere and run again: the file holds the request to forget until all is done. Any fault after
// that request was saved is an ErrNoted.
func (f Forgetter) Forget(ctx context.Context, fg privacy.Forget) (got storage.Forgotten, err error) {
	err = f.Store.Update(ctx, func(tx storage.Tx) error {
		all, err := tx.Forgets()
		for _, was := range all {
			if fg.Motives && was.Who == fg.Who && !was.Motives {
				fg = was // since it was looked for, they want to be forgotten altogether
			}
		}
		if err == nil {
			err = tx.PutForget(fg)
		}
		if err != nil || f.By == "" {
			return err
		}
		return tx.PutRun(storage.Run{At: fg.At, By: f.By, Command: "forget"}) // and not whom
	})
	if err != nil {
		return storage.Forgotten{Who: fg.Who}, err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrNoted, err)
		}
	}()
	if fg.Motives {
		err = f.takeOutMotives(ctx, fg.Who)
	} else {
		got, err = f.takeOut(ctx, fg.Who, false)
	}
	if err != nil {
		return got, err
	}
	if f.File != nil {
		f.Progress.Tell("rewriting the file", 0, 0)
		if err := f.File.Rewrite(); err != nil {
			return got, err
		}
		if got.Copies, err = f.File.Copies(); err != nil {
			return got, err
		}
	}
	return got, f.Store.Update(ctx, func(tx storage.Tx) error {
		all, err := tx.Forgets()
		if err != nil || fg.Motives && !slices.Contains(all, fg) { // by now they are to be forgotten altogether
			return err
		}
		if err := tx.EndForget(fg.Who); err != nil || !fg.Own || fg.Motives {
			return err
		}
		now := f.Now()
		return tx.Enqueue(now, nudges.Message{
			Key:  nudges.Key("", 0, fg.Who, fmt.Sprintf("%s-%d", privacy.KindForgotten, fg.At.UnixNano())),
			Kind: privacy.KindForgotten, To: fg.Who, Due: now,
		})
	})
}

// A round deletes one person's words everywhere.
type round struct {
	Forgetter
	who nudges.UserID
	dry bool // each transaction is rolled back: its counts are what would be done
	got storage.Forgotten
}

// takeOut deletes a person's words everywhere, some requests per transaction.
func (f Forgetter) takeOut(ctx context.Context, who nudges.UserID, dry bool) (storage.Forgotten, error) {
	r := &round{Forgetter: f, who: who, dry: dry, got: storage.Forgotten{Who: who}}
	if f.Names != nil {
		r.got.Settings = f.Names(who)
	}
	err := storage.EachRequest(ctx, f.Store, f.Progress, func(some []nudges.Request) error {
		var ids []nudges.RequestID
		for _, q := range some {
			if privacy.Concerns(q, who) {
				ids = append(ids, q.ID)
			}
		}
		for ids := range slices.Chunk(ids, forgotAtOnce) {
			if err := r.update(ctx, func(p *part) error { return p.requests(ids) }); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = r.update(ctx, (*part).rest)
	}
	return r.got, err
}

// update runs one transaction of the round, and adds what it did.
func (r *round) update(ctx context.Context, do func(*part) error) error {
	var p *part
	err := r.Store.Update(ctx, func(tx storage.Tx) error {
		p = &part{tx: tx, who: r.who, now: r.Now(), keep: r.Keep}
		err := do(p)
		if err == nil && r.dry {
			err = errDry
		}
		return err
	})
	if err != nil && !errors.Is(err, errDry) {
		return err
	}
	r.got.Requests += p.got.Requests
	r.got.Words += len(p.words)
	r.got.Dropped += p.got.Dropped
	r.got.Removed += p.got.Removed
	r.got.Marked += p.got.Marked
	return nil
}
