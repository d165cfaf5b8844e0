package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stepin/nudges"
	"stepin/nudges/privacy"
)

func parsed(t *testing.T, text string) Config {
	t.Helper()
	c, err := parse(filepath.Join("x", "stepin.yaml"), []byte(text))
	if err != nil {
		t.Fatalf("%v, of\n%s", err, text)
	}
	return c
}

// The examples of all keys together set everything. The tables describe each key.
func TestExamples(t *testing.T) {
	text := ""
	for _, k := range Keys {
		text += k.Example + "\n"
	}
	c := parsed(t, text)
	for _, k := range Keys {
		if c.from[k.Name] == "" || k.show(c) == "" {
			t.Errorf("%s is not set by its example", k.Name)
		}
		if k.field == nil && (k.Env != "" || k.Flag != "") {
			t.Errorf("%s has a variable or a flag, and takes no word from there", k.Name)
		}
		if k.Takes == "" || k.Default == "" || !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s is not described by a sentence: %q, %q, %q", k.Name, k.Takes, k.Default, k.Doc)
		}
	}
	for _, keys := range keysOf {
		for _, k := range keys {
			if !regexp.MustCompile(`\b` + k.Name + `:`).MatchString(text) {
				t.Errorf("the examples name no %s", k.Name)
			}
		}
	}
}

// The keys of each table are the fields of its type.
func TestKeysAreFields(t *testing.T) {
	for _, v := range []any{file{}, teamFile{}, approverFile{}, holidaysFile{}, keepFile{}} {
		var fields []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			name, tagged := f.Tag.Lookup("yaml")
			if !tagged {
				name = strings.ToLower(f.Name)
			}
			fields = append(fields, name)
		}
		keys := names(keysOf[fmt.Sprintf("%T", v)])
		slices.Sort(fields)
		slices.Sort(keys)
		if !slices.Equal(fields, keys) {
			t.Errorf("%T has the fields %q and the keys %q", v, fields, keys)
		}
	}
}

// A team's own holidays replace those of everybody. The dates are in the past, so they stay true.
func TestHolidays(t *testing.T) {
	c := parsed(t, `
holidays: {country: DE, region: BY, dates: [2023-12-24]}
teams:
  - {manager: U0SAM001}
  - {manager: U0LIOR01, holidays: {country: US}}
  - {manager: U0PRIYA1, holidays: {dates: [2023-05-05]}}
`)
	for _, tt := range []struct {
		day              nudges.Date
		sam, lior, priya bool
	}{
		{"2023-06-08", true, false, false}, // Corpus Christi, in Bavaria
		{"2023-10-03", true, false, false}, // all over Germany
		{"2023-12-24", true, false, false}, // the company's own
		{"2023-11-23", false, true, false}, // Thanksgiving
		{"2021-07-05", false, true, false}, // the fourth was a Sunday
		{"2023-05-05", false, false, true},
		{"2023-05-08", false, false, false},
		{"nonsense", false, false, false},
	} {
		for m, want := range map[nudges.UserID]bool{
			"U0SAM001": tt.sam, "U0LIOR01": tt.lior, "U0PRIYA1": tt.priya,
			"U0OTHER1": tt.sam,
		} {
			if c.holiday(m, tt.day) != want {
				t.Errorf("%s of %s: %v", tt.day, m, !want)
			}
		}
	}
}

// The values of a file reach the rest of stepin.
func TestLive(t *testing.T) {
	c := parsed(t, `
http: 9464
admins: [U0OPS001, U0OPS002]
away: [":house:"]
keep: {text_days: 90}
sensitive: off
words: mine
allowed: [U012ABCDEF]
teams:
  - {manager: U0SAM001, reps: [], policy: approver, approvers: [U0PRIYA1, {id: U0INES01, delegate: U0OMAR01, from: 2026-12-21}]}
  - {manager: U0LIOR01, channel: C0DEBRF1, skills: {Pricing: Negotiation basics, Legal: }}
`)
	l := c.Settings(nil)
	if c.Listen() != "127.0.0.1:9464" || c.Words != filepath.Join("x", "mine") ||
		!slices.Equal(l.Admins, []nudges.UserID{"U0OPS001", "U0OPS002"}) ||
		!slices.Equal(l.AwayEmoji, []string{":house:"}) || l.Allowed.Everybody ||
		!slices.Equal(l.Allowed.Users, []string{"U012ABCDEF"}) {
		t.Errorf("%+v of %+v", l, c)
	}
	if k := l.Keep; k.Text != privacy.Days(90) || k.Counts != privacy.Days(365) || !k.SensitiveOff {
		t.Errorf("%+v", k)
	}
	sam, lior := l.Teams[0], l.Teams[1]
	if f := sam.Fixed; !f.Reps || !f.Policy || !f.Approvers || f.Channel || f.Skills {
		t.Errorf("%+v", sam)
	}
	if a := sam.Team.Approvers; len(a) != 2 || a[0].ID != "U0PRIYA1" || a[1].Delegate != "U0OMAR01" ||
		a[1].From != "2026-12-21" {
		t.Errorf("%+v", a)
	}
	if f, s := lior.Fixed, lior.Team.Skills; f.Reps || f.Policy || f.Approvers || !f.Channel || len(s) != 2 ||
		s[0].Name != "Pricing" || s[1].Training != "" {
		t.Errorf("%+v", lior)
	}
	if l := parsed(t, "away: []\nsensitive: on\nallowed: everybody").Settings(nil); l.AwayEmoji == nil || l.Keep.SensitiveOff ||
		!l.Allowed.Everybody {
		t.Errorf("%+v", l)
	}
}

