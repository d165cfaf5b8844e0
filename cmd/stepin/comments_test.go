package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A documented package is what its comment can name.
type documented struct {
	comment string
	other   string          // all other comments of its production files
	files   map[string]bool // production files
	names   map[string]bool // its declarations, and members as Type.Member
}

var (
	pathName   = regexp.MustCompile(`\b(bot|cmd|nudges|store)(/\w+)+(\.\w+)?`) // from the root
	fileName   = regexp.MustCompile(`[\w/-]+\.go\b`)
	dottedName = regexp.MustCompile(`\b(\w+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)
)

// What a package comment names is there: each path from the root, file.go, pkg.Name and Type.Member; in other comments,
// each pkg.Name of ours. A package of several files names each of them in its comment, so that one can guess where to
// look.
func TestPackageComments(t *testing.T) {
	all := readPackages(t)
	for folder, p := range all {
		if p.comment == "" {
			t.Errorf("%s: no package comment", folder)
		}
		for _, name := range pathName.FindAllString(p.comment, -1) {
			if _, err := os.Stat(filepath.Join("..", "..", name)); err != nil {
				t.Errorf("%s: %v", folder, err)
			}
		}
		for _, name := range fileName.FindAllString(p.comment, -1) {
			if !strings.Contains(name, "/") && !p.files[name] {
				t.Errorf("%s: no file %s", folder, name)
			}
		}
		for _, m := range dottedName.FindAllStringSubmatch(p.comment, -1) {
			if name := m[0]; !known(all, p, m[1], strings.TrimPrefix(name, m[1]+".")) {
				t.Errorf("%s: nothing is called %s", folder, name)
			}
		}
		for _, m := range dottedName.FindAllStringSubmatch(p.other, -1) {
			ours := slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(f string) bool { return path.Base(f) == m[1] })
			if name := m[0]; ours && !known(all, p, m[1], strings.TrimPrefix(name, m[1]+".")) {
				t.Errorf("%s: a comment names %s, which is not there", folder, name)
			}
		}
		for f := range p.files {
			if len(p.files) > 1 && !regexp.MustCompile(`(^|[^\w/])`+regexp.QuoteMeta(f)).MatchString(p.comment) {
				t.Errorf("%s: the comment does not say what %s is for", folder, f)
			}
		}
	}
}

// known says whether a name is one of the package left, or a member of p's own type left.
func known(all map[string]*documented, p *documented, left, name string) bool {
	if p.names[left+"."+name] {
		return true
	}
	for folder, q := range all {
		if path.Base(folder) == left && q.names[name] {
			return true
		}
	}
	return false
}

func readPackages(t *testing.T) map[string]*documented {
	t.Helper()
	all := map[string]*documented{}
	eachGoFile(t, func(pkg, file string) {
		if strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if all[pkg] == nil {
			all[pkg] = &documented{files: map[string]bool{}, names: map[string]bool{}}
		}
		all[pkg].comment += f.Doc.Text()
		for _, c := range f.Comments {
			if c != f.Doc {
				all[pkg].other += c.Text()
			}
		}
		all[pkg].files[filepath.Base(file)] = true
		maps.Copy(all[pkg].names, declared(f))
	})
	return all
}

// declared are the names that a file declares, members as Type.Member.
func declared(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = typeName(d.Recv.List[0].Type) + "." + name
			}
			names[name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				case *ast.TypeSpec:
					names[s.Name.Name] = true
					for _, m := range members(s.Type) {
						names[s.Name.Name+"."+m] = true
					}
				}
			}
		}
	}
	return names
}

// members are the fields of a struct and the methods of an interface, but for those of what it embeds.
func members(x ast.Expr) (names []string) {
	var list *ast.FieldList
	switch x := x.(type) {
	case *ast.StructType:
		list = x.Fields
	case *ast.InterfaceType:
		list = x.Methods
	default:
		return nil
	}
	for _, f := range list.List {
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
		if len(f.Names) == 0 {
			names = append(names, typeName(f.Type))
		}
	}
	return names
}
