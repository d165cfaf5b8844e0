package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot/sandbox/page/browser"
	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/copy"
)

// mostBytes limits the size of any file that the test process writes.
const mostBytes = "STEPIN_TEST_MOST_BYTES"

func init() {
	if n, err := strconv.ParseUint(os.Getenv(mostBytes), 10, 64); err == nil {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			panic(err)
		}
	}
}

// small is a folder on a file system with that much room beside a file of that many bytes. Without the right to mount,
// it is a folder where files are limited in size.
func small(t *testing.T, file, room int) (dir string, env vars) {
	t.Helper()
	dir = t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", file+room))
	if errors.Is(err, syscall.EPERM) {
		return dir, vars{mostBytes: fmt.Sprint(room)}
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir, vars{}
}

// However little room there is, a command that needs more says so in one line, exits with 1, changes nothing and leaves
// nothing.
func TestFullDiskCommands(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "source.db")
	makeDB(t, source, 20000)
	addCall(t, source)
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, room := range []int{0, 8 << 10, 100 << 10, len(b) / 4} { // the smallest that it can be is more
		for _, args := range [][]string{
			{"compact"},
			{"compact", "--dry-run"},
			{"backup", "monday.db"},
			{"backup", "monday.db", "--damaged"},
			{"restore", "", "--force"},
			{"restore", "", "--force", "--dry-run"},
			{"restore", "", "--force", "--damaged"},
			{"privacy", "--due"},
			{"forget", "U0M1"},
		} {
			if n++; n%3 != 0 && !browser.Long() { // one in three, all of them in a long run
				continue
			}
			t.Run(fmt.Sprintf("%d kB left/%s", room>>10, strings.Join(args, " ")), func(t *testing.T) {
				dir, env := small(t, len(b), room)
				db := filepath.Join(dir, "stepin.db")
				if err := os.WriteFile(db, b, 0o600); err != nil {
					t.Fatal(err)
				}
				args := append(placed(args, dir, source), "--db", db)
				check := unchanged(t, dir)
				got := ran(t, env.process(t, t.Context(), args...))
				if got.fails(t, "free as much space"); !strings.Contains(got.errs, "no space left on device") &&
					!strings.Contains(got.errs, "file too large") {
					t.Errorf("says %q", got.errs)
				}
				if args[0] != "forget" {
					check()
				}
				if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
					t.Errorf("left: %v, %v", all, err)
				}
				if _, err := copy.Verify(t.Context(), db, store.Options{}); err != nil {
					t.Error(err)
				}
				if noted := forgets(t, db) > 0; noted != strings.Contains(got.errs, "it is noted") {
					t.Errorf("noted in the file: %t, says %q", noted, got.errs)
				}
			})
		}
	}
}

// placed puts in the paths.
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

// addCall adds a call of U0M1 to a file.
func addCall(t *testing.T, path string) {
	t.Helper()
	fill(t, path, func(tx storage.Tx) error {
		at := monthBefore(time.Now())
		return tx.PutRequest(nudges.Request{
			ID: "R1", Manager: "U0M1", Way: nudges.ByPause, Phase: nudges.Done,
			Deal: "Zürich", DoneAt: at,
		})
	})
}

// forgets counts the forgettings that a file still has to do.
func forgets(t *testing.T, path string) (n int) {
	t.Helper()
	fill(t, path, func(tx storage.Tx) error {
		all, err := tx.Forgets()
		n = len(all)
		return err
	})
	return n
}

// Commands that only read need no room, and commands that write do not report a full disk as damage.
func TestFullDiskOfOthers(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "source.db")
	makeDB(t, source, 2000)
	addCall(t, source)
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir, env := small(t, len(b), 0)
	maps.Copy(env, tokens)
	db := filepath.Join(dir, "stepin.db")
	if err := os.WriteFile(db, b, 0o600); err != nil {
		t.Fatal(err)
	}
	says := func(never string, code int, want string, args ...string) {
		t.Helper()
		check := unchanged(t, dir)
		got := ran(t, env.process(t, t.Context(), args...))
		if got.has(t, code, want); strings.Contains(got.out+got.errs, never) {
			t.Errorf("%q: %+v", args, got)
		}
		check()
	}
	says("damaged", 0, "1 text would be deleted from 1 request", "forget", "U0M1", "--dry-run", "--db", db)
	for _, command := range []string{"serve", "demo"} {
		says("damaged", 1, "free as much space", command, "--db", filepath.Join(dir, "new.db"))
	}
	// An export does its work, whether there is room to take it down or not.
	if got := ran(t, env.process(t, t.Context(), "export", "--months", lastMonth(), "--db", db)); got.code != 0 || strings.Contains(got.errs, "damaged") {
		t.Errorf("export: %+v", got)
	}
	running(t, db, nil)
	says("restore", 1, "do: free as much space", "check", "--deep", "--db", db)
}

// A disk that holds the file but not its rewrite: check says so before, and the running stepin in its log, as a cause
// and in the status, with the room that is needed. Nothing is left on the disk.
func TestNoRoomForTheRewrite(t *testing.T) {
	t.Parallel()
	source := filepath.Join(t.TempDir(), "source.db")
	makeDB(t, source, 20000)
	fill(t, source, func(tx storage.Tx) error { return putCall(tx, 0, time.Now()) })
	b, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	dir, env := small(t, len(b), 512<<10)
	if len(env) > 0 {
		t.Skip("no file system can be mounted here")
	}
	_, v := workspace(t)
	v["STEPIN_DB"] = filepath.Join(dir, "stepin.db")
	if err := os.WriteFile(v["STEPIN_DB"], b, 0o600); err != nil {
		t.Fatal(err)
	}
	const room = "a rewrite needs "
	v.run(t.Context(), "check").has(t, 1, "FAIL room: "+room, "0.5 MB are free\n     do: make room there")
	s := v.start(t)
	s.until("msg=retention error=")
	if !strings.Contains(s.String(), `cause=retention-fails room="`+room) {
		t.Errorf("says %s", s)
	}
	got := v.run(t.Context(), "status")
	got.has(t, 0, "ready    yes, retention-fails\n", "room     "+room,
		"job      retention: none since the start, failed 1 time, the last time: rewrite ", "no space left on device\n",
		"job      backup: none since the start\n")
	v.run(t.Context(), "check").has(t, 1, "FAIL room: "+room, "FAIL retention-fails: ")
	s.end()
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("left: %v, %v", all, err)
	}
}

// A file or a stepin of another user is not reported as damaged or as not running. The receipt names unreadable copies
// too.
func TestOfAnotherUser(t *testing.T) {
	t.Parallel()
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
	got := asNobody(t, tokens, "check", "--deep", "--db", db)
	if got.has(t, 1, "permission denied", "do: run stepin as the user who owns"); strings.Contains(got.out, "restore") {
		t.Errorf("check: %+v", got)
	}
	asNobody(t, nil, "forget", "U0M1", "--dry-run", "--db", mine).has(t, 0, "stepin.db of ", "may not read it")
	running(t, db, nil)
	for _, command := range []string{"status", "compact"} {
		asNobody(t, nil, command, "--db", db).fails(t, "permission denied: run stepin as the user who owns")
	}
}
