// Package calls finds, among a manager's requests, the one about the call that somebody means.
//
// It is pure. All of it is in find.go.
package calls

import (
	"cmp"
	"slices"
	"time"

	"stepin/nudges"
)

// NearBy is how long before its start and after its end a call can be the one that somebody is on.
const NearBy = 30 * time.Minute

// On picks the request about the call that its manager is on at now: one that is open and whose call runs, the
// last to start; else one whose call starts or ended within NearBy, the nearest; else the one begun last. It is
// false if there are none.
func On(all []nudges.Request, now time.Time) (nudges.Request, bool) {
	if len(all) == 0 {
		return nudges.Request{}, false
	}
	return slices.MinFunc(all, func(a, b nudges.Request) int {
		rank, by := near(a, now)
		than, its := near(b, now)
		return cmp.Or(cmp.Compare(rank, than), cmp.Compare(by, its), b.Begun.Compare(a.Begun))
	}), true
}

// Near says whether a request's call runs, starts or ended within NearBy.
func Near(r nudges.Request, now time.Time) bool {
	rank, _ := near(r, now)
	return rank < 2
}

// near is 0 for a call that runs, 1 for one within NearBy, 2 for all others; and how far its start or end is.
func near(r nudges.Request, now time.Time) (rank int, by time.Duration) {
	since, over := now.Sub(r.Starts), now.Sub(r.Ends)
	switch {
	case r.Decision == nudges.Withdrawn, r.Way == nudges.ByDebrief: // no call of now
	case over >= 0 && over <= NearBy:
		return 1, over
	case !r.Open():
	case since >= 0 && over < 0:
		return 0, since
	case since < 0 && -since <= NearBy:
		return 1, -since
	}
	return 2, 0
}

// OfDebrief finds the manager's request with this rep, deal and day whose debrief is due or open; the nearest, if there
// are several. A request of another day is another call's: if the rep saw it, its day would tell that there was a
// pause. False if there is none.
func OfDebrief(all []nudges.Request, rep nudges.UserID, deal string, ended time.Time) (nudges.Request, bool) {
	var found nudges.Request
	nearest := 48 * time.Hour // no day is as long
	for _, r := range all {
		open := r.Phase == nudges.After && r.Debrief.State == nudges.NoDebrief || r.Phase == nudges.Debrief &&
			r.Debrief.State != nudges.DebriefMoved
		if !open || r.Rep != rep || nudges.NormalDeal(r.Deal) != nudges.NormalDeal(deal) {
			continue
		}
		far := r.Ends.Sub(ended).Abs()
		sameDay := nudges.DateIn(r.Ends, ended.Location()) == nudges.DateIn(ended, ended.Location())
		if far < nearest && sameDay {
			found, nearest = r, far
		}
	}
	return found, found.ID != ""
}

// Reach is how long ago a call can have been that somebody opens a debrief on.
const Reach = 60 * 24 * time.Hour
