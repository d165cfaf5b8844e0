package zones

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

// at are zones whose clock stands, and what they log.
func at(now time.Time) (*Zones, *bytes.Buffer) {
	var log bytes.Buffer
	return New(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now }), &log
}

// The rows of the cases: what Slack says then gives the time on the wall, whatever our own data knows.
func TestWallClocks(t *testing.T) {
	f, err := os.Open("testdata/zones.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		row := strings.Split(lines.Text(), "\t")
		if row[0] == "zone" {
			continue
		}
		now, err := time.Parse(time.RFC3339, row[1])
		if err != nil {
			t.Fatal(err)
		}
		wall, err := time.Parse("2006-01-02 15:04", row[2])
		if err != nil {
			t.Fatal(err)
		}
		offset := int(wall.Sub(now).Seconds())
		z, log := at(now)
		kept := z.Heard(Word{row[0], offset})
		where, err := z.Find(kept)
		if err != nil {
			t.Errorf("%s: kept as %q, and that is not found: %v", row[0], kept, err)
			continue
		}
		if got := now.In(where).Format("2006-01-02 15:04"); got != row[2] {
			t.Errorf("%s at %s: %s, want %s", row[0], row[1], got, row[2])
		}
		ours, err := time.LoadLocation(row[0])
		if err != nil {
			continue
		}
		_, seconds := now.In(ours).Zone()
		if byName := kept == row[0]; byName != (seconds == offset) || byName == strings.Contains(log.String(), row[0]) {
			t.Errorf("%s at %s: kept as %q, ours is %d, log: %s", row[0], row[1], kept, seconds, log)
		}
	}
	if n != 6 {
		t.Errorf("%d lines", n)
	}
}

// reported is what a case's users.info says of a zone.
func reported(t *testing.T, file string) Word {
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var u struct {
		User struct {
			Zone   string `json:"tz"`
			Offset int    `json:"tz_offset"`
		}
	}
	if err := json.Unmarshal(b, &u); err != nil {
		t.Fatal(err)
	}
	return Word{u.User.Zone, u.User.Offset}
}

// What Slack can say, how it is kept, and what the clock on the wall then shows at noon UTC of 1 December 2026.
func TestHeard(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		word       Word
		kept, wall string
		warns      bool
	}{
		{reported(t, "zone-unknown-offset-known.json"), "America/New_Zone_2027 UTC-03:00", "09:00", true},
		{Word{"Europe/Berlin", 3600}, "Europe/Berlin", "13:00", false},
		{Word{"Europe/Kiev", 7200}, "Europe/Kiev", "14:00", false}, // the name before
		{Word{"Europe/Kyiv", 7200}, "Europe/Kyiv", "14:00", false},
		{Word{"Asia/Kathmandu", 20700}, "Asia/Kathmandu", "17:45", false},
		{Word{"Asia/Half_Hour_2030", 12600}, "Asia/Half_Hour_2030 UTC+03:30", "15:30", true},
		{Word{"Asia/Kolkata", 21600}, "Asia/Kolkata UTC+06:00", "18:00", true},
		{Word{"Atlantis/Poseidonis", 0}, "Atlantis/Poseidonis UTC+00:00", "12:00", true},
		{Word{"Europe/Berlin", 0}, "Europe/Berlin UTC+00:00", "12:00", true},
		{Word{"Pacific/Kiritimati", 50400}, "Pacific/Kiritimati", "02:00", false},
		{Word{"Europe/Berlin", NoOffset}, "Europe/Berlin", "13:00", false},
		{Word{"Europe/Berlin", -99 * 3600}, "Europe/Berlin", "13:00", false}, // no zone has that
		{Word{"Europe/Berlin", 3601}, "Europe/Berlin", "13:00", false},
		{Word{"", -28800}, "UTC-08:00", "04:00", false}, // as reported of apps
		{Word{"Local", -28800}, "UTC-08:00", "04:00", false},
		{Word{"UTC+09:00", -28800}, "UTC-08:00", "04:00", false}, // no name has a colon
		{Word{"../../etc/passwd", -28800}, "UTC-08:00", "04:00", false},
		{Word{"Europe/Berlin\nlevel=ERROR", 3600}, "UTC+01:00", "13:00", false},
		{Word{strings.Repeat("A", 65), 3600}, "UTC+01:00", "13:00", false},
		{Word{"America/New_Zone_2027", NoOffset}, "", "", false},
		{Word{"", NoOffset}, "", "", false},
	} {
		z, log := at(noon)
		kept := z.Heard(c.word)
		if kept != c.kept || (log.Len() > 0) != c.warns {
			t.Errorf("%+v is kept as %q, want %q; log: %s", c.word, kept, c.kept, log)
		}
		where, err := z.Find(kept)
		if (err != nil) != (c.wall == "") {
			t.Errorf("%q: %v", kept, err)
		}
		if err == nil && noon.In(where).Format("15:04") != c.wall {
			t.Errorf("%q shows %v, want %s", kept, noon.In(where), c.wall)
		}
		// Another start knows what is kept, and what is kept says the same again.
		z, _ = at(noon)
		if after, err := z.Find(kept); err == nil && after.String() != kept {
			t.Errorf("%q is found as %q", kept, after)
		}
	}
}

