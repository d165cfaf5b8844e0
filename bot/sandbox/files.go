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
	"strconv"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

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
	f := &world.File{Name: c.str("filename"), Size: size, Upload: rand.Text()}
	w.given(&w.keys.given.Uploads, f.Upload)
	w.world.AddFile(f)
	return kit.Obj{"file_id": f.ID, "upload_url": "http://" + c.host + "/upload/v1/" + f.Upload}, nil
}

// serveUpload takes the bytes of a file at its upload URL, once: raw, or as the one file of a form. It is no method of
// the Web API; in Fault and Call its name is "upload".
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	c := &call{method: "upload", args: kit.Obj{}, plain: true, now: time.Now()}
	body, err := uploaded(r)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	f := w.world.UploadAt(r.PathValue("secret"))
	if f != nil {
		c.raw = kit.JSON(kit.Obj{"file": f.ID, "content": string(body)})
	}
	w.mu.Unlock()
	w.serve(rw, c, func() (int, []byte) {
		status := http.StatusOK
		switch {
		case f == nil || f.Upload == "":
			status = http.StatusNotFound
		case len(body) != f.Size:
			status = http.StatusBadRequest
			w.violation("%d bytes were uploaded for a file of %d", len(body), f.Size)
		default:
			f.Body, f.Uploaded, f.Upload = body, true, ""
		}
		return status, []byte("OK - " + strconv.Itoa(len(body)))
	})
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

// filesComplete shares files. The documentation does not say what a second completion of the same file does;
// here its upload is gone. The platform shares some moments later (bolt-js#2115); here it is at once.
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
	var files []*world.File
	answer := []any{}
	for _, x := range kit.List(tree) {
		f := w.world.File(kit.Str(kit.Object(x)["id"]))
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
		return nil, rules.BadArguments("invalid_arguments",
			`[ERROR] input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]`)
	}
	ch, bad := w.target(id)
	if bad != nil {
		return nil, bad
	}
	p := &world.Message{Text: c.str("initial_comment")}
	if bad := w.thread(ch, c.str("thread_ts"), p); bad != nil {
		return nil, bad
	}
	for _, f := range files {
		f.Shared = true
		p.Files = append(p.Files, f.ID)
	}
	w.world.AddApp(ch, p)
	return kit.Obj{"files": answer}, nil
}

func (w *Workspace) filesDelete(c *call) (kit.Obj, *rules.Refusal) {
	f := w.world.File(c.str("file"))
	switch {
	case f == nil || !f.Shared:
		return nil, rules.No("file_not_found")
	case f.Deleted:
		return nil, rules.No("file_deleted")
	}
	w.world.DeleteFile(f)
	return kit.Obj{}, nil
}
