// Package storage is what stepin asks of a store.
//
// It promises nothing itself; package store keeps the promises that stand at each method. It must not know how
// records are kept.
//
// The files: storage.go has Store, Reader and Tx, and Apply, which writes all that one action has changed; parts.go
// has the four parts of Reader and Tx: requests, people, the outbox, retention; file.go is what can be done with the
// file as a whole; progress.go says how far long work is.
package storage

import (
	"context"
	"errors"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/privacy"
)

// Why a Store takes no updates. Its Update wraps one of them in whatever kept a commit from the disk.
var (
	ErrDiskFull = errors.New("the disk is full")
	ErrReadOnly = errors.New("the file may not be written to")
	ErrNoCommit = errors.New("a commit failed")
	ErrDamaged  = errors.New("the file is damaged") // reading ends with it, too
)

// A Reader looks at what is remembered, at one moment.
type Reader interface {
	RequestReader
	PeopleReader
	OutboxReader
	RetentionReader
}

// A Tx changes what is remembered: all of it, or nothing.
type Tx interface {
	Reader
	RequestWriter
	PeopleWriter
	OutboxWriter
	RetentionWriter
}

// A Store runs transactions. fn must not call Slack, block, or keep its argument.
// Update may run fn more than once, so fn gives results by assignment only; when
// Update returns nil, what fn did last is on disk. It gives up with the context's
// error if the transaction has not begun when ctx ends.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	// Join has the next Update of others run first before it and last after it, in the same transaction. If ctx ends
	// before one comes, nothing was run, and Join returns the context's error.
	Join(ctx context.Context, first, last func(Tx) error) error
	Workspace
}

// A Workspace is what a store remembers about the Slack workspace that it belongs to.
type Workspace interface {
	// ClaimTeam makes the store belong to a workspace, by its id, or checks that it already does.
	ClaimTeam(ctx context.Context, team string) error
	// PutGroup remembers who is in a user group by now, and forgets any other group.
	PutGroup(ctx context.Context, id string, in []nudges.UserID, now time.Time) error
	// Group is who was in that user group, and when that was remembered; a zero time if it was not.
	Group(id string) (in []nudges.UserID, at time.Time, err error)
}

// What one transaction of background work does, so that a click never waits long for it: at most so many things, and
// nothing more after so long.
const (
	MostPerTx = 200
	LongestTx = 10 * time.Millisecond
)

// Apply writes what an action changed, as far as k lets it be kept, and enqueues the messages that it
// asks for.
func Apply(tx Tx, k privacy.Keep, o nudges.Outcome, now time.Time) error {
	errs := []error{tx.PutRequest(k.Request(o.Request), o.Transitions...), tx.Enqueue(now, o.Messages...)}
	if !k.SensitiveOff {
		errs = append(errs, tx.Remember(o.Ledger...))
	}
	if o.Bond != nudges.Unmet {
		errs = append(errs, tx.PutBond(o.Request.Rep, o.Request.Manager, o.Bond))
	}
	return errors.Join(errs...)
}

// All collects requests that are walked.
func All(walk iter.Seq2[nudges.Request, error]) (all []nudges.Request, err error) {
	for r, err := range walk {
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// walked is how many requests EachRequest reads in one transaction.
const walked = 200

// EachRequest calls f with all requests, a few at a time. Each call sees its own moment.
func EachRequest(ctx context.Context, st Store, p Progress, f func([]nudges.Request) error) error {
	n := 0
	for after := nudges.RequestID(""); ; {
		var some []nudges.Request
		err := st.View(ctx, func(r Reader) (err error) {
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
