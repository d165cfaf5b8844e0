package nudges

import (
	"hash/fnv"
	"time"
)

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

// Hash is the same for the same words, in every version of stepin.
func Hash(words ...string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w))
		h.Write([]byte{0})
	}
	n := h.Sum64() // its high bits are the better mixed ones
	return n ^ n>>32
}
