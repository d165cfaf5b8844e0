package nudges

import (
	"fmt"
	"slices"
	"testing"

	"stepin/nudges/ladder"
)

// Whatever there is to ask: at most three each, the rep's first, the same for the same call, and
// nothing of the last debrief while there is enough else.
func TestDrawQuestions(t *testing.T) {
	asked := 0
	for _, rung := range ladder.Rungs {
		var last []string
		drawn := map[string]bool{}
		for i := range 60 {
			r := Request{ID: RequestID(fmt.Sprint("R", i)), Decision: Decided(rung), Grant: Grant{State: Given, EverGiven: true}, Coaching: Coaching{At: t0}}
			ofRep, ofManager := DebriefQuestions(r, true), DebriefQuestions(r, false)
			got := DrawQuestions(r, last)
			if again := DrawQuestions(r, last); !slices.Equal(got, again) {
				t.Fatalf("%s: %q, and then %q", rung, got, again)
			}
			n := min(mostAsked, len(ofRep))
			if len(got) != n+min(mostAsked, len(ofManager)) {
				t.Fatalf("%s: %d questions of %d and %d", rung, len(got), len(ofRep), len(ofManager))
			}
			for j, q := range got {
				all := ofRep
				if j >= n {
					all = ofManager
				}
				fresh := 0
				for _, name := range all {
					if !slices.Contains(last, name) {
						fresh++
					}
				}
				if !slices.Contains(all, q) || slices.Index(got, q) != j {
					t.Fatalf("%s: question %d is %q of %q", rung, j, q, got)
				}
				if slices.Contains(last, q) && fresh >= mostAsked {
					t.Fatalf("%s: %q again, with %d fresh ones", rung, q, fresh)
				}
				drawn[q] = true
			}
			last = got
			asked += len(got)
		}
		if want := len(DebriefQuestions(Request{Decision: Decided(rung), Grant: Grant{EverGiven: true}, Coaching: Coaching{At: t0}}, true)) +
			len(DebriefQuestions(Request{Decision: Decided(rung), Grant: Grant{EverGiven: true}, Coaching: Coaching{At: t0}}, false)); len(drawn) != want {
			t.Errorf("%s: %d of %d questions ever come", rung, len(drawn), want)
		}
	}
	t.Logf("%d asked", asked)
}
