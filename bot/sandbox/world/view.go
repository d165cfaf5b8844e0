package world

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// maxStack is how many modals may lie on one another (docs.slack.dev/surfaces/modals).
const maxStack = 3

type views struct {
	byID     map[string]*View
	external map[string]*View   // by external_id
	stacks   map[string][]*View // user id to open modals, bottom to top
	homes    map[string]*View   // user id to Home tab
}

// View is a modal or a Home tab.
type View struct {
	ID, Type, User string
	Hash           string
	Root, Previous string            `json:",omitempty"` // ids of the views beneath
	Body           kit.Obj           // what the app sent: title, blocks, callback_id and so on
	Values         kit.Values        `json:",omitempty"`
	Errors         map[string]string `json:",omitempty"` // by block id, from the last submission
	Pending        bool              `json:"-"`          // a submission waits for its answer
}

// Callback is the view's callback_id.
func (v *View) Callback() string { return kit.Str(v.Body["callback_id"]) }

// Blocks are the view's blocks.
func (v *View) Blocks() []any { return kit.List(v.Body["blocks"]) }

func (v *View) external() string { return kit.Str(v.Body["external_id"]) }

// View is the view with an id; nil for none.
func (w *World) View(id string) *View { return w.views.byID[id] }

// ViewNamed is the view with an external_id; nil for none.
func (w *World) ViewNamed(external string) *View { return w.views.external[external] }

// Modals are a user's open modals, bottom to top.
func (w *World) Modals(user string) []*View { return w.views.stacks[user] }

// Home is a user's Home tab; nil if the app has published none.
func (w *World) Home(user string) *View { return w.views.homes[user] }

// NewView makes a view that nobody sees yet.
func NewView(kind, user string) *View {
	v := &View{ID: NewID("V"), Type: kind, User: user}
	v.Root = v.ID
	return v
}

// Fill puts body into a view; what people entered stays where it can. It refuses an external_id of another view.
func (w *World) Fill(v *View, body kit.Obj) *rules.Refusal {
	if e := kit.Str(body["external_id"]); e != "" && w.views.external[e] != nil && w.views.external[e] != v {
		return rules.No("duplicate_external_id")
	}
	w.forgetName(v)
	body["blocks"] = kit.NameBlocks(kit.List(body["blocks"]))
	v.Body = body
	v.Values = kit.KeepValues(v.Blocks(), v.Values)
	v.Hash = fmt.Sprintf("%d.%s", time.Now().Unix(), rand.Text()[:8])
	v.Errors = nil
	w.keepView(v)
	w.Changed()
	return nil
}

// Push opens a modal on top of what a user has open; asRoot makes it the first of a stack of its own.
func (w *World) Push(user string, body kit.Obj, asRoot bool) (*View, *rules.Refusal) {
	stack := w.views.stacks[user]
	if len(stack) >= maxStack {
		return nil, rules.No("push_limit_reached")
	}
	v := NewView("modal", user)
	if len(stack) > 0 && !asRoot {
		v.Root, v.Previous = stack[0].ID, stack[len(stack)-1].ID
	}
	if bad := w.Fill(v, body); bad != nil {
		return nil, bad
	}
	w.views.stacks[user] = append(stack, v)
	w.Changed()
	return v, nil
}

// Publish puts body on a user's Home tab.
func (w *World) Publish(user string, body kit.Obj) (*View, *rules.Refusal) {
	v := w.Home(user)
	if v == nil {
		v = NewView("home", user)
	}
	if bad := w.Fill(v, body); bad != nil {
		return nil, bad
	}
	w.views.homes[user] = v
	return v, nil
}

// Close takes a modal, and those on top of it, off the stack.
func (w *World) Close(v *View) {
	stack := w.views.stacks[v.User]
	if i := slices.Index(stack, v); i >= 0 {
		w.closeFrom(v.User, i)
	}
}

// CloseAll closes a user's modals.
func (w *World) CloseAll(user string) { w.closeFrom(user, 0) }

func (w *World) closeFrom(user string, i int) {
	stack := w.views.stacks[user]
	for _, v := range stack[i:] {
		delete(w.views.byID, v.ID)
		w.forgetName(v)
	}
	w.views.stacks[user] = slices.Delete(stack, i, len(stack))
	w.Changed()
}

func (w *World) keepView(v *View) {
	w.views.byID[v.ID] = v
	if e := v.external(); e != "" {
		w.views.external[e] = v
	}
}

func (w *World) forgetName(v *View) {
	if e := v.external(); e != "" && w.views.external[e] == v {
		delete(w.views.external, e)
	}
}

// viewDefaults are the fields that the platform returns when the app has left them out.
var viewDefaults = kit.Obj{
	"private_metadata": "", "callback_id": "", "external_id": "", "close": nil, "submit": nil,
	"title":          kit.Obj{"type": "plain_text", "text": "View Title", "emoji": true},
	"clear_on_close": false, "notify_on_close": false,
}

// ViewJSON is a view as the platform returns it; without typed, the state of inputs is left out.
func (w *World) ViewJSON(v *View, typed bool) kit.Obj {
	o := make(kit.Obj, len(viewDefaults)+len(v.Body)) // enough, since most of the body is among the defaults
	maps.Copy(o, viewDefaults)
	maps.Copy(o, v.Body)
	state := kit.Values{}
	for _, e := range kit.Elements(v.Blocks()) {
		if s, ok := v.Values[e.BlockID][e.ID()]; ok && (typed || !e.Input) {
			state.Set(e.BlockID, e.ID(), s)
		}
	}
	o["id"], o["team_id"], o["type"], o["hash"] = v.ID, w.IDs.Team, v.Type, v.Hash
	o["state"] = kit.Obj{"values": state}
	o["app_id"], o["bot_id"], o["app_installed_team_id"] = w.IDs.App, w.IDs.Bot, w.IDs.Installed()
	o["root_view_id"], o["previous_view_id"] = v.Root, nil
	if v.Previous != "" {
		o["previous_view_id"] = v.Previous
	}
	if v.Type == "home" {
		o["root_view_id"] = v.ID
	}
	return o
}
