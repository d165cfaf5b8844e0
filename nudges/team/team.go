// Package team is what a manager has settled for the reps they manage: who they are, who agrees to a take-over, where
// debriefs go, and what people can be coached on.
//
// It is pure. team.go has the team, whom to ask and what can be wrong with it; skills.go reads skills as people write
// them; meet.go names the question to a rep whether this is their manager. Who is asked for an agreement, and what
// follows, is decided in package nudges from a Route.
package team

import (
	"slices"

	"stepin/nudges"
)

// A Team is what a manager has settled for the reps they manage.
type Team struct {
	Manager   nudges.UserID
	Policy    nudges.Policy // "" stands for Self
	Reps      []nudges.UserID
	Approvers []Approver // asked in this order
	Channel   string     // where debriefs go; "" for none
	Skills    []Skill
}

// An Approver may agree to a take-over. While they are away, from From to Until, both
// included and on their own calendar, they are not asked, and their delegate stands in.
// Without dates the delegate is asked after them, if they do not answer or cannot be reached.
type Approver struct {
	ID       nudges.UserID
	Delegate nudges.UserID // "" for none
	From     nudges.Date
	Until    nudges.Date
}

// A Skill is something that a rep can be coached on, and the training it belongs to.
type Skill struct{ Name, Training string }

// Agreement is the team's policy, by default Self: an approver can rescue managers
// just as managers rescue reps.
func (t Team) Agreement() nudges.Policy {
	if t.Policy == nudges.ByOthers {
		return nudges.ByOthers
	}
	return nudges.Self
}

// AwayOn says whether the approver is away on a day.
func (a Approver) AwayOn(day nudges.Date) bool {
	if a.From == "" && a.Until == "" {
		return false
	}
	return (a.From == "" || day >= a.From) && (a.Until == "" || day <= a.Until)
}

// Route is whom to ask for an agreement, in order: each approver who is there, then
// their delegate; the delegate alone while the approver is away. today gives somebody's
// own date, usable whether they can be asked at all. The manager is never on it.
func (t Team) Route(today func(nudges.UserID) nudges.Date, usable func(nudges.UserID) bool) []nudges.UserID {
	var route []nudges.UserID
	add := func(u nudges.UserID) {
		if u != "" && u != t.Manager && !slices.Contains(route, u) && usable(u) {
			route = append(route, u)
		}
	}
	for _, a := range t.Approvers {
		if !a.AwayOn(today(a.ID)) {
			add(a.ID)
		}
		add(t.standIn(a, today))
	}
	return route
}

// standIn follows delegates of delegates, while each before is away; "" if there is nobody.
func (t Team) standIn(a Approver, today func(nudges.UserID) nudges.Date) nudges.UserID {
	seen := []nudges.UserID{a.ID}
	for at := a.Delegate; at != "" && !slices.Contains(seen, at); {
		seen = append(seen, at)
		i := slices.IndexFunc(t.Approvers, func(x Approver) bool { return x.ID == at })
		if i < 0 || !t.Approvers[i].AwayOn(today(at)) {
			return at
		}
		at = t.Approvers[i].Delegate
	}
	return ""
}

// People are all who are named as approver or delegate, each once.
func (t Team) People() []nudges.UserID {
	var out []nudges.UserID
	for _, a := range t.Approvers {
		for _, u := range []nudges.UserID{a.ID, a.Delegate} {
			if u != "" && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out
}

// Trained is the training that a skill belongs to; "" if there is none.
func (t Team) Trained(skill string) string {
	for _, s := range t.Skills {
		if s.Name == skill {
			return s.Training
		}
	}
	return ""
}

// A Fault is what is wrong with a team, and with whom.
type Fault struct {
	Kind FaultKind
	Team nudges.UserID // the manager whose team it is
	Who  nudges.UserID // the person it is about; "" if none
}

// A FaultKind names a text of nudges/words: "team-" and the kind.
type FaultKind string

// The faults of teams.
const (
	FaultNobody   FaultKind = "no-approver"   // the policy asks for one
	FaultSelf     FaultKind = "self-approver" // the manager would approve their own
	FaultCycle    FaultKind = "cycle"         // delegates who stand in for each other
	FaultTwoTeams FaultKind = "two-teams"     // a rep with two managers
	FaultDates    FaultKind = "dates"         // an absence that ends before it begins
	FaultOwnRep   FaultKind = "own-rep"       // the manager as their own rep
)

// Faults are what is wrong with a team by itself.
func (t Team) Faults() []Fault {
	var out []Fault
	bad := func(k FaultKind, who nudges.UserID) { out = append(out, Fault{k, t.Manager, who}) }
	if t.Agreement() == nudges.ByOthers && len(t.Approvers) == 0 {
		bad(FaultNobody, "")
	}
	for _, u := range t.People() {
		if u == t.Manager {
			bad(FaultSelf, u)
		}
	}
	if slices.Contains(t.Reps, t.Manager) {
		bad(FaultOwnRep, t.Manager)
	}
	for _, a := range t.Approvers {
		if a.From != "" && a.Until != "" && a.Until < a.From {
			bad(FaultDates, a.ID)
		}
	}
	if who, ok := t.cycle(); ok {
		bad(FaultCycle, who)
	}
	return out
}

// cycle finds somebody whose delegates lead back to them.
func (t Team) cycle() (nudges.UserID, bool) {
	delegate := map[nudges.UserID]nudges.UserID{}
	for _, a := range t.Approvers {
		if a.Delegate != "" {
			delegate[a.ID] = a.Delegate
		}
	}
	for _, a := range t.Approvers {
		at := a.ID
		for range len(delegate) {
			next, ok := delegate[at]
			if !ok {
				break
			}
			if at = next; at == a.ID {
				return a.ID, true
			}
		}
	}
	return "", false
}

// TwoTeams finds reps who stand in more than one of the teams.
func TwoTeams(teams []Team) []Fault {
	var out []Fault
	first := map[nudges.UserID]nudges.UserID{}
	for _, t := range teams {
		for _, r := range t.Reps {
			if m, taken := first[r]; taken && m != t.Manager {
				out = append(out, Fault{FaultTwoTeams, t.Manager, r})
				continue
			}
			first[r] = t.Manager
		}
	}
	return out
}
