package nudges

import (
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
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

// String is the set as ParseWeekdays reads it.
func (w Weekdays) String() string {
	var names []string
	for _, d := range w.Days() {
		names = append(names, strings.ToLower(d.String()[:3]))
	}
	return strings.Join(names, ", ")
}

// midnight is the date at 00:00 UTC, to count with; false if it is no date.
func (d Date) midnight() (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t, err == nil
}

// Valid says whether it is a date at all.
func (d Date) Valid() bool { _, ok := d.midnight(); return ok }

// Plus is the date so many days later; no date stays none.
func (d Date) Plus(days int) Date {
	t, ok := d.midnight()
	if !ok {
		return ""
	}
	return Date(t.AddDate(0, 0, days).Format(time.DateOnly))
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
func (s Schedule) On(day Date, zone *time.Location) (time.Time, bool) {
	midnight, ok := day.midnight()
	if !ok {
		return time.Time{}, false
	}
	at := reaches(midnight.Add(time.Duration(s.At)*time.Minute), zone)
	if DateIn(at, zone) > day {
		at = reaches(midnight.AddDate(0, 0, 1), zone).Add(-time.Minute)
	}
	return at, DateIn(at, zone) == day
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
func (s Schedule) After(day Date, zone *time.Location) (Date, time.Time, bool) {
	t, ok := day.midnight()
	if !ok {
		return "", time.Time{}, false
	}
	for range 3 * 7 { // a week, and more where a zone leaves out a date
		t = t.AddDate(0, 0, 1)
		if !s.Days.Has(t.Weekday()) {
			continue
		}
		day := Date(t.Format(time.DateOnly))
		if at, ok := s.On(day, zone); ok {
			return day, at, true
		}
	}
	return "", time.Time{}, false
}

// Next is the schedule's first moment after t; false for a schedule without days.
func (s Schedule) Next(t time.Time, zone *time.Location) (time.Time, bool) {
	day := DateIn(t, zone).Plus(-1)
	for {
		next, at, ok := s.After(day, zone)
		if !ok || at.After(t) {
			return at, ok
		}
		day = next
	}
}

// MaxJitter is the longest that Jitter puts a reminder off.
const MaxJitter = 5 * time.Minute

// Jitter is how long after the moment of the schedule a person's reminder goes out, so
// that those who chose the same do not all get it in one second. It is always the same
// for the same person.
func Jitter(u UserID) time.Duration {
	return time.Duration(hash(string(u))%uint64(MaxJitter/time.Second+1)) * time.Second
}

// hash is the same for the same words, in every version of stepin.
func hash(words ...string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	n := h.Sum64() // its high bits are the better mixed ones
	return n ^ n>>32
}

// maxTyped is more than a time, a day or a zone can have, in characters.
const maxTyped = 40

// What can be wrong with a time, days or a zone that somebody typed.
var (
	ErrTimeOfDay = errors.New("no time of day: use hh:mm")
	ErrWeekday   = errors.New("no day of the week: use names such as mon, or a range such as mon-fri")
	ErrNoDays    = errors.New("no day of the week is left: name one or more, such as mon-fri")
	ErrZone      = errors.New("no time zone: use a name such as Europe/Berlin")
)

// A TypedError is what is wrong with something that was typed. It is its Err.
type TypedError struct {
	Err     error
	Typed   string
	Nearest string // the valid value that comes nearest
}

func (e *TypedError) Error() string {
	return fmt.Sprintf("%q is %v. The nearest is %q", e.Typed, e.Err, e.Nearest)
}
func (e *TypedError) Unwrap() error { return e.Err }

var (
	typedTime = regexp.MustCompile(`^(\d{1,2})(?:[:.h](\d{1,2})?)?([ap]m?)?$`)
	typedFour = regexp.MustCompile(`^(\d{1,2})(\d{2})([ap]m?)?$`)
)

// ParseTimeOfDay reads a time as people type it: 9, 9:30, 09.30, 0930, 9am, 9:30 pm,
// noon. The error is a *TypedError.
func ParseTimeOfDay(typed string) (TimeOfDay, error) {
	wrong := func(nearest TimeOfDay) (TimeOfDay, error) {
		return 0, &TypedError{ErrTimeOfDay, short(typed, maxTyped), nearest.String()}
	}
	s := strings.ToLower(strings.Join(strings.Fields(typed), ""))
	switch s {
	case "noon":
		return HourMinute(12, 0), nil
	case "midnight":
		return 0, nil
	}
	s = strings.NewReplacer("a.m.", "am", "p.m.", "pm").Replace(s)
	m := typedTime.FindStringSubmatch(s)
	if m == nil {
		m = typedFour.FindStringSubmatch(s)
	}
	if m == nil {
		return wrong(DefaultTime)
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	valid := len(m[2]) != 1 // 9:3 may be 9:03 or 9:30
	if half := m[3]; half != "" {
		valid = valid && hour >= 1 && hour <= 12
		if hour <= 12 {
			hour %= 12
			if half[0] == 'p' {
				hour += 12
			}
		}
	}
	switch {
	case hour == 24 && minute == 0:
		return wrong(0)
	case hour > 23:
		return wrong(HourMinute(23, 59))
	case minute > 59:
		return wrong(HourMinute(hour, 59))
	case !valid:
		return wrong(HourMinute(hour, minute))
	}
	return HourMinute(hour, minute), nil
}

// shortest is how many letters of a weekday's name are enough.
const shortest = 2

// ParseWeekdays reads days as people type them: mon-fri, "Monday, Wed and fri",
// weekdays, daily. The error is ErrNoDays, or a *TypedError for a word it does not know.
func ParseWeekdays(typed string) (Weekdays, error) {
	var out Weekdays
	s := strings.ToLower(typed)
	s = strings.NewReplacer("–", "-", "—", "-", " to ", "-", " and ", ",", "&", ",", "+", ",", ";", ",").Replace(s)
	s = strings.ReplaceAll(strings.ReplaceAll(s, " -", "-"), "- ", "-")
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }) {
		switch word {
		case "daily", "everyday", "every", "day", "all", "always":
			out |= AllWeek
			continue
		case "weekdays", "workdays", "weekday", "workday":
			out |= Workdays
			continue
		case "weekend", "weekends":
			out |= DaysOf(time.Saturday, time.Sunday)
			continue
		}
		first, last, _ := strings.Cut(word, "-")
		from, err := parseWeekday(first)
		if err != nil {
			return 0, err
		}
		to := from
		if last != "" {
			if to, err = parseWeekday(last); err != nil {
				return 0, err
			}
		}
		for d := from; ; d = (d + 1) % 7 {
			out |= DaysOf(d)
			if d == to {
				break
			}
		}
	}
	if out == 0 {
		return 0, ErrNoDays
	}
	return out, nil
}

func parseWeekday(word string) (time.Weekday, error) {
	word = short(word, maxTyped)
	best, least := time.Monday, 2*maxTyped
	for i := range 7 {
		d := time.Weekday((i + 1) % 7)
		name := strings.ToLower(d.String())
		stem := strings.TrimSuffix(strings.TrimSuffix(word, "."), "s")
		if len(stem) >= shortest && strings.HasPrefix(name, stem) {
			return d, nil
		}
		if n := min(distance(word, name), distance(word, name[:3])+1); n < least {
			best, least = d, n
		}
	}
	return 0, &TypedError{ErrWeekday, word, strings.ToLower(best.String())}
}

// zoneNames are the names of places in the IANA database, a line each. No function of
// Go's lists them.
//
//go:embed zones.txt
var zoneNames string

// ZoneNames are the IANA zones that somebody can choose, in order.
func ZoneNames() []string { return strings.Fields(zoneNames) }

// ParseZone reads an IANA zone as people type it: Europe/Berlin, europe/berlin,
// "New York". The error is a *TypedError.
func ParseZone(typed string) (string, error) {
	word := strings.ToLower(strings.Join(strings.Fields(typed), "_"))
	word = short(word, maxTyped)
	best, least := "UTC", utf8.RuneCountInString(word) // as far from all of them as can be
	for _, name := range ZoneNames() {
		low := strings.ToLower(name)
		city := low[strings.LastIndexByte(low, '/')+1:]
		if word == low || word == city {
			return name, nil
		}
		if n := min(distance(word, low), distance(word, city)); n < least {
			best, least = name, n
		}
	}
	return "", &TypedError{ErrZone, short(typed, maxTyped), best}
}

// distance is how many letters must be changed, added or left out to make b of a
// (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			change := diagonal
			if x[i] != y[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
