package bot

import (
	"context"
	"errors"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/form"
	"stepin/bot/slackapi"
	"stepin/nudges"
)

// A channelState says whether a team's debriefs can go to a channel.
type channelState string

const (
	channelFits     channelState = ""         // they can, or there is none
	channelUnseen   channelState = "unseen"   // stepin lacks the scope to look
	channelSilent   channelState = "silent"   // Slack does not say
	channelArchived channelState = "archived" // nobody can post there
	channelNotIn    channelState = "not-in"   // stepin is not a member
	channelExternal channelState = "external" // another organisation reads it
	channelUnknown  channelState = "unknown"  // there is none that stepin sees: a private one without it is like one that is not there
)

// lookChannel asks Slack how a channel stands. It knows only what the scopes let it see; the error
// says which one is missing.
func lookChannel(ctx context.Context, api *slack.Client, p *slackapi.Pace, id string) (channelState, error) {
	if !p.Allows("conversations.info") {
		return channelSilent, slackapi.ErrNoWord
	}
	c, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err == nil && c.ID == "" {
		err = slackapi.ErrNoWord
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		switch no.Err {
		case "missing_scope":
			return channelUnseen, err
		case "channel_not_found":
			return channelUnknown, err
		}
	}
	if err != nil {
		p.Heard("conversations.info", err)
		return channelSilent, err
	}
	return channelStateOf(c), nil
}

// channelStateOf is how a channel stands that Slack shows; what is harder to mend comes first.
func channelStateOf(c *slack.Channel) channelState {
	switch {
	case c.IsIM || c.IsMpIM:
		return channelUnknown
	case c.IsExtShared || c.IsPendingExtShared:
		return channelExternal
	case c.IsArchived:
		return channelArchived
	case !c.IsMember && !c.IsPrivate: // a private one is seen by its members only
		return channelNotIn
	}
	return channelFits
}

// channelWait is how long a form waits for how its channel stands, of the three seconds it has.
const channelWait = profileWait

// formChannel is how the channel of a form stands. What cannot be told is taken: the debrief goes
// elsewhere if it must, and says so.
func (d *directory) formChannel(ctx context.Context, id string) channelState {
	if id == "" {
		return channelFits
	}
	ctx, cancel := context.WithTimeout(ctx, channelWait)
	defer cancel()
	s, err := lookChannel(ctx, d.slack.API(), d.slack.Pace, id)
	switch s {
	case channelUnseen:
		return channelFits
	case channelSilent:
		d.log.Warn("channel not looked at", "channel", id, "error", slackapi.Short(err))
		return channelFits
	}
	return s
}

// insistChannel is lookChannel for whoever can wait.
func insistChannel(ctx context.Context, c *slackapi.Client, id string) (s channelState, err error) {
	for range 3 {
		call, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		s, err = lookChannel(call, c.API(), c.Pace, id)
		cancel()
		if s != channelSilent || ctx.Err() != nil {
			break
		}
		slackapi.Sleep(ctx, time.Second)
	}
	return s, err
}

// channelText names the text for a channel that does not fit.
func channelText(s channelState) string { return "team-channel-" + string(s) }

// channelError notes what is wrong with the channel of the form.
func (c *change) channelError(t nudges.Team) {
	if c.known.channel != channelFits && t.Channel != "" && !c.known.fixed.Channel {
		c.out.Errors[form.ActChannel] = channelText(c.known.channel)
	}
}
