package nudges

import (
	"slices"
	"strings"
	"time"
)

// A Team is what a manager has settled for the reps they manage.
type Team struct {
	Manager   UserID
	Policy    Policy // "" stands for Self
	Reps      []UserID
	Approvers []Approver // asked in this order
	Channel   string     // where debriefs go; "" for none
	Skills    []Skill
}

// An Approver may agree to a take-over. While they are away, from From to Until, both
// included and on their own calendar, they are not asked, and their delegate stands in.
// Without dates the delegate is asked after them, if they do not answer or cannot be reached.
type Approver struct {
	ID       UserID
	Delegate UserID // "" for none
	From     Date
	Until    Date
}

// A Skill is something that a rep can be coached on, and the training it belongs to.
type Skill struct{ Name, Training string }

// Agreement is the team's policy, by default Self: an approver can rescue managers
// just as managers rescue reps.
func (t Team) Agreement() Policy {
	if t.Policy == ByOthers {
		return ByOthers
	}
	return Self
}

// AwayOn says whether the approver is away on a day.
func (a Approver) AwayOn(day Date) bool {
	if a.From == "" && a.Until == "" {
		return false
	}
	return (a.From == "" || day >= a.From) && (a.Until == "" || day <= a.Until)
}

// Route is whom to ask for an agreement, in order: each approver who is there, then
// their delegate; the delegate alone while the approver is away. today gives somebody's
// own date, usable whether they can be asked at all. The manager is never on it.
func (t Team) Route(today func(UserID) Date, usable func(UserID) bool) []UserID {
	var route []UserID
	add := func(u UserID) {
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
func (t Team) standIn(a Approver, today func(UserID) Date) UserID {
	seen := []UserID{a.ID}
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
func (t Team) People() []UserID {
	var out []UserID
	for _, a := range t.Approvers {
		for _, u := range []UserID{a.ID, a.Delegate} {
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
	Team UserID // the manager whose team it is
	Who  UserID // the person it is about; "" if none
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
	bad := func(k FaultKind, who UserID) { out = append(out, Fault{k, t.Manager, who}) }
	if t.Agreement() == ByOthers && len(t.Approvers) == 0 {
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
func (t Team) cycle() (UserID, bool) {
	delegate := map[UserID]UserID{}
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
	first := map[UserID]UserID{}
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

// roomSkill is how many characters an option of a menu has (docs.slack.dev/reference/block-kit).
const roomSkill = 75

// maxSkills keeps a list of skills within what a menu can show (docs.slack.dev/reference/block-kit).
const maxSkills = 100

// ReadSkills reads skills as people write them, one a line: "Pricing: Negotiation basics".
// Too many, or one of more than 75 characters, is ErrSkills.
func ReadSkills(text string) ([]Skill, error) {
	var out []Skill
	for line := range strings.Lines(text) {
		name, training, _ := strings.Cut(line, ":")
		s := Skill{strings.Join(strings.Fields(name), " "), strings.Join(strings.Fields(training), " ")}
		if s.Name == "" {
			continue
		}
		if len([]rune(s.Name)) > roomSkill || len([]rune(s.Training)) > roomSkill || len(out) == maxSkills {
			return nil, ErrSkills
		}
		if !slices.ContainsFunc(out, func(x Skill) bool { return strings.EqualFold(x.Name, s.Name) }) {
			out = append(out, s)
		}
	}
	return out, nil
}

// WriteSkills is the text that ReadSkills reads.
func WriteSkills(skills []Skill) string {
	var b strings.Builder
	for _, s := range skills {
		b.WriteString(s.Name)
		if s.Training != "" {
			b.WriteString(": " + s.Training)
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

// A BondState says whether a rep has said that somebody is their manager.
type BondState string

// The states of a bond.
const (
	Unmet     BondState = ""          // never asked
	Meeting   BondState = "asked"     // asked, no answer yet
	Met       BondState = "confirmed" // the rep said yes
	NotMyBoss BondState = "refused"   // the rep said no
)

// Past is what the ledger remembers of a rep and a deal or skill, for one manager.
type Past struct {
	Took    time.Time // when the manager last took such a call over; zero if never
	Coached []Coached // what was coached since, oldest first
	Learn   string    // what the manager said is to be learned from the deal; private text of the two
}

// A TrustFigure says how far reps felt trusted: a figure on reps exists only where five or more of
// them stand behind it.
type TrustFigure struct {
	Reps    int     // distinct ones
	Answers int     // of theirs
	Mean    float64 // of what they said, from 1 to 5
}

// TrustReps is how many distinct reps a TrustFigure needs.
const TrustReps = 5

// Coached is one finished coaching.
type Coached struct {
	Skill string
	At    time.Time
}

// Merge is what two memories tell together, such as of the deal and of the skill.
func (p Past) Merge(q Past) Past {
	if q.Took.After(p.Took) {
		p.Took = q.Took
	}
	if p.Learn == "" {
		p.Learn = q.Learn
	}
	all := append(slices.Clone(p.Coached), q.Coached...)
	p.Coached = nil
	slices.SortStableFunc(all, func(a, b Coached) int { return a.At.Compare(b.At) })
	for _, c := range all {
		if !c.At.Before(p.Took) && !slices.Contains(p.Coached, c) {
			p.Coached = append(p.Coached, c)
		}
	}
	return p
}

// A LedgerEntry is one thing to be remembered of a rep: that a call was taken over, or
// what was coached. It goes under the deal, and under the skill if there is one.
type LedgerEntry struct {
	Manager, Rep UserID
	Deal, Skill  string
	Took         bool // else coached
	At           time.Time
	// Not, with Took, takes back what was noted of that moment: the call was not held.
	Not time.Time
}
