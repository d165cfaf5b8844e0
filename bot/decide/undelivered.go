package decide

import (
	"errors"
	"slices"
	"time"

	"stepin/nudges"
	"stepin/nudges/calls"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// A Loss is why a message was not delivered.
type Loss string

const (
	LossStale   Loss = "stale"   // it was no longer true, or no longer wanted
	LossFailed  Loss = "failed"  // it could not rewrite an earlier one
	LossRefused Loss = "refused" // Slack refuses to post it there
	LossUnclear Loss = "unclear" // nobody can tell whether it was posted
)

// An Undelivered is a message that was dropped, in the transaction that drops it. Its methods say what follows;
// the table of bot/outbox/kinds.go names the method for each kind.
type Undelivered struct {
	Tx      storage.Tx
	M       nudges.Message
	Why     Loss
	Trouble nudges.PlaceTrouble // for refused and unclear: what kept a debrief from its place
	Rules   Rules
	Now     time.Time
	Skips   []daily.Skip // reminders that were skipped by what follows
}

// next applies actions to the request of the message, if there still is one.
func (u *Undelivered) next(actions ...nudges.Action) error {
	r, err := u.Tx.Request(u.M.Request)
	if err != nil {
		return IgnoreNotFound(err)
	}
	for _, a := range actions {
		if r, err = u.apply(r, a); err != nil {
			return err
		}
	}
	return nil
}

func (u *Undelivered) apply(r nudges.Request, a nudges.Action) (nudges.Request, error) {
	o, err := nudges.Next(r, a, u.Now)
	if err != nil {
		return r, err
	}
	return o.Request, storage.Apply(u.Tx, u.Rules.Keep, o, u.Now)
}

// Unreached is for most kinds: the request learns that somebody other than its manager cannot be written to. An
// approver is passed over, and the manager is told of a rep.
func (u *Undelivered) Unreached() error {
	if u.Why != LossRefused {
		return nil
	}
	r, err := u.Tx.Request(u.M.Request)
	if err != nil || u.M.To == r.Manager {
		return IgnoreNotFound(err)
	}
	return u.next(nudges.Gone{Who: u.M.To}, nudges.Unheard{Who: u.M.To})
}

// Meet is for the question to a rep whether this is their manager: it was never asked.
func (u *Undelivered) Meet() error {
	if err := u.Unreached(); err != nil || u.Why != LossRefused {
		return err
	}
	if manager, rep, ok := team.MeetOf(u.M.Key); ok {
		return u.unmet(manager, rep)
	}
	r, err := u.Tx.Request(u.M.Request)
	if err != nil || u.M.To == r.Manager {
		return IgnoreNotFound(err)
	}
	return u.Tx.PutBond(u.M.To, r.Manager, nudges.Unmet)
}

// unmet is for that question where it belongs to no request: what waits for its answer learns that the rep cannot be
// reached.
func (u *Undelivered) unmet(manager, rep nudges.UserID) error {
	waiting, err := u.Tx.PartOf(rep)
	for _, r := range waiting {
		if r.Manager == manager && r.WaitsForBond() {
			_, more := u.apply(r, nudges.Unheard{Who: rep})
			err = errors.Join(err, more)
		}
	}
	return errors.Join(err, u.Tx.PutBond(rep, manager, nudges.Unmet))
}

// Awaited is for what the request waits for: it learns that it was too late.
func (u *Undelivered) Awaited() error {
	if u.Why == LossStale && u.M.Edits == "" {
		return u.next(nudges.Missed{Kind: u.M.Kind, Key: u.M.Key})
	}
	return u.Unreached()
}

// Note is for the manager's note to the rep. One that may have been posted counts as delivered.
func (u *Undelivered) Note() error {
	if u.Why == LossUnclear {
		return u.Rules.NoteDelivered(u.Tx, u.M)
	}
	return u.Awaited()
}

// NoteDelivered forgets what a note said, because Slack has it.
func (d Rules) NoteDelivered(tx storage.Tx, m nudges.Message) error {
	r, err := tx.Request(m.Request)
	if err != nil || r.NoteKey != m.Key {
		return IgnoreNotFound(err)
	}
	r.NoteText = ""
	return tx.PutRequest(d.Keep.Request(r))
}

// Root is for a debrief in a channel or group: the request learns that it is not where it should be.
func (u *Undelivered) Root() error {
	if u.Why == LossRefused || u.Why == LossUnclear {
		return u.displaced()
	}
	return nil
}

// Reply is for a message in a debrief's thread.
func (u *Undelivered) Reply() error {
	if u.Why == LossUnclear {
		return u.displaced()
	}
	return u.Unreached()
}

func (u *Undelivered) displaced() error {
	return u.next(nudges.Displaced{Key: u.M.Key, Kind: u.M.Kind, Trouble: u.Trouble})
}

// DailyLine is for the daily reminder: it learns that it was too late, if it was still wanted.
func (u *Undelivered) DailyLine() error {
	if u.M.Edits != "" || u.Why == LossUnclear {
		return nil // only the choice is not shown
	}
	rem, err := u.Tx.Reminder(u.M.To)
	if err != nil {
		return err
	}
	day, again := LineDate(u.M)
	if again > 0 { // what it shows again was read, unless that was not delivered either
		_, err := u.Tx.Receipt(daily.ReminderKey(u.M.To, day, 0))
		if !errors.Is(err, nudges.ErrNotFound) {
			return err
		}
	}
	kind := daily.SkipLate
	if u.Rules.Unwanted(rem, u.M) {
		kind = ""
	}
	return u.skip(rem, day, kind)
}

// skip tells the reminder that what it was to say on a date was not said, and why; "" for what was not wanted.
func (u *Undelivered) skip(rem daily.Reminder, day nudges.Date, kind daily.SkipKind) error {
	did, err := u.Rules.Remind(u.Tx, rem, u.Now, daily.Unsent{On: day, Kind: kind})
	u.Skips = append(u.Skips, did.Skipped...)
	return err
}

// DebriefReminder is for the reminder of a manager's debriefs: it comes on their next working day instead, and
// the day's line by itself, if it is not too late for it.
func (u *Undelivered) DebriefReminder() error {
	if u.Why == LossUnclear || u.M.Edits != "" {
		return nil
	}
	day, _ := LineDate(u.M)
	rem, err := u.Tx.Reminder(u.M.To)
	if err != nil {
		return err
	}
	cal := u.Rules.calendar(u.M.To, rem)
	if err := u.nextWorkingDay(day, cal); err != nil {
		return err
	}
	key := daily.ReminderKey(u.M.To, day, 0)
	_, said := u.Tx.Receipt(key)
	_, waits := u.Tx.Message(key)
	if _, carried := rem.LineOn(day, 0); !carried || said == nil || waits == nil {
		return errors.Join(IgnoreNotFound(said), IgnoreNotFound(waits)) // the line, if there is one, came by itself
	}
	p, err := u.Tx.Person(u.M.To)
	if err != nil {
		return err
	}
	over := u.M.Due.Add(daily.MaxLate)
	if p.Away.After(u.Now) || !u.Now.Before(over) {
		kind := daily.SkipLate
		if p.Away.After(u.Now) {
			kind = daily.SkipAway
		}
		return u.skip(rem, day, kind)
	}
	if u.M.Tries > 0 && p.Unasked == nudges.DateIn(u.Now, cal.Zone) { // the place of the day, which its first try took
		p.Unasked = ""
		if err := u.Tx.PutPerson(p); err != nil {
			return err
		}
	}
	return u.Tx.Enqueue(u.Now, nudges.Message{
		Key: key, Kind: daily.KindDailyLine, To: u.M.To, Unsolicited: true, Due: u.Now, While: nudges.While{By: over},
	})
}

// nextWorkingDay moves the reminders of the debriefs that are due on a date to the next working day.
func (u *Undelivered) nextWorkingDay(day nudges.Date, cal daily.Calendar) error {
	named, err := NamedDebriefs(u.Tx, u.M.To, day, u.Now)
	if err != nil {
		return err
	}
	on, at, ok := cal.WorkingDay(nudges.DateIn(u.Now, cal.Zone), 1)
	if !ok {
		return nil
	}
	for _, r := range named {
		if !Unlogged(r) {
			continue
		}
		if _, err := u.apply(r, nudges.RemindOfDebriefsLater{At: at, On: on}); err != nil {
			return err
		}
	}
	return nil
}

// NamedDebriefs are those of a manager that the reminder of a date names, newest first. Each is named on one date,
// ever.
func NamedDebriefs(r storage.Reader, manager nudges.UserID, on nudges.Date, now time.Time) ([]nudges.Request, error) {
	begun, err := r.Begun(manager, now.Add(-calls.Reach))
	return slices.DeleteFunc(begun, func(q nudges.Request) bool {
		return !q.Debrief.Reminded || q.Debrief.RemindOn != on
	}), err
}

// Unlogged says whether a debrief still waits for a word on what happened.
func Unlogged(q nudges.Request) bool {
	d := q.Debrief
	return q.Phase == nudges.Debrief && !d.Logged() && d.State != nudges.DebriefMoved && d.Closing == ""
}

// IgnoreNotFound is an error, or nil if it only says that something is not there.
func IgnoreNotFound(err error) error {
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	return err
}
