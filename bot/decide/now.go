package decide

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/calls"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// nowRows are about the call that runs.
var nowRows = rows{
	actions: map[string]action{
		form.ActNow:        {listedOnly, nil, (*handler).beginNow},
		form.ActNowCall:    {underMessage, (*handler).loadOwn, (*handler).changeNow},
		form.ActStarted:    {underMessage, (*handler).loadOwn, (*handler).started},
		form.ActNotStarted: {underMessage, (*handler).loadOwn, (*handler).carryOn},
	},
	windows: map[form.Screen]window{
		form.NowScreen:     pauses((*handler).submitNow),
		form.NowCallScreen: {load: (*handler).loadOwn, submit: (*handler).submitNowCall},
	},
}

// changeNow opens the call's fields, unless it was decided meanwhile.
func (c *handler) changeNow() error {
	asks, err := c.undecided()
	if asks {
		c.out.Screen = form.NowCallScreen
	}
	return err
}

// beginsNow says whether an input asks for the call that the person is on.
func beginsNow(in form.Input, l form.Line) bool {
	return in.Kind == form.Typed && l.Verb == "now" || in.Kind == form.Tapped && in.Action == form.ActNow
}

// onCall finds the request whose call somebody is on, among those about the rep and the deal that they named; the zero
// Request for none. What was named and is not near counts only while it is open.
func onCall(r storage.Reader, who nudges.UserID, l form.Line, now time.Time) (nudges.Request, error) {
	all, err := storage.All(r.OpenRequests(who))
	if err != nil {
		return nudges.Request{}, err
	}
	// What is over and not near does not count, but for the last one.
	begun, err := r.BegunAround(who, now.Add(-calls.Reach), now.Add(-calls.NearBy-1), now.Add(calls.NearBy+1))
	if err != nil {
		return nudges.Request{}, err
	}
	last, err := r.LastRequest(who)
	switch {
	case err == nil:
		all = append(all, last)
	case !errors.Is(err, nudges.ErrNotFound):
		return nudges.Request{}, err
	}
	named := l.Rep != "" || l.Deal != ""
	all = slices.DeleteFunc(append(all, begun...), func(q nudges.Request) bool {
		other := l.Rep != "" && q.Rep != l.Rep || l.Deal != "" && nudges.NormalDeal(q.Deal) != nudges.NormalDeal(l.Deal)
		return other || named && !q.Open() && !calls.Near(q, now) || q.Way == nudges.ByDebrief && q.ID != last.ID
	})
	on, _ := calls.On(all, now)
	return on, nil
}

// beginNow takes the call that the person is on. A call that is over by the plan, and still runs, gets a request of its
// own, as does one that is new.
func (c *handler) beginNow() error {
	if err := c.firstUse(); err != nil {
		return err
	}
	rep, deal := c.known.line.Rep, c.known.line.Deal
	if on := c.known.on; on != nil && on.ID != "" {
		var err error
		if c.r, err = c.tx.Request(on.ID); err != nil {
			return err
		}
		if err := c.step(nudges.Tick{}); err != nil {
			return err
		}
		if c.r.Open() {
			c.goOnNow()
			return nil
		}
		if rep == "" {
			rep = c.fitRep(*on)
		}
		deal = cmp.Or(deal, on.Deal)
	}
	err := c.open(nudges.ByNow, rep, deal, c.now)
	c.goOnNow()
	return err
}

// goOnNow asks what is asked on a running call. Of one that has not started by the clock it first asks whether it has:
// an approver who is asked is not gone round.
func (c *handler) goOnNow() {
	if c.out.Screen = form.NowScreen; c.r.Phase == nudges.Before {
		c.out.Screen = form.StartedScreen
	}
}

// started moves the start of a call to now.
func (c *handler) started() error {
	if err := c.ongoing(); err != nil {
		return err
	}
	if c.out.Screen = form.NowScreen; c.r.Phase != nudges.Before {
		return nil
	}
	return c.step(nudges.Describe{
		By: c.in.User, Rep: c.r.Rep, Deal: c.r.Deal, Skill: c.r.Skill, Past: c.r.Past,
		Starts: c.now, Length: c.r.Ends.Sub(c.r.Starts),
	})
}

// submitNowCall goes on with the call that the fields name. The request that the window was about stays as it is if it
// is about another call, unless it is only a draft.
func (c *handler) submitNowCall() error {
	if c.known.RepErr != nil {
		return below(form.ActRep, c.known.RepErr, c.known.RepErr)
	}
	if err := c.ongoing(); err != nil {
		return err
	}
	was, rep, deal := c.r, c.known.rep.ID, c.in.Form[form.ActDeal]
	if was.Rep == rep && nudges.NormalDeal(was.Deal) == nudges.NormalDeal(deal) {
		c.goOnNow()
		return nil
	}
	other, err := c.tx.SameCall(c.in.User, rep, deal, was.ID)
	draft := was.Way == nudges.ByNow && was.Blank()
	switch {
	case err == nil:
		if draft {
			err = c.step(nudges.Withdraw{By: c.in.User})
		}
		c.r = other
		err = errors.Join(err, c.step(nudges.Tick{}))
		if err == nil && !c.r.Open() { // it has just ended, and no tick has seen that yet
			err = c.open(nudges.ByNow, rep, deal, c.now)
		}
	case !errors.Is(err, nudges.ErrNotFound):
	case draft:
		var past verdict.Past
		if past, err = c.past(c.in.User, rep, deal, ""); err == nil {
			err = c.step(nudges.Describe{
				By: c.in.User, Rep: rep, Deal: deal, Past: past, Starts: was.Starts, Length: was.Ends.Sub(was.Starts),
			})
		}
	default:
		err = c.open(nudges.ByNow, rep, deal, c.now)
	}
	c.goOnNow()
	return err
}

// submitNow decides on a running call.
func (c *handler) submitNow() error {
	if c.r.Phase == nudges.Before { // it was moved since
		c.out.Screen = form.StartedScreen
		return nil
	}
	a := verdict.Answers{}
	for _, q := range verdict.NowAsks {
		a[q] = verdict.OptionID(c.in.Form[string(q)])
	}
	rung, _ := verdict.StepRung(a[verdict.QStep])
	ar, err := c.around()
	if err != nil {
		return err
	}
	done, err := c.decide(nudges.DecideNow{
		By: c.in.User, Answers: a, Seen: c.in.Seen, Reason: strings.TrimSpace(c.in.Form[form.ActReason]), Around: ar,
	}, rung)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return unpicked(more.Missing)
	}
	if err == nil && done {
		c.out.Screen = form.SettledScreen
	}
	return err
}
