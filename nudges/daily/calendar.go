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

// DayLater is a working day after now, at the same time of day. Of a free day it is the end of the first working day
// after it: when reminders come on the second. Zero if there is none in sight.
func (c Calendar) DayLater(now time.Time) time.Time {
	today := nudges.DateIn(now, c.Zone)
	first, _, ok := c.WorkingDay(today.Plus(-1), 1)
	if !ok {
		return time.Time{}
	}
	next, at, ok := c.WorkingDay(first, 1)
	if day, valid := next.Midnight(); ok && valid && first == today {
		local := now.In(c.Zone)
		at = time.Date(day.Year(), day.Month(), day.Day(), local.Hour(), local.Minute(), local.Second(), 0, c.Zone)
	}
	return at
}

// How many working days after a debrief was opened its owner is reminded, and how many after that
// both are, in the thread.
const (
	remindAfter       = 1
	threadRemindAfter = 2
)

// Remind fills in when a debrief that is opened at now is reminded of, and when a working day has passed.
func (c Calendar) Remind(f *nudges.DebriefFacts, now time.Time) {
	f.DayLater = c.DayLater(now)
	day, at, ok := c.WorkingDay(nudges.DateIn(now, c.Zone), remindAfter)
	if !ok {
		return
	}
	f.RemindAt, f.RemindOn = at, day
	if _, at, ok := c.WorkingDay(day, threadRemindAfter); ok {
		f.ThreadRemindAt = at
	}
}
