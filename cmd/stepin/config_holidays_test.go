package main

import (
	"testing"

	"stepin/nudges"
)

// A team's own holidays take the place of everybody's. The dates are of past years, which stay true.
func TestHolidays(t *testing.T) {
	c, err := parseConfig("stepin.yaml", []byte(`
holidays: {country: DE, region: BY, dates: [2023-12-24]}
teams:
  - {manager: U0SAM001}
  - {manager: U0LIOR01, holidays: {country: US}}
  - {manager: U0PRIYA1, holidays: {dates: [2023-05-05]}}
away: [":house:"]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Away) != 1 || c.Away[0] != ":house:" {
		t.Errorf("away: %q", c.Away)
	}
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
		for m, want := range map[nudges.UserID]bool{"U0SAM001": tt.sam, "U0LIOR01": tt.lior, "U0PRIYA1": tt.priya, "U0OTHER1": tt.sam} {
			if c.holiday(m, tt.day) != want {
				t.Errorf("%s of %s: %v", tt.day, m, !want)
			}
		}
	}
}
