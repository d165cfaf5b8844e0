package nudges

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Reminder is all that is kept of one person's daily reminder. The zero Reminder with
// a Person is that of somebody who has never had to do with it.
//
// It is one occurrence per local date, whatever happens. Each occurrence belongs to a
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
	Person UserID
	State  ReminderState
	At     TimeOfDay
	Days   Weekdays // none stands for the default, of At too
	Zone   string   // of the Slack profile; "" while not known
	Pinned string   // the zone that stays wherever they travel; "" to follow the profile
	Paused Date     // the first date that counts again; "" without a pause
	Gone   bool     // deactivated, a guest or a bot: gets nothing

	Due     time.Time // when the next one goes out, jitter and all; zero for never
	DueOn   Date      // the date it belongs to
	Had     Date      // the date of the last one, said or skipped
	Snoozed time.Time // when the last one is shown again; zero for not

	First   Date       // day one; "" before it
	Offered Date       // when going weekly was offered; "" for never
	Shown   Date       // the date that the last one said belongs to
	ShownAt time.Time  // and when that was, again or not
	Again   int        // how often it was shown again
	Said    []SaidLine // what was said lately, the newest last
	Skips   []Skip     // the last few, the newest last
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
	SkipAway    SkipKind = "away"    // by their status, of which nothing more is kept
	SkipLate    SkipKind = "late"    // more than two hours, or the date was over
)

// A Skip is a reminder that was not said.
type Skip struct {
	On   Date
	Kind SkipKind
}

// The figures of DESIGN section 6 and EXACT "Time".
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
	// SwitchOn and SwitchOff are a person's own choice, which stays.
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
	PauseUntil struct{ Day Date }
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
		On   Date
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

// Zones gives a zone by its IANA name: time.LoadLocation, or what remembers its answers.
type Zones func(name string) (*time.Location, error)

// What can be wrong with an action on a reminder.
var (
	ErrReminderOff = errors.New("the reminder is off")
	ErrPauseDate   = errors.New("the date to pause until is not after today")
	ErrNoReminder  = errors.New("no reminder to snooze yet")
)

