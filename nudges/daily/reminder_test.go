package daily

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
)

// remembered are zones by name, as a caller of Remind would have them.
var remembered = func() Zones {
	known := map[string]*time.Location{}
	return func(name string) (*time.Location, error) {
		if zone, ok := known[name]; ok {
			return zone, nil
		}
		zone, err := time.LoadLocation(name)
		if err == nil {
			known[name] = zone
		}
		return zone, err
	}
}()

// A life is one person's, with a clock that looks each minute while it is up.
type life struct {
	t   *testing.T
	r   Reminder
	m   Moment
	now time.Time
	// log has what was said and skipped, in the person's own time
	log  []string
	keys map[string]bool
	days map[nudges.Date]bool // of unsolicited messages
}

const wall = "2006-01-02 15:04"

// born is somebody in a zone at a time on the wall there; their jitter is none.
func born(t *testing.T, zone, at string) *life {
	l := &life{t: t, keys: map[string]bool{}, days: map[nudges.Date]bool{}}
	l.r = Reminder{Person: punctual, Zone: zone}
	l.now = l.at(at)
	l.m.Mantras = ourMantras(t)
	return l
}

// punctual has no jitter.
var punctual = func() nudges.UserID {
	for i := 0; ; i++ {
		if u := nudges.UserID(fmt.Sprint("U", i)); Jitter(u) == 0 {
			return u
		}
	}
}()

// at is a time on the person's wall.
func (l *life) at(s string) time.Time {
	l.t.Helper()
	layout := wall
	if len(s) > len(wall) {
		layout += ":05"
	}
	at, err := time.ParseInLocation(layout, s, l.r.Location(remembered))
	if err != nil {
		l.t.Fatal(err)
	}
	return at
}

func (l *life) try(a ReminderAction) error {
	l.t.Helper()
	out, err := Remind(l.r, a, remembered, l.now)
	if err != nil {
		if len(out.Messages)+len(out.Skipped) > 0 {
			l.t.Errorf("%T: an error that says something", a)
		}
		return err
	}
	l.r = out.Reminder
	zone := l.r.Location(remembered)
	for _, m := range out.Messages {
		if l.keys[m.Key] {
			l.t.Errorf("%s said twice", m.Key)
		}
		l.keys[m.Key] = true
		if m.Kind != KindDailyLine || m.To != l.r.Person || m.Due.After(l.now) || m.While.By.Before(l.now) {
			l.t.Errorf("message %+v at %v", m, l.now)
		}
		_, key, _ := strings.Cut(m.Key, "/")
		_, key, _ = strings.Cut(key, "/")
		how := "says"
		if !m.Unsolicited {
			how = "shows"
		} else if day := nudges.DateIn(l.now, zone); l.days[day] {
			l.t.Errorf("two on %s", day)
		} else {
			l.days[day] = true
		}
		l.log = append(l.log, fmt.Sprintf("%s %s %s", l.now.In(zone).Format(wall), how, key))
	}
	for _, s := range out.Skipped {
		l.log = append(l.log, fmt.Sprintf("%s skips %s %s", l.now.In(zone).Format(wall), s.On, s.Kind))
	}
	return nil
}

func (l *life) does(actions ...ReminderAction) {
	l.t.Helper()
	for _, a := range actions {
		if err := l.try(a); err != nil {
			l.t.Fatalf("%T: %v", a, err)
		}
	}
}

// until lets the clock look each minute, when there is something to see.
func (l *life) until(s string) {
	l.t.Helper()
	l.upTo(l.at(s))
}

func (l *life) upTo(end time.Time) {
	l.t.Helper()
	for {
		next, ok := l.r.NextTick()
		if tick := next.Add(time.Minute - 1).Truncate(time.Minute); tick.After(l.now) {
			next = tick
		} else {
			next = l.now.Add(time.Minute).Truncate(time.Minute)
		}
		if !ok || next.After(end) {
			l.now = end
			return
		}
		l.now = next
		l.does(Look{l.m})
		if after, ok := l.r.NextTick(); ok && !after.After(l.now) {
			l.t.Fatalf("looked at %v, and must look at %v again", l.now, after)
		}
	}
}

