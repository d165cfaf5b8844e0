package world

import (
	"slices"
	"strings"

	"stepin/bot/sandbox/kit"
)

// File is a file of the app's. It is nobody's until it was shared.
type File struct {
	ID, Name, Title string
	Size            int    // bytes
	Body            []byte `json:",omitempty"`
	Uploaded        bool   // the bytes are here
	Shared          bool   // the upload was completed
	Deleted         bool
	Upload          string `json:"-"` // the secret end of the upload URL; "" once it was used
}

// AddFile keeps a file, under a new id.
func (w *World) AddFile(f *File) {
	f.ID = NewID("F")
	w.files[f.ID] = f
}

// File is the file with an id; nil for none.
func (w *World) File(id string) *File { return w.files[id] }

// UploadAt is the file that waits for its bytes at an upload URL; nil for none.
func (w *World) UploadAt(secret string) *File {
	for _, f := range w.files {
		if secret != "" && f.Upload == secret {
			return f
		}
	}
	return nil
}

// DeleteFile takes a file away, and the messages that had nothing else. What was said with it stays (field reports:
// sgratzl/slack-cleaner#56, ltworf/localslackirc#87).
func (w *World) DeleteFile(f *File) {
	f.Deleted, f.Body = true, nil
	for _, c := range w.channels.all {
		for _, m := range slices.Clone(c.Messages) {
			i := slices.Index(m.Files, f.ID)
			if i < 0 {
				continue
			}
			m.Files = slices.Delete(m.Files, i, i+1)
			if strings.TrimSpace(m.Text) == "" && len(m.Files) == 0 {
				w.Remove(c, m)
			}
		}
	}
	w.Changed()
}

// filesJSON is what a message says of its files. Without files:read an app learns no more than their ids.
func (w *World) filesJSON(m *Message) []any {
	var out []any
	for _, id := range m.Files {
		o := kit.Obj{"id": id}
		if f := w.files[id]; w.App.HasScope("files:read") {
			o["name"], o["title"], o["size"] = f.Name, f.Title, f.Size
		}
		out = append(out, o)
	}
	return out
}
