package bot

import (
	"context"
	"regexp"
	"slices"

	"stepin/bot/form"
	"stepin/nudges"
)

// Allowed says who may use stepin: of the full members of the workspace, for guests, apps and other
// organisations never may. Its zero value stands for all of them.
type Allowed struct {
	Everybody bool
	Users     []string
	Group     string // id of a user group, in place of Users
}

var (
	userMention    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	channelMention = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
)

// listed says whether somebody is among those who may use stepin, if they are a full member.
func (l *inForce) listed(id nudges.UserID) bool {
	a := l.Allowed
	switch {
	case a.Everybody:
		return true
	case l.inGroup != nil:
		return l.inGroup(id)
	}
	return len(a.Users) == 0 || slices.Contains(a.Users, string(id))
}

// mayUse says whether somebody may do this. Whoever stepin has written to may answer, a rep or an
// approver who is not on the list too: from the message, or from their Home.
func (b *Bot) mayUse(ctx context.Context, in form.Input, me person) error {
	switch {
	case outsider(me), !me.known && in.Team != "" && b.slack.Team != "" && in.Team != b.slack.Team:
		return form.ErrNotAllowed
	case b.live().listed(in.User), openTo(in), b.group.asksAgain(ctx, in.User):
		return nil
	}
	return form.ErrNotAllowed
}

// outsider says whether somebody is no full member of this workspace, whatever the list says.
func outsider(p person) bool { return p.bot || p.guest || p.stranger || p.deleted }
