//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"go.etcd.io/bbolt"

	"stepin/store"
)

// A fileInput is a place where a command is given a file.
type fileInput struct {
	args    []string          // FILE stands for the file, GOOD for one that is right, NEW for a name that is free
	says    map[string]string // what the line has, by what is wrong with the file; nothing for what is right so
	loud    bool              // it says what is wrong below, or in, a list
	old     string            // what it says about a file of each older version; "" where that is not for it
	because string            // why there is nothing to try
}

// notADatabase is what is wrong with a file that is to be one, and what the line has.
var notADatabase = map[string]string{
	"missing": "there is no file", "folder": "not a file", "empty": "no bytes at all", "text": "no bbolt database", "foreign": "no database of stepin",
	"newer": "run the newer stepin", "unreadable": "permission denied", "cut-1": "meta page", "cut-100": "meta page", "cut-5000": "meta page", "cut-12000": "meta page",
}

// made is for those who make the file that is missing.
func made(says map[string]string) map[string]string {
	says = maps.Clone(says)
	delete(says, "missing")
	return says
}

// always says the same of whatever is wrong.
func always(says string) map[string]string {
	all := maps.Clone(notADatabase)
	for kind := range all {
		all[kind] = says
	}
	return all
}

// but is the same with another line for one kind.
func but(says map[string]string, kind, line string) map[string]string {
	says = maps.Clone(says)
	says[kind] = line
	return says
}

// noConfiguration is likewise of one that is to be stepin.yaml: an empty one is right.
var noConfiguration = map[string]string{
	"missing": "cannot read", "folder": "cannot read", "unreadable": "cannot read", "text": "text:1:", "foreign": "control characters", "newer.yaml": "unknown key", "cut.yaml": "cut.yaml:2:5: the bracket",
}

// fileInputs has each place where a command takes a file, by the command and the name of flag or
// argument. The test fails for one that is not here.
var fileInputs = map[string]fileInput{
	"serve --db":       {args: []string{"serve", "--db", "FILE"}, says: made(notADatabase)},
	"serve --config":   {args: []string{"serve", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"demo --db":        {args: []string{"demo", "--db", "FILE"}, says: made(notADatabase)},
	"check --db":       {args: []string{"check", "--db", "FILE"}, says: made(notADatabase), loud: true, old: "can be opened and written to"},
	"check --config":   {args: []string{"check", "--db", "GOOD", "--config", "FILE"}, says: noConfiguration},
	"status --db":      {args: []string{"status", "--db", "FILE"}, says: always("no stepin runs on")},
	"backup --db":      {args: []string{"backup", "NEW", "--db", "FILE"}, says: notADatabase, old: "it was read again and is whole"},
	"backup <file>":    {args: []string{"backup", "FILE", "--db", "GOOD"}, says: but(made(always("is there already")), "folder", "is a folder")},
	"restore <file>":   {args: []string{"restore", "FILE", "--db", "GOOD", "--force"}, says: notADatabase, old: "the file that was there is kept"},
	"restore --db":     {args: []string{"restore", "GOOD", "--db", "FILE"}, says: but(but(made(always("is there already")), "folder", "not a file"), "unreadable", "permission denied")},
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

// Every command, at every place where it takes a file, with every file that is wrong: one line that names
// it, exit code 1, and nothing changes. A file of an older version is right.
func TestBadFiles(t *testing.T) {
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
	if err := os.Chmod(good, 0o666); err != nil { // it is right for whoever tries
		t.Fatal(err)
	}
	var old []string
	for v := 1; ; v++ {
		b, err := os.ReadFile(fmt.Sprintf("../../store/testdata/v%d.db.gz", v))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		old = append(old, unpacked(t, at(fmt.Sprintf("old-%d.db", v)), b))
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
				before := folder(t, dir)
				does := stepinWith
				if kind == "unreadable" {
					does = asNobody
				}
				code, out, errs := does(t, tokens, fill(in.args, at(kind)))
				if in.loud {
					errs, out = out+errs, ""
				}
				if code != 1 || out != "" || !in.loud && strings.Count(errs, "\n") != 1 || strings.Contains(errs, "goroutine ") {
					t.Errorf("code %d, says %q and %q", code, out, errs)
				}
				if !strings.Contains(errs, want) || !strings.Contains(errs, at(kind)) {
					t.Errorf("no %q and %q in %q", want, at(kind), errs)
				}
				if after := folder(t, dir); after != before {
					t.Errorf("changed:\n%s\nbefore\n%s", after, before)
				}
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
				if _, out, errs := stepinWith(t, tokens, args); !strings.Contains(out+errs, in.old) {
					t.Errorf("no %q in %q and %q", in.old, out, errs)
				}
			})
		}
	}
}

// tokens are what serve and check want before they look at a file.
var tokens = map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_API_URL": "http://127.0.0.1:1/api/"}

func stepinWith(t *testing.T, vars map[string]string, args []string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, func(name string) string { return vars[name] }, &o, &e)
	return code, o.String(), e.String()
}

