package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/store"
)

// mostBytes has the process of a test write no file beyond so many bytes.
const mostBytes = "STEPIN_TEST_MOST_BYTES"

func init() {
	if n, err := strconv.ParseUint(os.Getenv(mostBytes), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
}

// small is a folder on a file system that has so much room beside a file of so many bytes; who may not
// mount one has a folder in which no file may be written beyond that.
func small(t *testing.T, file, room int) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", file+room))
	if errors.Is(err, syscall.EPERM) {
		return dir, []string{fmt.Sprint(mostBytes, "=", room)}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, nil
}

// However little room there is, a command that needs more says so in one line, ends with 1, changes
// nothing and leaves nothing.
func TestFullDiskCommands(t *testing.T) {
	source := filepath.Join(t.TempDir(), "source.db")
	makeDB(t, source, 20000)
	if err := addCalls(t, source); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 8 << 10, 100 << 10, len(b) / 4} { // the smallest that it can be is more
		for _, args := range [][]string{
			{"compact"},
			{"compact", "--dry-run"},
			{"backup", "monday.db"},
			{"restore", "", "--force"},
			{"restore", "", "--force", "--dry-run"},
			{"export", "--months", lastMonth()},
			{"forget", "U0M1", "--dry-run"},
			{"privacy", "--due"},
			{"forget", "U0M1"},
		} {
			t.Run(fmt.Sprintf("%d kB left/%s", room>>10, strings.Join(args, " ")), func(t *testing.T) {
				dir, env := small(t, len(b), room)
				db := filepath.Join(dir, "stepin.db")
				if err := os.WriteFile(db, b, 0o600); err != nil {
					t.Fatal(err)
				}
				args := append(placed(args, dir, source), "--db", db)
				before := folder(t, dir)
				var out, errs bytes.Buffer
				cmd := program(t, t.Context(), env, args...)
				cmd.Stdout, cmd.Stderr = &out, &errs
				err := cmd.Run()
				if cmd.ProcessState == nil {
					t.Fatal(err)
				}
				said := errs.String()
				if code := cmd.ProcessState.ExitCode(); code != 1 || out.Len() > 0 || strings.Count(said, "\n") != 1 ||
					!strings.Contains(said, "no space left on device") && !strings.Contains(said, "file too large") || !strings.Contains(said, "make room") {
					t.Errorf("code %d, says %q and %q", code, out.String(), said)
				}
				if args[0] != "forget" || args[2] == "--dry-run" {
					if after := folder(t, dir); after != before {
						t.Errorf("changed:\n%s\nbefore\n%s", after, before)
					}
				}
				if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
					t.Errorf("left: %v, %v", all, err)
				}
				if _, err := store.Verify(t.Context(), db, store.Options{}); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// placed puts the paths in.
func placed(args []string, dir, source string) (out []string) {
	for _, a := range args {
		switch a {
		case "":
			a = source
		case "monday.db":
			a = filepath.Join(dir, a)
		}
		out = append(out, a)
	}
	return out
}

// addCalls puts a call of U0M1 into a file.
func addCalls(t *testing.T, path string) error {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		return err
	}
	err = db.Update(t.Context(), func(tx nudges.Tx) error {
		at := monthBefore(time.Now())
		return tx.PutRequest(nudges.Request{ID: "R1", Manager: "U0M1", Way: nudges.ByPause, Phase: nudges.Done, Deal: "Zürich", DoneAt: at})
	})
	return errors.Join(err, db.Close())
}
