// Package daily is the daily reminder of one person: when it comes, and which line it says.
//
// Like package nudges it is pure: it is given the time, the zones and the lines, and returns the new state with the
// messages to send. It promises one occurrence per local date, whatever clocks, zones and restarts do. It must not
// read a clock, a file or the words.
//
//	the clock ─▶ Look, with its Moment ─▶ Remind ─▶ say, or skip ─▶ Reminding
//
// Look (look.go) says nothing to somebody who has left or is a guest (Moment.Gone), nor to somebody who may not use
// stepin (Moment.Barred). bot/decide/remind.go sets both each time: Barred is for people off the list, by
// roster.Current.Listed. There decide.Rules.Unwanted has the outbox drop what already waits. A reminder of
// debriefs is dropped by the same list, in bot/outbox/kinds.go. People who are back on the list get the next one.
//
// The files, in the order of the data: typed.go reads what somebody typed, schedule.go finds its moments, reminder.go
// is the state and its actions, act.go and look.go do them, mantra.go picks the line. calendar.go says when somebody
// works, for debriefs. The names of zones that can be typed are data, in zones.txt.
package daily

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"stepin/nudges"
)

// A Reminder is all that is kept of one person's daily reminder. The zero Reminder with
// a Person is one that nobody has used yet.
//
// It comes once per local date, whatever happens. Each occurrence belongs to a
// date on the person's own calendar, in the zone of their Slack profile or the one they
// pinned, and dates only ever go forward: had is the date of the last one, and a date
// that is not after it is never taken again. So neither a restart nor a clock that is
// set back nor a flight says one twice. An occurrence that is late by more than two
// hours, or whose date is over, is skipped; it would take the place of the next one's.
//
// When the profile's zone changes under way, the reminder goes by the new clock at once.
// If today's moment is still to come on it, that is when it comes: somebody who leaves
// Berlin before nine has it at nine in Denver. If they had today's already, the next is
// tomorrow's. If the flight has jumped over today's moment and they have not had it,
// such as from Denver to Berlin between one and nine in the morning, it is due on
// arrival, since the day they are in is not lost. A date that they jumped over is.
// What somebody changes themselves, a pinned zone too, never calls for one at once.
type Reminder struct {
	Person nudges.UserID
	State  ReminderState
	At     TimeOfDay
	Days   Weekdays    // none stands for the default, of At too
	Zone   string      // of the Slack profile, as it is kept; "" while not known
	Pinned string      // the zone that stays wherever they travel; "" to follow the profile
	Paused nudges.Date // the first date that counts again; "" without a pause
	Gone   bool        // deactivated, a guest or a bot: gets nothing

	Due     time.Time   // when the next one goes out, jitter and all; zero for never
	DueOn   nudges.Date // the date it belongs to
	Had     nudges.Date // the date of the last one, said or skipped
	Snoozed time.Time   // when the last one is shown again; zero for not

	First   nudges.Date // day one; "" before it
	Offered nudges.Date // when going weekly was offered; "" for never
	Shown   nudges.Date // the date that the last one said belongs to
	ShownAt time.Time   // and when that was, again or not
	Again   int         // how often it was shown again
	Said    []SaidLine  // what was said lately, the newest last
	Skips   []Skip      // the last few, the newest last
}

// A ReminderState says whether somebody gets the daily reminder.
type ReminderState string

// The states. What somebody switched off stays off.
const (
	ReminderNew ReminderState = ""    // never decided on
	ReminderOn  ReminderState = "on"  // by default, or by their own choice
	ReminderOff ReminderState = "off" // by their own choice
)

// A SkipKind says why a reminder was not said.
type SkipKind string

// The kinds.
const (
	SkipHoliday SkipKind = "holiday" // of the team
	SkipAway    SkipKind = "away"    // by their status; nothing more of it is kept
	SkipLate    SkipKind = "late"    // more than two hours, or the date was over
)

// A Skip is a reminder that was not said.
type Skip struct {
	On   nudges.Date
	Kind SkipKind
}

// The limits of the daily reminder.
const (
	DefaultTime  = TimeOfDay(9 * 60)
	MaxLate      = 2 * time.Hour
	snoozeNotice = 12 * time.Hour // a snooze this near to the next one is dropped
	monthDays    = 28             // a month of hold-backs has this many days
	monthPauses  = 4              // and so many pauses
	keptSkips    = 5
	keptLines    = 16 // a fortnight and more
	mostLines    = 40 // when somebody asks for many
	askedTwice   = time.Minute
)

// KindDailyLine is the daily reminder. What it says is the Reminder's LineOn its date.
const KindDailyLine = "mantra"

// A ReminderAction is something that a person, their profile or the clock does to a reminder.
type ReminderAction interface{ do(*reminding) error }