// down lets time pass without a clock, and looks then.
func (l *life) down(until string) {
	l.t.Helper()
	l.now = l.at(until)
	l.does(Look{l.m})
}

func (l *life) said(want ...string) {
	l.t.Helper()
	if !slices.Equal(l.log, want) {
		l.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(l.log, "\n\t"), strings.Join(want, "\n\t"))
	}
	l.log = nil
}

func (l *life) next(want string) {
	l.t.Helper()
	got := "never"
	if at, ok := l.r.Upcoming(remembered); ok {
		got = at.In(l.r.Location(remembered)).Format(wall)
	}
	if got != want {
		l.t.Errorf("next at %s, want %s", got, want)
	}
}

func TestAFortnightOfOnePerson(t *testing.T) {
	l := born(t, "Europe/Berlin", "2023-03-20 11:00") // the clocks change on Sunday
	l.does(FirstUse{})
	l.next("2023-03-21 09:00")
	l.until("2023-03-22 09:30")
	l.does(Snooze{SnoozeShort})
	l.until("2023-03-23 08:00")
	l.m.Away = true
	l.until("2023-03-23 12:00")
	l.m.Away = false
	l.until("2023-03-24 10:00")
	l.does(SetSchedule{Schedule{At: HourMinute(2, 30), Days: AllWeek}}) // which Sunday has not
	l.until("2023-03-27 12:00")
	l.does(SetSchedule{Schedule{At: HourMinute(8, 30), Days: Workdays}})
	l.until("2023-03-28 12:00")
	l.m.Holiday = true
	l.until("2023-03-29 12:00")
	l.m.Holiday = false
	l.does(PauseUntil{"2023-03-31"})
	l.until("2023-04-02 23:59")
	l.said(
		"2023-03-21 09:00 says 2023-03-21",
		"2023-03-22 09:00 says 2023-03-22",
		"2023-03-22 09:50 shows 2023-03-22/1",
		"2023-03-23 09:00 skips 2023-03-23 away",
		"2023-03-24 09:00 says 2023-03-24",
		"2023-03-25 02:30 says 2023-03-25",
		"2023-03-26 03:00 says 2023-03-26",
		"2023-03-27 02:30 says 2023-03-27",
		"2023-03-28 08:30 says 2023-03-28",
		"2023-03-29 08:30 skips 2023-03-29 holiday",
		"2023-03-31 08:30 says 2023-03-31",
	)
	if first, _ := l.r.LineOn("2023-03-31", 0); first == mantraLine(l.m.Mantras[0]) || l.r.First != "2023-03-21" ||
		l.r.Said[0].Line != mantraLine(l.m.Mantras[0]) {
		t.Errorf("day one was %s, lines %v", l.r.First, l.r.Said)
	}
	for i, s := range l.r.Said {
		for _, o := range l.r.Said[:i] {
			if o.Line == s.Line {
				t.Errorf("%v on %s and %s", s.Line, o.On, s.On)
			}
		}
	}
	if want := []Skip{{"2023-03-23", SkipAway}, {"2023-03-29", SkipHoliday}}; !slices.Equal(l.r.Skips, want) {
		t.Errorf("skips %v", l.r.Skips)
	}
}

