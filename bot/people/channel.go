package people

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/roster"
	"stepin/bot/slackapi"
)

// lookChannel asks Slack how a channel stands. It knows only what the scopes let it see; the error
// says which one is missing.
func lookChannel(ctx context.Context, api *slack.Client, p *slackapi.Pace, id string) (roster.ChannelState, error) {
	if !p.Allows("conversations.info") {
		return roster.ChannelSilent, slackapi.ErrNoWord
	}
	c, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err == nil && c.ID == "" {
		err = slackapi.ErrNoWord
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		switch no.Err {
		case "missing_scope":
			return roster.ChannelUnseen, err
		case "channel_not_found":
			return roster.ChannelUnknown, err
		}
	}
	if err != nil {
		p.Heard("conversations.info", err)
		return roster.ChannelSilent, err
	}
	return channelStateOf(c), nil
}

// channelStateOf is how a channel stands that Slack shows; what is harder to mend comes first.
func channelStateOf(c *slack.Channel) roster.ChannelState {
	switch {
	case c.IsIM || c.IsMpIM:
		return roster.ChannelUnknown
	case c.IsExtShared || c.IsPendingExtShared:
		return roster.ChannelExternal
	case c.IsArchived:
		return roster.ChannelArchived
	case !c.IsMember && !c.IsPrivate: // a private one is seen by its members only
		return roster.ChannelNotIn
	}
	return roster.ChannelFits
}

// channelWait is how long a form waits for how its channel stands, of the three seconds it has.
const channelWait = profileWait

// FormChannel is how the channel of a form stands. What cannot be told is taken: the debrief goes
// elsewhere if it must, and says so.
func (d *Directory) FormChannel(ctx context.Context, id string) roster.ChannelState {
	if id == "" {
		return roster.ChannelFits
	}
	ctx, cancel := context.WithTimeout(ctx, channelWait)
	defer cancel()
	s, err := lookChannel(ctx, d.Slack.API(), d.Slack.Pace, id)
	switch s {
	case roster.ChannelUnseen:
		return roster.ChannelFits
	case roster.ChannelSilent:
		d.log.Warn("channel not looked at", "channel", id, "error", slackapi.Short(err))
		return roster.ChannelFits
	default:
		return s
	}
}

// InsistChannel is lookChannel for whoever can wait.
func InsistChannel(ctx context.Context, c *slackapi.Client, id string) (s roster.ChannelState, err error) {
	for range 3 {
		call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		s, err = lookChannel(call, c.API(), c.Pace, id)
		cancel()
		if s != roster.ChannelSilent || ctx.Err() != nil {
			break
		}
		slackapi.Sleep(ctx, time.Second)
	}
	return s, err
}
