package bot

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"stepin/bot/clock"
	"stepin/nudges"
)

// reminders is what it takes, beside the store, to say when a reminder comes and what it says.
type reminders struct {
	zones   nudges.Zones
	mantras []string
	holiday func(nudges.UserID, nudges.Date) bool
	barred  func(nudges.UserID) bool // may not use stepin now
}

// newZones remembers the zones that were loaded: a tick asks for the same few again and again.
func newZones() nudges.Zones {
	var known sync.Map // *time.Location by name
	return func(name string) (*time.Location, error) {
		if z, ok := known.Load(name); ok {
			return z.(*time.Location), nil
		}
		z, err := time.LoadLocation(name)
		if err == nil {
			known.Store(name, z)
		}
		return z, err
	}
}

// lately is how far a reminder looks back at what somebody has done.
const lately = 28 * 24 * time.Hour

// moment is what is known about somebody at now, when their reminder may be said.
func (x reminders) moment(r nudges.Reader, rem nudges.Reminder, now time.Time) (m nudges.Moment, err error) {
	p, err := r.Person(rem.Person)
	if err != nil {
		return m, err
	}
	zone := rem.Location(x.zones)
	m = nudges.Moment{Gone: rem.Gone, Barred: x.barred != nil && x.barred(rem.Person), Away: p.Away.After(now), Mantras: x.mantras}
	if x.holiday != nil {
		whose, err := teamFor(r, rem.Person)
		if err != nil {
			return m, err
		}
		m.Holiday = x.holiday(whose, nudges.DateIn(now, zone))
	}
	begun, err := r.Begun(rem.Person, now.Add(-lately))
	for _, q := range begun {
		made := func(kind nudges.LineKind, at time.Time) {
			m.Made = append(m.Made, nudges.Made{Line: nudges.Line{Kind: kind, ID: string(q.ID)}, On: nudges.DateIn(at, zone)})
		}
		if e := q.Debrief.Manager; e.Learned != "" {
			made(nudges.LineLesson, e.At)
		}
		rung, decided := q.Decision.Rung()
		if !decided || q.Debrief.End == nudges.EndNever {
			continue
		}
		if o := q.Debrief.Outcome(); rung == nudges.HoldBack && (o == nudges.Advanced || o == nudges.Won) {
			made(nudges.LineWell, q.Debrief.LoggedAt())
		}
		if rung == nudges.TakeOver {
			m.TakeOvers++
		}
		if q.Way != nudges.ByAsk { // which is the rep's wish
			m.Pauses++
		}
		if o := q.Answers[nudges.QPlan]; o != "" && (o != nudges.OwnPlan || q.Plan != "") {
			made(nudges.LinePlan, q.DecidedAt)
		}
	}
	return m, err
}

// teamFor is the manager whose team's holidays somebody has: their own team's, or that of the
// team they are on.
func teamFor(r nudges.Reader, id nudges.UserID) (nudges.UserID, error) {
	own, err := r.Team(id)
	if err != nil || len(own.Reps) > 0 {
		return id, err
	}
	boss, err := r.TeamOf(id)
	if errors.Is(err, nudges.ErrNotFound) {
		return id, nil
	}
	return boss, err
}

// mostWaiting is how many messages may wait for reminders to be added to them: what can be
// sent until the next tick, and a few more. Those that are left are still due then. So a stampede
// of reminders is no queue in which anything else would have to stand.
const mostWaiting = 330

// tickReminders says or skips the reminders that are due.
func (b *Bot) tickReminders(ctx context.Context) error {
	return clock.CatchUp(ctx, b.worker(), clock.Kind[nudges.UserID]{
		Due: nudges.Reader.DueReminders,
		Room: func(r nudges.Reader) (int, error) {
			waiting, _, err := r.Waiting()
			return mostWaiting - waiting, err
		},
		Do: func(tx nudges.Tx, id nudges.UserID, now time.Time) ([]nudges.UserID, []nudges.Skip, error) {
			rem, err := tx.Reminder(id)
			if err != nil {
				return nil, nil, err
			}
			m, err := b.rem().moment(tx, rem, now)
			if err != nil {
				return nil, nil, err
			}
			o, err := b.rem().remind(tx, rem, now, nudges.Look{Moment: m})
			return []nudges.UserID{id}, o.Skipped, err
		},
	})
}

// remind does actions on a reminder, and writes its new state and the messages that it asks for.
func (x reminders) remind(tx nudges.Tx, rem nudges.Reminder, now time.Time, actions ...nudges.ReminderAction) (nudges.Reminding, error) {
	all := nudges.Reminding{Reminder: rem}
	for _, a := range actions {
		o, err := nudges.Remind(all.Reminder, a, x.zones, now)
		if err != nil {
			return all, err
		}
		all.Reminder, all.Messages, all.Skipped = o.Reminder, append(all.Messages, o.Messages...), append(all.Skipped, o.Skipped...)
	}
	rem = all.Reminder
	if err := errors.Join(tx.PutReminder(rem), tx.Enqueue(now, all.Messages...)); err != nil || len(all.Messages) == 0 {
		return all, err
	}
	// As dates only go forward, no key of an old one comes again.
	old := nudges.DateIn(now, rem.Location(x.zones)).Plus(-keptSaid)
	return all, tx.ForgetSaid(nudges.ReminderKey(rem.Person, "", 0), nudges.ReminderKey(rem.Person, old, 0), mostForgotten)
}

// The keys of what was said are kept for so many days, in which its buttons can show what was
// chosen, and at most so many are forgotten for one that is said.
const (
	keptSaid      = 60
	mostForgotten = 20
)

// lineDate is the date that a message of the daily reminder belongs to, and how often it was shown
// before: see nudges.ReminderKey.
func lineDate(m nudges.Message) (day nudges.Date, again int) {
	parts := strings.Split(cmp.Or(m.Edits, m.Key), "/")
	if len(parts) > 2 {
		day = nudges.Date(parts[2])
	}
	if len(parts) > 3 {
		again, _ = strconv.Atoi(parts[3])
	}
	return day, again
}

// unwanted says whether somebody has switched off or paused the reminder while this one waited
// to be sent, or is gone, or may not use stepin any more. What they asked for themselves comes even so.
func (x reminders) unwanted(rem nudges.Reminder, m nudges.Message) bool {
	day, _ := lineDate(m)
	return m.Edits == "" && (rem.Gone || x.barred(m.To) || m.Unsolicited && (rem.State != nudges.ReminderOn || day < rem.Paused))
}
