package answer

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
	"stepin/nudges/storage"
)

const (
	opens   = "views.open"
	updates = "views.update"
	pushes  = "views.push"
)

// openView opens a view on the trigger. It is not repeated but after a 429: else it could open twice. Where none can be
// opened, the person gets one private line with a button that brings a fresh trigger; nothing is lost by it.
func (a *Answerer) openView(ctx context.Context, in form.Input, out decide.Reply, v slack.ModalViewRequest,
	sc view.Scene,
) (shown bool) {
	err := a.Slack.Promptly(ctx, opens, in.Received.Add(slackapi.TriggerLife), func() error {
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		defer cancel()
		res, err := a.Slack.Quick().OpenViewContext(ctx, in.Trigger, v)
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		return err
	})
	if err == nil || triggerUsed(err) {
		return true
	}
	a.unshown(opens, v.CallbackID, err)
	if out.Screen == form.NoteScreen && out.Text != "" {
		a.respond(ctx, in, out.Screen, view.Note(sc))
		return false
	}
	opener, _ := view.Opener(out.Screen)
	a.respond(ctx, in, out.Screen, view.Open(sc, opener, a.opensAt()))
	return false
}

// triggerUsed says that a trigger was used before. It is a duplicate's, so the view is open already. Slack has two
// names for it.
func triggerUsed(err error) bool { return strings.Contains(slackapi.Code(err), "exchanged") }

// opensAt is when a window can be opened again, by the clock that people read; zero for now.
func (a *Answerer) opensAt() time.Time {
	at := a.Slack.Pace.Name(opens)
	if at.IsZero() {
		return at
	}
	return a.Now().Add(time.Until(at))
}

// unshown counts and logs a window that was not opened or drawn.
func (a *Answerer) unshown(method, screen string, err error) {
	why := health.ForRefusal
	switch {
	case slackapi.AskedToWait(err) > 0:
		why = health.ForLimit
	case slackapi.Classify(err) == slackapi.Unknown:
		why = health.ForSilence
	}
	a.Meter.Unshown.WithLabelValues(method, why).Inc()
	a.Log.Warn("window not shown", "method", method, "screen", screen, "error", slackapi.Short(err))
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

// drawWait is how long a tap's new screen may take before the person's next tap goes ahead: that one waits for it, and
// has three seconds of its own.
const drawWait = 1200 * time.Millisecond

// redraw shows the screen that a tap in a window leads to.
func (a *Answerer) redraw(ctx context.Context, in form.Input, what form.Screen, sc view.Scene) (shown bool) {
	return a.update(ctx, in, target{id: in.ViewID}, what, sc.Request.ID, view.Modal(what, sc))
}

// update shows another screen in an open window. Where that cannot be done, the person gets the private line with a
// button: what they did was kept, and the window does not show it.
func (a *Answerer) update(ctx context.Context, in form.Input, at target, what form.Screen, about nudges.RequestID,
	v slack.ModalViewRequest,
) (shown bool) {
	err := a.updateView(ctx, in, at, v)
	if err == nil || at.id != "" && slackapi.Code(err) == "not_found" {
		return true // or the person has closed it: Home still has everything
	}
	a.unshown(updates, v.CallbackID, err)
	in.Request = about
	if err := a.sayOpen(ctx, in, what); err != nil {
		a.Log.Warn("private answer not delivered", "kind", in.Kind, "error", slackapi.Short(err))
	}
	return false
}

// updateView is update without the line.
func (a *Answerer) updateView(ctx context.Context, in form.Input, at target, v slack.ModalViewRequest) error {
	v.ExternalID = at.external
	began, patience, trigger := time.Now(), drawWait, in.Received.Add(slackapi.TriggerLife)
	if at.id == "" { // nobody's tap waits for it
		patience, trigger = ackLag, began.Add(slackapi.TriggerLife)
	}
	repeated := false
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		err := a.Slack.Promptly(ctx, updates, trigger, func() error {
			ctx, cancel := context.WithTimeout(ctx, min(slackapi.ViewTimeout, patience))
			defer cancel()
			res, err := a.Slack.Quick().UpdateViewContext(ctx, v, at.external, "", at.id)
			if err == nil && !res.Ok {
				err = slackapi.ErrNoWord
			}
			return err
		})
		late := time.Since(began) >= patience
		switch {
		case err == nil || late:
			return err
		case slackapi.Code(err) == "not_found" && at.external != "":
			time.Sleep(wait)
		case slackapi.Classify(err) == slackapi.Unknown && !repeated: // the same view twice does no harm
			repeated = true
		default:
			return err
		}
	}
}

// sayOpen puts the line with the button into the outbox: once for one input, and for taps in one window once a minute.
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
		if err != nil && !errors.Is(err, nudges.ErrNotFound) { // then the line has no button
			return err
		}
		if m.Request = r.ID; r.ID != "" {
			m.While.Phase = stillSo(r.Phase)
		}
		id := in.Identity
		if in.Kind == form.Tapped && in.Where == form.OnModal {
			id = in.ViewID + a.Now().UTC().Format("/2006-01-02T15:04")
		}
		m.Key = nudges.Key(r.ID, r.Seq, in.User, m.Kind+"-"+form.Digest(map[string]string{"id": id}))
		return tx.Enqueue(m.Due, m)
	}))
	a.Wake()
	return err
}

// stillSo are the phases in which a line about a request in that phase is still worth sending.
func stillSo(p nudges.Phase) []nudges.Phase {
	switch p {
	case nudges.Before, nudges.During:
		return []nudges.Phase{nudges.Before, nudges.During}
	case nudges.After, nudges.Debrief:
		return []nudges.Phase{nudges.After, nudges.Debrief}
	default:
		return []nudges.Phase{p}
	}
}
