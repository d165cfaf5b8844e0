package answer

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// openView opens a view on the trigger. Where none can be opened, the person gets one
// private line with a button that brings a fresh trigger; nothing is lost by it.
func (a *Answerer) openView(ctx context.Context, in form.Input, out decide.Reply, v slack.ModalViewRequest,
	sc view.Scene,
) {
	if a.Slack.Pace.Allows("views.open") {
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		defer cancel()
		res, err := a.Slack.Quick().OpenViewContext(ctx, in.Trigger, v)
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		if err == nil {
			return
		}
		a.Slack.Pace.Heard("views.open", err)
		if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok && strings.Contains(no.Err, "exchanged") {
			return // a duplicate's trigger: the view is open already
		}
		a.Log.Warn("view not opened", "screen", v.CallbackID, "error", slackapi.Short(err))
	}
	opener, _ := view.Opener(out.Screen)
	if out.Screen == form.NoteScreen || out.Request == "" && opener == form.ActOpen {
		sc.Text = cmp.Or(out.Text, "err-busy")
		a.respond(ctx, in, out.Screen, view.Note(sc))
		return
	}
	a.respond(ctx, in, out.Screen, view.Open(sc, opener))
}

// respond answers privately where the input came from: by its response URL, or, where it
// has none (Home, a shortcut), in the person's own conversation with stepin.
func (a *Answerer) respond(ctx context.Context, in form.Input, what form.Screen, m view.Message) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	var err error
	if in.Respond != "" {
		// Not by the client's own option, which always sends an empty metadata along.
		m = view.FitMessage(m)
		err = slack.PostWebhookCustomHTTPContext(ctx, in.Respond, a.Slack.Hooks, &slack.WebhookMessage{
			Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, ResponseType: slack.ResponseTypeEphemeral,
		})
	} else if err = a.sayOpen(ctx, in, what); err == nil {
		return
	}
	if err != nil {
		a.Log.Warn("private answer not delivered", "kind", in.Kind, "error", slackapi.Short(err))
	}
}

// A target is the window to draw in: by its id, or by the name that an acknowledgement gave it.
// The acknowledgement takes another way than a call and can come in after it; until then
// nothing has that name, so a call can never be overtaken by the acknowledgement before it.
// The name stays with what is drawn, for a call whose end is unclear is repeated.
type target struct{ id, external string }

// ackLag is how long an acknowledgement may take to show, after it was handed over.
const ackLag = 3 * time.Second

// drawWait is how long a tap's new screen may take before the person's next tap goes ahead.
const drawWait = 1200 * time.Millisecond

// updateView shows another screen in an open window, and says whether it did. If the person
// has closed it, Home still has everything.
func (a *Answerer) updateView(ctx context.Context, at target, v slack.ModalViewRequest) (ok bool) {
	v.ExternalID = at.external
	till := time.Now().Add(ackLag)
	repeated := false
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		if !a.Slack.Pace.Allows("views.update") {
			a.Log.Warn("view not updated: limit reached", "screen", v.CallbackID)
			return false
		}
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		res, err := a.Slack.Quick().UpdateViewContext(ctx, v, at.external, "", at.id)
		cancel()
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		if err == nil {
			return true
		}
		a.Slack.Pace.Heard("views.update", err)
		no, refused := errors.AsType[slack.SlackErrorResponse](err)
		switch {
		case refused && no.Err == "not_found" && at.external != "" && time.Now().Before(till):
			time.Sleep(wait)
		case slackapi.Classify(err) == slackapi.Unknown && !repeated: // the same view twice does no harm
			repeated = true
		default:
			a.Log.Warn("view not updated", "screen", v.CallbackID, "error", slackapi.Short(err))
			return false
		}
	}
}

// sayOpen puts the line with the button into the outbox: once for one input.
func (a *Answerer) sayOpen(ctx context.Context, in form.Input, what form.Screen) error {
	err := a.Health.Stored(a.Store.Update(ctx, func(tx storage.Tx) error {
		m := nudges.Message{Kind: view.KindOpen, To: in.User, Due: a.Now()}
		var r nudges.Request
		var err error
		action, over := view.Opener(what)
		if action != form.ActOpen {
			m.Kind += "-" + action
		}
		switch {
		case action != form.ActOpen && !over:
		case in.Request != "":
			r, err = tx.Request(in.Request)
		default:
			r, err = tx.LastRequest(in.User)
		}
		if err != nil {
			return err
		}
		if m.Request = r.ID; r.ID != "" {
			if m.While.Phase = []nudges.Phase{nudges.Before, nudges.During}; over {
				m.While.Phase = []nudges.Phase{nudges.Debrief}
			}
		}
		m.Key = nudges.Key(r.ID, r.Seq, in.User, m.Kind+"-"+form.Digest(map[string]string{"id": in.Identity}))
		return tx.Enqueue(m.Due, m)
	}))
	a.Wake()
	return err
}
