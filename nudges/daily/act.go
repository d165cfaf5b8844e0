package daily

import (
	"time"

	"stepin/nudges"
)

// reminding collects what one action does.
type reminding struct {
	r       Reminder
	now     time.Time
	zones   Zones
	says    []nudges.Message
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
		s.r.State = ReminderOn
		s.plan()
	}
	return nil
}

func (SwitchOff) do(s *reminding) error {
	s.r.State, s.r.Snoozed = ReminderOff, time.Time{}
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
	return SetSchedule{Schedule{At: s.r.At, Days: DaysOf(s.r.Days.Days()[0])}}.do(s)
}

func (s *reminding) zone() *time.Location { return s.r.Location(s.zones) }
func (s *reminding) today() nudges.Date   { return nudges.DateIn(s.now, s.zone()) }

// due is when the occurrence of a date goes out: after the jitter, unless that is no
// longer on the date.
func (s *reminding) due(day nudges.Date) (time.Time, bool) {
	at, ok := s.r.Schedule().On(day, s.zone())
	if later := at.Add(Jitter(s.r.Person)); ok && nudges.DateIn(later, s.zone()) == day {
		at = later
	}
	return at, ok
}

// follow makes the first chosen date after day the next one.
func (s *reminding) follow(day nudges.Date) {
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
		day, _, ok := Schedule{At: s.r.At, Days: AllWeek}.After(s.today(), s.zone())
		if !ok {
			return nudges.ErrUnknown
		}
		at, _ = s.due(day)
	default:
		return nudges.ErrUnknown
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
