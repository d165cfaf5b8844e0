package sandbox

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"stepin/bot/sandbox/kit"
)

//go:embed page
var pageFiles embed.FS

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
	Who      string `json:"who"`
	Name     string `json:"name"`
	Step     int    `json:"step"`
	Value    struct {
		Option  string   `json:"option"`
		Options []string `json:"options"`
		Text    string   `json:"text"`
		Date    string   `json:"date"`
		Time    string   `json:"time"`
		User    string   `json:"user"`
		Users   []string `json:"users"`
		Channel string   `json:"channel"`
	} `json:"value"`
}

// pageAnswer is what the page is told about an act: nothing, field errors, or what the platform's client would show.
type pageAnswer struct {
	Errors  map[string]string `json:"errors,omitempty"`
	Channel string            `json:"channel,omitempty"` // the conversation that the act has made or found
	Code    string            `json:"code,omitempty"`
	Text    string            `json:"text,omitempty"`
}

// page serves the page for people: its files, and below /people/ a thin layer of JSON on the person's API.
// Only the page itself may use that layer: see guarded.
func (w *Workspace) page() http.Handler {
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	boot := w.boot(files)
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(files))
	mux.HandleFunc("GET /people/state", func(rw http.ResponseWriter, r *http.Request) { w.pageState(rw, r, boot) })
	mux.HandleFunc("GET /people/live", w.pageLive)
	mux.HandleFunc("GET /people/file", w.pageOpen)
	for name, act := range w.pageActs() {
		mux.HandleFunc("POST /people/"+name, func(rw http.ResponseWriter, r *http.Request) { w.pageAct(rw, r, act) })
	}
	return guarded(mux)
}

// pageOpen shows what is in a file to somebody who sees it in a conversation.
func (w *Workspace) pageOpen(rw http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	user := q.Get("user")
	if w.playable(user) {
		for _, p := range w.Posts(user, q.Get("channel")) {
			for _, f := range p.Files {
				if f.ID == q.Get("id") {
					rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
					rw.Header().Set("Content-Disposition", mime.FormatMediaType("inline", map[string]string{"filename": f.Name}))
					_, _ = io.WriteString(rw, f.Content)
					return
				}
			}
		}
	}
	http.Error(rw, "there is no such file here", http.StatusNotFound)
}

type pageDoes func(context.Context, pageRequest) (pageAnswer, error)

func (w *Workspace) pageActs() map[string]pageDoes {
	only := func(f func(context.Context, pageRequest) error) pageDoes {
		return func(ctx context.Context, q pageRequest) (pageAnswer, error) { return pageAnswer{}, f(ctx, q) }
	}
	leads := func(f func(q pageRequest) (string, error)) pageDoes {
		return func(_ context.Context, q pageRequest) (pageAnswer, error) {
			id, err := f(q)
			return pageAnswer{Channel: id}, err
		}
	}
	return map[string]pageDoes{
		"say": only(func(_ context.Context, q pageRequest) error {
			_, err := w.Say(q.User, q.Channel, q.Thread, q.Text)
			return err
		}),
		"command": only(w.pageCommand),
		"act": only(func(ctx context.Context, q pageRequest) error {
			return w.Act(ctx, q.User, Place{View: q.View, Channel: q.Channel, TS: q.TS}, q.Block, q.Action, Value(q.Value))
		}),
		"submit": func(ctx context.Context, q pageRequest) (a pageAnswer, err error) {
			a.Errors, err = w.Submit(ctx, q.User, q.View)
			return a, err
		},
		"dismiss":   only(func(ctx context.Context, q pageRequest) error { return w.Dismiss(ctx, q.User, q.View) }),
		"shortcut":  only(func(ctx context.Context, q pageRequest) error { return w.Shortcut(ctx, q.User, q.Callback) }),
		"home":      only(func(ctx context.Context, q pageRequest) error { return w.OpenHome(ctx, q.User) }),
		"jump":      only(w.pageJump),
		"skip":      only(func(_ context.Context, q pageRequest) error { return w.pageSkip(q) }),
		"unsay":     only(func(_ context.Context, q pageRequest) error { return w.Unsay(q.User, q.Channel, q.TS) }),
		"dm":        leads(func(q pageRequest) (string, error) { return w.OpenDM(q.User, q.Who) }),
		"channel":   leads(func(q pageRequest) (string, error) { return w.MakeChannel(q.User, q.Name) }),
		"invite":    only(func(_ context.Context, q pageRequest) error { return w.Invite(q.User, q.Channel, q.Who) }),
		"remove":    only(func(_ context.Context, q pageRequest) error { return w.Remove(q.User, q.Channel, q.Who) }),
		"archive":   only(func(_ context.Context, q pageRequest) error { return w.Archive(q.User, q.Channel, true) }),
		"unarchive": only(func(_ context.Context, q pageRequest) error { return w.Archive(q.User, q.Channel, false) }),
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
	a, err := do(context.WithoutCancel(r.Context()), q)
	if t, ok := errors.AsType[*Trouble](err); ok {
		a.Code, a.Text = t.Code, t.Text
	} else if err != nil {
		w.cfg.Log.Warn("an act on the page failed", "path", r.URL.Path, "error", err)
		a.Code, a.Text = "internal_error", "That did not work: "+err.Error()
	}
	writePage(rw, a)
}

func writePage(rw http.ResponseWriter, v any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.Header().Set("Cache-Control", "no-store")
	_, _ = rw.Write(kit.JSON(v))
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
		head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"+ownLine(r.Host)+"; "+
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

// ownLine names this host's websockets, which Safari before 15.4 does not count as 'self'.
func ownLine(hostport string) string {
	if host, port, err := net.SplitHostPort(hostport); err == nil && !strings.Contains(host, ":") { // a policy takes no IPv6
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return " ws://" + hostport
		}
	}
	return ""
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
