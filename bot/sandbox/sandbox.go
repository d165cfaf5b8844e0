// Package sandbox is a make-believe Slack workspace in one process, in which an app can live as it lives in the real
// one: it calls the Web API, opens Socket Mode connections, and people click, type and read.
//
// The parts, by the first word of the file's name:
//
//   - state: who is there and what was said: people, channels, posts, views, the clock, and the file that keeps them
//   - wire: how an app talks to it: Web API, Socket Mode, response and upload URLs, and the faults that it can be told to have
//   - rules: what the platform refuses: scopes, tokens, limits of blocks and views, triggers, rates
//   - page: the web page on which a person is one of the people
//   - people, hands: what a person sees and does, for the page and for tests
//
// It knows the platform from its documentation alone and imports nothing of the app it serves, so that it cannot
// share the app's mistakes. Where the documentation is silent it does what field reports say, and the comment there
// says so. It works on loopback and, by [Pipe], in memory inside a testing/synctest bubble.
package sandbox

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"
)

// Config says what a workspace is made of. Zero fields are the defaults.
type Config struct {
	// Manifest is the app's manifest as JSON. Scopes, slash commands, shortcuts, events, the Home tab and Socket Mode
	// come from it. Required.
	Manifest []byte
	// Seed is who and what is there at first; its zero value stands for DefaultSeed.
	Seed Seed
	// State is the file that keeps the workspace between runs; "" forgets.
	State string
	// Start is where the clock of a fresh workspace begins; zero stands for now.
	Start time.Time
	// NoLimits switches the rate limits off, for load tests.
	NoLimits bool
	// KeepCalls is how many calls Calls remembers, the newest; 0 stands for 4096, below 0 for all.
	KeepCalls int
	// Story is what the page opens on; nil opens it on the workspace.
	Story *Story
	// Jumps are the clock's jumps offered on the page; nil offers none.
	Jumps func() []Jump
	// Jump moves the clock to a time; nil stands for SetClock.
	Jump func(ctx context.Context, to time.Time) error
	// Sees tells whether viewer's role may see s by the app's own rules; nil leaves the page without a lens.
	Sees func(viewer string, s Shown) bool
	// Log is told what goes on; nil is silence.
	Log *slog.Logger
}

// Seed is who and what is in a fresh workspace.
type Seed struct {
	Team, App, BotUser string // ids; Team's name is "Northwind"
	People             []Person
	Channels           []Channel
}

// Person is somebody with an account, the app's bot user included.
type Person struct {
	ID, Name, Title string
	Role            string // what the page says about them; the platform knows no roles
	Zone            string // IANA name
	StatusEmoji     string // such as ":palm_tree:"
	StatusUntil     int64  // seconds since 1970 at which the status ends; 0 for never
	Bot             bool   // an app's user: nobody can act as it
	Guest           bool   // a single-channel guest
	Stranger        bool   // of another organisation
	Deleted         bool   // deactivated
	Admin           bool   // may delete what others, and apps, have said
}

// Channel is a conversation.
type Channel struct {
	ID, Name string
	Kind     string // "channel", "private", "im" or "mpim"
	Topic    string
	Members  []string // user ids
	Archived bool
	External bool // shared with another organisation
	Closed   bool // apps may not post there
}

// Story is what the page opens on: two phones side by side. All words come from the caller.
type Story struct {
	Title      string `json:"title"`
	Lead       string `json:"lead"`
	LaterTitle string `json:"latertitle"` // in place of Title once the story, its branches aside, is over, and from Call on
	LaterLead  string `json:"laterlead"`  // in place of Lead
	Left       string `json:"left"`       // user id of the left phone
	Right      string `json:"right"`      // user id of the right phone
	Channel    string `json:"channel"`    // the conversation that both phones open on
	Before     []Line `json:"before"`     // posted once, when a fresh workspace starts
	Typed      string `json:"typed"`      // already typed in the left phone's composer
	Steps      []Step `json:"steps"`      // skippable guidance
	LensLabel  string `json:"lenslabel"`  // such as "What can the head of sales see?"
	LensViewer string `json:"lensviewer"` // user id whose eyes the lens uses
	// Call is how long after the workspace's beginning the moment comes that Title and Lead look forward to.
	Call time.Duration `json:"-"`
}

// Line is something that was said before a story starts.
type Line struct {
	User string        `json:"user"`
	Text string        `json:"text"`
	Ago  time.Duration `json:"ago"`
}

// Step is one piece of guidance in a story.
type Step struct {
	Text string `json:"text"`
	// Done tells when the step is behind us: "modal:<callback_id>" is open on the left phone, "nomodal" is open there,
	// "post:<user>" a direct message of the app reached that user, "post:<user>/<block_id>" one with such a block; of what
	// the app said last in a channel, replies aside: "root:<channel>" it is there, "edited:<channel>" it was changed
	// since, "closed:<channel>" no button is left on it. Of several with a | between them one is enough.
	Done string `json:"done"`
	// Branch is a name that steps beyond the story share. They are not counted, come only in turn, and are skipped as one.
	Branch string `json:"branch,omitempty"`
	// Typed is typed in the left phone's composer when the step comes.
	Typed string `json:"typed,omitempty"`
}

