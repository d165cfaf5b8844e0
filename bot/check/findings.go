package check

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/nudges"
)

// allowedFindings says who may use stepin, and who of those named may not, since they are no full members.
func allowedFindings(
	ctx context.Context, c *slackapi.Client, who *people.Directory, a roster.Allowed,
) (out []Finding) {
	if a.Everybody {
		return nil
	}
	if a.Group == "" {
		for _, id := range a.Users[:min(len(a.Users), mostLooked)] {
			f := Finding{Name: "allowed", Remedy: "take " + id + " out of allowed in stepin.yaml"}
			p, err := who.Insist(ctx, nudges.UserID(id))
			switch says := unfit(nudges.UserID(id), p, err); {
			case says != "":
				f.Says = strings.TrimSpace(p.Name+" "+id) + " " + says + ", and may not use stepin"
			case !p.Known:
				f.silent("Slack does not say who " + id + " is")
			default:
				continue
			}
			out = append(out, f)
		}
		return out
	}
	f := Finding{Name: "allowed"}
	ids, err := people.GroupMembers(ctx, c, c.API(), a.Group)
	s := people.GroupRefusal(a.Group, err)
	switch {
	case s != nil:
		f.Says, f.Remedy = s.What, s.Remedy
	case err != nil:
		f.silent("Slack does not say who is in the group " + a.Group)
	case len(ids) == 0:
		f.Says, f.Remedy = "nobody is in the group "+a.Group+", so nobody may use stepin", addMembers
	default:
		not, member, all := outsiders(ctx, who, ids, true, 0)
		switch but := strings.Join(not, ", "); {
		case !member && all:
			f.Says, f.Remedy = groupOfOutsiders(a.Group)+": "+but, addMembers
		case but != "":
			f.OK, f.Says = true, headcount(len(ids)-len(not))+" in the group "+a.Group+" may use stepin, but not "+but
		default:
			f.OK, f.Says = true, headcount(len(ids))+" in the group "+a.Group+" may use stepin"
		}
	}
	return []Finding{f}
}

// groupOfOutsiders and addMembers are about a group in which nobody may use stepin.
func groupOfOutsiders(group string) string {
	return "nobody in the group " + group + " is a full member of this organisation, so nobody may use stepin"
}

const addMembers = "add full members to it in Slack, or name another group, or people, under allowed in stepin.yaml"

// mostLooked is how many members of a group are looked up, for calls of users.info are limited.
const mostLooked = 50

// outsiders looks up the members of a group, resting after each, and says which of them may not use stepin and why.
// member says whether one of them may, or perhaps may; all, whether everybody was looked up. Without names it ends
// with the first who may.
func outsiders(
	ctx context.Context, who *people.Directory, ids []string, named bool, rest time.Duration,
) (not []string, member, all bool) {
	for i, id := range ids {
		if i == mostLooked || ctx.Err() != nil || member && !named {
			return not, member, false
		}
		p, err := who.Insist(ctx, nudges.UserID(id))
		slackapi.Sleep(ctx, rest)
		says := unfit(nudges.UserID(id), p, err)
		if says == "" {
			member = true
			continue
		}
		says = id + " " + says
		if named {
			says = strings.TrimSpace(p.Name + " " + says)
		}
		not = append(not, says)
	}
	return not, member, true
}

