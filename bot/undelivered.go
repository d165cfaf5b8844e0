package bot

import (
	"errors"
	"slices"
	"time"

	"stepin/nudges"
)

// A loss is why a message was not delivered.
type loss string

const (
	lossStale   loss = "stale"   // it was no longer true, or no longer wanted
	lossFailed  loss = "failed"  // it could not rewrite an earlier one
	lossRefused loss = "refused" // Slack refuses to post it there
	lossUnclear loss = "unclear" // nobody can tell whether it was posted
)

// An undelivered is a message that was dropped, in the transaction that drops it. Its methods say what follows;
// which of them applies is a matter of the message's kind.
type undelivered struct {
	tx      nudges.Tx
	m       nudges.Message
	why     loss
	trouble nudges.PlaceTrouble // for refused and unclear: what kept a debrief from its place
	rules   Decider
	now     time.Time
	skips   []nudges.Skip // reminders that were skipped by what follows
}

// next applies actions to the request of the message, if there still is one.
func (u *undelivered) next(actions ...nudges.Action) error {
	r, err := u.tx.Request(u.m.Request)
	if err != nil {
		return ignoreNotFound(err)
	}
	for _, a := range actions {
		if r, err = u.apply(r, a); err != nil {
			return err
		}
	}
	return nil
}

func (u *undelivered) apply(r nudges.Request, a nudges.Action) (nudges.Request, error) {
	o, err := nudges.Next(r, a, u.now)
	if err != nil {
		return r, err
	}
	return o.Request, nudges.Apply(u.tx, u.rules.Keep, o, u.now)
}

// unreached is for most kinds: the request learns that somebody other than its manager cannot be written to. An
// approver is passed over, and the manager is told of a rep.
func (u *undelivered) unreached() error {
	if u.why != lossRefused {
		return nil
	}
	r, err := u.tx.Request(u.m.Request)
	if err != nil || u.m.To == r.Manager {
		return ignoreNotFound(err)
	}
	return u.next(nudges.Gone{Who: u.m.To}, nudges.Unheard{Who: u.m.To})
}

// meet is for the question to a rep whether this is their manager: it was never asked.
func (u *undelivered) meet() error {
	if err := u.unreached(); err != nil || u.why != lossRefused {
		return err
	}
	r, err := u.tx.Request(u.m.Request)
	if err != nil || u.m.To == r.Manager {
		return ignoreNotFound(err)
	}
	return u.tx.PutBond(u.m.To, r.Manager, nudges.Unmet)
}

// awaited is for what the request waits for: it learns that it was too late.
func (u *undelivered) awaited() error {
	if u.why == lossStale && u.m.Edits == "" {
		return u.next(nudges.Missed{Kind: u.m.Kind})
	}
	return u.unreached()
}

// root is for a debrief in a channel or group: the request learns that it is not where it should be.
func (u *undelivered) root() error {
	if u.why == lossRefused || u.why == lossUnclear {
		return u.displaced()
	}
	return nil
}

// reply is for a message in a debrief's thread.
func (u *undelivered) reply() error {
	if u.why == lossUnclear {
		return u.displaced()
	}
	return u.unreached()
}

func (u *undelivered) displaced() error {
	return u.next(nudges.Displaced{Key: u.m.Key, Kind: u.m.Kind, Trouble: u.trouble})
}

// dailyLine is for the daily reminder: it learns that it was too late, if it was still wanted.
func (u *undelivered) dailyLine() error {
	if u.m.Edits != "" || u.why == lossUnclear {
		return nil // only the choice is not shown
	}
	rem, err := u.tx.Reminder(u.m.To)
	if err != nil {
		return err
	}
	day, again := lineDate(u.m)
	if again > 0 { // what it shows again was read, unless that was not delivered either
		_, err := u.tx.Receipt(nudges.ReminderKey(u.m.To, day, 0))
		if !errors.Is(err, nudges.ErrNotFound) {
			return err
		}
	}
	kind := nudges.SkipLate
	if u.rules.unwanted(rem, u.m) {
		kind = ""
	}
	return u.skip(rem, day, kind)
}

// skip tells the reminder that what it was to say on a date was not said, and why; "" for what was not wanted.
func (u *undelivered) skip(rem nudges.Reminder, day nudges.Date, kind nudges.SkipKind) error {
	did, err := u.rules.Remind(u.tx, rem, u.now, nudges.Unsent{On: day, Kind: kind})
	u.skips = append(u.skips, did.Skipped...)
	return err
}

// debriefReminder is for the reminder of a manager's debriefs: it comes on their next working day instead, and
// the day's line by itself, if it is not too late for it.
func (u *undelivered) debriefReminder() error {
	if u.why == lossUnclear {
		return nil
	}
	day, _ := lineDate(u.m)
	rem, err := u.tx.Reminder(u.m.To)
	if err != nil {
		return err
	}
	cal := u.rules.calendar(u.m.To, rem)
	if err := u.nextWorkingDay(day, cal); err != nil {
		return err
	}
	key := nudges.ReminderKey(u.m.To, day, 0)
	_, said := u.tx.Receipt(key)
	_, waits := u.tx.Message(key)
	if _, carried := rem.LineOn(day, 0); !carried || said == nil || waits == nil {
		return errors.Join(ignoreNotFound(said), ignoreNotFound(waits)) // the line, if there is one, came by itself
	}
	p, err := u.tx.Person(u.m.To)
	if err != nil {
		return err
	}
	over := u.m.Due.Add(nudges.MaxLate)
	if p.Away.After(u.now) || !u.now.Before(over) {
		kind := nudges.SkipLate
		if p.Away.After(u.now) {
			kind = nudges.SkipAway
		}
		return u.skip(rem, day, kind)
	}
	if u.m.Tries > 0 && p.Unasked == nudges.DateIn(u.now, cal.Zone) { // the place of the day, which its first try took
		p.Unasked = ""
		if err := u.tx.PutPerson(p); err != nil {
			return err
		}
	}
	return u.tx.Enqueue(u.now, nudges.Message{
		Key: key, Kind: nudges.KindDailyLine, To: u.m.To, Unsolicited: true, Due: u.now, While: nudges.While{By: over},
	})
}

// nextWorkingDay moves the reminders of the debriefs that are due by a date to the next working day.
func (u *undelivered) nextWorkingDay(day nudges.Date, cal nudges.Calendar) error {
	open, err := openDebriefs(u.tx, u.m.To, day, u.now)
	if err != nil {
		return err
	}
	on, at, ok := cal.WorkingDay(nudges.DateIn(u.now, cal.Zone), 1)
	if !ok {
		return nil
	}
	for _, r := range open {
		if _, err := u.apply(r, nudges.RemindOfDebriefsLater{At: at, On: on}); err != nil {
			return err
		}
	}
	return nil
}

// openDebriefs are those of a manager that nobody has logged and whose reminder is due by a date, newest first.
func openDebriefs(r nudges.Reader, manager nudges.UserID, by nudges.Date, now time.Time) ([]nudges.Request, error) {
	begun, err := r.Begun(manager, now.Add(-nudges.DebriefReach))
	return slices.DeleteFunc(begun, func(q nudges.Request) bool {
		d := q.Debrief
		return q.Phase != nudges.Debrief || d.Logged() || d.State == nudges.DebriefMoved ||
			d.RemindOn == "" || d.RemindOn > by
	}), err
}

// ignoreNotFound is an error, or nil if it only says that something is not there.
func ignoreNotFound(err error) error {
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	return err
}
