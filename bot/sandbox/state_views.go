package sandbox

import (
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// maxStack is how many modals may lie on one another (SLACK.md section 2).
const maxStack = 3

// view is a modal or a Home tab.
type view struct {
	ID, Type, User string
	Hash           string
	Root, Previous string            `json:",omitempty"`
	Body           kit.Obj           // what the app sent: title, blocks, callback_id and so on
	Values         kit.Values        `json:",omitempty"`
	Errors         map[string]string `json:",omitempty"`
	Pending        bool              `json:"-"`
}

func (v *view) callback() string { return kit.Str(v.Body["callback_id"]) }
func (v *view) external() string { return kit.Str(v.Body["external_id"]) }
func (v *view) blocks() []any    { return kit.List(v.Body["blocks"]) }

func newHash() string { return fmt.Sprintf("%d.%s", time.Now().Unix(), rand.Text()[:8]) }

// fill puts body into v, with the lock held: values of elements that stay are kept.
func (w *Workspace) fill(v *view, body kit.Obj) {
	if e := v.external(); e != "" && w.external[e] == v {
		delete(w.external, e)
	}
	body["blocks"] = kit.NameBlocks(kit.List(body["blocks"]))
	v.Body = body
	v.Values = kit.KeepValues(v.blocks(), v.Values)
	v.Hash = newHash()
	v.Errors = nil
	if e := v.external(); e != "" {
		w.external[e] = v
	}
	w.changed()
}

// pushView opens a modal for user on top of what is open; asRoot makes it the first of a stack of its own.
func (w *Workspace) pushView(user string, body kit.Obj, asRoot bool) (*view, *rules.Refusal) {
	stack := w.stacks[user]
	if len(stack) >= maxStack {
		return nil, rules.No("push_limit_reached")
	}
	if bad := w.freeExternal(kit.Str(body["external_id"]), nil); bad != nil {
		return nil, bad
	}
	v := &view{ID: newID("V"), Type: "modal", User: user}
	v.Root = v.ID
	if len(stack) > 0 && !asRoot {
		v.Root, v.Previous = stack[0].ID, stack[len(stack)-1].ID
	}
	w.views[v.ID] = v
	w.stacks[user] = append(stack, v)
	w.fill(v, body)
	return v, nil
}

func (w *Workspace) freeExternal(id string, mine *view) *rules.Refusal {
	if id != "" && w.external[id] != nil && w.external[id] != mine {
		return rules.No("duplicate_external_id")
	}
	return nil
}

// closeView takes v, and what lies on it, off the stack.
func (w *Workspace) closeView(v *view) {
	stack := w.stacks[v.User]
	i := slices.Index(stack, v)
	if i < 0 {
		return
	}
	for _, u := range stack[i:] {
		w.forgetView(u)
	}
	w.stacks[v.User] = slices.Delete(stack, i, len(stack))
	w.changed()
}

func (w *Workspace) forgetView(v *view) {
	delete(w.views, v.ID)
	if e := v.external(); e != "" && w.external[e] == v {
		delete(w.external, e)
	}
}

func (w *Workspace) clearViews(user string) {
	for _, v := range w.stacks[user] {
		w.forgetView(v)
	}
	delete(w.stacks, user)
	w.changed()
}

// viewJSON is a view as the platform returns it; without typed, the state of inputs is left out.
func (w *Workspace) viewJSON(v *view, typed bool) kit.Obj {
	o := maps.Clone(v.Body)
	for k, otherwise := range map[string]any{
		"private_metadata": "", "callback_id": "", "external_id": "", "title": kit.Obj{"type": "plain_text", "text": "View Title", "emoji": true},
		"close": nil, "submit": nil, "clear_on_close": false, "notify_on_close": false,
	} {
		if _, ok := o[k]; !ok {
			o[k] = otherwise
		}
	}
	state := v.Values
	if !typed {
		state = kit.Values{}
		for _, e := range kit.Elements(v.blocks()) {
			if s, ok := v.Values[e.BlockID][e.ID()]; ok && !e.Input {
				state.Set(e.BlockID, e.ID(), s)
			}
		}
	}
	if state == nil {
		state = kit.Values{}
	}
	o["id"], o["team_id"], o["type"], o["hash"] = v.ID, w.team.ID, v.Type, v.Hash
	o["state"] = kit.Obj{"values": state}
	o["app_id"], o["bot_id"], o["app_installed_team_id"] = w.cfg.Seed.App, w.team.BotID, w.team.ID
	o["root_view_id"], o["previous_view_id"] = v.Root, nil
	if v.Previous != "" {
		o["previous_view_id"] = v.Previous
	}
	if v.Type == "home" {
		o["root_view_id"] = v.ID
	}
	return o
}