func TestSnooze(t *testing.T) {
	on := func(at TimeOfDay, days Weekdays, now string) *life {
		l := born(t, "Europe/Berlin", "2023-05-01 00:00") // a Monday
		l.does(SwitchOn{}, SetSchedule{Schedule{At: at, Days: days}})
		l.until(now)
		l.log = nil
		return l
	}
	t.Run("over midnight", func(t *testing.T) {
		l := on(HourMinute(23, 30), Workdays, "2023-05-02 23:31")
		l.does(Snooze{SnoozeHour})
		l.next("2023-05-03 23:30")
		l.until("2023-05-03 23:59")
		l.said("2023-05-03 00:31 shows 2023-05-02/1", "2023-05-03 23:30 says 2023-05-03")
	})
	t.Run("again and again", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-02 09:01")
		for range 3 {
			l.does(Snooze{SnoozeShort})
			l.upTo(l.now.Add(21 * time.Minute))
		}
		l.until("2023-05-03 09:00")
		l.said("2023-05-02 09:21 shows 2023-05-02/1", "2023-05-02 09:42 shows 2023-05-02/2",
			"2023-05-02 10:03 shows 2023-05-02/3", "2023-05-03 09:00 says 2023-05-03")
	})
	t.Run("twice at once", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-02 09:01")
		l.does(Snooze{SnoozeShort}, Snooze{SnoozeShort}, Snooze{SnoozeHour}) // the last counts
		l.until("2023-05-02 23:00")
		l.said("2023-05-02 10:01 shows 2023-05-02/1")
	})
	t.Run("tomorrow, when one comes anyway", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-02 09:01")
		l.does(Snooze{SnoozeTomorrow})
		if !l.r.Snoozed.IsZero() {
			t.Error("kept, though the next is due within twelve hours of it")
		}
		l.until("2023-05-03 23:00")
		l.said("2023-05-03 09:00 says 2023-05-03")
	})
	t.Run("tomorrow, a Saturday", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-05 09:01")
		l.does(Snooze{SnoozeTomorrow})
		l.next("2023-05-08 09:00")
		l.until("2023-05-08 10:00")
		l.said("2023-05-06 09:00 shows 2023-05-05/1", "2023-05-08 09:00 says 2023-05-08")
	})
	t.Run("the next has come near meanwhile", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-05 09:01")
		l.does(Snooze{SnoozeTomorrow}, SetSchedule{Schedule{At: HourMinute(20, 0), Days: AllWeek}})
		l.until("2023-05-06 21:00")
		l.said("2023-05-06 20:00 says 2023-05-06")
	})
	t.Run("the next has come before it meanwhile", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-05 09:01")
		l.does(Snooze{SnoozeTomorrow}, SetSchedule{Schedule{At: HourMinute(8, 0), Days: AllWeek}})
		l.until("2023-05-06 21:00")
		l.said("2023-05-06 08:00 says 2023-05-06")
	})
	t.Run("while away, and late", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-02 09:01")
		l.does(Snooze{SnoozeShort})
		l.m.Away = true
		l.until("2023-05-02 10:00")
		l.m.Away = false
		l.does(Snooze{SnoozeShort})
		l.down("2023-05-02 12:21")
		l.said("2023-05-02 09:21 skips 2023-05-02 away", "2023-05-02 12:21 skips 2023-05-02 late")
	})
	t.Run("and then off", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-02 09:01")
		l.does(Snooze{SnoozeShort}, SwitchOff{})
		l.until("2023-05-20 12:00")
		l.said()
	})
	t.Run("a short one is shown on a holiday too, for it was asked for", func(t *testing.T) {
		l := on(DefaultTime, Workdays, "2023-05-05 09:01")
		l.does(Snooze{SnoozeTomorrow})
		l.m.Holiday = true
		l.until("2023-05-06 10:00")
		l.said("2023-05-06 09:00 shows 2023-05-05/1")
	})
}

