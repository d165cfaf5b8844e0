package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// Submit presses the modal's submit button. The map holds field errors by block id, those of the client itself (an
// empty field that is not optional) or those that the app answered with.
func (w *Workspace) Submit(ctx context.Context, user, id string) (map[string]string, error) {
	w.mu.Lock()
	v, t := w.top(user, id)
	if t == nil && v.Body["submit"] == nil {
		t = &Trouble{Code: "no_submit", Text: "This window has no such button."}
	}
	if t == nil && v.Pending {
		t = &Trouble{Code: "pending", Text: "This is being sent already."}
	}
	if t != nil {
		w.mu.Unlock()
		return nil, t
	}
	if bad := incomplete(v); len(bad) > 0 {
		v.Errors = bad
		w.changed()
		w.mu.Unlock()
		return bad, nil
	}
	v.Pending, v.Errors = true, nil
	w.changed()
	w.mu.Unlock()
	var errs map[string]string
	var wrong error
	err := w.deliver(ctx, "interactive", func() kit.Obj { return w.submissionPayload(v, user) },
		func(a json.RawMessage) { errs, wrong = w.submitted(v, a) })
	w.mu.Lock()
	v.Pending = false
	w.changed()
	w.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return errs, wrong
}

// top finds user's open modal with an id; only the uppermost can be used.
func (w *Workspace) top(user, id string) (*view, *Trouble) {
	if t := w.canAct(user); t != nil {
		return nil, t
	}
	stack := w.stacks[user]
	if len(stack) == 0 || stack[len(stack)-1].ID != id {
		return nil, &Trouble{Code: "no_such_view", Text: "This window is not open, or not on top."}
	}
	return stack[len(stack)-1], nil
}

// incomplete is what the client finds missing before anything is sent.
func incomplete(v *view) map[string]string {
	bad := map[string]string{}
	for _, e := range kit.Elements(v.blocks()) {
		if !e.Input {
			continue
		}
		s, _ := v.Values[e.BlockID][e.ID()]
		if blank(s) {
			if !kit.Truth(e.Block["optional"]) {
				bad[e.BlockID] = "Please complete this required field."
			}
			continue
		}
		if least, ok := e.Body["min_length"].(float64); ok && utf8.RuneCountInString(kit.Str(s["value"])) < int(least) {
			bad[e.BlockID] = fmt.Sprintf("Please enter at least %d characters.", int(least))
		}
	}
	return bad
}

func blank(s kit.Obj) bool {
	for k, v := range s {
		if k == "type" || k == "timezone" {
			continue
		}
		if l, ok := v.([]any); ok && len(l) > 0 || !ok && v != nil && v != "" {
			return false
		}
	}
	return true
}

// submitted does what the acknowledgement of a submission says, with the lock held.
func (w *Workspace) submitted(v *view, answer json.RawMessage) (map[string]string, error) {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   kit.Obj           `json:"view"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &a) != nil {
		return nil, w.badAnswer("a submission was acknowledged with something that is no response_action")
	}
	if w.views[v.ID] != v {
		return nil, nil // closed in the meantime
	}
	switch a.Action {
	case "":
		w.closeView(v)
	case "clear":
		w.clearViews(v.User)
	case "errors":
		return w.fieldErrors(v, a.Errors)
	case "update", "push":
		if len(kit.JSON(a.View)) > rules.MaxView {
			return nil, w.badAnswer("a submission was answered with a view that is too large")
		}
		if bad := rules.View(a.View, rules.Modal); len(bad) > 0 {
			return nil, w.badAnswer("a submission was answered with a bad view: %v", bad)
		}
		delete(a.View, "type")
		if a.Action == "push" {
			if _, bad := w.pushView(v.User, a.View, false); bad != nil {
				return nil, w.badAnswer("a submission was answered with a push: %s", bad.Code)
			}
			return nil, nil
		}
		if w.freeExternal(kit.Str(a.View["external_id"]), v) != nil {
			return nil, w.badAnswer("a submission was answered with an external_id that is in use")
		}
		w.fill(v, a.View)
	default:
		return nil, w.badAnswer("a submission was answered with the unknown response_action %q", a.Action)
	}
	return nil, nil
}

func (w *Workspace) fieldErrors(v *view, given map[string]string) (map[string]string, error) {
	inputs := map[string]bool{}
	for _, e := range kit.Elements(v.blocks()) {
		if e.Input {
			inputs[e.BlockID] = true
		}
	}
	errs := map[string]string{}
	for id, text := range given {
		if !inputs[id] {
			w.violation("a submission was answered with an error for %q, which is no input block of the view", id)
			continue
		}
		errs[id] = text
	}
	if len(errs) == 0 {
		return nil, w.badAnswer("a submission was answered with errors that no field can show")
	}
	v.Errors = errs
	w.changed()
	return errs, nil
}

func (w *Workspace) badAnswer(format string, a ...any) error {
	w.violation(format, a...)
	return &Trouble{Code: "bad_answer", Text: "We had some trouble connecting. Try again?"}
}

// Dismiss closes the modal as a person does. The app is told if it set notify_on_close.
func (w *Workspace) Dismiss(ctx context.Context, user, id string) error {
	w.mu.Lock()
	v, t := w.top(user, id)
	if t != nil {
		w.mu.Unlock()
		return t
	}
	all := kit.Truth(v.Body["clear_on_close"])
	tell := kit.Truth(v.Body["notify_on_close"])
	var closed kit.Obj
	if tell {
		closed = w.closedPayload(v, user, all)
		closed["view"] = json.RawMessage(kit.JSON(closed["view"]))
	}
	if all {
		w.clearViews(user)
	} else {
		w.closeView(v)
	}
	w.mu.Unlock()
	if !tell {
		return nil
	}
	return w.deliver(ctx, "interactive", func() kit.Obj { return closed }, nil)
}
