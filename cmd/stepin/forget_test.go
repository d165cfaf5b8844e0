package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stepin/bot"
	"stepin/cmd/stepin/config"
	"stepin/nudges"
	"stepin/store"
)

func lastMonth() string { return monthBefore(time.Now()).Format("2006-01") }

func monthBefore(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m-1, 15, 0, 0, 0, 0, time.UTC)
}

// makeCalls leaves a file with calls of six managers, done with last month; all words are theirs.
func makeCalls(t testing.TB, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	at := monthBefore(time.Now())
	err = db.Update(t.Context(), func(tx nudges.Tx) error {
		var errs []error
		for m := range 6 {
			manager := nudges.UserID(fmt.Sprint("U0M", m))
			id := nudges.RequestID(fmt.Sprint("R", m))
			errs = append(errs, tx.PutRequest(nudges.Request{
				ID: id, Manager: manager, Way: nudges.ByPause, Phase: nudges.Done, Deal: fmt.Sprint("Zürich ", m), Plan: fmt.Sprint("to wait ", m),
				Decision: nudges.Decided(nudges.HoldBack), DoneAt: at, Answers: nudges.Answers{nudges.Q7: "yes"},
			}, nudges.Transition{Seq: 1, By: manager, At: at, To: nudges.Situation{Decision: nudges.Decided(nudges.HoldBack)}}),
				tx.Enqueue(at, nudges.Message{Key: nudges.Key(id, 1, manager, "card"), Kind: "card", To: manager, Request: id}),
				tx.Settle(nudges.Key(id, 1, manager, "card"), nudges.Receipt{Channel: "D1", TS: "1.1", At: at}))
		}
		return errors.Join(errs...)
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// Figures and a forgetting, from the file and by way of the stepin that runs: the same either way.
func TestExportAndForget(t *testing.T) {
	for _, runs := range []bool{false, true} {
		t.Run(fmt.Sprint("running ", runs), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "stepin.db")
			makeCalls(t, path)
			if code, _, errs := stepin(t, "backup", filepath.Join(dir, "monday.backup"), "--db", path); code != 0 {
				t.Fatal(errs)
			}
			said := waitFor("")
			if runs {
				said = running(t, path)
			}
			says := func(args ...string) string {
				t.Helper()
				code, out, errs := stepin(t, append(args, "--db", path)...)
				if code != 0 || errs != "" {
					t.Fatalf("%q: %d, %s", args, code, errs)
				}
				return out
			}
			month := lastMonth()
			want := "month,figure,value,n\n" + month + ",came about,push,6\n" + month + ",decided,hold_back,6\n" + month + ",against the first wish,same,6\n"
			if got := says("export", "--months", month); got != want {
				t.Errorf("csv:\n%s\nwant\n%s", got, want)
			}
			var figures []nudges.Figure
			if err := json.Unmarshal([]byte(says("export", "--months", month, "--format", "json")), &figures); err != nil || len(figures) != 3 {
				t.Errorf("json: %+v, %v", figures, err)
			}
			before := folder(t, dir)
			dry := says("forget", "U0M1", "--dry-run")
			if !strings.Contains(dry, "U0M1 would be forgotten: 2 texts would be deleted from 1 request") || !strings.Contains(dry, "monday.backup of ") {
				t.Errorf("dry: %s", dry)
			}
			if after := folder(t, dir); after != before && !runs {
				t.Errorf("a dry run changed\n%s\nto\n%s", before, after)
			}
			if found(t, path, "Zürich 1", "to wait 1") != 2 {
				t.Error("nothing is there to be forgotten")
			}
			got := says("forget", "U0M1")
			for _, s := range []string{"U0M1 was forgotten: 2 texts were deleted from 1 request", "1 message in Slack", "what others wrote", "monday.backup of "} {
				if !strings.Contains(got, s) {
					t.Errorf("no %q in\n%s", s, got)
				}
			}
			if n := found(t, path, "Zürich 1", "to wait 1"); n != 0 {
				t.Errorf("%d texts are still there", n)
			}
			if n := found(t, path, "Zürich 2", "to wait 2"); n != 2 {
				t.Errorf("%d texts of another", n)
			}
			if got := says("export", "--months", month); got != want {
				t.Errorf("counts have changed:\n%s", got)
			}
			if again := says("forget", "U0M1"); !strings.Contains(again, "0 texts were deleted from 1 request") {
				t.Errorf("again: %s", again)
			}
			// The log of the one that runs has each, also of a command's, and names nobody.
			if n := strings.Count(said.String(), "somebody was forgotten"); runs && n != 2 || strings.Contains(said.String(), "U0M1") {
				t.Errorf("the log has %d: %s", n, said)
			}
			code, _, errs := stepin(t, "forget", "U0NOBODY", "--db", path)
			if code != 1 || !strings.Contains(errs, "check the id") || runs && !strings.Contains(said.String(), `msg="a command was refused" command=forget`) {
				t.Errorf("nobody: %d %s, and the log: %s", code, errs, said)
			}
		})
	}
}

// One of a kind is spoken of as one.
func TestReceiptCounts(t *testing.T) {
	for n, want := range map[int][]string{
		1: {
			"1 text was deleted from 1 request, with 1 record beside", "1 message in Slack is being replaced; 1 waiting message was not sent",
			"1 message in Slack is replaced once stepin runs",
		},
		2: {
			"2 texts were deleted from 2 requests, with 2 records beside", "2 messages in Slack are being replaced; 2 waiting messages were not sent",
			"2 messages in Slack are replaced once stepin runs",
		},
	} {
		got := nudges.Forgotten{Who: "U0M1", Words: n, Requests: n, Marked: n, Removed: n, Dropped: n}
		all := receipt(got, false, true) + receipt(got, false, false)
		for _, s := range want {
			if !strings.Contains(all, s) {
				t.Errorf("no %q in\n%s", s, all)
			}
		}
	}
}

// found counts the texts that stand in a file.
func found(t *testing.T, path string, texts ...string) (n int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range texts {
		if bytes.Contains(b, []byte(s)) {
			n++
		}
	}
	return n
}

// running has a stepin at work on a file, without Slack.
func running(t *testing.T, path string) (said *lines) {
	t.Helper()
	return runningAs(t, path, func(string) string { return "" })
}

// runningAs is running with settings; it gives the log.
func runningAs(t *testing.T, path string, getenv func(string) string) (said *lines) {
	t.Helper()
	said = waitFor("")
	log := slog.New(slog.NewTextHandler(said, nil))
	c, err := config.FileFlag{}.Read(t.Context(), getenv)
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), path, store.Options{NoSync: true, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	words, err := nudges.Load("")
	if err != nil {
		t.Fatal(err)
	}
	b, err := bot.New(bot.Config{Store: db, File: db, Live: c.Live(words), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	answers(getenv("STEPIN_CONFIG"), db, b)
	ended := make(chan error, 1)
	go func() { ended <- db.Serve(t.Context()) }()
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for {
		if _, err := store.Status(t.Context(), path); err == nil {
			return said
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(time.Millisecond):
		}
	}
}

// A configuration that names whom stepin forgets is not stepin's to change: the receipt says which, and
// under which keys, also where the file holds nothing of them.
func TestReceiptNamesTheSettings(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "ours.yaml")
	err := os.WriteFile(conf, []byte("admins: [U0M1, U0M2]\ncontact: ask U0M3\nteams:\n  - {manager: U0M2, reps: [U0DANA01]}\n"+
		"  - {manager: U0M4, approvers: [{id: U0M5, delegate: U0GONE01}]}\n"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"STEPIN_CONFIG": conf}[name] }
	for _, runs := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "stepin.db")
		makeCalls(t, path)
		if runs {
			runningAs(t, path, getenv)
		}
		for who, want := range map[string]string{
			"U0M0": "", "U0M1": "under admins:", "U0M2": "under admins, teams:", "U0M3": "under contact:", "U0GONE01": "under teams:",
		} {
			for _, args := range [][]string{{"forget", who, "--dry-run", "--db", path}, {"forget", who, "--db", path}} {
				var out, errs bytes.Buffer
				code := run(t.Context(), args, getenv, &out, &errs)
				if named := strings.Contains(out.String(), conf+" still names them, "+want); code != 0 || named != (want != "") {
					t.Errorf("running %v, %q: %d, %s%s", runs, args, code, out.String(), errs.String())
				}
			}
		}
	}
}
