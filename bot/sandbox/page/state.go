package page

import (
	"fmt"
	"net/http"
	"slices"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// mostPosts is how many posts of a conversation the page shows, the newest.
const mostPosts = 200

// State is all that the page shows.
type State struct {
	Boot   string          `json:"boot"`
	Now    int64           `json:"now"` // the workspace's clock, Unix milliseconds
	App    App             `json:"app"`
	People []Person        `json:"people"`
	Story  *Story          `json:"story"`
	Played played          `json:"played"`
	Call   int64           `json:"call"` // when the story's call begins, Unix milliseconds; 0 if that is not known
	Lens   *Lens           `json:"lens"`
	Jumps  []Jump          `json:"jumps"`
	Users  map[string]User `json:"users"` // by user id, those that were asked for
}

// App is what the page knows of the app.
type App struct {
	Name      string           `json:"name"`
	User      string           `json:"user"` // id of its user
	Home      bool             `json:"home"`
	Messages  bool             `json:"messages"`
	ReadOnly  bool             `json:"readonly"`
	Commands  []rules.Command  `json:"commands"`
	Shortcuts []rules.Shortcut `json:"shortcuts"` // the global ones
}

// Person is somebody in the workspace.
type Person struct {
	world.Person
	Acts bool   `json:"acts"`           // a person at the page can be them
	News string `json:"news,omitempty"` // ts of the last message of the app to them, outside channels
}

// User is what one person sees.
type User struct {
	Channels []Channel         `json:"channels"`
	Posts    map[string][]Post `json:"posts"` // by channel id, oldest first
	Modals   []View            `json:"modals"`
	Home     *View             `json:"home"`
}

// Channel is a conversation that a person sees.
type Channel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Topic    string   `json:"topic"`
	Members  []string `json:"members"`
	App      bool     `json:"app"` // the direct conversation with the app
	Member   bool     `json:"member"`
	Archived bool     `json:"archived"`
}

// Post is a message that a person sees.
type Post struct {
	hands.Post
	Notified bool   `json:"wakes,omitempty"`  // it notified this person
	Hidden   string `json:"hidden,omitempty"` // why the lens's viewer does not see it
}

// View is a modal or the Home tab of a person.
type View struct {
	hands.View
	Hidden string `json:"hidden,omitempty"` // why the lens's viewer does not see it
}

// playable says whether somebody at the page can be user: the seeded people, without bots, guests, people of other
// organisations and those who left.
func (p *page) playable(user string) bool {
	return slices.ContainsFunc(p.ws.People(), func(p world.Person) bool { return p.ID == user && playable(p) })
}

func playable(p world.Person) bool {
	return !p.Bot && !p.Guest && !p.GuestOfMany && !p.Stranger && p.Team == "" && !p.Deleted
}

// state answers with what the users in the query see.
func (p *page) state(rw http.ResponseWriter, r *http.Request) {
	users := r.URL.Query()["user"]
	for _, u := range users {
		if !p.playable(u) {
			http.Error(rw, fmt.Sprintf("nobody can act as %q here", u), http.StatusForbidden)
			return
		}
	}
	s := State{Boot: p.boot, Story: p.Story, Jumps: append([]Jump{}, p.jumps()...), Users: map[string]User{}}
	news := map[string]string{}
	p.ws.With(func(h sandbox.Held) {
		s.Now, s.App = h.Now().UnixMilli(), app(h.World)
		s.Played, s.Call = p.played, p.call(h.World)
		news = lastNews(h.World)
	})
	for _, q := range p.ws.People() {
		s.People = append(s.People, Person{q, playable(q), news[q.ID]})
	}
	lens := p.lens()
	if lens != nil {
		s.Lens = &Lens{Label: p.Story.LensLabel, Viewer: lens.viewer}
	}
	for _, u := range users {
		s.Users[u] = p.user(u, s.App.User, lens)
	}
	write(rw, s)
}

// lastNews is the ts of the app's last message to each person, outside channels.
func lastNews(w *world.World) map[string]string {
	news := map[string]string{}
	for _, c := range w.Channels() {
		if c.Kind != "im" && c.Kind != "mpim" {
			continue
		}
		i := len(c.Messages) - 1
		for i >= 0 && (!c.Messages[i].App || c.Messages[i].For != "") {
			i--
		}
		for _, u := range c.Members {
			if i >= 0 && u != w.IDs.BotUser && world.CompareTS(c.Messages[i].TS, news[u]) > 0 {
				news[u] = c.Messages[i].TS
			}
		}
	}
	return news
}

func (p *page) jumps() []Jump {
	if p.Jumps == nil {
		return nil
	}
	return p.Jumps()
}

func app(w *world.World) App {
	f := w.App.Features
	invite := rules.Command{
		Command: hands.InviteCommand, Description: "Add somebody to this channel", Hint: "@somebody",
	}
	a := App{
		Name: w.App.Display.Name, User: w.IDs.BotUser,
		Home: f.AppHome.Home, Messages: f.AppHome.Messages, ReadOnly: f.AppHome.ReadOnly,
		Commands: append([]rules.Command{invite}, f.Commands...), Shortcuts: []rules.Shortcut{},
	}
	for _, s := range f.Shortcuts {
		if s.Type == "global" {
			a.Shortcuts = append(a.Shortcuts, s)
		}
	}
	return a
}

// user is what a user sees, and what of it the lens hides. bot is the app's user.
func (p *page) user(user, bot string, lens *lens) User {
	u := User{Channels: []Channel{}, Posts: map[string][]Post{}, Modals: []View{}}
	for _, c := range p.ws.Channels(user) {
		u.Channels = append(u.Channels, Channel{
			ID: c.ID, Name: c.Name, Kind: c.Kind, Topic: c.Topic, Members: c.Members, Archived: c.Archived,
			App: c.Kind == "im" && slices.Contains(c.Members, bot), Member: slices.Contains(c.Members, user),
		})
		posts := p.ws.Posts(user, c.ID)
		posts = posts[max(0, len(posts)-mostPosts):]
		shown := make([]Post, 0, len(posts))
		for _, q := range posts {
			shown = append(shown, Post{q, slices.Contains(q.Wakes, user), lens.hides(user, c, q)})
		}
		u.Posts[c.ID] = shown
	}
	for _, v := range p.ws.Modals(user) {
		u.Modals = append(u.Modals, View{v, lens.hidesView(user, "modal", v)})
	}
	if v, ok := p.ws.Home(user); ok {
		u.Home = &View{v, lens.hidesView(user, "home", v)}
	}
	return u
}