// contactFindings says whether the contact, whom a refusal names, can be asked. A few words are not looked up.
func contactFindings(ctx context.Context, who *people.Directory, contact string) []Finding {
	f := Finding{
		Name: "contact", Says: contact + " can be asked by those who are refused",
		Remedy: "mend contact in stepin.yaml",
	}
	switch {
	case roster.UserMention.MatchString(contact):
		p, err := who.Insist(ctx, nudges.UserID(contact))
		switch says := unfit(nudges.UserID(contact), p, err); {
		case says != "":
			f.Says = strings.TrimSpace(p.Name+" "+contact) + " " + says
		case !p.Known:
			f.silent("Slack does not say who " + contact + " is")
		default:
			f.OK = true
		}
	case roster.ChannelMention.MatchString(contact):
		switch s, err := who.InsistChannel(ctx, contact); s {
		case roster.ChannelFits, roster.ChannelNotIn, roster.ChannelExternal: // it can be read all the same
			f.OK = true
		case roster.ChannelArchived:
			f.Says = contact + " is archived"
		case roster.ChannelUnknown:
			f.Says = "stepin sees no channel " + contact
		case roster.ChannelUnseen:
			f.Unseen, f.Says = true, "whether there is "+contact+" shows only with the scope "+needed(err)
			f.Remedy = "look whether it is there, and not archived"
		case roster.ChannelSilent:
			f.silent("Slack does not say how " + contact + " stands")
		}
	default:
		return nil
	}
	return []Finding{f}
}

// silent is a finding that Slack gives no answer about.
func (f *Finding) silent(says string) {
	f.OK, f.Unseen, f.Says, f.Remedy = false, true, says, "check again later"
}

func headcount(n int) string {
	if n == 1 {
		return "one person"
	}
	return strconv.Itoa(n) + " people"
}

// channelFindings looks at the debrief channel of each configured team, resting after each.
func channelFindings(
	ctx context.Context, who *people.Directory, teams []roster.TeamConfig, rest time.Duration,
) (out []Finding) {
	const inFile = " under teams in stepin.yaml"
	for _, t := range teams {
		id := t.Team.Channel
		if !t.Fixed.Channel || id == "" {
			continue
		}
		s, err := who.InsistChannel(ctx, id)
		if ctx.Err() != nil {
			return out
		}
		f := Finding{Name: "debriefs of " + string(t.Team.Manager)}
		switch s {
		case roster.ChannelFits:
			f.OK, f.Says = true, "can go to "+id
		case roster.ChannelArchived:
			f.Says, f.Remedy = id+" is archived", "open it again in Slack, or name another channel"+inFile
		case roster.ChannelNotIn:
			f.Says, f.Remedy = "stepin is not in "+id, "type /invite @stepin there"
		case roster.ChannelExternal:
			f.Says, f.Remedy = id+" is shared with another organisation", "name a channel that is only yours"+inFile
		case roster.ChannelUnknown:
			f.Says = "stepin sees no channel " + id
			f.Remedy = "if it is private, type /invite @stepin there; if not, mend the id" + inFile
		case roster.ChannelUnseen:
			f.Unseen, f.Says = true, "whether they can go to "+id+" shows only with the scope "+needed(err)
			f.Remedy = "look whether it is there, not archived, only yours, and stepin in it"
		case roster.ChannelSilent:
			f.silent("Slack does not say how " + id + " stands")
		}
		out = append(out, f)
		slackapi.Sleep(ctx, rest)
	}
	return out
}

// needed names the scope that a refused call lacked.
func needed(err error) string {
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok && no.Needed != "" {
		return strings.ReplaceAll(no.Needed, ",", ", ")
	}
	return "channels:read"
}

// unfit says in words for operators why the id of a setting stands for nobody who can be asked; "" if it does.
func unfit(id nudges.UserID, p roster.Person, err error) string {
	text := roster.WhyUnfit(p, err)
	if text == "" && roster.Renamed(id, p) {
		return "has the id " + string(p.ID) + " since the workspace joined an organisation: write that instead"
	}
	return whyUnfit[text]
}

// whyUnfit is roster.WhyUnfit in words for operators.
var whyUnfit = map[string]string{
	"team-unknown": "is not in this workspace", "team-bot": "is an app", "team-gone": "is deactivated",
	"team-elsewhere": "is from another organisation", "team-guest": "is a guest",
}

