// Package form names what crosses the border between Slack and stepin: one envelope as an Input, and every
// screen, action and field by the name that it has on the wire. Names stay as they are, for old windows
// and messages in Slack carry them.
//
// It holds values and reads them from text; it decides nothing, and knows neither Slack's types nor the store.
//
//	Input      what one envelope says (input.go)
//	Line       what was typed after /stepin (line.go)
//	Metadata   what a view or a button carries (metadata.go)
//	           values of options and fields (value.go), and names of texts that several rooms need (text.go)
//	Screen     the names of screens (screen.go), and actions and fields (action.go)
package form

import (
	"time"

	"github.com/slack-go/slack/slackevents"

	"stepin/nudges"
)

// A Kind says what somebody did.
type Kind string

// The kinds.
const (
	Typed     Kind = "command"
	Shortcut  Kind = "shortcut"
	HomeSeen  Kind = "home"
	Tapped    Kind = "tap"
	Submitted Kind = "submit"
	Changed   Kind = "user_change"
	Nothing   Kind = "nothing" // to be acknowledged, and no more
)

// Kinds are all of them.
var Kinds = []string{
	string(Typed), string(Shortcut), string(HomeSeen), string(Tapped), string(Submitted), string(Changed),
	string(Nothing),
}

// A Surface is where a tap happened.
type Surface string

// The surfaces.
const (
	OnModal   Surface = "modal"
	OnHome    Surface = "home"
	OnMessage Surface = "message"
)

// An Input is one envelope in our own terms.
type Input struct {
	Kind          Kind
	Identity      string // what a duplicate has, too; see EXACT "Identity"
	User          nudges.UserID
	Team          string
	Trigger       string // lives three seconds
	Respond       string // response URL; a capability, never logged
	Text          string // after the command
	Where         Surface
	ViewID        string
	ViewHash      string
	Callback      string            // which screen
	Request       nudges.RequestID  // which request it is about
	Seen          int               // transitions when the screen was drawn
	Action        string            // what was tapped
	Value         string            // the tapped button's value
	Form          map[string]string // what the view holds, by action id
	Profile       *slackevents.User // of a changed user
	Key           string            // of the tapped button: what else it says, see metadata
	HistoryFilter HistoryFilter     // what of the history the view shows
	Received      time.Time
	ShowsMore     bool // the screen has the further questions
	// ShowsReason says that the screen asks to type why not a smaller step.
	ShowsReason bool
	ShowsLearn  bool // the screen asks what is to be learned
}
