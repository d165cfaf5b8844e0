package daily

import (
	"slices"
	"testing"
	"time"

	"stepin/nudges"
)

func calendarIn(t *testing.T, zone string, at TimeOfDay, days Weekdays, free ...nudges.Date) Calendar {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	return Calendar{z, at, days, func(d nudges.Date) bool { return slices.Contains(free, d) }}
}

func TestRemindersGoByWorkingDays(t *testing.T) {
	sunThu := DaysOf(time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday)
	easter := []nudges.Date{"2019-04-19", "2019-04-22"} // Good Friday and Easter Monday
	for _, tt := range []struct {
		name           string
		c              Calendar
		opened         string // on the person's own clock
		on, chase, nag string
	}{
		{
			name: "in the week", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays),
			opened: "2019-03-04T15:03", on: "2019-03-05", chase: "2019-03-05T08:00Z", nag: "2019-03-07T08:00Z",
		},
		{
			name: "before nine is the same day", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0),
				Workdays), opened: "2019-03-04T07:03", on: "2019-03-05", chase: "2019-03-05T08:00Z",
			nag: "2019-03-07T08:00Z",
		},
		{
			name: "on a Friday", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays),
			opened: "2019-03-08T17:30", on: "2019-03-11", chase: "2019-03-11T08:00Z", nag: "2019-03-13T08:00Z",
		},
		{
			name: "on a Saturday", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays),
			opened: "2019-03-09T11:00", on: "2019-03-11", chase: "2019-03-11T08:00Z", nag: "2019-03-13T08:00Z",
		},
		{
			name: "before Easter", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays, easter...),
			opened: "2019-04-18T16:00", on: "2019-04-23", chase: "2019-04-23T07:00Z", nag: "2019-04-25T07:00Z",
		},
		{
			name: "Easter between the two", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays,
				easter...), opened: "2019-04-17T16:00", on: "2019-04-18", chase: "2019-04-18T07:00Z",
			nag: "2019-04-24T07:00Z",
		},
		{
			name: "half an hour after a call before Easter",
			c:    calendarIn(t, "UTC", HourMinute(9, 0), Workdays, easter...), opened: "2019-04-18T14:32",
			on: "2019-04-23", chase: "2019-04-23T09:00Z", nag: "2019-04-25T09:00Z",
		},
		{
			name: "from Sunday to Thursday", c: calendarIn(t, "Asia/Jerusalem", HourMinute(8, 30), sunThu),
			opened: "2019-03-07T12:00", on: "2019-03-10", chase: "2019-03-10T06:30Z", nag: "2019-03-12T06:30Z",
		},
		{
			name: "Friday and Saturday are free there", c: calendarIn(t, "Asia/Jerusalem", HourMinute(8, 30),
				sunThu), opened: "2019-03-08T12:00", on: "2019-03-10", chase: "2019-03-10T06:30Z",
			nag: "2019-03-12T06:30Z",
		},
		{
			name: "four days a week", c: calendarIn(t, "UTC", HourMinute(9, 0),
				DaysOf(time.Monday, time.Tuesday, time.Thursday, time.Friday)), opened: "2019-03-04T12:00",
			on: "2019-03-05", chase: "2019-03-05T09:00Z", nag: "2019-03-08T09:00Z",
		},
		{
			name: "summer time begins on Sunday", c: calendarIn(t, "Europe/Berlin", HourMinute(9, 0),
				Workdays), opened: "2019-03-29T16:00", on: "2019-04-01", chase: "2019-04-01T07:00Z",
			nag: "2019-04-03T07:00Z",
		},
		{
			name: "summer time leaves out 02:30", c: calendarIn(t, "America/New_York", HourMinute(2, 30),
				AllWeek), opened: "2019-03-09T12:00", on: "2019-03-10", chase: "2019-03-10T07:00Z",
			nag: "2019-03-12T06:30Z",
		},
		{
			name: "winter time has 01:30 twice", c: calendarIn(t, "America/New_York", HourMinute(1, 30),
				AllWeek), opened: "2019-11-02T12:00", on: "2019-11-03", chase: "2019-11-03T05:30Z",
			nag: "2019-11-05T06:30Z",
		},
		{
			name: "Apia had no 30 December 2011, a Friday",
			c:    calendarIn(t, "Pacific/Apia", HourMinute(9, 0), Workdays), opened: "2011-12-29T10:00",
			on: "2012-01-02", chase: "2012-01-01T19:00Z", nag: "2012-01-03T19:00Z",
		},
		{
			name: "and it is no working day of the two",
			c:    calendarIn(t, "Pacific/Apia", HourMinute(9, 0), Workdays), opened: "2011-12-28T10:00",
			on: "2011-12-29", chase: "2011-12-29T19:00Z", nag: "2012-01-02T19:00Z",
		},
		{name: "free for two months", c: Calendar{
			Zone: time.UTC, At: HourMinute(9, 0), Days: Workdays,
			Holiday: func(nudges.Date) bool { return true },
		}, opened: "2019-03-04T12:00"},
		{
			name: "free from the second day on", c: Calendar{
				Zone: time.UTC, At: HourMinute(9, 0),
				Days: Workdays, Holiday: func(d nudges.Date) bool { return d > "2019-03-05" },
			},
			opened: "2019-03-04T12:00", on: "2019-03-05", chase: "2019-03-05T09:00Z",
		},
	} {
		opened, err := time.ParseInLocation("2006-01-02T15:04", tt.opened, tt.c.Zone)
		if err != nil {
			t.Fatal(err)
		}
		var f nudges.DebriefFacts
		tt.c.Remind(&f, opened)
		say := func(at time.Time) string {
			if at.IsZero() {
				return ""
			}
			return at.UTC().Format("2006-01-02T15:04Z")
		}
		if string(f.RemindOn) != tt.on || say(f.RemindAt) != tt.chase || say(f.ThreadRemindAt) != tt.nag {
			t.Errorf("%s: on %q at %q, then %q; want %q at %q, then %q", tt.name, f.RemindOn, say(f.RemindAt),
				say(f.ThreadRemindAt), tt.on, tt.chase, tt.nag)
		}
	}
}

