package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The page for contributors is short, names every package, and names no file that is not there.
func TestContributing(t *testing.T) {
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, ".github", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	if n := strings.Count(text, "\n"); n >= 200 {
		t.Errorf("%d lines", n)
	}
	var named []string
	for _, page := range []string{text, readme(t)} {
		for _, m := range regexp.MustCompile("`((?:cmd|bot|nudges|store|\\.ci|\\.github)(?:/[^` ]*)?)`").FindAllStringSubmatch(page, -1) {
			named = append(named, m[1])
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil && !strings.Contains(m[1], "NAME") {
				t.Error(err)
			}
		}
	}
	for _, top := range []string{"cmd", "bot", "nudges", "store"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			files, err := filepath.Glob(filepath.Join(path, "*.go"))
			pkg, _ := filepath.Rel(root, path)
			if len(files) > 0 && !slices.Contains(named, filepath.ToSlash(pkg)) {
				t.Errorf("no word of the package %s", pkg)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
