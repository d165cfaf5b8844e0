package decide

import (
	"time"

	"stepin/nudges"
	"stepin/nudges/calls"
	"stepin/nudges/daily"
	"stepin/nudges/storage"
)

// debriefFacts is what must be known to open the debrief of r at now. It takes the rep to have an account.
func (d Rules) debriefFacts(rd storage.Reader, r nudges.Request, now time.Time) (nudges.DebriefFacts, error) {
	team, err := d.TeamOf(rd, r.Manager)
	if err != nil {
		return nudges.DebriefFacts{}, err
	}
	f := nudges.DebriefFacts{Channel: team.Channel}
	if f.Bond, err = d.BondOf(rd, r.Rep, r.Manager); err != nil {
		return f, err
	}
	rem, err := rd.Reminder(r.Manager)
	if err != nil {
		return f, err
	}
	d.calendar(r.Manager, rem).Remind(&f, now)
	begun, err := rd.Begun(r.Manager, now.Add(-calls.Reach))
	if err != nil {
		return f, err
	}
	var last, met nudges.Request // of the manager, and of the two
	for _, q := range begun {
		if q.ID == r.ID || q.Debrief.Root == "" && q.Debrief.Trouble == "" {
			continue
		}
		sameCall := q.Rep == r.Rep && nudges.NormalDeal(q.Deal) == nudges.NormalDeal(r.Deal)
		if sameCall && q.Way == nudges.ByDebrief && q.Debrief.WasShared() && now.Sub(q.Debrief.At) < 24*time.Hour {
			f.Elsewhere = true
		}
		if q.Debrief.At.After(last.Debrief.At) {
			last = q
		}
		if q.Rep == r.Rep && q.Debrief.At.After(met.Debrief.At) {
			met, f.Avoid = q, q.Debrief.Asked
		}
	}
	trouble := last.Debrief.Trouble
	f.Told = trouble != "" && trouble != nudges.TroubleUnclear && last.Debrief.Told && last.Debrief.Channel == f.Channel
	return f, nil
}

// calendar says when somebody works.
func (d Rules) calendar(id nudges.UserID, rem daily.Reminder) daily.Calendar {
	return rem.Calendar(d.Zones, func(on nudges.Date) bool { return d.Holiday != nil && d.Holiday(id, on) })
}
