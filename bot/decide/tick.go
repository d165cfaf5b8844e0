package decide

import (
	"errors"
	"time"

	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// Rules decide by the settings that apply now.
type Rules struct {
	*roster.Current
	Zones daily.Zones
}

// Tick does what is due of a request at now, and opens its debrief. gone are reps without an account. It returns
// whose Home has changed.
func (d Rules) Tick(
	tx storage.Tx, r nudges.Request, gone map[nudges.UserID]bool, now time.Time,
) (touched []nudges.UserID, err error) {
	do := func(a nudges.Action) error {
		o, err := nudges.Next(r, a, now)
		if err != nil {
			return err
		}
		r = o.Request
		touched = append(touched, o.Concerned()...)
		return errors.Join(storage.Apply(tx, d.Keep, o, now), d.carry(tx, o, now))
	}
	if err := do(nudges.Tick{}); err != nil || !r.DebriefDue(now) {
		return touched, err
	}
	f, err := d.debriefFacts(tx, r, now)
	if err != nil {
		return touched, err
	}
	f.RepGone = gone[r.Rep]
	return touched, do(nudges.OpenDebrief{Facts: f})
}

// Left passes over somebody who has left, wherever they were asked. It returns whose Home has changed.
func (d Rules) Left(tx storage.Tx, who nudges.UserID, now time.Time) (touched []nudges.UserID, err error) {
	all, err := tx.PartOf(who)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		o, err := nudges.Next(r, nudges.Gone{Who: who}, now)
		if err != nil {
			return nil, err
		}
		if err := storage.Apply(tx, d.Keep, o, now); err != nil {
			return nil, err
		}
		touched = append(touched, o.Concerned()...)
	}
	return touched, nil
}

// TickReminder sends or skips the daily reminder that is due, and returns what it skipped.
func (d Rules) TickReminder(tx storage.Tx, id nudges.UserID, now time.Time) ([]daily.Skip, error) {
	rem, err := tx.Reminder(id)
	if err != nil {
		return nil, err
	}
	m, err := d.moment(tx, rem, now)
	if err != nil {
		return nil, err
	}
	o, err := d.Remind(tx, rem, now, daily.Look{Moment: m})
	return o.Skipped, err
}

// carry lets a debrief's reminder carry the line of the daily reminder, which then does not come by itself: one
// unsolicited message a day.
func (d Rules) carry(tx storage.Tx, o nudges.Outcome, now time.Time) error {
	for _, m := range o.Messages {
		if m.Kind != nudges.KindDebriefReminder || m.Edits != "" {
			continue
		}
		rem, err := tx.Reminder(m.To)
		if err != nil || rem.State != daily.ReminderOn {
			return err
		}
		what, err := d.moment(tx, rem, now)
		if err != nil {
			return err
		}
		if _, err := d.Remind(tx, rem, now, daily.Carry{Moment: what}); err != nil {
			return err
		}
	}
	return nil
}