// Each key that a reload changes reaches the settings that apply. The words and the log go other ways.
func TestEachLiveKeyIsInLive(t *testing.T) {
	plainly := func(c Config) string {
		l := c.Settings(nil)
		closed := l.Holiday("U0SAM001", "2026-12-24")
		l.Holiday = nil
		return fmt.Sprintf("%+v, %v", l, closed)
	}
	for _, k := range Keys {
		if !k.Live || k.Name == "words" || k.Name == "log" {
			continue
		}
		example := k.Example
		if k.Name == "keep" {
			example = "keep: {text_days: 31}" // the example is the default
		}
		if plainly(parsed(t, example)) == plainly(Config{}) {
			t.Errorf("%s changes nothing", example)
		}
	}
}

func TestAddress(t *testing.T) {
	for at, want := range map[string]string{
		"9464": "127.0.0.1:9464", ":9464": "127.0.0.1:9464", "localhost:9464": "127.0.0.1:9464",
		"127.0.0.1:0": "127.0.0.1:0",
		"[::1]:80":    "[::1]:80", "0.0.0.0:9464": "0.0.0.0:9464", "[::]:9464": "[::]:9464",
		"10.0.0.7:65535": "10.0.0.7:65535",
		"":               "", "here": "", "127.0.0.1": "", "127.0.0.1:65536": "", "127.0.0.1:-1": "", "127.0.0.1:http": "", "-1": "",
		"99999":                 "",
		"http://127.0.0.1:9464": "", "example.com:9464": "", "1.2.3:80": "", ":": "", "127.0.0.1:9464/metrics": "",
	} {
		var got address
		err := got.UnmarshalText([]byte(at))
		if string(got) != want || (err == nil) != (want != "") || err != nil &&
			!strings.Contains(err.Error(), "127.0.0.1:9464") {
			t.Errorf("%q: %q, %v", at, got, err)
		}
	}
}

// A stepin.yaml counts even if nobody has named it: a list of people in it must not be ignored.
func TestUsualFile(t *testing.T) {
	t.Chdir(t.TempDir())
	nothing := func(string) string { return "" }
	c, err := FileFlag{}.Read(t.Context(), nothing)
	if err != nil || !c.Settings(nil).Allowed.Everybody {
		t.Errorf("without a file: %+v, %v", c, err)
	}
	if err := os.WriteFile("stepin.yaml", []byte("# ours\nallowed: [U012ABCDEF]\nwords: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = FileFlag{}.Read(t.Context(), nothing)
	if a := c.Settings(nil).Allowed; err != nil || a.Everybody || len(a.Users) != 1 || c.Words != "mine" {
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
	all := Settings{Bot: HeldToken{Secret: s}}
	for _, text := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, s, s, s, s), string(js),
		log.String(), fmt.Sprintf("%+v %#v", all, all),
	} {
		if strings.Contains(text, "very") {
			t.Errorf("told: %s", text)
		}
	}
}

// Every flag of the tables is in Flags, and found by its name.
func TestFlagsAreRead(t *testing.T) {
	var f Flags
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Flags]()) {
		if !field.Anonymous {
			reflect.ValueOf(&f).Elem().FieldByIndex(field.Index).SetString(strings.ToLower(field.Name))
		}
	}
	var flags []string
	for _, k := range Keys {
		flags = append(flags, k.Flag)
	}
	for _, o := range Outside {
		flags = append(flags, o.Flag)
	}
	for _, name := range flags {
		if f.value(name) != name {
			t.Errorf("--%s is %q", name, f.value(name))
		}
	}
}
