package storage

import (
	"fmt"
	"time"

	"stepin/nudges"
)

// A Copy is another database beside the file. Nothing is taken out of it.
type Copy struct {
	Name   string // of the file, without its folder
	At     time.Time
	Unread bool // stepin may not look into it: it may be something else
}

// A Room is what a rewrite of the file needs beside it, and what is free there, in bytes.
type Room struct {
	Needs int64 `json:"needs"`
	Free  int64 `json:"free"` // -1 where nobody can tell
}

// Lacks says that a rewrite could not end.
func (r Room) Lacks() bool { return r.Free >= 0 && r.Free < r.Needs }

func (r Room) String() string {
	const mb = 1e6
	if r.Free < 0 {
		return fmt.Sprintf("a rewrite needs %.1f MB beside the file", float64(r.Needs)/mb)
	}
	return fmt.Sprintf("a rewrite needs %.1f MB beside the file, and %.1f MB are free", float64(r.Needs)/mb,
		float64(r.Free)/mb)
}

// A File is what somebody can do with the file as a whole while stepin runs.
type File interface {
	// Rewrite replaces it by a new file without a trace of what was deleted. It does not begin if Room lacks.
	Rewrite() error
	// Room is what a Rewrite would need now. It reads next to nothing.
	Room() Room
	// Copies are the other databases beside it, and what may be one, the oldest first.
	Copies() ([]Copy, error)
	// Moved says whether the file has its name no more.
	Moved() bool
	// Damage is the first sign that it is damaged or was cut; nil if there is none. It reads next to nothing.
	Damage() error
	// Examine reads all of it. If all is right, Damage is nil from then on, unless it was cut.
	Examine() error
}

// A Run is one use of a command that takes out, replaces or deletes what is kept.
type Run struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"` // the user of the operating system
	Command string    `json:"command"`
	Args    []string  `json:"args,omitempty"` // nobody's words, and of a forget nothing
}

// A Forgotten is the result of forgetting somebody.
type Forgotten struct {
	Who      nudges.UserID
	Requests int // in which they had a part,
	Words    int // texts of theirs that were taken out,
	Dropped  int // messages that were not sent,
	Removed  int // and messages in Slack that are being replaced
	Marked   int // things beside requests: team, reminder, deals for learning
	Copies   []Copy
	Settings []string // keys of the configuration that name them, which only its owner can change
	Config   string   // its file; "" for none
}
