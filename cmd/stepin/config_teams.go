package main

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"stepin/bot"
	"stepin/nudges"
)

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)

// faults tells of a fault at a place in the file.
type faults func(n *yaml.Node, format string, a ...any)

// entries are the keys of a mapping, each once and each one that is known.
func (fault faults) entries(n *yaml.Node, known ...string) map[string]*yaml.Node {
	out := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		fault(n, "expected keys with values: %s", known[0])
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case out[k.Value] != nil:
			fault(k, "%q stands here twice: keep one", k.Value)
		case !slices.Contains(known, k.Value):
			fault(k, "unknown key %q%s", k.Value, meantOr(k.Value, known...))
		}
		out[k.Value] = v
	}
	return out
}

func (fault faults) user(n *yaml.Node) nudges.UserID {
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode || !userID.MatchString(n.Value) {
		fault(n, "%q is no user id: in Slack, open the profile, then ⋮, then Copy member ID", n.Value)
		return ""
	}
	return nudges.UserID(n.Value)
}

func (fault faults) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		fault(n, "%s takes a list", what)
		return nil
	}
	return n.Content
}

func (fault faults) day(n *yaml.Node) nudges.Date {
	if n == nil {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, n.Value); err != nil {
		fault(n, "%q is no day: write it as 2026-12-31", n.Value)
		return ""
	}
	return nudges.Date(n.Value)
}

// teams reads the teams that the configuration sets. What a team leaves out stays with its
// manager, in Home.
func (fault faults) teams(v *yaml.Node) (out []bot.TeamConfig, off map[nudges.UserID]holidays) {
	off = map[nudges.UserID]holidays{}
	var all []nudges.Team
	at := map[nudges.UserID]*yaml.Node{}
	for _, n := range fault.list(v, "teams") {
		c := fault.team(n)
		m := c.Team.Manager
		switch {
		case m == "":
			continue
		case at[m] != nil:
			fault(n, "%s has a team in line %d already: keep one", m, at[m].Line)
			continue
		}
		at[m] = n
		out, all = append(out, c), append(all, c.Team)
		if h := entry(n, "holidays"); h != nil {
			off[m] = fault.holidays(h)
		}
		for _, f := range c.Team.Faults() {
			if f.Kind == nudges.FaultNobody && !c.Fixed.Approvers {
				continue // the manager names them in Home
			}
			fault(n, "%s", teamFault(f))
		}
	}
	for _, f := range nudges.TwoTeams(all) {
		fault(at[f.Team], "%s", teamFault(f))
	}
	return out, off
}

// entry is the value of a key of a mapping; nil if it has none.
func entry(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func (fault faults) team(n *yaml.Node) (c bot.TeamConfig) {
	e := fault.entries(n, names(teamKeys)...)
	if e["manager"] == nil {
		fault(n, "a team needs its manager: the user id of whom it belongs to")
	}
	t := &c.Team
	t.Manager = fault.user(e["manager"])
	if v := e["reps"]; v != nil {
		c.Fixed.Reps = true
		for _, r := range fault.list(v, "reps") {
			t.Reps = append(t.Reps, fault.user(r))
		}
	}
	if v := e["policy"]; v != nil {
		c.Fixed.Policy = true
		if t.Policy = nudges.Policy(v.Value); t.Policy != nudges.Self && t.Policy != nudges.ByOthers {
			fault(v, "policy is %q or %q, not %q", nudges.Self, nudges.ByOthers, v.Value)
		}
	}
	if v := e["approvers"]; v != nil {
		c.Fixed.Approvers = true
		for _, a := range fault.list(v, "approvers") {
			t.Approvers = append(t.Approvers, fault.approver(a))
		}
	}
	if v := e["channel"]; v != nil {
		c.Fixed.Channel = true
		if t.Channel = v.Value; !channelID.MatchString(v.Value) {
			fault(v, "%q is no channel id: in Slack, open the channel's details; it stands at the bottom", v.Value)
		}
	}
	if v := e["skills"]; v != nil {
		c.Fixed.Skills = true
		if v.Kind != yaml.MappingNode {
			fault(v, "skills takes names with their trainings, such as {Pricing: Negotiation basics}")
			return c
		}
		for i := 0; i+1 < len(v.Content); i += 2 {
			t.Skills = append(t.Skills, nudges.Skill{Name: v.Content[i].Value, Training: v.Content[i+1].Value})
		}
		if got, err := nudges.ReadSkills(nudges.WriteSkills(t.Skills)); err != nil || len(got) != len(t.Skills) {
			fault(v, "skills are at most a hundred, each name and training at most 75 characters, and no name twice or with a colon")
		}
	}
	return c
}

// approver is an id alone, or an id with who stands in.
func (fault faults) approver(n *yaml.Node) nudges.Approver {
	if n.Kind == yaml.ScalarNode {
		return nudges.Approver{ID: fault.user(n)}
	}
	e := fault.entries(n, names(approverKeys)...)
	if e["id"] == nil {
		fault(n, "an approver needs an id")
	}
	return nudges.Approver{ID: fault.user(e["id"]), Delegate: fault.user(e["delegate"]), From: fault.day(e["from"]), Until: fault.day(e["until"])}
}

// teamFault says what is wrong with a team, and what to do.
func teamFault(f nudges.Fault) string {
	switch f.Kind {
	case nudges.FaultNobody:
		return fmt.Sprintf("the team of %s asks an approver and names none: name one, or set policy to self", f.Team)
	case nudges.FaultSelf:
		return fmt.Sprintf("%s would approve their own take-overs: name somebody else", f.Who)
	case nudges.FaultCycle:
		return fmt.Sprintf("the delegates of %s lead back to %s: name somebody else to stand in", f.Who, f.Who)
	case nudges.FaultTwoTeams:
		return fmt.Sprintf("%s is a rep of two teams: take them off one", f.Who)
	case nudges.FaultDates:
		return fmt.Sprintf("the absence of %s ends before it begins: turn the days around", f.Who)
	case nudges.FaultOwnRep:
		return fmt.Sprintf("%s is a rep of their own team: take them off", f.Who)
	}
	return string(f.Kind)
}
