package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var updateSizes = flag.Bool("update-sizes", false, "take what is within its limit now out of testdata/sizes.txt")

// limits are what code may measure at most. All hold for production code, but the last.
var limits = map[string]int{
	"package-lines": 4000,
	"package-files": 30,
	"file":          400, // lines
	"func":          60,  // lines, from its first to its last
	"struct":        12,  // fields, of a struct that is not plain data
	"wide-lines":    0,   // of more than 120 columns, where a tab takes four
	"test-file":     800, // lines
}

// A measured thing has a figure. A name says nothing of the package, so that what moves stays what it is.
type measured struct{ kind, name string }

// listed is where today's offenders stand, each with its figure. The list may only shrink.
var listed = filepath.Join("testdata", "sizes.txt")

func TestSizes(t *testing.T) {
	found, wide := measure(t)
	known := readSizes(t)
	for _, s := range slices.SortedFunc(maps.Keys(found), compareSizes) {
		if n := found[s]; n > max(limits[s.kind], known[s]) {
			t.Errorf("%s %s has %d, above the limit of %d and the %d that %s allows",
				s.kind, s.name, n, limits[s.kind], known[s], listed)
			if s.kind == "wide-lines" {
				t.Log("too wide:\n" + strings.Join(wide, "\n"))
			}
		}
	}
	var left []measured
	for _, s := range slices.SortedFunc(maps.Keys(known), compareSizes) {
		if found[s] > limits[s.kind] {
			left = append(left, s)
		} else if !*updateSizes {
			t.Logf("%s %s is within its limit; take it out with: go test ./cmd/stepin -run TestSizes -update-sizes",
				s.kind, s.name)
		}
	}
	if *updateSizes && !t.Failed() {
		var list bytes.Buffer
		for _, s := range left {
			fmt.Fprintln(&list, s.kind, s.name, known[s])
		}
		if err := os.WriteFile(listed, list.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// readSizes reads the list of offenders: a kind, a name and a figure in each line.
func readSizes(t *testing.T) map[measured]int {
	t.Helper()
	list, err := os.ReadFile(listed)
	if err != nil {
		t.Fatal(err)
	}
	known := map[measured]int{}
	for line := range strings.Lines(string(list)) {
		var s measured
		var n int
		_, err := fmt.Sscanln(line, &s.kind, &s.name, &n)
		if _, known := limits[s.kind]; err != nil || !known {
			t.Fatalf("%s: %q is no kind, name and figure", listed, line)
		}
		known[s] = n
	}
	return known
}

// measure returns the largest figure of each name in all packages of the module, and where lines are too wide.
func measure(t *testing.T) (found map[measured]int, wide []string) {
	t.Helper()
	found = map[measured]int{}
	note := func(kind, name string, n int) {
		s := measured{kind, strings.ToLower(name)} // what is exported when it moves stays what it is
		found[s] = max(found[s], n)
	}
	packages := map[string][]*ast.File{}
	lines := map[string]int{}
	fset := token.NewFileSet()
	eachGoFile(t, func(pkg, path string) {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n, name := bytes.Count(src, []byte("\n")), filepath.Base(path)
		if strings.HasSuffix(path, "_test.go") {
			note("test-file", name, n)
			return
		}
		note("file", name, n)
		for i, line := range strings.Split(string(src), "\n") {
			if utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")) > 120 {
				wide = append(wide, fmt.Sprintf("%s:%d", path, i+1))
			}
		}
		f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		packages[pkg], lines[pkg] = append(packages[pkg], f), lines[pkg]+n
	})
	for pkg, files := range packages {
		note("package-lines", pkg, lines[pkg])
		note("package-files", pkg, len(files))
		measureDeclarations(fset, files, note)
	}
	note("wide-lines", "all", len(wide))
	return found, wide
}

// measureDeclarations notes the functions of a package, and its structs with behaviour.
func measureDeclarations(fset *token.FileSet, files []*ast.File, note func(kind, name string, n int)) {
	changes := map[string]bool{} // types with a method that can change them
	structs := map[string]*ast.StructType{}
	for _, f := range files {
		for n := range ast.Preorder(f) {
			switch n := n.(type) {
			case *ast.FuncDecl:
				note("func", n.Name.Name, fset.Position(n.End()).Line-fset.Position(n.Pos()).Line+1)
				if n.Recv != nil {
					if p, ok := n.Recv.List[0].Type.(*ast.StarExpr); ok {
						changes[typeName(p.X)] = true
					}
				}
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok {
					structs[n.Name.Name] = s
				}
			}
		}
	}
	for name, s := range structs {
		fields, open, plain := 0, true, true
		for _, f := range s.Fields.List {
			fields += max(1, len(f.Names))
			plain = plain && plainField(f.Type)
			for _, n := range f.Names {
				open = open && n.IsExported()
			}
		}
		// Plain data has no methods that can change it, or lets everybody change all of it.
		if !plain || changes[name] && !open {
			note("struct", name, fields)
		}
	}
}

// plainField says whether a field of this type can stand in plain data. No channel can, no lock and no atomic value.
func plainField(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.ChanType:
		return false
	case *ast.StarExpr:
		return plainField(e.X)
	case *ast.IndexExpr:
		return plainField(e.X)
	case *ast.SelectorExpr:
		of, ok := e.X.(*ast.Ident)
		return !ok || of.Name != "sync" && of.Name != "atomic"
	}
	return true
}

// typeName is the name of a type, without its pointer, its package and its parameters.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.IndexExpr:
		return typeName(e.X)
	case *ast.IndexListExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func compareSizes(a, b measured) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.name, b.name))
}

// eachGoFile calls f for each Go file of the module, with the folder of its package below the root. It skips
// what the go command skips.
func eachGoFile(t *testing.T, f func(pkg, path string)) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_'):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(filepath.Dir(rel)), path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
