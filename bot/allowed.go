package bot

import (
	"context"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/roster"
)

// mayUse says whether somebody may do this. Whoever stepin has written to may answer, a rep or an
// approver who is not on the list too: from the message, or from their Home.
func (b *Bot) mayUse(ctx context.Context, in form.Input, me roster.Person) error {
	switch {
	case roster.Outsider(me), !me.Known && in.Team != "" && b.slack.Team != "" && in.Team != b.slack.Team:
		return form.ErrNotAllowed
	case b.live().Listed(in.User), decide.OpenTo(in), b.group.AskAgain(ctx, in.User):
		return nil
	}
	return form.ErrNotAllowed
}
