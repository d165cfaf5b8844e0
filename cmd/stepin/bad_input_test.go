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

	"go.etcd.io/bbolt"

	"stepin/store"
)

// Every fault is one clear line with its remedy, exit code 1, and no stack.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	words := filepath.Join(dir, "words")
	if err := os.Mkdir(words, 0o700); err != nil {
		t.Fatal(err)
	}
	file("words/questions.yaml", "P9:\n  ask: \"Why?\"\n")
	newer := filepath.Join(dir, "newer.db")
	makeNewer(t, newer)
	damaged := file("bad.db", strings.Repeat("nonsense", 4096))
	untouched := map[string][]byte{}
	for _, path := range []string{newer, damaged} {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		untouched[path] = b
	}
	good := map[string]string{"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "STEPIN_DB": filepath.Join(dir, "x.db"), "SLACK_API_URL": "http://127.0.0.1:1/api/"}
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
		want []string
	}{
		{"no token at all", nil, map[string]string{"SLACK_BOT_TOKEN": "", "SLACK_APP_TOKEN": ""}, []string{"SLACK_BOT_TOKEN is not set", "SLACK_APP_TOKEN is not set", "stepin demo"}},
		{"a token of the wrong kind", nil, map[string]string{"SLACK_BOT_TOKEN": "xoxp-secret-1"}, []string{"must begin with xoxb-", "OAuth & Permissions"}},
		{"tokens in each other's place", nil, map[string]string{"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"}, []string{"SLACK_BOT_TOKEN must begin with xoxb-, but this is an app-level token (xapp-)", "SLACK_APP_TOKEN must begin"}},
		{"a token that rotates", nil, map[string]string{"SLACK_BOT_TOKEN": "xoxe.xoxb-1-secret"}, []string{"rotating", "twelve hours", "anew"}},
		{"a token to renew others by", nil, map[string]string{"SLACK_BOT_TOKEN": "xoxe-1-secret"}, []string{"refresh token (xoxe-)"}},
		{"a token in quotation marks", nil, map[string]string{"SLACK_BOT_TOKEN": `"xoxb-secret"`}, []string{"quotation marks"}},
		{"a token of two lines", nil, map[string]string{"SLACK_APP_TOKEN": "xapp-secret\nsecret"}, []string{"SLACK_APP_TOKEN has a space", "copy it again"}},
		{"no token, but something secret", nil, map[string]string{"SLACK_APP_TOKEN": "secret-1"}, []string{"something else"}},
		{"a token file that is not there", nil, map[string]string{"SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": "/nowhere"}, []string{"SLACK_BOT_TOKEN_FILE: cannot read /nowhere", "name one that is there"}},
		{"a token file that is a folder", nil, map[string]string{"SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": dir}, []string{"SLACK_BOT_TOKEN_FILE: cannot read " + dir, "is a directory", "name another"}},
		{"a token file without an end", nil, map[string]string{"SLACK_BOT_TOKEN": "", "SLACK_BOT_TOKEN_FILE": "/dev/zero"}, []string{"SLACK_BOT_TOKEN_FILE: cannot read /dev/zero", "too big"}},
		{"a token file with nothing in it", nil, map[string]string{"SLACK_APP_TOKEN": "", "SLACK_APP_TOKEN_FILE": file("nothing", " \n")}, []string{"SLACK_APP_TOKEN_FILE", "nothing is empty", "App-Level Tokens"}},
		{"a token at two places", nil, map[string]string{"SLACK_BOT_TOKEN_FILE": file("second", "xoxb-secret")}, []string{"SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set", "unset one"}},
		{"a configuration that is not there", []string{"check", "--config", "/nowhere.yaml"}, nil, []string{"--config: cannot read /nowhere.yaml, no such file or directory"}},
		{"a configuration without an end", nil, map[string]string{"STEPIN_CONFIG": "/dev/zero"}, []string{"STEPIN_CONFIG: cannot read /dev/zero", "too big"}},
		{"a key like none", nil, map[string]string{"STEPIN_CONFIG": file("far1.yaml", "db: x\n")}, []string{`far1.yaml:1:1: unknown key "db": there are allowed, contact, `}},
		{"a country like none", nil, map[string]string{"STEPIN_CONFIG": file("far2.yaml", "holidays: {country: XX}\n")}, []string{`"XX": list its days under dates`}},
		{"an unknown key", nil, map[string]string{"STEPIN_CONFIG": file("a.yaml", "words: w\nalowed: everybody\n")}, []string{"a.yaml:2:1", `did you mean "allowed"?`}},
		{"no user id", nil, map[string]string{"STEPIN_CONFIG": file("b.yaml", "allowed: [sam]\n")}, []string{"b.yaml:1:11", "Copy member ID"}},
		{"no YAML", nil, map[string]string{"STEPIN_CONFIG": file("c.yaml", "words: [\n")}, []string{"c.yaml:2:1"}},
		{"a wording file with an unknown question", nil, map[string]string{"STEPIN_CONFIG": file("d.yaml", "words: "+words+"\n")}, []string{"questions.yaml:1", "P9"}},
		{"a second document", nil, map[string]string{"STEPIN_CONFIG": file("e.yaml", "words: w\n---\nallowed: [U012ABCDEF]\n")}, []string{"e.yaml:2:1", "second document"}},
		{"a key twice, and one unknown", nil, map[string]string{"STEPIN_CONFIG": file("f.yaml", "words: w\nwords: w\nword: w\n")}, []string{"f.yaml:2:1", "f.yaml:3:1", `did you mean "words"?`}},
		{"a team without its manager", nil, map[string]string{"STEPIN_CONFIG": file("t1.yaml", "teams:\n  - reps: [U012ABCDEF]\n")}, []string{"t1.yaml:2:5", "needs its manager"}},
		{"a misspelt key in a team", nil, map[string]string{"STEPIN_CONFIG": file("t2.yaml", "teams:\n  - manager: U012ABCDEF\n    aprovers: [U0PRIYA1]\n")}, []string{"t2.yaml:3:5", `did you mean "approvers"?`}},
		{"a team that asks nobody", nil, map[string]string{"STEPIN_CONFIG": file("t3.yaml", "teams:\n  - manager: U012ABCDEF\n    policy: approver\n    approvers: []\n")}, []string{"t3.yaml:2:5", "U012ABCDEF", "name one"}},
		{"no such policy", nil, map[string]string{"STEPIN_CONFIG": file("t4.yaml", "teams:\n  - {manager: U012ABCDEF, policy: boss}\n")}, []string{"t4.yaml:2:35", `"approver"`}},
		{"a rep of two teams", nil, map[string]string{"STEPIN_CONFIG": file("t5.yaml", "teams:\n  - {manager: U0SAM001, reps: [U0DANA01]}\n  - {manager: U0LIOR01, reps: [U0DANA01]}\n")}, []string{"t5.yaml:3:5", "U0DANA01 is a rep of two teams"}},
		{"a cycle of delegates", nil, map[string]string{"STEPIN_CONFIG": file("t6.yaml", "teams:\n  - manager: U0SAM001\n    approvers: [{id: U0PRIYA1, delegate: U0INES01}, {id: U0INES01, delegate: U0PRIYA1}]\n")}, []string{"t6.yaml:2:5", "lead back to U0PRIYA1"}},
		{"an approver of their own", nil, map[string]string{"STEPIN_CONFIG": file("t7.yaml", "teams:\n  - {manager: U0SAM001, policy: approver, approvers: [U0SAM001]}\n")}, []string{"t7.yaml:2:5", "approve their own"}},
		{"an absence back to front", nil, map[string]string{"STEPIN_CONFIG": file("t8.yaml", "teams:\n  - manager: U0SAM001\n    approvers: [{id: U0PRIYA1, delegate: U0INES01, from: 2026-05-02, until: 2026-05-01}]\n")}, []string{"t8.yaml:2:5", "ends before it begins"}},
		{"no day", nil, map[string]string{"STEPIN_CONFIG": file("t9.yaml", "teams:\n  - manager: U0SAM001\n    approvers: [{id: U0PRIYA1, delegate: U0INES01, from: tomorrow}]\n")}, []string{"t9.yaml:3:", "2026-12-31"}},
		{"no channel", nil, map[string]string{"STEPIN_CONFIG": file("t10.yaml", "teams:\n  - {manager: U0SAM001, channel: '#debriefs'}\n")}, []string{"t10.yaml:2:34", "channel id"}},
		{"a person in place of a channel", nil, map[string]string{"STEPIN_CONFIG": file("c1.yaml", "teams:\n  - manager: U0SAM001\n    channel: U0DANA01\n")}, []string{"c1.yaml:3:14", "no channel id"}},
		{"a DM in place of a channel", nil, map[string]string{"STEPIN_CONFIG": file("c2.yaml", "teams:\n  - manager: U0SAM001\n    channel: D0SAMDANA\n")}, []string{"c2.yaml:3:14", "no channel id"}},
		{"a link in place of a channel", nil, map[string]string{"STEPIN_CONFIG": file("c3.yaml", "teams:\n  - manager: U0SAM001\n    channel: https://northwind.slack.com/archives/C0DEBRF1\n")}, []string{"c3.yaml:3:14", "no channel id"}},
		{"a list of channels", nil, map[string]string{"STEPIN_CONFIG": file("c4.yaml", "teams:\n  - manager: U0SAM001\n    channel: [C0DEBRF1]\n")}, []string{"c4.yaml:3:14", "no channel id"}},
		{"an empty channel", nil, map[string]string{"STEPIN_CONFIG": file("c5.yaml", "teams:\n  - manager: U0SAM001\n    channel:\n")}, []string{"c5.yaml:3:1", "no channel id"}},
		{"holidays of no country", nil, map[string]string{"STEPIN_CONFIG": file("h1.yaml", "holidays:\n  country: DD\n")}, []string{"h1.yaml:2:12", `did you mean "DE"?`}},
		{"holidays of no region", nil, map[string]string{"STEPIN_CONFIG": file("h2.yaml", "teams:\n  - {manager: U0SAM001, holidays: {country: de, region: BX}}\n")}, []string{"h2.yaml:2:57", `"BX" of DE`, `did you mean "B`}},
		{"holidays by region only", nil, map[string]string{"STEPIN_CONFIG": file("h3.yaml", "holidays: {country: AU}\n")}, []string{"h3.yaml:1:21", "NSW"}},
		{"a region of no country", nil, map[string]string{"STEPIN_CONFIG": file("h4.yaml", "holidays: {region: BY}\n")}, []string{"h4.yaml:1:20", "country: DE"}},
		{"a region where none is known", nil, map[string]string{"STEPIN_CONFIG": file("h5.yaml", "holidays: {country: US, region: CA}\n")}, []string{"h5.yaml:1:33", "take region out"}},
		{"a holiday on no day", nil, map[string]string{"STEPIN_CONFIG": file("h6.yaml", "holidays: {dates: [Christmas]}\n")}, []string{"h6.yaml:1:20", "2026-12-31"}},
		{"no status", nil, map[string]string{"STEPIN_CONFIG": file("h7.yaml", "away: [holiday]\n")}, []string{"h7.yaml:1:8", ":palm_tree:"}},
		{"a misspelt key of holidays", nil, map[string]string{"STEPIN_CONFIG": file("h8.yaml", "holidays: {contry: DE}\n")}, []string{"h8.yaml:1:12", `did you mean "country"?`}},
		{"two teams of one manager", nil, map[string]string{"STEPIN_CONFIG": file("t11.yaml", "teams:\n  - {manager: U0SAM001}\n  - {manager: U0SAM001}\n")}, []string{"t11.yaml:3:5", "line 2"}},
		{"a group in a list", nil, map[string]string{"STEPIN_CONFIG": file("a1.yaml", "allowed: [S012ABCDEF]\n")}, []string{"a1.yaml:1:11", `"allowed: S012ABCDEF"`}},
		{"no such list", nil, map[string]string{"STEPIN_CONFIG": file("a2.yaml", "allowed: sales\n")}, []string{"a2.yaml:1:10", "user group"}},
		{"an admin by name", nil, map[string]string{"STEPIN_CONFIG": file("a3.yaml", "admins: [ines]\n")}, []string{"a3.yaml:1:10", "Copy member ID"}},
		{"a contact of two lines", nil, map[string]string{"STEPIN_CONFIG": file("a4.yaml", "contact: \"a\\nb\"\n")}, []string{"a4.yaml:1:10", "one line"}},
		{"a long contact", nil, map[string]string{"STEPIN_CONFIG": file("a5.yaml", "contact: "+strings.Repeat("x", 101)+"\n")}, []string{"a5.yaml:1:10", "100"}},
		{"no such level", nil, map[string]string{"STEPIN_CONFIG": file("a6.yaml", "log: wran\n")}, []string{"a6.yaml:1:6", `did you mean "warn"?`}},
		{"no such level in the environment", nil, map[string]string{"STEPIN_LOG": "loud"}, []string{"STEPIN_LOG", "debug, info"}},
		{"no such level on the line", []string{"--log", "loud"}, nil, []string{"--log", "debug, info"}},
		{"an address without encryption in the file", nil, map[string]string{"SLACK_API_URL": "", "STEPIN_CONFIG": file("a7.yaml", "slack_api_url: http://slack-gov.com/api/\n")}, []string{"a7.yaml:1:16", "https://"}},
		{"a token under its name", nil, map[string]string{"STEPIN_CONFIG": file("s1.yaml", "words: w\nslack_bot_token: xoxb-secret\n")}, []string{"s1.yaml:2:18", "SLACK_BOT_TOKEN", "SLACK_BOT_TOKEN_FILE"}},
		{"a token where a person belongs", nil, map[string]string{"STEPIN_CONFIG": file("s2.yaml", "allowed: [xapp-secret]\n")}, []string{"s2.yaml:1:11", "SLACK_APP_TOKEN_FILE"}},
		{"a token for a key, and no YAML", nil, map[string]string{"STEPIN_CONFIG": file("s3.yaml", "*xoxp-secret: [\n")}, []string{"s3.yaml:1:2", "environment"}},
		{"a place for a secret", nil, map[string]string{"STEPIN_CONFIG": file("s4.yaml", "App_Token: \"\"\n")}, []string{"s4.yaml:1:1", "SLACK_APP_TOKEN_FILE"}},
		{"a key for what is needed before the file", nil, map[string]string{"STEPIN_CONFIG": file("s5.yaml", "signing_key: x\n")}, []string{"s5.yaml:1:1", "take it out"}},
		{"no place to deploy to", []string{"deploy", "windows"}, nil, []string{"systemd"}},
		{"words that are not there, beside the file", nil, map[string]string{"STEPIN_CONFIG": file("g.yaml", "words: none\n")}, []string{filepath.Join(dir, "none")}},
		{"an address without its beginning", nil, map[string]string{"SLACK_API_URL": "slack-gov.com/api/"}, []string{"SLACK_API_URL", "https://slack-gov.com/api/"}},
		{"an address without encryption", nil, map[string]string{"SLACK_API_URL": "http://slack-gov.com/api/"}, []string{"SLACK_API_URL", "https://"}},
		{"nonsense to listen on", []string{"--http", "over there"}, nil, []string{`--http: "over there" is no address`, "127.0.0.1:9464"}},
		{"no port to listen on", nil, map[string]string{"STEPIN_HTTP": "127.0.0.1"}, []string{`STEPIN_HTTP: "127.0.0.1" is no address`}},
		{"a name to listen on", nil, map[string]string{"STEPIN_CONFIG": file("o1.yaml", "http: example.com:80\n")}, []string{"o1.yaml:1:7", "127.0.0.1:9464"}},
		{"admins that are nobody", nil, map[string]string{"STEPIN_CONFIG": file("o2.yaml", "admins: [ines]\n")}, []string{"o2.yaml:1:10", "Copy member ID"}},
		{"admins that are everybody", nil, map[string]string{"STEPIN_CONFIG": file("o3.yaml", "admins: everybody\n")}, []string{"o3.yaml:1:9", "admins takes a list"}},
		{"several faults", nil, map[string]string{"SLACK_APP_TOKEN": "", "SLACK_API_URL": "x", "STEPIN_CONFIG": "/nowhere.yaml"}, []string{"SLACK_APP_TOKEN", "SLACK_API_URL", "STEPIN_CONFIG"}},
		{"a newer database", nil, map[string]string{"STEPIN_DB": newer}, []string{"newer.db", "run the newer stepin"}},
		{"an empty database", nil, map[string]string{"STEPIN_DB": file("empty.db", "")}, []string{"empty.db"}},
		{"a damaged database", nil, map[string]string{"STEPIN_DB": damaged}, []string{"bad.db"}},
		{"a folder that is not there", nil, map[string]string{"STEPIN_DB": "/nowhere/x.db"}, []string{"/nowhere"}},
		{"the demo on an open port", []string{"demo", "--listen", "0.0.0.0:0"}, nil, []string{"this machine only"}},
		{"an unknown command", []string{"dmeo"}, nil, []string{`there is no command "dmeo": did you mean "demo"?`, "stepin --help"}},
		{"a command like none", []string{"xylophone"}, nil, []string{`there is no command "xylophone" (see "stepin --help")`}},
		{"a command that lacks something", []string{"restore"}, nil, []string{`expected "<file>"`, `see "stepin restore --help"`}},
		{"unknown optional scopes", []string{"manifest", "--with", "everything"}, nil, []string{"usergroup"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			getenv := func(k string) string {
				if v, ok := tt.env[k]; ok {
					return v
				}
				return good[k]
			}
			var out, errs bytes.Buffer
			if code := run(t.Context(), tt.args, getenv, &out, &errs); code != 1 {
				t.Errorf("exit code %d", code)
			}
			for _, w := range tt.want {
				if !strings.Contains(errs.String(), w) {
					t.Errorf("no %q in:\n%s", w, errs.String())
				}
			}
			if strings.Contains(errs.String(), "goroutine ") || strings.Contains(errs.String(), "secret") {
				t.Errorf("a stack or a secret in:\n%s", errs.String())
			}
		})
	}
	if b, err := os.ReadFile(filepath.Join(dir, "empty.db")); err != nil || len(b) != 0 {
		t.Errorf("the empty file was touched: %d bytes, %v", len(b), err)
	}
	for path, was := range untouched {
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, was) {
			t.Errorf("%s was touched: %v", path, err)
		}
	}
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

