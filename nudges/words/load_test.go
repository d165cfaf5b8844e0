package words

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

func TestOverride(t *testing.T) {
	mantras := strings.Builder{}
	for i := range fewestMantras {
		mantras.WriteString("Zeile " + strings.Repeat("x", i+1) + "\n")
	}
	w, err := Load("own", map[string]string{
		"questions.yaml": "P5:\n  ask: \"Kann {{.Rep}} es so schaffen?\"\n  options:\n    \"no\": {text: Nein, said: \"{{.Rep}}s Weg nicht geht\"}\n",
		"texts.tmpl":     "{{/* Deutsch */}}\n{{define \"no-rep\"}}dein Team{{end}}\n{{define \"button-hold-back\"}}Ich halte mich zurück{{end}}\n",
		"mantras.txt":    "# unsere\n" + mantras.String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	q := w.Question(verdict.Q5, Data{})
	if q.Ask.Plain() != "Kann dein Team es so schaffen?" || q.Options[1].Text.Plain() != "Nein" ||
		q.Options[0].Text.Plain() != "Yes, just not mine" {
		t.Errorf("question: %v", q)
	}
	if s := w.Text("button-hold-back", sample).Plain(); s != "Ich halte mich zurück" {
		t.Errorf("button: %q", s)
	}
	if w.Mantras()[0] != "Zeile x" {
		t.Errorf("mantras: %v", w.Mantras()[:2])
	}
	if s := loadWords(t).Question(verdict.Q5, sample).Options[1].Text.Plain(); s != "No" {
		t.Errorf("the shipped words changed to %q", s)
	}
	if a := (verdict.Answers{verdict.Q7: "yes", verdict.Q6: "theirs", verdict.Q5: "no"}); !reflect.DeepEqual(verdict.Of(a,
		verdict.Past{}), verdict.Verdict{
		Rung: ladder.Coach, Rule: verdict.RuleUps,
		Because: []verdict.QuestionID{verdict.Q5}, Against: verdict.Q7,
	}) {
		t.Errorf("wording changed the verdict: %+v", verdict.Of(a, verdict.Past{}))
	}
}

func TestBadWording(t *testing.T) {
	for _, c := range []struct{ name, file, data, want string }{
		{
			"unknown question", "questions.yaml", "# ours\nP9:\n  ask: x\n",
			"questions.yaml:2: there is no question \"P9\". Use one of",
		},
		{
			"unknown option", "questions.yaml", "P5:\n  options:\n    never: {text: x}\n",
			"questions.yaml:3: P5 has no option \"never\"",
		},
		{"unknown key", "questions.yaml", "P5:\n  asks: x\n", "questions.yaml:2: unknown key \"asks\""},
		{
			"a lean", "questions.yaml", "P5:\n  options:\n    \"no\":\n      lean: 0\n",
			"questions.yaml:4: wording cannot change what an answer decides",
		},
		{
			"an option back from retirement", "questions.yaml", "P7:\n  options:\n    \"yes\":\n      retired: false\n",
			"questions.yaml:4: wording cannot change what is offered",
		},
		{
			"twice", "questions.yaml", "P5: {ask: x}\nP5: {ask: y}\n",
			"questions.yaml:2: \"P5\" stands in line 1 already",
		},
		{"an alias", "questions.yaml", "P5: {ask: &a x}\nP4:\n  ask: *a\n", "questions.yaml:3: the alias *a does not count here"},
		{"merged keys", "questions.yaml", "P5:\n  <<: {ask: x}\n", "questions.yaml:2: keys cannot be merged here"},
		{"no mapping", "questions.yaml", "- a\n- b\n", "questions.yaml:1: names with values belong here"},
		{
			"no text", "questions.yaml", "P5:\n  options:\n    \"no\": {text: \" \"}\n",
			"questions.yaml:3: a text belongs here",
		},
		{"a list for a text", "questions.yaml", "P5:\n  ask: [a]\n", "questions.yaml:2: a text belongs here"},
		{"broken YAML", "questions.yaml", "P5:\n  ask: \"x\n", "questions.yaml:"},
		{
			"never quoted", "questions.yaml", "plan:\n  options:\n    own: {said: x}\n",
			"questions.yaml:3: \"own\" is never quoted",
		},
		{"an option too long", "questions.yaml", "P5:\n  options:\n    \"no\": {text: " + strings.Repeat("long ", 10) +
			"}\n", "questions.yaml:3: 49 characters, at most 45 fit"},
		{"a template in YAML", "questions.yaml", "P5:\n  ask: \"Can {{.Rep do it?\"\n", "questions.yaml:2: "},
		{
			"an unknown field", "questions.yaml", "P5:\n  ask: \"Can {{.Boss}} do it?\"\n",
			"questions.yaml:2: there is no {{.Boss}}. Use one of .Rep",
		},
		{"an empty text", "questions.yaml", "P5:\n  ask: \"{{.Plan}}\"\n", "questions.yaml:2: nothing is left"},
		{
			"unknown text", "texts.tmpl", "{{define \"button-hold\"}}x{{end}}",
			"texts.tmpl:1: there is no text \"button-hold\". Did you mean \"button-hold-back\"?",
		},
		{
			"a title too long", "texts.tmpl", "\n{{define \"title-now\"}}You are on the call right now{{end}}",
			"texts.tmpl:2: 29 characters, at most 24 fit",
		},
		{"a broken template", "texts.tmpl", "{{define \"help\"}}\nhello {{.Rep\n{{end}}", "texts.tmpl:"},
		{
			"a function", "texts.tmpl", "{{define \"help\"}}{{printf \"%099999d\" 1}}{{end}}",
			"texts.tmpl:1: \"help\": {{printf \"%099999d\" 1}} is more than a name",
		},
		{"a loop", "texts.tmpl", "{{define \"help\"}}{{range .Rep}}x{{end}}{{end}}", "is not for texts"},
		{"itself", "texts.tmpl", "{{define \"help\"}}x{{template \"help\" .}}{{end}}", "is not for texts"},
		{"a hole", "texts.tmpl", "{{define \"help\"}}Plan: {{.Plan}} . Go{{end}}", "leaves a hole"},
		{"outside", "texts.tmpl", "Hello\n{{define \"help\"}}x{{end}}", "texts.tmpl:1: a file of texts begins with"},
		{
			"after", "texts.tmpl", "{{define \"help\"}}x{{end}}\nHello\n",
			"texts.tmpl:1: there is text after the {{end}}",
		},
		{
			"text twice", "texts.tmpl", "{{define \"help\"}}x{{end}}\n{{define \"help\"}}y{{end}}\n",
			"texts.tmpl:2: \"help\" stands in line 1 already",
		},
		{"empty text", "texts.tmpl", "{{define \"help\"}}{{end}}", "texts.tmpl:1: "},
		{
			"a name like none of ours", "mantra.txt", "one\n",
			"mantra.txt: no wording file is called so. There are questions.yaml",
		},
		{"too few mantras", "mantras.txt", "one\n", "mantras.txt:1: 1 lines, at least 40 are needed"},
		{"a mantra twice", "mantras.txt", "one\none\n", "mantras.txt:2: the same as line 1"},
		{"a long mantra", "mantras.txt", strings.Repeat("m", 121), "mantras.txt:1: 121 characters, at most 120 fit"},
	} {
		_, err := Load("own", map[string]string{c.file: c.data})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), filepath.Join("own", c.file)) {
			t.Errorf("%s: the file is not named first: %v", c.name, err)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, err := Load("own", map[string]string{
		"questions.yaml": "P9: {ask: x}\nP5: {asks: x}\n",
		"texts.tmpl":     "{{define \"a\"}}x{{end}}\n{{define \"help\"}}{{.Rep{{end}}\n{{define \"b\"}}x{{end}}\n",
		"mantras.txt":    "one\n",
	})
	if err == nil || len(strings.Split(err.Error(), "\n")) < 6 {
		t.Errorf("not all problems: %v", err)
	}
	// One that other texts name is wrong by itself: ours are right.
	_, err = Load("own", map[string]string{"texts.tmpl": "{{define \"no-rep\"}}{{.Rep{{end}}\n"})
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "own/texts.tmpl:1: ") {
		t.Errorf("one problem: %v", err)
	}
	if w, err := Load("own", nil); err != nil || w.Text("mantra", Data{}).Empty() {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Load("own", map[string]string{
		"questions.yaml": "# nothing yet\n",
		"texts.tmpl":     "{{/* nor here */}}\n",
	}); err != nil {
		t.Errorf("files of comments: %v", err)
	}
}
