package words

import (
	"strings"
	"testing"

	"stepin/nudges/nudgestest"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

var learned = verdict.Past{Learn: "Asking for the next step"}

func TestLearningReadsLikeThis(t *testing.T) {
	w := loadWords(t)
	var b strings.Builder
	for _, a := range typical {
		v := verdict.Of(a, learned)
		s := w.VerdictText(v, a, sample)
		b.WriteString(string(v.Rung) + ", " + v.Rule + ": " + s.Says.Plain() + " " + s.Against.Plain() + " " +
			s.Change.Plain() + "\n")
	}
	golden(t, "learning.golden", b.String())
	for a := range nudgestest.Combinations(verdict.Facts, true) {
		for _, d := range []Data{sample, {}, callers["long"], callers["rtl"]} {
			s := w.VerdictText(verdict.Of(a, learned), a, d)
			for _, m := range []text.Text{s.Says, s.Against, s.Change} {
				if what := misfit(m, 2*seenLine); what != "" {
					t.Fatalf("%v: %s: %q", a, what, m.Plain())
				}
			}
			if says := s.Says.Plain(); sentences(says) > 2 || strings.Contains(says, "said .") ||
				strings.Contains(says, "said and") {
				t.Fatalf("%v: %q", a, says)
			}
		}
		s := w.VerdictText(verdict.Of(a, learned), a, sample)
		if all := strings.Join([]string{s.Says.Plain(), s.Against.Plain(), s.Change.Plain()}, " "); grade(all) > 7 {
			t.Errorf("reading grade %.1f: %q", grade(all), all)
		}
	}
}

// Whether a deal is for learning costs no time on the way to a decision.
func TestLearningKeepsTheBudgets(t *testing.T) {
	pausing(t, "five facts for learning", "all eight for learning", learned)
}
