package answer

import (
	"context"
	"maps"

	"github.com/slack-go/slack"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/bot/socket"
	"stepin/bot/view"
	"stepin/nudges"
)

// answer acknowledges an input and shows its answer where it belongs. It says false if the person got a line in place
// of a window.
func (a *Answerer) answer(
	ctx context.Context, j socket.Job, out decide.Reply, r nudges.Request, code string,
) (shown bool) {
	in := j.In
	carried := in.Kind == form.Submitted || in.Kind == form.Typed &&
		(out.Screen == form.NoteScreen || out.Screen == form.HelpScreen || out.Screen == form.WhyScreen ||
			out.Screen == form.PrivacyScreen)
	if !carried { // the acknowledgement is empty, and need not wait for the names on a screen
		if a.ack(j, nil); out.Screen == form.NoScreen {
			return true
		}
	}
	sc := a.Scenes.Screen(ctx, out.Screen, out.Filter, r, in.User)
	sc.Notice, sc.Wish, sc.Text = out.Notice, out.Wish, out.Text
	if sc.Data.Who = sc.Askees(); out.Who != "" {
		p, _ := a.People.Look(ctx, out.Who)
		sc.Data.Who = p.Name
	}
	if out.Draft != nil {
		a.begins(ctx, &sc, *out.Draft, in.User)
	}
	sc.Data.Code, sc.Data.Typed = code, out.Typed
	if rep := nudges.UserID(in.Form[form.ActRep]); rep != "" && len(out.Errors) > 0 {
		p, _ := a.People.Look(ctx, rep) // the one just picked, whom the error is about
		sc.Data.Rep = p.Name
	}
	if out.Text == whoUnknown && in.Where == form.OnModal { // the window stays as it is, with what was typed
		a.noteAbove(ctx, j, sc)
		return
	}
	switch {
	case in.Kind == form.Submitted:
		a.answerSubmit(ctx, j, out, sc)
	case in.Kind == form.Tapped && in.Where == form.OnModal:
		if out.Screen != form.NoScreen {
			return a.redraw(ctx, in, out.Screen, sc)
		}
	case in.Kind == form.Typed && out.Screen == form.NoteScreen:
		a.answerCommand(ctx, j, view.Note(sc))
	case in.Kind == form.Typed && out.Screen == form.HelpScreen:
		sc.Text = "help"
		a.answerCommand(ctx, j, view.Note(sc))
	case in.Kind == form.Typed && out.Screen == form.WhyScreen:
		a.answerCommand(ctx, j, view.Why(sc))
	case in.Kind == form.Typed && out.Screen == form.PrivacyScreen:
		a.answerCommand(ctx, j, view.Privacy(sc))
	case in.Where == form.OnMessage && out.Screen == form.DecidedScreen:
		a.respond(ctx, in, form.NoteScreen, view.Decided(sc))
	case in.Where == form.OnMessage && out.Screen == form.NoteScreen && in.Key != form.InThread:
		a.respond(ctx, in, form.NoteScreen, view.Note(sc))
	case out.Screen != form.NoScreen:
		return a.openView(ctx, in, out, view.Modal(out.Screen, sc), sc)
	}
	return true
}

// begins fills a scene with what a form begins with.
func (a *Answerer) begins(ctx context.Context, sc *view.Scene, d decide.Draft, user nudges.UserID) {
	sc.Request.Deal = d.Deal
	if d.Verb != "" {
		sc.Request.Rep, sc.Meant = d.Rep, d.Verb
		return
	}
	sc.Request.Manager, sc.Request.Rep = d.Boss, user
	sc.Request.Starts, sc.Request.Ends = d.Starts, d.Starts.Add(decide.FirstLength)
	sc.Led, sc.InChannel = d.Led, d.Channel
	p, err := a.People.Look(ctx, d.Boss)
	sc.Unfit = map[nudges.UserID]bool{d.Boss: roster.WhyUnfit(p, err) != ""}
}

// answerCommand answers in the acknowledgement, or, with what is too big for it, right after.
func (a *Answerer) answerCommand(ctx context.Context, j socket.Job, m view.Message) {
	if w := view.Ephemeral(m); view.Size(w) <= view.MaxAck {
		a.ack(j, w)
		return
	}
	a.ack(j, nil)
	a.respond(ctx, j.In, form.NoteScreen, m)
}

func (a *Answerer) answerSubmit(ctx context.Context, j socket.Job, out decide.Reply, sc view.Scene) {
	switch {
	case len(out.Errors) > 0:
		errs := view.Errors(out.Errors, sc)
		for action, id := range out.About {
			if id == "" {
				continue
			}
			about := sc
			p, _ := a.People.Look(ctx, id)
			about.Data.Who = p.Name
			maps.Copy(errs, view.Errors(map[string]string{action: out.Errors[action]}, about))
		}
		a.ack(j, slack.NewErrorsViewSubmissionResponse(errs))
	case out.Screen == form.DoneScreen:
		a.ack(j, slack.NewClearViewSubmissionResponse())
	case out.Screen == form.NoScreen:
		a.ack(j, nil)
	default:
		v := view.Modal(out.Screen, sc)
		if view.Size(slack.NewUpdateViewSubmissionResponse(&v)) <= view.MaxAck {
			a.ack(j, slack.NewUpdateViewSubmissionResponse(&v))
			return
		}
		// Too big for an acknowledgement: a small view first, and the whole one after it.
		small := view.Wait(sc)
		small.ExternalID = "wait-" + form.Digest(map[string]string{"of": j.In.Identity}) // alike for a duplicate
		a.ack(j, slack.NewUpdateViewSubmissionResponse(&small))
		a.Go(func() { // nothing can be tapped until it is there
			a.update(ctx, j.In, target{external: small.ExternalID}, out.Screen, sc.Request.ID, v)
		})
	}
}
