package sandbox

// viewArg reads and checks the argument view.
func (w *Workspace) viewArg(c *call, kind string) (obj, *refusal) {
	if !w.app.Settings.Interactivity.On && kind == "modal" {
		w.violation("%s although the manifest has interactivity off: buttons would show an error", c.method)
	}
	tree, ok := c.tree("view")
	if !ok || tree == nil || object(tree) == nil {
		return nil, badArguments("invalid_arguments", []string{"[ERROR] missing required field: view [json-pointer:/view]"})
	}
	body := object(tree)
	if len(mustJSON(body)) > maxView {
		return nil, no("view_too_large")
	}
	if bad := checkView(body, kind); len(bad) > 0 {
		return nil, badArguments("invalid_arguments", bad)
	}
	delete(body, "type")
	return body, nil
}

// spend checks the call's trigger; the caller marks it used when all went well.
func (w *Workspace) spend(c *call) (*trigger, *refusal) {
	id := c.str("trigger_id")
	if id == "" {
		return nil, badArguments("invalid_arguments", []string{"[ERROR] missing required field: trigger_id"})
	}
	return w.triggers.check(c.now, id)
}

func (w *Workspace) viewsOpen(c *call) (obj, *refusal) {
	body, bad := w.viewArg(c, "modal")
	if bad != nil {
		return nil, bad
	}
	t, bad := w.spend(c)
	if bad != nil {
		return nil, bad
	}
	v, bad := w.pushView(t.user, body, true)
	if bad != nil {
		return nil, bad
	}
	t.used = true
	return obj{"view": w.viewJSON(v, true)}, nil
}

// viewsPush needs a trigger from inside a modal that is still open.
func (w *Workspace) viewsPush(c *call) (obj, *refusal) {
	body, bad := w.viewArg(c, "modal")
	if bad != nil {
		return nil, bad
	}
	t, bad := w.spend(c)
	if bad != nil {
		return nil, bad
	}
	if t.view == "" {
		return nil, no("invalid_trigger_id")
	}
	if w.views[t.view] == nil {
		return nil, no("not_found")
	}
	v, bad := w.pushView(t.user, body, false)
	if bad != nil {
		return nil, bad
	}
	t.used = true
	return obj{"view": w.viewJSON(v, true)}, nil
}

func (w *Workspace) viewsUpdate(c *call) (obj, *refusal) {
	var v *view
	id, ext := c.str("view_id"), c.str("external_id")
	switch {
	case id != "":
		v = w.views[id]
	case ext != "":
		v = w.external[ext]
	default:
		return nil, badArguments("invalid_arguments", []string{"[ERROR] missing required field: view_id"})
	}
	kind := "modal"
	if v != nil {
		kind = v.Type
	}
	body, bad := w.viewArg(c, kind)
	switch {
	case bad != nil:
		return nil, bad
	case v == nil:
		return nil, no("not_found")
	}
	if h := c.str("hash"); h != "" && h != v.Hash {
		return nil, no("hash_conflict")
	}
	if bad := w.freeExternal(str(body["external_id"]), v); bad != nil {
		return nil, bad
	}
	w.fill(v, body)
	return obj{"view": w.viewJSON(v, true)}, nil
}

func (w *Workspace) viewsPublish(c *call) (obj, *refusal) {
	if !w.app.Features.AppHome.Home {
		return nil, no("not_enabled")
	}
	body, bad := w.viewArg(c, "home")
	if bad != nil {
		return nil, bad
	}
	p := w.byID[c.str("user_id")]
	if p == nil || p.Deleted || p.Bot {
		return nil, badArguments("invalid_arguments", []string{"[ERROR] invalid user_id [json-pointer:/user_id]"})
	}
	v := w.homes[p.ID]
	h := c.str("hash")
	if v == nil {
		if h != "" {
			return nil, no("hash_conflict")
		}
		v = &view{ID: newID("V"), Type: "home", User: p.ID}
		v.Root = v.ID
	} else if h != "" && h != v.Hash {
		return nil, no("hash_conflict")
	}
	if bad := w.freeExternal(str(body["external_id"]), v); bad != nil {
		return nil, bad
	}
	w.homes[p.ID], w.views[v.ID] = v, v
	w.fill(v, body)
	return obj{"view": w.viewJSON(v, true)}, nil
}
