// Package control asks the process that has a file open. A second process can never open the file, not even to read;
// this is how it asks for what the file holds, and has something done to it.
//
// It promises: the socket FILE.sock is for the file's owner alone, is never there with wider permissions, and is made
// again if somebody removes it; a caller gets an answer, or ErrNotRunning, ErrNoAnswer, or why it may not ask. It must
// not know what is asked for: names and answers are its users'.
//
// Files: control.go (what both sides say to each other), server.go (the process that has the file), socket.go (the
// socket itself), client.go (who asks).
//
//	client: GET /name, POST /name ─▶ FILE.sock ─▶ server: Handle, Stream, Do ─▶ JSON, for Do in lines
package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

var (
	// ErrNotRunning means that no process answers for the file.
	ErrNotRunning = errors.New("no stepin answers for this file")
	// ErrFails means that the process tried, and could not; why follows.
	ErrFails = errors.New("the stepin that runs cannot do this")
	// ErrNoAnswer means that the process knows nothing of that name.
	ErrNoAnswer = errors.New(
		"the stepin that runs is of another version and cannot do this, restart it from this one")
)

// Progress hears how far long work is; see storage.Progress.
type Progress = func(step string, done, total int64)

// SocketPath is where the process that has the file at path answers.
func SocketPath(path string) string { return path + ".sock" }

// A part is one line of the answer to what Do does: how far it is, or at the end the answer or the fault.
type part struct {
	Step   string          `json:"step,omitempty"`
	Done   int64           `json:"done,omitempty"`
	Total  int64           `json:"total,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
	Fault  string          `json:"fault,omitempty"`
}

// stalled is how long a client may take nothing of an answer.
const stalled = 30 * time.Second

// patient writes for as long as the client takes something.
type patient struct {
	w    http.ResponseWriter
	conn *http.ResponseController
}

func patiently(w http.ResponseWriter) patient { return patient{w, http.NewResponseController(w)} }

// SetWriteDeadline breaks off a write that waits for the client.
func (p patient) SetWriteDeadline(at time.Time) error { return p.conn.SetWriteDeadline(at) }

func (p patient) Write(b []byte) (int, error) {
	if err := p.conn.SetWriteDeadline(time.Now().Add(stalled)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}
