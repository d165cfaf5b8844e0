package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/ar"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/bg"
	"github.com/rickar/cal/v2/br"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/cz"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/gr"
	"github.com/rickar/cal/v2/hr"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/jp"
	"github.com/rickar/cal/v2/lt"
	"github.com/rickar/cal/v2/lv"
	"github.com/rickar/cal/v2/mw"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/ro"
	"github.com/rickar/cal/v2/ru"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/si"
	"github.com/rickar/cal/v2/sk"
	"github.com/rickar/cal/v2/ua"
	"github.com/rickar/cal/v2/us"
	"github.com/rickar/cal/v2/za"
	"go.yaml.in/yaml/v4"

	"stepin/nudges"
)

// calendars are the public holidays by country, and inside it by region; "" is the whole
// country, which not all have.
var calendars = map[string]map[string][]*cal.Holiday{
	"AR": {"": ar.Holidays},
	"AT": {"": at.Holidays},
	"AU": {
		"ACT": au.HolidaysACT,
		"NSW": au.HolidaysNSW,
		"NT":  au.HolidaysNT,
		"QLD": au.HolidaysQLD,
		"SA":  au.HolidaysSA,
		"TAS": au.HolidaysTAS,
		"VIC": au.HolidaysVIC,
		"WA":  au.HolidaysWA,
	},
	"BE": {"": be.Holidays},
	"BG": {"": bg.Holidays},
	"BR": {"": br.Holidays},
	"CA": {"": ca.Holidays},
	"CH": {
		"":   ch.Holidays,
		"ZH": ch.HolidaysZH,
		"BE": ch.HolidaysBE,
		"LU": ch.HolidaysLU,
		"UR": ch.HolidaysUR,
		"SZ": ch.HolidaysSZ,
		"OW": ch.HolidaysOW,
		"NW": ch.HolidaysNW,
		"GL": ch.HolidaysGL,
		"ZG": ch.HolidaysZG,
		"FR": ch.HolidaysFR,
		"SO": ch.HolidaysSO,
		"BS": ch.HolidaysBS,
		"BL": ch.HolidaysBL,
		"SH": ch.HolidaysSH,
		"AR": ch.HolidaysAR,
		"AI": ch.HolidaysAI,
		"SG": ch.HolidaysSG,
		"GR": ch.HolidaysGR,
		"AG": ch.HolidaysAG,
		"TG": ch.HolidaysTG,
		"VD": ch.HolidaysVD,
		"TI": ch.HolidaysTI,
		"VS": ch.HolidaysVS,
		"NE": ch.HolidaysNE,
		"GE": ch.HolidaysGE,
		"JU": ch.HolidaysJU,
	},
	"CZ": {"": cz.Holidays},
	"DE": {
		"":   de.Holidays,
		"BW": de.HolidaysBW,
		"BY": de.HolidaysBY,
		"BE": de.HolidaysBE,
		"BB": de.HolidaysBB,
		"HB": de.HolidaysHB,
		"HH": de.HolidaysHH,
		"HE": de.HolidaysHE,
		"MV": de.HolidaysMV,
		"NI": de.HolidaysNI,
		"NW": de.HolidaysNW,
		"RP": de.HolidaysRP,
		"SL": de.HolidaysSL,
		"SN": de.HolidaysSN,
		"ST": de.HolidaysST,
		"SH": de.HolidaysSH,
		"TH": de.HolidaysTH,
	},
	"DK": {"": dk.Holidays},
	"ES": {"": es.Holidays},
	"FR": {"": fr.Holidays},
	"GB": {"": gb.Holidays},
	"GR": {"": gr.Holidays},
	"HR": {"": hr.Holidays},
	"IE": {"": ie.Holidays},
	"IT": {"": it.Holidays},
	"JP": {"": jp.Holidays},
	"LT": {"": lt.Holidays},
	"LV": {"": lv.Holidays},
	"MW": {"": mw.Holidays},
	"NL": {"": nl.Holidays},
	"NO": {"": no.Holidays},
	"NZ": {"": nz.Holidays},
	"PL": {"": pl.Holidays},
	"RO": {"": ro.Holidays},
	"RU": {"": ru.Holidays},
	"SE": {"": se.Holidays},
	"SI": {"": si.Holidays},
	"SK": {"": sk.Holidays},
	"UA": {"": ua.Holidays},
	"US": {"": us.Holidays},
	"ZA": {"": za.Holidays},
}

