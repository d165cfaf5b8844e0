package answer

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"stepin/bot/decide"
	"stepin/bot/form"
	"stepin/bot/people"
	"stepin/bot/roster"
	"stepin/bot/socket"
	"stepin/nudges"
	"stepin/nudges/storage"
)

// txTime is how long a transaction may take from an envelope's arrival.
const txTime = 2 * time.Second

// lookTime limits the look-ups of an input, counted from its arrival. It ends after txTime: people whom Slack names
// late are served if the commit takes its usual milliseconds.
const lookTime = 2500 * time.Millisecond

// Handle turns one input into one transaction and one reply. The error is what kept it from being saved; the
// reply then says so.
func (a *Answerer) Handle(ctx context.Context, in form.Input) (decide.Reply, nudges.Request, error) {
	var l form.Line
	var bad error // what is wrong with what was typed
	if in.Kind == form.Typed {
		l, bad = form.ParseLine(in.Text)
	}
	rep := nudges.UserID(cmp.Or(in.Form[form.ActRep], string(l.Rep)))
	me, called := a.lookUp(ctx, in.Received, in.User, rep)
	if err := a.MayUse(ctx, in, me); err != nil {
		return decide.Refusal(err), nudges.Request{}, nil
	}
	if bad != nil {
		return decide.Refusal(bad), nudges.Request{}, nil
	}
	if info := decide.InfoOf(l); info != "" {
		return decide.Reply{Screen: info}, nudges.Request{}, nil
	}
	k, err := a.gather(ctx, in, l, me, called)
	if err != nil {
		return decide.Refusal(err), nudges.Request{}, err
	}
	if in.Kind == form.Typed && l.Rep != "" && k.RepErr != nil {
		return decide.Refusal(k.RepErr), nudges.Request{Rep: l.Rep}, nil
	}
	return a.decide(ctx, in, k)
}

// decide runs the transaction of an input.
func (a *Answerer) decide(ctx context.Context, in form.Input, k decide.Facts) (out decide.Reply, r nudges.Request,
	err error,
) {
	ctx, cancel := context.WithDeadline(ctx, in.Received.Add(txTime))
	defer cancel()
	rules := a.Rules()
	err = a.Health.Stored(a.Store.Update(ctx, func(tx storage.Tx) (err error) {
		out, r, err = rules.Decide(tx, in, k, a.newID(in), a.Now())
		return err
	}))
	if err == nil {
		return out, r, nil
	}
	about := out.Who
	if _, ours := decide.Explain(err); ours {
		return decide.Refusal(err), nudges.Request{}, err
	}
	out, r = decide.Refusal(err), nudges.Request{}
	out.Who = about
	if in.Request != "" {
		r = a.ownRequest(ctx, in)
	}
	if errors.Is(err, nudges.ErrNotYours) && r.Manager == in.User {
		out.Text = "err-others-to-say" // an approver's button, or the rep's
	}
	return out, r, nil
}

// lookUp looks two people up, side by side, for an input that came at received. The rep may be "", for nobody.
func (a *Answerer) lookUp(
	ctx context.Context, received time.Time, who, rep nudges.UserID,
) (me roster.Person, called roster.LookedUp) {
	ctx, cancel := context.WithDeadline(ctx, received.Add(lookTime))
	defer cancel()
	var wg sync.WaitGroup
	if rep != "" {
		wg.Go(func() {
			if called.Person, called.Err = a.People.Look(ctx, rep); !called.Known {
				called.ID = rep // Slack did not say: the manager's word is enough
			}
		})
	}
	me, err := a.People.Profile(ctx, a.Store, who)
	if errors.Is(err, form.ErrRepUnknown) {
		me.Stranger = true // Slack shows us nobody of that id
	}
	wg.Wait()
	return me, called
}

// gather asks Slack what a decision needs to know, before its transaction.
func (a *Answerer) gather(ctx context.Context, in form.Input, l form.Line, me roster.Person,
	rep roster.LookedUp,
) (decide.Facts, error) {
	var n decide.Need
	err := a.Store.View(ctx, func(r storage.Reader) (err error) {
		n, err = a.Rules().Needs(r, in, l, a.Now())
		return err
	})
	if err != nil {
		return decide.Facts{}, err
	}
	var looks sync.WaitGroup
	var channel roster.ChannelState
	if n.Channel != "" {
		looks.Go(func() { channel = a.People.FormChannel(ctx, n.Channel) })
	}
	found := a.People.Find(ctx, n.People)
	looks.Wait()
	return n.Facts(me, rep, found, channel, a.Now()), nil
}

// ownRequest is the request an input is about, if it is the person's own: somebody
// else learns nothing of it but whose it is.
func (a *Answerer) ownRequest(ctx context.Context, in form.Input) (r nudges.Request) {
	err := a.Store.View(ctx, func(rd storage.Reader) error {
		var err error
		r, err = rd.Request(in.Request)
		return err
	})
	if err != nil {
		return nudges.Request{}
	}
	if r.Manager != in.User {
		return nudges.Request{Manager: r.Manager}
	}
	return r
}

// whoUnknown is the text for somebody of whom Slack does not say who they are.
var whoUnknown, _ = decide.Explain(form.ErrWhoUnknown)

// MayUse says whether somebody may do this. A rep or an approver to whom stepin has written may answer, also if they
// are not on the list: from the message, or from their Home. Nobody may while Slack does not say who they are.
func (a *Answerer) MayUse(ctx context.Context, in form.Input, me roster.Person) error {
	switch {
	case roster.Outsider(me):
		return form.ErrNotAllowed
	case !me.Known:
		return form.ErrWhoUnknown
	case a.Rules().Listed(in.User), decide.OpenTo(in), a.Group.AskAgain(ctx, in.User):
		return nil
	}
	return form.ErrNotAllowed
}

// changed forgets what was known of somebody, and follows their new profile. What the event does not say, Slack is
// asked.
func (a *Answerer) changed(ctx context.Context, j socket.Job) error {
	who := j.In.User
	defer a.ack(j, nil)
	if err := a.Profiles.Forget(ctx, who); err != nil {
		return err
	}
	var now people.Standing
	if p := j.In.Profile; p != nil {
		now = a.Profiles.StandingIn(*p)
	} else if s, err := a.Profiles.Ask(ctx, who); err == nil {
		now = s
	} else {
		return nil // the log says so, and the profile is read before it is needed
	}
	err := a.Profiles.Follow(ctx, map[nudges.UserID]people.Standing{who: now})
	if now.Gone {
		a.left(ctx, who)
	}
	return err
}

// left passes over somebody who has left the company, or is no full member any more, wherever they were asked.
func (a *Answerer) left(ctx context.Context, who nudges.UserID) {
	var touched []nudges.UserID
	err := a.Health.Stored(a.Store.Update(ctx, func(tx storage.Tx) (err error) {
		touched, err = a.Rules().Left(tx, who, a.Now())
		return err
	}))
	if err != nil {
		a.Log.Error("not passed over", "error", err)
	}
	a.Wake()
	for _, u := range touched {
		a.Redraw(u)
	}
}