type (
	// FirstUse is the use of stepin as a manager: it switches on what was never decided on,
	// from the next date on, for today they have thought of it themselves.
	FirstUse struct{}
	// SwitchOn and SwitchOff are a person's own choice, which stays. A pause goes on through both.
	SwitchOn  struct{}
	SwitchOff struct{}
	// SetSchedule is the time and the days from now on.
	SetSchedule struct{ Schedule }
	// Pin keeps a zone whatever the profile says; "" follows the profile again.
	Pin struct{ Zone string }
	// Profile is what Slack says of the person, by an event or the daily refresh. It is
	// right to apply it when nothing has changed.
	Profile struct {
		Zone string
		Gone bool // deactivated, a guest or a bot
	}
	// PauseUntil waits for a date, which is the first to count again.
	PauseUntil struct{ Day nudges.Date }
	// Resume ends a pause early.
	Resume struct{}
	// Snooze shows the last one again later. The schedule stays as it is.
	Snooze struct{ For SnoozeFor }
	// SendNow is a person's wish to have one at once. It takes the place of today's if
	// that was still to come.
	SendNow struct{ Moment }
	// GoWeekly takes the offer: one day a week stays.
	GoWeekly struct{}
	// Look is the clock's: what is due at now happens, given what is known at now.
	Look struct{ Moment }
	// Carry has another message of today carry the line of today's reminder, whose place it takes.
	Carry struct{ Moment }
	// Unsent says that the outbox has not delivered the reminder of that date, and why; without
	// a kind the person did not want it any more.
	Unsent struct {
		On   nudges.Date
		Kind SkipKind
	}
)

// A SnoozeFor is for how long a reminder is snoozed.
type SnoozeFor string

// The ways to snooze.
const (
	SnoozeShort    SnoozeFor = "short"    // 20 minutes
	SnoozeHour     SnoozeFor = "hour"     // 1 hour
	SnoozeTomorrow SnoozeFor = "tomorrow" // the next date, at the usual time, whatever day it is
)

// SnoozeFors are all of them, in the order of the screen.
var SnoozeFors = []SnoozeFor{SnoozeShort, SnoozeHour, SnoozeTomorrow}

// A Moment is what is known when a reminder may be said.
type Moment struct {
	Gone      bool     // deactivated, a guest or a bot
	Barred    bool     // may not use stepin at the moment: gets nothing until they may again
	Holiday   bool     // of the team, today on the person's own calendar
	Away      bool     // by the person's status
	Pauses    int      // of the person, in the last 28 days
	TakeOvers int      // the same
	Made      []Made   // of the last fortnight
	Mantras   []string // Words.Mantras
}

// Zones gives a zone as it is kept: by its IANA name, or by what Slack says of it (see package bot/zones).
type Zones func(kept string) (*time.Location, error)

// First is the location of the first of those zones that is known, or UTC.
func (zones Zones) First(kept ...string) *time.Location {
	for _, name := range kept {
		if name == "" || name == "Local" { // which would be the server's
			continue
		}
		if zone, err := zones(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// What can be wrong with an action on a reminder.
var (
	ErrReminderOff = errors.New("the reminder is off")
	ErrPauseDate   = errors.New("the date to pause until is not after today")
	ErrNoReminder  = errors.New("no reminder to snooze yet")
)

// A Reminding is a reminder after an action, and what must now be said.
type Reminding struct {
	Reminder Reminder
	Messages []nudges.Message
	Skipped  []Skip // those of this action
}

// Remind is r after a happens at now, with what must then be said. It is the only place
// where a reminder changes. On error r is returned unchanged, and nothing is said.
func Remind(r Reminder, a ReminderAction, zones Zones, now time.Time) (Reminding, error) {
	s := &reminding{r: r, now: now, zones: zones}
	s.r.Said, s.r.Skips = slices.Clone(r.Said), slices.Clone(r.Skips)
	if r.Days == 0 {
		s.r.At, s.r.Days = DefaultTime, Workdays
	}
	if err := a.do(s); err != nil {
		return Reminding{Reminder: r}, fmt.Errorf("%T: %w", a, err)
	}
	return Reminding{s.r, s.says, s.skipped}, nil
}

// ZoneName is the zone that the reminder goes by.
func (r Reminder) ZoneName() string {
	switch {
	case r.Pinned != "":
		return r.Pinned
	case r.Zone != "":
		return r.Zone
	}
	return "UTC"
}

// Location is the zone that the reminder goes by: one that is known.
func (r Reminder) Location(zones Zones) *time.Location { return zones.First(r.Pinned, r.Zone) }

// Schedule is when the reminder comes.
func (r Reminder) Schedule() Schedule {
	if r.Days == 0 {
		return Schedule{At: DefaultTime, Days: Workdays}
	}
	return Schedule{At: r.At, Days: r.Days}
}

// NextTick is when the clock must next look at this reminder; false for never.
func (r Reminder) NextTick() (time.Time, bool) {
	switch {
	case r.Due.IsZero():
		return r.Snoozed, !r.Snoozed.IsZero()
	case r.Snoozed.IsZero() || r.Due.Before(r.Snoozed):
		return r.Due, true
	}
	return r.Snoozed, true
}

// Upcoming is the next reminder as the schedule has it, without jitter; false for none.
func (r Reminder) Upcoming(zones Zones) (time.Time, bool) {
	at, ok := r.Schedule().On(r.DueOn, r.Location(zones))
	if !ok || r.Due.Sub(at) > MaxJitter { // on arrival, not by the schedule
		at = r.Due
	}
	return at, !r.Due.IsZero()
}

// LineOn is what the reminder of a date said when it was shown; again counts the showings after the first. It is
// false if that is not known any more.
func (r Reminder) LineOn(day nudges.Date, again int) (Line, bool) {
	for _, s := range slices.Backward(r.Said) {
		if s.On == day && s.Again <= again {
			return s.Line, true
		}
	}
	return Line{}, false
}

// ReminderKey is the identity of a reminder that is said: the occurrence of that date,
// or, from 1 on, the repetition of that number.
func ReminderKey(to nudges.UserID, day nudges.Date, again int) string {
	key := fmt.Sprintf("%s/%s/%s", KindDailyLine, to, day)
	if again > 0 {
		key += fmt.Sprintf("/%d", again)
	}
	return key
}
