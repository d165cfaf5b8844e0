package config

import (
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/aa"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
)

// A correction is what a law says of holidays and rickar/cal does not say yet.
type correction struct {
	place     string // country and region
	drop, add []*cal.Holiday
}

// corrections came from a comparison of rickar/cal v2.1.30 with date-holidays 3 for 2025 to 2028, and from the laws
// named here. TestCorrections fails for one that changes nothing any more: the library has it then.
var corrections = []correction{
	// Te Kāhui o Matariki Public Holiday Act 2022, schedule 1: the dates until 2052. The library has them, but not in
	// its list.
	{"NZ", nil, []*cal.Holiday{nz.Matariki.Clone(&cal.Holiday{StartYear: 2022, EndYear: 2052})}},

	// Act 241/1993, as amended in September 2025 (vlada.gov.sk/slovensko/statne-sviatky): 17 November is no day off
	// from 2025, 8 May and 15 September are none in 2026.
	{"SK", []*cal.Holiday{sk.Freedom, sk.Liberation, sk.LadyOfSorrows}, []*cal.Holiday{
		sk.Freedom.Clone(&cal.Holiday{EndYear: 2024}),
		sk.Liberation.Clone(&cal.Holiday{Except: []int{2026}}),
		sk.LadyOfSorrows.Clone(&cal.Holiday{Except: []int{2026}}),
	}},

	// Law 3258-IX of 14 July 2023: Christmas on 25 December alone, Statehood Day on 15 July and Defenders' Day on
	// 1 October; law 3107-IX of 29 May 2023: Victory Day on 8 May. While there is martial law, law 2136-IX of 15 March
	// 2022 makes all of them working days: name no country then.
	{"UA", []*cal.Holiday{ua.OrthodoxChristmas, ua.VictoryDay, ua.DefenderOfUkraineDay}, []*cal.Holiday{
		ua.OrthodoxChristmas.Clone(&cal.Holiday{EndYear: 2023}),
		ua.VictoryDay.Clone(&cal.Holiday{EndYear: 2023}), yearly(2024, time.May, 8, weekendToMonday),
		ua.DefenderOfUkraineDay.Clone(&cal.Holiday{EndYear: 2022}), yearly(2023, time.October, 1, weekendToMonday),
		yearly(2024, time.July, 15, weekendToMonday),
	}},

	// Public Holidays Order 2011 of New South Wales, as amended in 2026: also the Monday after Anzac Day, twice.
	{"AU NSW", nil, []*cal.Holiday{once(2026, time.April, 27), once(2027, time.April, 26)}},
	// Public Holidays Act 2023 of South Australia: Anzac Day does not move any more.
	{"AU SA", []*cal.Holiday{au.AnzacDayNtQldSa}, []*cal.Holiday{
		au.AnzacDayNtQldSa.Clone(&cal.Holiday{EndYear: 2023}), au.AnzacDay.Clone(&cal.Holiday{StartYear: 2024}),
	}},

	// Feiertagsgesetz of Mecklenburg-Vorpommern, as amended in 2022: Women's Day, since 2023.
	{"DE MV", nil, []*cal.Holiday{de.Frauentag.Clone(&cal.Holiday{StartYear: 2023})}},

	// Labour Code, article 112, since law 35-FZ of 23 April 2012: 1 to 6 and 8 January.
	{"RU", []*cal.Holiday{ru.NewYear, ru.OrthodoxChristmas}, []*cal.Holiday{
		yearly(0, time.January, 1, nil), yearly(2013, time.January, 2, nil), yearly(2013, time.January, 3, nil),
		yearly(2013, time.January, 4, nil), yearly(2013, time.January, 5, nil), yearly(2013, time.January, 6, nil),
		yearly(0, time.January, 7, nil), yearly(2013, time.January, 8, nil),
	}},

	// Law 27.399 of 2017, articles 1 and 6: Good Friday; 20 June stays, and four days move to a Monday.
	{
		"AR",
		[]*cal.Holiday{ar.BelgranoDay, ar.GuemesDay, ar.SanMartinDay, ar.DiversityDay, ar.SovereigntyDay},
		[]*cal.Holiday{
			aa.GoodFriday, ar.BelgranoDay.Clone(&cal.Holiday{Observed: []cal.AltDay{}}),
			movable(ar.GuemesDay), movable(ar.SanMartinDay), movable(ar.DiversityDay), movable(ar.SovereigntyDay),
		},
	},
}

var weekendToMonday = []cal.AltDay{{Day: time.Saturday, Offset: 2}, {Day: time.Sunday, Offset: 1}}

// yearly is a holiday on the same date each year, from one on; 0 for ever.
func yearly(from int, m time.Month, day int, moves []cal.AltDay) *cal.Holiday {
	return &cal.Holiday{StartYear: from, Month: m, Day: day, Observed: moves, Func: cal.CalcDayOfMonth}
}

func once(year int, m time.Month, day int) *cal.Holiday {
	h := yearly(year, m, day, nil)
	h.EndYear = year
	return h
}

// movable is a holiday that on a Tuesday or Wednesday is the Monday before, and on a Thursday or Friday the one after.
func movable(h *cal.Holiday) *cal.Holiday {
	h = h.Clone(&cal.Holiday{Observed: []cal.AltDay{}})
	h.Func = func(h *cal.Holiday, year int) time.Time {
		at := cal.CalcDayOfMonth(h, year)
		switch d := at.Weekday(); d {
		case time.Tuesday, time.Wednesday:
			at = at.AddDate(0, 0, int(time.Monday-d))
		case time.Thursday, time.Friday:
			at = at.AddDate(0, 0, 7+int(time.Monday-d))
		default: // it stays
		}
		return at
	}
	return h
}

// byLaw are the holidays of a place, corrected.
func byLaw(place string, all []*cal.Holiday) []*cal.Holiday {
	for _, c := range corrections {
		if c.place == place {
			all = slices.DeleteFunc(slices.Clone(all), func(h *cal.Holiday) bool { return slices.Contains(c.drop, h) })
			all = append(all, c.add...)
		}
	}
	return all
}
