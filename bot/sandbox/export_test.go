package sandbox

// What tests of the wire know of its numbers.
const (
	AckWithin    = ackWithin
	AnswerLife   = answerLife
	AnswerUses   = answerUses
	MaxAltText   = maxAltText
	MaxFile      = maxFile
	MaxSnippet   = maxSnippet
	MaxSockets   = maxSockets
	TicketLife   = ticketLife
	MaxAck       = maxAck
	MaxMetadata  = maxMetadata
	RefreshGrace = refreshGrace
	SocketLife   = socketLife
	Tier2        = tier2
	Tier3        = tier3
	Tier4        = tier4
	UpdateText   = updateText
)

// Save writes the workspace's file now.
func Save(w *Workspace) error { return w.save() }
