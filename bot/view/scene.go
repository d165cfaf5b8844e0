package view

import (
	"slices"
	"strings"
	"time"

	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/daily"
	"stepin/nudges/ladder"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
	"stepin/nudges/team"
	"stepin/nudges/text"
	"stepin/nudges/words"
)

// A Scene is all that a screen shows.
type Scene struct {
	Words   *words.Words
	Request nudges.Request
	Data    words.Data
	Zone    *time.Location
	Hours   nudges.HourCycle
	Notice  string      // name of a text above the rest; "" for none
	Wish    ladder.Rung // the rung tapped, if it is not the recommended one
	Text    string      // of a note: name of the text
	Meant   string      // the word after the command that may have been meant

	Viewer   nudges.UserID
	now      time.Time
	Names    map[nudges.UserID]string
	Unfit    map[nudges.UserID]bool // who is no full member, of those whom it can name
	Contact  text.Text              // whom a refusal says to ask
	Team     team.Team              // of the request's manager, or the viewer's own
	Route    []nudges.UserID        // who of it can agree to a take-over now
	Fixed    roster.Fixed           // what of it the configuration sets
	Bond     nudges.BondState
	Reminder daily.Reminder   // the viewer's own
	OwnHours nudges.HourCycle // as the viewer chose; "" if they did not
	Line     text.Text        // what it says
	Zones    daily.Zones
	Keep     privacy.Keep // what is asked and kept

	Also      *nudges.Request       // the same rep's other call at the same time; nil for none
	Learning  []nudges.LearningDeal // the viewer's own, where they are shown
	Led       string                // in the form for a debrief: who led the call, as far as said
	InChannel bool                  // and whether it can be in the team's channel
	History   History               // what of it is looked at
	Counts    mirror.Counts         // the viewer's own numbers, where they are shown
}

// NewScene is what can be shown of r at now to its viewer, in their zone and as they read times; names are of those
// whom it can name.
func NewScene(
	w *words.Words, r nudges.Request, viewer nudges.UserID,
	names map[nudges.UserID]string, zone *time.Location, hours nudges.HourCycle, now time.Time,
) Scene {
	sc := Scene{
		Words: w, Request: r, Data: words.Data{Manager: names[r.Manager], Rep: names[r.Rep]},
		Viewer: viewer, Names: names, Zone: zone, Hours: hours, now: now,
	}
	if r.ID == "" {
		return sc
	}
	rung, _ := r.Decision.Rung()
	sc.Data.Deal, sc.Data.Plan, sc.Data.Rung, sc.Data.Learn = r.Deal, r.Plan, rung, r.Past.Learn
	sc.Data.Starts, sc.Data.Ends = sc.clock(r.Starts), sc.clock(r.Ends)
	sc.Data.Was, sc.Data.Until = sc.clock(r.Begun), sc.clock(r.Grant.Until)
	sc.Data.Day, sc.Data.Soon = day(w, r.Starts.In(zone), now.In(zone)), r.Starts.Sub(now) < soon
	if nudges.DateIn(r.Begun, zone) != nudges.DateIn(now, zone) {
		sc.Data.Was = "" // an hour alone is one of today
	}
	if !r.Past.Took.IsZero() {
		sc.Data.Took = r.Past.Took.In(zone).Format("2 Jan")
		var skills []string
		for _, c := range r.Past.Coached {
			if !slices.Contains(skills, c.Skill) && c.Skill != "" {
				skills = append(skills, c.Skill)
			}
		}
		sc.Data.Coached = strings.Join(skills, ", ")
	}
	return sc
}

// soon is when there is little time left before a call.
const soon = 15 * time.Minute

// day names the day of a moment as people do.
func day(w *words.Words, t, today time.Time) string {
	switch nudges.DateIn(t, t.Location()) {
	case nudges.DateIn(today, t.Location()):
		return w.Text("day-today", words.Data{}).Plain()
	case nudges.DateIn(today.AddDate(0, 0, 1), t.Location()):
		return w.Text("day-tomorrow", words.Data{}).Plain()
	}
	return t.Format("Mon 2 Jan")
}

// name is somebody's name, as far as the scene knows it.
func (sc Scene) name(id nudges.UserID) string { return sc.Names[id] }

// clock is a moment in the viewer's zone; "" for none.
func (sc Scene) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return sc.Hours.Time(t.In(sc.Zone))
}
