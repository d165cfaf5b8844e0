package form

import (
	"encoding/json"
	"fmt"
	"strconv"

	"stepin/nudges"
)

// Metadata is what a view or a button carries: which request, and how many
// transitions it had when the screen was drawn. It is opaque to people.
type Metadata struct {
	Request       nudges.RequestID `json:"r"`
	Seen          int              `json:"n"`
	Key           string           `json:"k,omitempty"` // of a reminder: its date, and which showing of it; or inThread
	HistoryFilter HistoryFilter    `json:"l,omitzero"`  // of the history: what of it is shown
}

// WriteKey is the metadata of a button under the daily reminder.
func WriteKey(day nudges.Date, again int) string {
	b, _ := json.Marshal(Metadata{Key: fmt.Sprintf("%s/%d", day, again)})
	return string(b)
}

// A HistoryFilter is what somebody looks at of their history.
type HistoryFilter struct {
	Page    int           `json:"p,omitempty"` // from 0, the newest
	Rep     nudges.UserID `json:"u,omitempty"` // calls of this rep only
	Outcome string        `json:"o,omitempty"` // with this outcome only, or notLogged
}

// WriteHistoryFilter is the metadata of a view of the history.
func WriteHistoryFilter(l HistoryFilter) string {
	b, _ := json.Marshal(Metadata{HistoryFilter: l}) // plain fields cannot fail
	return string(b)
}

// ReadHistoryFilter reads it; the zero filter if s has none.
func ReadHistoryFilter(s string) HistoryFilter {
	var m Metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return HistoryFilter{}
	}
	return m.HistoryFilter
}

// ReadKey reads what else a button says; "" if it says nothing.
func ReadKey(s string) string {
	var m Metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return ""
	}
	return m.Key
}

// WriteMetadata is the metadata of a view or a button about r.
func WriteMetadata(r nudges.Request) string {
	m := Metadata{Request: r.ID}
	// after it nothing is decided, and how much has happened is nobody's business
	if r.Phase == nudges.Before || r.Phase == nudges.During {
		m.Seen = r.Seq
	}
	b, _ := json.Marshal(m) // two plain fields cannot fail
	return string(b)
}

// ReadMetadata reads which request it is about, and how many transitions that had; zero if s has none.
func ReadMetadata(s string) (nudges.RequestID, int) {
	var m Metadata
	if json.Unmarshal([]byte(s), &m) != nil {
		return "", 0
	}
	return m.Request, m.Seen
}

// Block is the block id of an action: the same on every drawing, so that what was
// typed or tapped stays.
func Block(action string) string { return "b-" + action }

// InThread is the key of a button in a thread, or on its root: an answer is not seen there,
// so it is given in a window.
const InThread = "thread"

// NotLogged is a filter by outcome: calls of which nothing is logged.
const NotLogged = "none"

// LearningKey tells the marks of a manager apart, without anybody's words.
func LearningKey(l nudges.LearningDeal) string { return strconv.FormatInt(l.At.UnixNano(), 10) }

// WriteLearning is the metadata of the button that takes a mark off; see readKey.
func WriteLearning(l nudges.LearningDeal) string {
	b, _ := json.Marshal(Metadata{Key: LearningKey(l)}) // plain fields cannot fail
	return string(b)
}
