package sandbox

import (
	"crypto/rand"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// file is a file of the app's. It is nobody's until it was shared.
type file struct {
	ID, Name, Title string
	Size            int
	Body            []byte `json:",omitempty"`
	Uploaded        bool   // the bytes are here
	Shared          bool   // the upload was completed
	Deleted         bool
	upload          string // the secret end of the upload URL; "" once it was used
}

// What a file may be. The first is ours, for all is kept in memory (the platform takes a gigabyte); the others are of
// the method's page.
const (
	maxFile    = 10 << 20 // bytes
	maxSnippet = 1 << 20
	maxAltText = 1000 // characters
)

func (w *Workspace) filesGetURL(c *call) (kit.Obj, *rules.Refusal) {
	size := c.number("length", 0)
	switch {
	case c.str("filename") == "":
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: filename")
	case size < 1:
		return nil, rules.No("missing_argument")
	case len([]rune(c.str("alt_txt"))) > maxAltText:
		return nil, rules.No("alt_txt_too_large")
	case c.str("snippet_type") != "" && size > maxSnippet:
		return nil, rules.No("snippet_too_large")
	case size > maxFile:
		return nil, rules.No("file_upload_size_restricted")
	}
	f := &file{ID: newID("F"), Name: c.str("filename"), Size: size, upload: rand.Text()}
	w.given(&w.secrets.Uploads, f.upload)
	w.files[f.ID] = f
	return kit.Obj{"file_id": f.ID, "upload_url": "http://" + c.host + "/upload/v1/" + f.upload}, nil
}

// serveUpload takes the bytes of a file at its upload URL, once: raw, or as the one file of a form. It is no method of
// the Web API; in Fault and Call its name is "upload".
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	c := &call{method: "upload", args: kit.Obj{}, now: time.Now()}
	body, err := uploaded(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	f := w.uploadAt(r.PathValue("secret"))
	if f != nil {
		c.raw = kit.JSON(kit.Obj{"file": f.ID, "content": string(body)})
	}
	w.mu.Unlock()
	ft := w.faultFor(c.method)
	if w.failBefore(rw, c, ft) {
		return
	}
	w.mu.Lock()
	w.wire.stats.calls[c.method]++
	status := http.StatusOK
	switch {
	case f == nil || f.upload == "":
		status = http.StatusNotFound
	case len(body) != f.Size:
		status = http.StatusBadRequest
		w.violation("%d bytes were uploaded for a file of %d", len(body), f.Size)
	default:
		f.Body, f.Uploaded, f.upload = body, true, ""
	}
	w.mu.Unlock()
	if w.failAfter(rw, c, ft) {
		return
	}
	w.note(c, status, nil)
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, "OK - "+itoa(len(body)))
}

// uploadAt is the file that waits for its bytes at an upload URL; nil for none.
func (w *Workspace) uploadAt(secret string) *file {
	for _, f := range w.files {
		if secret != "" && f.upload == secret {
			return f
		}
	}
	return nil
}

// uploaded reads the bytes of an upload.
func uploaded(r *http.Request) ([]byte, error) {
	body := io.LimitReader(r.Body, maxFile+maxBody)
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(body)
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the form has no file")
		}
		if err != nil {
			return nil, err
		}
		if p.FileName() != "" {
			return io.ReadAll(p)
		}
	}
}

// fileChannel is the form of an id that a file can be shared to; a person's is none (slackapi/bolt-js#2115). The
// platform's ids have 9 characters and more; ours may be shorter.
var fileChannel = regexp.MustCompile(`^[CGDZ][A-Z0-9]+$`)

// filesComplete shares files. What becomes of a second completion of the same file the documentation does not tell;
// here there is no upload for it any more. The platform shares some moments later (bolt-js#2115); here it is at once.
func (w *Workspace) filesComplete(c *call) (kit.Obj, *rules.Refusal) {
	tree, ok := c.tree("files")
	if !ok || len(kit.List(tree)) == 0 {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: files")
	}
	for _, k := range []string{"channels", "blocks"} {
		if c.str(k) != "" {
			w.violation("%s: %s are not taken by this workspace", c.method, k)
		}
	}
	var files []*file
	answer := []any{}
	for _, x := range kit.List(tree) {
		f := w.files[kit.Str(kit.Object(x)["id"])]
		if f == nil || !f.Uploaded || f.Shared || f.Deleted || slices.Contains(files, f) {
			return nil, rules.No("file_not_found")
		}
		if f.Title = kit.Str(kit.Object(x)["title"]); f.Title == "" {
			f.Title = f.Name
		}
		files, answer = append(files, f), append(answer, kit.Obj{"id": f.ID, "title": f.Title})
	}
	id := c.str("channel_id")
	if id == "" { // they stay the app's own
		for _, f := range files {
			f.Shared = true
		}
		return kit.Obj{"files": answer}, nil
	}
	if !fileChannel.MatchString(id) {
		return nil, rules.BadArguments("invalid_arguments", `[ERROR] input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]`)
	}
	ch, bad := w.target(id)
	if bad != nil {
		return nil, bad
	}
	p := &post{App: true, User: w.cfg.Seed.BotUser, Text: c.str("initial_comment")}
	if bad := w.thread(ch, c.str("thread_ts"), p); bad != nil {
		return nil, bad
	}
	for _, f := range files {
		f.Shared = true
		p.Files = append(p.Files, f.ID)
	}
	w.add(ch, p)
	return kit.Obj{"files": answer}, nil
}

// filesDelete takes a file away, and the messages that had nothing else; what was said with it stays (field reports:
// sgratzl/slack-cleaner#56, ltworf/localslackirc#87).
func (w *Workspace) filesDelete(c *call) (kit.Obj, *rules.Refusal) {
	f := w.files[c.str("file")]
	switch {
	case f == nil || !f.Shared:
		return nil, rules.No("file_not_found")
	case f.Deleted:
		return nil, rules.No("file_deleted")
	}
	f.Deleted, f.Body = true, nil
	for _, ch := range w.channels {
		for _, p := range slices.Clone(ch.posts) {
			i := slices.Index(p.Files, f.ID)
			if i < 0 {
				continue
			}
			p.Files = slices.Delete(p.Files, i, i+1)
			if strings.TrimSpace(p.Text) == "" && len(p.Files) == 0 {
				w.remove(ch, p)
			}
		}
	}
	w.changed()
	return kit.Obj{}, nil
}

// filesJSON is what a message says of its files. Without files:read an app learns no more than their ids.
func (w *Workspace) filesJSON(p *post) []any {
	var out []any
	for _, id := range p.Files {
		o := kit.Obj{"id": id}
		if f := w.files[id]; w.app.HasScope("files:read") {
			o["name"], o["title"], o["size"] = f.Name, f.Title, f.Size
		}
		out = append(out, o)
	}
	return out
}

// postedFiles are the files of a post as a person sees them.
func (w *Workspace) postedFiles(p *post) (out []PostedFile) {
	for _, id := range p.Files {
		f := w.files[id]
		out = append(out, PostedFile{ID: id, Name: f.Name, Title: f.Title, Content: string(f.Body)})
	}
	return out
}
