package decide

import (
	"errors"
	"slices"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/team"
)

// teamRows are the settings of a team.
var teamRows = rows{
	actions: map[string]action{
		form.ActTeam: {listedOnly, nil, shows(form.TeamScreen)},
	},
	windows: map[form.Screen]window{
		form.TeamScreen: {home: true, submit: (*handler).submitTeam},
	},
}

// submitTeam saves the person's own team: all of it, or nothing.
func (c *handler) submitTeam() error {
	was, err := c.tx.Team(c.in.User)
	if err != nil {
		return err
	}
	// What the configuration sets is not on the form, and stays as it was in the file.
	own, fixed := was, c.known.fixed
	own.Manager = c.in.User
	filled := c.in.Form
	if !fixed.Reps {
		own.Reps = ids(filled[form.ActReps])
	}
	if !fixed.Policy {
		own.Policy = nudges.Policy(filled[form.ActPolicy])
	}
	if !fixed.Approvers {
		own.Approvers = approvers(filled)
	}
	if !fixed.Channel {
		own.Channel = filled[form.ActChannel]
	}
	if !fixed.Skills {
		if own.Skills, err = team.ReadSkills(filled[form.ActSkills]); err != nil {
			return below(form.ActSkills, err, team.ErrSkills)
		}
	}
	wrong := c.teamErrors(roster.TeamConfig{Team: c.known.team, Fixed: fixed}.Over(own))
	if c.known.channel != roster.ChannelFits && own.Channel != "" && !fixed.Channel {
		wrong[form.ActChannel] = "team-channel-" + string(c.known.channel)
	}
	standsIn := filled[form.ActDelegate]+filled[form.ActFrom]+filled[form.ActUntil] != ""
	if !fixed.Approvers && filled[form.ActApprover] == "" && standsIn {
		wrong[form.ActApprover] = "team-no-approver" // or the delegate would be lost without a word
	}
	if len(wrong) > 0 {
		return wrong
	}
	if err := errors.Join(c.tx.PutTeam(own), c.meetNew(was, own)); err != nil {
		return err
	}
	return c.done()
}

// meetNew asks the reps who are new on a team whether this is their manager, unless they were asked before.
func (c *handler) meetNew(was, own team.Team) error {
	for _, rep := range own.Reps {
		bond, err := c.rules.BondOf(c.tx, rep, own.Manager)
		if err != nil {
			return err
		}
		if bond != nudges.Unmet || slices.Contains(was.Reps, rep) {
			continue
		}
		err = errors.Join(c.tx.PutBond(rep, own.Manager, nudges.Meeting), c.tx.Enqueue(c.now, nudges.Message{
			Key: team.MeetKey(own.Manager, rep, c.now), Kind: nudges.KindMeet, To: rep, Due: c.now,
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// approvers reads the form: the first approver with their delegate, and then the others.
func approvers(filled map[string]string) []team.Approver {
	var out []team.Approver
	first := team.Approver{
		ID: nudges.UserID(filled[form.ActApprover]), Delegate: nudges.UserID(filled[form.ActDelegate]),
		From: nudges.Date(filled[form.ActFrom]), Until: nudges.Date(filled[form.ActUntil]),
	}
	if first.ID != "" {
		out = append(out, first)
	}
	for _, id := range ids(filled[form.ActNext]) {
		if id != first.ID {
			out = append(out, team.Approver{ID: id})
		}
	}
	return out
}

// teamErrors notes what is wrong with a team by field: the text, and the person whom it names. It leaves out what the
// configuration sets, for the manager cannot change that.
func (c *handler) teamErrors(t team.Team) invalid {
	wrong, f := invalid{}, c.known.fixed
	c.out.About = map[string]nudges.UserID{}
	fixed := map[string]bool{
		form.ActReps: f.Reps, form.ActPolicy: f.Policy, form.ActApprover: f.Approvers,
		form.ActDelegate: f.Approvers, form.ActUntil: f.Approvers, form.ActNext: f.Approvers,
	}
	note := func(action, text string, about nudges.UserID) {
		if wrong[action] == "" && !fixed[action] {
			wrong[action], c.out.About[action] = text, about
		}
	}
	// named is the field in which somebody stands as approver or delegate.
	named := func(who nudges.UserID) string {
		for i, a := range t.Approvers {
			switch {
			case a.ID == who && i > 0:
				return form.ActNext
			case a.ID != who && a.Delegate == who:
				return form.ActDelegate
			case a.ID == who:
				return form.ActApprover
			}
		}
		return form.ActApprover
	}
	for _, x := range t.Faults() {
		field := map[team.FaultKind]string{
			team.FaultNobody: form.ActApprover, team.FaultSelf: named(x.Who), team.FaultCycle: form.ActDelegate,
			team.FaultDates: form.ActUntil, team.FaultOwnRep: form.ActReps,
		}[x.Kind]
		if x.Kind == team.FaultNobody && f.Approvers {
			field = form.ActPolicy
		}
		note(field, "team-"+string(x.Kind), x.Who)
	}
	for _, rep := range t.Reps {
		if text := c.known.unfit[rep]; text != "" {
			note(form.ActReps, text, rep)
		}
		if other, err := c.tx.TeamOf(rep); err == nil && other != t.Manager || c.known.elsewhere[rep] {
			note(form.ActReps, "team-"+string(team.FaultTwoTeams), rep)
		}
	}
	for _, who := range t.People() {
		if text := c.known.unfit[who]; text != "" {
			note(named(who), text, who)
		}
	}
	return wrong
}
