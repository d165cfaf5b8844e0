package answer

import (
	"context"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/bot/view"
	"stepin/nudges"
)

// unread answers an envelope that could not be read. The person is told by any way that it still names, and a form
// stays open with what was typed. It is never acknowledged as if it had been saved.
func (a *Answerer) unread(ctx context.Context, j socket.Job) {
	in, code := j.In, newCode()
	a.Log.Error("an envelope could not be read", "code", code, "kind", in.Kind, "field", in.Odd)
	switch {
	case in.Kind == form.Changed:
		if err := a.Profiles.Forget(ctx, in.User); err != nil {
			a.Log.Error("profile not forgotten", "error", err)
		}
		a.ack(j, nil)
		return
	case in.Kind == form.HomeSeen:
		a.ack(j, nil)
		return
	case in.Kind == form.Nothing, in.Kind != form.Typed && in.Kind != form.Submitted && nobody(in):
		return // without an acknowledgement Slack itself tells the person, and a form stays open
	}
	sc := a.Scenes.Screen(ctx, form.NoteScreen, form.HistoryFilter{}, nudges.Request{}, in.User)
	sc.Text, sc.Data.Code = "err-our-fault", code
	switch in.Kind {
	case form.Typed:
		a.answerCommand(ctx, j, view.Note(sc))
		return
	case form.Submitted:
		a.noteAbove(ctx, j, sc)
		return
	default:
	}
	a.ack(j, nil)
	switch {
	case in.Respond != "":
		a.respond(ctx, in, form.NoteScreen, view.Note(sc))
	case in.Where == form.OnModal && in.Trigger != "" && a.push(ctx, in, view.Modal(form.NoteScreen, sc)):
	case in.Where != form.OnModal && in.Trigger != "":
		out := decide.Reply{Screen: form.NoteScreen, Text: sc.Text}
		a.openView(ctx, in, out, view.Modal(form.NoteScreen, sc), sc)
	case in.User != "":
		a.respond(ctx, in, form.NoteScreen, view.Note(sc))
	}
}

// nobody says that an input names no way to tell anybody.
func nobody(in form.Input) bool { return in.Respond == "" && in.Trigger == "" && in.User == "" }

// noteAbove says something above a window that stays open with what was typed.
func (a *Answerer) noteAbove(ctx context.Context, j socket.Job, sc view.Scene) {
	v := view.Modal(form.NoteScreen, sc)
	if j.In.Kind == form.Submitted {
		a.ack(j, slack.NewPushViewSubmissionResponse(&v))
	} else if !a.push(ctx, j.In, v) {
		a.respond(ctx, j.In, form.NoteScreen, view.Note(sc))
	}
}

// push shows a view above the window that was tapped, and says whether it did.
func (a *Answerer) push(ctx context.Context, in form.Input, v slack.ModalViewRequest) bool {
	err := a.Slack.Promptly(ctx, pushes, in.Received.Add(slackapi.TriggerLife), func() error {
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		defer cancel()
		res, err := a.Slack.Quick().PushViewContext(ctx, in.Trigger, v)
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		return err
	})
	if err == nil || triggerUsed(err) {
		return true
	}
	a.unshown(pushes, v.CallbackID, err)
	return false
}
