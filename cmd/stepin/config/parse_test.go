package config

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestBadConfigs reads each bad stepin.yaml of the archive, whose names are the errors.
func TestBadConfigs(t *testing.T) {
	const path = "testdata/bad.txtar"
	cases, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range cases.Files {
		c, err := parse("f.yaml", f.Data)
		if err == nil {
			t.Errorf("this is taken, and gives %+v:\n%s", c, f.Data)
			continue
		}
		got := strings.ReplaceAll(err.Error(), "\n", " | ")
		if strings.Contains(got, "-secret") {
			t.Errorf("a secret in %s", got)
		}
		for fault := range strings.Lines(err.Error()) {
			if !placed.MatchString(fault) {
				t.Errorf("no place in %s", fault)
			}
		}
		if got != f.Name && !*update {
			t.Errorf("says\n%s\nand not\n%s\nof\n%s", got, f.Name, f.Data)
		}
		cases.Files[i].Name = got
	}
	if *update {
		if err := os.WriteFile(path, txtar.Format(cases), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// placed matches a fault with its place.
var placed = regexp.MustCompile(`^f\.yaml:\d+:\d+: \S`)

// Any file is accepted, or rejected with a line for each fault. No token is repeated.
func FuzzParse(f *testing.F) {
	cases, err := txtar.ParseFile("testdata/bad.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range cases.Files {
		f.Add(c.Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse("f.yaml", b)
		if err == nil {
			c.Settings(nil)
			return
		}
		for line := range strings.Lines(err.Error()) {
			if !placed.MatchString(line) || aToken.MatchString(line) {
				t.Error(line)
			}
		}
	})
}

// What is no plain text in UTF-8 is refused with its place and its remedy, as a configuration, as wording and as a token.
func TestTextsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"# Whom to ask\ncontact: J\xfcrgen in Sales\nlog: debug\n": "2:11: here the file is not UTF-8: save it as UTF-8",
		"log: info\r\ncontact: \x93Ines\x94\r\n":                   "2:10: here the file is not UTF-8",
		"\xe2\x82":                                                 "1:1: here the file is not UTF-8",
		"\xff\xfel\x00o\x00g\x00":                                  "1:1: this file is in UTF-16: save it as UTF-8",
		"\xfe\xff\x00l\x00o\x00g":                                  "1:1: this file is in UTF-16",
		"l\x00o\x00g\x00:\x00":                                     "1:2: a zero byte is here",
		"log: info\n\x00\x00":                                      "2:1: a zero byte is here",
		"log: info\rcontact: a\x1b[31m":                            "2:11: a control character is here that nobody sees (U+001B): remove it",
		"log: info\ncontact: é\u0085":                              "2:11: a control character is here that nobody sees (U+0085)",
		"\uFEFF\r\n\r\ncontact: \uFFFF":                            "3:10: a control character",
		"log: info\nadmins: [U0INES01]\n\x7f# the end":             "3:1: a control character",
	} {
		if _, err := parse("f.yaml", []byte(strings.TrimPrefix(text, "\uFEFF"))); err == nil || !strings.HasPrefix(err.Error(), "f.yaml:"+want) {
			t.Errorf("%q: %v", text, err)
		}
		dir := t.TempDir()
		for _, name := range []string{"token", "texts.tmpl"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var c Config
		c.Words = dir
		if _, err := c.LoadWords(t.Context()); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "texts.tmpl")+":"+want) {
			t.Errorf("%q as wording: %v", text, err)
		}
		file := filepath.Join(dir, "token")
		_, err := BotToken.Read(t.Context(), func(name string) string { return map[string]string{"SLACK_BOT_TOKEN_FILE": file}[name] })
		if err == nil || !strings.HasPrefix(err.Error(), "SLACK_BOT_TOKEN_FILE: "+file+":"+want) {
			t.Errorf("%q as a token: %v", text, err)
		}
	}
	for _, text := range []string{"\r\nlog: debug\r\ncontact: Jürgen\r\n", "log: debug\rcontact: Jürgen\r", "# 😀\nlog: debug\ncontact:\tJürgen"} {
		if c, err := parse("f.yaml", []byte(text)); err != nil || c.LogLevel() != slog.LevelDebug || c.Contact != "Jürgen" {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

// A sign that is in no token is told with its place, before Slack is asked. Nothing of the token is repeated.
func TestSignsInTokens(t *testing.T) {
	for text, want := range map[string]string{
		"xoxb-0000-exa\u200bmple\n": "SLACK_BOT_TOKEN has a sign that is in no token, U+200B, as character 14: copy it again from OAuth & Permissions",
		"\u200bxoxb-1-secret":       "U+200B, as character 1:",
		"xoxb-1-secret\uFEFF":       "U+FEFF, as character 14:",
		"xoxb-1\u2011secret":        "U+2011, as character 7:", // a hyphen that looks like ours
		"xoxb-1-sеcret":             "U+0435, as character 9:", // a Cyrillic e
		"xoxb-1-secret\"":           "U+0022, as character 14:",
		"xoxb-1_secret":             "U+005F, as character 7:",
		"\"xoxb-1-secret\"":         "in quotation marks",
		"'xoxb-1-secret'\n":         "in quotation marks",
		"xoxb-1-secret\n\nxoxb-2":   "a space or a line break inside",
		"xoxb-1\u00a0secret":        "a space or a line break inside",
		"SLACK_BOT_TOKEN=xoxb-1":    "U+005F",
	} {
		_, err := BotToken.Read(t.Context(), func(name string) string { return map[string]string{"SLACK_BOT_TOKEN": text}[name] })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "mple")) {
			t.Errorf("a part of the token in %v", err)
		}
	}
	for _, text := range []string{"xoxb-1-2-aZ09\r\n", " xoxb-1-2-aZ09 \n\n"} {
		h, err := BotToken.Read(t.Context(), func(name string) string { return map[string]string{"SLACK_BOT_TOKEN": text}[name] })
		if err != nil || h.Reveal() != "xoxb-1-2-aZ09" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
