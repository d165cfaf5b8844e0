package form

import (
	"encoding/json"
	"fmt"
	"strconv"

	"stepin/nudges"
)

// Metadata is what a view or a button carries. People do not see it.
type Metadata struct {
	Request nudges.RequestID `json:"r"`
	Seen    int              `json:"n"` // transitions of the request when the screen was drawn
	// Key is a daily reminder's, a LearningKey, a verb, InThread, or names a question to a rep, see nudges/team.
	Key           string        `json:"k,omitempty"`
	HistoryFilter HistoryFilter `json:"l,omitzero"`  // of a view of the history
	Action        string        `json:"a,omitempty"` // of an option of a menu, which does what a button would
}

// WithAction returns the metadata of a button as that of an option of a menu, which does the same.
func WithAction(s, action string) string {
	m := read(s)
	m.Action = action
	b, _ := json.Marshal(m) // plain fields cannot fail
	return string(b)
}

// ReadAction reads the action from the metadata of an option; "" if there is none.
func ReadAction(s string) string { return read(s).Action }

// WriteKey returns the metadata of a button under the daily reminder. again counts how often it was shown before.
func WriteKey(day nudges.Date, again int) string {
	b, _ := json.Marshal(Metadata{Key: fmt.Sprintf("%s/%d", day, again)})
	return string(b)
}

// WriteMeant returns the metadata of a button that does what a word after the command does.
func WriteMeant(verb string) string {
	b, _ := json.Marshal(Metadata{Key: verb}) // plain fields cannot fail
	return string(b)
}

// A HistoryFilter selects the calls that a view of the history shows.
type HistoryFilter struct {
	Page    int           `json:"p,omitempty"` // from 0, the newest
	Rep     nudges.UserID `json:"u,omitempty"` // "" for all
	Outcome string        `json:"o,omitempty"` // an outcome, NotLogged, or "" for all
}

// WriteHistoryFilter returns the metadata of a view of the history.
func WriteHistoryFilter(l HistoryFilter) string {
	b, _ := json.Marshal(Metadata{HistoryFilter: l}) // plain fields cannot fail
	return string(b)
}

// ReadHistoryFilter reads a filter from metadata; the zero filter if there is none.
func ReadHistoryFilter(s string) HistoryFilter {
	return read(s).HistoryFilter
}

// ReadKey reads the key from metadata; "" if there is none.
func ReadKey(s string) string {
	return read(s).Key
}

// WriteMetadata returns the metadata of a view or a button about r.
func WriteMetadata(r nudges.Request) string {
	m := Metadata{Request: r.ID}
	// After the call nothing is decided, and the number of transitions must not show.
	if r.Phase == nudges.Before || r.Phase == nudges.During {
		m.Seen = r.Seq
	}
	b, _ := json.Marshal(m) // two plain fields cannot fail
	return string(b)
}

// ReadMetadata reads the request and its transitions from metadata; zero if there are none.
func ReadMetadata(s string) (nudges.RequestID, int) {
	m := read(s)
	return m.Request, m.Seen
}

// read reads metadata; zero if s is none.
func read(s string) Metadata {
	var m Metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return Metadata{}
	}
	return m
}

// Block returns the block id of an action. It is the same each time, so that Slack keeps what was typed.
func Block(action string) string { return "b-" + action }

// InThread is the key of a button in a thread or on its root. The answer opens in a window, where people see it.
const InThread = "thread"

// NotLogged is the Outcome of a HistoryFilter for calls without a log.
const NotLogged = "none"

// LearningKey tells a manager's marked deals apart, without any person's words.
func LearningKey(l nudges.LearningDeal) string { return strconv.FormatInt(l.At.UnixNano(), 10) }

// WriteLearning returns the metadata of the button that takes a mark off.
func WriteLearning(l nudges.LearningDeal) string {
	b, _ := json.Marshal(Metadata{Key: LearningKey(l)}) // plain fields cannot fail
	return string(b)
}
