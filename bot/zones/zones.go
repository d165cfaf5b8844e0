// Package zones says which clock hangs on somebody's wall.
//
// Our zone data is as old as this program, or this machine. Slack's is not, and with each profile it says the offset of
// the moment. So Slack counts. A zone is kept by its IANA name as long as our data has the offset that Slack says.
// Otherwise the offset is kept behind the name, as in "America/Vancouver UTC-07:00", and holds until Slack says
// something else: people.Profiles asks before each reminder. The offset stays fixed, because rules that are wrong today
// say nothing about the next change either.
//
//	users.info, user_change ─▶ Word ─▶ Zones.Heard ─▶ the zone as it is kept ─▶ Zones.Find ─▶ a location
//
// It promises that nobody's times are in UTC without a line in the log, and that each zone in which we and Slack differ
// is named there, at most once a day, with the age of our data and how to get newer data.
//
// The files: zones.go is what Slack says and what our data says; data.go is where our data is from, and how old it is;
// hours.go is whether a clock has 12 or 24 hours.
package zones

import (
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Word is what Slack says about somebody's time zone. Either part may be missing.
type Word struct {
	Name   string // IANA; "" for none
	Offset int    // at this moment, in seconds east of UTC; NoOffset for none
}

// NoOffset is an offset that no zone has.
const NoOffset = 1 << 30

// mostOffset is more than any zone has had since 1900: 15:13:42, in Alaska's first years. Other offsets count as none.
const mostOffset = 16 * 60 * 60

// told says whether there is an offset, in whole minutes.
func (w Word) told() bool { return w.Offset > -mostOffset && w.Offset < mostOffset && w.Offset%60 == 0 }

// plain is what a name of the IANA database can be. No name is longer than longest. As {1,64} in the expression, that
// would take 60 KB, a tenth of what loading all packages allocates.
var plain = regexp.MustCompile(`^[A-Za-z0-9/_+-]+$`)

const longest = 64

// name is the name, if it can be one. "Local" would be the zone of this machine.
func (w Word) name() string {
	if len(w.Name) > longest || !plain.MatchString(w.Name) || w.Name == "Local" {
		return ""
	}
	return w.Name
}

// offsetLayout is an offset as it is kept.
const offsetLayout = "UTC-07:00"

func offsetText(seconds int) string {
	return time.Unix(0, 0).In(time.FixedZone("", seconds)).Format(offsetLayout)
}

// Fixed returns the location of a zone that is kept with an offset; false for one that is kept by its name alone.
func Fixed(kept string) (*time.Location, bool) {
	offset := kept[strings.LastIndexByte(kept, ' ')+1:]
	if len(offset) != len(offsetLayout) { // nearly all are names, and each look at somebody asks
		return nil, false
	}
	at, err := time.Parse(offsetLayout, offset)
	if err != nil {
		return nil, false
	}
	_, seconds := at.Zone()
	return time.FixedZone(kept, seconds), true
}

// Zones are all zones that people are in. It is safe for concurrent use.
type Zones struct {
	log *slog.Logger
	now func() time.Time

	mu    sync.RWMutex
	found map[string]*time.Location // by the zone as it is kept; nil for one that our data does not know
	other map[string]Difference     // by name: where Slack's last word differs from our data
	told  map[string]time.Time      // by name: when the log last said so
}

// A Difference is a zone in which Slack has another offset than our data.
type Difference struct {
	Zone, Slack string // name and offset
	Ours        string // our offset; "" if our data does not know the zone
	where       *time.Location
}

// New returns zones of which Slack has said nothing yet. now is the clock by which Slack's offsets are told.
func New(log *slog.Logger, now func() time.Time) *Zones {
	if fault := Fault(); fault != "" {
		log.Warn("the zone data cannot be read", "error", fault, "instead", Data(usual).String(), "do", MendZoneinfo)
	}
	return &Zones{
		log: log, now: now, found: map[string]*time.Location{}, other: map[string]Difference{},
		told: map[string]time.Time{},
	}
}

// Now is the clock by which Slack's offsets are told.
func (z *Zones) Now() time.Time { return z.now() }

// errUnknown is for a zone of which nobody has said an offset.
var errUnknown = errors.New("the zone data does not know this time zone")

// Find returns the location of a zone, as it is kept or by its name. If Slack has said another offset of that name
// since the start, that counts.
func (z *Zones) Find(kept string) (*time.Location, error) {
	z.mu.RLock()
	d, differs := z.other[kept]
	z.mu.RUnlock()
	if differs && d.where != nil {
		return d.where, nil
	}
	at, err := z.ours(kept)
	if err != nil && kept != "" {
		z.once(Difference{Zone: kept}, "the zone data lacks a time zone: until Slack says its offset, times are in UTC")
	}
	return at, err
}

// ours is what is known of a zone without Slack.
func (z *Zones) ours(kept string) (*time.Location, error) {
	z.mu.RLock()
	at, seen := z.found[kept]
	z.mu.RUnlock()
	if !seen {
		if fixed, ok := Fixed(kept); ok {
			at = fixed
		} else if loaded, err := time.LoadLocation(kept); err == nil && kept != "" && kept != "Local" {
			at = loaded
		}
		z.mu.Lock()
		z.found[kept] = at
		z.mu.Unlock()
	}
	if at == nil {
		return nil, errUnknown
	}
	return at, nil
}

// Heard takes what Slack says now, and returns the zone as it is to be kept; "" if that tells no clock.
func (z *Zones) Heard(w Word) string {
	name := w.name()
	ours, err := z.ours(name)
	if !w.told() {
		if err != nil {
			return ""
		}
		return name
	}
	now := z.now()
	if err == nil && agree(ours, w.Offset, now) {
		z.mu.Lock()
		delete(z.other, name)
		z.mu.Unlock()
		return name
	}
	d := Difference{Zone: name, Slack: offsetText(w.Offset)}
	kept := strings.TrimSpace(name + " " + d.Slack)
	if name == "" {
		return kept
	}
	d.where, _ = Fixed(kept)
	if err == nil {
		_, seconds := now.In(ours).Zone()
		d.Ours = offsetText(seconds)
	}
	z.once(d, "the zone data lacks the offset that Slack says, which counts")
	return kept
}

// tellEvery is the time between two warnings of a zone: Slack may say one offset of a colleague, another of the next.
const tellEvery = 24 * time.Hour

// once notes a difference, and warns unless there was one in that zone already or the log said so lately.
func (z *Zones) once(d Difference, what string) {
	now := z.now()
	z.mu.Lock()
	_, again := z.other[d.Zone]
	again = again || now.Sub(z.told[d.Zone]).Abs() < tellEvery
	if z.other[d.Zone] = d; !again {
		z.told[d.Zone] = now
	}
	z.mu.Unlock()
	if again {
		return
	}
	about := []any{"zone", d.Zone}
	if d.Slack != "" {
		about = append(about, "slack", d.Slack)
	}
	if d.Ours != "" {
		about = append(about, "ours", d.Ours)
	}
	from := Data(d.Zone)
	z.log.Warn(what, append(about, "data", from.String(), "do", from.Newer())...)
}

// unsharp is for how long before and after a change of the clocks both offsets are right: Slack's clock and ours may
// differ.
const unsharp = 5 * time.Minute

func agree(at *time.Location, offset int, now time.Time) bool {
	return slices.ContainsFunc([]time.Duration{0, -unsharp, unsharp}, func(d time.Duration) bool {
		_, ours := now.Add(d).In(at).Zone()
		return ours == offset
	})
}

// Differences are the zones in which Slack has said another offset than our data, in order.
func (z *Zones) Differences() (all []Difference) {
	z.mu.RLock()
	defer z.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(z.other)) {
		all = append(all, z.other[name])
	}
	return all
}