func TestPauseAndReturn(t *testing.T) {
	l := born(t, "America/New_York", "2023-05-01 08:00")
	l.does(SwitchOn{})
	l.until("2023-05-02 12:00")
	l.does(PauseUntil{"2023-05-13"}) // a Saturday
	l.next("2023-05-15 09:00")
	l.until("2023-05-16 12:00")
	if l.r.Paused != "" {
		t.Errorf("still paused until %s", l.r.Paused)
	}
	l.does(PauseUntil{"2023-08-01"})
	l.until("2023-05-22 12:00")
	l.does(Resume{})
	l.until("2023-05-23 12:00")
	l.does(PauseUntil{"2023-05-25"}, SwitchOff{}, SwitchOn{}) // the pause stays
	l.until("2023-05-25 12:00")
	l.said(
		"2023-05-01 09:00 says 2023-05-01", "2023-05-02 09:00 says 2023-05-02",
		"2023-05-15 09:00 says 2023-05-15", "2023-05-16 09:00 says 2023-05-16",
		"2023-05-23 09:00 says 2023-05-23", "2023-05-25 09:00 says 2023-05-25",
	)
	for _, day := range []nudges.Date{"2023-05-25", "2023-05-24", "", "2023-02-30", "1"} {
		if err := l.try(PauseUntil{day}); !errors.Is(err, ErrPauseDate) {
			t.Errorf("paused until %q: %v", day, err)
		}
	}
}

func TestRestarts(t *testing.T) {
	for _, tt := range []struct {
		down, up string
		want     []string
	}{
		{"2023-05-02 08:50", "2023-05-02 08:59", []string{"2023-05-02 09:00 says 2023-05-02"}},
		{"2023-05-02 08:59", "2023-05-02 09:00:30", []string{"2023-05-02 09:00 says 2023-05-02"}},
		{"2023-05-02 08:59", "2023-05-02 09:47", []string{"2023-05-02 09:47 says 2023-05-02"}},
		{"2023-05-02 08:59", "2023-05-02 11:00", []string{"2023-05-02 11:00 says 2023-05-02"}},
		{"2023-05-02 08:59", "2023-05-02 11:00:01", []string{"2023-05-02 11:00 skips 2023-05-02 late"}},
		{"2023-05-02 08:59", "2023-05-02 11:59", []string{"2023-05-02 11:59 skips 2023-05-02 late"}},
		{"2023-05-02 08:59", "2023-05-03 00:10", []string{"2023-05-03 00:10 skips 2023-05-02 late"}},
		{"2023-05-02 08:59", "2023-05-03 09:05", []string{
			"2023-05-03 09:05 says 2023-05-03",
			"2023-05-03 09:05 skips 2023-05-02 late",
		}},
		{"2023-05-05 09:30", "2023-05-08 08:00", nil}, // over the weekend
		{"2023-05-02 09:00", "2023-05-02 09:01", nil}, // it was said before
	} {
		l := born(t, "Europe/Berlin", "2023-05-01 12:00")
		l.does(FirstUse{})
		l.until(tt.down)
		l.log = nil
		l.down(tt.up)
		l.upTo(l.now.Add(2 * time.Minute))
		l.said(tt.want...)
	}
	l := born(t, "Europe/Berlin", "2023-05-01 08:00")
	l.does(FirstUse{})
	l.until("2023-05-01 12:00")
	l.down("2033-05-03 12:00") // years later, a Tuesday
	if len(l.r.Skips) != keptSkips || l.r.Skips[keptSkips-1].On != "2033-05-03" || len(l.log) < 2500 {
		t.Errorf("after ten years: %d, %v", len(l.log), l.r.Skips)
	}
	l.next("2033-05-04 09:00")
}

// A reminder belongs to its own date: it is never said on the next, whose own it would cost.
func TestNearMidnight(t *testing.T) {
	l := born(t, "Europe/Berlin", "2023-05-01 12:00")
	for i := 0; Jitter(l.r.Person) < 4*time.Minute; i++ {
		l.r.Person = nudges.UserID(fmt.Sprint("W", i))
	}
	l.does(SwitchOn{}, SetSchedule{Schedule{At: HourMinute(23, 58), Days: AllWeek}})
	l.until("2023-05-02 12:00")
	l.down("2023-05-03 00:00:10")
	l.until("2023-05-04 12:00")
	l.said("2023-05-01 23:58 says 2023-05-01", "2023-05-03 00:00 skips 2023-05-02 late",
		"2023-05-03 23:58 says 2023-05-03")
	l.does(SetSchedule{Schedule{At: HourMinute(23, 50), Days: AllWeek}})
	l.until("2023-05-04 23:59")
	if l.said("2023-05-04 23:55 says 2023-05-04"); Jitter(l.r.Person) > 4*time.Minute+59*time.Second {
		t.Errorf("the jitter is %v", Jitter(l.r.Person))
	}
}

