package nudges_test

import (
	"cmp"
	"fmt"
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

// A set of answers is a number: for each question a digit, 0 for a blank and else the place of the answer.
type digit struct {
	q       nudges.QuestionID
	options []nudges.OptionID // "" first
	worth   int               // what one more is in the set's number
	above   [][]nudges.OptionID
}

// rises fills above: of each answer those that lean further towards stepping in, of a blank those that lean least. The
// estimate has no such order, nor have the answers to P7.
func (d *digit) rises() {
	d.above = make([][]nudges.OptionID, len(d.options))
	switch d.q {
	case nudges.QEstimate:
		return
	case nudges.Q7:
		d.above[0] = []nudges.OptionID{nudges.LeadAlone}
		return
	default:
	}
	for i, o := range d.options {
		for _, to := range d.options[1:] {
			if lean := leanOf(d.q, to); i == 0 && lean == 0 || i > 0 && lean > leanOf(d.q, o) {
				d.above[i] = append(d.above[i], to)
			}
		}
	}
}

var asked, sets = func() (ds []digit, n int) {
	n = 1
	for _, q := range append([]nudges.QuestionID{nudges.QEstimate, nudges.QFor}, nudges.Facts...) {
		d := digit{q: q, options: append([]nudges.OptionID{""}, nudges.Options(q)...), worth: n}
		d.rises()
		ds, n = append(ds, d), n*len(d.options)
	}
	return ds, n
}()

func digitOf(q nudges.QuestionID) digit {
	return asked[slices.IndexFunc(asked, func(d digit) bool { return d.q == q })]
}

func (d digit) in(set int) int { return set / d.worth % len(d.options) }

// with is the set with another answer.
func (d digit) with(set int, o nudges.OptionID) int {
	return set + (slices.Index(d.options, o)-d.in(set))*d.worth
}

func answersOf(set int) nudges.Answers {
	a := nudges.Answers{}
	for _, d := range asked {
		if o := d.options[d.in(set)]; o != "" {
			a[d.q] = o
		}
	}
	return a
}

var remembered = map[string]nudges.Past{
	"nothing": {}, "learning": {Learn: "Asking for the next step"},
	"ledger": {Took: time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC)},
}

// TestVerdictOverAllAnswers tries every set of answers, with blanks, and with each thing that can be remembered of
// the rep and the deal. verdict.yaml says which properties hold.
func TestVerdictOverAllAnswers(t *testing.T) {
	word, role := digitOf(nudges.Q7), digitOf(nudges.QFor)
	for name, past := range remembered {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := make([]nudges.Verdict, sets)
			for set := range all {
				all[set] = nudges.Judge(answersOf(set), past)
			}
			height := func(set int) int { return all[set].Rung.Height() }
			fails := func(set int, format string, args ...any) {
				t.Helper()
				t.Fatalf("%v: %s by %s, %s", answersOf(set), all[set].Rung, all[set].Rule, fmt.Sprintf(format, args...))
			}
			reached, rules := map[nudges.Rung]bool{}, map[string]bool{}
			for set, v := range all {
				a := answersOf(set)
				reached[v.Rung], rules[v.Rule] = true, true
				if v.Rung.Height() < 0 {
					fails(set, "which is no rung")
				}
				if set%7 == 0 && !reflect.DeepEqual(v, nudges.Judge(answersOf(set), past)) {
					fails(set, "and another verdict the second time")
				}
				if a[nudges.Q8] != "line" && v.Rung.Height() > nudges.CoPilot.Height() {
					fails(set, "and no line is crossed")
				}
				if least := groundOf(a); v.Rung.Height() < least.Height() {
					fails(set, "which is below its ground %s", least)
				}
				if len(v.Because) > 2 || v.Against != "" && slices.Contains(v.Because, v.Against) {
					fails(set, "because %v, against %v", v.Because, v.Against)
				}
				if v.AskFirst && v.Rung != nudges.Coach {
					fails(set, "and asking first is coaching")
				}
				for _, d := range asked {
					for _, to := range d.above[d.in(set)] {
						if then := d.with(set, to); height(then) < height(set) && !(d.in(set) == 0 && v.AskFirst) {
							fails(set, "and with %s for %s it is %s", to, d.q, all[then].Rung)
						}
					}
				}
				alone, coaching := height(word.with(set, "alone")), height(word.with(set, "coaching"))
				if alone > coaching {
					fails(set, "and leading alone is above coaching")
				}
				for _, o := range []nudges.OptionID{"copilot", "whole"} {
					if with := height(role.with(word.with(set, "asked"), o)); coaching > with {
						fails(set, "and coaching is above asked, for %s", o)
					}
				}
			}
			for _, r := range nudges.Ladder {
				if !reached[r] {
					t.Errorf("nothing leads to %s", r)
				}
			}
			if name == "nothing" && len(rules) != len(nudges.Verdicts.Grounds)+len(nudges.Verdicts.Word)+5 {
				t.Errorf("rules that decide: %v", rules)
			}
			t.Logf("%d sets", len(all))
		})
	}
}

