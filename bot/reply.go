package bot

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/people"
	"stepin/bot/slackapi"
	"stepin/bot/socket"
	"stepin/bot/view"
	"stepin/nudges"
)

// envelopeAge is how long an envelope's identity is kept: the platform's last redelivery
// comes after 24 hours (SLACK section 1.7).
const envelopeAge = 25 * time.Hour

// newID names the request that an input may begin. A duplicate delivery begins nothing,
// so chance is enough.
func (b *Bot) newID(form.Input) nudges.RequestID { return nudges.RequestID("R" + rand.Text()[:16]) }

// serve answers one input. It recovers: the person gets an apology, the log the stack, and
// everybody else goes on. So do drawHome and the outbox, which work beside it.
func (b *Bot) serve(j socket.Job) {
	ctx := context.Background()
	end := health.EndedWell
	defer func() {
		b.meter.Count(func(f *health.Figures) { f.Envelopes[health.EnvelopeEnd{Kind: string(j.In.Kind), Result: end}]++ })
	}()
	defer func() {
		if p := recover(); p != nil {
			code := newCode()
			end = health.EndedBadly
			b.panicked(p, "code", code, "kind", j.In.Kind)
			b.answer(ctx, j, decide.Reply{Screen: form.NoteScreen, Text: "err-our-fault"}, nudges.Request{}, code)
		}
	}()
	switch j.In.Kind {
	case form.Nothing:
		b.ack(j, nil)
		return
	case form.Changed:
		b.people.Changed(*j.In.Profile)
		if err := b.profiles.Follow(ctx, map[nudges.UserID]people.Standing{j.In.User: b.profiles.StandingIn(*j.In.Profile)}); err != nil {
			end = health.EndedBadly
			b.log.Error("profile not followed", "error", err)
		}
		if j.In.Profile.Deleted {
			b.left(ctx, j.In.User)
		}
		b.ack(j, nil)
		return
	case form.HomeSeen:
		b.ack(j, nil)
		h, _ := b.homes.LoadOrStore(j.In.User, &home{})
		b.drawHome(j.In.User, h.(*home))
		return
	default:
	}
	if j.In.Where == form.OnHome || decide.FromHome(form.Screen(j.In.Callback)) { // they look at it, also after a restart
		b.homes.LoadOrStore(j.In.User, &home{})
	}
	out, r, err := b.handle(ctx, j.In)
	code := ""
	if out.Screen == form.NoteScreen && strings.HasPrefix(out.Text, "err-") {
		end = health.EndedRefused
	}
	if err != nil {
		code, end = newCode(), health.EndedBadly
		b.log.Error("not saved", "code", code, "kind", j.In.Kind, "error", err)
	}
	b.answer(ctx, j, out, r, code)
	b.out.wake()
	if j.In.Kind == form.Submitted && form.Screen(j.In.Callback) == form.ForgetScreen {
		b.erase.ForgetDue(ctx, true)
	}
	for _, u := range out.Homes {
		b.republish(u)
	}
}

// panicked logs a panic with its stack, and without its value, which may hold somebody's words.
func (b *Bot) panicked(p any, about ...any) {
	b.log.Error("panic", append(about, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))...)
}

// newCode names one fault, for the person to tell and the operator to find.
func newCode() string { return "E-" + strings.ToLower(rand.Text()[:4]) }

func (b *Bot) ack(j socket.Job, payload any) {
	if err := j.Ack(payload); err != nil {
		b.log.Warn("not acknowledged", "kind", j.In.Kind, "error", slackapi.Short(err))
		return
	}
	took := time.Since(j.In.Received)
	b.meter.Count(func(f *health.Figures) { f.Acks.Add(took) })
}

