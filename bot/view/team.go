package view

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
	"stepin/nudges/team"
	"stepin/nudges/text"
)

// teamScreens are those of a team.
var teamScreens = map[form.Screen]row{
	form.TeamScreen: {title: "title-team", submit: "submit-save", draw: drawTeam, reopen: form.ActTeam},
}

// drawTeam are the team's settings. What the configuration sets is shown and not asked.
func drawTeam(b *builder) {
	t, f := b.Team, b.Fixed
	if f.Any() {
		b.say("home-team-fixed")
		b.drawTeamLines(f)
	}
	people := func(action, label string, ids []nudges.UserID) {
		el := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, nil, action)
		for _, id := range ids {
			if !b.Unfit[id] {
				el.InitialUsers = append(el.InitialUsers, string(id))
			}
		}
		b.optional(action, label, el)
	}
	if !f.Reps {
		people(form.ActReps, "label-reps", t.Reps)
	}
	if !f.Policy {
		b.field(form.ActPolicy, "label-policy", radio(form.ActPolicy, string(t.Agreement()),
			b.option(string(nudges.Self), "option-policy-self"),
			b.option(string(nudges.ByOthers), "option-policy-approver")))
	}
	if !f.Approvers {
		var a team.Approver
		var next []nudges.UserID
		for i, x := range t.Approvers {
			if i == 0 {
				a = x
				continue
			}
			next = append(next, x.ID)
		}
		b.optional(form.ActApprover, "label-approver", b.person(form.ActApprover, "", a.ID))
		b.optional(form.ActDelegate, "label-delegate", b.person(form.ActDelegate, "", a.Delegate))
		b.optional(form.ActFrom, "label-from", date(form.ActFrom, a.From))
		b.optional(form.ActUntil, "label-until", date(form.ActUntil, a.Until))
		people(form.ActNext, "label-next", next)
	}
	if !f.Channel {
		el := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, nil, form.ActChannel)
		el.InitialConversation = t.Channel
		el.Filter = &slack.SelectBlockElementFilter{
			Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true, ExcludeBotUsers: true,
		}
		b.optional(form.ActChannel, "label-channel", el)
	}
	if !f.Skills {
		el := b.input(form.ActSkills, "placeholder-skills", maxInput, skillsText(t.Skills))
		el.Multiline = true
		b.optional(form.ActSkills, "label-skills", el)
	}
}

// skillsText are skills as they fit into their field: tidied up they can be longer than they were typed.
func skillsText(skills []team.Skill) string {
	text := team.WriteSkills(skills)
	if utf8.RuneCountInString(text) > maxInput {
		text = strings.ReplaceAll(text, ": ", ":")
	}
	return text
}

// drawTeamLines tells how the team is set, but only the parts that are marked.
func (b *builder) drawTeamLines(only roster.Fixed) {
	t := b.Team
	if only.Reps && len(t.Reps) == 0 {
		b.say("home-team-none")
	} else if only.Reps {
		b.say("home-team-reps", b.namesOf(t.Reps...))
	}
	switch {
	case !only.Policy && !only.Approvers:
	case t.Agreement() == nudges.ByOthers:
		b.drawApprovers()
	default:
		b.say("home-team-self")
	}
	if only.Channel && t.Channel != "" {
		b.say("home-team-channel", text.Text("<#"+channelID(t.Channel)+">"))
	}
	if only.Skills && len(t.Skills) > 0 {
		var skills []string
		for _, s := range t.Skills {
			skills = append(skills, string(text.Quoted(s.Name)))
		}
		b.say("home-team-skills", text.Text(strings.Join(skills, ", ")))
	}
}

// drawApprovers names those who agree to a take-over, and who stands in for whom until when.
func (b *builder) drawApprovers() {
	var ids []nudges.UserID
	for _, a := range b.Team.Approvers {
		ids = append(ids, a.ID)
	}
	b.say("home-team-approver", b.namesOf(ids...))
	for _, a := range b.Team.Approvers {
		if a.Delegate == "" {
			continue
		}
		sc := b.Scene
		sc.Data.Who = cmp.Or(b.name(a.Delegate), string(a.Delegate))
		sc.Data.Starts, sc.Data.Until = plainDate(a.From), plainDate(a.Until)
		b.add(section(sc.phrase("home-team-delegate", b.namesOf(a.ID))))
	}
}

// namesOf are people's names, or their ids where Slack did not say.
func (sc Scene) namesOf(ids ...nudges.UserID) text.Text {
	var out []string
	for _, id := range ids {
		out = append(out, string(text.Quoted(cmp.Or(sc.name(id), string(id)))))
	}
	return text.Text(strings.Join(out, ", "))
}

// channelID keeps what can be a channel's id and nothing else, for it goes into markup.
func channelID(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// plainDate is a date as people write it; "" for none.
func plainDate(d nudges.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("2 Jan")
}
