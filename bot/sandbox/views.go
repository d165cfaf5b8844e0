package sandbox

import (
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// viewArg reads and checks the argument view.
func (w *Workspace) viewArg(c *call, kind rules.Surface) (kit.Obj, *rules.Refusal) {
	if !w.world.App.Settings.Interactivity.On && kind == rules.Modal {
		w.violation("%s although the manifest has interactivity off: buttons would show an error", c.method)
	}
	tree, ok := c.tree("view")
	if !ok || tree == nil || kit.Object(tree) == nil {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] missing required field: view [json-pointer:/view]")
	}
	body := kit.Object(tree)
	if kit.Size(body) > rules.MaxView {
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
	return w.grants.triggers.Check(c.now, id)
}

func (w *Workspace) viewsOpen(c *call) (kit.Obj, *rules.Refusal) { return w.openModal(c, true) }

// viewsPush needs a trigger from inside a modal that is still open.
func (w *Workspace) viewsPush(c *call) (kit.Obj, *rules.Refusal) { return w.openModal(c, false) }

func (w *Workspace) openModal(c *call, asRoot bool) (kit.Obj, *rules.Refusal) {
	body, bad := w.viewArg(c, rules.Modal)
	if bad != nil {
		return nil, bad
	}
	t, bad := w.spend(c)
	switch {
	case bad != nil:
		return nil, bad
	case !asRoot && t.View == "":
		return nil, rules.No("invalid_trigger_id")
	case !asRoot && w.world.View(t.View) == nil:
		return nil, rules.No("not_found")
	}
	v, bad := w.world.Push(t.User, body, asRoot)
	if bad != nil {
		return nil, bad
	}
	t.Used = true
	return w.viewAnswer(v)
}

func (w *Workspace) viewAnswer(v *world.View) (kit.Obj, *rules.Refusal) {
	return kit.Obj{"view": w.world.ViewJSON(v, true)}, nil
}

func (w *Workspace) viewsUpdate(c *call) (kit.Obj, *rules.Refusal) {
	var v *world.View
	id, ext := c.str("view_id"), c.str("external_id")
	switch {
	case id != "":
		v = w.world.View(id)
	case ext != "":
		v = w.world.ViewNamed(ext)
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
	if bad := w.world.Fill(v, body); bad != nil {
		return nil, bad
	}
	return w.viewAnswer(v)
}

func (w *Workspace) viewsPublish(c *call) (kit.Obj, *rules.Refusal) {
	if !w.world.App.Features.AppHome.Home {
		return nil, rules.No("not_enabled")
	}
	body, bad := w.viewArg(c, rules.Home)
	if bad != nil {
		return nil, bad
	}
	p := w.world.Person(c.str("user_id"))
	if p == nil || p.Deleted || p.Bot {
		return nil, rules.BadArguments("invalid_arguments", "[ERROR] invalid user_id [json-pointer:/user_id]")
	}
	had := ""
	if v := w.world.Home(p.ID); v != nil {
		had = v.Hash
	}
	if h := c.str("hash"); h != "" && h != had {
		return nil, rules.No("hash_conflict")
	}
	v, bad := w.world.Publish(p.ID, body)
	if bad != nil {
		return nil, bad
	}
	return w.viewAnswer(v)
}
