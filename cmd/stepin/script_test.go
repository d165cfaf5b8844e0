package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v4"

	"stepin/cmd/stepin/config"
	"stepin/store"
)

// TestScripts runs the scripts in testdata/scripts, each in a folder of its own ($WORK), all in parallel. Beside the
// commands of testscript they have:
//
//	[!] stepin [NAME=VALUE ...] [ARG ...]  run stepin in this process; with ! it fails: exit code 1, no stack, no secret, no
//	                                       file changed, and nothing on the standard output but of check, config and status
//	usage [ARG ...]                        run stepin, which refuses what is typed: as with !, but exit code 2
//	says TEXT ...                          the next line on the standard error has each text; no line may be left over
//	prints TEXT ...                        the standard output has each text, in this order
//	yaml KIND.KEY.INDEX... VALUE           the standard output is YAML that has this value there, as Go prints it
//	db FILE, calls FILE                    make a file: with one person, with the calls of six managers
//	running FILE                           have another process, as it were, run on FILE that answers for its state alone
//	workspace [OLD NEW ...]                a make-believe workspace, with these changes to its manifest; sets the variables
//	serve, stop                            start stepin, and end it
//
// The environment has $PID, $THIS and $LAST for months, and $ROOT, where go.mod is.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "scripts"), RequireUniqueNames: true, ContinueOnError: true,
		Setup: func(e *testscript.Env) error {
			s := &script{tb: e.T().(testing.TB)}
			e.Values[scriptKey{}] = s
			e.Setenv("PID", fmt.Sprintf("pid %d", os.Getpid()))
			e.Setenv("THIS", time.Now().Format("2006-01"))
			e.Setenv("LAST", lastMonth())
			e.Setenv("ROOT", root)
			e.Defer(s.saidAll)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"stepin": stepinCommand, "usage": usageCommand, "says": saysCommand, "prints": printsCommand, "running": runningCommand,
			"yaml": yamlCommand, "workspace": workspaceCommand, "serve": serveCommand, "stop": stopCommand,
			"db":    func(ts *testscript.TestScript, _ bool, args []string) { makeDB(of(ts).tb, ts.MkAbs(args[0]), 1) },
			"calls": func(ts *testscript.TestScript, _ bool, args []string) { makeCalls(of(ts).tb, ts.MkAbs(args[0])) },
		},
	})
}

type scriptKey struct{}

// A script is the state between commands.
type script struct {
	tb    testing.TB
	lines []string // on the standard error, that "says" has not named yet
	runs  *served  // what "serve" has started
}

func of(ts *testscript.TestScript) *script { return ts.Value(scriptKey{}).(*script) }

func (s *script) saidAll() {
	for _, l := range s.lines {
		s.tb.Errorf("also said, and not in the script: %s", l)
	}
	s.lines = nil
}

var assignment = regexp.MustCompile(`^([A-Z_]+)=(?s:(.*))$`)

// variables cuts the assignments off the arguments. They override the environment of the script.
func variables(ts *testscript.TestScript, args []string) (func(string) string, []string) {
	own := map[string]string{}
	for len(args) > 0 {
		m := assignment.FindStringSubmatch(args[0])
		if m == nil {
			break
		}
		own[m[1]], args = m[2], args[1:]
	}
	return func(name string) string {
		if v, is := own[name]; is {
			return v
		}
		return ts.Getenv(name)
	}, args
}

func stepinCommand(ts *testscript.TestScript, fails bool, args []string) {
	want := 0
	if fails {
		want = exitFault
	}
	ends(ts, want, args)
}

func usageCommand(ts *testscript.TestScript, _ bool, args []string) { ends(ts, exitUsage, args) }

// ends runs stepin, which ends with this code.
func ends(ts *testscript.TestScript, want int, args []string) {
	s := of(ts)
	s.saidAll()
	getenv, args := variables(ts, args)
	before := workFolder(ts)
	var out, errs bytes.Buffer
	code := run(s.tb.Context(), args, getenv, &out, &errs)
	fmt.Fprint(ts.Stdout(), out.String())
	fmt.Fprint(ts.Stderr(), errs.String())
	s.lines = strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
	if errs.Len() == 0 {
		s.lines = nil
	}
	if all := out.String() + errs.String(); leaked.MatchString(all) {
		ts.Fatalf("a secret or a stack in %s", all)
	}
	switch {
	case code != want:
		ts.Fatalf("exit code %d, not %d", code, want)
	case code == 0:
		return
	case out.Len() > 0 && !slices.Contains([]string{"check", "config", "status"}, args[0]):
		ts.Fatalf("it fails, and prints %s", out.String())
	}
	if after := workFolder(ts); after != before {
		ts.Fatalf("changed:\n%s\nbefore\n%s", after, before)
	}
}

