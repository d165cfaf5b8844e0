package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stepin/bot/health"
	"stepin/nudges"
)

// Live is what of the configuration may change while stepin runs, see Bot.Reload. Its zero
// fields are the defaults, but for Words.
type Live struct {
	Words   *nudges.Words
	Allowed Allowed
	// Contact is whom a refusal says to ask: a user's id, a channel's, or a few words. Without
	// one it names the Admins, by mention.
	Contact string
	Admins  []nudges.UserID
	Teams   []TeamConfig // teams as the configuration sets them
	// Holiday says whether a date is one for a manager's team; nil for none.
	Holiday func(manager nudges.UserID, day nudges.Date) bool
	Keep    nudges.Keep // for how long things are kept, and whether all are; what is zero is as in nudges.KeepUsual
	// AwayEmoji are the statuses by which somebody is away; nil for DefaultAway.
	AwayEmoji []string
}

// Names are the keys of the configuration that name somebody.
func (l Live) Names(who nudges.UserID) (keys []string) {
	names := func(key string, does bool) {
		if does {
			keys = append(keys, key)
		}
	}
	names("allowed", slices.Contains(l.Allowed.Users, string(who)))
	names("contact", strings.Contains(l.Contact, string(who)))
	names("admins", slices.Contains(l.Admins, who))
	names("teams", slices.ContainsFunc(l.Teams, func(c TeamConfig) bool {
		return c.Team.Manager == who || slices.Contains(c.Team.Reps, who) || slices.ContainsFunc(c.Team.Approvers, func(a nudges.Approver) bool {
			return a.ID == who || a.Delegate == who
		})
	}))
	return keys
}

// inForce is what holds now: a Live, and what was made from it. It is replaced as a whole.
type inForce struct {
	Live
	Mantras []string                 // of Words
	inGroup func(nudges.UserID) bool // of Allowed; nil if that names none
}

// live is what holds now. Whoever needs two things of it that belong together asks once.
func (b *Bot) live() *inForce { return b.holds.Load() }

// decider decides by the settings that hold now.
func (b *Bot) decider() Decider { return Decider{b.live(), b.zones} }

// force makes what holds from now on.
func (b *Bot) force(l Live, g *group) {
	if l.AwayEmoji == nil {
		l.AwayEmoji = DefaultAway
	}
	if l.Keep.Text <= 0 {
		l.Keep.Text = nudges.KeepUsual.Text
	}
	if l.Keep.Counts <= 0 {
		l.Keep.Counts = nudges.KeepUsual.Counts
	}
	b.group.cur.Store(g)
	b.holds.Store(&inForce{Live: l, Mantras: l.Words.Mantras(), inGroup: g.inGroup()})
}

// Reload puts other settings in the place of those that hold, as a whole or not at all: the error
// says what keeps them from holding. Those of a group are asked for first. It may be called once
// Ready is closed. What the teams name in vain is looked for after it, until ctx ends.
func (b *Bot) Reload(ctx context.Context, l Live) error {
	if l.Words == nil {
		return errors.New("bot: words are required")
	}
	g, err := b.group.switchTo(ctx, l.Allowed.Group)
	if err != nil {
		return err
	}
	b.force(l, g)
	if g == nil {
		b.health.End(health.GroupUnknown)
	}
	b.beside(func() { b.tellTeams(ctx) })
	b.homes.Range(func(id, h any) bool { // those that show something else now
		b.drawHome(id.(nudges.UserID), h.(*home))
		return true
	})
	return nil
}

// whomToAsk is whom a refusal names: the contact, or else the admins; "" if there are none.
func (l *inForce) whomToAsk() nudges.Marked {
	switch c := l.Contact; {
	case userMention.MatchString(c):
		return nudges.Marked("<@" + c + ">")
	case channelMention.MatchString(c):
		return nudges.Marked("<#" + c + ">")
	case c != "":
		return nudges.Said(c)
	}
	var all []string
	for _, a := range l.Admins {
		if userMention.MatchString(string(a)) {
			all = append(all, "<@"+string(a)+">")
		}
	}
	return nudges.Marked(strings.Join(all, ", "))
}
