package daily

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
)

// every action in every state: the state after it, and the error.
func TestRemindEveryState(t *testing.T) {
	now := time.Date(2023, 5, 2, 12, 0, 0, 0, time.UTC)
	does := func(r Reminder, actions ...ReminderAction) Reminder {
		for _, a := range actions {
			out, err := Remind(r, a, remembered, now)
			if err != nil {
				t.Fatalf("%T: %v", a, err)
			}
			r = out.Reminder
		}
		return r
	}
	m := Moment{Mantras: ourMantras(t)}
	fresh := Reminder{Person: punctual, Zone: "UTC"}
	on := does(fresh, SwitchOn{}, SendNow{m})
	states := []struct {
		name string
		r    Reminder
	}{
		{"new", fresh},
		{"on", on},
		{"snoozed", does(on, Snooze{SnoozeShort})},
		{"paused", does(on, PauseUntil{"2023-05-20"})},
		{"off", does(on, SwitchOff{})},
		{"gone", does(on, Profile{Gone: true})},
	}
	was := map[string]Reminder{}
	for _, s := range states {
		was[s.name] = s.r
	}
	// The state after, by name; an error leaves it. A person who is gone has a state, too.
	ok := func(states string) []string { return strings.Fields(states) }
	none := []error{nil}
	rows := []struct {
		a    ReminderAction
		to   []string // from new, on, snoozed, paused, off, gone
		errs []error  // the same; the last stands for the rest
	}{
		{FirstUse{}, ok("on on snoozed paused off gone"), none},
		{SwitchOn{}, ok("on on snoozed paused on gone"), none},
		{SwitchOff{}, ok("off off off off off gone"), none},
		{
			SetSchedule{Schedule{At: HourMinute(8, 0), Days: AllWeek}},
			ok("new on snoozed paused off gone"), none,
		},
		{
			SetSchedule{Schedule{At: HourMinute(8, 0)}},
			ok("new on snoozed paused off gone"),
			[]error{ErrNoDays},
		},
		{
			SetSchedule{Schedule{At: HourMinute(25, 0), Days: AllWeek}},
			ok("new on snoozed paused off gone"),
			[]error{ErrTimeOfDay},
		},
		{Pin{"Asia/Tokyo"}, ok("new on snoozed paused off gone"), none},
		{Pin{"Asia/Tokio"}, ok("new on snoozed paused off gone"), []error{ErrZone}},
		{Pin{}, ok("new on snoozed paused off gone"), none},
		{Profile{Zone: "Asia/Tokyo"}, ok("new on snoozed paused off on"), none},
		{Profile{Gone: true}, ok("gone gone gone gone gone gone"), none},
		{
			PauseUntil{"2023-05-20"},
			ok("new paused paused paused off gone"),
			[]error{ErrReminderOff, nil, nil, nil, ErrReminderOff, nil},
		},
		{
			PauseUntil{"2023-05-02"},
			ok("new on snoozed paused off gone"),
			[]error{ErrReminderOff, ErrPauseDate, ErrPauseDate, ErrPauseDate, ErrReminderOff, ErrPauseDate},
		},
		{Resume{}, ok("new on snoozed on off gone"), []error{ErrReminderOff, nil, nil, nil, ErrReminderOff, nil}},
		{
			Snooze{SnoozeHour},
			ok("new snoozed snoozed snoozed off gone"),
			[]error{ErrReminderOff, nil, nil, nil, ErrReminderOff},
		},
		{
			Snooze{SnoozeTomorrow},
			ok("new on on snoozed off gone"),
			[]error{ErrReminderOff, nil, nil, nil, ErrReminderOff},
		},
		{
			Snooze{"for ever"},
			ok("new on snoozed paused off gone"),
			[]error{ErrReminderOff, nudges.ErrUnknown, nudges.ErrUnknown, nudges.ErrUnknown, ErrReminderOff},
		},
		{SendNow{m}, ok("new on snoozed paused off gone"), []error{nil, nil, nil, nil, nil, ErrReminderOff}},
		{GoWeekly{}, ok("new on snoozed paused off gone"), []error{ErrReminderOff, nil, nil, nil, ErrReminderOff, nil}},
		{Look{m}, ok("new on snoozed paused off gone"), none},
		{Unsent{"2023-05-02", SkipLate}, ok("new on snoozed paused off gone"), none},
	}
	nameOf := func(r Reminder) string {
		switch {
		case r.Gone:
			return "gone"
		case r.State == ReminderNew:
			return "new"
		case r.State == ReminderOff:
			return "off"
		case !r.Snoozed.IsZero():
			return "snoozed"
		case r.Paused != "":
			return "paused"
		}
		return "on"
	}
	for _, row := range rows {
		for i, s := range states {
			from, want := s.r, row.to[i]
			wantErr := row.errs[min(i, len(row.errs)-1)]
			out, err := Remind(from, row.a, remembered, now)
			if !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
				t.Errorf("%T%+v while %s: %v, want %v", row.a, row.a, s.name, err, wantErr)
			}
			got := out.Reminder
			if name := nameOf(got); name != want {
				t.Errorf("%T%+v while %s: %s, want %s", row.a, row.a, s.name, name, want)
			}
			if err != nil && (fmt.Sprint(got) != fmt.Sprint(from) || len(out.Messages) > 0) {
				t.Errorf("%T while %s: an error that changed something", row.a, s.name)
			}
			if _, due := got.NextTick(); due != (nameOf(got) == "on" || nameOf(got) == "snoozed" ||
				nameOf(got) == "paused") {
				t.Errorf("%T while %s: the clock looks: %v", row.a, s.name, due)
			}
			if fmt.Sprint(s.r) != fmt.Sprint(was[s.name]) {
				t.Fatalf("%T changed what it was given", row.a)
			}
		}
	}
	asked := map[string]bool{}
	for _, row := range rows {
		asked[fmt.Sprintf("%T", row.a)] = true
	}
	if len(asked) != 13 {
		t.Errorf("rows for %d actions: %v", len(asked), asked)
	}
}

