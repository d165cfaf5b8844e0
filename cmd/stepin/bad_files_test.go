//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alecthomas/kong"
	"go.etcd.io/bbolt"

	"stepin/store"
)

// A fileInput is a place where a command takes a file.
type fileInput struct {
	args    []string          // FILE stands for the file, GOOD for one that is right, NEW for a name that is free
	says    map[string]string // what the line has, by what is wrong with the file; nothing for what is right so
	loud    bool              // it says what is wrong below, or in, a list
	old     string            // what it says about a file of each older version; "" where that is not for it
	because string            // why there is nothing to try
}

// notADatabase has the kinds of wrong files for a database, each with a part of its error.
var notADatabase = map[string]string{
	"missing": "there is no file", "folder": "not a file", "empty": "no bytes at all", "text": "no bbolt database", "foreign": "no database of stepin",
	"newer": "run the newer stepin", "unreadable": "permission denied", "cut-1": "meta page", "cut-100": "meta page", "cut-5000": "meta page", "cut-12000": "meta page",
}

// made is for commands that create a missing file.
func made(says map[string]string) map[string]string {
	says = maps.Clone(says)
	delete(says, "missing")
	return says
}

// always expects the same error for every kind.
func always(says string) map[string]string {
	all := maps.Clone(notADatabase)
	for kind := range all {
		all[kind] = says
	}
	return all
}

// but replaces the error of one kind.
func but(says map[string]string, kind, line string) map[string]string {
	says = maps.Clone(says)
	says[kind] = line
	return says
}

// noConfiguration is the same for stepin.yaml, where an empty file is right.
var noConfiguration = map[string]string{
	"missing": "cannot read", "folder": "cannot read", "unreadable": "cannot read", "text": "text:1:", "foreign": "a zero byte", "newer.yaml": "unknown key", "cut.yaml": "cut.yaml:2:5: the bracket",
}

