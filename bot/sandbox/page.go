package sandbox

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// pageBeat is how often a quiet stream of changes says that it is alive, so that a browser notices a dead one.
const pageBeat = 15 * time.Second

// pageRequest is what the page sends with a person's act; each act reads the fields that it needs.
type pageRequest struct {
	User     string `json:"user"`
	Channel  string `json:"channel"`
	Thread   string `json:"thread"`
	TS       string `json:"ts"`
	Text     string `json:"text"`
	View     string `json:"view"`
	Block    string `json:"block"`
	Action   string `json:"action"`
	Callback string `json:"callback"`
	Label    string `json:"label"`
	Value    struct {
		Option  string   `json:"option"`
		Options []string `json:"options"`
		Text    string   `json:"text"`
		Date    string   `json:"date"`
		Time    string   `json:"time"`
		User    string   `json:"user"`
	} `json:"value"`
}

// pageAnswer is what the page is told about an act: nothing, field errors, or what the platform's client would show.
type pageAnswer struct {
	Errors map[string]string `json:"errors,omitempty"`
	Code   string            `json:"code,omitempty"`
	Text   string            `json:"text,omitempty"`
}

// page serves the page for people: its files, and below /people/ a thin layer of JSON on the person's API.
// Only the page itself may use that layer: see guarded.
func (w *Workspace) page() http.Handler {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	boot := rand.Text() // tells the page that this is another workspace than a moment ago
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /people/state", func(rw http.ResponseWriter, r *http.Request) { w.pageState(rw, r, boot) })
	mux.HandleFunc("GET /people/live", w.pageLive)
	for name, act := range w.pageActs() {
		mux.HandleFunc("POST /people/"+name, func(rw http.ResponseWriter, r *http.Request) { w.pageAct(rw, r, act) })
	}
	return guarded(mux)
}

type pageDoes func(context.Context, pageRequest) (map[string]string, error)

func (w *Workspace) pageActs() map[string]pageDoes {
	only := func(f func(context.Context, pageRequest) error) pageDoes {
		return func(ctx context.Context, q pageRequest) (map[string]string, error) { return nil, f(ctx, q) }
	}
	return map[string]pageDoes{
		"say": only(func(_ context.Context, q pageRequest) error {
			_, err := w.Say(q.User, q.Channel, q.Thread, q.Text)
			return err
		}),
		"command": only(func(ctx context.Context, q pageRequest) error { return w.Command(ctx, q.User, q.Channel, q.Text) }),
		"act": only(func(ctx context.Context, q pageRequest) error {
			v := Value{Option: q.Value.Option, Options: q.Value.Options, Text: q.Value.Text, Date: q.Value.Date, Time: q.Value.Time, User: q.Value.User}
			return w.Act(ctx, q.User, Place{View: q.View, Channel: q.Channel, TS: q.TS}, q.Block, q.Action, v)
		}),
		"submit": func(ctx context.Context, q pageRequest) (map[string]string, error) {
			return w.Submit(ctx, q.User, q.View)
		},
		"dismiss":  only(func(ctx context.Context, q pageRequest) error { return w.Dismiss(ctx, q.User, q.View) }),
		"shortcut": only(func(ctx context.Context, q pageRequest) error { return w.Shortcut(ctx, q.User, q.Callback) }),
		"home":     only(func(ctx context.Context, q pageRequest) error { return w.OpenHome(ctx, q.User) }),
		"jump":     only(w.pageJump),
	}
}

// pageJump does the jump with a label. The label is looked up anew, for "one hour" means from now.
func (w *Workspace) pageJump(ctx context.Context, q pageRequest) error {
	if w.cfg.Jumps != nil {
		for _, j := range w.cfg.Jumps() {
			if j.Label != q.Label {
				continue
			}
			if w.cfg.Jump != nil {
				return w.cfg.Jump(ctx, j.To)
			}
			w.SetClock(j.To)
			return nil
		}
	}
	return &Trouble{Code: "no_such_jump", Text: "The clock cannot jump there any more. Choose again."}
}

// pageAct reads an act, does it and tells how it went. An act outlives the page that began it, for a person's click
// has happened even if the window is closed a moment later.
func (w *Workspace) pageAct(rw http.ResponseWriter, r *http.Request, do pageDoes) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		http.Error(rw, "send application/json", http.StatusUnsupportedMediaType)
		return
	}
	var q pageRequest
	d := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		http.Error(rw, fmt.Sprintf("the request is not understood: %v", err), http.StatusBadRequest)
		return
	}
	if !w.playable(q.User) {
		http.Error(rw, fmt.Sprintf("nobody can act as %q here", q.User), http.StatusForbidden)
		return
	}
	var a pageAnswer
	var err error
	a.Errors, err = do(context.WithoutCancel(r.Context()), q)
	if t, ok := errors.AsType[*Trouble](err); ok {
		a.Code, a.Text = t.Code, t.Text
	} else if err != nil {
		w.cfg.Log.Warn("an act on the page failed", "path", r.URL.Path, "error", err)
		a.Code, a.Text = "internal_error", "That did not work: "+err.Error()
	}
	writePage(rw, a)
}

// pageLive sends "changed" whenever something did; the page then asks for the state. It ends with the workspace.
func (w *Workspace) pageLive(rw http.ResponseWriter, r *http.Request) {
	changed, stop := w.Watch()
	defer stop()
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(rw)
	beat := time.NewTicker(pageBeat)
	defer beat.Stop()
	say := "retry: 1000\nevent: changed\ndata: {}\n\n" // a page that connects again may have missed something
	for {
		if _, err := fmt.Fprint(rw, say); err != nil {
			return
		}
		if err := out.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-w.done:
			return
		case <-changed:
			say = "event: changed\ndata: {}\n\n"
		case <-beat.C:
			say = ": still here\n\n"
		}
	}
}

func writePage(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	_, _ = rw.Write(mustJSON(v))
}

// guarded lets only the page itself in. A name that is not this machine's could be somebody else's, bound anew to
// this address to get around the browser's rule of one origin; an address cannot be, nor can localhost.
func guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if !ownHost(r.Host) {
			http.Error(rw, "open this page by its address, such as http://127.0.0.1, or as localhost", http.StatusForbidden)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/people/") && !sameOrigin(r) {
			http.Error(rw, "only the sandbox's own page may do this", http.StatusForbidden)
			return
		}
		head := rw.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
			"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-cache")
		h.ServeHTTP(rw, r)
	})
}

func ownHost(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return net.ParseIP(host) != nil || strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost")
}

// sameOrigin trusts what a browser says about where a request comes from; a program that is no browser says nothing.
func sameOrigin(r *http.Request) bool {
	if !slices.Contains([]string{"", "same-origin", "none"}, r.Header.Get("Sec-Fetch-Site")) {
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}
