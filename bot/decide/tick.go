package decide

import (
	"errors"
	"time"

	"stepin/bot/roster"
	"stepin/nudges"
)

// Rules decide by the settings that apply now.
type Rules struct {
	*roster.Current
	Zones nudges.Zones
}

// Tick does what is due of a request at now, the opening of its debrief too. gone are reps without an account.
func (d Rules) Tick(tx nudges.Tx, r nudges.Request, gone map[nudges.UserID]bool, now time.Time) (touched []nudges.UserID, err error) {
	do := func(a nudges.Action) error {
		o, err := nudges.Next(r, a, now)
		if err != nil {
			return err
		}
		r = o.Request
		touched = append(touched, o.Concerned()...)
		return errors.Join(nudges.Apply(tx, d.Keep, o, now), d.carry(tx, o, now))
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

// TickReminder says or skips what is due of somebody's daily reminder, and returns what it skipped.
func (d Rules) TickReminder(tx nudges.Tx, id nudges.UserID, now time.Time) ([]nudges.Skip, error) {
	rem, err := tx.Reminder(id)
	if err != nil {
		return nil, err
	}
	m, err := d.moment(tx, rem, now)
	if err != nil {
		return nil, err
	}
	o, err := d.Remind(tx, rem, now, nudges.Look{Moment: m})
	return o.Skipped, err
}

// carry has the reminder of a debrief carry the line of the day's reminder, which does not come by itself
// then: one unsolicited message a day.
func (d Rules) carry(tx nudges.Tx, o nudges.Outcome, now time.Time) error {
	for _, m := range o.Messages {
		if m.Kind != nudges.KindDebriefReminder {
			continue
		}
		rem, err := tx.Reminder(m.To)
		if err != nil || rem.State != nudges.ReminderOn {
			return err
		}
		what, err := d.moment(tx, rem, now)
		if err != nil {
			return err
		}
		if _, err := d.Remind(tx, rem, now, nudges.Carry{Moment: what}); err != nil {
			return err
		}
	}
	return nil
}
