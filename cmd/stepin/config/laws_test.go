package config

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rickar/cal/v2"

	"stepin/nudges"
)

// moreHolidays are like the rows of testdata/holidays.tsv.
const moreHolidays = `
NZ		2021-06-24	no	Matariki: not yet
NZ		2022-06-24	yes	the first one
NZ		2036-07-18	yes	a Friday, as the Act has it
NZ		2052-06-21	yes	the last date that is set
NZ		2053-06-24	no	not set
DK		2023-05-05	yes	the last Great Prayer Day
DK		2024-04-26	no	it would have been this day
IE		2030-02-01	yes	St Brigid's Day is 1 February when that is a Friday
IE		2030-02-04	no	and then not the first Monday
PL		2025-12-24	yes	the first one
RO		2025-01-07	yes	St John, since 2024
RO		2022-01-07	no	not yet
US		2026-06-19	yes	Juneteenth, since 2021
US		2020-06-19	no	not yet
GB		2023-05-08	yes	the coronation
SK		2023-11-17	yes	Struggle for Freedom and Democracy, until 2024
SK		2026-11-17	no	a working day since 2025
SK		2026-05-08	no	a working day in 2026
SK		2027-09-15	yes	in 2026 alone not
UA		2026-01-07	no	Christmas is on 25 December
UA		2023-01-09	yes	for 7 January, a Saturday
UA		2026-07-15	yes	Statehood Day
UA		2026-10-01	yes	Defenders' Day
UA		2026-10-14	no	as it was until 2022
UA		2027-05-10	yes	for 8 May, a Saturday
AU	NSW	2026-04-27	yes	after Anzac Day, declared
AU	NSW	2032-04-26	no	not declared
AU	SA	2027-04-26	no	Anzac Day does not move any more
AU	SA	2026-04-25	yes	Anzac Day
DE	MV	2027-03-08	yes	Women's Day, since 2023
DE	MV	2022-03-08	no	not yet
RU		2027-01-05	yes	New Year holidays
RU		2027-01-11	no	a Monday
AR		2026-04-03	yes	Good Friday
AR		2026-06-15	yes	Güemes, for Wednesday 17 June
AR		2026-06-17	no	so not this day
AR		2026-11-23	yes	sovereignty, for Friday 20 November
AR		2027-08-16	yes	San Martín, for Tuesday 17 August
AR		2026-06-19	no	20 June is a Saturday, and stays
`

// A country's holidays are those of its laws, also of those that have changed lately.
func TestHolidayLaws(t *testing.T) {
	cases, err := os.ReadFile("testdata/holidays.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(cases) + moreHolidays) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 5 || f[0] == "country" {
			continue
		}
		n++
		text := "holidays: {country: " + f[0]
		if f[1] != "" {
			text += ", region: " + f[1]
		}
		c := parsed(t, text+"}")
		if got := c.holiday("U0SAM001", nudges.Date(f[2])); got != (f[3] == "yes") {
			t.Errorf("%s: a holiday %v", strings.TrimSpace(line), got)
		}
	}
	if n != 5+strings.Count(moreHolidays, "\n")-1 {
		t.Errorf("%d rows", n)
	}
}

// Each correction changes something. One that changes nothing is in the library by now, and goes.
func TestCorrections(t *testing.T) {
	days := func(all []*cal.Holiday) (out []string) {
		h := holidays{calendar: &cal.Calendar{}}
		h.calendar.AddHoliday(all...)
		for d := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2030; d = d.AddDate(0, 0, 1) {
			if day := d.Format(time.DateOnly); h.on(nudges.Date(day)) {
				out = append(out, day)
			}
		}
		return out
	}
	for _, c := range corrections {
		country, region, _ := strings.Cut(c.place, " ")
		all := calendars[country][region]
		if all == nil {
			t.Errorf("%s is no place", c.place)
		}
		for _, h := range c.drop {
			if !slices.Contains(all, h) {
				t.Errorf("%s: %q is not in the library's list", c.place, h.Name)
			}
		}
		if slices.Equal(days(all), days(byLaw(c.place, all))) {
			t.Errorf("%s: the correction changes nothing", c.place)
		}
	}
}
