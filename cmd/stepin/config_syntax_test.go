package main

import (
	"strings"
	"testing"
)

// What people get wrong in YAML is told in plain words, at the place where they are to look.
func TestYAMLInPlainWords(t *testing.T) {
	for text, want := range map[string]string{
		"words: w\n\tadmins: [U0INES01]\n":               "f.yaml:2:1: a tab stands here: indent with spaces",
		"teams:\n\t- manager: U0SAM001\n":                "f.yaml:2:1: a tab stands here",
		"contact: @ines\n":                               "f.yaml:1:10: nothing may begin with '@': put it in quotation marks",
		"contact: `x`\n":                                 "f.yaml:1:10: nothing may begin with '`'",
		"words: \"abc\nallowed: everybody\n":             "f.yaml:1:8: the quotation mark that opens here is never closed",
		"log: info\nwords: 'abc\n":                       "f.yaml:2:8: the quotation mark that opens here",
		"away: [\":a:\", \":b:]\n":                       "f.yaml:1:15: the quotation mark that opens here",
		"allowed: \"everybody\nadmins: [\"U0INES01\"]\n": "f.yaml:2:11: this stands behind a value that has ended already",
		"contact: 'it's me'\n":                           "f.yaml:1:14: this stands behind a value that has ended already",
		"admins: [U0INES01\nwords: x\n":                  "f.yaml:1:9: the bracket that opens here is not closed",
		"holidays: {country: DE\nwords: x\n":             "f.yaml:1:11: the bracket that opens here is not closed",
		"words: [\n":                                     "f.yaml:2:1: a value is missing here",
		"words: w\n allowed: everybody\n":                "f.yaml:2:9: this \":\" may not stand here",
		"words w\nallowed: everybody\n":                  "f.yaml:2:8: this \":\" may not stand here",
		"contact: ask: Ines\n":                           "f.yaml:1:13: this \":\" may not stand here",
		"teams:\n  - manager: U0SAM001\n   reps: []\n":   "f.yaml:3:4: this line is indented unlike",
		"words: \"C:\\words\"\n":                         "f.yaml:1:11: in \"…\" a backslash means something else",
		"words: w\nallowed\n":                            "f.yaml:3:1: a \":\" is missing behind the key",
	} {
		_, err := parseConfig("f.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\n%v\nwant\n%s", text, err, want)
		}
	}
}