// TeamFindings looks up everybody whom the configured teams name. It rests after each, since others need the same
// limit. named adds people's names, which must not be in a log.
func TeamFindings(
	ctx context.Context, who *people.Directory, teams []roster.TeamConfig, named bool, rest time.Duration,
) (out []Finding) {
	for _, c := range teams {
		name, fits := "team of "+string(c.Team.Manager), true
		for _, id := range slices.Concat([]nudges.UserID{c.Team.Manager}, c.Team.Reps, c.Team.People()) {
			p, err := who.Insist(ctx, id)
			if ctx.Err() != nil {
				return out
			}
			slackapi.Sleep(ctx, rest)
			f := Finding{Name: name}
			switch says := unfit(id, p, err); {
			case says == "" && !p.Known:
				f.silent("Slack does not say who " + string(id) + " is")
			case says != "":
				f.OK, f.Says = false, string(id)+" "+says
				if named {
					f.Says = strings.TrimSpace(p.Name + " " + f.Says)
				}
				f.Remedy = "name a full member of this workspace under teams in stepin.yaml, or take " + string(id) +
					" out"
			default:
				continue
			}
			fits, out = false, append(out, f)
		}
		if fits {
			out = append(out, Finding{OK: true, Name: name, Says: "everybody named can be reached"})
		}
	}
	return out
}

// adminFindings says whether stepin can write to the configured admins. named adds their names, which must not be in a
// log.
func adminFindings(
	ctx context.Context, who *people.Directory, admins []nudges.UserID, named bool,
) (out []Finding) {
	for _, id := range admins {
		p, err := who.Insist(ctx, id)
		f := Finding{OK: true, Name: "admin " + string(id), Says: "can be told what only an operator can mend"}
		switch {
		case unfit(id, p, err) != "":
			f.OK, f.Says = false, unfit(id, p, err)+", and cannot be written to"
			if named {
				f.Says = strings.TrimSpace(p.Name + " " + f.Says)
			}
			f.Remedy = "name a full member of this workspace under admins in stepin.yaml"
		case !p.Known:
			f.silent("Slack does not say who that is")
		}
		out = append(out, f)
	}
	return out
}

// TellGroup warns of a group in which nobody may use stepin. Like TellTeams it is slow. It ends with the first who
// may.
func TellGroup(ctx context.Context, who *people.Directory, group string, in []string, log *slog.Logger) {
	if group == "" {
		return
	}
	not, member, all := outsiders(ctx, who, in, false, lookRest)
	if !member && all && ctx.Err() == nil {
		log.Warn("nobody in the group that may use stepin is a full member", "group", group, "who", not,
			"do", addMembers)
	}
}

// TellAdmins warns of admins who cannot be written to.
func TellAdmins(ctx context.Context, who *people.Directory, admins []nudges.UserID, log *slog.Logger) {
	for _, f := range adminFindings(ctx, who, admins, false) {
		if !f.OK && !f.Unseen && ctx.Err() == nil {
			log.Warn("an admin cannot be told of faults", "who", f.Name, "why", f.Says, "do", f.Remedy)
		}
	}
}

// lookRest is the time between two look-ups for which nobody waits.
const lookRest = 2 * time.Second

// TellTeams logs the people and channels of the configured teams that cannot be reached. It is slow, to leave room for
// others within Slack's limits.
func TellTeams(ctx context.Context, who *people.Directory, teams []roster.TeamConfig, log *slog.Logger) {
	for _, f := range TeamFindings(ctx, who, teams, false, lookRest) {
		if !f.OK && !f.Unseen {
			log.Warn("a team names somebody who cannot be reached", "team", f.Name, "who", f.Says, "do", f.Remedy)
		}
	}
	for _, f := range channelFindings(ctx, who, teams, lookRest) {
		if !f.OK && !f.Unseen {
			log.Warn("a team's debriefs cannot go where they should", "team", f.Name, "why", f.Says, "do", f.Remedy)
		}
	}
}
