// Package roster says who is who: which settings apply, who may use stepin, on whose team somebody is, and what
// stepin knows of a person or a channel.
//
// It holds values and answers questions about them. It asks Slack nothing, and writes nothing.
//
// Current.Listed says whether somebody may use stepin: by the list or the user group in the setting "allowed", or
// because it allows everybody. Somebody who is off the list gets neither the daily reminder nor the one of debriefs;
// nudges/daily says where.
//
//	settings.go  Settings, what the configuration says; Current, the settings that apply now, with Listed
//	team.go      TeamConfig, a team as the configuration sets it
//	person.go    Person, what Slack says of somebody
//	channel.go   ChannelState, what Slack says of a channel
package roster

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/nudges/team"
	"stepin/nudges/text"
	"stepin/nudges/words"
)

// Allowed says which full members of the workspace may use stepin. The zero value allows all of them. Guests, apps
// and people from other organisations never may.
type Allowed struct {
	Everybody bool
	Users     []string
	Group     string // id of a user group, in place of Users
}

// What the ids of people and of channels look like.
var (
	UserMention    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	ChannelMention = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
)

// Listed says whether somebody is among those who may use stepin, if they are a full member.
func (l *Current) Listed(id nudges.UserID) bool {
	a := l.Allowed
	switch {
	case a.Everybody:
		return true
	case l.InGroup != nil:
		return l.InGroup(id)
	}
	return len(a.Users) == 0 || slices.Contains(a.Users, string(id))
}

// DefaultAway are the statuses by which somebody is away, unless Settings.AwayEmoji says others.
var DefaultAway = []string{
	":palm_tree:", ":face_with_thermometer:", ":airplane:", ":desert_island:", ":baby:", ":no_entry:",
}

// Settings are the part of the configuration that may change while stepin runs. Zero fields are the defaults;
// Words has none.
type Settings struct {
	Words   *words.Words
	Allowed Allowed
	// Contact is whom a refusal says to ask: a user's id, a channel's, or a few words. Without
	// one it names the Admins, by mention.
	Contact string
	Admins  []nudges.UserID
	Teams   []TeamConfig // teams as the configuration sets them
	// Holiday says whether a date is one for a manager's team; nil for none.
	Holiday func(manager nudges.UserID, day nudges.Date) bool
	Keep    privacy.Keep // what is kept, and how long; zero durations are those of privacy.KeepUsual
	// AwayEmoji are the statuses by which somebody is away; nil for DefaultAway.
	AwayEmoji []string
}

// Names returns the keys of the configuration that name somebody.
func (s Settings) Names(who nudges.UserID) (keys []string) {
	names := func(key string, does bool) {
		if does {
			keys = append(keys, key)
		}
	}
	names("allowed", slices.Contains(s.Allowed.Users, string(who)))
	names("contact", strings.Contains(s.Contact, string(who)))
	names("admins", slices.Contains(s.Admins, who))
	names("teams", slices.ContainsFunc(s.Teams, func(c TeamConfig) bool {
		isOne := func(a team.Approver) bool { return a.ID == who || a.Delegate == who }
		t := c.Team
		return t.Manager == who || slices.Contains(t.Reps, who) || slices.ContainsFunc(t.Approvers, isOne)
	}))
	return keys
}

// Current are the settings that apply now. Nobody changes one: it is replaced as a whole.
type Current struct {
	Settings
	Mantras []string                 // of Words
	InGroup func(nudges.UserID) bool // of Allowed; nil if that names none
}

// Referees are the people whom a refusal may name.
func (l *Current) Referees() (ids []nudges.UserID) {
	if UserMention.MatchString(l.Contact) {
		ids = append(ids, nudges.UserID(l.Contact))
	}
	for _, a := range l.Admins {
		if UserMention.MatchString(string(a)) {
			ids = append(ids, a)
		}
	}
	return ids
}

// WhomToAsk is whom a refusal names: the contact, or else the admins; "" if there are none. It names nobody who is not
// fit.
func (l *Current) WhomToAsk(fit func(nudges.UserID) bool) text.Text {
	switch c := l.Contact; {
	case UserMention.MatchString(c):
		if fit(nudges.UserID(c)) {
			return text.Text("<@" + c + ">")
		}
	case ChannelMention.MatchString(c):
		return text.Text("<#" + c + ">")
	case c != "":
		return text.Quoted(c)
	}
	var all []string
	for _, a := range l.Admins {
		if UserMention.MatchString(string(a)) && fit(a) {
			all = append(all, "<@"+string(a)+">")
		}
	}
	return text.Text(strings.Join(all, ", "))
}

// TeamOf is a manager's team. What the configuration sets takes the place of the manager's own settings.
func (l *Current) TeamOf(r storage.Reader, manager nudges.UserID) (team.Team, error) {
	t, err := r.Team(manager)
	t.Manager = manager
	if c, ok := l.Configured(manager); ok {
		t = c.Over(t)
	}
	return t, err
}

// BossOf is the manager on whose team somebody is: by the configuration, or else by that manager's own
// settings. "" if on nobody's.
func (l *Current) BossOf(r storage.Reader, rep nudges.UserID) (nudges.UserID, error) {
	if boss := l.SetBoss(rep); boss != "" {
		return boss, nil
	}
	boss, err := r.TeamOf(rep)
	if errors.Is(err, nudges.ErrNotFound) {
		return "", nil
	}
	if c, ok := l.Configured(boss); ok && c.Fixed.Reps { // whom the configuration does not name there
		return "", err
	}
	return boss, err
}

// BondOf is whether a rep has said that this is their manager. A team that the configuration names needs no such word,
// but a no counts.
func (l *Current) BondOf(r storage.Reader, rep, manager nudges.UserID) (nudges.BondState, error) {
	is, err := r.Bond(rep, manager)
	if is != nudges.NotMyBoss && manager != "" && l.SetBoss(rep) == manager {
		is = nudges.Met
	}
	return is, err
}

// SetBoss is the manager on whose team the configuration puts a rep; "" for nobody's.
func (l *Current) SetBoss(rep nudges.UserID) nudges.UserID {
	for _, c := range l.Teams {
		if c.Fixed.Reps && slices.Contains(c.Team.Reps, rep) {
			return c.Team.Manager
		}
	}
	return ""
}

// Configured returns the manager's team in the configuration, if it has one.
func (l *Current) Configured(manager nudges.UserID) (TeamConfig, bool) {
	i := slices.IndexFunc(l.Teams, func(c TeamConfig) bool { return c.Team.Manager == manager })
	if i < 0 {
		return TeamConfig{}, false
	}
	return l.Teams[i], true
}
