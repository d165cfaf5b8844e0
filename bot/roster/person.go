package roster

import (
	"time"

	"stepin/nudges"
)

// A Person is what stepin uses of a Slack profile. It is kept in memory only, for a day.
type Person struct {
	ID       nudges.UserID
	Name     string // as colleagues call them
	Zone     *time.Location
	Bot      bool
	Guest    bool
	Stranger bool // of another organisation, or unknown to Slack
	Deleted  bool
	Known    bool // Slack has answered; without an answer all but ID is a guess
	Team     string
	Read     time.Time // when Slack answered
}

// Outsider says whether somebody is no full member of this workspace.
func Outsider(p Person) bool { return p.Bot || p.Guest || p.Stranger || p.Deleted }

// A LookedUp is a person, or the error that kept them from being found.
type LookedUp struct {
	Person
	Err error
}

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
