package bot

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
)

// lookAround reads, before the transaction, what the team says: whom to ask, and who of the
// people named in a form can be asked at all. Nothing in a transaction may call Slack.
func (b *Bot) lookAround(ctx context.Context, in form.Input, l form.Line, k *known) error {
	named := people(in)
	if l.Boss != "" {
		named = append(named, l.Boss)
	}
	var mine nudges.UserID
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		mine = in.User
		if in.Request != "" && form.Screen(in.Callback) != form.TeamScreen { // which is about one's own, whatever it names
			q, err := r.Request(in.Request)
			if err != nil && !errors.Is(err, nudges.ErrNotFound) {
				return err
			}
			mine = q.Manager
		}
		var err error
		if k.boss, err = b.live().BossOf(r, in.User); err != nil {
			return err
		}
		if k.team, err = b.live().TeamOf(r, mine); err != nil {
			return err
		}
		k.theirs, err = b.live().TeamOf(r, nudges.UserID(cmp.Or(in.Form[form.ActWith], string(l.Boss), string(k.boss))))
		return err
	})
	if err != nil {
		return err
	}
	if c, ok := b.live().Configured(mine); ok {
		k.fixed = c.Fixed
	}
	k.elsewhere = map[nudges.UserID]bool{}
	for _, rep := range ids(in.Form[form.ActReps]) {
		boss := b.live().SetBoss(rep)
		k.elsewhere[rep] = boss != "" && boss != mine
	}
	// Who can be asked is looked up for those who can bring it about.
	if (mine == in.User || form.Screen(in.Callback) == form.RescheduleScreen) && k.team.Agreement() == nudges.ByOthers {
		named = append(named, k.team.People()...)
	}
	var looks sync.WaitGroup
	if in.Kind == form.Submitted && form.Screen(in.Callback) == form.TeamScreen && !k.fixed.Channel {
		looks.Go(func() { k.channel = b.people.formChannel(ctx, in.Form[form.ActChannel]) })
	}
	found := b.people.find(ctx, named)
	looks.Wait()
	k.unfit = map[nudges.UserID]string{}
	for id, p := range found {
		if text := roster.WhyUnfit(p.Person, p.Err); text != "" {
			k.unfit[id] = text
		}
	}
	today := func(id nudges.UserID) nudges.Date {
		zone := k.me.Zone
		if p, ok := found[id]; ok {
			zone = p.Zone
		}
		return nudges.DateIn(b.now(), zone)
	}
	k.route = k.team.Route(today, func(id nudges.UserID) bool { return k.unfit[id] == "" })
	return nil
}

// people are those that a form names, beside the rep of a call.
func people(in form.Input) []nudges.UserID {
	var out []nudges.UserID
	for _, action := range []string{form.ActBoss, form.ActWith, form.ActReps, form.ActApprover, form.ActDelegate, form.ActNext} {
		out = append(out, ids(in.Form[action])...)
	}
	return out
}

// ids are the people of a field that takes several.
func ids(value string) []nudges.UserID {
	var out []nudges.UserID
	for id := range strings.SplitSeq(value, ",") {
		if id != "" {
			out = append(out, nudges.UserID(id))
		}
	}
	return out
}

// submitTeam saves the person's own team: all of it, or nothing.
func (c *change) submitTeam() error {
	was, err := c.tx.Team(c.in.User)
	if err != nil {
		return err
	}
	// What the configuration sets is not on the form, and stays as it was in the file.
	team, fixed := was, c.known.fixed
	team.Manager = c.in.User
	filled := c.in.Form
	if !fixed.Reps {
		team.Reps = ids(filled[form.ActReps])
	}
	if !fixed.Policy {
		team.Policy = nudges.Policy(filled[form.ActPolicy])
	}
	if !fixed.Approvers {
		team.Approvers = approvers(filled)
	}
	if !fixed.Channel {
		team.Channel = filled[form.ActChannel]
	}
	if !fixed.Skills {
		if team.Skills, err = nudges.ReadSkills(filled[form.ActSkills]); err != nil {
			c.out.Errors = map[string]string{form.ActSkills: "team-skills-long"}
			return nil
		}
	}
	c.teamErrors(roster.TeamConfig{Team: c.known.team, Fixed: fixed}.Over(team))
	c.channelError(team)
	if !fixed.Approvers && filled[form.ActApprover] == "" && filled[form.ActDelegate]+filled[form.ActFrom]+filled[form.ActUntil] != "" {
		c.out.Errors[form.ActApprover] = "team-no-approver" // or whoever stands in would be lost without a word
	}
	if len(c.out.Errors) > 0 {
		return nil
	}
	if err := c.tx.PutTeam(team); err != nil {
		return err
	}
	c.out.Screen = form.DoneScreen
	c.out.homes = append(c.out.homes, c.in.User)
	return nil
}

// approvers reads the form: the first with whoever stands in, and then the others.
func approvers(filled map[string]string) []nudges.Approver {
	var out []nudges.Approver
	first := nudges.Approver{
		ID: nudges.UserID(filled[form.ActApprover]), Delegate: nudges.UserID(filled[form.ActDelegate]),
		From: nudges.Date(filled[form.ActFrom]), Until: nudges.Date(filled[form.ActUntil]),
	}
	if first.ID != "" {
		out = append(out, first)
	}
	for _, id := range ids(filled[form.ActNext]) {
		if id != first.ID {
			out = append(out, nudges.Approver{ID: id})
		}
	}
	return out
}

// teamErrors notes what is wrong with a team, by the field that it is about: the name of
// the text, and the person it names. What the configuration sets is on no field, and not
// for the manager to mend.
func (c *change) teamErrors(t nudges.Team) {
	c.out.Errors, c.out.About = map[string]string{}, map[string]nudges.UserID{}
	f := c.known.fixed
	fixed := map[string]bool{
		form.ActReps: f.Reps, form.ActPolicy: f.Policy, form.ActApprover: f.Approvers, form.ActDelegate: f.Approvers, form.ActUntil: f.Approvers, form.ActNext: f.Approvers,
	}
	note := func(action, text string, about nudges.UserID) {
		if c.out.Errors[action] == "" && !fixed[action] {
			c.out.Errors[action], c.out.About[action] = text, about
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
		field := map[nudges.FaultKind]string{
			nudges.FaultNobody: form.ActApprover, nudges.FaultSelf: named(x.Who), nudges.FaultCycle: form.ActDelegate,
			nudges.FaultDates: form.ActUntil, nudges.FaultOwnRep: form.ActReps,
		}[x.Kind]
		if x.Kind == nudges.FaultNobody && f.Approvers {
			field = form.ActPolicy
		}
		note(field, "team-"+string(x.Kind), x.Who)
	}
	for _, rep := range t.Reps {
		if text := c.known.unfit[rep]; text != "" {
			note(form.ActReps, text, rep)
		}
		if other, err := c.tx.TeamOf(rep); err == nil && other != t.Manager || c.known.elsewhere[rep] {
			note(form.ActReps, "team-"+string(nudges.FaultTwoTeams), rep)
		}
	}
	for _, who := range t.People() {
		if text := c.known.unfit[who]; text != "" {
			note(named(who), text, who)
		}
	}
}
