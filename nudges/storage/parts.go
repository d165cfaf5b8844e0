package storage

import (
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/team"
	"stepin/nudges/verdict"
)

// A RequestReader finds requests and says when the clock changes them.
type RequestReader interface {
	// Request is the request of that name; ErrNotFound if there is none.
	Request(nudges.RequestID) (nudges.Request, error)
	// OpenRequests are the manager's requests that Request.Open holds for, newest first.
	OpenRequests(manager nudges.UserID) iter.Seq2[nudges.Request, error]
	// OpenAround are its manager's other open requests whose calls overlap with that of r, newest first.
	OpenAround(r nudges.Request) iter.Seq2[nudges.Request, error]
	// LastRequest is the one begun last of the manager's, but for debriefs that a rep has opened;
	// ErrNotFound if there is none.
	LastRequest(manager nudges.UserID) (nudges.Request, error)
	// SameCall is the manager's open request for the same rep and deal, other than
	// except; ErrNotFound if there is none. Deals match by NormalDeal.
	SameCall(manager, rep nudges.UserID, deal string, except nudges.RequestID) (nudges.Request, error)
	// History has the transitions of a request, oldest first.
	History(nudges.RequestID) ([]nudges.Transition, error)
	// PartOf are the requests in which somebody has a part beside their manager's, newest first:
	// as an approver who was asked, as the rep who asked for help or knows that the manager is on the call that
	// runs, or as the rep for whom something waits until they have said whose rep they are.
	PartOf(nudges.UserID) ([]nudges.Request, error)
	// Begun are the requests that a manager began at since or later, newest first.
	Begun(manager nudges.UserID, since time.Time) ([]nudges.Request, error)
	// BegunAround are those of Begun whose calls overlap with the time from from to till.
	BegunAround(manager nudges.UserID, since, from, till time.Time) ([]nudges.Request, error)
	// OpenDebriefs are those of Begun and of SharedDebriefs whose phase is nudges.Debrief.
	OpenDebriefs(who nudges.UserID, since time.Time) ([]nudges.Request, error)
	// Courses are those of Begun whose call is over, without what mirror.Weeks does not need: words, answers, messages.
	Courses(manager nudges.UserID, since time.Time) iter.Seq2[nudges.Request, error]
	// Worded are the requests of a manager whose call is over, and that have their words still, newest first.
	Worded(manager nudges.UserID) ([]nudges.Request, error)
	// SharedDebriefs are the requests whose debrief the rep had a part in, begun at since or later,
	// newest first.
	SharedDebriefs(rep nudges.UserID, since time.Time) ([]nudges.Request, error)
	// RequestsAfter are at most limit requests whose names come after one, in their order: a walk over
	// all of them, in pieces.
	RequestsAfter(id nudges.RequestID, limit int) ([]nudges.Request, error)
	// DueRequests are the requests that the clock changes at or before now, oldest first.
	DueRequests(now time.Time) iter.Seq2[nudges.RequestID, error]
	// NextDue is the earliest moment at which the clock has something to do, for
	// requests, reminders and messages; false if there is none.
	NextDue() (time.Time, bool, error)
	// Answered is what an envelope of this identity was answered with, as it was
	// given to Record; ErrNotFound if it is new.
	Answered(identity string) ([]byte, error)
}

// A RequestWriter changes requests.
type RequestWriter interface {
	// PutRequest writes a request and the transitions that led to it.
	PutRequest(nudges.Request, ...nudges.Transition) error
	// Record remembers what the envelope of this identity was answered with, for 25 hours:
	// the platform's last redelivery comes after 24 (docs.slack.dev/apis/events-api).
	Record(identity string, answer []byte, now time.Time) error
}

// A PeopleReader finds people, teams, reminders and what is remembered of a rep or a deal.
type PeopleReader interface {
	// Person is what is remembered of somebody: just the id if nothing is.
	Person(nudges.UserID) (nudges.Person, error)
	// Team is what the manager has settled for their reps: the zero Team if none is stored.
	Team(manager nudges.UserID) (team.Team, error)
	// TeamOf is the manager on whose team the rep is; ErrNotFound if on none.
	TeamOf(rep nudges.UserID) (nudges.UserID, error)
	// Bond is whether the rep has said that this is their manager.
	Bond(rep, manager nudges.UserID) (nudges.BondState, error)
	// Past is what the ledger remembers of a rep, and of a deal or skill; deals match by NormalDeal.
	Past(manager, rep nudges.UserID, deal, skill string) (verdict.Past, error)
	// Learning are the deals that a manager has marked for learning, the newest first.
	Learning(manager nudges.UserID) ([]nudges.LearningDeal, error)
	// Trust is what reps have answered since that month; false where fewer than TrustReps have.
	Trust(since time.Time) (privacy.TrustFigure, bool, error)
	// TrustOf is what reps have answered in the month of a moment; ok as Trust.
	TrustOf(month time.Time) (privacy.TrustFigure, bool, error)
	// Months are what is kept of a manager's own numbers, the earliest month first.
	Months(manager nudges.UserID) ([]mirror.Month, error)
	// Reminder is somebody's daily reminder: one that was never decided on if there is none.
	Reminder(nudges.UserID) (daily.Reminder, error)
	// DueReminders are the people whose reminder the clock changes at or before now, oldest first.
	DueReminders(now time.Time) iter.Seq2[nudges.UserID, error]
}

