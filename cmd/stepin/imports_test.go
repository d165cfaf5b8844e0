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

// mayImport says which packages know which, besides the standard library. Tests may import more.
var mayImport = map[string][]string{
	"nudges": {"go.yaml.in/yaml/v4"},
	"store":  {"stepin/nudges", "go.etcd.io/bbolt", "go.etcd.io/bbolt/errors", "golang.org/x/sys/unix"},
	"bot": {
		"stepin/nudges", "github.com/slack-go/slack", "github.com/slack-go/slack/slackevents",
		"github.com/slack-go/slack/slackutilsx", "github.com/slack-go/slack/socketmode",
		"github.com/gorilla/websocket", "github.com/robfig/cron/v3", "golang.org/x/time/rate",
	},
	"bot/sandbox": {"github.com/gorilla/websocket"},
	"cmd/stepin": {
		"stepin/nudges", "stepin/store", "stepin/bot", "stepin/bot/sandbox",
		"github.com/alecthomas/kong", "github.com/agnivade/levenshtein", "go.yaml.in/yaml/v4",
	},
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("%s: no rule for package %s", rel, pkg)
		}
		for _, i := range f.Imports {
			n++
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			host, _, _ := strings.Cut(p, "/")
			standard := !strings.Contains(host, ".") && host != "stepin"
			if !standard && !slices.Contains(allowed, p) {
				t.Errorf("%s must not import %s", rel, p)
			}
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
}