// Jump is a moment that the page offers to move the clock to.
type Jump struct {
	Label string    `json:"label"`
	To    time.Time `json:"to"`
}

// Shown is something on the page, as Config.Sees is asked about it.
type Shown struct {
	Owner    string // user id of whose phone shows it
	Surface  string // "modal", "home", "dm" or "channel"
	Channel  string
	TS       string
	Callback string
}

// Post is a message as a person sees it.
type Post struct {
	TS, Channel, User, Text string
	Thread                  string // ts of the root, "" outside threads
	Blocks                  json.RawMessage
	Metadata                json.RawMessage
	State                   json.RawMessage // {"values":…} of the elements in its blocks
	Files                   []PostedFile
	Ephemeral, Edited, App  bool
	Gone                    bool     // deleted, and still there because it had replies
	Wakes                   []string // user ids of those whom it notified
}

// PostedFile is a file of a post. Title is what is shown; its Content is open to whoever sees the post.
type PostedFile struct{ ID, Name, Title, Content string }

// View is a modal or a Home tab as a person sees it.
type View struct {
	ID, Type, Callback, Hash string
	Root, Previous           string            // ids of the views beneath
	JSON                     json.RawMessage   // as the platform returns it, state included
	Errors                   map[string]string // by block id, from the last submission
	Pending                  bool              // a submission waits for its answer
}

// Place says where an element is: in a view, or in a post.
type Place struct {
	View    string // id of a modal or a Home tab
	Channel string // with TS, of a post
	TS      string
}

// Value is what somebody chose or typed, whichever fits the kit.Element. A button needs none.
type Value struct {
	Option  string   // value of an option
	Options []string // values of options
	Text    string
	Date    string   // 2006-01-02
	Time    string   // 15:04
	User    string   // user id
	Users   []string // user ids, in the order chosen
	Channel string   // id of a conversation
}

// Trouble is what the platform's client would show a person when an app does not answer, or answers wrongly.
type Trouble struct {
	Code string // dispatch_failed (no socket), operation_timeout (no acknowledgement in 3 s), bad_answer, no_such_element …
	Text string
}

func (t *Trouble) Error() string { return t.Code + ": " + t.Text }

// Call is one Web API call, response URL post, upload or acknowledgement.
type Call struct {
	At     time.Time // of the wire, not of the workspace's clock
	Method string    // such as "chat.postMessage", "response_url", "upload" or "ack"
	Args   json.RawMessage
	Answer json.RawMessage
	Status int           // HTTP status; 0 for an acknowledgement and for a connection that was reset
	Took   time.Duration // for an acknowledgement: since the envelope was sent
	Late   bool          // an acknowledgement after its deadline
	Wait   time.Duration // Retry-After of a 429; 0 without one
}

// Stats counts what went over the wire since New.
type Stats struct {
	Envelopes   int // delivered to a socket, repeats included
	Acked       int // acknowledged in time
	Late        int // acknowledged after three seconds
	TimedOut    int // not acknowledged within three seconds
	Unwritten   int // of those: their socket ended before the frame was out, so no app could have acknowledged them
	Missed      int // no socket was open
	Elsewhere   int // acknowledged over another socket than the one that carried it
	Again       int // acknowledged once more, which does nothing
	Lost        int // acknowledged over a socket that had ended, or that did not listen any more (AckLeaving)
	Refreshes   int // disconnect frames sent
	Sockets     int // open now
	Connections int // sockets opened in all
	Limited     int // 429 given
	Violations  int
	Calls       map[string]int // by method
}

// FaultKind is a way to fail.
type FaultKind int

// The ways to fail. Those whose name says After do the work first, as those do of which it is said.
const (
	RateLimited     FaultKind = iota // 429 with Retry-After: Fault.After, rounded up to seconds (1 if 0)
	ServerError                      // 503 without a body of ours
	ErrorCode                        // {"ok":false,"error":Fault.Code}, nothing done
	EmptyOK                          // {"ok":false} and nothing else
	ResetBefore                      // the connection is reset, nothing done
	ResetAfter                       // the work is done, then the connection is reset
	Slow                             // done, but only after Fault.After
	Garbage                          // done, then a body that is no JSON
	ErrorAfter                       // done, then {"ok":false,"error":Fault.Code}
	RateLimitedBare                  // 429 without Retry-After
	BareOK                           // done, then {"ok":true} and nothing else
	Late                             // the connection is reset at once, and it is done after Fault.After; of Web API methods
)

// Fault is an order to fail.
type Fault struct {
	Method string        // a Web API method, "response_url", "upload" (to an upload URL), "socket" (the websocket handshake), or "" for any
	Skip   int           // so many calls go well first
	Count  int           // then so many fail; 0 stands for 1, below 0 for ever
	Kind   FaultKind     // how
	After  time.Duration // for RateLimited, Slow and Late
	Code   string        // for ErrorCode and ErrorAfter; "" stands for internal_error
}
