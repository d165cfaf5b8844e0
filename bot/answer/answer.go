// Package answer takes an input from the socket to what the person sees: whom it is about is looked up, one transaction
// decides, and only after its commit the envelope is acknowledged and a window or a line is shown.
//
//	Job ─▶ Serve ─▶ Handle: look up ─▶ MayUse ─▶ gather ─▶ update(decide.Rules.Decide)   (answer.go, handle.go)
//	                  └▶ commit ─▶ ack ─▶ scene ─▶ open, update or respond               (show.go, window.go)
//	                            └▶ wake the outbox, draw Home again, or later, by Run      (home.go)
//	      └▶ what could not be read: tell the person                                       (unread.go)
//
// It promises that every input is answered, also after a panic, and that nothing is acknowledged as saved that is not.
// It decides nothing, and what must not be lost goes through the outbox.
package answer

import (
	"context"
	"crypto/rand"
	"hash/maphash"
	"log/slog"
	"strings"
	"time"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/scene"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// Options are what answering needs.
type Options struct {
	Store    storage.Store
	Slack    *slackapi.Client
	Health   *health.Ledger
	Meter    *health.Meter
	People   *people.Directory
	Profiles *people.Profiles
	Group    *people.Membership
	Scenes   *scene.Reader
	Rules    func() decide.Rules // by the settings that apply now
	Now      func() time.Time    // the clock for what is due
	Wake     func()              // there is something to deliver
	Go       func(func())        // runs beside the person's queue, and is waited for at the end
	Forget   func(context.Context)
	Panicked func(p any, about ...any)
	Log      *slog.Logger
}

// Answerer answers inputs.
type Answerer struct {
	Options
	homes homes
}

// New has answered nothing yet.
func New(o Options) *Answerer {
	return &Answerer{
		Options: o,
		homes: homes{
			seed: maphash.MakeSeed(), all: map[nudges.UserID]*home{}, poke: make(chan struct{}, 1),
		},
	}
}

// newID names the request that an input may begin. A duplicate delivery begins nothing,
// so chance is enough.
func (a *Answerer) newID(form.Input) nudges.RequestID {
	return nudges.RequestID("R" + rand.Text()[:16])
}

// Serve answers one input. It recovers: the person gets an apology, the log the stack, and
// everybody else goes on. So do drawHome and the outbox, which work beside it.
func (a *Answerer) Serve(j socket.Job) {
	ctx := context.Background()
	end := health.EndedWell
	defer func() { a.Meter.Envelopes.WithLabelValues(string(j.In.Kind), end).Inc() }()
	defer func() {
		if p := recover(); p != nil {
			code := newCode()
			end = health.EndedBadly
			a.Panicked(p, "code", code, "kind", j.In.Kind)
			a.answer(ctx, j, decide.Reply{Screen: form.NoteScreen, Text: "err-our-fault"}, nudges.Request{}, code)
		}
	}()
	if j.In.Odd != "" {
		end = health.EndedUnread
		a.unread(ctx, j)
		return
	}
	switch j.In.Kind {
	case form.Nothing:
		a.ack(j, nil)
		return
	case form.Changed:
		if err := a.changed(ctx, j); err != nil {
			end = health.EndedBadly
			a.Log.Error("profile not followed", "error", err)
		}
		return
	case form.HomeSeen:
		a.ack(j, nil)
		a.sees(j.In.User, true)
		a.drawHome(j.In.User, true)
		return
	default:
	}
	atHome := j.In.Where == form.OnHome || decide.FromHome(form.Screen(j.In.Callback))
	old := atHome && a.sees(j.In.User, false) // it may show what was so when it was last drawn
	out, r, err := a.Handle(ctx, j.In)
	code := ""
	if out.Screen == form.NoteScreen && strings.HasPrefix(out.Text, "err-") {
		if end = health.EndedRefused; out.Text == whoUnknown {
			end = health.EndedUnknown
		}
	}
	if err != nil {
		code, end = newCode(), health.EndedBadly
		a.Log.Error("not saved", "code", code, "kind", j.In.Kind, "error", err)
	}
	if shown := a.answer(ctx, j, out, r, code); !shown && end == health.EndedWell {
		end = health.EndedUnshown
	}
	a.Wake()
	if j.In.Kind == form.Submitted && decide.Forgets(form.Screen(j.In.Callback)) {
		a.Forget(ctx)
	}
	if old && end != health.EndedRefused {
		out.Homes = append(out.Homes, j.In.User)
	}
	a.drawHomes(out.Homes, j.In.User, atHome)
}

// drawHomes draws the Homes that somebody has changed, who may be at their own.
func (a *Answerer) drawHomes(homes []nudges.UserID, by nudges.UserID, atHome bool) {
	for _, u := range homes {
		a.drawHome(u, atHome && u == by)
	}
}

// newCode names one fault, for the person to tell and the operator to find.
func newCode() string { return "E-" + strings.ToLower(rand.Text()[:4]) }

func (a *Answerer) ack(j socket.Job, payload any) {
	if err := j.Ack(payload); err != nil {
		a.Log.Warn("not acknowledged", "kind", j.In.Kind, "error", slackapi.Short(err))
		return
	}
	a.Meter.Acks.Observe(time.Since(j.In.Received).Seconds())
}
