package daily

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones on every machine

	"stepin/nudges"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// Years are past ones, so that no new law changes them, and such as have something to show.
var changingZones = []struct {
	zone    string
	from    int // the first of two years
	changes int // there are this many, or more as the zone data learns of them
}{
	{"Australia/Lord_Howe", 2023, 4},  // by half an hour
	{"America/Santiago", 2023, 4},     // at midnight
	{"Africa/Cairo", 2023, 4},         // at midnight, to and fro
	{"Asia/Kathmandu", 1985, 1},       // by a quarter of an hour, once
	{"Pacific/Apia", 2011, 5},         // which had no 30 December 2011
	{"Europe/Berlin", 2023, 4},        //
	{"America/New_York", 2023, 4},     //
	{"Asia/Tehran", 2021, 4},          // at midnight
	{"America/Sao_Paulo", 2017, 4},    // at midnight
	{"Africa/Casablanca", 2023, 4},    // in Ramadan
	{"Pacific/Chatham", 2023, 4},      // a quarter to
	{"Asia/Gaza", 2023, 4},            //
	{"Asia/Gaza", 2011, 4},            // at midnight
	{"America/St_Johns", 2010, 4},     // a minute past midnight
	{"America/Nuuk", 2023, 3},         // one of them over midnight
	{"Asia/Pyongyang", 2018, 1},       // half an hour over midnight
	{"Asia/Pyongyang", 2015, 1},       // and back over midnight
	{"Pacific/Kwajalein", 1993, 1},    // which had no 21 August 1993
	{"Antarctica/Troll", 2023, 4},     // by two hours
	{"America/Scoresbysund", 2023, 3}, // to another zone, in summer time
	{"UTC", 2023, 0},
}

var chosenTimes = []TimeOfDay{
	0, HourMinute(0, 30), HourMinute(1, 0), HourMinute(2, 0), HourMinute(2, 30),
	HourMinute(9, 0), HourMinute(23, 15), HourMinute(23, 45),
}

// A minuteRead is what a clock on the wall reads, found by looking at it.
type minuteRead struct {
	at   time.Time
	read int // minutes after midnight
}

// changesOf finds the changes of a zone by looking at its clock.
func changesOf(zone *time.Location, from, till time.Time) []time.Time {
	var out []time.Time
	_, was := from.In(zone).Zone()
	for t := from; t.Before(till); t = t.Add(15 * time.Minute) {
		if _, is := t.In(zone).Zone(); is != was {
			out, was = append(out, t), is
		}
	}
	return out
}

// walk reads the clock of a zone at each minute, and gives the minutes of each date that
// it has whole.
func walk(zone *time.Location, from, till time.Time) map[nudges.Date][]minuteRead {
	days := map[nudges.Date][]minuteRead{}
	for t := from; t.Before(till); t = t.Add(time.Minute) {
		local := t.In(zone)
		day := nudges.Date(local.Format(time.DateOnly))
		days[day] = append(days[day], minuteRead{t, local.Hour()*60 + local.Minute()})
	}
	delete(days, nudges.DateIn(from, zone))
	delete(days, nudges.DateIn(till.Add(-time.Minute), zone))
	return days
}

// expected is the moment of each date, by the rule as people would say it, from nothing
// but the minutes.
func expected(days map[nudges.Date][]minuteRead, at TimeOfDay) map[nudges.Date]time.Time {
	out := map[nudges.Date]time.Time{}
	for day, minutes := range days {
		var exact, later *minuteRead
		for i := range minutes {
			m := &minutes[i]
			if exact == nil && m.read == int(at) {
				exact = m
			}
			if later == nil && m.read > int(at) {
				later = m
			}
		}
		switch {
		case exact != nil:
			out[day] = exact.at
		case later != nil:
			out[day] = later.at
		default: // the rest of the date was left out
			out[day] = minutes[len(minutes)-1].at
		}
	}
	return out
}

