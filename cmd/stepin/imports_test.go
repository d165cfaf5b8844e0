package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport says which packages know which, besides the standard library: each package here has
// its rule, and each rule its package. Tests may import more.
//
//	cmd/stepin ──▶ bot ────▶ nudges
//	     ├───────▶ store ─────▲
//	     └───────▶ bot/sandbox
var mayImport = map[string][]string{
	"nudges": {"go.yaml.in/yaml/v4"},
	"store":  {"stepin/nudges", "go.etcd.io/bbolt", "go.etcd.io/bbolt/errors"},
	"bot": {
		"stepin/nudges", "github.com/slack-go/slack", "github.com/slack-go/slack/slackevents",
		"github.com/slack-go/slack/slackutilsx", "github.com/slack-go/slack/socketmode",
		"github.com/gorilla/websocket", "github.com/robfig/cron/v3", "golang.org/x/time/rate",
	},
	"bot/sandbox": {"github.com/gorilla/websocket"},
	"cmd/stepin": {
		"stepin/nudges", "stepin/store", "stepin/bot", "stepin/bot/sandbox",
		"github.com/alecthomas/kong", "github.com/agnivade/levenshtein", "go.yaml.in/yaml/v4",
		"github.com/rickar/cal/v2", // and its countries
		"github.com/prometheus/client_golang/prometheus", "github.com/prometheus/common/expfmt",
	},
}

// calendar has a package for each country.
const calendar = "github.com/rickar/cal/v2"

// knownBy says who alone may know what of others', also in the rules above.
var knownBy = map[string]string{"github.com/slack-go/": "bot", "go.etcd.io/": "store", "github.com/alecthomas/kong": "cmd/stepin"}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	// It reads the files itself, for the cache of tests does not see what "go list" has read.
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_'):
			return fs.SkipDir // as the go command does
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if _, known := mayImport[pkg]; !known && !seen[pkg] {
			t.Errorf("package %s has no rule", pkg)
		}
		seen[pkg] = true
		if strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if country, is := strings.CutPrefix(p, calendar+"/"); is && len(country) == 2 {
				p = calendar
			}
			if !standard(p) && !slices.Contains(mayImport[pkg], p) {
				t.Errorf("%s must not import %s", filepath.ToSlash(rel), p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, may := range mayImport {
		if !seen[pkg] {
			t.Errorf("there is a rule for %s, which is no package", pkg)
		}
		for _, p := range may {
			for prefix, only := range knownBy {
				if strings.HasPrefix(p, prefix) && pkg != only {
					t.Errorf("the rule for %s names %s, which only %s may know", pkg, p, only)
				}
			}
			own, ours := strings.CutPrefix(p, "stepin/")
			if _, known := mayImport[own]; ours && !known {
				t.Errorf("the rule for %s names %s, which is no package", pkg, p)
			}
		}
	}
}

// standard says whether a package is Go's own. The binary is static, so C is not.
func standard(path string) bool {
	host, _, _ := strings.Cut(path, "/")
	return !strings.Contains(host, ".") && host != "stepin" && path != "C"
}
