package hands

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
	"stepin/bot/sandbox/world"
)

// Submit presses the modal's submit button. The map holds field errors by block id, those of the client itself (an
// empty field that is not optional) or those that the app answered with.
func (w *Workspace) Submit(ctx context.Context, user, id string) (map[string]string, error) {
	var v *world.View
	var errs map[string]string
	err := w.as(user, func(h held) (err error) {
		v, err = top(h, user, id)
		switch {
		case err != nil:
			return err
		case v.Body["submit"] == nil:
			return trouble("no_submit", "This window has no such button.")
		case v.Pending:
			return trouble("pending", "This is being sent already.")
		}
		if errs = incomplete(v); len(errs) > 0 {
			v.Errors = errs
		} else {
			v.Pending, v.Errors = true, nil
		}
		h.Changed()
		return nil
	})
	if err != nil || len(errs) > 0 {
		return errs, err
	}
	var wrong error
	err = w.Deliver(ctx, "interactive", func(h held) kit.Obj { return submissionPayload(h, v, user) },
		func(h held, answer json.RawMessage) { errs, wrong = submitted(h, v, answer) })
	w.With(func(h held) {
		v.Pending = false
		h.Changed()
	})
	if err != nil {
		return nil, err
	}
	return errs, wrong
}

// top finds user's open modal with an id; only the uppermost can be used.
func top(h held, user, id string) (*world.View, error) {
	stack := h.Modals(user)
	if len(stack) == 0 || stack[len(stack)-1].ID != id {
		return nil, trouble("no_such_view", "This window is not open, or not on top.")
	}
	return stack[len(stack)-1], nil
}

// incomplete is what the client finds missing before anything is sent.
func incomplete(v *world.View) map[string]string {
	bad := map[string]string{}
	for _, e := range kit.Elements(v.Blocks()) {
		if !e.Input {
			continue
		}
		s := v.Values[e.BlockID][e.ID()]
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

// submitted does what the acknowledgement of a submission says.
func submitted(h held, v *world.View, answer json.RawMessage) (map[string]string, error) {
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   kit.Obj           `json:"view"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &a) != nil {
		return nil, badAnswer(h, "acknowledged with something that is no response_action")
	}
	if h.View(v.ID) != v {
		return nil, nil // closed in the meantime
	}
	switch a.Action {
	case "":
		h.Close(v)
	case "clear":
		h.CloseAll(v.User)
	case "errors":
		return fieldErrors(h, v, a.Errors)
	case "update", "push":
		return nil, nextView(h, v, a.View, a.Action == "push")
	default:
		return nil, badAnswer(h, "answered with the unknown response_action %q", a.Action)
	}
	return nil, nil
}

// nextView puts the view that the app answered with on top of v, or in its place.
func nextView(h held, v *world.View, body kit.Obj, push bool) error {
	if kit.Size(body) > rules.MaxView {
		return badAnswer(h, "answered with a view that is too large")
	}
	if bad := rules.View(body, rules.Modal); len(bad) > 0 {
		return badAnswer(h, "answered with a bad view: %v", bad)
	}
	delete(body, "type")
	if !push {
		if h.Fill(v, body) != nil {
			return badAnswer(h, "answered with an external_id that is in use")
		}
		return nil
	}
	if _, bad := h.Push(v.User, body, false); bad != nil {
		return badAnswer(h, "answered with a push: %s", bad.Code)
	}
	return nil
}

func fieldErrors(h held, v *world.View, given map[string]string) (map[string]string, error) {
	inputs := map[string]bool{}
	for _, e := range kit.Elements(v.Blocks()) {
		inputs[e.BlockID] = inputs[e.BlockID] || e.Input
	}
	errs := map[string]string{}
	for id, text := range given {
		if inputs[id] {
			errs[id] = text
		} else {
			h.Violation("a submission was answered with an error for %q, which is no input block of the view", id)
		}
	}
	if len(errs) == 0 {
		return nil, badAnswer(h, "answered with errors that no field can show")
	}
	v.Errors = errs
	h.Changed()
	return errs, nil
}

func badAnswer(h held, format string, a ...any) error {
	h.Violation("a submission was "+format, a...)
	return trouble("bad_answer", "We had some trouble connecting. Try again?")
}

// Dismiss closes the modal as a person does. The app is told if it set notify_on_close.
func (w *Workspace) Dismiss(ctx context.Context, user, id string) error {
	var closed kit.Obj
	err := w.as(user, func(h held) error {
		v, err := top(h, user, id)
		if err != nil {
			return err
		}
		all := kit.Truth(v.Body["clear_on_close"])
		if kit.Truth(v.Body["notify_on_close"]) {
			closed = closedPayload(h, v, user, all)
			closed["view"] = kit.JSON(closed["view"])
		}
		if all {
			h.CloseAll(user)
		} else {
			h.Close(v)
		}
		return nil
	})
	if err != nil || closed == nil {
		return err
	}
	return w.Deliver(ctx, "interactive", func(held) kit.Obj { return closed }, nil)
}