// holidays are the dates on which a team gets no reminder.
type holidays struct {
	calendar *cal.Calendar // nil for none
	place    string        // whose it is, such as "DE BY"
	dates    map[nudges.Date]bool
}

func (h holidays) on(d nudges.Date) bool {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || h.calendar == nil {
		return h.dates[d]
	}
	actual, observed, _ := h.calendar.IsHoliday(t)
	return actual || observed || h.dates[d]
}

// String says in a few words which they are.
func (h holidays) String() string {
	s := h.place
	if n := len(h.dates); n > 0 {
		s = strings.TrimSpace(s + " " + count(n, "date"))
	}
	return s
}

// holiday is the bot's question: a team's own holidays take the place of everybody's.
func (c config) holiday(manager nudges.UserID, day nudges.Date) bool {
	if h, own := c.TeamHolidays[manager]; own {
		return h.on(day)
	}
	return c.Holidays.on(day)
}

// holidays reads a country, a region of it, and dates of one's own: all of them optional.
func (fault faults) holidays(n *yaml.Node) (h holidays) {
	e := fault.entries(n, names(holidayKeys)...)
	if v := e["country"]; v != nil {
		country := strings.ToUpper(v.Value)
		regions, known := calendars[country]
		switch {
		case !known:
			fault(v, "no holidays are known for the country %q%s", v.Value, countryMeant(country))
		case e["region"] == nil && regions[""] == nil:
			fault(v, "the holidays of %s are known by region only: add region, one of %s", country, strings.Join(slices.Sorted(maps.Keys(regions)), ", "))
		default:
			region := ""
			if r := e["region"]; r != nil {
				if region = strings.ToUpper(r.Value); region == "" || regions[region] == nil {
					fault.region(r, country, regions)
				}
			}
			h.calendar, h.place = &cal.Calendar{}, strings.TrimSpace(country+" "+region)
			h.calendar.AddHoliday(regions[region]...)
		}
	} else if v := e["region"]; v != nil {
		fault(v, "a region needs its country, such as country: DE")
	}
	if v := e["dates"]; v != nil {
		h.dates = map[nudges.Date]bool{}
		for _, d := range fault.list(v, "dates") {
			h.dates[fault.day(d)] = true
		}
	}
	return h
}

// countryMeant asks whether a country was to be another, and says what to do if not.
func countryMeant(s string) string {
	switch {
	case s == "UK" || strings.HasPrefix(s, "ENG"):
		s = "GB"
	case strings.HasPrefix(s, "UNITED"):
		s = "US"
	case len(s) > 2: // a name; most codes are its first letters
		s = s[:2]
	}
	if m := meant(s, slices.Sorted(maps.Keys(calendars))...); m != "" {
		return m + " Or list its days under dates"
	}
	return ": list its days under dates"
}

func (fault faults) region(n *yaml.Node, country string, regions map[string][]*cal.Holiday) {
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(regions)), func(r string) bool { return r == "" })
	if len(known) == 0 {
		fault(n, "no regions are known of %s: take region out, and list its own days under dates", country)
		return
	}
	fault(n, "no holidays are known for the region %q of %s%s", n.Value, country, meantOr(strings.ToUpper(n.Value), known...))
}

// away reads the statuses by which somebody is away.
func (fault faults) away(n *yaml.Node) []string {
	out := []string{}
	for _, v := range fault.list(n, "away") {
		if len(v.Value) < 3 || !strings.HasPrefix(v.Value, ":") || !strings.HasSuffix(v.Value, ":") {
			fault(v, "%q is no status: write its emoji as Slack does, such as \":palm_tree:\"", v.Value)
			continue
		}
		out = append(out, v.Value)
	}
	return out
}
