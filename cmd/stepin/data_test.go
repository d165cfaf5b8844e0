package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/store"
)

// folder is what lies in a folder and below: each name with its hash.
func folder(t *testing.T, dir string) string {
	t.Helper()
	var s strings.Builder
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		fmt.Fprintf(&s, "%s %x\n", path, sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s.String()
}

// makeDB leaves a file in which so many people are known.
func makeDB(t *testing.T, path string, people int) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(tx nudges.Tx) error {
		for i := range people {
			if err := tx.PutPerson(nudges.Person{ID: nudges.UserID(fmt.Sprint("U", i)), DM: "D"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Whatever is wrong is one line that names the file and says what to do, and nothing changes. What can be
// wrong with a file itself is in TestBadFiles.
func TestBadData(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	db, running := at("stepin.db"), at("running.db")
	makeDB(t, db, 1)
	makeDB(t, running, 1)
	if err := errors.Join(os.WriteFile(at("there"), []byte("precious"), 0o600), os.Mkdir(at("folder"), 0o700)); err != nil {
		t.Fatal(err)
	}
	d, err := store.Open(t.Context(), running, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(t.Context()) }()
	for {
		if _, err := store.Status(t.Context(), running); err == nil {
			break
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
	type try struct {
		name string
		args []string
		want []string
	}
	pid := fmt.Sprintf("pid %d", os.Getpid())
	tries := []try{
		{"backup to nothing", []string{"backup"}, []string{"<file>", "--help"}},
		{"backup to no name", []string{"backup", "", "--db", db}, []string{"no file is named", "name one"}},
		{"backup of nothing to a pipe", []string{"backup", "-", "--db", at("none.db")}, []string{"there is no file", "none.db", "--db or STEPIN_DB"}},
		{"backup of nothing", []string{"backup", at("b"), "--db", at("none.db")}, []string{"there is no file", "none.db"}},
		{"backup of a folder", []string{"backup", at("b"), "--db", at("folder")}, []string{"folder", "not a file"}},
		{"backup over a file", []string{"backup", at("there"), "--db", db}, []string{"there is there already", "--force"}},
		{"backup to a folder", []string{"backup", at("folder"), "--db", db, "--force"}, []string{"is a folder"}},
		{"backup into no folder", []string{"backup", at("none/b"), "--db", db}, []string{"no directory"}},
		{"backup onto the file itself", []string{"backup", db, "--db", db, "--force"}, []string{"the database itself"}},
		{"backup onto the running file itself", []string{"backup", running, "--db", running, "--force"}, []string{"the database itself"}},
		{"restore of nothing", []string{"restore", at("none.db"), "--db", db, "--force"}, []string{"there is no file", "none.db"}},
		{"restore of a folder", []string{"restore", at("folder"), "--db", db, "--force"}, []string{"not a file"}},
		{"restore over a file", []string{"restore", at("b.db"), "--db", db}, []string{"stepin.db is there already", "--force"}},
		{"restore of no name", []string{"restore", "", "--db", db, "--force"}, []string{"no file is named"}},
		{"restore over a folder", []string{"restore", at("b.db"), "--db", at("folder"), "--force"}, []string{"not a file"}},
		{"restore into no folder", []string{"restore", at("b.db"), "--db", at("none/x.db")}, []string{"no directory"}},
		{"restore onto itself", []string{"restore", db, "--db", db, "--force"}, []string{"the database itself"}},
		{"dry restore of nothing", []string{"restore", at("none.db"), "--db", db, "--force", "--dry-run"}, []string{"there is no file", "none.db"}},
		{"restore while one runs", []string{"restore", at("b.db"), "--db", running, "--force"}, []string{pid, "stop it first"}},
		{"compact of nothing", []string{"compact", "--db", at("none.db")}, []string{"there is no file", "none.db"}},
		{"compact while one runs", []string{"compact", "--db", running}, []string{pid, "stop it first"}},
		{"export of no months", []string{"export", "--db", db}, []string{"--months"}},
		{"export of a month that is none", []string{"export", "--months", "2026-13", "--db", db}, []string{"2026-13", "2026-03..2026-05"}},
		{"export of a day", []string{"export", "--months", "2026-03-01", "--db", db}, []string{"2026-03-01"}},
		{"export the wrong way round", []string{"export", "--months", "2026-05..2026-03", "--db", db}, []string{"the earlier first"}},
		{"export of a month that is not over", []string{"export", "--months", time.Now().Format("2006-01"), "--db", db}, []string{"not over yet"}},
		{"export of a month that has gone", []string{"export", "--months", "2019-01", "--db", db}, []string{"has gone"}},
		{"export in no such format", []string{"export", "--months", lastMonth(), "--format", "pdf", "--db", db}, []string{"csv", "json"}},
		{"export of nothing", []string{"export", "--months", lastMonth(), "--db", at("none.db")}, []string{"there is no file", "none.db"}},
		{"export from no folder", []string{"export", "--months", lastMonth(), "--db", at("none/x.db")}, []string{"there is no file", "x.db"}},
		{"export of one that is no whole stepin", []string{"export", "--months", lastMonth(), "--db", running}, []string{"another version"}},
		{"forget nobody", []string{"forget", "--db", db}, []string{"<user>"}},
		{"forget no id", []string{"forget", "sam", "--db", db}, []string{"\"sam\" is no user id"}},
		{"forget somebody unknown", []string{"forget", "U0NOBODY", "--db", db}, []string{"nothing is kept of this person"}},
		{"forget somebody unknown, dry", []string{"forget", "U0NOBODY", "--dry-run", "--db", db}, []string{"nothing is kept of this person"}},
		{"forget in nothing", []string{"forget", "U0NOBODY", "--db", at("none.db")}, []string{"there is no file", "none.db"}},
		{"forget in nothing, dry", []string{"forget", "U0NOBODY", "--dry-run", "--db", at("none.db")}, []string{"there is no file", "none.db"}},
		{"forget by one that is no whole stepin", []string{"forget", "U0NOBODY", "--db", running}, []string{"another version"}},
		{"status of nobody", []string{"status", "--db", db}, []string{"no stepin runs on", "stepin.db", "start it"}},
		{"status of nobody, quietly", []string{"status", "--quiet", "--db", db}, nil},
		{"status of one that is no whole stepin", []string{"status", "--db", running}, []string{"another version"}},
	}
	if code, _, errs := stepin(t, "backup", at("b.db"), "--db", db); code != 0 {
		t.Fatal(errs)
	}
	for _, c := range tries {
		t.Run(c.name, func(t *testing.T) {
			before := folder(t, dir)
			code, out, errs := stepin(t, c.args...)
			lines := 1
			if c.want == nil {
				lines = 0
			}
			if code != 1 || out != "" || strings.Count(errs, "\n") != lines || strings.Contains(errs, "goroutine ") {
				t.Errorf("code %d, says %q and %q", code, out, errs)
			}
			for _, w := range c.want {
				if !strings.Contains(errs, w) {
					t.Errorf("no %q in %q", w, errs)
				}
			}
			if after := folder(t, dir); after != before {
				t.Errorf("changed:\n%s\nbefore\n%s", after, before)
			}
		})
	}
}

// stepin runs a command without any environment.
func stepin(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(t.Context(), args, func(string) string { return "" }, &o, &e)
	return code, o.String(), e.String()
}

// A file goes to a backup and back while stepin runs and after, and the commands say what they did.
func TestDataCommands(t *testing.T) {
	vars := workspace(t, asIs)
	db := vars["STEPIN_DB"]
	backup := filepath.Join(t.TempDir(), "b.db")
	says := func(want string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, func(k string) string { return vars[k] }, &out, &errs); code != 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%v: code %d\n%s%s", args, code, out.String(), errs.String())
		}
	}
	stop, ended, _ := start(t, func(k string) string { return vars[k] })
	answered(t, db)
	says("0 requests and 0 waiting messages", "backup", backup)
	says("outbox   empty", "status")
	says("is sound", "check", "--deep")
	pid := fmt.Sprintf("to do it, stop stepin first (pid %d)\n", os.Getpid())
	says(pid, "compact", "--dry-run")
	says(pid, "restore", backup, "--force", "--dry-run")
	says("to do it, give --force", "restore", backup, "--dry-run")
	stop()
	if code := <-ended; code != 0 {
		t.Fatal(code)
	}
	says("is sound", "check", "--deep")
	says("would be kept as "+db+".before-restore-", "restore", backup, "--force", "--dry-run")
	says("the file that was there is kept as "+db+".before-restore-", "restore", backup, "--force")
	says(db, "compact", "--dry-run")
	says(db, "compact")
	says("format 5", "restore", backup, "--db", filepath.Join(t.TempDir(), "new.db"))
	stop, ended, _ = start(t, func(k string) string { return vars[k] })
	answered(t, db)
	says("pid", "status")
	stop()
	if code := <-ended; code != 0 {
		t.Error(code)
	}
}

// answered waits until the stepin that was started answers: its socket may come a moment later than its connection.
func answered(t *testing.T, db string) {
	t.Helper()
	for {
		if _, err := store.Status(t.Context(), db); err == nil || t.Context().Err() != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// A backup to the standard output is all that comes there, and can be put back.
func TestBackupToStdout(t *testing.T) {
	dir := t.TempDir()
	db, to := filepath.Join(dir, "stepin.db"), filepath.Join(dir, "b.db")
	makeCalls(t, db)
	code, out, errs := stepin(t, "backup", "-", "--db", db)
	if code != 0 || !strings.Contains(errs, "6 requests") || !strings.Contains(errs, "is whole") {
		t.Fatalf("code %d, %s", code, errs)
	}
	if err := os.WriteFile(to, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := stepin(t, "restore", to, "--db", filepath.Join(dir, "new.db")); code != 0 || !strings.Contains(out, "6 requests") {
		t.Errorf("code %d, %s%s", code, out, errs)
	}
	if _, err := os.Stat("-"); err == nil {
		t.Error("there is a file of that name")
	}
}

func TestUnwell(t *testing.T) {
	now := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		now   store.Now
		ready bool
		want  string
	}{
		"all is well":      {store.Now{}, true, ""},
		"one is due":       {store.Now{Waiting: 1, Oldest: now.Add(-time.Minute)}, true, ""},
		"one is for later": {store.Now{Waiting: 1, Oldest: now.Add(time.Hour)}, true, ""},
		"one is late":      {store.Now{Waiting: 1, Oldest: now.Add(-time.Hour)}, true, "waits for 1h0m0s already"},
		"not connected":    {store.Now{}, false, "not connected"},
	} {
		conn := connection{readiness{Ready: tt.ready}, true, 2, now}
		if !tt.ready {
			conn.Causes = []string{"starting"}
		}
		got := strings.Join(unwell(tt.now, conn, now), "\n")
		if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A restore that is killed at any moment leaves the old file or the new one, whole, and the old one
// is there in any case: under its name, or kept beside.
func TestKilledRestore(t *testing.T) {
	dir := t.TempDir()
	old, backup, db := filepath.Join(dir, "old.db"), filepath.Join(dir, "b.db"), filepath.Join(dir, "stepin.db")
	makeDB(t, old, 20000)
	makeDB(t, backup, 20001)
	was, err := store.Verify(t.Context(), old, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(old)
	if err != nil {
		t.Fatal(err)
	}
	reset := func() {
		t.Helper()
		left, err := filepath.Glob(db + "*")
		for _, l := range left {
			err = errors.Join(err, os.Remove(l))
		}
		if err := errors.Join(err, os.WriteFile(db, before, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"restore", backup, "--db", db, "--force"}
	reset()
	began := time.Now()
	if out, err := program(t, t.Context(), nil, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	whole := time.Since(began)
	ends := map[string]int{}
	tries := 24
	if testing.Short() {
		tries = 6
	}
	for i := range tries {
		reset()
		cmd := program(t, t.Context(), nil, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-time.After(whole * time.Duration(i+1) / time.Duration(tries))
		_ = cmd.Process.Kill() // gone already, at times
		_ = cmd.Wait()
		is, err := store.Verify(t.Context(), db, store.Options{})
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
		kept, err := filepath.Glob(db + ".before-restore-*")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range kept {
			if b, err := os.ReadFile(k); err != nil || !bytes.Equal(b, before) {
				t.Errorf("kill %d: what is kept is not the old file: %v", i, err)
			}
		}
		switch {
		case is.Keys["people"] == was.Keys["people"]:
			ends["old"]++
		case is.Keys["people"] == was.Keys["people"]+1 && len(kept) == 1:
			ends["new"]++
		default:
			t.Errorf("kill %d: %+v, %q", i, is, kept)
		}
	}
	t.Logf("%v in %v each", ends, whole)
	if ends["old"] == 0 {
		t.Error("all came too late")
	}
}
