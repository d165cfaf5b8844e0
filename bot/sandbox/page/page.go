// Package page is the web page of the sandbox, on which a person is one of the people in a workspace: two phones
// side by side with a story, or one person's whole client. New gives it as a handler for sandbox.Workspace.Mount.
//
// It does nothing that package hands cannot do, and shows only what the people who are asked for see. It serves
// this machine's own page alone: see guard.go.
//
//	static/*.js ──POST people/…──▶ page (acts) ──▶ hands
//	static/*.js ◀──people/live── live ◀── hands          a word that something has changed
//	static/*.js ◀──people/state── state ◀── hands, story, lens
//
// The files: page.go has the configuration and the acts; guard.go says who may call; live.go says that something has
// changed; state.go is all that is shown, lens.go what another person would not see of it, story.go how far the story
// is. The folder static has what the browser loads.
package page

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/kit"
)

//go:embed static
var static embed.FS

// Config says what the page offers. Zero fields are the defaults.
type Config struct {
	// Story is what the page opens on; nil opens it on the workspace.
	Story *Story
	// Jumps are the clock's jumps offered on the page; nil offers none.
	Jumps func() []Jump
	// Jump moves the clock to a time; nil stands for SetClock.
	Jump func(ctx context.Context, to time.Time) error
	// Sees says whether viewer's role may see s by the app's own rules; nil leaves the page without a lens.
	Sees func(viewer string, s Shown) bool
	// Log is told of acts that failed for a reason of ours; nil is silence.
	Log *slog.Logger
}

// Jump is a moment that the page offers to move the clock to.
type Jump struct {
	Label string    `json:"label"`
	To    time.Time `json:"to"`
}

// page is the page of one workspace.
type page struct {
	Config
	ws     *hands.Workspace
	boot   string // the same as long as neither the page's files nor the workspace are others
	played played // how far the story is; guarded by the workspace's lock
}

// New gives the page of a workspace: its files, and below /people/ a thin layer of JSON on what people can do. In a
// fresh workspace it posts what was said before the story.
func New(ws *hands.Workspace, cfg Config) http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	p := &page{Config: cfg, ws: ws}
	ws.OnChange(p.advance)
	ws.With(func(h sandbox.Held) {
		p.boot = h.Made + "-" + sum(files)
		p.begin(h.World)
	})
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /people/state", p.state)
	mux.HandleFunc("GET /people/live", p.live)
	mux.HandleFunc("GET /people/file", p.open)
	for name, act := range p.acts() {
		mux.HandleFunc("POST /people/"+name, func(rw http.ResponseWriter, r *http.Request) { p.act(rw, r, act) })
	}
	return guard(mux)
}

// sum tells the page's files from others.
func sum(files fs.FS) string {
	sum := sha256.New()
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := fs.ReadFile(files, name)
			sum.Write(b)
		}
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// request is what the page sends with a person's act; each act reads the fields that it needs.
type request struct {
	User     string      `json:"user"`
	Channel  string      `json:"channel"`
	Thread   string      `json:"thread"`
	TS       string      `json:"ts"`
	Text     string      `json:"text"`
	View     string      `json:"view"`
	Block    string      `json:"block"`
	Action   string      `json:"action"`
	Callback string      `json:"callback"`
	Label    string      `json:"label"`
	Who      string      `json:"who"`
	Name     string      `json:"name"`
	Step     int         `json:"step"`
	Value    hands.Value `json:"value"`
}

// Answer is what the page is told about an act: nothing, field errors, or what the platform's client would show.
type Answer struct {
	Errors  map[string]string `json:"errors,omitempty"`  // by block id
	Channel string            `json:"channel,omitempty"` // the conversation that the act has made or found
	Code    string            `json:"code,omitempty"`    // of a sandbox.Trouble
	Text    string            `json:"text,omitempty"`
}

// act is what a person does on the page.
type act func(context.Context, request) (Answer, error)

