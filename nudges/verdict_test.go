package nudges_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/nudgestest"
)

func leanOf(q nudges.QuestionID, o nudges.OptionID) int {
	lean, _ := nudges.Lean(q, o)
	return lean
}

var judged = append([]nudges.QuestionID{nudges.QFor, nudges.QEstimate}, nudges.Facts...)

func TestVerdictOverAllAnswers(t *testing.T) {
	reached, rules, n := map[nudges.Rung]bool{}, map[string]bool{}, 0
	for a := range nudgestest.Combinations(judged, true) {
		n++
		v := nudges.Judge(a, nudges.Past{})
		reached[v.Rung], rules[v.Rule] = true, true
		if v.Rung.Height() < 0 {
			t.Fatalf("%v: no rung", a)
		}
		if n%7 == 0 && !reflect.DeepEqual(v, nudges.Judge(maps.Clone(a), nudges.Past{})) {
			t.Fatalf("%v: another verdict the second time", a)
		}
		if v.Ground == "" && v.Rung.Height() > nudges.CoPilot.Height() {
			t.Fatalf("%v: %s without a ground", a, v.Rung)
		}
		if least := groundOf(a); v.Rung.Height() < least.Height() {
			t.Fatalf("%v: %s is below its ground %s", a, v.Rung, least)
		}
		if len(v.Because) > 2 || v.Against != "" && slices.Contains(v.Because, v.Against) {
			t.Fatalf("%v: because %v, against %v", a, v.Because, v.Against)
		}
	}
	if len(reached) != len(nudges.Ladder) || len(rules) != len(nudges.Verdicts.Grounds)+4 {
		t.Errorf("reached %v by %v", reached, rules)
	}
	t.Logf("%d combinations", n)
}

// groundOf is the table of grounds, written down once more.
func groundOf(a nudges.Answers) nudges.Rung {
	switch {
	case a[nudges.Q8] == "line", a[nudges.Q7] == "asked" && a[nudges.QFor] == "whole":
		return nudges.TakeOver
	case a[nudges.Q7] == "asked" && a[nudges.QFor] != "listen", a[nudges.Q6] == "customer":
		return nudges.CoPilot
	case a[nudges.Q7] == "asked":
		return nudges.Listen
	}
	return ""
}

func TestTurningTowardsSteppingInNeverLowersIt(t *testing.T) {
	for a := range nudgestest.Combinations(judged, true) {
		v := nudges.Judge(a, nudges.Past{})
		for q, o := range a {
			lean := leanOf(q, o)
			i := slices.IndexFunc(nudges.Shipped, func(x nudges.WordedQuestion) bool { return x.ID == q })
			for _, to := range nudges.Shipped[i].Options {
				if leanOf(q, to.ID) <= lean {
					continue
				}
				was := a[q]
				a[q] = to.ID
				cleared, had := a[nudges.QFor]
				if q == nudges.Q7 {
					delete(a, nudges.QFor)
				}
				if then := nudges.Judge(a, nudges.Past{}); then.Rung.Height() < v.Rung.Height() {
					t.Fatalf("%s from %s to %s lowers %s to %s: %v", q, was, to.ID, v.Rung, then.Rung, a)
				}
				a[q] = was
				if had {
					a[nudges.QFor] = cleared
				}
			}
		}
	}
}

