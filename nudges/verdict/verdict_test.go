package verdict_test

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"stepin/nudges/ladder"
	"stepin/nudges/nudgestest"
	"stepin/nudges/verdict"
)

func leanOf(q verdict.QuestionID, o verdict.OptionID) int {
	lean, _ := verdict.Lean(q, o)
	return lean
}

var judged = append([]verdict.QuestionID{verdict.QFor, verdict.QEstimate}, verdict.Facts...)

// A set of answers is a number: for each question a digit, 0 for a blank and else the place of the answer.
type digit struct {
	q       verdict.QuestionID
	options []verdict.OptionID // "" first
	worth   int                // what one more is in the set's number
	above   [][]verdict.OptionID
}

// rises fills above: of each answer those that lean further towards stepping in, of a blank those that lean least. The
// estimate has no such order, nor have the answers to P7.
func (d *digit) rises() {
	d.above = make([][]verdict.OptionID, len(d.options))
	switch d.q {
	case verdict.QEstimate:
		return
	case verdict.Q7:
		d.above[0] = []verdict.OptionID{verdict.LeadAlone}
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
	for _, q := range append([]verdict.QuestionID{verdict.QEstimate, verdict.QFor}, verdict.Facts...) {
		d := digit{q: q, options: append([]verdict.OptionID{""}, verdict.Options(q)...), worth: n}
		d.rises()
		ds, n = append(ds, d), n*len(d.options)
	}
	return ds, n
}()

func digitOf(q verdict.QuestionID) digit {
	return asked[slices.IndexFunc(asked, func(d digit) bool { return d.q == q })]
}

func (d digit) in(set int) int { return set / d.worth % len(d.options) }

// with is the set with another answer.
func (d digit) with(set int, o verdict.OptionID) int {
	return set + (slices.Index(d.options, o)-d.in(set))*d.worth
}

func answersOf(set int) verdict.Answers {
	a := verdict.Answers{}
	for _, d := range asked {
		if o := d.options[d.in(set)]; o != "" {
			a[d.q] = o
		}
	}
	return a
}

var remembered = map[string]verdict.Past{
	"nothing": {}, "learning": {Learn: "Asking for the next step"},
	"ledger": {Took: time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC)},
}

// TestVerdictOverAllAnswers tries every set of answers, with blanks, and with each thing that can be remembered of
// the rep and the deal. verdict.yaml says which properties hold.
func TestVerdictOverAllAnswers(t *testing.T) {
	word, role := digitOf(verdict.Q7), digitOf(verdict.QFor)
	for name, past := range remembered {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := make([]verdict.Verdict, sets)
			for set := range all {
				all[set] = verdict.Of(answersOf(set), past)
			}
			height := func(set int) int { return all[set].Rung.Height() }
			fails := func(set int, format string, args ...any) {
				t.Helper()
				t.Fatalf("%v: %s by %s, %s", answersOf(set), all[set].Rung, all[set].Rule, fmt.Sprintf(format, args...))
			}
			reached, rules := map[ladder.Rung]bool{}, map[string]bool{}
			for set, v := range all {
				a := answersOf(set)
				reached[v.Rung], rules[v.Rule] = true, true
				if v.Rung.Height() < 0 {
					fails(set, "which is no rung")
				}
				if set%7 == 0 && !reflect.DeepEqual(v, verdict.Of(answersOf(set), past)) {
					fails(set, "and another verdict the second time")
				}
				if a[verdict.Q8] != "line" && v.Rung.Height() > ladder.CoPilot.Height() {
					fails(set, "and no line is crossed")
				}
				if least := groundOf(a); v.Rung.Height() < least.Height() {
					fails(set, "which is below its ground %s", least)
				}
				if len(v.Because) > 2 || v.Against != "" && slices.Contains(v.Because, v.Against) {
					fails(set, "because %v, against %v", v.Because, v.Against)
				}
				if v.AskFirst && v.Rung != ladder.Coach {
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
				for _, o := range []verdict.OptionID{"copilot", "whole"} {
					if with := height(role.with(word.with(set, "asked"), o)); coaching > with {
						fails(set, "and coaching is above asked, for %s", o)
					}
				}
			}
			for _, r := range ladder.Rungs {
				if !reached[r] {
					t.Errorf("nothing leads to %s", r)
				}
			}
			if name == "nothing" && len(rules) != len(verdict.Rules().Grounds)+len(verdict.Rules().Word)+5 {
				t.Errorf("rules that decide: %v", rules)
			}
			t.Logf("%d sets", len(all))
		})
	}
}

// groundOf is the table of grounds, written down once more.
func groundOf(a verdict.Answers) ladder.Rung {
	invited := a[verdict.Q7] == "asked"
	switch {
	case a[verdict.Q8] == "line":
		return ladder.TakeOver
	case invited && (a[verdict.QFor] == "whole" || a[verdict.QFor] == "copilot"), a[verdict.Q6] == "customer":
		return ladder.CoPilot
	case invited:
		return ladder.Listen
	}
	return ""
}

