package daily

import (
	"slices"
	"time"

	"stepin/nudges"
)

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
func (s *reminding) occur(day nudges.Date, m Moment) {
	s.r.Had = day
	if s.r.Paused <= day {
		s.r.Paused = ""
	}
	switch {
	case m.Barred: // in silence, and not stored as skipped
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
		midnight, _ := day.Plus(1).Midnight()
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
func (s *reminding) fades(day nudges.Date, m Moment) bool {
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
func (s *reminding) again(day nudges.Date) int {
	if day == s.r.Shown {
		return s.r.Again + 1
	}
	return 1
}

func (s *reminding) shown(day nudges.Date, again int) {
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
	s.says = append(s.says, nudges.Message{
		Key: ReminderKey(s.r.Person, s.r.Shown, s.r.Again), Kind: KindDailyLine, To: s.r.Person,
		While: nudges.While{By: by}, Unsolicited: unsolicited, Due: due,
	})
}

func (s *reminding) skip(day nudges.Date, k SkipKind) {
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
