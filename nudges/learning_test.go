package nudges

import (
	"errors"
	"strings"
	"testing"
	"time"
)

var marked = Past{Learn: "Asking for the next step"}

// A deal for learning holds the sum at coaching, and leaves a ground as it is.
func TestLearningHoldsAtCoaching(t *testing.T) {
	reached := map[Rung]bool{}
	for a := range combinations(judged, true) {
		without, with := Judge(a, Past{}), Judge(a, marked)
		reached[with.Rung] = true
		if !with.Learning || without.Learning {
			t.Fatalf("%v: no reason added", a)
		}
		want, rule := without.Rung, without.Rule
		if without.Ground == "" && want.Height() > Coach.Height() {
			want, rule = Coach, decides.learning.id
		}
		if with.Rung != want || with.Rule != rule || with.Ground != without.Ground || with.AskFirst != without.AskFirst {
			t.Fatalf("%v: %+v, without it %+v", a, with, without)
		}
	}
	if len(reached) != len(Ladder) {
		t.Errorf("reached %v", reached)
	}
	asked := Answers{Q7: "yes", Q6: "theirs", Q8: "barely", Q5: "no", Q4: "no"}
	if v := Judge(asked, Past{Learn: "x", Took: t0}); v.Rule != decides.learning.id {
		t.Errorf("with the ledger: %+v", v)
	}
	if got := Missing(asked, marked, Listen); len(got) == 0 {
		t.Error("nothing more is asked above it")
	}
}

func TestLearningNeverLowersTowardsSteppingIn(t *testing.T) {
	for a := range combinations(Facts, false) {
		v := Judge(a, marked)
		for q, o := range a {
			lean, _ := Lean(q, o)
			for _, x := range shipped {
				if x.id != q {
					continue
				}
				for _, to := range x.options {
					a[q] = to.id
					if then := Judge(a, marked); to.lean > lean && then.Rung.Height() < v.Rung.Height() {
						t.Fatalf("%s from %s to %s lowers %s to %s: %v", q, o, to.id, v.Rung, then.Rung, a)
					}
				}
				a[q] = o
			}
		}
	}
}

func TestLearningReadsLikeThis(t *testing.T) {
	w := loadWords(t)
	var b strings.Builder
	for _, a := range typical {
		v := Judge(a, marked)
		s := w.Spoken(v, a, sample)
		b.WriteString(string(v.Rung) + ", " + v.Rule + ": " + s.Says.Plain() + " " + s.Against.Plain() + " " + s.Change.Plain() + "\n")
	}
	golden(t, "learning.golden", b.String())
	for a := range combinations(Facts, true) {
		for _, d := range []Data{sample, {}, callers["long"], callers["rtl"]} {
			s := w.Spoken(Judge(a, marked), a, d)
			for _, m := range []Marked{s.Says, s.Against, s.Change} {
				if what := misfit(m, 2*seenLine); what != "" {
					t.Fatalf("%v: %s: %q", a, what, m.Plain())
				}
			}
			if says := s.Says.Plain(); sentences(says) > 2 || strings.Contains(says, "said .") || strings.Contains(says, "said and") {
				t.Fatalf("%v: %q", a, says)
			}
		}
		s := w.Spoken(Judge(a, marked), a, sample)
		if all := strings.Join([]string{s.Says.Plain(), s.Against.Plain(), s.Change.Plain()}, " "); grade(all) > 7 {
			t.Errorf("reading grade %.1f: %q", grade(all), all)
		}
	}
}

// Whether a deal is for learning costs no time on the way to a decision.
func TestLearningKeepsTheBudgets(t *testing.T) {
	pausing(t, "five facts for learning", "all eight for learning", marked)
}

func TestLearn(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Request
		now  time.Time
		by   UserID
		err  error
	}{
		{"before", begun(), t0, "sam", nil},
		{"decided", decided(t, HoldBack), t0, "sam", nil},
		{"after the call", decided(t, Coach), ends, "sam", nil},
		{"the rep cannot", begun(), t0, "dana", ErrNotYours},
		{"nobody else can", begun(), t0, "lior", ErrNotYours},
		{"withdrawn", does(t, begun(), t0, Withdraw{By: "sam"}), t0, "sam", ErrClosed},
		{"a week later", decided(t, Coach), ends.Add(DebriefWindow), "sam", ErrClosed},
	} {
		o, err := Next(tt.r, Learn{By: tt.by, What: "to wait"}, tt.now)
		if !errors.Is(err, tt.err) || err == nil && o.Request.Past.Learn != "to wait" || err != nil && o.Request.Past.Learn != "" {
			t.Errorf("%s: %q, %v", tt.name, o.Request.Past.Learn, err)
		}
	}
}

// A debrief that is open shows what is to be learned, and shows it anew when that changes.
func TestLearnRewritesTheDebrief(t *testing.T) {
	r := decided(t, Listen)
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
