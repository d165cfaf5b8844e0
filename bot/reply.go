package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

// A job is one input, with the way to acknowledge its envelope.
type job struct {
	in  input
	ack func(payload any) error
}

// envelopeAge is how long an envelope's identity is kept: the platform's last redelivery
// comes after 24 hours (SLACK section 1.7).
const envelopeAge = 25 * time.Hour

// maxAckView is the largest view that goes out inside an acknowledgement; Slack drops
// those of 20 KB and more without a word (SLACK section 1.3).
const maxAckView = 16 << 10

// newID names the request that an input may begin. A duplicate delivery begins nothing,
// so chance is enough.
func (b *Bot) newID(input) nudges.RequestID { return nudges.RequestID("R" + rand.Text()[:16]) }

// serve answers one input. It is the one place that recovers: the person gets an apology,
// the log the stack, and everybody else goes on.
func (b *Bot) serve(j job) {
	ctx := context.Background()
	defer func() {
		if p := recover(); p != nil {
			code := newCode()
			b.log.Error("panic", "code", code, "kind", j.in.kind, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			b.answer(ctx, j, answer{Screen: noteScreen, Text: "err-our-fault"}, nudges.Request{}, code)
		}
	}()
	switch j.in.kind {
	case nothing:
		b.ack(j, nil)
		return
	case changed:
		b.people.changed(*j.in.profile)
		b.ack(j, nil)
		return
	case homeSeen:
		b.ack(j, nil)
		h, _ := b.homes.LoadOrStore(j.in.user, &home{})
		b.drawHome(j.in.user, h.(*home))
		return
	}
	out, r, err := b.handle(ctx, j.in)
	code := ""
	if err != nil {
		code = newCode()
		b.log.Error("not saved", "code", code, "kind", j.in.kind, "error", err)
	}
	b.answer(ctx, j, out, r, code)
	b.out.wake()
	if out.Touched {
		b.republish(j.in.user)
	}
}

// newCode names one fault, for the person to tell and the operator to find.
func newCode() string { return "E-" + strings.ToLower(rand.Text()[:4]) }

func (b *Bot) ack(j job, payload any) {
	if err := j.ack(payload); err != nil {
		b.log.Warn("not acknowledged", "kind", j.in.kind, "error", short(err))
	}
}

// answer acknowledges an input and shows its answer where it belongs.
func (b *Bot) answer(ctx context.Context, j job, out answer, r nudges.Request, code string) {
	sc := b.scene(ctx, r, j.in.user)
	sc.notice, sc.wish, sc.text = out.Notice, out.Wish, out.Text
	sc.d.Code = code
	in := j.in
	switch {
	case in.kind == submitted:
		b.answerSubmit(ctx, j, out, sc)
	case in.kind == tapped && in.where == onModal:
		b.ack(j, nil)
		if out.Screen != noScreen {
			b.updateView(ctx, in.viewID, view(out.Screen, sc))
		}
	case in.kind == typed && out.Screen == noteScreen:
		b.ack(j, ephemeral(section(sc.words.Text(out.Text, sc.d)), fallback(sc.words.Text(out.Text, sc.d))))
	case in.kind == typed && out.Screen == helpScreen:
		m := sc.words.Text("help", sc.d)
		b.ack(j, ephemeral(section(m), fallback(m)))
	case in.kind == typed && out.Screen == whyScreen:
		b.ack(j, whyMessage(sc))
	case in.where == onMessage && out.Screen == noteScreen:
		b.ack(j, nil)
		b.respond(ctx, in, section(sc.words.Text(out.Text, sc.d)), fallback(sc.words.Text(out.Text, sc.d)))
	case out.Screen != noScreen:
		b.ack(j, nil)
		b.openView(ctx, in, out, view(out.Screen, sc), sc)
	default:
		b.ack(j, nil)
	}
}

func (b *Bot) answerSubmit(ctx context.Context, j job, out answer, sc scene) {
	switch {
	case len(out.Errors) > 0:
		errs := map[string]string{}
		for action, text := range out.Errors {
			errs[block(action)] = cut(sc.words.Text(text, sc.d).Plain(), 2000)
		}
		b.ack(j, slack.NewErrorsViewSubmissionResponse(errs))
	case out.Screen == doneScreen:
		b.ack(j, slack.NewClearViewSubmissionResponse())
	case out.Screen == noScreen:
		b.ack(j, nil)
	default:
		v := view(out.Screen, sc)
		if size(v) <= maxAckView {
			b.ack(j, slack.NewUpdateViewSubmissionResponse(&v))
			return
		}
		// Too big for an acknowledgement: a small view first, and the whole one after it.
		small := view(noteScreen, scene{words: sc.words, d: sc.d, r: sc.r, text: "closing-wait"})
		b.ack(j, slack.NewUpdateViewSubmissionResponse(&small))
		b.updateView(ctx, j.in.viewID, v)
	}
}

// scene collects what a screen about r shows to its viewer.
func (b *Bot) scene(ctx context.Context, r nudges.Request, viewer nudges.UserID) scene {
	me, _ := b.people.look(ctx, viewer)
	sc := scene{words: b.cfg.Words, r: r, zone: me.zone}
	if r.Manager != "" {
		m, _ := b.people.look(ctx, r.Manager)
		sc.d.Manager = m.name
	}
	if r.ID == "" {
		return sc
	}
	if r.Rep != "" {
		rep, _ := b.people.look(ctx, r.Rep)
		sc.d.Rep = rep.name
	}
	rung, _ := r.Decision.Rung()
	sc.d.Deal, sc.d.Plan, sc.d.Rung = r.Deal, r.Plan, rung
	sc.d.Starts, sc.d.Ends = r.Starts.In(me.zone).Format("15:04"), r.Ends.In(me.zone).Format("15:04")
	sc.d.Day = b.day(r.Starts, me.zone)
	sc.d.Was = r.Begun.In(me.zone).Format("15:04")
	if !r.Grant.Until.IsZero() {
		sc.d.Until = r.Grant.Until.In(me.zone).Format("15:04")
	}
	return sc
}

// day names the day of a moment as people do.
func (b *Bot) day(t time.Time, zone *time.Location) string {
	today := b.now().In(zone)
	switch nudges.DateIn(t, zone) {
	case nudges.DateIn(today, zone):
		return b.cfg.Words.Text("day-today", nudges.Data{}).Plain()
	case nudges.DateIn(today.AddDate(0, 0, 1), zone):
		return b.cfg.Words.Text("day-tomorrow", nudges.Data{}).Plain()
	}
	return t.In(zone).Format("Mon 2 Jan")
}

// ephemeral is a message that only the person sees, as an acknowledgement carries it.
func ephemeral(block slack.Block, text string) map[string]any {
	return map[string]any{"response_type": "ephemeral", "text": text, "blocks": []slack.Block{block}}
}

func whyMessage(sc scene) map[string]any {
	lead := sc.words.Text("why-lead", sc.d)
	blocks := []slack.Block{section(lead)}
	for _, m := range sc.words.Why(sc.d) {
		blocks = append(blocks, section(m))
	}
	return map[string]any{"response_type": "ephemeral", "text": fallback(lead), "blocks": blocks}
}

// openView opens a view on the trigger. Where none can be opened, the person gets one
// private line with a button that brings a fresh trigger; nothing is lost by it.
func (b *Bot) openView(ctx context.Context, in input, out answer, v slack.ModalViewRequest, sc scene) {
	if b.pace.allows("views.open") {
		ctx, cancel := context.WithTimeout(ctx, viewTimeout)
		defer cancel()
		res, err := b.quick.OpenViewContext(ctx, in.trigger, v)
		if err == nil && !res.Ok {
			err = errNoWord
		}
		if err == nil {
			return
		}
		b.pace.heard("views.open", err)
		if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok && strings.Contains(no.Err, "exchanged") {
			return // a duplicate's trigger: the view is open already
		}
		b.log.Warn("view not opened", "screen", v.CallbackID, "error", short(err))
	}
	button := sc.button(actOpen, "button-open", slack.StylePrimary)
	if out.Request == "" || out.Screen == noteScreen {
		b.respond(ctx, in, section(sc.words.Text(first(out.Text, "err-busy"), sc.d)), fallback(sc.words.Text("err-busy", sc.d)))
		return
	}
	b.respond(ctx, in, section(sc.words.Text("err-busy", sc.d)), fallback(sc.words.Text("err-busy", sc.d)), slack.NewActionBlock("b-open", button))
}

// respond answers privately where the input came from: by its response URL, or, where it
// has none (Home, a shortcut), in the person's own conversation with stepin.
func (b *Bot) respond(ctx context.Context, in input, first slack.Block, text string, more ...slack.Block) {
	blocks := append([]slack.Block{first}, more...)
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	var err error
	if in.respond != "" {
		// Not by the client's own option, which always sends an empty metadata along.
		err = slack.PostWebhookCustomHTTPContext(ctx, in.respond, b.plainHTTP, &slack.WebhookMessage{
			Text: text, Blocks: &slack.Blocks{BlockSet: blocks}, ResponseType: slack.ResponseTypeEphemeral,
		})
	} else if err = b.sayOpen(ctx, in); err == nil {
		return
	}
	if err != nil {
		b.log.Warn("private answer not delivered", "kind", in.kind, "error", short(err))
	}
}

// updateView shows another screen in an open window. If the person has closed it, Home
// still has everything.
func (b *Bot) updateView(ctx context.Context, id string, v slack.ModalViewRequest) {
	if !b.pace.allows("views.update") {
		b.log.Warn("view not updated: limit reached", "screen", v.CallbackID)
		return
	}
	for try := range 2 {
		ctx, cancel := context.WithTimeout(ctx, viewTimeout)
		res, err := b.quick.UpdateViewContext(ctx, v, "", "", id)
		cancel()
		if err == nil && !res.Ok {
			err = errNoWord
		}
		if err == nil {
			return
		}
		b.pace.heard("views.update", err)
		if e := classify(err); try > 0 || e != unsure { // the same view twice does no harm
			b.log.Warn("view not updated", "screen", v.CallbackID, "error", short(err))
			return
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
	b.side.Go(func() {
		for {
			h.mu.Lock()
			if !h.anew {
				h.drawing = false
				h.mu.Unlock()
				return
			}
			h.anew = false
			h.mu.Unlock()
			b.publish(context.Background(), user)
		}
	})
}

func (b *Bot) publish(ctx context.Context, user nudges.UserID) {
	var open []nudges.Request
	err := b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		var err error
		open, err = r.OpenRequests(user)
		return err
	})
	if err != nil {
		b.log.Error("home", "error", err)
		return
	}
	if !b.pace.allows("views.publish") {
		return // the next change or visit draws it
	}
	scenes := make([]scene, 0, len(open))
	for _, r := range open {
		scenes = append(scenes, b.scene(ctx, r, user))
	}
	v := homeView(b.cfg.Words, scenes)
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	if _, err := b.api.PublishViewContext(ctx, slack.PublishViewContextRequest{UserID: string(user), View: v}); err != nil {
		b.pace.heard("views.publish", err)
		b.log.Warn("home not published", "error", short(err))
	}
}
