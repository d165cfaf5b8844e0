package nudges

import "time"

// Midnight is the date at 00:00 UTC, to count with; false if it is no date.
func (d Date) Midnight() (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t, err == nil
}

// Valid says whether it is a date at all.
func (d Date) Valid() bool { _, ok := d.Midnight(); return ok }

// Plus is the date so many days later; no date stays none.
func (d Date) Plus(days int) Date {
	t, ok := d.Midnight()
	if !ok {
		return ""
	}
	return Date(t.AddDate(0, 0, days).Format(time.DateOnly))
}

// An HourCycle is how somebody reads a time of day. "", for somebody of whom it is not known, is read as 24 hours:
// most regions do, and "14:30" is one moment also to those who would write 2:30 PM.
//
// Slack's own <!date^…> is not used for times. It is mrkdwn, which titles, labels and options of windows do not take.
// It shows the zone of the device, and stepin writes and reads times in the zone of the profile. No document says that
// it follows a person's choice of 24 hours (docs.slack.dev/messaging/formatting-message-text).
type HourCycle string

// The hour cycles.
const (
	Hours12 HourCycle = "12"
	Hours24 HourCycle = "24"
)

// Time is the time of day of a moment, "9:45 AM" or "09:45", in the moment's own location. Whatever people read is
// written here.
func (h HourCycle) Time(t time.Time) string {
	if h == Hours12 {
		return t.Format("3:04 PM")
	}
	return t.Format("15:04")
}

// Span are the two ends of a span, "9:00" and "9:30 AM": half a day that both are in is named once.
func (h HourCycle) Span(from, to time.Time) (starts, ends string) {
	if h == Hours12 && from.Format("PM") == to.Format("PM") {
		return from.Format("3:04"), h.Time(to)
	}
	return h.Time(from), h.Time(to)
}