// An answer of older records names no rung, and leaves the sum as it is.
func TestOldYesKeepsItsMeaning(t *testing.T) {
	if slices.Contains(verdict.Options(verdict.Q7), "yes") || !verdict.Known(verdict.Q7, "yes") {
		t.Error("it is offered, or cannot be read")
	}
	least := verdict.Answers{verdict.Q7: "yes", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "yes"}
	if v := verdict.Of(least, verdict.Past{}); v.Rung != ladder.HoldBack {
		t.Errorf("nothing speaks for it: %+v", v)
	}
	most := verdict.Answers{verdict.Q7: "yes", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"}
	if v := verdict.Of(most, verdict.Past{}); v.Rung != ladder.CoPilot {
		t.Errorf("all speaks for it: %+v", v)
	}
}

// The later facts are asked where an answer to them gives another rung than the next.
func TestLaterFactsAreAskedWhereTheyMatter(t *testing.T) {
	count := map[bool]int{}
	for a := range nudgestest.Combinations(append([]verdict.QuestionID{verdict.QFor}, verdict.FirstFacts...), true) {
		for name, past := range remembered {
			lowest, highest := len(ladder.Rungs), -1
			for b := range nudgestest.Combinations(verdict.LaterFacts, false) {
				maps.Copy(b, a)
				h := verdict.Of(b, past).Rung.Height()
				lowest, highest = min(lowest, h), max(highest, h)
			}
			was := maps.Clone(a)
			matter := verdict.AsksLater(a, past)
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
	v := verdict.Rules()
	conditions := v.Each
	rungs := []ladder.Rung{v.From, v.Most, v.Blanks.Rung, v.Cap.Rung, v.Ledger.Rung, v.Learning.Rung}
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
		if c.Option != "" && !verdict.Known(c.Question, c.Option) {
			t.Errorf("no such answer: %v", c)
		}
	}
	all := verdict.Answers{
		verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "yes",
	}
	with := func(kv ...string) verdict.Answers {
		a := maps.Clone(all)
		for i := 0; i < len(kv); i += 2 {
			a[verdict.QuestionID(kv[i])] = verdict.OptionID(kv[i+1])
		}
		return a
	}
	coached := func(kv ...string) verdict.Answers { return with(append(kv, "P7", "coaching")...) }
	for _, c := range []struct {
		name  string
		a     verdict.Answers
		rung  ladder.Rung
		rule  string
		first bool
	}{
		{"all well", all, ladder.HoldBack, verdict.RuleUps, false},
		{"alone, one up", with("P8", "barely"), ladder.Coach, verdict.RuleUps, false},
		{"alone, two up", with("P8", "barely", "P5", "no"), ladder.Coach, "alone", false},
		{"alone, three up", with("P8", "barely", "P5", "no", "P4", "no"), ladder.Coach, "alone", false},
		{"coaching, none up", coached(), ladder.Coach, "coaching", false},
		{"coaching, one up", coached("P5", "no"), ladder.Coach, verdict.RuleUps, false},
		{"coaching, two up", coached("P8", "barely", "P5", "no"), ladder.Listen, verdict.RuleUps, false},
		{"coaching, three up", coached("P8", "barely", "P5", "no", "P4", "no"), ladder.CoPilot, verdict.RuleUps, false},
		{
			"three up, but good odds", coached("P8", "barely", "P5", "no", "P4", "no", "estimate", "80"), ladder.Coach,
			"estimate", false,
		},
		{
			"three up, lesser odds", coached("P8", "barely", "P5", "no", "P4", "no", "estimate", "70"), ladder.CoPilot,
			verdict.RuleUps, false,
		},
		{"good odds change nothing lower", with("estimate", "100"), ladder.HoldBack, verdict.RuleUps, false},
		{
			"not known, whatever is at stake", with("P7", "not_yet", "P8", "barely", "P5", "no", "P4", "no"), ladder.Coach,
			"not-asked", true,
		},
		{"not known comes before blanks", verdict.Answers{verdict.Q7: "not_yet"}, ladder.Coach, "not-asked", true},
		{"nothing said", verdict.Answers{}, ladder.Coach, "blanks", true},
		{"three blanks", verdict.Answers{verdict.Q6: "theirs", verdict.Q8: "yes"}, ladder.Coach, "blanks", true},
		{"three blanks, alone", verdict.Answers{verdict.Q7: "alone", verdict.Q8: "yes"}, ladder.Coach, "blanks", true},
		{
			"P7 blank, whatever is at stake",
			verdict.Answers{verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"},
			ladder.Coach, "unsaid", true,
		},
		{
			"two blanks",
			verdict.Answers{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes"},
			ladder.HoldBack, verdict.RuleUps, false,
		},
		{"an unknown option is a blank", with("P8", "nonsense", "P5", "x", "P4", "y"), ladder.Coach, "blanks", true},
		{
			"the customer asked, and good odds", with("P6", "customer", "estimate", "100"), ladder.CoPilot, "customer",
			false,
		},
		{
			"the customer asked, the rep's wish is not known",
			verdict.Answers{verdict.Q6: "customer", verdict.Q7: "not_yet"},
			ladder.CoPilot, "customer", false,
		},
		{"the rep asked", verdict.Answers{verdict.Q7: "asked"}, ladder.Listen, "rep-open", false},
		{"to listen", verdict.Answers{verdict.Q7: "asked", verdict.QFor: "listen"}, ladder.Listen, "rep-listen", false},
		{"to help", verdict.Answers{verdict.Q7: "asked", verdict.QFor: "copilot"}, ladder.CoPilot, "rep-co-pilot", false},
		{"to listen, and the customer asked", verdict.Answers{
			verdict.Q7: "asked", verdict.QFor: "listen",
			verdict.Q6: "customer",
		}, ladder.CoPilot, "customer", false},
		{"to lead", verdict.Answers{verdict.Q7: "asked", verdict.QFor: "whole"}, ladder.CoPilot, "rep-whole", false},
		{"a role without a wish is none", with("for", "whole"), ladder.HoldBack, verdict.RuleUps, false},
		{"a line", with("P8", "line", "estimate", "100"), ladder.TakeOver, "line", false},
		{"planned is as theirs", with("P6", "planned"), ladder.HoldBack, verdict.RuleUps, false},
	} {
		if v := verdict.Of(c.a, verdict.Past{}); v.Rung != c.rung || v.Rule != c.rule || v.AskFirst != c.first {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

func TestMissing(t *testing.T) {
	held := verdict.Answers{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes"}
	for _, c := range []struct {
		name string
		a    verdict.Answers
		wish ladder.Rung
		want []verdict.QuestionID
	}{
		{"at the verdict", held, ladder.HoldBack, nil},
		{"above it", held, ladder.Listen, []verdict.QuestionID{verdict.Q1, verdict.Q3, verdict.Q2, verdict.QWhyNot}},
		{"a take-over", held, ladder.TakeOver, []verdict.QuestionID{
			verdict.Q4, verdict.Q1, verdict.Q3, verdict.Q2,
			verdict.QWhyNot,
		}},
		{
			"some are there",
			verdict.Answers{
				verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes",
				verdict.Q4: "yes", verdict.Q1: "some", verdict.QWhyNot: "tried",
			},
			ladder.TakeOver,
			[]verdict.QuestionID{verdict.Q3, verdict.Q2},
		},
		{"a ground", verdict.Answers{verdict.Q6: "customer"}, ladder.TakeOver, nil},
		{"the rep's wish to be led", verdict.Answers{verdict.Q7: "asked", verdict.QFor: "whole"}, ladder.TakeOver, nil},
		{"below", verdict.Answers{}, ladder.HoldBack, nil},
	} {
		got := verdict.Missing(c.a, verdict.Past{}, c.wish)
		if len(got) == 0 && len(c.want) == 0 {
			continue
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if len(verdict.Facts) != 5 || len(verdict.More) != 3 {
		t.Error("Missing changed the lists")
	}
}

func TestStepRung(t *testing.T) {
	for i, o := range verdict.Options(verdict.QStep) {
		r, ok := verdict.StepRung(o)
		if want := []ladder.Rung{ladder.Listen, ladder.Coach, ladder.CoPilot, ladder.TakeOver}[i]; !ok || r != want {
			t.Errorf("%s: %s", o, r)
		}
	}
	if _, ok := verdict.StepRung("dance"); ok {
		t.Error("a step that is none")
	}
}

var marked = verdict.Past{Learn: "Asking for the next step"}

// A deal for learning holds the sum at coaching, and leaves a ground as it is.
func TestLearningHoldsAtCoaching(t *testing.T) {
	reached := map[ladder.Rung]bool{}
	for a := range nudgestest.Combinations(judged, true) {
		without, with := verdict.Of(a, verdict.Past{}), verdict.Of(a, marked)
		reached[with.Rung] = true
		if !with.Learning || without.Learning {
			t.Fatalf("%v: no reason added", a)
		}
		want, rule := without.Rung, without.Rule
		if without.Ground == "" && want.Height() > ladder.Coach.Height() {
			want, rule = ladder.Coach, verdict.Rules().Learning.ID
		}
		if with.Rung != want || with.Rule != rule || with.Ground != without.Ground ||
			with.AskFirst != without.AskFirst {
			t.Fatalf("%v: %+v, without it %+v", a, with, without)
		}
	}
	if len(reached) != len(ladder.Rungs) {
		t.Errorf("reached %v", reached)
	}
	asked := verdict.Answers{
		verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no",
		verdict.Q4: "no",
	}
	if v := verdict.Of(asked, verdict.Past{
		Learn: "x",
		Took:  time.Date(2026, 3, 4, 8, 40, 0, 0, time.UTC),
	}); v.Rule != verdict.Rules().Learning.ID {
		t.Errorf("with the ledger: %+v", v)
	}
	if got := verdict.Missing(asked, marked, ladder.Listen); len(got) == 0 {
		t.Error("nothing more is asked above it")
	}
}
