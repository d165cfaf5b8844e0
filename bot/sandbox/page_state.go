package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// pagePosts is how many posts of a conversation the page shows, the newest.
const pagePosts = 200

// pageWorkspace is all that the page shows.
type pageWorkspace struct {
	Boot   string              `json:"boot"`
	Now    int64               `json:"now"` // the workspace's clock, Unix milliseconds
	App    pageApp             `json:"app"`
	People []pagePerson        `json:"people"`
	Story  *Story              `json:"story"`
	Played played              `json:"played"`
	Call   int64               `json:"call"` // when the story's call begins, Unix milliseconds; 0 if that is not known
	Lens   *pageLens           `json:"lens"`
	Jumps  []Jump              `json:"jumps"`
	Users  map[string]pageUser `json:"users"` // by user id, those that were asked for
}

type pageApp struct {
	Name      string         `json:"name"`
	User      string         `json:"user"`
	Home      bool           `json:"home"`
	Messages  bool           `json:"messages"`
	ReadOnly  bool           `json:"readonly"`
	Commands  []pageCommand  `json:"commands"`
	Shortcuts []pageShortcut `json:"shortcuts"`
}

type pageCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	Hint        string `json:"usage_hint"`
}

type pageShortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Callback    string `json:"callback_id"`
	Description string `json:"description"`
}

type pagePerson struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Title  string `json:"title"`
	Role   string `json:"role"`
	Zone   string `json:"zone"`
	Status string `json:"status"`
	Bot    bool   `json:"bot"`
	Acts   bool   `json:"acts"`           // a person at the page can be them
	Gone   bool   `json:"gone,omitempty"` // has left
	Admin  bool   `json:"admin,omitempty"`
}

type pageLens struct {
	Label  string `json:"label"`
	Viewer string `json:"viewer"`
}

// pageUser is what one person sees.
type pageUser struct {
	Channels []pageChannel         `json:"channels"`
	Posts    map[string][]pagePost `json:"posts"` // by channel id, oldest first
	Modals   []pageView            `json:"modals"`
	Home     *pageView             `json:"home"`
}

type pageChannel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Topic    string   `json:"topic"`
	Members  []string `json:"members"`
	App      bool     `json:"app"` // the direct conversation with the app
	Member   bool     `json:"member"`
	Archived bool     `json:"archived"`
}

type pagePost struct {
	TS        string          `json:"ts"`
	User      string          `json:"user"`
	Text      string          `json:"text"`
	Thread    string          `json:"thread,omitempty"`
	Blocks    json.RawMessage `json:"blocks,omitempty"`
	State     json.RawMessage `json:"state,omitempty"`
	Ephemeral bool            `json:"ephemeral,omitempty"`
	Edited    bool            `json:"edited,omitempty"`
	App       bool            `json:"app,omitempty"`
	Gone      bool            `json:"gone,omitempty"`
	Wakes     bool            `json:"wakes,omitempty"`  // it notified this person
	Hidden    string          `json:"hidden,omitempty"` // why the lens's viewer does not see it
	Files     []pageFile      `json:"files,omitempty"`
}

// pageFile is a file below a post; pageOpen gives what is in it.
type pageFile struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type pageView struct {
	ID       string            `json:"id"`
	Callback string            `json:"callback"`
	Hash     string            `json:"hash"`
	View     json.RawMessage   `json:"view"`
	Errors   map[string]string `json:"errors,omitempty"`
	Pending  bool              `json:"pending,omitempty"`
	Hidden   string            `json:"hidden,omitempty"`
}

// playable tells whether somebody at the page can be user: the seeded people, without bots, guests, people of other
// organisations and those who left.
func (w *Workspace) playable(user string) bool {
	return slices.ContainsFunc(w.People(), func(p Person) bool { return p.ID == user && playable(p) })
}

func playable(p Person) bool { return !p.Bot && !p.Guest && !p.Stranger && !p.Deleted }

// pageState answers with what the users in the query see.
func (w *Workspace) pageState(rw http.ResponseWriter, r *http.Request, boot string) {
	users := r.URL.Query()["user"]
	for _, u := range users {
		if !w.playable(u) {
			http.Error(rw, fmt.Sprintf("nobody can act as %q here", u), http.StatusForbidden)
			return
		}
	}
	s := pageWorkspace{
		Boot: boot, Now: w.Now().UnixMilli(), App: w.pageApp(), Story: w.cfg.Story,
		Jumps: []Jump{}, People: []pagePerson{}, Users: map[string]pageUser{},
	}
	w.mu.Lock()
	s.Played, s.Call = w.played, w.call()
	w.mu.Unlock()
	for _, p := range w.People() {
		s.People = append(s.People, pagePerson{
			ID: p.ID, Name: p.Name, Title: p.Title, Role: p.Role, Zone: p.Zone, Status: p.StatusEmoji, Bot: p.Bot, Acts: playable(p), Gone: p.Deleted, Admin: p.Admin,
		})
	}
	if w.cfg.Jumps != nil {
		s.Jumps = append(s.Jumps, w.cfg.Jumps()...)
	}
	lens := w.pageLens()
	if lens != nil {
		s.Lens = &pageLens{Label: w.cfg.Story.LensLabel, Viewer: lens.viewer}
	}
	for _, u := range users {
		s.Users[u] = w.pageUser(u, lens)
	}
	writePage(rw, s)
}

