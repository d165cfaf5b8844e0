package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/nudges"
)

// Fixed says which parts of a team the configuration sets, so that Slack cannot change them.
type Fixed struct{ Reps, Policy, Approvers, Channel, Skills bool }

// any says whether there is one.
func (f Fixed) any() bool { return f.Reps || f.Policy || f.Approvers || f.Channel || f.Skills }

// A TeamConfig is a team as the configuration gives it.
type TeamConfig struct {
	Team  nudges.Team
	Fixed Fixed
}

// over lays what the configuration sets over what the manager has settled.
func (c TeamConfig) over(t nudges.Team) nudges.Team {
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

// teamBlocks are the team's settings; what the configuration sets is shown and not asked.
func teamBlocks(sc scene) []slack.Block {
	t, f := sc.team, sc.fixed
	var blocks []slack.Block
	if f.any() {
		blocks = append(blocks, section(sc.words.Text("home-team-fixed", sc.d)))
		blocks = append(blocks, teamLines(sc, f)...)
	}
	field := func(action, label string, el slack.BlockElement) {
		in := slack.NewInputBlock(form.Block(action), plain(sc.words.Text(label, sc.d)), nil, el)
		in.Optional = true
		blocks = append(blocks, in)
	}
	person := func(action, label string, id nudges.UserID) {
		el := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, action)
		el.InitialUser = string(id)
		field(action, label, el)
	}
	people := func(action, label string, ids []nudges.UserID) {
		el := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeUser, nil, action)
		for _, id := range ids {
			el.InitialUsers = append(el.InitialUsers, string(id))
		}
		field(action, label, el)
	}
	date := func(action, label string, d nudges.Date) {
		el := slack.NewDatePickerBlockElement(action)
		el.InitialDate = string(d)
		field(action, label, el)
	}
	if !f.Reps {
		people(form.ActReps, "label-reps", t.Reps)
	}
	if !f.Policy {
		opts := []*slack.OptionBlockObject{
			slack.NewOptionBlockObject(string(nudges.Self), plain(sc.words.Text("option-policy-self", sc.d)), nil),
			slack.NewOptionBlockObject(string(nudges.ByOthers), plain(sc.words.Text("option-policy-approver", sc.d)), nil),
		}
		el := slack.NewRadioButtonsBlockElement(form.ActPolicy, opts...)
		el.InitialOption = picked(opts, string(t.Agreement()))
		blocks = append(blocks, slack.NewInputBlock(form.Block(form.ActPolicy), plain(sc.words.Text("label-policy", sc.d)), nil, el))
	}
	if !f.Approvers {
		var a nudges.Approver
		var next []nudges.UserID
		for i, x := range t.Approvers {
			if i == 0 {
				a = x
				continue
			}
			next = append(next, x.ID)
		}
		person(form.ActApprover, "label-approver", a.ID)
		person(form.ActDelegate, "label-delegate", a.Delegate)
		date(form.ActFrom, "label-from", a.From)
		date(form.ActUntil, "label-until", a.Until)
		people(form.ActNext, "label-next", next)
	}
	if !f.Channel {
		el := slack.NewOptionsSelectBlockElement(slack.OptTypeConversations, nil, form.ActChannel)
		el.InitialConversation = t.Channel
		el.Filter = &slack.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true, ExcludeBotUsers: true}
		field(form.ActChannel, "label-channel", el)
	}
	if !f.Skills {
		el := slack.NewPlainTextInputBlockElement(plain(sc.words.Text("placeholder-skills", sc.d)), form.ActSkills)
		el.Multiline, el.MaxLength, el.InitialValue = true, maxInput, skillsText(t.Skills)
		field(form.ActSkills, "label-skills", el)
	}
	return blocks
}

// skillsText are skills as they fit into their field: tidied up they can be longer than they were typed.
func skillsText(skills []nudges.Skill) string {
	text := nudges.WriteSkills(skills)
	if utf8.RuneCountInString(text) > maxInput {
		text = strings.ReplaceAll(text, ": ", ":")
	}
	return text
}

