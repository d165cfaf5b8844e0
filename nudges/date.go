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
