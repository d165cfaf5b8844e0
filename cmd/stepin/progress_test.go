package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stepin/store"
	"stepin/store/control"
)

// Long work is reported each second. Short work is not, nor without a terminal unless asked.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		e := env{stderr: &errs}
		if p, end := e.progress("backing up", false); p != nil {
			t.Error("a buffer is no terminal")
		} else {
			end()
		}
		p, end := e.progress("backing up", true)
		p("reading", 0, 0)
		time.Sleep(900 * time.Millisecond)
		p("copying", 250, 1000)
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		p("looking", 40, 0)
		time.Sleep(time.Second)
		synctest.Wait()
		end()
		time.Sleep(time.Minute)
		if got, want := errs.String(), "stepin: backing up for 1s: copying, 25%\nstepin: backing up for 2s: looking, 40 so far\n"; got != want {
			t.Errorf("%q, not %q", got, want)
		}
		errs.Reset()
		p, end = e.progress("backing up", true)
		p("copying", 1, 2)
		end()
		if errs.Len() > 0 {
			t.Errorf("soon done, and %q", errs.String())
		}
	})
}

// Each command that may take long reports on stderr, if asked, while it waits for the file.
func TestLongWorkIsToldOf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "stepin.db")
	makeDB(t, path, 1)
	held, err := store.Open(t.Context(), path, store.Options{}) // and it does not answer
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Close() })
	for doing, args := range map[string][]string{
		"backing up": {"backup", filepath.Join(dir, "b.db"), "--db", path},
		"restoring":  {"restore", path, "--db", filepath.Join(dir, "new.db")},
		"compacting": {"compact", "--db", path},
		"exporting":  {"export", "--months", "1999-11", "--db", path},
		"forgetting": {"forget", "U0M1", "--db", path},
	} {
		for _, asked := range []bool{false, true} {
			t.Run(fmt.Sprint(doing, " asked ", asked), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { // it waits for three seconds of the year 2000
					args := slices.Clone(args)
					if asked {
						args = append(args, "--progress")
					}
					got := stepin(t, args...)
					got.has(t, 1, "another process has it open")
					if told := strings.Contains(got.errs, "stepin: "+doing+" for 2s"); got.out != "" || told != asked {
						t.Errorf("%+v", got)
					}
				})
			})
		}
	}
}

// The running stepin reports progress to a command. Interrupting a forgetting does not stop it, and the message says so.
func TestForgettingBrokenOff(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	path := filepath.Join(t.TempDir(), "stepin.db")
	makeCalls(t, path)
	halfway(t, t.Context(), path, nil)
	var got struct{}
	if err := control.Tell(ctx, path, forgetName, nil, func(string, int64, int64) { stop() }, &got); err == nil {
		t.Fatal("it came to an end")
	}
	vars{}.run(ctx, "forget", "U0M1", "--db", path).fails(t, "interrupted", "the running stepin finishes it")
	vars{}.run(ctx, "forget", "U0M1", "--dry-run", "--db", path).fails(t, "interrupted; nothing was changed")
}