// teamLines tell how the team is set; only keeps those that are marked.
func teamLines(sc scene, only Fixed) []slack.Block {
	t := sc.team
	names := func(ids []nudges.UserID) nudges.Marked {
		var out []string
		for _, id := range ids {
			out = append(out, string(nudges.Said(cmp.Or(sc.name(id), string(id)))))
		}
		return nudges.Marked(strings.Join(out, ", "))
	}
	var lines []nudges.Marked
	if only.Reps && len(t.Reps) == 0 {
		lines = append(lines, sc.words.Text("home-team-none", sc.d))
	} else if only.Reps {
		lines = append(lines, sc.words.Quote("home-team-reps", sc.d, names(t.Reps), ""))
	}
	var approvers []nudges.UserID
	for _, a := range t.Approvers {
		approvers = append(approvers, a.ID)
	}
	if only.Policy || only.Approvers {
		if t.Agreement() == nudges.ByOthers {
			lines = append(lines, sc.words.Quote("home-team-approver", sc.d, names(approvers), ""))
			for _, a := range t.Approvers {
				if a.Delegate != "" {
					d := sc.d
					d.Who, d.Starts, d.Until = cmp.Or(sc.name(a.Delegate), string(a.Delegate)), plainDate(a.From), plainDate(a.Until)
					lines = append(lines, sc.words.Quote("home-team-delegate", d, names([]nudges.UserID{a.ID}), ""))
				}
			}
		} else {
			lines = append(lines, sc.words.Text("home-team-self", sc.d))
		}
	}
	if only.Channel && t.Channel != "" {
		lines = append(lines, sc.words.Quote("home-team-channel", sc.d, nudges.Marked("<#"+channelID(t.Channel)+">"), ""))
	}
	if only.Skills && len(t.Skills) > 0 {
		var skills []string
		for _, s := range t.Skills {
			skills = append(skills, string(nudges.Said(s.Name)))
		}
		lines = append(lines, sc.words.Quote("home-team-skills", sc.d, nudges.Marked(strings.Join(skills, ", ")), ""))
	}
	var blocks []slack.Block
	for _, l := range lines {
		blocks = append(blocks, section(l))
	}
	return blocks
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

// teamOf is a manager's team: what they have settled, under what the configuration sets.
func (b *Bot) teamOf(r nudges.Reader, manager nudges.UserID) (nudges.Team, error) {
	t, err := r.Team(manager)
	t.Manager = manager
	if c, ok := b.configured(manager); ok {
		t = c.over(t)
	}
	return t, err
}

// bossOf is the manager on whose team somebody is, as the configuration sets it, or else as
// that manager has settled it; "" for nobody's.
func (b *Bot) bossOf(r nudges.Reader, rep nudges.UserID) (nudges.UserID, error) {
	if boss := b.setBoss(rep); boss != "" {
		return boss, nil
	}
	boss, err := r.TeamOf(rep)
	if errors.Is(err, nudges.ErrNotFound) {
		return "", nil
	}
	if c, ok := b.configured(boss); ok && c.Fixed.Reps { // whom the configuration does not name there
		return "", err
	}
	return boss, err
}

// setBoss is the manager on whose team the configuration puts a rep; "" for nobody's.
func (b *Bot) setBoss(rep nudges.UserID) nudges.UserID {
	for _, c := range b.live().Teams {
		if c.Fixed.Reps && slices.Contains(c.Team.Reps, rep) {
			return c.Team.Manager
		}
	}
	return ""
}

func (b *Bot) configured(manager nudges.UserID) (TeamConfig, bool) {
	i := slices.IndexFunc(b.live().Teams, func(c TeamConfig) bool { return c.Team.Manager == manager })
	if i < 0 {
		return TeamConfig{}, false
	}
	return b.live().Teams[i], true
}

// plainDate is a date as people write it; "" for none.
func plainDate(d nudges.Date) string {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return string(d)
	}
	return t.Format("2 Jan")
}
