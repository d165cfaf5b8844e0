package main

import (
	"embed"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/cmd/stepin/config"
	"stepin/nudges/privacy"
	"stepin/nudges/words"
)

// readme is the README of the repository.
func readme(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each topic is printed in both forms. On a terminal no line is wider than the terminal, and no mark of Markdown is
// left.
func TestTopics(t *testing.T) {
	files, err := helpFiles.ReadDir("help")
	if err != nil || len(files) != len(topics) {
		t.Errorf("%d files for the topics %q, %v", len(files), topics, err)
	}
	list := stepin(t, "help").out
	for _, name := range topics {
		if !strings.Contains(list, "\n"+name+" ") {
			t.Errorf("stepin help does not list %s", name)
		}
		got := stepin(t, "help", name)
		got.has(t, 0)
		for line := range strings.Lines(got.out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > usualWidth {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
			if strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|") || strings.Contains(line, "**") {
				t.Errorf("%s: not rendered: %s", name, line)
			}
		}
		markdown := stepin(t, "help", name, "--format", "markdown").out
		if !strings.HasPrefix(markdown, "# ") || regexp.MustCompile(`(?m)^\{\{\w+\}\}$`).MatchString(markdown) {
			t.Errorf("%s: %s", name, markdown)
		}
		for block := range strings.SplitSeq(strings.TrimSpace(markdown), "\n\n") {
			columns := -1
			for row := range strings.Lines(block) {
				if n := strings.Count(row, "|") - strings.Count(row, `\|`); row[0] == '|' && columns >= 0 &&
					n != columns {
					t.Errorf("%s: %d columns, not %d: %s", name, n-1, columns-1, row)
				} else if row[0] == '|' {
					columns = n
				}
			}
		}
	}
}

// Both forms say the same: what the Markdown says, but for the titles of its tables, is on the terminal in each width.
func TestRenderTerminalKeepsEveryWord(t *testing.T) {
	titles := regexp.MustCompile(`(?m)^\|.*\n\|---`)
	for _, name := range topics {
		markdown := topic(name)
		want := strings.Fields(strings.NewReplacer("|", " ", "**", "", `\`,
			"").Replace(titles.ReplaceAllString(markdown, "")))
		for _, width := range []int{40, usualWidth, 300} {
			got := strings.Fields(renderTerminal(markdown, width))
			for _, w := range want {
				if strings.Trim(w, "#-") != "" && !slices.Contains(got, w) {
					t.Errorf("%s, %d columns wide, lacks %s", name, width, w)
				}
			}
		}
	}
}

func TestHelpOfNothing(t *testing.T) {
	for args, want := range map[string]string{
		"help bakups":           `there is no topic or command "bakups": did you mean "backups"? (see "stepin help")`,
		"help xylophone":        `there is no topic or command "xylophone" (see "stepin help")`,
		"help causes extra":     `unexpected argument extra`,
		"help --format html":    `--format must be one of`,
		"help privacy --deeply": `unknown flag --deeply`,
	} {
		stepin(t, strings.Fields(args)...).has(t, exitUsage, want)
	}
	for args, want := range map[string]string{
		"help restore":   "Usage: stepin restore <file>",
		"help help":      "Usage: stepin help",
		"help --help":    "Usage: stepin help",
		"privacy --help": "Usage: stepin privacy",
		"help privacy":   "stepin privacy",
	} {
		stepin(t, strings.Fields(args)...).has(t, 0, want)
	}
}

// The README is short, and names every command and every topic. .ci/run tries its two commands.
func TestReadme(t *testing.T) {
	text := readme(t)
	if n := strings.Count(text, "\n"); n >= 250 {
		t.Errorf("%d lines", n)
	}
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands(parser) {
		if !strings.Contains(text, "| `stepin "+c+"` |") {
			t.Errorf("no row for the command %s", c)
		}
	}
	for _, name := range topics {
		if !strings.Contains(text, "| `stepin help "+name+"` |") {
			t.Errorf("no row for the topic %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(m[1], "https://") {
			continue
		}
		if _, err := os.Stat(filepath.Join("..", "..", m[1])); err != nil {
			t.Error(err)
		}
	}
}

//go:embed testdata/manual.txt
var manualFile embed.FS

// What an operator looks up is in the README or in a topic. The list is what the README held when it held everything.
func TestManualIsComplete(t *testing.T) {
	list, err := manualFile.ReadFile("testdata/manual.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := readme(t)
	for _, name := range topics {
		all += topic(name)
	}
	all = strings.Join(strings.Fields(all), " ")
	for term := range strings.Lines(string(list)) {
		if term = strings.TrimSpace(term); !strings.Contains(all, term) {
			t.Errorf("nobody can look up %q", term)
		}
	}
}

// The topics are printed from what the program does.
func TestTopicsAreTrue(t *testing.T) {
	texts := map[string]string{}
	for _, name := range topics {
		texts[name] = strings.Join(strings.Fields(topic(name)), " ")
	}
	has := func(name string, wants ...string) {
		t.Helper()
		for _, want := range wants {
			if !strings.Contains(texts[name], strings.Join(strings.Fields(want), " ")) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
	}
	for _, a := range health.Table {
		has("causes", string(a.Cause)+" | "+a.When, a.Works, string(a.Unready)+" | "+a.Log, a.Do, a.Ends)
	}
	var restart []string
	for _, k := range config.Keys {
		has("settings", "| "+k.Name+" | "+k.Doc+" |", k.Takes, k.Default)
		if !k.Live {
			restart = append(restart, "`"+k.Name+"`")
		}
		for _, inner := range k.Keys {
			has("settings", k.Name+": "+inner.Name+" | "+inner.Doc)
		}
	}
	last := len(restart) - 1
	has("settings", strings.Join(restart[:last], ", ")+" and "+restart[last]+" need a restart")
	for _, v := range readVariables() {
		has("settings", v)
	}
	for _, s := range slackapi.Scopes {
		has("deployment", s.Name+" | "+s.For)
	}
	for _, p := range check.Parts {
		has("deployment", p.Name+" | "+p.For+" | "+p.Asks())
	}
	for _, l := range words.Shipped().Privacy(privacy.KeepUsual) {
		has("privacy", plain(l))
	}
	for to := range deployFile {
		has("deployment", "stepin deploy "+to)
	}
}

// The team that the settings show is one, and has every key of a team.
func TestSettingsExample(t *testing.T) {
	_, rest, _ := strings.Cut(topic("settings"), "\n    teams: ")
	text, _, _ := strings.Cut("    teams: "+rest, "\n\n")
	c := configOf(t, strings.ReplaceAll("\n"+text, "\n    ", "\n"))
	if l := c.Settings(nil); len(l.Teams) != 1 || len(l.Teams[0].Team.Approvers) != 2 || len(l.Teams[0].Team.Skills) != 2 {
		t.Errorf("%+v, from\n%s", l, text)
	}
	teams := slices.IndexFunc(config.Keys, func(k config.Key) bool { return k.Name == "teams" })
	for _, k := range config.Keys[teams].Keys {
		if !strings.Contains(text, " "+k.Name+":") {
			t.Errorf("the example does not set %s", k.Name)
		}
	}
}

// The topic about words names what a wording file may name, and how much it must hold.
func TestWordsTopic(t *testing.T) {
	_, err := words.Load("own", map[string]string{
		"texts.tmpl":     `{{define "title-pause"}}{{.Nothing}}{{end}}`,
		"mantras.txt":    strings.Repeat("x", 200) + "\n",
		"wrong-name.txt": "",
	})
	if err == nil {
		t.Fatal("bad words were loaded")
	}
	says := err.Error()
	wants := regexp.MustCompile(`\.[A-Z][a-z]+\b`).FindAllString(says[strings.Index(says, "Use one of"):], -1)
	for _, number := range []string{`at least (\d+)`, `at most (\d+)`} {
		wants = append(wants, regexp.MustCompile(number).FindStringSubmatch(says)[1])
	}
	if _, files, ok := strings.Cut(says, "There are "); ok {
		files, _, _ = strings.Cut(files, "\n")
		wants = append(wants, strings.Split(files, ", ")...)
	}
	if len(wants) < 25 {
		t.Errorf("only %q, of %s", wants, says)
	}
	text := topic("words")
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("the topic does not name %s", want)
		}
	}
	if _, err := words.Load("own", map[string]string{
		"texts.tmpl": codeOf(text, "{{define "), "questions.yaml": codeOf(text, "P4:"),
	}); err != nil {
		t.Errorf("the examples cannot be loaded: %v", err)
	}
}

// codeOf is the indented code that begins so.
func codeOf(markdown, begins string) string {
	for block := range strings.SplitSeq(markdown, "\n\n") {
		if strings.HasPrefix(block, "    "+begins) {
			return strings.ReplaceAll("\n"+block, "\n    ", "\n")[1:] + "\n"
		}
	}
	return ""
}
