package store

import (
	"iter"
	"time"

	"stepin/nudges"
	"stepin/nudges/daily"
)

// A reminderRecord is somebody's daily reminder. It holds no words: lines are names.
type reminderRecord struct {
	State   daily.ReminderState `json:"state,omitempty"`
	At      daily.TimeOfDay     `json:"at,omitempty"` // minutes after midnight
	Days    daily.Weekdays      `json:"days,omitempty"`
	Zone    string              `json:"zone,omitempty"`
	Pinned  string              `json:"pinned,omitempty"`
	Paused  nudges.Date         `json:"paused,omitempty"`
	Gone    bool                `json:"gone,omitempty"`
	Due     time.Time           `json:"due,omitzero"`
	DueOn   nudges.Date         `json:"due_on,omitempty"`
	Had     nudges.Date         `json:"had,omitempty"`
	Snoozed time.Time           `json:"snoozed,omitzero"`
	First   nudges.Date         `json:"first,omitempty"`
	Offered nudges.Date         `json:"offered,omitempty"`
	Shown   nudges.Date         `json:"shown,omitempty"`
	ShownAt time.Time           `json:"shown_at,omitzero"`
	Again   int                 `json:"again,omitempty"`
	Said    []lineRecord        `json:"said,omitempty"`
	Skips   []skipRecord        `json:"skips,omitempty"`
}

type lineRecord struct {
	On    nudges.Date    `json:"on"`
	Kind  daily.LineKind `json:"kind"`
	ID    string         `json:"id,omitempty"`
	Again int            `json:"again,omitempty"`
}

// A skipRecord is a daily.Skip. Its kind is holiday, away or late: never a status.
type skipRecord struct {
	On   nudges.Date    `json:"on"`
	Kind daily.SkipKind `json:"kind"`
}

func reminderRecordOf(r daily.Reminder) reminderRecord {
	return reminderRecord{
		State: r.State, At: r.At, Days: r.Days, Zone: r.Zone, Pinned: r.Pinned, Paused: r.Paused, Gone: r.Gone,
		Due: r.Due, DueOn: r.DueOn, Had: r.Had, Snoozed: r.Snoozed, First: r.First, Offered: r.Offered,
		Shown: r.Shown, ShownAt: r.ShownAt, Again: r.Again,
		Said: each(r.Said, func(s daily.SaidLine) lineRecord {
			return lineRecord{s.On, s.Line.Kind, s.Line.ID, s.Again}
		}),
		Skips: each(r.Skips, func(s daily.Skip) skipRecord { return skipRecord(s) }),
	}
}

func (rec reminderRecord) reminder(id nudges.UserID) daily.Reminder {
	return daily.Reminder{
		Person: id, State: rec.State, At: rec.At, Days: rec.Days, Zone: rec.Zone, Pinned: rec.Pinned,
		Paused: rec.Paused, Gone: rec.Gone,
		Due: rec.Due, DueOn: rec.DueOn, Had: rec.Had, Snoozed: rec.Snoozed, First: rec.First, Offered: rec.Offered,
		Shown: rec.Shown, ShownAt: rec.ShownAt, Again: rec.Again,
		Said: each(rec.Said, func(s lineRecord) daily.SaidLine {
			return daily.SaidLine{On: s.On, Line: daily.Line{Kind: s.Kind, ID: s.ID}, Again: s.Again}
		}),
		Skips: each(rec.Skips, func(s skipRecord) daily.Skip { return daily.Skip(s) }),
	}
}

func (r *reader) Reminder(id nudges.UserID) (daily.Reminder, error) {
	var rec reminderRecord
	err := r.loadIf(reminders, []byte(id), &rec)
	return rec.reminder(id), err
}

// DueReminders may be walked while the reminders it gives are changed.
func (r *reader) DueReminders(now time.Time) iter.Seq2[nudges.UserID, error] {
	return until[nudges.UserID](r, wakes, now)
}

func (t *tx) PutReminder(r daily.Reminder) error {
	if err := named("person", string(r.Person)); err != nil {
		return err
	}
	was, err := t.Reminder(r.Person)
	if err != nil {
		return err
	}
	t.noteTick(lateReminder(r.Person), was)
	if err := t.move(wakesOf(was), wakesOf(r)); err != nil {
		return err
	}
	rec := reminderRecordOf(r)
	return t.save(reminders, []byte(r.Person), &rec)
}

// wakesOf is the entry of a reminder in the index by time; none if it never comes.
func wakesOf(r daily.Reminder) []place {
	at, ok := r.NextTick()
	if !ok {
		return nil
	}
	return []place{atTime(wakes, at, string(r.Person))}
}
