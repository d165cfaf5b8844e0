package roster

// A ChannelState says whether a team's debriefs can go to a channel.
type ChannelState string

// The states.
const (
	ChannelFits     ChannelState = ""         // they can, or there is none
	ChannelUnseen   ChannelState = "unseen"   // stepin lacks the scope to look
	ChannelSilent   ChannelState = "silent"   // Slack does not say
	ChannelArchived ChannelState = "archived" // nobody can post there
	ChannelNotIn    ChannelState = "not-in"   // stepin is not a member
	ChannelExternal ChannelState = "external" // another organisation reads it
	ChannelUnknown  ChannelState = "unknown"  // stepin sees none: it may be private, without stepin in it
)
