// Package storage is what stepin asks of a store.
//
// It promises nothing itself; package store keeps the promises that stand at each method. It must not know how
// records are kept.
package storage

import (
	"context"
	"errors"
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/privacy"
)

// Why a Store takes no updates. Its Update wraps one of them in whatever kept a commit from the disk.
var (
	ErrDiskFull = errors.New("the disk is full")
	ErrReadOnly = errors.New("the file may not be written to")
	ErrNoCommit = errors.New("a commit failed")
)

// A Reader looks at what is remembered, at one moment.
type Reader interface {
	// Request is the request of that name; ErrNotFound if there is none.
	Request(nudges.RequestID) (nudges.Request, error)
	// OpenRequests are the manager's requests that Request.Open holds for, newest first.
	OpenRequests(manager nudges.UserID) ([]nudges.Request, error)
	// LastRequest is the one begun last of the manager's, but for debriefs that a rep has opened;
	// ErrNotFound if there is none.
	LastRequest(manager nudges.UserID) (nudges.Request, error)
	// SameCall is the manager's open request for the same rep and deal, other than
	// except; ErrNotFound if there is none. Deals match by NormalDeal.
	SameCall(manager, rep nudges.UserID, deal string, except nudges.RequestID) (nudges.Request, error)
	// History has the transitions of a request, oldest first.
	History(nudges.RequestID) ([]nudges.Transition, error)
	// Answered is what an envelope of this identity was answered with, as it was
	// given to Record; ErrNotFound if it is new.
	Answered(identity string) ([]byte, error)
	// Team is what the manager has settled for their reps: a Team of nobody if nothing is.
	Team(manager nudges.UserID) (nudges.Team, error)
	// TeamOf is the manager on whose team the rep is; ErrNotFound if on none.
	TeamOf(rep nudges.UserID) (nudges.UserID, error)
	// Bond is whether the rep has said that this is their manager.
	Bond(rep, manager nudges.UserID) (nudges.BondState, error)
	// PartOf are the requests in which somebody has a part beside their manager's, newest first:
	// as an approver who was asked, as the rep who asked for help, or as the rep for whom
	// something waits until they have said whose rep they are.
	PartOf(nudges.UserID) ([]nudges.Request, error)
	// Past is what the ledger remembers of a rep, and of a deal or skill; deals match by NormalDeal.
	Past(manager, rep nudges.UserID, deal, skill string) (nudges.Past, error)
	// Reminder is somebody's daily reminder: one that was never decided on if there is none.
	Reminder(nudges.UserID) (daily.Reminder, error)
	// DueReminders are the people whose reminder the clock changes at or before now, oldest first.
	DueReminders(now time.Time) iter.Seq2[nudges.UserID, error]
	// Learning are the deals that a manager has marked for learning, the newest first.
	Learning(manager nudges.UserID) ([]nudges.LearningDeal, error)
	// SharedDebriefs are the requests whose debrief the rep had a part in, begun at since or later,
	// newest first.
	SharedDebriefs(rep nudges.UserID, since time.Time) ([]nudges.Request, error)
	// Trust is what reps have answered since that month; false where fewer than TrustReps have.
	Trust(since time.Time) (nudges.TrustFigure, bool, error)
	// Begun are the requests that a manager began at since or later, newest first.
	Begun(manager nudges.UserID, since time.Time) ([]nudges.Request, error)
	// Person is what is remembered of somebody: just the id if nothing is.
	Person(nudges.UserID) (nudges.Person, error)

	// RequestsAfter are at most limit requests whose names come after one, in their order: a walk over
	// all of them, in pieces.
	RequestsAfter(id nudges.RequestID, limit int) ([]nudges.Request, error)
	// DoneBefore are the requests that became done at or before a moment and have their words still,
	// oldest first; AnonymisedBefore those that have lost them.
	DoneBefore(time.Time) iter.Seq2[nudges.RequestID, error]
	AnonymisedBefore(time.Time) iter.Seq2[nudges.RequestID, error]
	// SaidTo are the messages that were delivered, and those that wait, whose keys begin with prefix.
	SaidTo(prefix string) (delivered []string, waiting []nudges.Message, err error)
	// Forgets are those whom stepin is about to forget.
	Forgets() ([]nudges.Forget, error)
	// Erased says whether anything was taken out, by MarkErased, since the file was written anew.
	Erased() (bool, error)
	// TrustOf is what reps have answered in the month of a moment; ok as Trust.
	TrustOf(month time.Time) (nudges.TrustFigure, bool, error)

	// DueRequests are the requests that the clock changes at or before now, oldest first.
	DueRequests(now time.Time) iter.Seq2[nudges.RequestID, error]
	// NextDue is the earliest moment at which the clock has something to do, for
	// requests, reminders and messages; false if there is none.
	NextDue() (time.Time, bool, error)
	// Ready are the messages to send at now, oldest due first: neither held nor attempted.
	Ready(now time.Time) iter.Seq2[nudges.Message, error]
	// Attempted are the messages whose send was begun and whose end is not known.
	Attempted() iter.Seq2[nudges.Message, error]
	// Message is the message of that key while it waits in the outbox; ErrNotFound after.
	Message(key string) (nudges.Message, error)
	// Receipt is where the message of that key went; ErrNotFound if it did not (yet).
	Receipt(key string) (nudges.Receipt, error)
	// Waiting is how many messages are in the outbox, and since when the oldest was due.
	Waiting() (n int, oldest time.Time, err error)
}

