package roster

import "stepin/nudges/team"

// Fixed says which parts of a team the configuration sets, so that Slack cannot change them.
type Fixed struct{ Reps, Policy, Approvers, Channel, Skills bool }

// Any says whether there is one.
func (f Fixed) Any() bool { return f.Reps || f.Policy || f.Approvers || f.Channel || f.Skills }

// A TeamConfig is a team as the configuration gives it.
type TeamConfig struct {
	Team  team.Team
	Fixed Fixed
}

// Over lays what the configuration sets over what the manager has settled.
func (c TeamConfig) Over(t team.Team) team.Team {
	if c.Fixed.Reps {
		t.Reps = c.Team.Reps
	}
	if c.Fixed.Policy {
		t.Policy = c.Team.Policy
	}
	if c.Fixed.Approvers {
		t.Approvers = c.Team.Approvers
	}
	if c.Fixed.Channel {
		t.Channel = c.Team.Channel
	}
	if c.Fixed.Skills {
		t.Skills = c.Team.Skills
	}
	return t
}
