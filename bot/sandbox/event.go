package sandbox

import (
	"context"
	"crypto/rand"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/world"
)

// eventRetries are the pauses before an event that was not acknowledged comes again (docs.slack.dev/apis/events-api).
var eventRetries = []time.Duration{0, time.Minute, 5 * time.Minute}

// Event sends an event and waits for the first answer; the error is a *Trouble. An event that is not acknowledged is
// repeated in the background as the platform does: at once, after a minute, after five. What the app has not subscribed
// to is not sent.
func (w *Workspace) Event(ctx context.Context, kind string, inner kit.Obj) error {
	w.mu.Lock()
	if !w.world.App.Subscribed(kind) {
		w.mu.Unlock()
		return nil
	}
	outer := w.eventPayload(inner)
	w.mu.Unlock()
	err := w.attempt(ctx, outer, 0)
	if err == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over() {
		w.life.work.Go(func() { w.repeat(outer) })
	}
	return err
}

// Event sends an event in the background.
func (h Held) Event(kind string, inner kit.Obj) {
	if !h.ws.over() {
		h.ws.life.work.Go(func() { _ = h.ws.Event(context.Background(), kind, inner) })
	}
}

func (w *Workspace) eventPayload(inner kit.Obj) kit.Obj {
	ids := w.world.IDs
	inner["event_ts"] = w.world.Stamp()
	return kit.Obj{
		"token": "sandbox", "team_id": ids.Team, "context_team_id": ids.Team, "context_enterprise_id": ids.Enterprise(),
		"api_app_id": ids.App, "event": inner, "type": "event_callback", "event_id": world.NewID("Ev"),
		"event_time": w.world.Now().Unix(), "is_ext_shared_channel": false, "event_context": "4-" + rand.Text(),
		"authorizations": []any{kit.Obj{
			"enterprise_id": ids.Enterprise(), "team_id": ids.Team, "user_id": ids.BotUser,
			"is_bot": true, "is_enterprise_install": ids.OrgWide,
		}},
	}
}

// repeat sends an event again until it is acknowledged, or has come often enough.
func (w *Workspace) repeat(outer kit.Obj) {
	for i, d := range eventRetries {
		if !w.pause(d) || w.attempt(context.Background(), outer, i+1) == nil {
			return
		}
	}
}

func (w *Workspace) attempt(ctx context.Context, outer kit.Obj, n int) error {
	e := envelope{Type: "events_api", Attempt: &n}
	if n > 0 {
		e.Reason = "timeout"
	}
	w.mu.Lock()
	p, err := w.dispatch(e, func(Held) kit.Obj { return outer }, nil)
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return w.await(ctx, p)
}