// A stepin.yaml that nobody named counts too: a list of people in it must not be ignored.
func TestUsualConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := configFlag{}.read(env{ctx: t.Context(), getenv: func(string) string { return "" }})
	if err != nil || !c.allowed().Everybody {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	if err := os.WriteFile("stepin.yaml", []byte("# ours\nallowed: [U012ABCDEF]\nwords: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = configFlag{}.read(env{ctx: t.Context(), getenv: func(string) string { return "" }})
	if a := c.allowed(); err != nil || a.Everybody || len(a.Users) != 1 || c.Words != "mine" {
		t.Errorf("with one: %+v, %v", c, err)
	}
}

func TestSecretHides(t *testing.T) {
	s := secret("xoxb-very-secret")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s)
	js, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), string(js), log.String(), fmt.Sprintf("%+v", settings{botToken: s})} {
		if strings.Contains(text, "very") {
			t.Errorf("told: %s", text)
		}
	}
}

func TestManifestAndVersion(t *testing.T) {
	for _, args := range [][]string{{"manifest"}, {"manifest", "--with", "group-dm,usergroup"}, {"manifest", "--with", "group-dm, usergroup"}, {"version"}, {"--version"}, {"--help"}, {"help"}, {"help", "manifest"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, os.Getenv, &out, &errs); code != 0 || out.Len() == 0 {
			t.Errorf("%v: code %d, %s", args, code, errs.String())
		}
	}
}