// The rules of our data count through their own changes. Around such a change Slack's clock may be behind.
func TestAgreesAroundAChange(t *testing.T) {
	change := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC) // in Berlin, to +2
	for _, c := range []struct {
		after  time.Duration
		offset int
		agree  bool
	}{
		{-time.Hour, 3600, true},
		{-4 * time.Minute, 7200, true},
		{4 * time.Minute, 3600, true},
		{time.Hour, 7200, true},
		{-time.Hour, 7200, false},
		{time.Hour, 3600, false},
	} {
		z, _ := at(change.Add(c.after))
		if kept := z.Heard(Word{"Europe/Berlin", c.offset}); (kept == "Europe/Berlin") != c.agree {
			t.Errorf("%+v: kept as %q", c, kept)
		}
	}
}

// Slack's last word about a zone counts for everybody who is kept in it by name, and until it says otherwise. Each
// difference is warned of once, with what to do.
func TestLastWordCounts(t *testing.T) {
	now := time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC)
	z, log := at(now)
	pinned := func() string {
		where, err := z.Find("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		return now.In(where).Format("15:04")
	}
	if got := pinned(); got != "18:00" {
		t.Errorf("at first %s", got)
	}
	for range 3 {
		z.Heard(Word{"Europe/Berlin", 7200})
	}
	if got := pinned(); got != "19:00" {
		t.Errorf("after Slack said +2: %s", got)
	}
	for _, says := range []string{"zone=Europe/Berlin", "slack=UTC+02:00", "ours=UTC+01:00", "data=", "ZONEINFO"} {
		if strings.Count(log.String(), says) != 1 {
			t.Errorf("%q is not there once: %s", says, log)
		}
	}
	if all := z.Differences(); len(all) != 1 || all[0].Slack != "UTC+02:00" || all[0].Ours != "UTC+01:00" {
		t.Errorf("differences: %+v", all)
	}
	z.Heard(Word{"Europe/Berlin", NoOffset}) // says nothing
	if got := pinned(); got != "19:00" {
		t.Errorf("after Slack said nothing: %s", got)
	}
	z.Heard(Word{"Europe/Berlin", 3600})
	if got := pinned(); got != "18:00" || len(z.Differences()) > 0 {
		t.Errorf("after Slack said +1: %s, %+v", got, z.Differences())
	}
}

// Two colleagues of whom Slack says differing offsets, turn by turn: the last word counts, and the log says so once a day.
func TestDifferingColleagues(t *testing.T) {
	now := time.Date(2026, 12, 1, 17, 0, 0, 0, time.UTC)
	var log strings.Builder
	z := New(slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	for day := range 3 {
		for range 24 {
			for _, offset := range []int{7200, 3600} {
				z.Heard(Word{"Europe/Berlin", offset})
				where, err := z.Find("Europe/Berlin")
				if _, seconds := now.In(where).Zone(); err != nil || seconds != offset {
					t.Fatalf("after %d it is %d, %v", offset, seconds, err)
				}
			}
			now = now.Add(time.Hour)
		}
		if n := strings.Count(log.String(), "zone=Europe/Berlin"); n != day+1 {
			t.Errorf("%d warnings in %d days", n, day+1)
		}
	}
}

// A zone that is kept from before, by a name that our data does not know, is in the log once.
func TestUnknownIsNotSilent(t *testing.T) {
	z, log := at(time.Now())
	for range 3 {
		if where, err := z.Find("America/New_Zone_2027"); err == nil {
			t.Errorf("found: %v", where)
		}
	}
	if strings.Count(log.String(), "America/New_Zone_2027") != 1 {
		t.Errorf("log: %s", log)
	}
	if z.Heard(Word{"America/New_Zone_2027", -10800}); len(z.Differences()) != 1 {
		t.Errorf("differences: %+v", z.Differences())
	}
	if where, err := z.Find("America/New_Zone_2027"); err != nil || where == nil {
		t.Errorf("after Slack's word: %v", err)
	}
}

// Inside is the release that the Go which builds this has.
func TestInside(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip(err) // where no Go is, as on a machine that was given a test binary
	}
	script := filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "update.bash")
	b, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	if _, rest, _ := strings.Cut(string(b), "\nDATA="); !strings.HasPrefix(rest, Inside+"\n") {
		t.Errorf("Inside is %s; see DATA in %s", Inside, script)
	}
}
