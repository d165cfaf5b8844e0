package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"stepin/nudges"
	"stepin/nudges/words"
)

// File is what is in the file: for a program to read, and for a person.
type File struct {
	About  string        `json:"about"`
	Person nudges.UserID `json:"person"`
	Made   string        `json:"made"` // RFC 3339, in their zone
	Wrote  []fileEntry   `json:"wrote"`
}

type fileEntry struct {
	Call  string      `json:"call,omitempty"` // or deal
	On    nudges.Date `json:"on,omitempty"`
	With  string      `json:"with,omitempty"`
	Lines []fileLine  `json:"lines"`
}

type fileLine struct {
	What string `json:"what"`
	Text string `json:"text"`
}

// FileOf draws the file of an export: the same as its messages, with people's words as they typed them.
func FileOf(sc Scene, entries []Entry) File {
	f := File{
		About: sc.Words.Text("export-about", words.Data{}).Plain(), Person: sc.Viewer,
		Made: sc.now.In(sc.Zone).Format(time.RFC3339), Wrote: []fileEntry{},
	}
	for _, e := range entries {
		x := fileEntry{On: e.on, Lines: []fileLine{}}
		if e.call {
			x.Call, x.With = e.d.Deal, e.d.Who
		}
		for _, l := range e.Lines {
			text := l.raw
			if text == "" {
				text = l.text.Plain()
			}
			x.Lines = append(x.Lines, fileLine{l.what.Plain(), text})
		}
		f.Wrote = append(f.Wrote, x)
	}
	return f
}

// Encoded is the file as it is sent, with a line for each thing so that it reads well.
func (f File) Encoded() ([]byte, error) {
	var b bytes.Buffer
	j := json.NewEncoder(&b)
	j.SetEscapeHTML(false)
	j.SetIndent("", "  ")
	err := j.Encode(f)
	return b.Bytes(), err
}

// FileName is how the file is called.
func FileName(sc Scene) string {
	return fmt.Sprintf("stepin-export-%s.json", nudges.DateIn(sc.now, sc.Zone))
}
