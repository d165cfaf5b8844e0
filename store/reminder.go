package store

import (
	"errors"
	"iter"
	"time"

	"stepin/nudges"
)

// reminderRecord is somebody's daily reminder. It holds no words: lines are names.
type reminderRecord struct {
	State   string       `json:"state,omitempty"`
	At      int          `json:"at,omitempty"` // minutes after midnight
	Days    uint8        `json:"days,omitempty"`
	Zone    string       `json:"zone,omitempty"`
	Pinned  string       `json:"pinned,omitempty"`
	Paused  string       `json:"paused,omitempty"`
	Gone    bool         `json:"gone,omitempty"`
	Due     time.Time    `json:"due,omitzero"`
	DueOn   string       `json:"due_on,omitempty"`
	Had     string       `json:"had,omitempty"`
	Snoozed time.Time    `json:"snoozed,omitzero"`
	First   string       `json:"first,omitempty"`
	Offered string       `json:"offered,omitempty"`
	Shown   string       `json:"shown,omitempty"`
	ShownAt time.Time    `json:"shown_at,omitzero"`
	Again   int          `json:"again,omitempty"`
	Said    []lineRecord `json:"said,omitempty"`
	Skips   []skipRecord `json:"skips,omitempty"`
}

type lineRecord struct {
	On    string `json:"on"`
	Kind  string `json:"kind"`
	ID    string `json:"id,omitempty"`
	Again int    `json:"again,omitempty"`
}

type skipRecord struct {
	On   string `json:"on"`
	Kind string `json:"kind"` // holiday, away or late: never a status
}

func reminderRecordOf(r nudges.Reminder) reminderRecord {
	rec := reminderRecord{
		State: string(r.State), At: int(r.At), Days: uint8(r.Days), Zone: r.Zone, Pinned: r.Pinned, Paused: string(r.Paused),
		Gone: r.Gone, Due: r.Due.UTC(), DueOn: string(r.DueOn), Had: string(r.Had), Snoozed: r.Snoozed.UTC(),
		First: string(r.First), Offered: string(r.Offered), Shown: string(r.Shown), ShownAt: r.ShownAt.UTC(), Again: r.Again,
	}
	for _, s := range r.Said {
		rec.Said = append(rec.Said, lineRecord{string(s.On), string(s.Line.Kind), s.Line.ID, s.Again})
	}
	for _, s := range r.Skips {
		rec.Skips = append(rec.Skips, skipRecord{string(s.On), string(s.Kind)})
	}
	return rec
}

func (rec reminderRecord) reminder(id nudges.UserID) nudges.Reminder {
	r := nudges.Reminder{
		Person: id, State: nudges.ReminderState(rec.State), At: nudges.TimeOfDay(rec.At), Days: nudges.Weekdays(rec.Days),
		Zone: rec.Zone, Pinned: rec.Pinned, Paused: nudges.Date(rec.Paused), Gone: rec.Gone,
		Due: rec.Due, DueOn: nudges.Date(rec.DueOn), Had: nudges.Date(rec.Had), Snoozed: rec.Snoozed,
		First: nudges.Date(rec.First), Offered: nudges.Date(rec.Offered),
		Shown: nudges.Date(rec.Shown), ShownAt: rec.ShownAt, Again: rec.Again,
	}
	for _, s := range rec.Said {
		r.Said = append(r.Said, nudges.SaidLine{On: nudges.Date(s.On), Line: nudges.Line{Kind: nudges.LineKind(s.Kind), ID: s.ID}, Again: s.Again})
	}
	for _, s := range rec.Skips {
		r.Skips = append(r.Skips, nudges.Skip{On: nudges.Date(s.On), Kind: nudges.SkipKind(s.Kind)})
	}
	return r
}

func (r *reader) Reminder(id nudges.UserID) (nudges.Reminder, error) {
	var rec reminderRecord
	if err := r.load(reminders, []byte(id), &rec); err != nil && !errors.Is(err, nudges.ErrNotFound) {
		return nudges.Reminder{}, err
	}
	return rec.reminder(id), nil
}

// DueReminders may be walked while the reminders it gives are changed; one that is still due
// after its change can come again.
func (r *reader) DueReminders(now time.Time) iter.Seq2[nudges.UserID, error] {
	return func(yield func(nudges.UserID, error) bool) {
		for k, err := range r.until(wakes, now) {
			if err != nil {
				yield("", err)
				return
			}
			if !yield(nudges.UserID(k[timeSize:]), nil) {
				return
			}
		}
	}
}

func (t *tx) PutReminder(r nudges.Reminder) error {
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
	return t.save(reminders, []byte(r.Person), reminderRecordOf(r))
}

// wakesOf is the entry of a reminder in the time index; none if it never comes.
func wakesOf(r nudges.Reminder) map[place]bool {
	at, ok := r.NextTick()
	if !ok {
		return nil
	}
	return map[place]bool{{wakes, string(appendTime(nil, at)) + string(r.Person)}: true}
}

// Begun are the requests that a manager began at since or later, newest first.
func (r *reader) Begun(manager nudges.UserID, since time.Time) ([]nudges.Request, error) {
	var all []nudges.Request
	for req, err := range r.found(managers, personPrefix(manager)) {
		if err != nil || req.Begun.Before(since) {
			return all, err
		}
		all = append(all, req)
	}
	return all, nil
}