// answer acknowledges an input and shows its answer where it belongs.
func (b *Bot) answer(ctx context.Context, j socket.Job, out decide.Reply, r nudges.Request, code string) {
	in := j.In
	carried := in.Kind == form.Submitted || in.Kind == form.Typed && (out.Screen == form.NoteScreen || out.Screen == form.HelpScreen || out.Screen == form.WhyScreen || out.Screen == form.PrivacyScreen)
	if !carried { // the acknowledgement is empty, and need not wait for the names on a screen
		if b.ack(j, nil); out.Screen == form.NoScreen {
			return
		}
	}
	sc := b.scenes.Screen(ctx, out.Screen, out.Filter, r, in.User)
	sc.Notice, sc.Wish, sc.Text = out.Notice, out.Wish, out.Text
	if sc.Data.Who = sc.Askees(); out.Who != "" {
		p, _ := b.people.Look(ctx, out.Who)
		sc.Data.Who = p.Name
	}
	if d := out.Draft; d != nil {
		sc.Request.Manager, sc.Request.Rep, sc.Request.Deal = d.Boss, in.User, d.Deal
		sc.Request.Starts, sc.Request.Ends = d.Starts, d.Starts.Add(decide.FirstLength)
		sc.Led, sc.InChannel = d.Led, d.Channel
	}
	sc.Data.Code, sc.Data.Typed = code, out.Typed
	if rep := nudges.UserID(in.Form[form.ActRep]); rep != "" && len(out.Errors) > 0 {
		p, _ := b.people.Look(ctx, rep) // the one just picked, whom the error is about
		sc.Data.Rep = p.Name
	}
	switch {
	case in.Kind == form.Submitted:
		b.answerSubmit(ctx, j, out, sc)
	case in.Kind == form.Tapped && in.Where == form.OnModal:
		if out.Screen != form.NoScreen {
			// The person's next tap waits for it, and has three seconds of its own.
			ctx, cancel := context.WithTimeout(ctx, drawWait)
			b.updateView(ctx, target{id: in.ViewID}, view.Modal(out.Screen, sc))
			cancel()
		}
	case in.Kind == form.Typed && out.Screen == form.NoteScreen:
		b.answerCommand(ctx, j, view.Note(sc))
	case in.Kind == form.Typed && out.Screen == form.HelpScreen:
		sc.Text = "help"
		b.answerCommand(ctx, j, view.Note(sc))
	case in.Kind == form.Typed && out.Screen == form.WhyScreen:
		b.answerCommand(ctx, j, view.Why(sc))
	case in.Kind == form.Typed && out.Screen == form.PrivacyScreen:
		b.answerCommand(ctx, j, view.Privacy(sc))
	case in.Where == form.OnMessage && out.Screen == form.DecidedScreen:
		b.respond(ctx, in, form.NoteScreen, view.Decided(sc))
	case in.Where == form.OnMessage && out.Screen == form.NoteScreen && in.Key != form.InThread:
		b.respond(ctx, in, form.NoteScreen, view.Note(sc))
	case out.Screen != form.NoScreen:
		b.openView(ctx, in, out, view.Modal(out.Screen, sc), sc)
	}
}

// answerCommand answers in the acknowledgement, or, with what is too big for it, right after.
func (b *Bot) answerCommand(ctx context.Context, j socket.Job, m view.Message) {
	if w := view.Ephemeral(m); view.Size(w) <= view.MaxAck {
		b.ack(j, w)
		return
	}
	b.ack(j, nil)
	b.respond(ctx, j.In, form.NoteScreen, m)
}

func (b *Bot) answerSubmit(ctx context.Context, j socket.Job, out decide.Reply, sc view.Scene) {
	switch {
	case len(out.Errors) > 0:
		errs := view.Errors(out.Errors, sc)
		for action, id := range out.About {
			if id == "" {
				continue
			}
			about := sc
			p, _ := b.people.Look(ctx, id)
			about.Data.Who = p.Name
			maps.Copy(errs, view.Errors(map[string]string{action: out.Errors[action]}, about))
		}
		b.ack(j, slack.NewErrorsViewSubmissionResponse(errs))
	case out.Screen == form.DoneScreen:
		b.ack(j, slack.NewClearViewSubmissionResponse())
	case out.Screen == form.NoScreen:
		b.ack(j, nil)
	default:
		v := view.Modal(out.Screen, sc)
		if view.Size(slack.NewUpdateViewSubmissionResponse(&v)) <= view.MaxAck {
			b.ack(j, slack.NewUpdateViewSubmissionResponse(&v))
			return
		}
		// Too big for an acknowledgement: a small view first, and the whole one after it.
		small := view.Wait(sc)
		small.ExternalID = "wait-" + form.Digest(map[string]string{"of": j.In.Identity}) // alike for a duplicate
		b.ack(j, slack.NewUpdateViewSubmissionResponse(&small))
		b.beside(func() { // nothing can be tapped until it is there
			if b.updateView(ctx, target{external: small.ExternalID}, v) {
				return
			}
			in := j.In
			in.Request = sc.Request.ID
			if err := b.sayOpen(ctx, in, form.NoteScreen); err != nil {
				b.log.Warn("private answer not delivered", "kind", in.Kind, "error", slackapi.Short(err))
			}
		})
	}
}

// left passes over somebody who has left the company, wherever they were asked.
func (b *Bot) left(ctx context.Context, who nudges.UserID) {
	var touched []nudges.UserID
	keep := b.live().Keep
	err := b.health.Stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		touched = nil
		all, err := tx.PartOf(who)
		if err != nil {
			return err
		}
		now := b.now()
		for _, r := range all {
			o, err := nudges.Next(r, nudges.Gone{Who: who}, now)
			if err != nil {
				return err
			}
			if err := nudges.Apply(tx, keep, o, now); err != nil {
				return err
			}
			touched = append(touched, o.Concerned()...)
		}
		return nil
	}))
	if err != nil {
		b.log.Error("not passed over", "error", err)
	}
	b.out.wake()
	for _, u := range touched {
		b.republish(u)
	}
}