func (w *Workspace) pageApp() pageApp {
	var m struct {
		Features struct {
			Commands  []pageCommand  `json:"slash_commands"`
			Shortcuts []pageShortcut `json:"shortcuts"`
		} `json:"features"`
	}
	_ = json.Unmarshal(w.cfg.Manifest, &m) // New has read it
	f := w.app.Features
	a := pageApp{
		Name: w.app.Display.Name, User: w.cfg.Seed.BotUser, Home: f.AppHome.Home, Messages: f.AppHome.Messages, ReadOnly: f.AppHome.ReadOnly,
		Commands: append([]pageCommand{{inviteCommand, "Add somebody to this channel", "@somebody"}}, m.Features.Commands...), Shortcuts: []pageShortcut{},
	}
	for _, s := range m.Features.Shortcuts {
		if s.Type == "global" {
			a.Shortcuts = append(a.Shortcuts, s)
		}
	}
	return a
}

func (w *Workspace) pageUser(user string, lens *lens) pageUser {
	u := pageUser{Channels: []pageChannel{}, Posts: map[string][]pagePost{}, Modals: []pageView{}}
	for _, c := range w.Channels(user) {
		k := pageChannel{
			ID: c.ID, Name: c.Name, Kind: c.Kind, Topic: c.Topic, Members: c.Members, Archived: c.Archived,
			App: c.Kind == "im" && slices.Contains(c.Members, w.cfg.Seed.BotUser), Member: slices.Contains(c.Members, user),
		}
		u.Channels = append(u.Channels, k)
		posts := w.Posts(user, c.ID)
		posts = posts[max(0, len(posts)-pagePosts):]
		shown := make([]pagePost, 0, len(posts))
		for _, p := range posts {
			q := pagePost{
				TS: p.TS, User: p.User, Text: p.Text, Thread: p.Thread, Blocks: p.Blocks, State: p.State,
				Ephemeral: p.Ephemeral, Edited: p.Edited, App: p.App, Gone: p.Gone,
				Wakes: slices.Contains(p.Wakes, user),
			}
			for _, f := range p.Files {
				q.Files = append(q.Files, pageFile{f.ID, f.Title})
			}
			q.Hidden = lens.hides(user, c, p)
			shown = append(shown, q)
		}
		u.Posts[c.ID] = shown
	}
	for _, v := range w.Modals(user) {
		u.Modals = append(u.Modals, *lens.view(user, "modal", v))
	}
	if v, ok := w.Home(user); ok {
		u.Home = lens.view(user, "home", v)
	}
	return u
}

// lens tells what its viewer does not see of what is on other people's screens.
type lens struct {
	viewer, name string
	sees         func(viewer string, s Shown) bool
	channels     map[string]bool // those that the platform lets the viewer read
}

// pageLens is nil if the page offers none.
func (w *Workspace) pageLens() *lens {
	s := w.cfg.Story
	if s == nil || w.cfg.Sees == nil || s.LensLabel == "" || s.LensViewer == "" {
		return nil
	}
	l := &lens{viewer: s.LensViewer, sees: w.cfg.Sees, channels: map[string]bool{}}
	for _, p := range w.People() {
		if p.ID == s.LensViewer {
			l.name = p.Name
		}
	}
	for _, c := range w.Channels(s.LensViewer) {
		l.channels[c.ID] = true
	}
	return l
}

// hides says why the viewer does not see a post, "" if it is seen. The platform's own walls come first: who is not in
// a conversation reads nothing of it, whatever the app's rules are.
func (l *lens) hides(owner string, c Channel, p Post) string {
	if l == nil || l.viewer == owner {
		return ""
	}
	surface := "channel"
	if c.Kind == "im" || c.Kind == "mpim" {
		surface = "dm"
	}
	switch {
	case p.Ephemeral:
		return l.name + " cannot see this: it is shown to one person only."
	case !l.channels[c.ID]:
		return l.name + " cannot see this: it is a private conversation."
	case !l.sees(l.viewer, Shown{Owner: owner, Surface: surface, Channel: c.ID, TS: p.TS}):
		return l.name + " cannot see this."
	}
	return ""
}

func (l *lens) view(owner, surface string, v View) *pageView {
	p := &pageView{ID: v.ID, Callback: v.Callback, Hash: v.Hash, View: v.JSON, Errors: v.Errors, Pending: v.Pending}
	if l != nil && l.viewer != owner && !l.sees(l.viewer, Shown{Owner: owner, Surface: surface, Callback: v.Callback}) {
		p.Hidden = l.name + " cannot see this: it is on one person’s screen only."
	}
	return p
}