// A working week is read from the daily reminder, if that is daily.
func TestTheWorkingWeek(t *testing.T) {
	zones := func(name string) (*time.Location, error) { return time.LoadLocation(name) }
	sunThu := DaysOf(time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday)
	for _, tt := range []struct {
		r    Reminder
		at   TimeOfDay
		days Weekdays
	}{
		{Reminder{}, DefaultTime, Workdays},
		{Reminder{At: 600, Days: DaysOf(time.Monday)}, 600, Workdays},
		{Reminder{At: 600, Days: DaysOf(time.Monday, time.Wednesday, time.Saturday)}, 600, Workdays},
		{Reminder{At: 600, Days: sunThu}, 600, sunThu},
		{Reminder{At: 600, Days: AllWeek}, 600, AllWeek},
	} {
		tt.r.Zone = "Asia/Jerusalem"
		c := tt.r.Calendar(zones, nil)
		if c.At != tt.at || c.Days != tt.days || c.Zone.String() != "Asia/Jerusalem" {
			t.Errorf("%v: %v on %v in %v", tt.r.Days, c.At, c.Days, c.Zone)
		}
	}
}

// A working day later is the same time on the next working day. A free day is none.
func TestAWorkingDayLater(t *testing.T) {
	all := calendarIn(t, "Europe/Berlin", HourMinute(9, 0), Workdays, "2019-04-19", "2019-04-22")
	for now, want := range map[string]string{
		"2019-03-04T15:03": "2019-03-05T15:03", // a Monday
		"2019-03-08T17:30": "2019-03-11T17:30", // a Friday
		"2019-03-09T11:00": "2019-03-12T09:00", // a Saturday: Monday is the day
		"2019-04-18T16:00": "2019-04-23T16:00", // before Easter
		"2019-03-29T02:30": "2019-04-01T02:30", // summer time between them
		"2019-03-04T23:59": "2019-03-05T23:59",
	} {
		at, err := time.ParseInLocation("2006-01-02T15:04", now, all.Zone)
		if got := all.DayLater(at).In(all.Zone).Format("2006-01-02T15:04"); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", now, got, want, err)
		}
	}
	never := Calendar{Zone: time.UTC, At: HourMinute(9, 0), Days: Workdays, Holiday: func(nudges.Date) bool { return true }}
	if at := never.DayLater(time.Date(2019, 3, 4, 15, 0, 0, 0, time.UTC)); !at.IsZero() {
		t.Errorf("free for ever, and %v", at)
	}
}
