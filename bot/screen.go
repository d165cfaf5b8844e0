package bot

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/roster"
	"stepin/nudges"
)

// A scene is all that a screen shows.
type scene struct {
	words  *nudges.Words
	r      nudges.Request
	d      nudges.Data
	zone   *time.Location
	notice string      // name of a text above the rest; "" for none
	wish   nudges.Rung // the rung tapped, if it is not the recommended one
	text   string      // of a note: name of the text

	viewer  nudges.UserID
	now     time.Time
	names   map[nudges.UserID]string
	contact nudges.Marked // whom a refusal says to ask
	team    nudges.Team   // of the request's manager, or the viewer's own
	fixed   roster.Fixed  // what of it the configuration sets
	bond    nudges.BondState
	rem     nudges.Reminder // the viewer's own
	line    nudges.Marked   // what it says
	zones   nudges.Zones
	keep    nudges.Keep // what is asked and kept

	learning []nudges.LearningDeal // the viewer's own, where they are shown
	led      string                // in the form for a debrief: who led the call, as far as said
	channel  bool                  // and whether it can be in the team's channel
	history  history               // what of it is looked at
}

// newScene is what can be shown of r at now to its viewer, in their zone; names are of those
// whom it can name.
func newScene(words *nudges.Words, r nudges.Request, viewer nudges.UserID, names map[nudges.UserID]string, zone *time.Location, now time.Time) scene {
	sc := scene{
		words: words, r: r, d: nudges.Data{Manager: names[r.Manager], Rep: names[r.Rep]},
		viewer: viewer, names: names, zone: zone, now: now,
	}
	if r.ID == "" {
		return sc
	}
	rung, _ := r.Decision.Rung()
	sc.d.Deal, sc.d.Plan, sc.d.Rung, sc.d.Learn = r.Deal, r.Plan, rung, r.Past.Learn
	sc.d.Starts, sc.d.Ends, sc.d.Was, sc.d.Until = sc.clock(r.Starts), sc.clock(r.Ends), sc.clock(r.Begun), sc.clock(r.Grant.Until)
	sc.d.Day = day(words, r.Starts.In(zone), now.In(zone))
	if nudges.DateIn(r.Begun, zone) != nudges.DateIn(now, zone) {
		sc.d.Was = "" // an hour alone is one of today
	}
	if !r.Past.Took.IsZero() {
		sc.d.Took = r.Past.Took.In(zone).Format("2 Jan")
		var skills []string
		for _, c := range r.Past.Coached {
			if !slices.Contains(skills, c.Skill) && c.Skill != "" {
				skills = append(skills, c.Skill)
			}
		}
		sc.d.Coached = strings.Join(skills, ", ")
	}
	return sc
}

// day names the day of a moment as people do.
func day(words *nudges.Words, t, today time.Time) string {
	switch nudges.DateIn(t, t.Location()) {
	case nudges.DateIn(today, t.Location()):
		return words.Text("day-today", nudges.Data{}).Plain()
	case nudges.DateIn(today.AddDate(0, 0, 1), t.Location()):
		return words.Text("day-tomorrow", nudges.Data{}).Plain()
	}
	return t.Format("Mon 2 Jan")
}

// name is somebody's name, as far as the scene knows it.
func (sc scene) name(id nudges.UserID) string { return sc.names[id] }

// clock is a moment in the viewer's zone; "" for none.
func (sc scene) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(sc.zone).Format("15:04")
}
