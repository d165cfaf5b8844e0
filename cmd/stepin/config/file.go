package config

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"

	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/team"
)

// allowed is who may use stepin: both empty for every full member.
type allowed struct {
	users []userID
	group string
}

// UnmarshalYAML takes "everybody", the id of a user group, or a list of user ids.
func (a *allowed) UnmarshalYAML(n *yaml.Node) error {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "everybody":
		return nil
	case n.Kind == yaml.ScalarNode && groupPattern.MatchString(n.Value):
		a.group = n.Value
		return nil
	case n.Kind != yaml.SequenceNode || len(n.Content) == 0:
		return errors.New("allowed takes \"everybody\", a list of user ids, or the id of one user group, " +
			"such as S012ABCDEF")
	}
	for _, v := range n.Content {
		if groupPattern.MatchString(v.Value) {
			return failAt(v, "a user group cannot be in a list: write \"allowed: %s\"", v.Value)
		}
	}
	return n.Load(&a.users, strict...)
}

// A fileTeam is a team as the file sets it. The manager sets the rest in Home.
type fileTeam struct {
	teamFile
	at *yaml.Node
}

type teamFile struct {
	Manager   userID
	Reps      []userID
	Policy    policy
	Approvers []approver
	Channel   channelID
	Skills    skills
	Holidays  *holidays
}

// UnmarshalYAML records the place of a team, for the faults of the whole team.
func (t *fileTeam) UnmarshalYAML(n *yaml.Node) error {
	t.at = n
	if err := n.Load(&t.teamFile, strict...); err != nil {
		return err
	}
	if t.Manager == "" {
		return errors.New("a team needs its manager: add the user id")
	}
	return nil
}

func (t fileTeam) config() roster.TeamConfig {
	c := roster.TeamConfig{
		Team: team.Team{
			Manager: nudges.UserID(t.Manager), Reps: ids(t.Reps), Policy: nudges.Policy(t.Policy),
			Channel: string(t.Channel), Skills: t.Skills,
		},
		Fixed: roster.Fixed{
			Reps: t.Reps != nil, Policy: t.Policy != "", Approvers: t.Approvers != nil,
			Channel: t.Channel != "", Skills: t.Skills != nil,
		},
	}
	for _, a := range t.Approvers {
		c.Team.Approvers = append(c.Team.Approvers, team.Approver{
			ID: nudges.UserID(a.ID), Delegate: nudges.UserID(a.Delegate),
			From: nudges.Date(a.From), Until: nudges.Date(a.Until),
		})
	}
	return c
}

type approver struct{ approverFile }

type approverFile struct {
	ID, Delegate userID
	From, Until  day
}

// UnmarshalYAML takes an id, or an id with a delegate.
func (a *approver) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		return n.Load(&a.ID, strict...)
	}
	if err := n.Load(&a.approverFile, strict...); err != nil {
		return err
	}
	if a.ID == "" {
		return errors.New("an approver needs an id")
	}
	return nil
}

type skills []team.Skill

// UnmarshalYAML keeps the order of the file, which a map would lose.
func (s *skills) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return errors.New("skills takes names, each with its training, such as {Pricing: Negotiation basics}")
	}
	*s = skills{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		*s = append(*s, team.Skill{Name: n.Content[i].Value, Training: n.Content[i+1].Value})
	}
	if got, err := team.ReadSkills(team.WriteSkills(*s)); err != nil || len(got) != len(*s) {
		return errors.New("there can be a hundred skills, each name and training with at most 75 characters, " +
			"no name twice and none with a colon")
	}
	return nil
}

// teamFaults are faults of whole teams, and of teams among each other.
func (f file) teamFaults() (out []*yaml.LoadError) {
	var all []team.Team
	at := map[nudges.UserID]*yaml.Node{}
	for _, t := range f.Teams {
		c := t.config()
		m := c.Team.Manager
		if first := at[m]; first != nil {
			out = append(out, faultAt(t.at, "%s already has a team in line %d: keep one", m, first.Line))
			continue
		}
		at[m], all = t.at, append(all, c.Team)
		for _, f := range c.Team.Faults() {
			if f.Kind != team.FaultNobody || c.Fixed.Approvers { // else the manager names them in Home
				out = append(out, faultAt(t.at, "%s", teamFault(f)))
			}
		}
	}
	for _, f := range team.TwoTeams(all) {
		out = append(out, faultAt(at[f.Team], "%s", teamFault(f)))
	}
	return out
}

// teamFault says what is wrong with a team, and what to do.
func teamFault(f team.Fault) string {
	switch f.Kind {
	case team.FaultNobody:
		return fmt.Sprintf("the team of %s needs an approver and names none: name one, or set policy to self", f.Team)
	case team.FaultSelf:
		return fmt.Sprintf("%s would approve their own take-overs: name somebody else", f.Who)
	case team.FaultCycle:
		return fmt.Sprintf("the delegates of %s lead back to %s: name another delegate", f.Who, f.Who)
	case team.FaultTwoTeams:
		return fmt.Sprintf("%s is a rep of two teams: remove them from one", f.Who)
	case team.FaultDates:
		return fmt.Sprintf("the absence of %s ends before it begins: swap the days", f.Who)
	case team.FaultOwnRep:
		return fmt.Sprintf("%s is a rep of their own team: remove them", f.Who)
	}
	return string(f.Kind)
}