func (p *page) acts() map[string]act {
	only := func(f func(context.Context, request) error) act {
		return func(ctx context.Context, q request) (Answer, error) { return Answer{}, f(ctx, q) }
	}
	at := func(f func(q request) error) act {
		return func(_ context.Context, q request) (Answer, error) { return Answer{}, f(q) }
	}
	leads := func(f func(q request) (string, error)) act {
		return func(_ context.Context, q request) (Answer, error) {
			id, err := f(q)
			return Answer{Channel: id}, err
		}
	}
	w := p.ws
	return map[string]act{
		"say": at(func(q request) error {
			_, err := w.Say(q.User, q.Channel, q.Thread, q.Text)
			return err
		}),
		"command": only(p.command),
		"act": only(func(ctx context.Context, q request) error {
			place := hands.Place{View: q.View, Channel: q.Channel, TS: q.TS}
			return w.Act(ctx, q.User, place, q.Block, q.Action, q.Value)
		}),
		"submit": func(ctx context.Context, q request) (a Answer, err error) {
			a.Errors, err = w.Submit(ctx, q.User, q.View)
			return a, err
		},
		"dismiss":   only(func(ctx context.Context, q request) error { return w.Dismiss(ctx, q.User, q.View) }),
		"shortcut":  only(func(ctx context.Context, q request) error { return w.Shortcut(ctx, q.User, q.Callback) }),
		"home":      only(func(ctx context.Context, q request) error { return w.OpenHome(ctx, q.User) }),
		"jump":      only(p.jump),
		"skip":      at(p.skip),
		"unsay":     at(func(q request) error { return w.Unsay(q.User, q.Channel, q.TS) }),
		"dm":        leads(func(q request) (string, error) { return w.OpenDM(q.User, q.Who) }),
		"channel":   leads(func(q request) (string, error) { return w.MakeChannel(q.User, q.Name) }),
		"invite":    at(func(q request) error { return w.Invite(q.User, q.Channel, q.Who) }),
		"remove":    at(func(q request) error { return w.Remove(q.User, q.Channel, q.Who) }),
		"archive":   at(func(q request) error { return w.Archive(q.User, q.Channel, true) }),
		"unarchive": at(func(q request) error { return w.Archive(q.User, q.Channel, false) }),
	}
}

// jump does the jump with a label. It asks for the jumps again, for "one hour" means from now.
func (p *page) jump(ctx context.Context, q request) error {
	for _, j := range p.jumps() {
		if j.Label != q.Label {
			continue
		}
		if p.Jump != nil {
			return p.Jump(ctx, j.To)
		}
		p.ws.SetClock(j.To)
		return nil
	}
	return &sandbox.Trouble{Code: "no_such_jump", Text: "The clock cannot jump there any more. Choose again."}
}

// act reads an act, does it and tells how it went. An act outlives the page that began it, for a person's click
// has happened even if the window is closed a moment later.
func (p *page) act(rw http.ResponseWriter, r *http.Request, do act) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(rw, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var q request
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		http.Error(rw, fmt.Sprintf("the request is not understood: %v", err), http.StatusBadRequest)
		return
	}
	if !p.playable(q.User) {
		http.Error(rw, fmt.Sprintf("nobody can act as %q here", q.User), http.StatusForbidden)
		return
	}
	a, err := do(context.WithoutCancel(r.Context()), q)
	if t, ok := errors.AsType[*sandbox.Trouble](err); ok {
		a.Code, a.Text = t.Code, t.Text
	} else if err != nil {
		p.Log.Warn("an act on the page failed", "path", r.URL.Path, "error", err)
		a.Code, a.Text = "internal_error", "That did not work: "+err.Error()
	}
	write(rw, a)
}

func write(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	_, _ = rw.Write(kit.JSON(v))
}

// open shows what is in a file to somebody who sees it in a conversation.
func (p *page) open(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user := q.Get("user")
	var posts []hands.Post
	if p.playable(user) {
		posts = p.ws.Posts(user, q.Get("channel"))
	}
	for _, post := range posts {
		for _, f := range post.Files {
			if f.ID == q.Get("id") {
				named := mime.FormatMediaType("inline", map[string]string{"filename": f.Name})
				rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
				rw.Header().Set("Content-Disposition", named)
				_, _ = io.WriteString(rw, f.Content)
				return
			}
		}
	}
	http.Error(rw, "there is no such file here", http.StatusNotFound)
}
