package people

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/roster"
	"stepin/bot/slackapi"
)

const looksAtChannel = "conversations.info"

// lookChannel asks Slack about a channel. The error of ChannelUnseen says which scope is missing.
func lookChannel(ctx context.Context, sc *slackapi.Client, id string) (roster.ChannelState, error) {
	if !sc.Pace.Allows(looksAtChannel) {
		return roster.ChannelSilent, slackapi.ErrNoWord
	}
	c, err := sc.API().GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err == nil && c.ID == "" {
		err = slackapi.ErrNoWord
	}
	switch slackapi.Code(err) {
	case "missing_scope":
		return roster.ChannelUnseen, err
	case "channel_not_found":
		return roster.ChannelUnknown, err
	}
	if err != nil {
		sc.Pace.Heard(looksAtChannel, err)
		return roster.ChannelSilent, err
	}
	return channelStateOf(c), nil
}

// channelStateOf reads the state of a channel that Slack shows. The state that is hardest to mend comes first.
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

// FormChannel returns the state of a channel that was chosen in a form. It takes an unknown state for ChannelFits: if
// the debrief cannot go there, it goes elsewhere and says so.
func (d *Directory) FormChannel(ctx context.Context, id string) roster.ChannelState {
	if id == "" {
		return roster.ChannelFits
	}
	ctx, cancel := context.WithTimeout(ctx, profileWait)
	defer cancel()
	s, err := lookChannel(ctx, d.slack, id)
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

// InsistChannel returns the state of a channel. It repeats the call while Slack is silent, so it may take long.
func (d *Directory) InsistChannel(ctx context.Context, id string) (s roster.ChannelState, err error) {
	for range 3 {
		d.allowed(ctx, looksAtChannel)
		call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		s, err = lookChannel(call, d.slack, id)
		cancel()
		if s != roster.ChannelSilent || ctx.Err() != nil {
			break
		}
		slackapi.Sleep(ctx, time.Second)
	}
	return s, err
}
