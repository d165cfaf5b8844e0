package decide

import (
	"time"

	"stepin/nudges"
)

// debriefFacts is what must be known of the team for a debrief of r to open at now, of a rep who is here.
func (d Rules) debriefFacts(rd nudges.Reader, r nudges.Request, now time.Time) (nudges.DebriefFacts, error) {
	team, err := d.TeamOf(rd, r.Manager)
	if err != nil {
		return nudges.DebriefFacts{}, err
	}
	f := nudges.DebriefFacts{Channel: team.Channel}
	if f.Bond, err = rd.Bond(r.Rep, r.Manager); err != nil {
		return f, err
	}
	rem, err := rd.Reminder(r.Manager)
	if err != nil {
		return f, err
	}
	d.calendar(r.Manager, rem).Remind(&f, now)
	begun, err := rd.Begun(r.Manager, now.Add(-nudges.DebriefReach))
	if err != nil {
		return f, err
	}
	var last, met nudges.Request // of the manager, and of the two
	for _, q := range begun {
		if q.ID == r.ID || q.Debrief.Root == "" && q.Debrief.Trouble == "" {
			continue
		}
		if q.Way == nudges.ByDebrief && q.Rep == r.Rep && q.Debrief.WasShared() && nudges.NormalDeal(q.Deal) == nudges.NormalDeal(r.Deal) &&
			now.Sub(q.Debrief.At) < 24*time.Hour {
			f.Elsewhere = true
		}
		if q.Debrief.At.After(last.Debrief.At) {
			last = q
		}
		if q.Rep == r.Rep && q.Debrief.At.After(met.Debrief.At) {
			met, f.Avoid = q, q.Debrief.Asked
		}
	}
	f.Told = last.Debrief.Trouble != "" && last.Debrief.Trouble != nudges.TroubleUnclear && last.Debrief.Told && last.Debrief.Channel == f.Channel
	return f, nil
}

// calendar is when somebody works.
func (d Rules) calendar(id nudges.UserID, rem nudges.Reminder) nudges.Calendar {
	return rem.Calendar(d.Zones, func(on nudges.Date) bool { return d.Holiday != nil && d.Holiday(id, on) })
}
