package clock

import (
	"testing"
	"time"
)

// The clock was set if it went on by more, or less, than the time that has passed.
func TestWasSet(t *testing.T) {
	for _, tt := range []struct {
		clock, passed time.Duration
		want          bool
	}{
		{time.Minute, time.Minute, false},
		{time.Minute + 30*time.Second, time.Minute, false},
		{time.Hour, time.Minute, true},
		{-time.Hour, time.Minute, true},
		{0, 5 * time.Minute, true},
	} {
		if got := wasSet(tt.clock, tt.passed); got != tt.want {
			t.Errorf("%v in %v: %v", tt.clock, tt.passed, got)
		}
	}
}
