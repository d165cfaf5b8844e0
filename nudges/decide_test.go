package nudges

import (
	"testing"
	"time"

	"stepin/nudges/verdict"
)

// Nobody learns what was said on a running call, and what is no longer asked stays readable in old records.
func TestNowNamesNoGround(t *testing.T) {
	for _, by := range verdict.Options(verdict.QAskedIn) {
		r := Begin("R1", ByNow, "sam", "dana", "Acme", t0, 30*time.Minute, t0).Request
		r = does(t, r, t0, DecideNow{By: "sam", Seen: 1, Answers: verdict.Answers{verdict.QAskedIn: by, verdict.QStep: verdict.TakeItOver}, Around: Around{Bond: Met}})
		if g := r.Ground(); g != "" {
			t.Errorf("asked in by %s: the ground is %q", by, g)
		}
	}
	if len(verdict.Options(verdict.QMustStop)) > 0 || !verdict.Known(verdict.QMustStop, "yes") || !verdict.Known(verdict.QMustStop, "no") {
		t.Error("whether it must stop is asked, or unknown")
	}
}
