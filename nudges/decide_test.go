package nudges

import (
	"testing"
	"time"
)

// Nobody learns what was said on a running call, and what is no longer asked stays readable in old records.
func TestNowNamesNoGround(t *testing.T) {
	for _, by := range Options(QAskedIn) {
		r := Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
		r = does(t, r, t0, DecideNow{By: "sam", Seen: 1, Answers: Answers{QAskedIn: by, QStep: TakeItOver}, Around: Around{Bond: Met}})
		if g := r.Ground(); g != "" {
			t.Errorf("asked in by %s: the ground is %q", by, g)
		}
	}
	if len(Options(QMustStop)) > 0 || !Known(QMustStop, "yes") || !Known(QMustStop, "no") {
		t.Error("whether it must stop is asked, or unknown")
	}
}