// Whatever people, profiles and clocks do: never two on a date, never a key twice, and a
// look leaves nothing to do.
func FuzzRemind(f *testing.F) {
	f.Add([]byte{0, 200, 30, 200, 40, 200, 50, 200, 13, 200, 12, 255})
	f.Add([]byte{1, 100, 5, 100, 37, 100, 69, 100, 10, 255, 255, 11, 3, 99, 255})
	zones := []string{
		"Europe/Berlin", "America/Denver", "Pacific/Apia", "Pacific/Kiritimati", "America/Nuuk",
		"Pacific/Pago_Pago", "Africa/Cairo", "",
	}
	times := []TimeOfDay{
		DefaultTime, 0, HourMinute(23, 58), HourMinute(2, 30),
		HourMinute(0, 30), HourMinute(23, 15),
	}
	days := []Weekdays{Workdays, AllWeek, DaysOf(time.Friday), 0}
	f.Fuzz(func(t *testing.T, script []byte) {
		r := Reminder{Person: nudges.UserID(fmt.Sprint("U", len(script)%7)), Zone: zones[len(script)%len(zones)]}
		now := time.Date(2011, 12, 26, 7, 0, 0, 0, time.UTC)
		ahead := now // the latest that the clock has shown
		m := Moment{Mantras: ourMantras(t), Pauses: 5}
		keys, dates := map[string]bool{}, map[nudges.Date]bool{}
		for i, b := range script {
			arg := int(b / 16)
			var a ReminderAction
			switch b % 16 {
			case 0:
				a = []ReminderAction{FirstUse{}, SwitchOn{}}[arg%2]
			case 1:
				a = SwitchOn{}
			case 2:
				a = SetSchedule{Schedule{At: times[arg%len(times)], Days: days[i%len(days)]}}
			case 3:
				a = SetSchedule{Schedule{At: times[arg%len(times)], Days: AllWeek}}
			case 4:
				a = Pin{zones[arg%len(zones)]}
			case 5, 6:
				a = Profile{Zone: zones[arg%len(zones)], Gone: arg == 15}
			case 7:
				a = PauseUntil{nudges.DateIn(now, time.UTC).Plus(arg - 3)}
			case 8:
				a = []ReminderAction{Resume{}, GoWeekly{}, SwitchOff{}, Unsent{r.Shown, SkipLate}}[arg%4]
			case 9:
				a = Snooze{SnoozeFors[arg%3]}
			case 10:
				a = SendNow{m}
			case 11: // back by up to 15 hours, never two days in all
				if to := now.Add(-time.Duration(arg) * time.Hour); ahead.Sub(to) < 48*time.Hour {
					now = to
				}
				a = Look{m}
			case 12:
				m.Away, m.Holiday = arg%3 == 0, arg%5 == 0
				continue
			case 13:
				now = now.Add(time.Duration(arg) * 26 * time.Hour)
				a = Look{m}
			case 14:
				if next, ok := r.NextTick(); ok && next.After(now) && next.Before(now.AddDate(1, 0, 0)) {
					now = next.Add(time.Duration(arg) * time.Second)
				}
				a = Look{m}
			case 15:
				now = now.Add(time.Duration(arg+1) * 10 * time.Minute)
				a = Look{m}
			}
			if now.After(ahead) {
				ahead = now
			}
			before := fmt.Sprint(r)
			out, err := Remind(r, a, remembered, now)
			if fmt.Sprint(r) != before {
				t.Fatalf("%T changed what it was given", a)
			}
			if err != nil {
				if len(out.Messages)+len(out.Skipped) > 0 || fmt.Sprint(out.Reminder) != before {
					t.Fatalf("%T: an error that changed something", a)
				}
				continue
			}
			r = out.Reminder
			today := nudges.DateIn(now, r.Location(remembered))
			for _, msg := range out.Messages {
				if keys[msg.Key] {
					t.Fatalf("%s said twice", msg.Key)
				}
				keys[msg.Key] = true
				if msg.While.By.Before(now) || msg.Due.After(now) {
					t.Fatalf("%+v at %v", msg, now)
				}
				if !msg.Unsolicited {
					continue
				}
				if dates[today] {
					t.Fatalf("two on %s", today)
				}
				dates[today] = true
				if msg.Key != ReminderKey(r.Person, today, 0) || m.Away || m.Holiday {
					t.Fatalf("%+v on %s, %+v", msg, today, m)
				}
			}
			next, ok := r.NextTick()
			if _, look := a.(Look); look && ok && !next.After(now) {
				t.Fatalf("looked at %v, and must look at %v again", now, next)
			}
			on := r.State == ReminderOn && !r.Gone
			if !on && ok || on && r.Due.IsZero() {
				t.Fatalf("after %T in state %q, gone %v: due %v", a, r.State, r.Gone, r.Due)
			}
			if ok && on && (r.DueOn <= r.Had || r.DueOn < r.Paused) {
				t.Fatalf("due on %s, had %s, paused until %s", r.DueOn, r.Had, r.Paused)
			}
		}
	})
}

func BenchmarkRemind(b *testing.B) {
	r := Reminder{Person: "U012AB3CD", Zone: "America/New_York"}
	m := Moment{Mantras: ourMantras(b)}
	now := time.Date(2023, 5, 1, 7, 0, 0, 0, time.UTC)
	out, _ := Remind(r, SwitchOn{}, remembered, now)
	for b.Loop() {
		now, _ = out.Reminder.NextTick()
		out, _ = Remind(out.Reminder, Look{m}, remembered, now)
	}
}
