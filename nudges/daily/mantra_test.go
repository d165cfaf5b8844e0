package daily

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"stepin/nudges"
)

// ourMantras are those that stepin comes with.
func ourMantras(t testing.TB) (all []string) {
	t.Helper()
	data, err := os.ReadFile("../words/mantras.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	return all
}

func mantraLine(s string) Line { return Line{LineMantra, MantraID(s)} }

// A year of one person, who plans, holds back and learns now and then.
func TestLinesOfAYear(t *testing.T) {
	mantras := ourMantras(t)
	for _, person := range []nudges.UserID{"U012AB3CD", "sam", "x"} {
		var said []SaidLine
		counts := map[Line]int{}
		own := map[LineKind]int{}
		day := nudges.Date("2023-01-02")
		for i := range 365 {
			today := day.Plus(i)
			var made []Made
			for back := range 30 {
				switch n := i - back; {
				case n%9 == 4:
					made = append(made, Made{Line{LinePlan, fmt.Sprint("R", n)}, today.Plus(-back)})
				case n%11 == 3:
					made = append(made, Made{Line{LineWell, fmt.Sprint("R", n)}, today.Plus(-back)})
				case n%31 == 7:
					made = append(made, Made{Line{LineLesson, fmt.Sprint("R", n)}, today.Plus(-back)})
				}
			}
			l, ok := PickLine(person, today, i == 0, said, made, mantras)
			if !ok {
				t.Fatalf("%s: silent on %s", person, today)
			}
			if i == 0 && l != mantraLine("My job is to let my reps do theirs.") {
				t.Errorf("%s: day one says %v", person, l)
			}
			for _, s := range said {
				if s.Line == l && today <= s.On.Plus(14) {
					t.Errorf("%s: %v on %s and on %s", person, l, s.On, today)
				}
			}
			again, _ := PickLine(person, today, i == 0, slices.Clone(said), made, mantras)
			if again != l {
				t.Errorf("%s, %s: %v and %v of the same", person, today, l, again)
			}
			said = append(said, SaidLine{On: today, Line: l})
			counts[l]++
			own[l.Kind]++
		}
		for _, m := range mantras {
			if n := counts[mantraLine(m)]; n < 365/len(mantras)-3 {
				t.Errorf("%s: %q only %d times in a year", person, m, n)
			}
		}
		if own[LinePlan] < 35 || own[LineWell] < 20 || own[LineLesson] < 8 {
			t.Errorf("%s: of their own %v", person, own)
		}
	}
}

func TestPickLine(t *testing.T) {
	mantras := []string{"one", "two", "three"}
	today := nudges.Date("2023-05-08") // a Monday
	plan, well, lesson := Line{LinePlan, "R1"}, Line{LineWell, "R2"}, Line{LineLesson, "R3"}
	all := []SaidLine{
		{On: today.Plus(-3), Line: mantraLine("one")},
		{On: today.Plus(-2), Line: mantraLine("two")},
		{On: today.Plus(-14), Line: mantraLine("three")},
	}
	for _, tt := range []struct {
		name  string
		first bool
		said  []SaidLine
		made  []Made
		want  Line // none for silence, any mantra if it has no ID
	}{
		{"day one is the mantra, whatever they made", true, nil, []Made{{plan, today.Plus(-1)}}, mantraLine("one")},
		{"yesterday's plan", false, nil, []Made{
			{lesson, today.Plus(-1)},
			{well, today.Plus(-1)},
			{plan, today.Plus(-1)},
		}, plan},
		{"Friday's plan on a Monday", false, nil, []Made{{plan, today.Plus(-3)}}, plan},
		{"a plan of last week", false, nil, []Made{{plan, today.Plus(-4)}}, Line{Kind: LineMantra}},
		{"today's plan is still in mind", false, nil, []Made{{plan, today}}, Line{Kind: LineMantra}},
		{"tomorrow's, by a clock that was set back", false, nil, []Made{{plan, today.Plus(1)}}, Line{Kind: LineMantra}},
		{"the newest plan", false, nil, []Made{
			{Line{LinePlan, "R0"}, today.Plus(-2)},
			{plan, today.Plus(-1)},
			{Line{LinePlan, "R9"}, today.Plus(-3)},
		}, plan},
		{
			"a plan once only", false,
			[]SaidLine{{On: today.Plus(-1), Line: plan}},
			[]Made{{plan, today.Plus(-2)}, {lesson, today.Plus(-9)}},
			lesson,
		},
		{"a hold-back of a fortnight ago", false, nil, []Made{{well, today.Plus(-14)}}, well},
		{"and not of longer ago", false, nil, []Made{{well, today.Plus(-15)}}, Line{Kind: LineMantra}},
		{"something unknown", false, nil, []Made{{Line{"poem", "R4"}, today.Plus(-1)}}, Line{Kind: LineMantra}},
		{"nothing is left", false, all, nil, Line{}},
		{"but what they made is", false, all, []Made{{lesson, today.Plus(-5)}}, lesson},
		{"the one that rested longest", false, append([]SaidLine{{On: today.Plus(-15), Line: mantraLine("three")}},
			all[:2]...), nil, mantraLine("three")},
	} {
		got, ok := PickLine("sam", today, tt.first, tt.said, tt.made, mantras)
		if ok != (tt.want.Kind != "") || got.Kind != tt.want.Kind || tt.want.ID != "" && got != tt.want {
			t.Errorf("%s: %v, %v, want %v", tt.name, got, ok, tt.want)
		}
	}
	if l, ok := PickLine("sam", today, true, nil, nil, nil); ok {
		t.Errorf("said %v of no list", l)
	}
}

func TestPeopleHaveAnOrderOfTheirOwn(t *testing.T) {
	mantras := ourMantras(t)
	second := map[Line]bool{}
	for i := range 200 {
		l, _ := PickLine(nudges.UserID(fmt.Sprint("U", i)), "2023-01-03", false,
			[]SaidLine{{On: "2023-01-02", Line: mantraLine(mantras[0])}}, nil, mantras)
		second[l] = true
	}
	if len(second) < len(mantras)/2 {
		t.Errorf("200 people have only %d lines on day two", len(second))
	}
}