// A PeopleWriter changes what is remembered of people.
type PeopleWriter interface {
	PutPerson(nudges.Person) error
	// PutTeam replaces a manager's team; ErrTwoTeams if one of its reps is on another's.
	PutTeam(team.Team) error
	PutBond(rep, manager nudges.UserID, _ nudges.BondState) error
	// PutLearning marks a deal for learning; without What it takes the mark off.
	PutLearning(nudges.LearningDeal) error
	// PutTrust keeps a rep's answer, from 1 to 5, without saying whose it is, or about which manager or
	// call it was.
	PutTrust(rep nudges.UserID, answer int, now time.Time) error
	// Remember adds to the ledger.
	Remember(...nudges.LedgerEntry) error
	PutReminder(daily.Reminder) error
	// AddMonth adds to a month of a manager's own numbers; PutMonth replaces it, and without counts takes it out.
	AddMonth(nudges.UserID, mirror.Month) error
	PutMonth(nudges.UserID, mirror.Month) error
}

// An OutboxReader finds messages and says how their sending ended.
type OutboxReader interface {
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
	// SaidTo are the messages that were delivered, and those that wait, whose keys begin with prefix.
	SaidTo(prefix string) (delivered []string, waiting []nudges.Message, err error)
}

// An OutboxWriter moves messages from waiting to delivered or dropped.
type OutboxWriter interface {
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
	// Hold keeps a message until Release, which frees all that are held. Only the first try that ends in
	// Hold counts.
	Hold(key string) error
	Release() (int, error)
}

// A RetentionReader finds what has expired and who is to be forgotten.
type RetentionReader interface {
	// DoneBefore are the requests that became done at or before a moment and have their words still,
	// oldest first; AnonymisedBefore those that have lost them.
	DoneBefore(time.Time) iter.Seq2[nudges.RequestID, error]
	AnonymisedBefore(time.Time) iter.Seq2[nudges.RequestID, error]
	// Forgets are those whom stepin is about to forget.
	Forgets() ([]privacy.Forget, error)
	// Runs are the commands that operators ran, the oldest first.
	Runs() ([]Run, error)
	// Erased says whether anything was taken out, by MarkErased, since the file was last rewritten.
	Erased() (bool, error)
}

// A RetentionWriter deletes what has expired and who is forgotten.
type RetentionWriter interface {
	// DeleteRequest takes out a request that is done, its history, and the traces of what was said about it.
	DeleteRequest(nudges.RequestID) error
	// ExpireRest deletes expired records that belong to no request: of the ledger, deals for learning, answers
	// about trust, and traces of reminders. It looks at limit records after one, and returns the last that it has
	// looked at; "" at the end.
	ExpireRest(now time.Time, k privacy.Keep, after string, limit int) (next string, changed bool, err error)
	// ForgetSaid forgets messages that were delivered or dropped, whose keys begin with prefix and
	// sort before another: at most limit of them. They may be said again; those of a request stay.
	ForgetSaid(prefix, before string, limit int) error
	// ForgetPerson takes out what is remembered of somebody beside requests: as a manager, as a rep, as
	// an approver. Their reminder is off then. words are those that they had written there,
	// changed is how much was taken out.
	ForgetPerson(nudges.UserID) (words []string, changed int, err error)
	// PutForget notes that somebody is to be forgotten; EndForget that they were.
	PutForget(privacy.Forget) error
	EndForget(nudges.UserID) error
	// PutRun takes down a command. Like counts it is kept for Keep.Counts.
	PutRun(Run) error
	// MarkErased notes that words were taken out: they stand in the file's free pages until File.Rewrite.
	MarkErased() error
	// Sweep forgets envelopes recorded before the given moment, at most limit of them.
	Sweep(before time.Time, limit int) (int, error)
}
