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
	"stepin/store/copy"
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
					!strings.Contains(said, "no space left on device") && !strings.Contains(said, "file too large") || !strings.Contains(said, "free as much space") {
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
				if _, err := copy.Verify(t.Context(), db, store.Options{}); err != nil {
					t.Error(err)
				}
				if noted := forgets(t, db) > 0; noted != strings.Contains(said, "it is noted") {
					t.Errorf("noted in the file: %t, says %q", noted, said)
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

// forgets is how many a file says are to be forgotten.
func forgets(t *testing.T, path string) int {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []nudges.Forget
	err = db.View(t.Context(), func(r nudges.Reader) (err error) { all, err = r.Forgets(); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// What only looks needs no room, and what makes a file on a full disk does not call it damaged.
func TestFullDiskOfOthers(t *testing.T) {
	source := filepath.Join(t.TempDir(), "source.db")
	makeDB(t, source, 2000)
	if err := addCalls(t, source); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir, env := small(t, len(b), 0)
	for k, v := range tokens {
		env = append(env, k+"="+v)
	}
	db := filepath.Join(dir, "stepin.db")
	if err := os.WriteFile(db, b, 0o600); err != nil {
		t.Fatal(err)
	}
	before := folder(t, dir)
	says := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		cmd := program(t, t.Context(), env, args...)
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if cmd.ProcessState.ExitCode() != want {
			t.Errorf("%q: code %d, says %s", args, cmd.ProcessState.ExitCode(), out.String())
		}
		if after := folder(t, dir); after != before {
			t.Errorf("%q changed:\n%s\nbefore\n%s", args, after, before)
		}
		return out.String()
	}
	if got := says(0, "forget", "U0M1", "--dry-run", "--db", db); !strings.Contains(got, "1 text would be deleted from 1 request") {
		t.Error(got)
	}
	says(0, "export", "--months", lastMonth(), "--db", db)
	for _, args := range [][]string{{"serve", "--db", filepath.Join(dir, "new.db")}, {"demo", "--db", filepath.Join(dir, "new.db")}} {
		if got := says(1, args...); !strings.Contains(got, "new.db: ") || !strings.Contains(got, "free as much space") || strings.Contains(got, "damaged") {
			t.Error(got)
		}
	}
	running(t, db)
	before = folder(t, dir)
	if got := says(1, "check", "--deep", "--db", db); !strings.Contains(got, "do: free as much space") || strings.Contains(got, "restore") {
		t.Error(got)
	}
}

// A file, or a stepin, of somebody else is told apart from one that is damaged, or does not run; and what cannot be
// looked into is named beside the copies.
func TestOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make files of others")
	}
	dir := filepath.Join(t.TempDir(), "data")
	db, mine := filepath.Join(dir, "stepin.db"), filepath.Join(dir, "mine.db")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	makeDB(t, db, 1)
	makeCalls(t, mine)
	if err := os.Chown(mine, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	code, out, errs := asNobody(t, tokens, []string{"check", "--deep", "--db", db})
	if code != 1 || !strings.Contains(out, "permission denied") || !strings.Contains(out, "do: run stepin as the user who owns") || strings.Contains(out, "restore") {
		t.Errorf("check: %d, %s%s", code, out, errs)
	}
	if code, out, errs = asNobody(t, nil, []string{"forget", "U0M1", "--dry-run", "--db", mine}); code != 0 || !strings.Contains(out, "stepin.db of ") || !strings.Contains(out, "may not read it") {
		t.Errorf("forget: %d, %s%s", code, out, errs)
	}
	running(t, db)
	for _, command := range []string{"status", "compact"} {
		code, out, errs = asNobody(t, nil, []string{command, "--db", db})
		if code != 1 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "permission denied: run stepin as the user who owns") {
			t.Errorf("%s: %d, %s%s", command, code, out, errs)
		}
	}
}
