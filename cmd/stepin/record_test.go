package main

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stepin/nudges/storage"
	"stepin/store/control"
)

// theLog is what "status --log" prints, and the same as JSON.
func theLog(t *testing.T, path string) (lines []string, all []storage.Run) {
	t.Helper()
	text, asJSON := stepin(t, "status", "--log", "--db", path), stepin(t, "status", "--log", "--json", "--db", path)
	text.has(t, 0)
	asJSON.has(t, 0)
	var got struct {
		File string
		Log  []storage.Run
	}
	if err := json.Unmarshal([]byte(asJSON.out), &got); err != nil || got.File != path {
		t.Errorf("%s: %v", asJSON.out, err)
	}
	for line := range strings.Lines(text.out) {
		when, rest, _ := strings.Cut(strings.TrimSpace(line), "  "+whoami()+"  ")
		if at, err := time.Parse(time.RFC3339, when); err != nil || time.Since(at) > time.Hour {
			t.Errorf("%s: %v", line, err)
		}
		lines = append(lines, rest)
	}
	if len(got.Log) != len(lines) {
		t.Errorf("%d as JSON of %q", len(got.Log), lines)
	}
	return lines, got.Log
}

// Who takes out, replaces or deletes what is kept is taken down, whether stepin runs or not: when, and with which
// arguments, but never about whom. What changed nothing is not there.
func TestRecord(t *testing.T) {
	t.Parallel()
	for name, runs := range map[string]bool{"in the file": false, "by the running stepin": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, b := filepath.Join(dir, "stepin.db"), filepath.Join(dir, "of U0SAM001 b.db")
			makeCalls(t, path)
			db := []string{"--db", path}
			if runs {
				running(t, path, vars{})
			}
			do := func(args ...string) said {
				t.Helper()
				got := stepin(t, append(args, db...)...)
				got.has(t, 0)
				if strings.Contains(got.errs, "take down") {
					t.Error(got.errs)
				}
				return got
			}
			if lines, _ := theLog(t, path); len(lines) != 0 {
				t.Errorf("before: %q", lines)
			}
			do("export", "--months", lastMonth(), "--format", "json")
			do("backup", b)
			do("backup", b, "--force")
			stepin(t, append([]string{"backup", b}, db...)...).fails(t, "exists already")
			do("forget", "U0SAM001", "--dry-run")
			want := []string{"export --months " + lastMonth() + " --format json", "backup " + quoted(b), "backup " + quoted(b) + " --force"}
			if lines, _ := theLog(t, path); !slices.Equal(lines, want) {
				t.Errorf("it has %q", lines)
			}
			do("forget", "U0SAM001")
			want = []string{want[0], "backup", "backup --force", "forget"}
			lines, all := theLog(t, path)
			if !slices.Equal(lines, want) {
				t.Errorf("after forgetting it has %q", lines)
			}
			if last := all[len(all)-1]; last.Command != "forget" || last.By != whoami() || len(last.Args) != 0 {
				t.Errorf("%+v", last)
			}
			// A restore is in what it made. There the backup's own record goes on.
			made := filepath.Join(dir, "made.db")
			stepin(t, "restore", b, "--db", made, "--dry-run").has(t, 0)
			stepin(t, "restore", b, "--db", made).has(t, 0)
			stepin(t, "restore", b, "--db", made, "--force").has(t, 0)
			want = []string{"export --months " + lastMonth() + " --format json", "backup " + quoted(b), "restore " + quoted(b) + " --force"}
			if lines, _ := theLog(t, made); !slices.Equal(lines, want) {
				t.Errorf("the restored file has %q", lines)
			}
		})
	}
}

// Where the record cannot be written, the command has still done its work, and says so.
func TestRecordThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "old.db")
	unpack(t, "../../store/testdata/v5.db.gz", path)
	check := unchanged(t, filepath.Dir(path))
	got := stepin(t, "backup", "-", "--db", path)
	got.has(t, 0, "is whole", "does not take down who ran this", "older format")
	check()
	if _, err := os.Stat(path); err != nil || len(got.out) < 1000 {
		t.Errorf("%d bytes, %v", len(got.out), err)
	}
	stepin(t, "status", "--log", "--quiet").has(t, exitUsage, "can't be used together")
}

// A stepin that takes nothing down, because it stands still, does not hold up a command that is done. It takes 5 s.
func TestRecordOfOneThatStandsStill(t *testing.T) {
	if os.Getenv("STEPIN_LONG") == "" {
		t.Skip("set STEPIN_LONG=1")
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "stepin.db")
	socket, err := new(net.ListenConfig).Listen(t.Context(), "unix", control.SocketPath(path)) // it accepts nobody
	if err != nil {
		t.Skip(err) // the folder's name is too long for a socket
	}
	defer socket.Close()
	var says strings.Builder
	began := time.Now()
	env{ctx: t.Context(), stderr: &says}.record(path, ranNow("export"))
	if took := time.Since(began); took > patience+time.Second || !strings.Contains(says.String(), "does not take down who ran this") {
		t.Errorf("after %s it says %s", took, says.String())
	}
}
