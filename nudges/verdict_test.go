package nudges

import (
	"iter"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

// combinations are all answers to the questions that can be given; with blanks, also
// those with some left out. What the rep asked for is only there if the rep asked.
func combinations(qs []QuestionID, blanks bool) iter.Seq[Answers] {
	return func(yield func(Answers) bool) {
		var each func(a Answers, left []QuestionID) bool
		each = func(a Answers, left []QuestionID) bool {
			if len(left) == 0 {
				if a[QFor] != "" && a[Q7] != AskedMeIn {
					return true
				}
				return yield(maps.Clone(a))
			}
			if blanks && !each(a, left[1:]) {
				return false
			}
			i := slices.IndexFunc(shipped, func(x asked) bool { return x.id == left[0] })
			for _, o := range shipped[i].options {
				a[left[0]] = o.id
				if !each(a, left[1:]) {
					return false
				}
			}
			delete(a, left[0])
			return true
		}
		each(Answers{}, qs)
	}
}

func leanOf(q QuestionID, o OptionID) int {
	lean, _ := Lean(q, o)
	return lean
}

var judged = append([]QuestionID{QFor, QEstimate}, Facts...)

func TestVerdictOverAllAnswers(t *testing.T) {
	reached, rules, n := map[Rung]bool{}, map[string]bool{}, 0
	for a := range combinations(judged, true) {
		n++
		v := Judge(a, Past{})
		reached[v.Rung], rules[v.Rule] = true, true
		if v.Rung.Height() < 0 {
			t.Fatalf("%v: no rung", a)
		}
		if n%7 == 0 && !reflect.DeepEqual(v, Judge(maps.Clone(a), Past{})) {
			t.Fatalf("%v: another verdict the second time", a)
		}
		if v.Ground == "" && v.Rung.Height() > CoPilot.Height() {
			t.Fatalf("%v: %s without a ground", a, v.Rung)
		}
		if least := groundOf(a); v.Rung.Height() < least.Height() {
			t.Fatalf("%v: %s is below its ground %s", a, v.Rung, least)
		}
		if len(v.Because) > 2 || v.Against != "" && slices.Contains(v.Because, v.Against) {
			t.Fatalf("%v: because %v, against %v", a, v.Because, v.Against)
		}
	}
	if len(reached) != len(Ladder) || len(rules) != len(decides.grounds)+4 {
		t.Errorf("reached %v by %v", reached, rules)
	}
	t.Logf("%d combinations", n)
}

// groundOf is DESIGN's table of grounds, written down once more.
func groundOf(a Answers) Rung {
	switch {
	case a[Q8] == "line", a[Q7] == "asked" && a[QFor] == "whole":
		return TakeOver
	case a[Q7] == "asked" && a[QFor] != "listen", a[Q6] == "customer":
		return CoPilot
	case a[Q7] == "asked":
		return Listen
	}
	return ""
}

func TestTurningTowardsSteppingInNeverLowersIt(t *testing.T) {
	for a := range combinations(judged, true) {
		v := Judge(a, Past{})
		for q, o := range a {
			lean := leanOf(q, o)
			i := slices.IndexFunc(shipped, func(x asked) bool { return x.id == q })
			for _, to := range shipped[i].options {
				if leanOf(q, to.id) <= lean {
					continue
				}
				was := a[q]
				a[q] = to.id
				cleared, had := a[QFor]
				if q == Q7 {
					delete(a, QFor)
				}
				if then := Judge(a, Past{}); then.Rung.Height() < v.Rung.Height() {
					t.Fatalf("%s from %s to %s lowers %s to %s: %v", q, was, to.id, v.Rung, then.Rung, a)
				}
				a[q] = was
				if had {
					a[QFor] = cleared
				}
			}
		}
	}
}

func TestVerdictTable(t *testing.T) {
	all := Answers{Q7: "yes", Q6: "theirs", Q8: "yes", Q5: "yes", Q4: "yes"}
	with := func(kv ...string) Answers {
		a := maps.Clone(all)
		for i := 0; i < len(kv); i += 2 {
			a[QuestionID(kv[i])] = OptionID(kv[i+1])
		}
		return a
	}
	for _, c := range []struct {
		name  string
		a     Answers
		rung  Rung
		rule  string
		first bool
	}{
		{"all well", all, HoldBack, RuleUps, false},
		{"one up", with("P8", "barely"), Coach, RuleUps, false},
		{"two up", with("P8", "barely", "P5", "no"), Listen, RuleUps, false},
		{"three up", with("P8", "barely", "P5", "no", "P4", "no"), CoPilot, RuleUps, false},
		{"three up, but a good chance", with("P8", "barely", "P5", "no", "P4", "no", "estimate", "80"), Coach, "estimate", false},
		{"three up, a lesser chance", with("P8", "barely", "P5", "no", "P4", "no", "estimate", "70"), CoPilot, RuleUps, false},
		{"a good chance changes nothing lower", with("estimate", "100"), HoldBack, RuleUps, false},
		{"not asked, whatever is at stake", with("P7", "not_yet", "P8", "barely", "P5", "no", "P4", "no"), Coach, "not-asked", true},
		{"nothing said", Answers{}, Coach, "blanks", true},
		{"three blanks", Answers{Q6: "theirs", Q8: "yes"}, Coach, "blanks", true},
		{"two blanks", Answers{Q6: "theirs", Q8: "yes", Q5: "yes"}, HoldBack, RuleUps, false},
		{"an unknown option is a blank", with("P8", "nonsense", "P5", "x", "P4", "y"), Coach, "blanks", true},
		{"the customer asked, and a good chance", with("P6", "customer", "estimate", "100"), CoPilot, "customer", false},
		{"the customer asked, the rep was not", Answers{Q6: "customer", Q7: "not_yet"}, CoPilot, "customer", false},
		{"the rep asked", Answers{Q7: "asked"}, CoPilot, "rep-open", false},
		{"to listen", Answers{Q7: "asked", QFor: "listen"}, Listen, "rep-listen", false},
		{"to listen, and the customer asked", Answers{Q7: "asked", QFor: "listen", Q6: "customer"}, CoPilot, "customer", false},
		{"the whole call", Answers{Q7: "asked", QFor: "whole"}, TakeOver, "rep-whole", false},
		{"a line", with("P8", "line", "estimate", "100"), TakeOver, "line", false},
		{"planned is as theirs", with("P6", "planned"), HoldBack, RuleUps, false},
	} {
		if v := Judge(c.a, Past{}); v.Rung != c.rung || v.Rule != c.rule || v.AskFirst != c.first {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestMissing(t *testing.T) {
	held := Answers{Q7: "yes", Q6: "theirs", Q8: "yes", Q5: "yes"}
	for _, c := range []struct {
		name string
		a    Answers
		wish Rung
		want []QuestionID
	}{
		{"at the verdict", held, HoldBack, nil},
		{"above it", held, Listen, []QuestionID{Q1, Q3, Q2, QWhyNot}},
		{"a take-over", held, TakeOver, []QuestionID{Q4, Q1, Q3, Q2, QWhyNot}},
		{"some are there", Answers{Q7: "yes", Q6: "theirs", Q8: "yes", Q5: "yes", Q4: "yes", Q1: "some", QWhyNot: "tried"}, TakeOver, []QuestionID{Q3, Q2}},
		{"a ground", Answers{Q6: "customer"}, TakeOver, nil},
		{"below", Answers{}, HoldBack, nil},
	} {
		got := Missing(c.a, Past{}, c.wish)
		if len(got) == 0 && len(c.want) == 0 {
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if len(Facts) != 5 || len(More) != 3 {
		t.Error("Missing changed the lists")
	}
}

func TestStepRung(t *testing.T) {
	step := slices.IndexFunc(shipped, func(x asked) bool { return x.id == QStep })
	for i, x := range shipped[step].options {
		r, ok := StepRung(x.id)
		if want := []Rung{Listen, Coach, CoPilot, TakeOver}[i]; !ok || r != want {
			t.Errorf("%s: %s", x.id, r)
		}
	}
	if _, ok := StepRung("dance"); ok {
		t.Error("a step that is none")
	}
}

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
	if v := Judge(asked, Past{Learn: "x", Took: time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC)}); v.Rule != decides.learning.id {
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
			lean := leanOf(q, o)
			for _, x := range shipped {
				if x.id != q {
					continue
				}
				for _, to := range x.options {
					a[q] = to.id
					then, leans := Judge(a, marked), leanOf(q, to.id)
					if leans > lean && then.Rung.Height() < v.Rung.Height() {
						t.Fatalf("%s from %s to %s lowers %s to %s: %v", q, o, to.id, v.Rung, then.Rung, a)
					}
				}
				a[q] = o
			}
		}
	}
}
