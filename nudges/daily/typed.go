package daily

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"

	"stepin/nudges"
	"stepin/nudges/text"
)

// MaxJitter is the longest that Jitter puts a reminder off.
const MaxJitter = 5 * time.Minute

// Jitter is how long after the moment of the schedule a person's reminder goes out, so
// that those who chose the same do not all get it in one second. It is always the same
// for the same person.
func Jitter(u nudges.UserID) time.Duration {
	return time.Duration(text.Hash(string(u))%uint64(MaxJitter/time.Second+1)) * time.Second
}

// maxTyped is more than a time, a day or a zone can have, in characters.
const maxTyped = 40

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
		return 0, &TypedError{ErrTimeOfDay, text.Short(typed, maxTyped), nearest.String()}
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
	word = text.Short(word, maxTyped)
	best, least := "UTC", utf8.RuneCountInString(word) // as far from all of them as can be
	for _, name := range ZoneNames() {
		low := strings.ToLower(name)
		city := low[strings.LastIndexByte(low, '/')+1:]
		if word == low || word == city {
			return name, nil
		}
		if n := min(levenshtein.ComputeDistance(word, low), levenshtein.ComputeDistance(word, city)); n < least {
			best, least = name, n
		}
	}
	return "", &TypedError{ErrZone, text.Short(typed, maxTyped), best}
}

// What can be wrong with a time, days or a zone that somebody typed.
var (
	ErrTimeOfDay = errors.New("no time of day: use hh:mm")
	ErrNoDays    = errors.New("no day of the week is left: name one or more, such as mon-fri")
	ErrZone      = errors.New("no time zone: use a name such as Europe/Berlin")
)
