package page

import (
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/world"
)

// Shown is something on the page, as Config.Sees is asked about it.
type Shown struct {
	Owner    string // user id of whose phone shows it
	Surface  string // "modal", "home", "dm" or "channel"
	Channel  string
	TS       string
	Callback string
}

// Lens is what the page offers to look through.
type Lens struct {
	Label  string `json:"label"`
	Viewer string `json:"viewer"` // user id
}

// lens tells what its viewer does not see of what is on other people's screens.
type lens struct {
	viewer, name string
	sees         func(viewer string, s Shown) bool
	channels     map[string]bool // those that the platform lets the viewer read
}

// lens is nil if the page offers none.
func (p *page) lens() *lens {
	s := p.Story
	if s == nil || p.Sees == nil || s.LensLabel == "" || s.LensViewer == "" {
		return nil
	}
	l := &lens{viewer: s.LensViewer, sees: p.Sees, channels: map[string]bool{}}
	for _, q := range p.ws.People() {
		if q.ID == s.LensViewer {
			l.name = q.Name
		}
	}
	for _, c := range p.ws.Channels(s.LensViewer) {
		l.channels[c.ID] = true
	}
	return l
}

// hides says why the viewer does not see a post, "" if it is seen. The platform's own walls come first: who is not in
// a conversation reads nothing of it. The app's rules cannot change that.
func (l *lens) hides(owner string, c world.Channel, p hands.Post) string {
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

// hidesView says why the viewer does not see a view, "" if it is seen.
func (l *lens) hidesView(owner, surface string, v hands.View) string {
	if l == nil || l.viewer == owner || l.sees(l.viewer, Shown{Owner: owner, Surface: surface, Callback: v.Callback}) {
		return ""
	}
	return l.name + " cannot see this: it is on one person’s screen only."
}
