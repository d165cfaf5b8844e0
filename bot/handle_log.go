package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"stepin/nudges"
)

// tapLog handles the taps that open a window about a call that is over, and those in the form for a
// debrief and in the history.
func (c *change) tapLog() (done bool, err error) {
	switch c.in.action {
	case actLog:
		return true, c.window(logScreen)
	case actNotDoing:
		return true, c.window(notDoingScr)
	case actReschedule:
		if err := c.window(rescheduleScr); err != nil {
			return true, err
		}
		if c.r.Debrief.State != nudges.DebriefMoved {
			return true, nudges.ErrNotNow
		}
		return true, nil
	case actDebrief:
		return true, c.openDebrief()
	case actWith, actLed:
		return true, c.redrawDebrief()
	case actHistory, actWhose, actEnded, actNewer, actOlder, actAll:
		return true, c.turn()
	}
	return false, nil
}

// loadOfTwo reads the request of the input, for one of the two who talk it over.
func (c *change) loadOfTwo() error {
	r, err := c.tx.Request(c.in.request)
	if err != nil {
		return err
	}
	if !r.OfTheTwo(c.in.user) {
		return nudges.ErrNotYours
	}
	c.r = r
	return nil
}

// window opens a window about a call whose debrief is open.
func (c *change) window(s screen) error {
	if err := c.loadOfTwo(); err != nil {
		return err
	}
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	switch c.r.Phase {
	case nudges.Debrief:
		c.out.Screen = s
		return nil
	case nudges.Done:
		return nudges.ErrClosed
	}
	return nudges.ErrNotNow
}

// submitLog keeps what one of the two says happened: all of it, or nothing.
func (c *change) submitLog() error {
	if err := c.loadOfTwo(); err != nil {
		return err
	}
	form := c.in.form
	wrong := map[string]string{}
	e := nudges.Entry{
		Outcome: nudges.CallOutcome(form[actOutcome]), Route: nudges.RouteAnswer(form[actRoute]),
		Coached: strings.Join(strings.Fields(form[actCoached]), " "), Learned: strings.TrimSpace(form[actLearned]),
	}
	if !slices.Contains(nudges.CallOutcomes, e.Outcome) {
		wrong[actOutcome] = "err-pick-one"
	}
	if e.Route != "" && !slices.Contains(nudges.RouteAnswers, e.Route) {
		wrong[actRoute] = "err-pick-one"
	}
	for action, text := range map[string]string{actCoached: e.Coached, actLearned: e.Learned} {
		if len([]rune(text)) > nudges.MaxEntry {
			wrong[action] = "err-long"
		}
	}
	var err error
	if e.Link, err = nudges.ReadLink(form[actRecording]); err != nil {
		wrong[actRecording], _ = says(err)
	}
	trusted := 0
	if said := form[actTrusted]; said != "" {
		if trusted, err = strconv.Atoi(said); err != nil || trusted < 1 || trusted > mostTrust {
			wrong[actTrusted] = "err-pick-one"
		}
	}
	if len(wrong) > 0 {
		c.out.Errors = wrong
		return nil
	}
	if err := c.step(nudges.LogCall{By: c.in.user, Entry: e}); err != nil {
		return err
	}
	if trusted > 0 && c.in.user == c.r.Rep && !c.r.Debrief.Trusted {
		if err := c.step(nudges.FeltTrusted{By: c.in.user}); err != nil {
			return err
		}
		if !c.keep.Less {
			if err := c.tx.PutTrust(c.in.user, trusted, c.now); err != nil {
				return err
			}
		}
	}
	c.out.Screen = doneScreen
	c.out.homes = append(c.out.homes, c.in.user)
	return nil
}

// submitNotDoing closes a debrief that will not be, for a reason.
func (c *change) submitNotDoing() error {
	if err := c.loadOfTwo(); err != nil {
		return err
	}
	err := c.step(nudges.NotDoing{By: c.in.user, Reason: strings.TrimSpace(c.in.form[actReason])})
	if errors.Is(err, nudges.ErrReason) {
		c.out.Errors = map[string]string{actReason: "err-reason"}
		return nil
	}
	if err != nil {
		return err
	}
	c.out.Screen = doneScreen
	c.out.homes = append(c.out.homes, c.in.user)
	return nil
}

// submitReschedule says to when the call has moved.
func (c *change) submitReschedule() error {
	if err := c.loadOfTwo(); err != nil {
		return err
	}
	at, err := c.described() // the call's day, start and length
	if errors.Is(err, nudges.ErrUnknown) {
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	}
	if err != nil {
		return err
	}
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.Reschedule{By: c.in.user, Starts: at.Starts, Length: at.Length, Around: ar})
	if errors.Is(err, nudges.ErrPast) {
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	}
	if err != nil {
		return err
	}
	c.out.Screen = doneScreen
	c.out.homes = append(c.out.homes, c.in.user)
	return nil
}

// turn turns the pages of the person's own history.
func (c *change) turn() error {
	l := c.in.glance
	switch c.in.action {
	case actWhose:
		l.Page, l.Rep = 0, nudges.UserID(c.in.form[actWhose])
	case actEnded:
		l.Page, l.Outcome = 0, c.in.form[actEnded]
	case actNewer:
		l.Page = max(0, l.Page-1)
	case actOlder:
		l.Page++
	case actHistory, actAll:
		l = glance{}
	}
	c.out.Screen, c.out.Glance = historyScr, l
	return nil
}

// tomorrow is the same time of day as at, on the day after now.
func tomorrow(at, now time.Time, zone *time.Location) time.Time {
	at, now = at.In(zone), now.In(zone)
	return time.Date(now.Year(), now.Month(), now.Day()+1, at.Hour(), at.Minute(), 0, 0, zone)
}