// openView opens a view on the trigger. Where none can be opened, the person gets one
// private line with a button that brings a fresh trigger; nothing is lost by it.
func (b *Bot) openView(ctx context.Context, in form.Input, out decide.Reply, v slack.ModalViewRequest, sc view.Scene) {
	if b.pace.Allows("views.open") {
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		defer cancel()
		res, err := b.quick().OpenViewContext(ctx, in.Trigger, v)
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		if err == nil {
			return
		}
		b.pace.Heard("views.open", err)
		if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok && strings.Contains(no.Err, "exchanged") {
			return // a duplicate's trigger: the view is open already
		}
		b.log.Warn("view not opened", "screen", v.CallbackID, "error", slackapi.Short(err))
	}
	if out.Screen == form.NoteScreen || out.Request == "" && view.Opener(out.Screen) == form.ActOpen {
		sc.Text = cmp.Or(out.Text, "err-busy")
		b.respond(ctx, in, out.Screen, view.Note(sc))
		return
	}
	b.respond(ctx, in, out.Screen, view.Open(sc, view.Opener(out.Screen)))
}

// respond answers privately where the input came from: by its response URL, or, where it
// has none (Home, a shortcut), in the person's own conversation with stepin.
func (b *Bot) respond(ctx context.Context, in form.Input, what form.Screen, m view.Message) {
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	var err error
	if in.Respond != "" {
		// Not by the client's own option, which always sends an empty metadata along.
		m = view.FitMessage(m)
		err = slack.PostWebhookCustomHTTPContext(ctx, in.Respond, b.slack.Hooks, &slack.WebhookMessage{
			Text: m.Text, Blocks: &slack.Blocks{BlockSet: m.Blocks}, ResponseType: slack.ResponseTypeEphemeral,
		})
	} else if err = b.sayOpen(ctx, in, what); err == nil {
		return
	}
	if err != nil {
		b.log.Warn("private answer not delivered", "kind", in.Kind, "error", slackapi.Short(err))
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
func (b *Bot) updateView(ctx context.Context, at target, v slack.ModalViewRequest) (ok bool) {
	v.ExternalID = at.external
	till := time.Now().Add(ackLag)
	repeated := false
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		if !b.pace.Allows("views.update") {
			b.log.Warn("view not updated: limit reached", "screen", v.CallbackID)
			return false
		}
		ctx, cancel := context.WithTimeout(ctx, slackapi.ViewTimeout)
		res, err := b.quick().UpdateViewContext(ctx, v, at.external, "", at.id)
		cancel()
		if err == nil && !res.Ok {
			err = slackapi.ErrNoWord
		}
		if err == nil {
			return true
		}
		b.pace.Heard("views.update", err)
		no, refused := errors.AsType[slack.SlackErrorResponse](err)
		switch {
		case refused && no.Err == "not_found" && at.external != "" && time.Now().Before(till):
			time.Sleep(wait)
		case slackapi.Classify(err) == slackapi.Unknown && !repeated: // the same view twice does no harm
			repeated = true
		default:
			b.log.Warn("view not updated", "screen", v.CallbackID, "error", slackapi.Short(err))
			return false
		}
	}
}

// republish draws Home anew for somebody who has looked at it.
func (b *Bot) republish(user nudges.UserID) {
	if h, seen := b.homes.Load(user); seen {
		b.drawHome(user, h.(*home))
	}
}

// A home is the Home tab of somebody who has looked at it since the start.
type home struct {
	mu            sync.Mutex
	drawing, anew bool
}

// drawHome publishes Home beside the person's queue, for a click must not wait for it.
// What changes while it is drawn is drawn once more.
func (b *Bot) drawHome(user nudges.UserID, h *home) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.anew = true; h.drawing {
		return
	}
	h.drawing = true
	b.beside(func() {
		for {
			h.mu.Lock()
			if !h.anew {
				h.drawing = false
				h.mu.Unlock()
				return
			}
			h.anew = false
			h.mu.Unlock()
			func() {
				defer func() {
					if p := recover(); p != nil {
						b.panicked(p, "kind", "publish")
					}
				}()
				b.publish(context.Background(), user)
			}()
		}
	})
}

func (b *Bot) publish(ctx context.Context, user nudges.UserID) {
	if !b.pace.Allows("views.publish") {
		return // the next change or visit draws it
	}
	h, err := b.scenes.Home(ctx, user)
	if err != nil {
		b.log.Error("home", "error", err)
		return
	}
	v := view.HomeTab(h)
	ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
	defer cancel()
	if _, err := b.api().PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: string(user), View: v}); err != nil {
		b.pace.Heard("views.publish", err)
		b.log.Warn("home not published", "error", slackapi.Short(err))
	}
}
