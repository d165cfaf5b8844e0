// Package hands is what people in a workspace do and see: they type, press, choose, submit and read, as in the
// platform's client. It is used by tests and by the page. A refusal is a *sandbox.Trouble with the client's own
// words.
//
// It never speaks the wire: each act becomes a payload that package sandbox delivers to the app. [Workspace] acts
// by ids; [Hands] acts for one person by what is visible, such as labels and options.
//
// The files: see.go is what a person sees; say.go messages, commands, shortcuts and the Home tab; mentions.go turns
// what is typed into markup; channels.go says who is where; act.go taps and changes; submit.go sends or closes a
// modal; payload.go is what the app is told of all this; hands.go and reads.go are one person, by what is visible;
// aids.go is what happens without anybody's click.
package hands

import (
	"encoding/json"
	"maps"
	"slices"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// Workspace is a workspace with its people. Its methods may be called from any goroutine.
type Workspace struct{ *sandbox.Workspace }

// New makes a workspace as sandbox.New does.
func New(cfg sandbox.Config) (*Workspace, error) {
	w, err := sandbox.New(cfg)
	if err != nil {
		return nil, err
	}
	return &Workspace{w}, nil
}

type held = sandbox.Held

// Post is a message as a person sees it. Its JSON is what the page reads.
type Post struct {
	TS        string          `json:"ts"`
	Channel   string          `json:"-"`
	User      string          `json:"user"`
	Text      string          `json:"text"`
	Thread    string          `json:"thread,omitempty"` // ts of the root, "" outside threads
	Blocks    json.RawMessage `json:"blocks,omitempty"`
	Metadata  json.RawMessage `json:"-"`
	State     json.RawMessage `json:"state,omitempty"` // {"values":…} of the elements in its blocks
	Files     []PostedFile    `json:"files,omitempty"`
	Ephemeral bool            `json:"ephemeral,omitempty"`
	Edited    bool            `json:"edited,omitempty"`
	App       bool            `json:"app,omitempty"`
	Gone      bool            `json:"gone,omitempty"` // deleted, and still there because it had replies
	Wakes     []string        `json:"-"`              // ids of the users whom it notified
}

// PostedFile is a file of a post. Title is what is shown; its Content is open to everybody who sees the post.
type PostedFile struct {
	ID      string `json:"id"`
	Name    string `json:"-"`
	Title   string `json:"name"`
	Content string `json:"-"`
}

// View is a modal or a Home tab as a person sees it. Its JSON is what the page reads.
type View struct {
	ID       string            `json:"id"`
	Type     string            `json:"-"`
	Callback string            `json:"callback"`
	Hash     string            `json:"hash"`
	Root     string            `json:"-"`                 // id of the lowest view of its stack
	Previous string            `json:"-"`                 // id of the view beneath
	JSON     json.RawMessage   `json:"view"`              // as the platform returns it, state included
	Errors   map[string]string `json:"errors,omitempty"`  // by block id, from the last submission
	Pending  bool              `json:"pending,omitempty"` // a submission waits for its answer
}

// People are all who have an account, bots included; their flags tell whom a person can act as.
func (w *Workspace) People() (out []world.Person) {
	w.With(func(h held) {
		for _, p := range h.People() {
			if p.ID != world.Slackbot {
				out = append(out, *p)
			}
		}
	})
	return out
}

// Channels are the conversations that user is in, and the public channels. A conversation of two has the other's name.
func (w *Workspace) Channels(user string) (out []world.Channel) {
	w.With(func(h held) {
		for _, c := range h.Channels() {
			if h.Sees(user, c) {
				out = append(out, channelFor(h, user, c))
			}
		}
	})
	return out
}

func channelFor(h held, user string, c *world.Conversation) world.Channel {
	k := c.Channel
	k.Members = slices.Clone(k.Members)
	if k.Kind == "im" {
		for _, m := range k.Members {
			if p := h.Person(m); m != user && p != nil {
				k.Name = p.Name
			}
		}
	}
	return k
}

// Posts are what user sees in channel, oldest first: threads too, and the ephemeral ones meant for user.
func (w *Workspace) Posts(user, channel string) (out []Post) {
	w.With(func(h held) {
		c := h.Channel(channel)
		if c == nil || !h.Sees(user, c) {
			return
		}
		for _, m := range c.Messages {
			if m.For == "" || m.For == user {
				out = append(out, post(h, m))
			}
		}
	})
	return out
}

func post(h held, m *world.Message) Post {
	p := Post{
		TS: m.TS, Channel: m.Channel, User: m.User, Text: m.Text, Thread: m.Thread,
		Ephemeral: m.For != "", Edited: m.EditedTS != "", App: m.App, Gone: m.Gone, Wakes: slices.Clone(m.Wakes),
	}
	if len(m.Blocks) > 0 {
		p.Blocks, p.State = kit.JSON(m.Blocks), kit.JSON(kit.Obj{"values": m.Values})
	}
	if m.Metadata != nil {
		p.Metadata = kit.JSON(m.Metadata)
	}
	for _, id := range m.Files {
		f := h.File(id)
		p.Files = append(p.Files, PostedFile{ID: id, Name: f.Name, Title: f.Title, Content: string(f.Body)})
	}
	return p
}

// Modals are user's open modals, from bottom to top.
func (w *Workspace) Modals(user string) (out []View) {
	w.With(func(h held) {
		for _, v := range h.Modals(user) {
			out = append(out, view(h, v))
		}
	})
	return out
}

// Top is the id and the callback of user's uppermost modal; "" for none.
func (w *Workspace) Top(user string) (id, callback string) {
	w.With(func(h held) {
		if all := h.Modals(user); len(all) > 0 {
			v := all[len(all)-1]
			id, callback = v.ID, v.Callback()
		}
	})
	return id, callback
}

// Home is user's Home tab; false if the app has published none.
func (w *Workspace) Home(user string) (out View, published bool) {
	w.With(func(h held) {
		if v := h.Home(user); v != nil {
			out, published = view(h, v), true
		}
	})
	return out, published
}

func view(h held, v *world.View) View {
	return View{
		ID: v.ID, Type: v.Type, Callback: v.Callback(), Hash: v.Hash, Root: v.Root, Previous: v.Previous,
		JSON: kit.JSON(h.ViewJSON(v, true)), Errors: maps.Clone(v.Errors), Pending: v.Pending,
	}
}

// trouble is a refusal with the client's own words.
func trouble(code, text string) error { return &sandbox.Trouble{Code: code, Text: text} }

// as does something for a user with the lock held, if that is somebody who can act.
func (w *Workspace) as(user string, do func(held) error) (err error) {
	w.With(func(h held) {
		if p := h.Person(user); p == nil || p.Bot || p.Deleted {
			err = trouble("not_a_person", "Nobody can act as "+user+".")
			return
		}
		err = do(h)
	})
	return err
}
