package main

import (
	"embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"stepin/bot/check"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/cmd/stepin/config"
	"stepin/nudges/privacy"
	"stepin/nudges/words"
)

// Each topic of "stepin help" is a Markdown file. A name in double braces stands for a table that comes from the
// program's own data, so that the help cannot differ from what the program does.
//
//go:embed help
var helpFiles embed.FS

// topics are those of "stepin help", in the order in which an operator needs them.
var topics = []string{"deployment", "settings", "words", "monitoring", "causes", "backups", "privacy"}

// usualWidth is the width in columns where the output is not a terminal.
const usualWidth = 80

// formats of the help.
const (
	formatTerminal = "terminal"
	formatMarkdown = "markdown"
)

type helpCmd struct {
	Topic  string `arg:"" optional:"" help:"A topic, or a command. Without one, the topics."`
	Format string `enum:"terminal,markdown" default:"terminal" help:"terminal, or markdown for a web page."`
}

func (h helpCmd) Run(e env) error {
	text := topicList()
	if h.Topic != "" {
		if !slices.Contains(topics, h.Topic) {
			return misuse{fmt.Errorf("there is no topic or command %q%s (see \"stepin help\")", h.Topic,
				config.Suggest(h.Topic, topics...))}
		}
		text = topic(h.Topic)
	}
	if h.Format == formatTerminal {
		text = renderTerminal(text, widthOf(e.stdout))
	}
	_, err := io.WriteString(e.stdout, text)
	return err
}

// widthOf is how many columns a terminal has, within what is easy to read.
func widthOf(w io.Writer) int {
	const narrowest, widest = 40, 110
	f, ok := w.(*os.File)
	if !ok {
		return usualWidth
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return usualWidth
	}
	return min(max(width, narrowest), widest)
}

// topicList is what "stepin help" prints.
func topicList() string {
	rows := [][]string{{"topic", "read it for"}}
	for _, name := range topics {
		title, _, _ := strings.Cut(helpFile(name), "\n")
		_, about, _ := strings.Cut(title, ": ")
		rows = append(rows, []string{name, about})
	}
	return "# stepin help\n\n" + table(rows) + "\n" +
		"`stepin help TOPIC` prints a topic, and `--format markdown` prints it for a web page. `stepin --help` lists " +
		"the commands, and `stepin help COMMAND` explains one.\n"
}

// tables are what the Markdown files name in double braces.
var tables = map[string]func() string{
	"causes": causesTable, "variables": variablesTable, "keys": keysTable,
	"privacy": privacyList, "room": roomSum, "scopes": scopesTable, "parts": partsTable,
}

// topic is the Markdown of a topic.
func topic(name string) string {
	text := helpFile(name)
	for table, draw := range tables {
		if mark := "\n{{" + table + "}}\n"; strings.Contains(text, mark) {
			text = strings.Replace(text, mark, "\n"+draw(), 1)
		}
	}
	return text
}

func helpFile(name string) string {
	b, err := helpFiles.ReadFile("help/" + name + ".md")
	if err != nil {
		panic(err) // a topic without a file, which a test finds
	}
	return string(b)
}

// table is a Markdown table. The first row holds the titles of the columns.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for _, cell := range row {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

func causesTable() string {
	rows := [][]string{{
		"cause", "what happened", "what still works", "/readyz", "in the log", "what to do",
		"how it ends",
	}}
	for _, a := range health.Table {
		rows = append(rows, []string{string(a.Cause), a.When, a.Works, string(a.Unready), a.Log, a.Do, a.Ends})
	}
	return table(rows)
}

// variablesTable has the environment variables with the flags that override them.
func variablesTable() string {
	rows := [][]string{{"variable", "meaning", "default", "flag"}}
	row := func(env, doc, def, flag string) {
		if flag != "" {
			flag = "--" + flag
		}
		rows = append(rows, []string{env, doc, def, flag})
	}
	for _, o := range config.Outside {
		row(o.Env, o.Doc, o.Default, o.Flag)
	}
	for _, k := range config.Keys {
		if k.Env != "" {
			row(k.Env, k.Doc, k.Default, k.Flag)
		}
	}
	return table(rows)
}

// keysTable has every key of stepin.yaml, those inside another key too.
func keysTable() string {
	rows := [][]string{{"key", "meaning", "value", "without it", "a change"}}
	var inner func(within string, keys []config.Key)
	inner = func(within string, keys []config.Key) {
		for _, k := range keys {
			rows = append(rows, []string{within + k.Name, k.Doc, "", "", ""})
			inner(within+k.Name+": ", k.Keys)
		}
	}
	for _, k := range config.Keys {
		change := "needs a restart"
		if k.Live {
			change = "applies after SIGHUP"
		}
		rows = append(rows, []string{k.Name, k.Doc, k.Takes, k.Default, change})
		inner(k.Name+": ", k.Keys)
	}
	return table(rows)
}

func scopesTable() string {
	rows := [][]string{{"scope", "what for"}}
	for _, s := range slackapi.Scopes {
		rows = append(rows, []string{s.Name, s.For})
	}
	return table(rows)
}

// partsTable has the groups of optional scopes.
func partsTable() string {
	rows := [][]string{{"part", "what for", "scopes"}}
	for _, p := range check.Parts {
		rows = append(rows, []string{p.Name, p.For, p.Asks()})
	}
	return table(rows)
}

// privacyList is what people read with "/stepin privacy", with the usual settings.
func privacyList() string {
	var b strings.Builder
	for _, line := range words.Shipped().Privacy(privacy.KeepUsual) {
		b.WriteString("- " + plain(line) + "\n")
	}
	return b.String()
}
