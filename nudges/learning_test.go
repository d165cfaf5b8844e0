package nudges

import (
	"errors"
	"testing"
	"time"

	"stepin/nudges/ladder"
)

func TestLearn(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Request
		now  time.Time
		by   UserID
		err  error
	}{
		{"before", begun(), t0, "sam", nil},
		{"decided", decided(t, ladder.HoldBack), t0, "sam", nil},
		{"after the call", decided(t, ladder.Coach), ends, "sam", nil},
		{"the rep cannot", begun(), t0, "dana", ErrNotYours},
		{"nobody else can", begun(), t0, "lior", ErrNotYours},
		{"withdrawn", does(t, begun(), t0, Withdraw{By: "sam"}), t0, "sam", ErrClosed},
		{"a week later", decided(t, ladder.Coach), ends.Add(DebriefWindow), "sam", ErrClosed},
	} {
		o, err := Next(tt.r, Learn{By: tt.by, What: "to wait"}, tt.now)
		if !errors.Is(err, tt.err) || err == nil && o.Request.Past.Learn != "to wait" || err != nil && o.Request.Past.Learn != "" {
			t.Errorf("%s: %q, %v", tt.name, o.Request.Past.Learn, err)
		}
	}
}

// A debrief that is open shows what is to be learned, and is redrawn when that changes.
func TestLearnRewritesTheDebrief(t *testing.T) {
	r := decided(t, ladder.Listen)
	at, _ := does(t, r, ends, Tick{}).opensAt()
	r = does(t, r, at, OpenDebrief{DebriefFacts{Channel: "C1", Bond: Met}})
	o, err := Next(r, Learn{By: "sam", What: "to wait"}, at)
	if err != nil || len(o.Transitions) > 0 {
		t.Fatalf("%v, %v", o.Transitions, err)
	}
	edits := 0
	for _, m := range o.Messages {
		if m.Edits == r.Debrief.Root && m.Kind == KindRoot {
			edits++
		}
	}
	if edits != 1 || len(o.Messages) != 1 {
		t.Errorf("%+v", o.Messages)
	}
	if o, err = Next(o.Request, Learn{By: "sam", What: "to wait"}, at); err != nil || len(o.Messages) > 0 {
		t.Errorf("said once more: %+v, %v", o.Messages, err)
	}
}
