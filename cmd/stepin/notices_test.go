package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateNotices = flag.Bool("update-notices", false, "write notices.txt from the modules that are linked in")

// licenceName matches the files by which Go modules carry their terms.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// The notices are those of every module that is linked into a binary for any system that we ship to.
func TestNotices(t *testing.T) {
	want := linkedNotices(t)
	if *updateNotices {
		if err := os.WriteFile("notices.txt", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if notices != want {
		t.Error("notices.txt is stale: run go test ./cmd/stepin -run TestNotices -update-notices")
	}
}

// linkedNotices holds each licence text once, under the names of the modules that carry it.
func linkedNotices(t *testing.T) string {
	t.Helper()
	carriers := map[string][]string{} // by text
	for name, files := range licencesOfModules(t) {
		if len(files) == 0 {
			t.Errorf("%s carries no licence: nobody may ship it", name)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n"))
			if !slices.Contains(carriers[text], name) {
				carriers[text] = append(carriers[text], name)
			}
		}
	}
	var parts []string
	for text, names := range carriers {
		slices.Sort(names)
		parts = append(parts, strings.Join(names, "\n")+"\n\n"+text+"\n")
	}
	slices.Sort(parts)
	line := "\n" + strings.Repeat("-", 80) + "\n\n"
	return "stepin contains the following software, under the terms below each name.\n" + line + strings.Join(parts, line)
}

// licencesOfModules finds the files of each linked module, by name and version, on the systems of .goreleaser.yaml.
// A package can have terms of its own, beside those at the top of its module.
func licencesOfModules(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command("go", "list", "-deps", "-json=Dir,Module", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p struct {
				Dir    string
				Module *struct {
					Path, Version, Dir string
					Main               bool
				}
			}
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			name := fmt.Sprint(p.Module.Path, " ", p.Module.Version)
			for dir := p.Dir; len(dir) >= len(p.Module.Dir); dir = filepath.Dir(dir) {
				for _, file := range licencesIn(t, dir) {
					if !slices.Contains(found[name], file) {
						found[name] = append(found[name], file)
					}
				}
			}
			if _, ok := found[name]; !ok {
				found[name] = nil
			}
		}
	}
	// Go's own terms are those of its modules, and not every GOROOT holds the file.
	for name, files := range found {
		if strings.HasPrefix(name, "golang.org/x/") {
			found["Go, its runtime and standard library"] = files
			break
		}
	}
	return found
}

func licencesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && licenceName.MatchString(e.Name()) && !strings.HasSuffix(e.Name(), ".go") {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}
