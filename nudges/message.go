package nudges

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// A Message is an intent to tell somebody something. The store keeps it until
// Slack has taken it, or until it is dropped because it is no longer true.
type Message struct {
	Key     string // names what must be said once: request/transition/recipient/kind
	Kind    string // which message, from nudges/words
	To      UserID // whose DM it goes to
	Channel string // the conversation instead of a DM; "" for a DM
	With    UserID // the other person of a group DM instead of a DM; "" for none
	Thread  string // key of the message whose thread this belongs to; "" for none
	After   string // key of the message that goes before this one, unless it is dropped; "" for none
	Request RequestID
	// Edits is the key of an earlier message that this one rewrites in place. If that
	// was never sent, this is dropped, for the earlier one shows the present state.
	Edits string
	While While // say it only while this holds
	// Unsolicited marks what the clock alone starts: at most one such DM per
	// recipient and local date.
	Unsolicited bool
	Due         time.Time

	// What the outbox keeps beside it:
	Mark      string    // the key made opaque, or that of what it rewrites, for message metadata; set by Enqueue
	Enqueued  time.Time // when it was written down
	Tries     int       // how many sends were begun
	Attempted bool      // a send was begun and its end is not known
	Held      bool      // waits until credentials or scopes are mended
}

// While is a condition on the request that a message belongs to. The zero While
// always holds.
type While struct {
	Seq   int          // the request has had exactly this many transitions; 0 for any
	Phase []Phase      // it is in one of these phases; none for any
	Grant []GrantState // its grant is in one of these states; none for any
	Joins bool         // the manager is to be on the call; false for whatever is decided
	Heard Decision     // the rep was told this last; "" for anything
	By    time.Time    // not after this moment; zero for any
}

// Holds says whether the message is still true of r at now.
func (w While) Holds(r Request, now time.Time) bool {
	return (w.Seq == 0 || w.Seq == r.Seq) &&
		(len(w.Phase) == 0 || slices.Contains(w.Phase, r.Phase)) &&
		(len(w.Grant) == 0 || slices.Contains(w.Grant, r.Grant.State)) &&
		(!w.Joins || r.joins()) &&
		(w.Heard == "" || w.Heard == r.Heard) &&
		!w.Over(now)
}

// Over says whether the time is past in which it could hold.
func (w While) Over(now time.Time) bool { return !w.By.IsZero() && now.After(w.By) }

// A Receipt is where a message went.
type Receipt struct {
	Channel string // the conversation's id
	TS      string // Slack's id of the message in it, or of a file
	At      time.Time
}

// ThreadTo stands in a Key for everybody who is in a thread.
const ThreadTo = "thread"

// Key is the identity of what is said: once per request, transition, recipient and kind.
func Key(r RequestID, seq int, to UserID, kind string) string {
	return fmt.Sprintf("%s/%d/%s/%s", r, seq, to, kind)
}

// A Person is what stepin remembers of somebody.
type Person struct {
	ID   UserID
	Zone string // of the Slack profile, as bot/zones keeps it; "" if not known
	// How times are written for them: as in their Slack language, "" if not known, unless they chose in settings, "" if
	// not.
	SlackHours, OwnHours HourCycle
	DM                   string // the conversation with stepin, once known
	ToldBy               string // key of the message that told them who could read the file; "" for none yet
	Unasked              Date   // local date of the last unsolicited DM
	// Away is until when they are away by their status, as far as that is known; zero for not.
	Away time.Time
	Read time.Time // when their profile was read last
	// Member is when Slack last said that they are a full member; zero once their profile has changed.
	Member time.Time
	// Used says that they have tapped, typed or sent something, ever.
	Used bool
	// Hidden says that Home does not show them their own numbers, Uncounted that nothing is counted for them. What they
	// began before CountFrom is not counted.
	Hidden, Uncounted bool
	CountFrom         time.Time
}

// Hours is how times are written for them.
func (p Person) Hours() HourCycle { return cmp.Or(p.OwnHours, p.SlackHours) }

// A Date is a day on somebody's own calendar, as "2006-01-02"; "" for none.
type Date string

// DateIn is the local date of an instant.
func DateIn(t time.Time, zone *time.Location) Date {
	return Date(t.In(zone).Format(time.DateOnly))
}