// groundOf is the table of grounds, written down once more.
func groundOf(a nudges.Answers) nudges.Rung {
	invited := a[nudges.Q7] == "asked"
	switch {
	case a[nudges.Q8] == "line":
		return nudges.TakeOver
	case invited && (a[nudges.QFor] == "whole" || a[nudges.QFor] == "copilot"), a[nudges.Q6] == "customer":
		return nudges.CoPilot
	case invited:
		return nudges.Listen
	}
	return ""
}

// An answer of older records names no rung, and leaves the sum as it is.
func TestOldYesKeepsItsMeaning(t *testing.T) {
	if slices.Contains(nudges.Options(nudges.Q7), "yes") || !nudges.Known(nudges.Q7, "yes") {
		t.Error("it is offered, or cannot be read")
	}
	least := nudges.Answers{nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes", nudges.Q4: "yes"}
	if v := nudges.Judge(least, nudges.Past{}); v.Rung != nudges.HoldBack {
		t.Errorf("nothing speaks for it: %+v", v)
	}
	most := nudges.Answers{nudges.Q7: "yes", nudges.Q6: "theirs", nudges.Q8: "barely", nudges.Q5: "no", nudges.Q4: "no"}
	if v := nudges.Judge(most, nudges.Past{}); v.Rung != nudges.CoPilot {
		t.Errorf("all speaks for it: %+v", v)
	}
}

// The later facts are asked where an answer to them gives another rung than the next.
func TestLaterFactsAreAskedWhereTheyMatter(t *testing.T) {
	count := map[bool]int{}
	for a := range nudgestest.Combinations(append([]nudges.QuestionID{nudges.QFor}, nudges.FirstFacts...), true) {
		for name, past := range remembered {
			lowest, highest := len(nudges.Ladder), -1
			for b := range nudgestest.Combinations(nudges.LaterFacts, false) {
				maps.Copy(b, a)
				h := nudges.Judge(b, past).Rung.Height()
				lowest, highest = min(lowest, h), max(highest, h)
			}
			was := maps.Clone(a)
			matter := nudges.Request{Answers: a, Past: past}.AsksLater()
			if matter != (lowest < highest) || !maps.Equal(a, was) {
				t.Fatalf("%v, %s: asked %v, from %d to %d", a, name, matter, lowest, highest)
			}
			count[matter]++
		}
	}
	if count[true] == 0 || count[false] == 0 {
		t.Errorf("asked and not: %v", count)
	}
}

func TestVerdictTable(t *testing.T) {
	v := nudges.Verdicts
	conditions := v.Each
	rungs := []nudges.Rung{v.From, v.Most, v.Blanks.Rung, v.Cap.Rung, v.Ledger.Rung, v.Learning.Rung}
	for _, g := range append(v.Grounds, v.NotAsked, v.Unsaid) {
		rungs, conditions = append(rungs, g.Rung), append(conditions, g.When...)
	}
	for _, b := range v.Word {
		rungs, conditions = append(rungs, cmp.Or(b.Least, b.Most)), append(conditions, b.When...)
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
	all := nudges.Answers{
		nudges.Q7: "alone", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes", nudges.Q4: "yes",
	}
	with := func(kv ...string) nudges.Answers {
		a := maps.Clone(all)
		for i := 0; i < len(kv); i += 2 {
			a[nudges.QuestionID(kv[i])] = nudges.OptionID(kv[i+1])
		}
		return a
	}
	coached := func(kv ...string) nudges.Answers { return with(append(kv, "P7", "coaching")...) }
	for _, c := range []struct {
		name  string
		a     nudges.Answers
		rung  nudges.Rung
		rule  string
		first bool
	}{
		{"all well", all, nudges.HoldBack, nudges.RuleUps, false},
		{"alone, one up", with("P8", "barely"), nudges.Coach, nudges.RuleUps, false},
		{"alone, two up", with("P8", "barely", "P5", "no"), nudges.Coach, "alone", false},
		{"alone, three up", with("P8", "barely", "P5", "no", "P4", "no"), nudges.Coach, "alone", false},
		{"coaching, none up", coached(), nudges.Coach, "coaching", false},
		{"coaching, one up", coached("P5", "no"), nudges.Coach, nudges.RuleUps, false},
		{"coaching, two up", coached("P8", "barely", "P5", "no"), nudges.Listen, nudges.RuleUps, false},
		{"coaching, three up", coached("P8", "barely", "P5", "no", "P4", "no"), nudges.CoPilot, nudges.RuleUps, false},
		{
			"three up, but good odds", coached("P8", "barely", "P5", "no", "P4", "no", "estimate", "80"), nudges.Coach,
			"estimate", false,
		},
		{
			"three up, lesser odds", coached("P8", "barely", "P5", "no", "P4", "no", "estimate", "70"), nudges.CoPilot,
			nudges.RuleUps, false,
		},
		{"good odds change nothing lower", with("estimate", "100"), nudges.HoldBack, nudges.RuleUps, false},
		{
			"not known, whatever is at stake", with("P7", "not_yet", "P8", "barely", "P5", "no", "P4", "no"), nudges.Coach,
			"not-asked", true,
		},
		{"not known comes before blanks", nudges.Answers{nudges.Q7: "not_yet"}, nudges.Coach, "not-asked", true},
		{"nothing said", nudges.Answers{}, nudges.Coach, "blanks", true},
		{"three blanks", nudges.Answers{nudges.Q6: "theirs", nudges.Q8: "yes"}, nudges.Coach, "blanks", true},
		{"three blanks, alone", nudges.Answers{nudges.Q7: "alone", nudges.Q8: "yes"}, nudges.Coach, "blanks", true},
		{
			"P7 blank, whatever is at stake",
			nudges.Answers{nudges.Q6: "theirs", nudges.Q8: "barely", nudges.Q5: "no", nudges.Q4: "no"},
			nudges.Coach, "unsaid", true,
		},
		{
			"two blanks",
			nudges.Answers{nudges.Q7: "alone", nudges.Q6: "theirs", nudges.Q8: "yes"},
			nudges.HoldBack, nudges.RuleUps, false,
		},
		{"an unknown option is a blank", with("P8", "nonsense", "P5", "x", "P4", "y"), nudges.Coach, "blanks", true},
		{
			"the customer asked, and good odds", with("P6", "customer", "estimate", "100"), nudges.CoPilot, "customer",
			false,
		},
		{
			"the customer asked, the rep's wish is not known",
			nudges.Answers{nudges.Q6: "customer", nudges.Q7: "not_yet"},
			nudges.CoPilot, "customer", false,
		},
		{"the rep asked", nudges.Answers{nudges.Q7: "asked"}, nudges.Listen, "rep-open", false},
		{"to listen", nudges.Answers{nudges.Q7: "asked", nudges.QFor: "listen"}, nudges.Listen, "rep-listen", false},
		{"to help", nudges.Answers{nudges.Q7: "asked", nudges.QFor: "copilot"}, nudges.CoPilot, "rep-co-pilot", false},
		{"to listen, and the customer asked", nudges.Answers{
			nudges.Q7: "asked", nudges.QFor: "listen",
			nudges.Q6: "customer",
		}, nudges.CoPilot, "customer", false},
		{"to lead", nudges.Answers{nudges.Q7: "asked", nudges.QFor: "whole"}, nudges.CoPilot, "rep-whole", false},
		{"a role without a wish is none", with("for", "whole"), nudges.HoldBack, nudges.RuleUps, false},
		{"a line", with("P8", "line", "estimate", "100"), nudges.TakeOver, "line", false},
		{"planned is as theirs", with("P6", "planned"), nudges.HoldBack, nudges.RuleUps, false},
	} {
		if v := nudges.Judge(c.a, nudges.Past{}); v.Rung != c.rung || v.Rule != c.rule || v.AskFirst != c.first {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestMissing(t *testing.T) {
	held := nudges.Answers{nudges.Q7: "alone", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes"}
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
				nudges.Q7: "alone", nudges.Q6: "theirs", nudges.Q8: "yes", nudges.Q5: "yes",
				nudges.Q4: "yes", nudges.Q1: "some", nudges.QWhyNot: "tried",
			},
			nudges.TakeOver,
			[]nudges.QuestionID{nudges.Q3, nudges.Q2},
		},
		{"a ground", nudges.Answers{nudges.Q6: "customer"}, nudges.TakeOver, nil},
		{"the rep's wish to be led", nudges.Answers{nudges.Q7: "asked", nudges.QFor: "whole"}, nudges.TakeOver, nil},
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
	for i, o := range nudges.Options(nudges.QStep) {
		r, ok := nudges.StepRung(o)
		if want := []nudges.Rung{nudges.Listen, nudges.Coach, nudges.CoPilot, nudges.TakeOver}[i]; !ok || r != want {
			t.Errorf("%s: %s", o, r)
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
		nudges.Q7: "coaching", nudges.Q6: "theirs", nudges.Q8: "barely", nudges.Q5: "no",
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