// A Reminding is what has become of a reminder, and what must now be said.
type Reminding struct {
	Reminder Reminder
	Messages []Message
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
func (r Reminder) Location(zones Zones) *time.Location {
	for _, name := range []string{r.Pinned, r.Zone} {
		if name == "" || name == "Local" { // which would be the server's
			continue
		}
		if zone, err := zones(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// Schedule is when the reminder comes.
func (r Reminder) Schedule() Schedule {
	if r.Days == 0 {
		return Schedule{DefaultTime, Workdays}
	}
	return Schedule{r.At, r.Days}
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

// LineOn is what the reminder of a date said when it was shown again for the how manyth time, 0
// for the first; false if it is not known any more.
func (r Reminder) LineOn(day Date, again int) (Line, bool) {
	for _, s := range slices.Backward(r.Said) {
		if s.On == day && s.Again <= again {
			return s.Line, true
		}
	}
	return Line{}, false
}

// ReminderKey is the identity of a reminder that is said: the occurrence of that date,
// or the how manyth time it is shown again.
func ReminderKey(to UserID, day Date, again int) string {
	key := fmt.Sprintf("%s/%s/%s", KindDailyLine, to, day)
	if again > 0 {
		key += fmt.Sprintf("/%d", again)
	}
	return key
}

// reminding collects what one action does.
type reminding struct {
	r       Reminder
	now     time.Time
	zones   Zones
	says    []Message
	skipped []Skip
}

func (FirstUse) do(s *reminding) error {
	if s.r.State == ReminderNew {
		s.r.State, s.r.Had = ReminderOn, max(s.r.Had, s.today())
		s.plan()
	}
	return nil
}

func (SwitchOn) do(s *reminding) error {
	if s.r.State != ReminderOn {
		s.r.State, s.r.Paused = ReminderOn, ""
		s.plan()
	}
	return nil
}

func (SwitchOff) do(s *reminding) error {
	s.r.State, s.r.Paused, s.r.Snoozed = ReminderOff, "", time.Time{}
	s.plan()
	return nil
}

func (Resume) do(s *reminding) error {
	switch {
	case s.r.State != ReminderOn:
		return ErrReminderOff
	case s.r.Paused != "":
		s.r.Paused = ""
		s.plan()
	}
	return nil
}

func (GoWeekly) do(s *reminding) error {
	if s.r.State != ReminderOn {
		return ErrReminderOff
	}
	return SetSchedule{Schedule{s.r.At, DaysOf(s.r.Days.Days()[0])}}.do(s)
}

func (s *reminding) zone() *time.Location { return s.r.Location(s.zones) }
func (s *reminding) today() Date          { return DateIn(s.now, s.zone()) }

// due is when the occurrence of a date goes out: after the jitter, unless that is no
// longer on the date.
func (s *reminding) due(day Date) (time.Time, bool) {
	at, ok := s.r.Schedule().On(day, s.zone())
	if later := at.Add(Jitter(s.r.Person)); ok && DateIn(later, s.zone()) == day {
		at = later
	}
	return at, ok
}

// follow makes the first chosen date after day the next one.
func (s *reminding) follow(day Date) {
	s.r.Due, s.r.DueOn = time.Time{}, ""
	if s.r.State != ReminderOn || s.r.Gone {
		return
	}
	if eve := s.r.Paused.Plus(-1); day < eve {
		day = eve
	}
	if day < s.r.Had {
		day = s.r.Had
	}
	if next, _, ok := s.r.Schedule().After(day, s.zone()); ok {
		s.r.DueOn = next
		s.r.Due, _ = s.due(next)
	}
}

// plan makes the next one the first that is still to come.
func (s *reminding) plan() {
	s.mend()
	if s.r.Paused <= s.today() {
		s.r.Paused = ""
	}
	s.follow(s.today().Plus(-1))
	for !s.r.Due.IsZero() && !s.r.Due.After(s.now) {
		s.follow(s.r.DueOn)
	}
}

// mend undoes what a clock that was days ahead has done: no zone makes a date as late
// as that, and nothing would be said until then.
func (s *reminding) mend() {
	most := s.today().Plus(3)
	if s.r.Had <= most {
		return
	}
	s.r.Had = ""
	for _, said := range s.r.Said {
		if said.On <= most {
			s.r.Had = max(s.r.Had, said.On)
		}
	}
}

func (a SetSchedule) do(s *reminding) error {
	switch {
	case a.Days&AllWeek == 0:
		return ErrNoDays
	case a.At < 0 || a.At >= 24*60:
		return ErrTimeOfDay
	case a.Schedule != s.r.Schedule():
		s.r.At, s.r.Days = a.At, a.Days&AllWeek
		s.plan()
	}
	return nil
}

func (a Pin) do(s *reminding) error {
	if a.Zone != "" {
		if _, err := s.zones(a.Zone); err != nil || a.Zone == "Local" {
			return ErrZone
		}
	}
	was := s.r.ZoneName()
	s.r.Pinned = a.Zone
	if s.r.ZoneName() != was {
		s.plan()
	}
	return nil
}

func (a Profile) do(s *reminding) error {
	was := s.r
	if a.Zone != "" { // without one, the last stays
		s.r.Zone = a.Zone
	}
	s.r.Gone = a.Gone
	switch {
	case a.Gone:
		s.gone()
	case was.Gone || was.Due.IsZero():
		s.plan()
	case s.r.ZoneName() != was.ZoneName():
		s.moved(was)
	case was.Due.After(s.now): // the zone's own rules may have changed meanwhile
		s.plan()
	}
	return nil
}

// moved goes by another zone's clock; see Reminder for the rule.
func (s *reminding) moved(was Reminder) {
	s.mend()
	today := s.today()
	s.follow(today.Plus(-1))
	switch {
	case s.r.DueOn != today || s.r.Due.After(s.now):
	case was.DueOn > today: // it was not to come today
		s.plan()
	case was.DueOn == today && was.Due.Before(s.now): // it is late already, and stays so
		s.r.Due = was.Due
	default:
		s.r.Due = s.now
	}
}

func (s *reminding) gone() {
	s.r.Gone = true
	s.r.Due, s.r.DueOn, s.r.Snoozed = time.Time{}, "", time.Time{}
}

func (a PauseUntil) do(s *reminding) error {
	switch {
	case s.r.State != ReminderOn:
		return ErrReminderOff
	case !a.Day.Valid() || a.Day <= s.today():
		return ErrPauseDate
	}
	s.r.Paused, s.r.Snoozed = a.Day, time.Time{}
	s.plan()
	return nil
}

func (a Snooze) do(s *reminding) error {
	switch {
	case s.r.State != ReminderOn || s.r.Gone:
		return ErrReminderOff
	case s.r.Shown == "":
		return ErrNoReminder
	}
	var at time.Time
	switch a.For {
	case SnoozeShort:
		at = s.now.Add(20 * time.Minute)
	case SnoozeHour:
		at = s.now.Add(time.Hour)
	case SnoozeTomorrow:
		day, _, ok := Schedule{s.r.At, AllWeek}.After(s.today(), s.zone())
		if !ok {
			return ErrUnknown
		}
		at, _ = s.due(day)
	default:
		return ErrUnknown
	}
	s.r.Snoozed = at
	if s.nextNear() {
		s.r.Snoozed = time.Time{}
	}
	return nil
}

// nextNear says whether the next one comes before the snoozed, or soon after it.
func (s *reminding) nextNear() bool {
	return !s.r.Due.IsZero() && !s.r.Due.After(s.r.Snoozed.Add(snoozeNotice))
}

func (a SendNow) do(s *reminding) error {
	if s.r.Gone || a.Gone || a.Barred {
		return ErrReminderOff
	}
	if !s.r.ShownAt.IsZero() && s.now.Sub(s.r.ShownAt).Abs() < askedTwice {
		return nil // a second tap
	}
	line, ok := s.pick(a.Moment)
	if !ok {
		if len(s.r.Said) == 0 {
			return ErrNoReminder
		}
		line = s.r.Said[len(s.r.Said)-1].Line
	}
	today := s.today()
	if today > s.r.Had {
		s.r.Had = today
		s.shown(today, 0)
	} else {
		s.shown(max(today, s.r.Shown), s.again(max(today, s.r.Shown)))
	}
	s.keep(line)
	s.say(s.now.Add(MaxLate), s.now, false)
	s.plan()
	return nil
}

// do says or skips every occurrence that is due.
func (a Look) do(s *reminding) error {
	if a.Gone {
		s.gone()
		return nil
	}
	if at := s.r.Snoozed; !at.IsZero() && !at.After(s.now) {
		s.showAgain(a.Moment)
	}
	for !s.r.Due.IsZero() && !s.r.Due.After(s.now) {
		day := s.r.DueOn
		if at, ok := s.due(day); !ok || at.After(s.now) { // the zone's own rules have changed meanwhile
			s.follow(day.Plus(-1))
			continue
		}
		s.occur(day, a.Moment)
		s.follow(day)
	}
	return nil
}

// occur is the occurrence of a date: said, or skipped.
func (s *reminding) occur(day Date, m Moment) {
	s.r.Had = day
	if s.r.Paused <= day {
		s.r.Paused = ""
	}
	switch {
	case m.Barred: // nobody reads of it
	case m.Holiday && day == s.today():
		s.skip(day, SkipHoliday)
	case day != s.today(), s.now.Sub(s.r.Due) > MaxLate:
		s.skip(day, SkipLate)
	case m.Away:
		s.skip(day, SkipAway)
	default:
		line, ok := s.pick(m)
		if !ok {
			return // nothing true is left to say
		}
		s.shown(day, 0)
		s.keep(line)
		if s.fades(day, m) {
			s.r.Offered = day
		}
		midnight, _ := day.Plus(1).midnight()
		over := reaches(midnight, s.zone()).Add(-time.Second)
		if late := s.r.Due.Add(MaxLate); late.Before(over) {
			over = late
		}
		s.say(over, s.r.Due, true)
	}
}

// do takes the place of today's occurrence, if it is still to come.
func (a Carry) do(s *reminding) error {
	day := s.r.DueOn
	if s.r.State != ReminderOn || a.Gone || a.Barred || a.Holiday || a.Away || day != s.today() {
		return nil
	}
	s.r.Had = day
	if line, ok := s.pick(a.Moment); ok {
		s.shown(day, 0)
		s.keep(line)
	}
	s.follow(day)
	return nil
}

// fades says whether to offer, once, to go weekly.
func (s *reminding) fades(day Date, m Moment) bool {
	return s.r.Offered == "" && s.r.First.Plus(monthDays) <= day && len(s.r.Days.Days()) > 1 &&
		m.Pauses >= monthPauses && m.TakeOvers == 0
}

// showAgain shows what was snoozed, unless the next one is near.
func (s *reminding) showAgain(m Moment) {
	at, near := s.r.Snoozed, s.nextNear()
	s.r.Snoozed = time.Time{}
	switch {
	case near, m.Barred:
	case s.now.Sub(at) > MaxLate:
		s.skip(s.r.Shown, SkipLate)
	case m.Away:
		s.skip(s.r.Shown, SkipAway)
	default:
		s.shown(s.r.Shown, s.r.Again+1)
		s.say(at.Add(MaxLate), at, false)
	}
}

// again numbers one more showing of a date's reminder.
func (s *reminding) again(day Date) int {
	if day == s.r.Shown {
		return s.r.Again + 1
	}
	return 1
}

func (s *reminding) shown(day Date, again int) {
	s.r.Shown, s.r.ShownAt, s.r.Again = day, s.now, again
	s.r.Snoozed = time.Time{}
	if s.r.First == "" {
		s.r.First = day
	}
}

func (s *reminding) pick(m Moment) (Line, bool) {
	return PickLine(s.r.Person, s.today(), s.r.First == "", s.r.Said, m.Made, m.Mantras)
}

// keep remembers the line that is said, and forgets the oldest.
func (s *reminding) keep(l Line) {
	s.r.Said = append(s.r.Said, SaidLine{s.r.Shown, l, s.r.Again})
	rested := s.today().Plus(-lineRest)
	for n := len(s.r.Said); n > mostLines || n > keptLines && s.r.Said[0].On < rested; n-- {
		s.r.Said = s.r.Said[1:]
	}
}

func (s *reminding) say(by, due time.Time, unsolicited bool) {
	s.says = append(s.says, Message{
		Key: ReminderKey(s.r.Person, s.r.Shown, s.r.Again), Kind: KindDailyLine, To: s.r.Person,
		While: While{By: by}, Unsolicited: unsolicited, Due: due,
	})
}

func (s *reminding) skip(day Date, k SkipKind) {
	s.r.Skips = append(s.r.Skips, Skip{day, k})
	s.r.Skips = s.r.Skips[max(0, len(s.r.Skips)-keptSkips):]
	s.skipped = append(s.skipped, Skip{day, k})
}

// do takes back what nobody read: its line may be said again, and day one is still to come.
func (a Unsent) do(s *reminding) error {
	mine := func(l SaidLine) bool { return l.On == a.On }
	i := slices.IndexFunc(s.r.Said, mine)
	if i < 0 {
		return nil // told before
	}
	s.r.Said = slices.Delete(s.r.Said, i, i+1)
	if s.r.First == a.On && !slices.ContainsFunc(s.r.Said, mine) {
		s.r.First = ""
	}
	if s.r.Offered == a.On {
		s.r.Offered = ""
	}
	if a.Kind != "" {
		s.skip(a.On, a.Kind)
	}
	return nil
}
