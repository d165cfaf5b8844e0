package roster

import (
	"cmp"
	"time"

	"stepin/nudges"
)

// A Person is what stepin uses of a Slack profile. It is kept in memory only, for a day.
type Person struct {
	ID       nudges.UserID
	Name     string           // as colleagues call them
	Zone     *time.Location   // nil if Slack tells no clock of theirs
	Hours    nudges.HourCycle // of the language that they have Slack in; "" if Slack tells none
	Bot      bool
	Guest    bool
	Stranger bool // of another organisation, or unknown to Slack
	Deleted  bool
	// Known says that Slack has told who they are, within the last day. If not, all but ID is a guess, or older: enough
	// for a name, and to keep somebody out, but not to let anybody in.
	Known bool
	Read  time.Time // when Slack answered
}

// ZoneName is their zone as it is kept; "" for none.
func (p Person) ZoneName() string {
	if p.Zone == nil {
		return ""
	}
	return p.Zone.String()
}

// Clock is the location that their clock shows: UTC if nobody knows theirs.
func (p Person) Clock() *time.Location { return cmp.Or(p.Zone, time.UTC) }

// profileAge is how long a profile counts. Each profile read once a day stays within 100 calls of users.info a minute.
const profileAge = 24 * time.Hour

// Fresh says whether what Slack told at a moment, by this machine's clock, still counts.
func Fresh(told time.Time) bool { return time.Since(told).Abs() < profileAge }

// Outsider says whether somebody is no full member of this workspace.
func Outsider(p Person) bool { return p.Bot || p.Guest || p.Stranger || p.Deleted }

// A Company is whose people are colleagues: those of one workspace or, if that belongs to an organisation, of all
// workspaces of it. An empty id is not known.
type Company struct{ Workspace, Organisation string }

// Has says whether somebody of a workspace and an organisation is a colleague. Organisations decide where both are
// known. Slack names no organisation for people of a workspace without one.
func (c Company) Has(workspace, organisation string) bool {
	if c.Organisation != "" && organisation != "" {
		return c.Organisation == organisation
	}
	return c.Workspace != "" && c.Workspace == workspace
}

// A LookedUp is a person, or the error that kept them from being found.
type LookedUp struct {
	Person
	Err error
}

// Renamed says whether somebody has another id by now than the one that they were looked up by. Slack then never sends
// the earlier one, so it names nobody.
func Renamed(id nudges.UserID, p Person) bool { return p.Known && p.ID != id }

// WhyUnfit names the text that says why somebody cannot be asked; "" if they can.
func WhyUnfit(p Person, err error) string {
	switch {
	case err != nil:
		return "team-unknown"
	case p.Bot:
		return "team-bot"
	case p.Deleted:
		return "team-gone"
	case p.Stranger:
		return "team-elsewhere"
	case p.Guest:
		return "team-guest"
	}
	return ""
}