func TestFlights(t *testing.T) {
	for _, tt := range []struct {
		name     string
		from, to string
		at       string // on the wall that they leave behind
		want     []string
	}{
		{"after nine: the next is tomorrow's", "Europe/Berlin", "America/Denver", "2023-05-02 11:00", []string{
			"2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
		{"before nine: at nine in Denver", "Europe/Berlin", "America/Denver", "2023-05-02 08:30", []string{
			"2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
		{"back, over nine o'clock: on arrival", "America/Denver", "Europe/Berlin", "2023-05-02 02:30", []string{
			"2023-05-02 10:31 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
		{"back, after nine", "America/Denver", "Europe/Berlin", "2023-05-02 10:00", []string{
			"2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
		{"back, before nine there", "America/Denver", "Europe/Berlin", "2023-05-02 00:30", []string{
			"2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
		{
			"over the date line: a date comes twice", "Pacific/Auckland", "America/Los_Angeles", "2023-05-03 10:00",
			[]string{
				"2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
			},
		},
		{
			"and back: a date that they jumped over", "America/Los_Angeles", "Pacific/Auckland", "2023-05-02 08:00",
			[]string{
				"2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
			},
		},
		{"and back, late in the day", "America/Los_Angeles", "Pacific/Auckland", "2023-05-02 00:30", []string{
			"2023-05-02 19:31 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03", "2023-05-04 09:00 says 2023-05-04",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := born(t, tt.from, "2023-05-01 12:00")
			l.does(SwitchOn{})
			l.until(tt.at)
			l.does(Profile{Zone: tt.to})
			l.until("2023-05-04 12:00")
			l.said(tt.want...)
		})
	}
	t.Run("a pinned zone stays", func(t *testing.T) {
		l := born(t, "Europe/Berlin", "2023-05-01 12:00")
		l.does(SwitchOn{}, Pin{"Europe/Berlin"}, Profile{Zone: "America/Denver"})
		l.until("2023-05-02 10:00")
		l.said("2023-05-02 09:00 says 2023-05-02")
		l.does(Pin{""}) // it is two o'clock in Denver, of the same date
		l.until("2023-05-03 10:00")
		l.said("2023-05-03 09:00 says 2023-05-03")
		l.does(Pin{"Asia/Tokyo"}) // past nine there already, and of their own will
		l.next("2023-05-04 09:00")
	})
	t.Run("a person who was not to have it today does not by flying", func(t *testing.T) {
		l := born(t, "America/Denver", "2023-05-02 14:00")
		l.does(SwitchOn{}, Profile{Zone: "America/New_York"})
		l.next("2023-05-03 09:00")
	})
	t.Run("a flight makes nothing less late", func(t *testing.T) {
		l := born(t, "Europe/Berlin", "2023-05-01 12:00")
		l.does(SwitchOn{})
		l.now = l.at("2023-05-02 11:30")
		l.does(Profile{Zone: "Europe/Athens"}, Look{l.m})
		l.said("2023-05-02 12:30 skips 2023-05-02 late")
	})
	t.Run("an unknown zone changes nothing", func(t *testing.T) {
		l := born(t, "Europe/Berlin", "2023-05-01 12:00")
		l.does(SwitchOn{}, Profile{Zone: ""})
		l.next("2023-05-02 09:00")
		if err := l.try(Pin{"Mars/Olympus"}); !errors.Is(err, ErrZone) {
			t.Errorf("pinned: %v", err)
		}
		if err := l.try(Pin{"Local"}); !errors.Is(err, ErrZone) {
			t.Errorf("pinned to the server's zone: %v", err)
		}
		l.does(Profile{Zone: "Mars/Olympus"}) // a zone newer than our table of them
		if l.r.Location(remembered) != time.UTC {
			t.Errorf("goes by %v", l.r.Location(remembered))
		}
	})
}

func TestClockStepsBack(t *testing.T) {
	l := born(t, "Europe/Berlin", "2023-05-01 12:00")
	l.does(SwitchOn{})
	l.until("2023-05-02 09:00:30")
	for _, back := range []string{"2023-05-02 08:59", "2023-05-02 00:00", "2023-05-01 08:59"} {
		l.now = l.at(back)
		l.does(Look{l.m}, Profile{Zone: "Europe/Berlin"})
		l.until("2023-05-02 12:00")
	}
	l.until("2023-05-03 12:00")
	l.said("2023-05-02 09:00 says 2023-05-02", "2023-05-03 09:00 says 2023-05-03")

	// A clock that was a month ahead for a while must not silence anybody for that month.
	l.down("2023-06-03 12:00")
	l.log = nil
	l.now = l.at("2023-05-03 12:10")
	l.does(Profile{Zone: "Europe/Berlin"}) // the daily refresh
	l.until("2023-05-04 12:00")
	l.said("2023-05-04 09:00 says 2023-05-04")
	l.down("2023-06-01 09:10") // and one that says something there
	l.log = nil
	l.now = l.at("2023-05-04 12:10")
	l.does(Profile{Zone: "Europe/Berlin"})
	l.until("2023-05-05 12:00")
	l.said("2023-05-05 09:00 says 2023-05-05")
}

func TestSendNow(t *testing.T) {
	l := born(t, "Europe/Berlin", "2023-05-01 08:50")
	l.does(SwitchOn{}, SendNow{l.m}) // in the place of today's
	l.does(SendNow{l.m})             // the same tap twice
	l.next("2023-05-02 09:00")
	l.until("2023-05-02 10:00")
	l.does(SendNow{l.m})
	l.until("2023-05-02 11:00")
	l.does(SendNow{l.m}, Snooze{SnoozeShort})
	l.until("2023-05-02 12:00")
	l.does(SwitchOff{}, SendNow{l.m})
	l.until("2023-05-08 12:00")
	l.does(SendNow{l.m})
	l.said(
		"2023-05-01 08:50 shows 2023-05-01", "2023-05-02 09:00 says 2023-05-02",
		"2023-05-02 10:00 shows 2023-05-02/1", "2023-05-02 11:00 shows 2023-05-02/2",
		"2023-05-02 11:20 shows 2023-05-02/3",
		"2023-05-02 12:00 shows 2023-05-02/4", "2023-05-08 12:00 shows 2023-05-08",
	)
	if l.r.Said[0].Line != mantraLine(l.m.Mantras[0]) {
		t.Errorf("the first was %v", l.r.Said[0])
	}
	for i := range 100 { // somebody who cannot get enough
		l.now = l.now.Add(time.Duration(i) + 2*time.Minute)
		l.does(SendNow{l.m})
	}
	if len(l.r.Said) > mostLines {
		t.Errorf("%d lines are kept", len(l.r.Said))
	}
	if err := l.try(SendNow{Moment{Gone: true}}); !errors.Is(err, ErrReminderOff) {
		t.Errorf("to a guest: %v", err)
	}
	none := born(t, "UTC", "2023-05-01 08:50")
	if err := none.try(SendNow{}); !errors.Is(err, ErrNoReminder) {
		t.Errorf("with nothing to say: %v", err)
	}
}

func TestSilentWithNothingTrueToSay(t *testing.T) {
	l := born(t, "UTC", "2023-05-01 08:00")
	l.does(SwitchOn{})
	l.m.Mantras = l.m.Mantras[:2]
	l.until("2023-05-04 12:00")
	l.m.Made = []Made{{Line{LinePlan, "R7"}, "2023-05-04"}}
	l.until("2023-05-05 12:00")
	l.said("2023-05-01 09:00 says 2023-05-01", "2023-05-02 09:00 says 2023-05-02", "2023-05-05 09:00 says 2023-05-05")
	if line, ok := l.r.LineOn("2023-05-05", 0); !ok || line != (Line{LinePlan, "R7"}) {
		t.Errorf("said %v", line)
	}
	if line, ok := l.r.LineOn("2023-05-04", 0); ok {
		t.Errorf("said %v", line)
	}
}

func TestOffersWeeklyOnce(t *testing.T) {
	offered := func(m Moment, days Weekdays) nudges.Date {
		l := born(t, "UTC", "2023-05-01 08:00")
		l.does(SwitchOn{}, SetSchedule{Schedule{At: DefaultTime, Days: days}})
		l.m.Pauses, l.m.TakeOvers = m.Pauses, m.TakeOvers
		l.until("2023-07-01 12:00")
		return l.r.Offered
	}
	if got := offered(Moment{Pauses: 4}, Workdays); got != "2023-05-29" { // the 28th day after
		t.Errorf("offered on %q", got)
	}
	for _, m := range []Moment{{Pauses: 3}, {Pauses: 40, TakeOvers: 1}, {}} {
		if got := offered(m, Workdays); got != "" {
			t.Errorf("%+v: offered on %s", m, got)
		}
	}
	if got := offered(Moment{Pauses: 9}, DaysOf(time.Tuesday)); got != "" {
		t.Errorf("weekly already, and offered on %s", got)
	}
	l := born(t, "UTC", "2023-05-01 08:00")
	l.does(SwitchOn{}, SetSchedule{Schedule{
		At:   DefaultTime,
		Days: DaysOf(time.Sunday, time.Wednesday, time.Friday),
	}}, GoWeekly{})
	if l.r.Days != DaysOf(time.Wednesday) {
		t.Errorf("weekly on %v", l.r.Days)
	}
	l.next("2023-05-03 09:00")
}

func TestUnsent(t *testing.T) {
	l := born(t, "UTC", "2023-05-01 08:00")
	l.does(SwitchOn{})
	l.until("2023-05-01 11:00")
	l.does(Unsent{"2023-05-01", SkipLate}, Unsent{"2023-05-01", SkipLate}, Unsent{"2023-04-01", SkipLate})
	l.until("2023-05-02 11:00")
	l.said("2023-05-01 09:00 says 2023-05-01", "2023-05-01 11:00 skips 2023-05-01 late",
		"2023-05-02 09:00 says 2023-05-02")
	if line, _ := l.r.LineOn("2023-05-02", 0); line != mantraLine(l.m.Mantras[0]) || l.r.First != "2023-05-02" {
		t.Errorf("day one said %v on %s", line, l.r.First)
	}
	l.does(SendNow{l.m}, Unsent{"2023-05-02", SkipLate}) // they have read the one that they asked for
	if l.r.First != "2023-05-02" {
		t.Errorf("day one is %q", l.r.First)
	}
}

func TestGonePeopleGetNothing(t *testing.T) {
	l := born(t, "UTC", "2023-05-01 08:00")
	l.does(SwitchOn{})
	l.until("2023-05-01 09:30")
	l.does(Snooze{SnoozeHour})
	l.m.Gone = true
	l.until("2023-06-01 12:00")
	l.next("never")
	l.m.Gone = false
	l.does(Profile{Zone: "UTC"}) // they are back
	l.until("2023-06-02 12:00")
	l.does(Profile{Zone: "UTC", Gone: true})
	l.until("2023-07-01 12:00")
	l.said("2023-05-01 09:00 says 2023-05-01", "2023-06-02 09:00 says 2023-06-02")
}