func TestScheduleThroughEveryChange(t *testing.T) {
	changes, dates := 0, 0
	zones := map[string]bool{}
	for _, tt := range changingZones {
		zone := zoneOf(t, tt.zone)
		zones[tt.zone] = true
		from, till := time.Date(tt.from, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(tt.from+2, 1, 1, 0, 0, 0, 0, time.UTC)
		found := changesOf(zone, from, till)
		if len(found) < tt.changes {
			t.Errorf("%s, %d: %d changes, want %d: %v", tt.zone, tt.from, len(found), tt.changes, found)
		}
		changes += len(found)
		windows := found
		if len(found) == 0 {
			windows = []time.Time{from.AddDate(0, 6, 0)}
		}
		for _, change := range windows {
			begin, end := change.AddDate(0, 0, -4), change.AddDate(0, 0, 4)
			walked := walk(zone, begin, end)
			for _, at := range chosenTimes {
				whole := expected(walked, at)
				for _, days := range []Weekdays{
					AllWeek, Workdays,
					DaysOf(change.In(zone).Weekday()),
				} {
					s := Schedule{At: at, Days: days}
					got := map[nudges.Date]time.Time{}
					for now := begin; ; {
						next, ok := s.Next(now, zone)
						if !ok || !next.After(now) {
							t.Fatalf("%s, %v: after %v comes %v, %v", tt.zone, at, now, next, ok)
						}
						if !next.Before(end) {
							break
						}
						day := nudges.DateIn(next, zone)
						if _, twice := got[day]; twice {
							t.Errorf("%s, %v: two on %s", tt.zone, at, day)
						}
						got[day], now = next, next
					}
					for day := range walked {
						want := whole[day]
						if d, _ := time.Parse(time.DateOnly, string(day)); !days.Has(d.Weekday()) {
							want = time.Time{}
						}
						dates++
						if !got[day].Equal(want) {
							t.Errorf("%s, %v on %s: %v, want %v", tt.zone, at, day, got[day].In(zone), want.In(zone))
						}
					}
				}
			}
		}
	}
	if len(zones) < 12 {
		t.Errorf("%d zones", len(zones))
	}
	t.Logf("%d zones, %d changes, %d dates", len(zones), changes, dates)
}

// Over two whole years there is one on each date that a calendar of the place has.
func TestScheduleEveryDateOfTwoYears(t *testing.T) {
	for _, tt := range changingZones {
		zone := zoneOf(t, tt.zone)
		from, till := time.Date(tt.from, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(tt.from+2, 1, 1, 0, 0, 0, 0, time.UTC)
		want := map[nudges.Date]bool{}
		for now := from; now.Before(till); now = now.Add(15 * time.Minute) {
			want[nudges.DateIn(now, zone)] = true
		}
		delete(want, nudges.DateIn(from, zone))
		delete(want, nudges.DateIn(till, zone))
		for _, at := range chosenTimes {
			s, n := Schedule{At: at, Days: AllWeek}, 0
			last := nudges.DateIn(from, zone)
			for now := from; now.Before(till); {
				now, _ = s.Next(now, zone)
				day := nudges.DateIn(now, zone)
				if day < last || day == last && n > 0 {
					t.Fatalf("%s, %v: %s after %s", tt.zone, at, day, last)
				}
				if last = day; want[day] {
					n++
				}
			}
			if n != len(want) {
				t.Errorf("%s, %v: %d of %d dates", tt.zone, at, n, len(want))
			}
		}
	}
}

func TestScheduleByName(t *testing.T) {
	for _, tt := range []struct{ zone, at, after, want string }{
		{"Europe/Berlin", "02:30", "2023-03-25T12:00", "2023-03-26 03:00 CEST"},
		{"Europe/Berlin", "02:30", "2023-10-28T12:00", "2023-10-29 02:30 CEST"},
		{"Europe/Berlin", "02:30", "2023-10-29T00:30", "2023-10-30 02:30 CET"}, // not once more
		{"America/Santiago", "00:00", "2023-09-02T12:00", "2023-09-03 01:00 -03"},
		{"Africa/Cairo", "00:30", "2023-04-27T12:00", "2023-04-28 01:00 EEST"},
		{"Australia/Lord_Howe", "02:15", "2023-09-30T03:00", "2023-10-01 02:30 +11"},
		{"Pacific/Apia", "09:00", "2011-12-29T20:00", "2011-12-31 09:00 +14"},
		{"Pacific/Apia", "23:45", "2011-12-29T12:00", "2011-12-29 23:45 -10"},
		{"Pacific/Apia", "23:45", "2011-12-30T09:45", "2011-12-31 23:45 +14"},
		{"America/Nuuk", "23:45", "2024-03-30T12:00", "2024-03-30 22:59 -02"},
		{"America/Nuuk", "23:45", "2024-03-31T12:00", "2024-03-31 23:45 -01"},
		{"America/St_Johns", "00:30", "2010-03-13T12:00", "2010-03-14 01:01 NDT"},
		{"Asia/Kathmandu", "00:00", "1985-12-31T12:00", "1986-01-01 00:15 +0545"},
	} {
		at, err := ParseTimeOfDay(tt.at)
		if err != nil {
			t.Fatal(err)
		}
		after, err := time.Parse("2006-01-02T15:04", tt.after)
		if err != nil {
			t.Fatal(err)
		}
		zone := zoneOf(t, tt.zone)
		got, _ := Schedule{At: at, Days: AllWeek}.Next(after, zone)
		if s := got.In(zone).Format("2006-01-02 15:04 MST"); s != tt.want {
			t.Errorf("%s, %s after %s: %s, want %s", tt.zone, tt.at, tt.after, s, tt.want)
		}
	}
}

// On the last day of a leap year package time may say that the present zone has ended
// before it began (golang/go#81583). That must cost nobody their reminder, or the clock.
func TestScheduleAtTheEndOfALeapYear(t *testing.T) {
	for _, name := range ZoneNames() {
		zone := zoneOf(t, name)
		for _, year := range []int{2020, 2024, 2040, 2060} { // by the table of a zone, and by its rule
			for day := 30; day <= 32; day++ {
				for _, at := range []TimeOfDay{0, DefaultTime, HourMinute(23, 59)} {
					want := time.Date(year, 12, day, 0, int(at), 0, 0, zone)
					got, ok := Schedule{At: at, Days: AllWeek}.On(nudges.Date(want.Format(time.DateOnly)),
						zone)
					if !ok || !got.Equal(want) {
						t.Fatalf("%s: %v, want %v", name, got.In(zone), want)
					}
				}
			}
		}
	}
}

func TestScheduleWithoutAMoment(t *testing.T) {
	zone := zoneOf(t, "Pacific/Apia")
	if at, ok := (Schedule{At: HourMinute(9, 0), Days: AllWeek}).On("2011-12-30", zone); ok {
		t.Errorf("Apia had no such date: %v", at)
	}
	if _, ok := (Schedule{At: HourMinute(9, 0), Days: 0}).Next(time.Date(2026, 3, 4, 8, 40, 0, 0,
		time.UTC), zone); ok {
		t.Error("no day is chosen")
	}
	for _, day := range []nudges.Date{"", "2026-02-30", "soon"} {
		if _, ok := (Schedule{At: HourMinute(9, 0), Days: AllWeek}).On(day, zone); ok ||
			day.Valid() || day.Plus(1) != "" {
			t.Errorf("%q is no date", day)
		}
		if _, _, ok := (Schedule{At: HourMinute(9, 0), Days: AllWeek}).After(day, zone); ok {
			t.Errorf("%q is no date", day)
		}
	}
}

// Whatever the zone, the moment, the time and the days: what comes next is what somebody
// finds who looks at the clock each minute.
func FuzzSchedule(f *testing.F) {
	f.Add(int64(1325200000), uint16(0), uint16(540), uint8(AllWeek))
	f.Add(int64(1711800000), uint16(141), uint16(1425), uint8(64))
	f.Add(int64(1293000000), uint16(226), uint16(30), uint8(1))
	names := ZoneNames()
	f.Add(time.Date(2040, 12, 30, 12, 0, 0, 0, time.UTC).Unix()-time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
		uint16(141), uint16(540), uint8(AllWeek))
	f.Fuzz(func(t *testing.T, sec int64, which, at uint16, days uint8) {
		// After 1975, when the last zone had seconds in it, and while the tables of zones last.
		first, last := time.Date(1975, 1, 1, 0, 0, 0, 0, time.UTC).Unix(),
			time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
		sec = first + int64(uint64(sec)%uint64(last-first))
		name := names[int(which)%len(names)]
		zone := zoneOf(t, name)
		s := Schedule{At: TimeOfDay(at % (24 * 60)), Days: Weekdays(days) & AllWeek}
		now := time.Unix(sec, 0).UTC()
		got, ok := s.Next(now, zone)
		if s.Days == 0 {
			if ok {
				t.Fatal("no day is chosen")
			}
			return
		}
		if !ok || !got.After(now) || !s.Days.Has(got.In(zone).Weekday()) {
			t.Fatalf("%s, %+v after %v: %v, %v", name, s, now, got, ok)
		}
		var want time.Time
		begin := now.Truncate(time.Minute)
		// Two days before, so that the walk has whole what happens around now.
		for _, at := range expected(walk(zone, begin.AddDate(0, 0, -2), got.AddDate(0, 0, 2)), s.At) {
			if at.After(now) && s.Days.Has(at.In(zone).Weekday()) && (want.IsZero() || at.Before(want)) {
				want = at
			}
		}
		if !got.Equal(want) {
			t.Fatalf("%s, %v on %v after %v: %v, want %v", name, s.At, s.Days, now.In(zone), got.In(zone),
				want.In(zone))
		}
	})
}

func TestJitter(t *testing.T) {
	in := map[time.Duration]int{}
	for i := range 30_000 {
		u := nudges.UserID(fmt.Sprintf("U%09d", i))
		j := Jitter(u)
		if j < 0 || j > MaxJitter || j != Jitter(u) {
			t.Fatalf("%s: %v", u, j)
		}
		in[j.Truncate(time.Minute)]++
	}
	for m := range 5 {
		if n := in[time.Duration(m)*time.Minute]; n < 5000 || n > 7000 {
			t.Errorf("%d of 30,000 in minute %d", n, m)
		}
	}
	if Jitter("U012AB3CD") != 295*time.Second { // a new version moves nobody
		t.Errorf("the jitter of a person has changed: %v", Jitter("U012AB3CD"))
	}
}

// What people are shown can be typed.
func TestShownTimesAreRead(t *testing.T) {
	for minute := range TimeOfDay(24 * 60) {
		at := time.Time{}.Add(time.Duration(minute) * time.Minute)
		for _, h := range []nudges.HourCycle{nudges.Hours12, nudges.Hours24} {
			shown := h.Time(at)
			for _, typed := range []string{shown, strings.ToLower(strings.ReplaceAll(shown, " ", ""))} {
				if got, err := ParseTimeOfDay(typed); got != minute || err != nil {
					t.Errorf("%q: %v, %v, not %v", typed, got, err, minute)
				}
			}
		}
	}
}

func TestParseTimeOfDay(t *testing.T) {
	for typed, want := range map[string]string{
		"9": "09:00", "09": "09:00", "9:30": "09:30", "09:30": "09:30", "9.30": "09:30", " 9 : 30 ": "09:30",
		"9am": "09:00", "9 AM": "09:00", "9:30 pm": "21:30", "9:30 p.m.": "21:30", "12am": "00:00", "12 pm": "12:00",
		"12:05am": "00:05",
		"0":       "00:00", "23:59": "23:59", "0930": "09:30", "930": "09:30", "930pm": "21:30", "9h30": "09:30",
		"9h": "09:00", "noon": "12:00", "midnight": "00:00", "9:45\u202fAM": "09:45",
	} {
		if got, err := ParseTimeOfDay(typed); err != nil || got.String() != want {
			t.Errorf("%q: %v, %v, want %s", typed, got, err, want)
		}
	}
	for typed, nearest := range map[string]string{
		"": "09:00", "nine": "09:00", "25": "23:59", "24:00": "00:00", "9:75": "09:59", "13pm": "13:00", "0am": "00:00",
		"-1": "09:00", "9:3": "09:03",
		"99:99": "23:59", "9:30:15": "09:00", strings.Repeat("9", 1000): "09:00", "24:30": "23:59", "９": "09:00",
	} {
		got, err := ParseTimeOfDay(typed)
		bad, ok := errors.AsType[*TypedError](err)
		if !ok || !errors.Is(err, ErrTimeOfDay) || bad.Nearest != nearest {
			t.Errorf("%q: %v, %v, want nearest %s", typed, got, err, nearest)
		}
	}
}

func TestParseZone(t *testing.T) {
	for typed, want := range map[string]string{
		"Europe/Berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "Berlin": "Europe/Berlin",
		"New York": "America/New_York", "america/st_johns": "America/St_Johns", " utc ": "UTC",
	} {
		if got, err := ParseZone(typed); err != nil || got != want {
			t.Errorf("%q: %v, %v", typed, got, err)
		}
	}
	for typed, nearest := range map[string]string{
		// any
		"Europe/Berlim": "Europe/Berlin", "Kathmando": "Asia/Kathmandu", "Denverr": "America/Denver", "": "UTC",
		"Local": "", strings.Repeat("x", 5000): "",
	} {
		got, err := ParseZone(typed)
		bad, ok := errors.AsType[*TypedError](err)
		if !ok || !errors.Is(err, ErrZone) {
			t.Errorf("%q: %v, %v", typed, got, err)
			continue
		}
		if nearest != "" && bad.Nearest != nearest {
			t.Errorf("%q is nearest to %s, want %s", typed, bad.Nearest, nearest)
		}
		if _, err := ParseZone(bad.Nearest); err != nil {
			t.Errorf("%q: the nearest, %s, is not valid", typed, bad.Nearest)
		}
	}
	for _, name := range ZoneNames() {
		zoneOf(t, name)
		if got, err := ParseZone(name); err != nil || got != name {
			t.Errorf("%s is read as %s, %v", name, got, err)
		}
	}
}

// Whatever is typed, the nearest value that an error names is a valid one.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"9", "25:61pm", "Europe/Berlim", "", "\xff", "12 a.m."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		at, err := ParseTimeOfDay(typed)
		if bad, ok := errors.AsType[*TypedError](err); ok {
			_, err = ParseTimeOfDay(bad.Nearest)
		}
		if err != nil || at < 0 || at >= 24*60 {
			t.Errorf("%q as a time: %v, %v", typed, at, err)
		}
		if _, err = ParseZone(typed); err != nil {
			bad, ok := errors.AsType[*TypedError](err)
			if !ok {
				t.Fatalf("%q as a zone: %v", typed, err)
			}
			if _, err := ParseZone(bad.Nearest); err != nil {
				t.Errorf("%q is nearest to %q, which is none", typed, bad.Nearest)
			}
		}
	})
}
