package zones

import (
	"regexp"
	"strings"

	"stepin/nudges"
)

// twelve are the regions that prefer a clock of twelve hours: timeData of CLDR 48, preferred="h"
// (unicode.org/reports/tr35/tr35-dates.html#Time_Data). golang.org/x/text has no such table.
const twelve = " 419 AE AG AL AR AS AU BB BD BH BM BN BO BS BT CA CL CO CR CU CY DJ DM DO DZ EC EG EH ER" +
	" ET FJ FM GD GH GM GR GT GU GY HK HN IN IQ JM JO KH KI KN KP KR KW KY LB LC LR LS LY MH MO" +
	" MP MR MW MX MY NA NI NZ OM PA PE PG PH PK PR PS PW PY QA SA SB SD SG SL SO SS SV SY SZ TC" +
	" TD TN TO TT TW UM US UY VC VE VG VI VU WS YE ZM "

// others are locales that go another way than their region: by the same table, and Slack's own name for the Spanish of
// Latin America, whose region would be Laos.
var others = map[string]nudges.HourCycle{
	"es-LA": nudges.Hours12, "fr-CA": nudges.Hours24, "ku-SY": nudges.Hours24,
}

// inRegion is a locale of language, script if any, and region, such as "zh-Hant-TW".
var inRegion = regexp.MustCompile(`^[a-z]{2,3}(?:-[A-Z][a-z]{3})?-([A-Z]{2}|\d{3})$`)

// Hours is how times are written in a locale as Slack says it, such as "en-US"; "" if it names no region. Somebody's
// own choice of 24 hours in Slack is in no API.
func Hours(locale string) nudges.HourCycle {
	if h, ok := others[locale]; ok {
		return h
	}
	region := inRegion.FindStringSubmatch(locale)
	switch {
	case region == nil:
		return ""
	case strings.Contains(twelve, " "+region[1]+" "):
		return nudges.Hours12
	}
	return nudges.Hours24
}
