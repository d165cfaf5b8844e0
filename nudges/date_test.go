package nudges

import (
	"testing"
	"time"
)

// Each reads a time of day in their own way; of whom it is not known, with 24 hours.
func TestTimesOfDay(t *testing.T) {
	at := func(hour, minute int) time.Time { return time.Date(2026, 3, 4, hour, minute, 59, 0, time.UTC) }
	for _, tt := range []struct {
		t      time.Time
		h12    string
		others string
	}{
		{at(0, 0), "12:00 AM", "00:00"},
		{at(0, 5), "12:05 AM", "00:05"},
		{at(9, 45), "9:45 AM", "09:45"},
		{at(11, 59), "11:59 AM", "11:59"},
		{at(12, 0), "12:00 PM", "12:00"},
		{at(21, 45), "9:45 PM", "21:45"},
		{at(23, 30), "11:30 PM", "23:30"},
	} {
		if got := Hours12.Time(tt.t); got != tt.h12 {
			t.Errorf("%v with 12 hours: %q, not %q", tt.t, got, tt.h12)
		}
		for _, h := range []HourCycle{"", Hours24, "of a later version"} {
			if got := h.Time(tt.t); got != tt.others {
				t.Errorf("%v with hours %q: %q, not %q", tt.t, h, got, tt.others)
			}
		}
	}
	for _, tt := range []struct {
		h            HourCycle
		from, to     time.Time
		starts, ends string
	}{
		{Hours12, at(9, 0), at(9, 30), "9:00", "9:30 AM"},
		{Hours12, at(13, 0), at(14, 0), "1:00", "2:00 PM"},
		{Hours12, at(11, 30), at(12, 15), "11:30 AM", "12:15 PM"},
		{Hours12, at(23, 30), at(24, 15), "11:30 PM", "12:15 AM"},
		{Hours24, at(9, 0), at(9, 30), "09:00", "09:30"},
		{"", at(23, 30), at(24, 0), "23:30", "00:00"},
	} {
		if starts, ends := tt.h.Span(tt.from, tt.to); starts != tt.starts || ends != tt.ends {
			t.Errorf("%v to %v with hours %q: %q and %q, not %q and %q", tt.from, tt.to, tt.h, starts, ends, tt.starts, tt.ends)
		}
	}
}

// Somebody's own choice counts, then their Slack language.
func TestHoursOfAPerson(t *testing.T) {
	for _, tt := range []struct{ slack, own, want HourCycle }{
		{"", "", ""}, {Hours12, "", Hours12}, {Hours12, Hours24, Hours24}, {Hours24, Hours12, Hours12}, {"", Hours12, Hours12},
	} {
		if got := (Person{SlackHours: tt.slack, OwnHours: tt.own}).Hours(); got != tt.want {
			t.Errorf("Slack has %q and they chose %q: %q, not %q", tt.slack, tt.own, got, tt.want)
		}
	}
}
