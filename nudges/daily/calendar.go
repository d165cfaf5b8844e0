package daily

import (
	"time"

	"stepin/nudges"
)

// A Calendar is when somebody works: what reminds them of a debrief goes by it.
type Calendar struct {
	Zone    *time.Location
	At      TimeOfDay // when reminders come
	Days    Weekdays  // their working week
	Holiday func(nudges.Date) bool
}

// workWeek is how many days somebody must have chosen for their daily reminder for it to be
// taken for their working week: fewer is a reminder that comes now and then.
const workWeek = 4

// Calendar is the person's own, by the clock and the days of their daily reminder.
func (r Reminder) Calendar(zones Zones, holiday func(nudges.Date) bool) Calendar {
	c := Calendar{Zone: r.Location(zones), At: r.Schedule().At, Days: r.Schedule().Days, Holiday: holiday}
	if len(c.Days.Days()) < workWeek {
		c.Days = Workdays
	}
	return c
}

// mostFree bounds the search for a working day: nobody is off for longer.
const mostFree = 60

// WorkingDay is the n-th working day after a date, with the moment at which reminders come on it;
// false if there is none in sight.
func (c Calendar) WorkingDay(after nudges.Date, n int) (nudges.Date, time.Time, bool) {
	at, ok := Schedule{At: c.At, Days: c.Days}, true
	var when time.Time
	for free := 0; n > 0; {
		if after, when, ok = at.After(after, c.Zone); !ok || free > mostFree {
			return "", time.Time{}, false
		}
		if c.Holiday != nil && c.Holiday(after) {
			free++
			continue
		}
		n--
	}
	return after, when, true
}

// How many working days after a debrief was opened its owner is reminded, and how many after that
// both are, in the thread.
const (
	remindAfter       = 1
	threadRemindAfter = 2
)

// Remind fills in when a debrief that is opened at now is reminded of.
func (c Calendar) Remind(f *nudges.DebriefFacts, now time.Time) {
	day, at, ok := c.WorkingDay(nudges.DateIn(now, c.Zone), remindAfter)
	if !ok {
		return
	}
	f.RemindAt, f.RemindOn = at, day
	if _, at, ok := c.WorkingDay(day, threadRemindAfter); ok {
		f.ThreadRemindAt = at
	}
}
