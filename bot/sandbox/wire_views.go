package sandbox

import (
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// viewArg reads and checks the argument view.
func (w *Workspace) viewArg(c *call, kind rules.Surface) (kit.Obj, *rules.Refusal) {
	if !w.app.Settings.Interactivity.On && kind == rules.Modal {
		w.violation("%s although the manifest has interactivity off: buttons would show an error", c.method)
	}
	tree, ok := c.tree("view")
	if !ok || tree == nil || kit.Object(tree) == nil {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: view [json-pointer:/view]")
	}
	body := kit.Object(tree)
	if len(kit.JSON(body)) > rules.MaxView {
		return nil, rules.No("view_too_large")
	}
	if bad := rules.View(body, kind); len(bad) > 0 {
		return nil, rules.BadArguments("invalid_arguments", bad...)
	}
	delete(body, "type")
	return body, nil
}

// spend checks the call's trigger; the caller marks it used when all went well.
func (w *Workspace) spend(c *call) (*rules.Trigger, *rules.Refusal) {
	id := c.str("trigger_id")
	if id == "" {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: trigger_id")
	}
	return w.triggers.Check(c.now, id)
}

func (w *Workspace) viewsOpen(c *call) (kit.Obj, *rules.Refusal) {
	body, bad := w.viewArg(c, rules.Modal)
	if bad != nil {
		return nil, bad
	}
	t, bad := w.spend(c)
	if bad != nil {
		return nil, bad
	}
	v, bad := w.pushView(t.User, body, true)
	if bad != nil {
		return nil, bad
	}
	t.Used = true
	return kit.Obj{"view": w.viewJSON(v, true)}, nil
}

// viewsPush needs a trigger from inside a modal that is still open.
func (w *Workspace) viewsPush(c *call) (kit.Obj, *rules.Refusal) {
	body, bad := w.viewArg(c, rules.Modal)
	if bad != nil {
		return nil, bad
	}
	t, bad := w.spend(c)
	if bad != nil {
		return nil, bad
	}
	if t.View == "" {
		return nil, rules.No("invalid_trigger_id")
	}
	if w.views[t.View] == nil {
		return nil, rules.No("not_found")
	}
	v, bad := w.pushView(t.User, body, false)
	if bad != nil {
		return nil, bad
	}
	t.Used = true
	return kit.Obj{"view": w.viewJSON(v, true)}, nil
}

func (w *Workspace) viewsUpdate(c *call) (kit.Obj, *rules.Refusal) {
	var v *view
	id, ext := c.str("view_id"), c.str("external_id")
	switch {
	case id != "":
		v = w.views[id]
	case ext != "":
		v = w.external[ext]
	default:
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: view_id")
	}
	kind := rules.Modal
	if v != nil {
		kind = rules.Surface(v.Type)
	}
	body, bad := w.viewArg(c, kind)
	switch {
	case bad != nil:
		return nil, bad
	case v == nil:
		return nil, rules.No("not_found")
	}
	if h := c.str("hash"); h != "" && h != v.Hash {
		return nil, rules.No("hash_conflict")
	}
	if bad := w.freeExternal(kit.Str(body["external_id"]), v); bad != nil {
		return nil, bad
	}
	w.fill(v, body)
	return kit.Obj{"view": w.viewJSON(v, true)}, nil
}

func (w *Workspace) viewsPublish(c *call) (kit.Obj, *rules.Refusal) {
	if !w.app.Features.AppHome.Home {
		return nil, rules.No("not_enabled")
	}
	body, bad := w.viewArg(c, rules.Home)
	if bad != nil {
		return nil, bad
	}
	p := w.byID[c.str("user_id")]
	if p == nil || p.Deleted || p.Bot {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] invalid user_id [json-pointer:/user_id]")
	}
	v := w.homes[p.ID]
	h := c.str("hash")
	if v == nil {
		if h != "" {
			return nil, rules.No("hash_conflict")
		}
		v = &view{ID: newID("V"), Type: "home", User: p.ID}
		v.Root = v.ID
	} else if h != "" && h != v.Hash {
		return nil, rules.No("hash_conflict")
	}
	if bad := w.freeExternal(kit.Str(body["external_id"]), v); bad != nil {
		return nil, bad
	}
	w.homes[p.ID], w.views[v.ID] = v, v
	w.fill(v, body)
	return kit.Obj{"view": w.viewJSON(v, true)}, nil
}