func TestVerdictTable(t *testing.T) {
	v := nudges.Verdicts
	conditions := v.Each
	rungs := []nudges.Rung{v.From, v.Most, v.Blanks.Rung, v.NotAsked.Rung, v.Cap.Rung, v.Ledger.Rung, v.Learning.Rung}
	for _, g := range append(v.Grounds, v.NotAsked) {
		rungs, conditions = append(rungs, g.Rung), append(conditions, g.When...)
	}
	for _, r := range rungs {
		if r.Height() < 0 {
			t.Errorf("%q is no rung", r)
		}
	}
	for _, c := range conditions {
		if c.Option != "" && !nudges.Known(c.Question, c.Option) {
			t.Errorf("no such answer: %v", c)
		}
	}
	all := nudges.Answers{nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes", nudges.Q4: "yes"}
	with := func(kv ...string) nudges.Answers {
		a := maps.Clone(all)
		for i := 0; i < len(kv); i += 2 {
			a[nudges.QuestionID(kv[i])] = nudges.OptionID(kv[i+1])
		}
		return a
	}
	for _, c := range []struct {
		name  string
		a     nudges.Answers
		rung  nudges.Rung
		rule  string
		first bool
	}{
		{"all well", all, nudges.HoldBack, nudges.RuleUps, false},
		{"one up", with("P8", "barely"), nudges.Coach, nudges.RuleUps, false},
		{"two up", with("P8", "barely", "P5", "no"), nudges.Listen, nudges.RuleUps, false},
		{"three up", with("P8", "barely", "P5", "no", "P4", "no"), nudges.CoPilot, nudges.RuleUps, false},
		{
			"three up, but a good chance", with("P8", "barely", "P5", "no", "P4", "no", "estimate", "80"), nudges.Coach,
			"estimate", false,
		},
		{
			"three up, a lesser chance", with("P8", "barely", "P5", "no", "P4", "no", "estimate", "70"), nudges.CoPilot,
			nudges.RuleUps, false,
		},
		{"a good chance changes nothing lower", with("estimate", "100"), nudges.HoldBack, nudges.RuleUps, false},
		{
			"not asked, whatever is at stake", with("P7", "not_yet", "P8", "barely", "P5", "no", "P4", "no"), nudges.Coach,
			"not-asked", true,
		},
		{"nothing said", nudges.Answers{}, nudges.Coach, "blanks", true},
		{"three blanks", nudges.Answers{nudges.Q6: "theirs", nudges.Q8: "yes"}, nudges.Coach, "blanks", true},
		{
			"two blanks",
			nudges.Answers{nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes"},
			nudges.HoldBack,
			nudges.RuleUps, false,
		},
		{"an unknown option is a blank", with("P8", "nonsense", "P5", "x", "P4", "y"), nudges.Coach, "blanks", true},
		{
			"the customer asked, and a good chance", with("P6", "customer", "estimate", "100"), nudges.CoPilot, "customer",
			false,
		},
		{
			"the customer asked, the rep was not",
			nudges.Answers{nudges.Q6: "customer", nudges.Q7: "not_yet"},
			nudges.CoPilot, "customer", false,
		},
		{"the rep asked", nudges.Answers{nudges.Q7: "asked"}, nudges.CoPilot, "rep-open", false},
		{"to listen", nudges.Answers{nudges.Q7: "asked", nudges.QFor: "listen"}, nudges.Listen, "rep-listen", false},
		{"to listen, and the customer asked", nudges.Answers{
			nudges.Q7: "asked", nudges.QFor: "listen",
			nudges.Q6: "customer",
		}, nudges.CoPilot, "customer", false},
		{
			"the whole call",
			nudges.Answers{nudges.Q7: "asked", nudges.QFor: "whole"},
			nudges.TakeOver, "rep-whole",
			false,
		},
		{"a line", with("P8", "line", "estimate", "100"), nudges.TakeOver, "line", false},
		{"planned is as theirs", with("P6", "planned"), nudges.HoldBack, nudges.RuleUps, false},
	} {
		if v := nudges.Judge(c.a, nudges.Past{}); v.Rung != c.rung || v.Rule != c.rule || v.AskFirst != c.first {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestMissing(t *testing.T) {
	held := nudges.Answers{nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes"}
	for _, c := range []struct {
		name string
		a    nudges.Answers
		wish nudges.Rung
		want []nudges.QuestionID
	}{
		{"at the verdict", held, nudges.HoldBack, nil},
		{"above it", held, nudges.Listen, []nudges.QuestionID{nudges.Q1, nudges.Q3, nudges.Q2, nudges.QWhyNot}},
		{"a take-over", held, nudges.TakeOver, []nudges.QuestionID{
			nudges.Q4, nudges.Q1, nudges.Q3, nudges.Q2,
			nudges.QWhyNot,
		}},
		{
			"some are there",
			nudges.Answers{
				nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes",
				nudges.Q4: "yes", nudges.Q1: "some", nudges.QWhyNot: "tried",
			},
			nudges.TakeOver,
			[]nudges.QuestionID{nudges.Q3, nudges.Q2},
		},
		{"a ground", nudges.Answers{nudges.Q6: "customer"}, nudges.TakeOver, nil},
		{"below", nudges.Answers{}, nudges.HoldBack, nil},
	} {
		got := nudges.Missing(c.a, nudges.Past{}, c.wish)
		if len(got) == 0 && len(c.want) == 0 {
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if len(nudges.Facts) != 5 || len(nudges.More) != 3 {
		t.Error("Missing changed the lists")
	}
}

func TestStepRung(t *testing.T) {
	step := slices.IndexFunc(nudges.Shipped, func(x nudges.WordedQuestion) bool { return x.ID == nudges.QStep })
	for i, x := range nudges.Shipped[step].Options {
		r, ok := nudges.StepRung(x.ID)
		if want := []nudges.Rung{nudges.Listen, nudges.Coach, nudges.CoPilot, nudges.TakeOver}[i]; !ok || r != want {
			t.Errorf("%s: %s", x.ID, r)
		}
	}
	if _, ok := nudges.StepRung("dance"); ok {
		t.Error("a step that is none")
	}
}

var marked = nudges.Past{Learn: "Asking for the next step"}

// A deal for learning holds the sum at coaching, and leaves a ground as it is.
func TestLearningHoldsAtCoaching(t *testing.T) {
	reached := map[nudges.Rung]bool{}
	for a := range nudgestest.Combinations(judged, true) {
		without, with := nudges.Judge(a, nudges.Past{}), nudges.Judge(a, marked)
		reached[with.Rung] = true
		if !with.Learning || without.Learning {
			t.Fatalf("%v: no reason added", a)
		}
		want, rule := without.Rung, without.Rule
		if without.Ground == "" && want.Height() > nudges.Coach.Height() {
			want, rule = nudges.Coach, nudges.Verdicts.Learning.ID
		}
		if with.Rung != want || with.Rule != rule || with.Ground != without.Ground ||
			with.AskFirst != without.AskFirst {
			t.Fatalf("%v: %+v, without it %+v", a, with, without)
		}
	}
	if len(reached) != len(nudges.Ladder) {
		t.Errorf("reached %v", reached)
	}
	asked := nudges.Answers{
		nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "barely", nudges.Q5: "no",
		nudges.Q4: "no",
	}
	if v := nudges.Judge(asked, nudges.Past{
		Learn: "x",
		Took:  time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC),
	}); v.Rule != nudges.Verdicts.Learning.ID {
		t.Errorf("with the ledger: %+v", v)
	}
	if got := nudges.Missing(asked, marked, nudges.Listen); len(got) == 0 {
		t.Error("nothing more is asked above it")
	}
}

func TestLearningNeverLowersTowardsSteppingIn(t *testing.T) {
	for a := range nudgestest.Combinations(nudges.Facts, false) {
		v := nudges.Judge(a, marked)
		for q, o := range a {
			lean := leanOf(q, o)
			for _, x := range nudges.Shipped {
				if x.ID != q {
					continue
				}
				for _, to := range x.Options {
					a[q] = to.ID
					then, leans := nudges.Judge(a, marked), leanOf(q, to.ID)
					if leans > lean && then.Rung.Height() < v.Rung.Height() {
						t.Fatalf("%s from %s to %s lowers %s to %s: %v", q, o, to.ID, v.Rung, then.Rung, a)
					}
				}
				a[q] = o
			}
		}
	}
}