// workFolder lists $WORK without $TMPDIR.
func workFolder(ts *testscript.TestScript) string {
	return regexp.MustCompile(`(?m)^.*/\.tmp/.*\n`).ReplaceAllString(folder(of(ts).tb, ts.Getenv("WORK")), "")
}

func saysCommand(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	if len(s.lines) == 0 {
		ts.Fatalf("it says no more")
	}
	line := s.lines[0]
	s.lines = s.lines[1:]
	for _, text := range args {
		if !strings.Contains(line, text) {
			ts.Fatalf("no %q in %s", text, line)
		}
	}
}

func printsCommand(ts *testscript.TestScript, never bool, args []string) {
	rest := ts.ReadFile("stdout")
	for _, text := range args {
		_, after, has := strings.Cut(rest, text)
		if has == never {
			ts.Fatalf("%q: %v, in %s", text, has, rest)
		}
		rest = after
	}
}

func yamlCommand(ts *testscript.TestScript, _ bool, args []string) {
	kind, path, _ := strings.Cut(args[0], ".")
	for _, doc := range documents(of(ts).tb, ts.ReadFile("stdout")) {
		if is, _ := doc["kind"].(string); is != kind {
			continue
		}
		if got := fmt.Sprint(dig(doc, strings.Split(path, ".")...)); got != args[1] {
			ts.Fatalf("%s is %s", args[0], got)
		}
		return
	}
	ts.Fatalf("there is no %s", kind)
}

// documents are the documents of a YAML stream.
func documents(t testing.TB, text string) (out []map[string]any) {
	t.Helper()
	if err := yaml.Load([]byte(text), &out, yaml.WithAllDocuments()); err != nil {
		t.Fatal(err)
	}
	return out
}

// dig walks down maps and lists; nil if there is nothing.
func dig(v any, path ...string) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// runningCommand holds a file open, and answers on its socket as far as the store does.
func runningCommand(ts *testscript.TestScript, _ bool, args []string) {
	s, path := of(ts), ts.MkAbs(args[0])
	d, err := store.Open(s.tb.Context(), path, store.Options{})
	ts.Check(err)
	ts.Defer(func() { _ = d.Close() })
	go func() { _ = d.Serve(s.tb.Context()) }() // if it fails, nobody answers
	answered(s.tb, path)
}

// workspaceCommand starts a make-believe workspace, and sets the variables for it.
func workspaceCommand(ts *testscript.TestScript, _ bool, args []string) {
	_, vars := workspace(of(ts).tb, args...)
	vars["STEPIN_DB"] = filepath.Join(ts.Getenv("WORK"), "x.db")
	for k, v := range vars {
		ts.Setenv(k, v)
	}
}

func serveCommand(ts *testscript.TestScript, _ bool, args []string) {
	s, v := of(ts), vars{}
	for _, name := range readVariables() {
		v[name] = ts.Getenv(name)
	}
	s.runs = v.start(s.tb, args...)
	answered(s.tb, v["STEPIN_DB"])
}

func stopCommand(ts *testscript.TestScript, _ bool, _ []string) { of(ts).runs.end() }

// readVariables are the names of all environment variables that stepin reads.
func readVariables() (out []string) {
	for _, k := range config.Keys {
		if k.Env != "" {
			out = append(out, k.Env)
		}
	}
	for _, o := range config.Outside {
		if out = append(out, o.Env); o.Secret {
			out = append(out, o.Env+"_FILE")
		}
	}
	return out
}

// Every variable of the tables is read.
func TestVariablesAreRead(t *testing.T) {
	t.Chdir(t.TempDir())
	asked := map[string]bool{}
	if _, err := config.Read(t.Context(), func(k string) string { asked[k] = true; return "" }, config.Flags{}); err == nil {
		t.Error("settings without a token")
	}
	for _, v := range readVariables() {
		if !asked[v] {
			t.Errorf("nobody reads %s", v)
		}
	}
}
