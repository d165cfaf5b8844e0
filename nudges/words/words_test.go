package words

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/nudgestest"
	"stepin/nudges/text"
	"stepin/nudges/verdict"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The shipped words keep every limit that wording of one's own is held to.
func TestShippedWordsFit(t *testing.T) {
	for _, err := range Shipped().check() {
		t.Error(err)
	}
}

func loadWords(*testing.T) *Words { return Shipped() }

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; read the difference aloud, then run the test with -update\n%s", file, got)
	}
}

// shown is a text about d, with something in the places where it quotes other texts.
func (w *Words) shown(name string, d Data) text.Text {
	if k := kind(name); k == "says" || k == "against" || k == "change" || k == "why" {
		return w.Text(name, d)
	}
	return w.Quote(name, d, text.Quoted("Coach me"), text.Quoted("No"))
}

func TestWordsReadLikeThis(t *testing.T) {
	w := loadWords(t)
	var b strings.Builder
	for _, name := range Names() {
		if k := kind(name); k == "says" || k == "change" || k == "against" || k == "why" && name != "why-lead" {
			continue // below, and in why.golden, with what they quote
		}
		fmt.Fprintf(&b, "%s: %s\n", name, w.shown(name, sample).Plain())
	}
	for _, q := range verdict.AllQuestions() {
		x := w.Question(q, sample)
		fmt.Fprintf(&b, "\n%s %s\n", q, x.Ask.Plain())
		for _, o := range x.Options {
			fmt.Fprintf(&b, "  %s: %s", o.ID, o.Text.Plain())
			if s := w.said(q, o.ID, sample); s != "" {
				fmt.Fprintf(&b, " (You said %s.)", s.Plain())
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n")
	for _, a := range typical {
		v := verdict.Of(a, verdict.Past{})
		s := w.VerdictText(v, a, sample)
		fmt.Fprintf(&b, "%s, %s: %s %s %s\n", v.Rung, v.Rule, s.Says.Plain(), s.Against.Plain(), s.Change.Plain())
	}
	golden(t, "words.golden", b.String())
}

func TestWhyReadsLikeThis(t *testing.T) {
	w := loadWords(t)
	lines := w.Text("why-lead", sample).Plain() + "\n"
	for _, m := range w.Why(sample) {
		lines += m.Plain() + "\n"
	}
	golden(t, "why.golden", lines)
}

// typical has a call for every rule.
var typical = []verdict.Answers{
	{verdict.Q8: "line", verdict.Q5: "yes"},
	{verdict.Q7: "asked", verdict.QFor: "whole", verdict.Q8: "yes"},
	{verdict.Q7: "asked", verdict.QFor: "copilot", verdict.Q5: "yes", verdict.Q4: "yes"},
	{verdict.Q7: "asked"},
	{verdict.Q6: "customer", verdict.Q5: "yes"},
	{verdict.Q7: "asked", verdict.QFor: "listen", verdict.Q6: "theirs"},
	{},
	{verdict.Q7: "alone", verdict.Q5: "yes"},
	{verdict.Q7: "not_yet", verdict.Q6: "theirs", verdict.Q8: "barely"},
	{verdict.Q7: "not_yet", verdict.Q6: "theirs", verdict.Q8: "yes"},
	{verdict.Q6: "planned", verdict.Q5: "unsure", verdict.Q4: "unsure"},
	{verdict.Q6: "planned", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"},
	{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "yes"},
	{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "unsure"},
	{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q5: "unsure", verdict.Q4: "unsure"},
	{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "yes", verdict.Q4: "yes"},
	{verdict.Q7: "alone", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"},
	{verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "yes"},
	{verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q5: "unsure", verdict.Q4: "unsure"},
	{verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "yes", verdict.Q5: "yes", verdict.Q4: "no"},
	{verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "yes"},
	{verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"},
	{
		verdict.Q7: "coaching", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no",
		verdict.QEstimate: "90",
	},
	{verdict.Q7: "yes", verdict.Q6: "theirs", verdict.Q8: "barely", verdict.Q5: "no", verdict.Q4: "no"},
}

// callers are those for whom every text must read well.
var callers = map[string]Data{
	"short": {Rep: "J", Deal: "X", Manager: "K"},
	"long": {
		Rep: strings.Repeat("Annabelle ", 6), Deal: strings.Repeat("Renewals ", 30),
		Manager: strings.Repeat("Maximilian", 6),
	},
	"rtl":  {Rep: "دانا", Deal: "עסקה", Manager: "سام"},
	"none": {},
}

func TestEveryNameReadsWell(t *testing.T) {
	w := loadWords(t)
	for who, d := range callers {
		d.Rung = ladder.Coach
		for _, name := range Names() {
			if what := misfit(w.shown(name, d), room(name)); what != "" && kind(name) != "says" &&
				kind(name) != "against" && kind(name) != "why" {
				t.Errorf("%s, %s: %s", name, who, what)
			}
			if s := w.Text(name, d).Plain(); who == "none" && strings.HasPrefix(s, "your ") ||
				strings.HasPrefix(s, "*your ") {
				if kind(name) != "no" {
					t.Errorf("%s begins small: %q", name, s)
				}
			}
		}
	}
	if got := w.Text("line-call", Data{}).Plain(); got != "*Your rep · the call*" {
		t.Errorf("without names: %q", got)
	}
	if got := w.Question(verdict.Q6, Data{}).Options[0].Text.Plain(); got != "Your rep's" {
		t.Errorf("an option without a name: %q", got)
	}
}

func TestEveryVerdictReadsWell(t *testing.T) {
	w := loadWords(t)
	longest := 0
	for a := range nudgestest.Combinations(append([]verdict.QuestionID{verdict.QFor}, verdict.Facts...), true) {
		v := verdict.Of(a, verdict.Past{})
		for _, d := range []Data{sample, {}} {
			s := w.VerdictText(v, a, d)
			for _, m := range []text.Text{s.Says, s.Against, s.Change} {
				if what := misfit(m, seenLine); what != "" {
					t.Fatalf("%v: %s: %q", a, what, m.Plain())
				}
			}
			if n := sentences(s.Says.Plain()); n > 2 {
				t.Fatalf("%d sentences in %q", n, s.Says.Plain())
			}
			if strings.Contains(s.Says.Plain(), "said .") || strings.Contains(s.Says.Plain(), "and .") {
				t.Fatalf("%v quotes nothing: %q", a, s.Says.Plain())
			}
			longest = max(longest, countWords(s.Says.Plain()))
		}
	}
	t.Logf("the longest verdict has %d words", longest)
}

func TestVoice(t *testing.T) {
	w := loadWords(t)
	no := regexp.MustCompile(`(?i)!|unfortunately|at least|great job|oops|please note|\bhe\b|\bshe\b|\bhis\b|\bher\b|error:|\byou should\b|\byou must\b|unauthorized`)
	check := func(name, s string) {
		if m := no.FindString(s); m != "" {
			t.Errorf("%s says %q: %q", name, m, s)
		}
		if n := countWords(s); n >= 12 {
			if g := grade(s); g > 7 {
				t.Errorf("%s has reading grade %.1f: %q", name, g, s)
			}
		}
	}
	for _, name := range Names() {
		check(name, w.Text(name, sample).Plain())
	}
	for _, q := range verdict.AllQuestions() {
		x := w.Question(q, sample)
		check(string(q), x.Ask.Plain())
		for _, o := range x.Options {
			check(string(q), o.Text.Plain())
			if q != verdict.QPlan && q != verdict.QHandBack && countWords(o.Text.Plain()) > 5 {
				t.Errorf("%s: an option of more than five words: %q", q, o.Text.Plain())
			}
		}
	}
	for a := range nudgestest.Combinations(verdict.Facts, true) {
		s := w.VerdictText(verdict.Of(a, verdict.Past{}), a, sample)
		check("verdict", strings.Join([]string{s.Says.Plain(), s.Against.Plain(), s.Change.Plain()}, " "))
	}
	for _, m := range w.Why(sample) {
		check("why", m.Plain())
	}
	for _, m := range w.Mantras() {
		check("mantra", m)
	}
}

func TestMantras(t *testing.T) {
	m := loadWords(t).Mantras()
	if len(m) < fewestMantras || m[0] != "My job is to let my reps do theirs." {
		t.Errorf("%d mantras, the first is %q", len(m), m[0])
	}
	m[0] = "changed"
	if loadWords(t).Mantras()[0] == "changed" {
		t.Error("a caller can change the mantras")
	}
}

func TestPlansAreThreeAndOnesOwn(t *testing.T) {
	for q, parts := range map[verdict.QuestionID][2]string{
		verdict.QPlan: {"If it ", ", I'll "}, verdict.QHandBack: {"When ", ", I hand back"},
	} {
		plans := loadWords(t).Question(q, sample).Options
		if len(plans) != 4 || plans[3].ID != verdict.OwnPlan {
			t.Fatalf("plans: %v", plans)
		}
		for _, p := range plans[:3] {
			if !strings.HasPrefix(p.Text.Plain(), parts[0]) || !strings.Contains(p.Text.Plain(), parts[1]) {
				t.Errorf("no plan: %q", p.Text.Plain())
			}
		}
	}
}

// What is said against a rung and what would change it fits the time that is left.
func TestVerdictKnowsTheTime(t *testing.T) {
	w := loadWords(t)
	hurry := regexp.MustCompile(`(?i)short|last-minute|close|late`)
	count := map[bool]int{}
	for a := range nudgestest.Combinations(append([]verdict.QuestionID{verdict.QFor}, verdict.Facts...), true) {
		for _, soon := range []bool{false, true} {
			d := sample
			d.Soon = soon
			s := w.VerdictText(verdict.Of(a, verdict.Past{}), a, d)
			all := strings.Join([]string{s.Says.Plain(), s.Against.Plain(), s.Change.Plain()}, " ")
			if hurry.MatchString(all) {
				if count[soon]++; !soon {
					t.Fatalf("%v: two hours ahead it says %q", a, all)
				}
			}
		}
	}
	if count[true] == 0 {
		t.Error("just before the call it never says so")
	}
}

// An option of old records is read, and never offered.
func TestRetiredOptionIsReadOnly(t *testing.T) {
	w := loadWords(t)
	for _, o := range w.Question(verdict.Q7, sample).Options {
		if o.ID == "yes" {
			t.Error("P7 offers it")
		}
	}
	if s := w.Tapped(verdict.Q7, "yes", sample).Plain(); s != "Yes" {
		t.Errorf("it reads %q", s)
	}
}

func TestEveryQuestionHasWords(t *testing.T) {
	w := loadWords(t)
	for _, q := range verdict.AllQuestions() {
		x := w.Question(q, sample)
		if x.Ask.Empty() || len(x.Options) < 2 && q != verdict.QMustStop { // which is asked no more
			t.Errorf("%s: %v", q, x)
		}
	}
	if len(w.questions) != len(verdict.AllQuestions()) {
		t.Errorf("%d questions in the file, %d in the code", len(w.questions), len(verdict.AllQuestions()))
	}
}

// usedText finds names of texts in Go.
var usedText = regexp.MustCompile(`(\w*)\.(?:Text|Quote)\("([a-z-]*[a-z])"`)

// top is the module's folder.
func top() string {
	dir := ".."
	for _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil; _, err = os.Stat(filepath.Join(dir, "go.mod")) {
		dir = filepath.Join("..", dir)
	}
	return dir
}

func TestCodeNamesNoOtherText(t *testing.T) {
	known := map[string]bool{}
	for _, n := range Names() {
		known[n] = true
	}
	err := filepath.WalkDir(top(), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range usedText.FindAllStringSubmatch(string(src), -1) {
			if m[1] != "text" && !known[m[2]] { // but for a text.Text made of a string
				t.Errorf("%s: there is no text %q", path, m[2])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every text is named somewhere, whole or by the beginning of its name that ends in a dash.
func TestNoTextIsUnused(t *testing.T) {
	literal := regexp.MustCompile(`"([a-z-]+)"`)
	named := map[string]bool{}
	err := filepath.WalkDir(top(), func(f string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(f, ".go") || strings.HasSuffix(f, "_test.go") ||
			strings.Contains(f, "/sandbox/") {
			return err
		}
		src, err := os.ReadFile(f)
		for _, m := range literal.FindAllStringSubmatch(string(src), -1) {
			named[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	asks := everyAsk() // drawn by the code that names their beginning, for a decision and a role
names:
	for _, n := range Names() {
		if strings.HasPrefix(n, "debrief-rep-") || strings.HasPrefix(n, "debrief-manager-") {
			if !slices.Contains(asks, n) {
				t.Errorf("no debrief asks %q", n)
			}
			continue
		}
		if named[n] {
			continue
		}
		for i, r := range n {
			if r == '-' && named[n[:i+1]] {
				continue names
			}
		}
		t.Errorf("nothing says %q", n)
	}
}

func sentences(s string) int {
	n := 0
	for i, r := range s {
		if (r == '.' || r == '?') && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\n') {
			n++
		}
	}
	return max(n, 1)
}

// grade is the Flesch–Kincaid grade. A line is a sentence, for a list is read so. The
// syllables are counted by groups of vowels, less a silent e at the end.
func grade(s string) float64 {
	words, syllables, ends := 0, 0, 0
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			ends += sentences(line)
		}
		for _, f := range strings.FieldsFunc(line, func(r rune) bool {
			return !unicode.IsLetter(r) && r != '\'' &&
				r != '’'
		}) {
			words++
			syllables += syllablesOf(strings.ToLower(f))
		}
	}
	return 0.39*float64(words)/float64(ends) + 11.8*float64(syllables)/float64(words) - 15.59
}

func syllablesOf(w string) int {
	n, before := 0, false
	for _, r := range w {
		vowel := strings.ContainsRune("aeiouy", r)
		if vowel && !before {
			n++
		}
		before = vowel
	}
	if strings.HasSuffix(w, "e") && !strings.HasSuffix(w, "le") && n > 1 {
		n--
	}
	return max(n, 1)
}

func TestHostileNamesAreMarked(t *testing.T) {
	w := loadWords(t)
	bad := "<!channel>\uE001<!here>"
	d := Data{Rep: bad, Deal: bad, Manager: bad, Plan: bad, Typed: bad, Rung: ladder.CoPilot, N: 80}
	check := func(name string, m text.Text) {
		if s := m.Escape(func(string) string { return "" }); strings.Contains(s, "<!") {
			t.Errorf("%s lets it through: %q", name, s)
		}
	}
	for _, name := range Names() {
		check(name, w.Text(name, d))
	}
	for _, q := range verdict.AllQuestions() {
		x := w.Question(q, d)
		check(string(q), x.Ask)
		for _, o := range x.Options {
			check(string(q), o.Text)
		}
	}
	for _, m := range w.Why(d) {
		check("why", m)
	}
	for _, a := range typical {
		s := w.VerdictText(verdict.Of(a, verdict.Past{}), a, d)
		check("verdict", s.Says+s.Against+s.Change)
	}
}

// Whatever anybody is called, no text lets it out unescaped, and a button stays short.
func FuzzNames(f *testing.F) {
	for _, s := range []string{
		"", "Dana", "<!channel>", "\uE000\uE001\uE002", "دانا\u202E", "\xff\xfe",
		"a\uE001<@U1>\uE000b",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := loadWords(t)
		line := w.Text("line-call", Data{Rep: s, Deal: s, Day: "today"})
		if got := line.Escape(func(string) string { return "" }); strings.Contains(s, "<!") &&
			strings.Contains(got, "<!") {
			t.Fatalf("%q got out: %q", s, got)
		}
		if n := utf8.RuneCountInString(w.Text("button-ask-first", Data{Rep: s}).Plain()); n > roomOption {
			t.Fatalf("a button of %d characters", n)
		}
	})
}

func TestLineWords(t *testing.T) {
	w := loadWords(t)
	mantra := w.Mantras()[7]
	d := Data{
		Plan: "If it goes quiet, I'll wait", Deal: "Acme renewal", Rep: "Dana", Reason: "they like silence",
		Took: "3 May",
	}
	for _, tt := range []struct {
		l    daily.Line
		d    Data
		want string
	}{
		{daily.Line{Kind: daily.LineMantra, ID: daily.MantraID(mantra)}, d, mantra},
		{daily.Line{Kind: daily.LinePlan, ID: "R1"}, d, "Your plan of 3 May: If it goes quiet, I'll wait"},
		{daily.Line{Kind: daily.LineWell, ID: "R1"}, d, "You held back on Acme renewal on 3 May. It went well."},
		{daily.Line{Kind: daily.LineWell, ID: "R1"}, Data{Rep: "Dana"}, "You held back on the call. It went well."},
		{daily.Line{Kind: daily.LineLesson, ID: "R1"}, d, "What you learned on 3 May: they like silence"},
		{daily.Line{Kind: daily.LinePlan, ID: "R1"}, Data{}, w.Mantras()[0]}, // forgotten meanwhile
		{daily.Line{Kind: daily.LineWell, ID: "R1"}, Data{}, w.Mantras()[0]},
		{daily.Line{Kind: daily.LineLesson, ID: "R1"}, Data{}, w.Mantras()[0]},
		{daily.Line{Kind: daily.LineMantra, ID: "gone"}, d, w.Mantras()[0]},
		{daily.Line{}, d, w.Mantras()[0]},
	} {
		if got := w.Line(tt.l, tt.d).Plain(); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.l, got, tt.want)
		}
	}
	if got := w.Line(daily.Line{Kind: daily.LinePlan, ID: "R1"},
		Data{Plan: "<!channel>"}).Escape(func(string) string { return "x" }); got != "Your plan: x" {
		t.Errorf("a plan's words are not marked: %q", got)
	}
}
