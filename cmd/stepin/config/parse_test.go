package config

import (
	"flag"
	"os"
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
			c.Live(nil)
			return
		}
		for line := range strings.Lines(err.Error()) {
			if !strings.HasPrefix(line, "f.yaml:") || aToken.MatchString(line) {
				t.Error(line)
			}
		}
	})
}
