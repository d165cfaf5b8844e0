package decide

import (
	"slices"
	"strconv"
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
)

// logRows are the log of a call, and the history.
var logRows = rows{
	actions: map[string]action{
		form.ActLog:        {everywhere, (*handler).loadOfTwo, opens(form.LogScreen, (*handler).inDebrief)},
		form.ActMoveOn:     {underMessage, (*handler).loadOfTwo, opens(form.MoveOnScreen, (*handler).inDebrief)},
		form.ActNotDoing:   {underMessage, (*handler).loadOfTwo, opens(form.NotDoingScreen, (*handler).inDebrief)},
		form.ActReschedule: {underMessage, (*handler).loadOfTwo, opens(form.RescheduleScreen, (*handler).movedCall)},
		form.ActHistory:    {listedOnly, nil, (*handler).turn},
		form.ActWhose:      {listedOnly, nil, (*handler).turn},
		form.ActEnded:      {listedOnly, nil, (*handler).turn},
		form.ActNewer:      {listedOnly, nil, (*handler).turn},
		form.ActOlder:      {listedOnly, nil, (*handler).turn},
		form.ActAll:        {listedOnly, nil, (*handler).turn},
	},
	windows: map[form.Screen]window{
		form.LogScreen:        debriefs((*handler).inDebrief, (*handler).submitLog),
		form.MoveOnScreen:     debriefs((*handler).inDebrief, (*handler).submitMoveOn),
		form.NotDoingScreen:   debriefs((*handler).inDebrief, (*handler).submitNotDoing),
		form.RescheduleScreen: debriefs((*handler).movedCall, (*handler).submitReschedule),
		form.HistoryScreen:    {submit: (*handler).turn}, // it has nothing to submit, and is drawn again
	},
}

// debriefs is a window about a call whose debrief is open, while still says that it is.
func debriefs(still, submit func(*handler) error) window {
	return window{
		answers: true, load: (*handler).loadOfTwo, submit: submit,
		still: func(c *handler) (bool, error) { return true, still(c) },
	}
}

// inDebrief fails unless the debrief is open now.
func (c *handler) inDebrief() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	switch c.r.Phase {
	case nudges.Debrief:
		return nil
	case nudges.Done:
		return nudges.ErrClosed
	default:
		return nudges.ErrNotNow
	}
}

// movedCall fails unless the new time of a call that has moved is asked for now.
func (c *handler) movedCall() error {
	if err := c.inDebrief(); err != nil {
		return err
	}
	if c.r.Debrief.State != nudges.DebriefMoved {
		return nudges.ErrNotNow
	}
	return nil
}

// opens opens a window, unless still fails.
func opens(s form.Screen, still func(*handler) error) func(*handler) error {
	return func(c *handler) error {
		c.out.Screen = s
		return still(c)
	}
}

// submitLog keeps what one of the two says happened: the whole form, or nothing.
func (c *handler) submitLog() error {
	filled := c.in.Form
	wrong := invalid{}
	e := nudges.Entry{
		Outcome: nudges.CallOutcome(filled[form.ActOutcome]), Route: nudges.RouteAnswer(filled[form.ActRoute]),
		Coached: strings.Join(strings.Fields(filled[form.ActCoached]), " "),
		Learned: strings.TrimSpace(filled[form.ActLearned]),
	}
	if !slices.Contains(nudges.CallOutcomes, e.Outcome) {
		wrong[form.ActOutcome] = "err-pick-one"
	}
	if e.Route != "" && !slices.Contains(nudges.RouteAnswers, e.Route) {
		wrong[form.ActRoute] = "err-pick-one"
	}
	for action, text := range map[string]string{form.ActCoached: e.Coached, form.ActLearned: e.Learned} {
		if len([]rune(text)) > nudges.MaxEntry {
			wrong[action] = "err-long"
		}
	}
	var err error
	if e.Link, err = form.ReadLink(filled[form.ActRecording]); err != nil {
		wrong[form.ActRecording], _ = Explain(err)
	}
	trusted := 0
	if said := filled[form.ActTrusted]; said != "" {
		if trusted, err = strconv.Atoi(said); err != nil || trusted < 1 || trusted > form.MaxTrust {
			wrong[form.ActTrusted] = "err-pick-one"
		}
	}
	if len(wrong) > 0 {
		return wrong
	}
	if err := c.log(e); err != nil {
		return err
	}
	if trusted > 0 && c.in.User == c.r.Rep && !c.r.Debrief.Trusted {
		if err := c.step(nudges.FeltTrusted{By: c.in.User}); err != nil {
			return err
		}
		if !c.rules.Keep.SensitiveOff {
			if err := c.tx.PutTrust(c.in.User, trusted, c.now); err != nil {
				return err
			}
		}
	}
	return c.done()
}

// submitMoveOn closes a debrief for good.
func (c *handler) submitMoveOn() error {
	if err := c.step(nudges.MoveOn{By: c.in.User}); err != nil {
		return err
	}
	return c.done()
}

// submitNotDoing closes a debrief that will not be, for a reason.
func (c *handler) submitNotDoing() error {
	err := c.step(nudges.NotDoing{By: c.in.User, Reason: strings.TrimSpace(c.in.Form[form.ActReason])})
	if err != nil {
		return below(form.ActReason, err, nudges.ErrReason)
	}
	return c.done()
}

// submitReschedule says to when the call has moved.
func (c *handler) submitReschedule() error {
	at, err := c.described() // the call's day, start and length
	if err != nil {
		return err
	}
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.Reschedule{By: c.in.User, Starts: at.Starts, Length: at.Length, Around: ar})
	if err != nil {
		return below(form.ActTime, err, nudges.ErrPast)
	}
	return c.done()
}

// turn turns the pages of the person's own history.
func (c *handler) turn() error {
	l := c.in.HistoryFilter
	switch c.in.Action {
	case form.ActWhose:
		l.Page, l.Rep = 0, nudges.UserID(c.in.Form[form.ActWhose])
	case form.ActEnded:
		l.Page, l.Outcome = 0, c.in.Form[form.ActEnded]
	case form.ActNewer:
		l.Page = max(0, l.Page-1)
	case form.ActOlder:
		l.Page++
	case form.ActHistory, form.ActAll:
		l = form.HistoryFilter{}
	}
	c.out.Screen, c.out.Filter = form.HistoryScreen, l
	return nil
}