// badFiles makes each file that is wrong, by its kind, and one that nobody may read.
func badFiles(t *testing.T, dir, good string) {
	t.Helper()
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("empty", nil)
	put("text", bytes.Repeat([]byte("nonsense"), 4096))
	put("newer.yaml", []byte("holidays_of_mars: on\n"))
	put("cut.yaml", []byte("teams:\n  - {manager: U0SAM0"))
	for _, n := range []int{1, 100, 5000, 12000} {
		put(fmt.Sprint("cut-", n), whole[:n])
	}
	put("unreadable", whole)
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

func unpacked(t *testing.T, to string, packed []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, os.WriteFile(to, b, 0o600)); err != nil {
		t.Fatal(err)
	}
	return to
}

// asNobody runs a command as somebody who may not read everything: root may.
func asNobody(t *testing.T, vars map[string]string, args []string) (code int, out, errs string) {
	t.Helper()
	if os.Getuid() != 0 {
		return stepinWith(t, vars, args)
	}
	var env []string
	for k, v := range vars {
		env = append(env, k+"="+v)
	}
	cmd := program(t, t.Context(), env, args...)
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
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil {
		if _, ended := errors.AsType[*exec.ExitError](err); !ended {
			t.Fatal(err)
		}
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

// check looks at the file as the next start would, says whose remedy it is, and changes nothing.
func TestCheckLooksAtTheFile(t *testing.T) {
	vars := workspace(t, asIs)
	dir := t.TempDir()
	put := func(name string, file, folder os.FileMode) string {
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
	theirs := put("theirs", 0o600, 0o700)
	db, err := store.Open(t.Context(), theirs, store.Options{Team: "T0THEIRS"})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(dir, "a file")
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		nobody     bool
		want       []string
	}{
		{"none yet", filepath.Join(dir, "new.db"), false, []string{"ok   file: there is no ", "the first start can create it"}},
		{"right", put("right", 0o600, 0o700), false, []string{"ok   file: ", "can be opened and written to"}},
		{"no folder", filepath.Join(dir, "nowhere", "x.db"), false, []string{"FAIL file: ", "there is no directory", "do: "}},
		{"a file for a folder", filepath.Join(full, "x.db"), false, []string{"FAIL file: ", "do: "}},
		{"a folder", dir, false, []string{"FAIL file: ", "this is not a file", "do: name the right file with --db or STEPIN_DB"}},
		{"of another workspace", theirs, false, []string{"ok   file: ", "FAIL workspace: the file belongs to T0THEIRS, and the token to T0", "do: use a token of T0THEIRS"}},
		{"not to be written to", put("read only", 0o444, 0o777), true, []string{"FAIL file: ", "permission denied", "do: run stepin as the user who owns"}},
		{"in a folder not to be written to", put("folder", 0o666, 0o555), true, []string{"FAIL file: its folder ", "permission denied", "do: run stepin as the user who owns"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.nobody { // who must come as far as that
				for d := filepath.Dir(filepath.Dir(tt.path)); d != os.TempDir() && d != "/"; d = filepath.Dir(d) {
					if err := os.Chmod(d, 0o755); err != nil { //nolint:gosec // see above
						t.Fatal(err)
					}
				}
			}
			for _, deep := range [][]string{nil, {"--deep"}} {
				mine := maps.Clone(vars)
				mine["STEPIN_DB"] = tt.path // and not as an argument: asNobody opens the folders of those
				before := folder(t, dir)
				does := stepinWith
				if tt.nobody {
					does = asNobody
				}
				code, out, errs := does(t, mine, append([]string{"check"}, deep...))
				want := 0
				if strings.Contains(strings.Join(tt.want, ""), "FAIL") {
					want = 1
				}
				if code != want || want == 1 && errs != "stepin: one check failed; see below it what to do\n" {
					t.Errorf("%d: %s%s", code, out, errs)
				}
				for _, w := range tt.want {
					if !strings.Contains(out, w) {
						t.Errorf("no %q in\n%s", w, out)
					}
				}
				if after := folder(t, dir); after != before {
					t.Errorf("changed:\n%s\nbefore\n%s", after, before)
				}
			}
		})
	}
}

// While a stepin runs on the file, that one says how it is.
func TestCheckAsksTheOneThatRuns(t *testing.T) {
	w, vars := servedWorkspace(t)
	vars["SLACK_BOT_TOKEN"], vars["SLACK_APP_TOKEN"] = w.BotToken(), w.AppToken()
	getenv := func(k string) string { return vars[k] }
	stop, ended, _ := start(t, getenv)
	defer stop()
	code, out, errs := stepinWith(t, vars, []string{"check"})
	if code != 0 || !strings.Contains(out, "ok   stepin: ") || strings.Contains(out, " file: ") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	w.SwitchSocketMode(false)
	for !strings.Contains(out, "FAIL socket-mode-off: Slack lets the app open no connection, reports the running stepin\n     do: switch Socket Mode on") {
		select {
		case c := <-ended:
			t.Fatalf("ended with %d", c)
		case <-t.Context().Done():
			t.Fatal(out)
		case <-time.After(5 * time.Millisecond):
		}
		code, out, _ = stepinWith(t, vars, []string{"check"})
	}
	if code != 1 {
		t.Errorf("ended with %d", code)
	}
	stop()
	<-ended
}

// makeNewer leaves a file as a stepin of the far future would.
func makeNewer(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Update(func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	if err := errors.Join(err, raw.Close()); err != nil {
		t.Fatal(err)
	}
}