// A Tx changes what is remembered: all of it, or nothing.
type Tx interface {
	Reader
	// PutRequest writes a request and the transitions that led to it.
	PutRequest(nudges.Request, ...nudges.Transition) error
	// Record remembers what the envelope of this identity was answered with, for 25 hours:
	// the platform's last redelivery comes after 24 (SLACK section 1.7).
	Record(identity string, answer []byte, now time.Time) error
	PutPerson(nudges.Person) error
	PutReminder(daily.Reminder) error
	// PutTeam replaces a manager's team; ErrTwoTeams if one of its reps is on another's.
	PutTeam(nudges.Team) error
	PutBond(rep, manager nudges.UserID, _ nudges.BondState) error
	// PutLearning marks a deal for learning; without What it takes the mark off.
	PutLearning(nudges.LearningDeal) error
	// PutTrust keeps a rep's answer, from 1 to 5, without saying whose it is, or about which manager or
	// call it was.
	PutTrust(rep nudges.UserID, answer int, now time.Time) error
	// Remember adds to the ledger.
	Remember(...nudges.LedgerEntry) error
	// Enqueue puts messages into the outbox; a Key that is or was there is skipped.
	Enqueue(now time.Time, _ ...nudges.Message) error
	// Attempt marks messages as about to be sent, and counts the try.
	Attempt(keys ...string) error
	// Settle ends a message that was delivered; Drop one that will not be.
	Settle(key string, rc nudges.Receipt) error
	Drop(key, reason string) error
	// Postpone takes the mark of an attempt back and waits until due. Like Hold, it does nothing to
	// what was dropped while it was on its way.
	Postpone(key string, due time.Time) error
	// Hold keeps a message until Release, which frees all that are held. The try that ended so
	// does not count, but for the first.
	Hold(key string) error
	Release() (int, error)
	// ForgetSaid forgets messages that were delivered or dropped, whose keys begin with prefix and
	// sort before another: at most limit of them. They may be said again; those of a request stay.
	ForgetSaid(prefix, before string, limit int) error
	// DeleteRequest takes out a request that is done, its history, and the traces of what was said about it.
	DeleteRequest(nudges.RequestID) error
	// ExpireRest deletes expired records that belong to no request: of the ledger, deals for learning, answers
	// about trust, and traces of reminders. It looks at limit records after one, and returns the last that it has
	// looked at; "" at the end.
	ExpireRest(now time.Time, k privacy.Keep, after string, limit int) (next string, changed bool, err error)
	// MarkErased notes that words were taken out: they stand in the file's free pages until File.Rewrite.
	MarkErased() error
	// ForgetPerson takes out what is remembered of somebody beside requests: as a manager, as a rep, as
	// an approver. Their reminder is off then. words are those that they had written there,
	// changed is how much was taken out.
	ForgetPerson(nudges.UserID) (words []string, changed int, err error)
	// PutForget notes that somebody is to be forgotten; EndForget that they were.
	PutForget(nudges.Forget) error
	EndForget(nudges.UserID) error
	// Sweep forgets envelopes recorded before the given moment, at most limit of them.
	Sweep(before time.Time, limit int) (int, error)
}

// A Store runs transactions. fn must not call Slack, block, or keep its argument.
// Update may run fn more than once, so fn gives results by assignment only; when
// Update returns nil, what fn did last is on disk. It gives up with the context's
// error if the transaction has not begun when ctx ends.
type Store interface {
	View(ctx context.Context, fn func(Reader) error) error
	Update(ctx context.Context, fn func(Tx) error) error
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

// What one transaction of background work does, so that a click never waits long for it (EXACT "What is said,
// once"): at most so many things, and nothing more after so long.
const (
	MostPerTx = 200
	LongestTx = 10 * time.Millisecond
)

// Apply writes what an action changed, as far as k lets it be kept, and enqueues the messages that it
// asks for.
func Apply(tx Tx, k privacy.Keep, o nudges.Outcome, now time.Time) error {
	errs := []error{tx.PutRequest(k.Request(o.Request), o.Transitions...), tx.Enqueue(now, o.Messages...)}
	if !k.Less {
		errs = append(errs, tx.Remember(o.Ledger...))
	}
	if o.Bond != nudges.Unmet {
		errs = append(errs, tx.PutBond(o.Request.Rep, o.Request.Manager, o.Bond))
	}
	return errors.Join(errs...)
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
