package decide

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// lately is how far a reminder looks back at what somebody has done.
const lately = 28 * 24 * time.Hour

// moment is what is known about somebody when their reminder may be sent.
func (d Rules) moment(r storage.Reader, rem daily.Reminder, now time.Time) (m daily.Moment, err error) {
	p, err := r.Person(rem.Person)
	if err != nil {
		return m, err
	}
	zone := rem.Location(d.Zones)
	m = daily.Moment{Gone: rem.Gone, Barred: !d.Listed(rem.Person), Away: p.Away.After(now), Mantras: d.Mantras}
	if d.Holiday != nil {
		whose, err := teamFor(r, rem.Person)
		if err != nil {
			return m, err
		}
		m.Holiday = d.Holiday(whose, nudges.DateIn(now, zone))
	}
	begun, err := r.Begun(rem.Person, now.Add(-lately))
	for _, q := range begun {
		made := func(kind daily.LineKind, at time.Time) {
			line := daily.Line{Kind: kind, ID: string(q.ID)}
			m.Made = append(m.Made, daily.Made{Line: line, On: nudges.DateIn(at, zone)})
		}
		if e := q.Debrief.Manager; e.Learned != "" {
			made(daily.LineLesson, e.At)
		}
		rung, decided := q.Decision.Rung()
		if !decided || q.IsPlanned() || q.Debrief.End == nudges.EndNever {
			continue
		}
		o, named := q.Debrief.Outcome(), q.Debrief.Reminded // one morning names a call, and no second
		if rung == ladder.HoldBack && (o == nudges.Advanced || o == nudges.Won) && !named {
			made(daily.LineWell, q.Debrief.LoggedAt())
		}
		if rung == ladder.TakeOver {
			m.TakeOvers++
		}
		if q.Way != nudges.ByAsk { // which is the rep's wish
			m.Pauses++
		}
		if o := q.Answers[verdict.QPlan]; o != "" && (o != verdict.OwnPlan || q.Plan != "") {
			made(daily.LinePlan, q.DecidedAt)
		}
	}
	return m, err
}

// teamFor is the manager whose team's holidays somebody has: of their own team, or of the team they are on.
func teamFor(r storage.Reader, id nudges.UserID) (nudges.UserID, error) {
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

// Remind does actions on a reminder, and writes its new state and the messages that it asks for.
func (d Rules) Remind(
	tx storage.Tx, rem daily.Reminder, now time.Time, actions ...daily.ReminderAction,
) (daily.Reminding, error) {
	all := daily.Reminding{Reminder: rem}
	for _, a := range actions {
		o, err := daily.Remind(all.Reminder, a, d.Zones, now)
		if err != nil {
			return all, err
		}
		all.Reminder = o.Reminder
		all.Messages, all.Skipped = append(all.Messages, o.Messages...), append(all.Skipped, o.Skipped...)
	}
	rem = all.Reminder
	if err := errors.Join(tx.PutReminder(rem), tx.Enqueue(now, all.Messages...)); err != nil || len(all.Messages) == 0 {
		return all, err
	}
	// As dates only go forward, no key of an old one comes again.
	old := nudges.DateIn(now, rem.Location(d.Zones)).Plus(-KeptSaid)
	prefix, before := daily.ReminderKey(rem.Person, "", 0), daily.ReminderKey(rem.Person, old, 0)
	return all, tx.ForgetSaid(prefix, before, MostForgotten)
}

// The keys of delivered reminders are kept for KeptSaid days, so that their buttons can show what was chosen. For
// each that is sent, at most MostForgotten old ones are deleted.
const (
	KeptSaid      = 60
	MostForgotten = 20
)

// LineDate is the date that a message of the daily reminder belongs to, and how often it was shown
// before: see daily.ReminderKey.
func LineDate(m nudges.Message) (day nudges.Date, again int) {
	parts := strings.Split(cmp.Or(m.Edits, m.Key), "/")
	if len(parts) > 2 {
		day = nudges.Date(parts[2])
	}
	if len(parts) > 3 {
		again, _ = strconv.Atoi(parts[3])
	}
	return day, again
}

// Unwanted says whether a reminder in the outbox is not wanted any more: the person switched it off or paused it,
// left, or may not use stepin now. One that they asked for comes also while it is off or paused.
func (d Rules) Unwanted(rem daily.Reminder, m nudges.Message) bool {
	day, _ := LineDate(m)
	off := rem.State != daily.ReminderOn || day < rem.Paused
	return m.Edits == "" && (rem.Gone || !d.Listed(m.To) || m.Unsolicited && off)
}
