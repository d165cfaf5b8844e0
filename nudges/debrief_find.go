package nudges

import "time"

// OfTheTwo says whether somebody is one of the two who talk the call over: its manager, or the rep
// once they have had a part in it.
func (r Request) OfTheTwo(u UserID) bool {
	return u == r.Manager || u != "" && u == r.Rep && r.Debrief.WasShared()
}

// DebriefOf is the request, of a manager's own, whose debrief somebody means who names the rep, the deal
// and the day of the call: the nearest of those that wait for it or have it open. One of another day is
// another call's: were it shown to the rep, its day would tell that there was a pause. False if there is none.
func DebriefOf(all []Request, rep UserID, deal string, ended time.Time) (Request, bool) {
	var found Request
	nearest := 48 * time.Hour // no day is as long
	for _, r := range all {
		open := r.Phase == After && r.Debrief.State == NoDebrief || r.Phase == Debrief && r.Debrief.State != DebriefMoved
		if !open || r.Rep != rep || NormalDeal(r.Deal) != NormalDeal(deal) {
			continue
		}
		far := r.Ends.Sub(ended).Abs()
		sameDay := DateIn(r.Ends, ended.Location()) == DateIn(ended, ended.Location())
		if far < nearest && sameDay {
			found, nearest = r, far
		}
	}
	return found, found.ID != ""
}

// DebriefReach is how long ago a call can have been that somebody opens a debrief on.
const DebriefReach = 60 * 24 * time.Hour
