package rules

import (
	"testing"
	"time"
)

// A window of a minute begins with its first call. Once it is full, a Retry-After is what is left of it.
func TestWindows(t *testing.T) {
	l := NewLimiter()
	l.Windows = true
	began := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	calls := func(after time.Duration) (taken, wait int) {
		for {
			if wait, through := l.Limit(began.Add(after), "views.open", 100, "", false); wait > 0 || through {
				return taken, wait
			}
			taken++
		}
	}
	for _, tt := range []struct {
		after       time.Duration
		taken, wait int
	}{{0, 100, 60}, {60 * time.Second, 100, 60}, {150 * time.Second, 100, 60}} {
		if taken, wait := calls(tt.after); taken != tt.taken || wait != tt.wait {
			t.Errorf("after %v: %d taken, wait %d", tt.after, taken, wait)
		}
	}
	l = NewLimiter()
	l.Windows = true
	for i := range 100 {
		l.Limit(began.Add(time.Duration(i)*500*time.Millisecond), "views.open", 100, "", false)
	}
	if wait, _ := l.Limit(began.Add(50*time.Second), "views.open", 100, "", false); wait != 10 {
		t.Errorf("wait %d at the end of a window", wait)
	}
	if wait, _ := l.Limit(began.Add(50*time.Second), "views.update", 100, "", false); wait != 0 {
		t.Errorf("wait %d for another method", wait)
	}
}

// During a Retry-After a call breaks the rule, but for what was on its way, and for one try an hour.
func TestTriesDuringARetryAfter(t *testing.T) {
	l := NewLimiter()
	began := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	l.Hold(began, "views.open", 5*3600)
	for _, tt := range []struct {
		after   time.Duration
		left    int
		through bool
	}{
		{100 * time.Millisecond, 5 * 3600, false},
		{time.Second, 5*3600 - 1, true},
		{59 * time.Minute, 4*3600 + 60, true},
		{time.Hour, 4 * 3600, false},
		{time.Hour + time.Minute, 4*3600 - 60, true},
		{2 * time.Hour, 3 * 3600, false},
		{5 * time.Hour, 0, false},
	} {
		if left, through := l.Left(began.Add(tt.after), "views.open"); left != tt.left || through != tt.through {
			t.Errorf("after %v: %d, %v", tt.after, left, through)
		}
	}
}
