package config

import (
	"fmt"
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

// calendars are the public holidays by country and by region; "" is the whole country, which some lack.
var calendars = map[string]map[string][]*cal.Holiday{
	"AR": {"": ar.Holidays}, "AT": {"": at.Holidays},
	"AU": {
		"ACT": au.HolidaysACT, "NSW": au.HolidaysNSW, "NT": au.HolidaysNT, "QLD": au.HolidaysQLD,
		"SA": au.HolidaysSA, "TAS": au.HolidaysTAS, "VIC": au.HolidaysVIC, "WA": au.HolidaysWA,
	},
	"BE": {"": be.Holidays}, "BG": {"": bg.Holidays}, "BR": {"": br.Holidays}, "CA": {"": ca.Holidays},
	"CH": {
		"": ch.Holidays, "ZH": ch.HolidaysZH, "BE": ch.HolidaysBE, "LU": ch.HolidaysLU, "UR": ch.HolidaysUR,
		"SZ": ch.HolidaysSZ, "OW": ch.HolidaysOW, "NW": ch.HolidaysNW, "GL": ch.HolidaysGL, "ZG": ch.HolidaysZG,
		"FR": ch.HolidaysFR, "SO": ch.HolidaysSO, "BS": ch.HolidaysBS, "BL": ch.HolidaysBL, "SH": ch.HolidaysSH,
		"AR": ch.HolidaysAR, "AI": ch.HolidaysAI, "SG": ch.HolidaysSG, "GR": ch.HolidaysGR, "AG": ch.HolidaysAG,
		"TG": ch.HolidaysTG, "VD": ch.HolidaysVD, "TI": ch.HolidaysTI, "VS": ch.HolidaysVS, "NE": ch.HolidaysNE,
		"GE": ch.HolidaysGE, "JU": ch.HolidaysJU,
	},
	"CZ": {"": cz.Holidays},
	"DE": {
		"": de.Holidays, "BW": de.HolidaysBW, "BY": de.HolidaysBY, "BE": de.HolidaysBE, "BB": de.HolidaysBB,
		"HB": de.HolidaysHB, "HH": de.HolidaysHH, "HE": de.HolidaysHE, "MV": de.HolidaysMV, "NI": de.HolidaysNI,
		"NW": de.HolidaysNW, "RP": de.HolidaysRP, "SL": de.HolidaysSL, "SN": de.HolidaysSN, "ST": de.HolidaysST,
		"SH": de.HolidaysSH, "TH": de.HolidaysTH,
	},
	"DK": {"": dk.Holidays}, "ES": {"": es.Holidays}, "FR": {"": fr.Holidays}, "GB": {"": gb.Holidays},
	"GR": {"": gr.Holidays}, "HR": {"": hr.Holidays}, "IE": {"": ie.Holidays}, "IT": {"": it.Holidays},
	"JP": {"": jp.Holidays}, "LT": {"": lt.Holidays}, "LV": {"": lv.Holidays}, "MW": {"": mw.Holidays},
	"NL": {"": nl.Holidays}, "NO": {"": no.Holidays}, "NZ": {"": nz.Holidays}, "PL": {"": pl.Holidays},
	"RO": {"": ro.Holidays}, "RU": {"": ru.Holidays}, "SE": {"": se.Holidays}, "SI": {"": si.Holidays},
	"SK": {"": sk.Holidays}, "UA": {"": ua.Holidays}, "US": {"": us.Holidays}, "ZA": {"": za.Holidays},
}

// holidays are the dates on which a team gets no reminder.
type holidays struct {
	calendar *cal.Calendar // nil for none
	place    string        // country and region, such as "DE BY"
	dates    []day
}

type holidaysFile struct {
	Country, Region yaml.Node
	Dates           []day
}

// UnmarshalYAML takes a country, a region of it, and dates: all of them optional.
func (h *holidays) UnmarshalYAML(n *yaml.Node) error {
	var f holidaysFile
	if err := n.Load(&f, strict...); err != nil {
		return err
	}
	h.dates = f.Dates
	if f.Country.Kind == 0 {
		if f.Region.Kind != 0 {
			return failAt(&f.Region, "a region needs its country, such as country: DE")
		}
		return nil
	}
	country, region := strings.ToUpper(f.Country.Value), strings.ToUpper(f.Region.Value)
	regions, known := calendars[country]
	switch {
	case !known:
		return failAt(&f.Country, "stepin knows no holidays of the country %q%s", f.Country.Value,
			countryMeant(country))
	case f.Region.Kind == 0 && regions[""] == nil:
		return failAt(&f.Country, "stepin knows the holidays of %s by region only: add region, one of %s",
			country, strings.Join(slices.Sorted(maps.Keys(regions)), ", "))
	case regions[region] == nil:
		return failAt(&f.Region, "%s", regionMeant(f.Region.Value, country, regions))
	}
	h.calendar, h.place = &cal.Calendar{}, strings.TrimSpace(country+" "+region)
	h.calendar.AddHoliday(byLaw(h.place, regions[region])...)
	return nil
}

func (h holidays) on(d nudges.Date) bool {
	if slices.Contains(h.dates, day(d)) {
		return true
	}
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil || h.calendar == nil {
		return false
	}
	actual, observed, _ := h.calendar.IsHoliday(t)
	return actual || observed
}

// String sums them up.
func (h holidays) String() string {
	switch n := len(h.dates); n {
	case 0:
		return h.place
	case 1:
		return strings.TrimSpace(h.place + " 1 date")
	default:
		return strings.TrimSpace(fmt.Sprintf("%s %d dates", h.place, n))
	}
}

// countryMeant suggests another country, and says what to do otherwise.
func countryMeant(s string) string {
	switch {
	case s == "UK" || strings.HasPrefix(s, "ENG"):
		s = "GB"
	case strings.HasPrefix(s, "UNITED"):
		s = "US"
	case len(s) > 2: // a name; most codes are its first letters
		s = s[:2]
	}
	if m := Suggest(s, slices.Sorted(maps.Keys(calendars))...); m != "" {
		return m + " Or list its days under dates"
	}
	return ": list its days under dates"
}

// regionMeant says what to do about an unknown region.
func regionMeant(s, country string, regions map[string][]*cal.Holiday) string {
	known := slices.DeleteFunc(slices.Sorted(maps.Keys(regions)), func(r string) bool { return r == "" })
	if len(known) == 0 {
		return fmt.Sprintf("stepin knows no regions of %s: remove region, and list its own days under dates", country)
	}
	return fmt.Sprintf("stepin knows no holidays of the region %q of %s%s", s, country,
		SuggestOr(strings.ToUpper(s), known...))
}
