package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

// Export and forget give the same result with a running stepin and with the file alone.
func TestExportAndForget(t *testing.T) {
	t.Parallel()
	for _, runs := range []bool{false, true} {
		t.Run(fmt.Sprint("running ", runs), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "stepin.db")
			makeCalls(t, path)
			stepin(t, "backup", filepath.Join(dir, "monday.backup"), "--db", path).has(t, 0)
			log := &lines{}
			if runs {
				log = running(t, path, nil)
			}
			says := func(args ...string) string {
				t.Helper()
				got := stepin(t, append(args, "--db", path)...)
				if got.code != 0 || got.errs != "" {
					t.Fatalf("%q: %+v", args, got)
				}
				return got.out
			}
			month := lastMonth()
			want := "month,figure,value,n\n" + month + ",came about,push,6\n" + month + ",decided,hold_back,6\n" +
				month + ",against the first wish,same,6\n"
			if got := says("export", "--months", month); got != want {
				t.Errorf("csv:\n%s\nwant\n%s", got, want)
			}
			var figures []privacy.Figure
			if err := json.Unmarshal([]byte(says("export", "--months", month, "--format", "json")),
				&figures); err != nil || len(figures) != 3 {
				t.Errorf("json: %+v, %v", figures, err)
			}
			before := folder(t, dir)
			dry := says("forget", "U0M1", "--dry-run")
			if !strings.Contains(dry, "U0M1 would be forgotten: 2 texts would be deleted from 1 request") ||
				!strings.Contains(dry, "monday.backup of ") {
				t.Errorf("dry: %s", dry)
			}
			if after := folder(t, dir); after != before && !runs {
				t.Errorf("a dry run changed\n%s\nto\n%s", before, after)
			}
			if found(t, path, "Zürich 1", "to wait 1") != 2 {
				t.Error("nothing is there to be forgotten")
			}
			got := says("forget", "U0M1")
			for _, s := range []string{
				"U0M1 was forgotten: 2 texts were deleted from 1 request", "1 message in Slack",
				"what others wrote", "monday.backup of ",
			} {
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
			// The log of the running stepin has each forgetting, and names nobody.
			if n := strings.Count(log.String(), "somebody was forgotten"); runs && n != 2 ||
				strings.Contains(log.String(), "U0M1") {
				t.Errorf("the log has %d: %s", n, log)
			}
			stepin(t, "forget", "U0NOBODY", "--db", path).fails(t, "check the id")
			if runs && !strings.Contains(log.String(), `msg="a command was refused" command=forget`) {
				t.Errorf("the log of a refused command: %s", log)
			}
		})
	}
}

// Counts of one are in the singular.
func TestReceiptCounts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int][]string{
		1: {
			"1 text was deleted from 1 request, with 1 record beside",
			"1 message in Slack is being replaced; 1 waiting message was not sent",
			"1 message in Slack is replaced once stepin runs",
		},
		2: {
			"2 texts were deleted from 2 requests, with 2 records beside",
			"2 messages in Slack are being replaced; 2 waiting messages were not sent",
			"2 messages in Slack are replaced once stepin runs",
		},
	} {
		got := storage.Forgotten{Who: "U0M1", Words: n, Requests: n, Marked: n, Removed: n, Dropped: n}
		all := receipt(got, false, true) + receipt(got, false, false)
		for _, s := range want {
			if !strings.Contains(all, s) {
				t.Errorf("no %q in\n%s", s, all)
			}
		}
	}
}

// found counts the texts that are in a file.
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

// stepin does not change a configuration that names a forgotten person. The receipt names the file and the keys, even
// if nothing is stored about the person.
func TestReceiptNamesTheSettings(t *testing.T) {
	t.Parallel()
	v := vars{"STEPIN_CONFIG": put(t, t.TempDir(), "ours.yaml",
		"admins: [U0M1, U0M2]\ncontact: ask U0M3\nteams:\n  - {manager: U0M2, reps: [U0DANA01]}\n"+
			"  - {manager: U0M4, approvers: [{id: U0M5, delegate: U0GONE01}]}\n")}
	for _, runs := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "stepin.db")
		makeCalls(t, path)
		if runs {
			running(t, path, v)
		}
		for who, want := range map[string]string{
			"U0M0": "", "U0M1": "under admins:", "U0M2": "under admins, teams:", "U0M3": "under contact:",
			"U0GONE01": "under teams:",
		} {
			for _, args := range [][]string{{"forget", who, "--dry-run", "--db", path}, {"forget", who, "--db", path}} {
				got := v.run(t.Context(), args...)
				got.has(t, 0)
				if named := strings.Contains(got.out,
					v["STEPIN_CONFIG"]+" still names them, "+want); named != (want != "") {
					t.Errorf("running %v, %q: %s", runs, args, got.out)
				}
			}
		}
	}
}
