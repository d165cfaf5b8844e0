// Package form names what passes between Slack and stepin: one envelope as an Input, and every screen, action and
// field by its name on the wire. Names must not change, because old windows and messages in Slack carry them.
//
// It holds values and reads them from text. It decides nothing, and does not know the store.
//
// The files: input.go is what one envelope says; line.go what was typed after /stepin; link.go the address of a
// recording; metadata.go what a view or a button carries; value.go the values of options and fields; names.go the names
// of screens, actions and fields; digest.go tells forms apart; text.go names texts that several rooms need.
package form

import (
	"time"

	"stepin/bot/zones"
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
	Nothing   Kind = "nothing" // is only acknowledged
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

// A Profile is what a changed profile says, as far as stepin uses it.
type Profile struct {
	Zone         zones.Word
	Locale       string // such as "en-US"; "" if the event says none
	Deleted      bool
	Outsider     bool   // a guest or an app, or a stranger by Slack's flag
	Team         string // id of their workspace
	Organisation string // id; "" for none
	StatusEmoji  string // such as ":palm_tree:"
	StatusExpiry int    // in Unix seconds; 0 for none
}

// An Input is one envelope in our own terms.
type Input struct {
	Kind          Kind
	Identity      string // the same for a duplicate
	User          nudges.UserID
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
	Profile       *Profile          // of a changed user
	Key           string            // of the tapped button; see Metadata
	HistoryFilter HistoryFilter     // of the view
	Received      time.Time
	Shown         map[string]bool // which fields the view has, by action id
	// Odd is the path of a field for which the envelope could not be read; "" if it was read. Then the rest of the
	// Input says only whom to tell, and how.
	Odd string
}