// fileInputs lists every place where a command takes a file: the command, and the flag or argument. The test fails if
// one is missing.
var fileInputs = map[string]fileInput{
	"serve --db":       {args: []string{"serve", "--db", "FILE"}, says: made(notADatabase)},
	"serve --config":   {args: []string{"serve", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"demo --db":        {args: []string{"demo", "--db", "FILE"}, says: made(notADatabase)},
	"check --db":       {args: []string{"check", "--db", "FILE"}, says: made(notADatabase), loud: true, old: "can be opened and written to"},
	"check <file>":     {args: []string{"check", "FILE"}, says: notADatabase, loud: true, old: "is sound"},
	"check --config":   {args: []string{"check", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"status --db":      {args: []string{"status", "--db", "FILE"}, says: always("no stepin runs on")},
	"backup --db":      {args: []string{"backup", "NEW", "--db", "FILE"}, says: notADatabase, old: "it was read again and is whole"},
	"backup <file>":    {args: []string{"backup", "FILE", "--db", "GOOD"}, says: but(made(always("exists already")), "folder", "is a folder")},
	"restore <file>":   {args: []string{"restore", "FILE", "--db", "GOOD", "--force"}, says: notADatabase, old: "the file that was there is kept"},
	"restore --db":     {args: []string{"restore", "GOOD", "--db", "FILE"}, says: but(but(made(always("exists already")), "folder", "not a file"), "unreadable", "permission denied")},
	"compact --db":     {args: []string{"compact", "--db", "FILE"}, says: notADatabase, old: "has"},
	"export --db":      {args: []string{"export", "--months", "LAST", "--db", "FILE"}, says: notADatabase, old: "month,figure"},
	"export --config":  {args: []string{"export", "--months", "LAST", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"forget --db":      {args: []string{"forget", "U0NOBODY", "--db", "FILE"}, says: notADatabase, old: "nothing is kept of this person"},
	"forget --config":  {args: []string{"forget", "U0NOBODY", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"privacy --db":     {args: []string{"privacy", "--due", "--db", "FILE"}, says: notADatabase, old: "the next round deletes"},
	"privacy --config": {args: []string{"privacy", "--config", "FILE"}, says: noConfiguration},
	"config --db":      {because: "it prints the name, and opens nothing"},
	"config --config":  {args: []string{"config", "--config", "FILE"}, says: noConfiguration, loud: true},
}

// Every command rejects every wrong file at every place where it takes a file: one line that names the file, exit code
// 1, and no change. It accepts files of older versions.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]bool{}
	for _, l := range parser.Model.Leaves(false) {
		for _, f := range l.Flags {
			if f.PlaceHolder == "FILE" {
				places[l.Path()+" --"+f.Name] = true
			}
		}
		for _, a := range l.Positional {
			if strings.Contains(a.Name, "file") {
				places[l.Path()+" <"+a.Name+">"] = true
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(fileInputs)), slices.Sorted(maps.Keys(places)); !slices.Equal(got, want) {
		t.Fatalf("fileInputs has\n%q\nand the commands take a file at\n%q", got, want)
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	good := at("good.db")
	makeDB(t, good, 1)
	badFiles(t, dir, good)
	if err := os.Chmod(good, 0o666); err != nil { // it is right for anybody
		t.Fatal(err)
	}
	var old []string
	for v := 1; ; v++ {
		packed := fmt.Sprintf("../../store/testdata/v%d.db.gz", v)
		if _, err := os.Stat(packed); errors.Is(err, os.ErrNotExist) {
			break
		}
		old = append(old, at(fmt.Sprintf("old-%d.db", v)))
		unpack(t, packed, old[v-1])
	}
	if len(old) < 4 {
		t.Fatalf("old versions: %q", old)
	}
	fill := func(args []string, file string) (out []string) {
		put := map[string]string{"FILE": file, "GOOD": good, "NEW": at("made.db"), "LAST": lastMonth()}
		for _, a := range args {
			if p, ok := put[a]; ok {
				a = p
			}
			out = append(out, a)
		}
		return out
	}
	for name, in := range fileInputs {
		if in.because != "" {
			continue
		}
		for kind, want := range in.says {
			t.Run(name+"/"+kind, func(t *testing.T) {
				check := unchanged(t, dir)
				args := fill(in.args, at(kind))
				var got said
				if kind == "unreadable" {
					got = asNobody(t, tokens, args...)
				} else {
					got = tokens.run(t.Context(), args...)
				}
				if in.loud {
					got.has(t, 1, want, at(kind))
				} else {
					got.fails(t, want, at(kind))
				}
				check()
			})
		}
		for _, path := range old {
			if in.old == "" {
				continue
			}
			t.Run(name+"/"+filepath.Base(path), func(t *testing.T) {
				here := t.TempDir()
				mine := filepath.Join(here, "old.db")
				for from, to := range map[string]string{path: mine, good: filepath.Join(here, "good.db")} {
					b, err := os.ReadFile(from)
					if err := errors.Join(err, os.WriteFile(to, b, 0o600)); err != nil {
						t.Fatal(err)
					}
				}
				var args []string
				for _, a := range fill(in.args, mine) {
					args = append(args, strings.Replace(a, dir, here, 1))
				}
				if got := tokens.run(t.Context(), args...); !strings.Contains(got.out+got.errs, in.old) {
					t.Errorf("no %q in %+v", in.old, got)
				}
			})
		}
	}
}

// badFiles creates a wrong file of each kind, and one that is unreadable.
func badFiles(t *testing.T, dir, good string) {
	t.Helper()
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "empty", "")
	put(t, dir, "text", strings.Repeat("nonsense", 4096))
	put(t, dir, "newer.yaml", "holidays_of_mars: on\n")
	put(t, dir, "cut.yaml", "teams:\n  - {manager: U0SAM0")
	for _, n := range []int{1, 100, 5000, 12000} {
		put(t, dir, fmt.Sprint("cut-", n), string(whole[:n]))
	}
	put(t, dir, "unreadable", string(whole))
	makeNewer(t, filepath.Join(dir, "newer"))
	foreign, err := bbolt.Open(filepath.Join(dir, "foreign"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = foreign.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err := errors.Join(err, foreign.Close(), os.Mkdir(filepath.Join(dir, "folder"), 0o700), os.Chmod(filepath.Join(dir, "unreadable"), 0)); err != nil {
		t.Fatal(err)
	}
}

// check looks at the file as a start would, names the remedy, and changes nothing.
func TestCheckLooksAtTheFile(t *testing.T) {
	t.Parallel()
	_, v := workspace(t)
	dir := t.TempDir()
	in := func(name string, file, folder os.FileMode) string {
		path := filepath.Join(dir, name, "stepin.db")
		if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		makeDB(t, path, 1)
		if err := errors.Join(os.Chmod(path, file), os.Chmod(filepath.Dir(path), folder)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	theirs := in("theirs", 0o600, 0o700)
	db, err := store.Open(t.Context(), theirs, store.Options{Team: "T0THEIRS"})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		nobody     bool
		want       []string
	}{
		{"none yet", filepath.Join(dir, "new.db"), false, []string{"ok   file: there is no ", "the first start can create it"}},
		{"right", in("right", 0o600, 0o700), false, []string{"ok   file: ", "can be opened and written to"}},
		{"no folder", filepath.Join(dir, "nowhere", "x.db"), false, []string{"FAIL file: ", "there is no directory", "do: "}},
		{"a file for a folder", filepath.Join(put(t, dir, "a file", ""), "x.db"), false, []string{"FAIL file: ", "do: "}},
		{"a folder", dir, false, []string{"FAIL file: ", "this is not a file", "do: name the right file with --db or STEPIN_DB"}},
		{"of another workspace", theirs, false, []string{"ok   file: ", "FAIL workspace: the file belongs to T0THEIRS, and the token to T0", "do: use a token of T0THEIRS"}},
		{"not to be written to", in("read only", 0o444, 0o777), true, []string{"FAIL file: ", "permission denied", "do: run stepin as the user who owns"}},
		{"in a folder not to be written to", in("folder", 0o666, 0o555), true, []string{"FAIL file: its folder ", "permission denied", "do: run stepin as the user who owns"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v["STEPIN_DB"] = tt.path // and not as an argument: asNobody opens the folders of those
			does := v.run
			if tt.nobody { // who must come as far as that
				for d := filepath.Dir(filepath.Dir(tt.path)); d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
					if err := os.Chmod(d, 0o755); err != nil { //nolint:gosec // see above
						t.Fatal(err)
					}
				}
				does = func(_ context.Context, args ...string) said { return asNobody(t, v, args...) }
			}
			code, want := 0, tt.want
			if strings.Contains(strings.Join(want, ""), "FAIL") {
				code, want = 1, append(want, "stepin: one check failed; see below it what to do\n")
			}
			for _, args := range [][]string{{"check"}, {"check", "--deep"}} {
				check := unchanged(t, dir)
				does(t.Context(), args...).has(t, code, want...)
				check()
			}
		})
	}
}

// asNobody runs a command as a user without rights, since root may read everything.
func asNobody(t testing.TB, v vars, args ...string) said {
	t.Helper()
	if os.Getuid() != 0 {
		return v.run(t.Context(), args...)
	}
	cmd := v.process(t, t.Context(), args...)
	dir := t.TempDir()
	self := cmd.Path
	cmd.Path, cmd.Dir = filepath.Join(dir, "stepin"), dir
	if os.Link(self, cmd.Path) != nil { // on another file system
		b, err := os.ReadFile(self)
		if err := errors.Join(err, os.WriteFile(cmd.Path, b, 0o755)); err != nil { //nolint:gosec // it is to be run by another
			t.Fatal(err)
		}
	}
	for _, a := range append(args, dir) { // and each file must be reached
		if d := filepath.Dir(a); filepath.IsAbs(a) {
			if err := errors.Join(os.Chmod(d, 0o777), os.Chmod(filepath.Dir(d), 0o755)); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return ran(t, cmd)
}

// makeNewer creates a file of a later version.
func makeNewer(t *testing.T, path string) {
	t.Helper()
	makeDB(t, path, 0)
	raw, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}
