package daily

import (
	"fmt"
	"time"

	"stepin/nudges"
)

// A TimeOfDay is what a clock on the wall reads, in minutes after midnight.
type TimeOfDay int

// HourMinute is the time of day of an hour and a minute.
func HourMinute(hour, minute int) TimeOfDay { return TimeOfDay(hour*60 + minute) }

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", int(t)/60, int(t)%60) }

// Weekdays are a set of days of the week, a bit each from Sunday on.
type Weekdays uint8

// What most people choose.
const (
	Workdays Weekdays = 0b0111110
	AllWeek  Weekdays = 0b1111111
)

// DaysOf is the set of these days.
func DaysOf(days ...time.Weekday) Weekdays {
	var w Weekdays
	for _, d := range days {
		w |= 1 << d
	}
	return w
}

// Has says whether a day is in the set.
func (w Weekdays) Has(d time.Weekday) bool { return w&(1<<d) != 0 }

// Days are the days of the set, Monday first.
func (w Weekdays) Days() []time.Weekday {
	var out []time.Weekday
	for i := range 7 {
		if d := time.Weekday((i + 1) % 7); w.Has(d) {
			out = append(out, d)
		}
	}
	return out
}

// A Schedule is a time on the wall, on days of the week, in no zone yet.
//
// On each chosen date it has one moment, in any zone:
//
//   - when the clock reads that time;
//   - when it reads it twice, the first of the two;
//   - when a change of the clock leaves it out, the first minute that the clock reads after it;
//   - when the date is over by then, as in Nuuk, where 23:00 is followed by the next
//     day's 00:00, the last minute that the date has. The next date keeps its own;
//   - when the zone leaves out the whole date, as Apia did with 30 December 2011, none.
type Schedule struct {
	At   TimeOfDay
	Days Weekdays
}

// On is the schedule's moment on a date, whichever day of the week that is; false if the
// date has none.
func (s Schedule) On(day nudges.Date, zone *time.Location) (time.Time, bool) {
	midnight, ok := day.Midnight()
	if !ok {
		return time.Time{}, false
	}
	at := reaches(midnight.Add(time.Duration(s.At)*time.Minute), zone)
	if nudges.DateIn(at, zone) > day {
		at = reaches(midnight.AddDate(0, 0, 1), zone).Add(-time.Minute)
	}
	return at, nudges.DateIn(at, zone) == day
}

// reaches is when the clock of a zone first reads wall, or later.
func reaches(wall time.Time, zone *time.Location) time.Time {
	// No zone was ever as much as 16 hours from UTC, so the clock has not reached it here.
	from := wall.Add(-16 * time.Hour)
	for {
		local := from.In(zone)
		_, offset := local.Zone()
		_, till := local.ZoneBounds()
		if !till.IsZero() && !till.After(from) { // on 31 December of a leap year: golang/go#81583
			till = from.Add(24 * time.Hour)
		}
		at := wall.Add(-time.Duration(offset) * time.Second)
		if at.Before(from) { // left out by the change at from
			at = from
		}
		if till.IsZero() || at.Before(till) {
			return at.UTC()
		}
		from = till
	}
}

// After is the first chosen date after day that has a moment, with that moment; false for
// a schedule without days.
func (s Schedule) After(day nudges.Date, zone *time.Location) (nudges.Date, time.Time, bool) {
	t, ok := day.Midnight()
	if !ok {
		return "", time.Time{}, false
	}
	for range 3 * 7 { // a week, and more where a zone leaves out a date
		t = t.AddDate(0, 0, 1)
		if !s.Days.Has(t.Weekday()) {
			continue
		}
		day := nudges.Date(t.Format(time.DateOnly))
		if at, ok := s.On(day, zone); ok {
			return day, at, true
		}
	}
	return "", time.Time{}, false
}

// Next is the schedule's first moment after t; false for a schedule without days.
func (s Schedule) Next(t time.Time, zone *time.Location) (time.Time, bool) {
	day := nudges.DateIn(t, zone).Plus(-1)
	for {
		next, at, ok := s.After(day, zone)
		if !ok || at.After(t) {
			return at, ok
		}
		day = next
	}
}
