package answer

import (
	"context"
	"sync"

	"github.com/slack-go/slack"

	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
)

// Redraw draws Home again for somebody who has looked at it.
func (a *Answerer) Redraw(user nudges.UserID) {
	if h, seen := a.homes.Load(user); seen {
		a.drawHome(user, h.(*home))
	}
}

// A home is the Home tab of somebody who has looked at it since the start.
type home struct {
	mu               sync.Mutex
	drawing, changed bool
}

// drawHome publishes Home beside the person's queue, for a click must not wait for it.
// What changes while it is drawn is drawn once more.
func (a *Answerer) drawHome(user nudges.UserID, h *home) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.changed = true; h.drawing {
		return
	}
	h.drawing = true
	a.Go(func() {
		for {
			h.mu.Lock()
			if !h.changed {
				h.drawing = false
				h.mu.Unlock()
				return
			}
			h.changed = false
			h.mu.Unlock()
			func() {
				defer func() {
					if p := recover(); p != nil {
						a.Panicked(p, "kind", "publish")
					}
				}()
				a.publish(context.Background(), user)
			}()
		}
	})
}

func (a *Answerer) publish(ctx context.Context, user nudges.UserID) {
	if !a.Slack.Pace.Allows("views.publish") {
		return // the next change or visit draws it
	}
	h, err := a.Scenes.Home(ctx, user)
	if err != nil {
		a.Log.Error("home", "error", err)
		return
	}
	v := view.HomeTab(h)
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	if _, err := a.Slack.API().PublishViewContext(ctx,
		slack.PublishViewContextRequest{UserID: string(user), View: v}); err != nil {
		a.Slack.Pace.Heard("views.publish", err)
		a.Log.Warn("home not published", "error", slackapi.Short(err))
	}
}

// RedrawAll draws Home again for everybody who has looked at it.
func (a *Answerer) RedrawAll() {
	a.homes.Range(func(id, h any) bool {
		a.drawHome(id.(nudges.UserID), h.(*home))
		return true
	})
}
