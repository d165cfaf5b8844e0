package decide

import (
	"stepin/bot/form"
	"stepin/nudges"
)

// debriefRows are the debrief, of both.
var debriefRows = rows{
	actions: map[string]action{
		form.ActTogether:     {underMessage, (*handler).loadAny, (*handler).together},
		form.ActNever:        {underMessage, (*handler).loadAny, (*handler).never},
		form.ActCallMoved:    {underMessage, (*handler).loadAny, (*handler).callMoved},
		form.ActRepost:       {underMessage, (*handler).loadAny, (*handler).repost},
		form.ActWhereChannel: {underMessage, (*handler).loadAny, wants(nudges.InChannel)},
		form.ActWhereGroup:   {underMessage, (*handler).loadAny, wants(nudges.InGroup)},
		form.ActWhereNot:     {underMessage, (*handler).loadAny, wants("")},
	},
}

// debriefFacts is what must be known for a debrief of r to open now.
func (c *handler) debriefFacts(r nudges.Request) (nudges.DebriefFacts, error) {
	return c.rules.debriefFacts(c.tx, r, c.now)
}

func (c *handler) together() error {
	bond, err := c.rules.BondOf(c.tx, c.r.Rep, c.r.Manager)
	if err != nil {
		return err
	}
	return c.act(nudges.Together{By: c.in.User, Bond: bond}, form.NoScreen)
}

func (c *handler) never() error  { return c.act(nudges.NeverHappened{By: c.in.User}, form.NoScreen) }
func (c *handler) repost() error { return c.act(nudges.Repost{By: c.in.User}, form.NoScreen) }

// callMoved asks to when a call has moved, unless nobody has paused for it: then nothing goes on.
func (c *handler) callMoved() error {
	if err := c.step(nudges.CallMoved{By: c.in.User}); err != nil {
		return err
	}
	if c.r.Debrief.State == nudges.DebriefMoved {
		c.out.Screen = form.RescheduleScreen
	}
	return nil
}

// logOutcome logs how a call ended, and keeps what else was logged.
func (c *handler) logOutcome(o nudges.CallOutcome) error {
	e := c.r.Debrief.Manager
	if c.in.User != c.r.Manager {
		e = c.r.Debrief.Rep
	}
	e.Outcome = o
	return c.log(e)
}

// log logs what one of the two says.
func (c *handler) log(e nudges.Entry) error {
	rem, err := c.tx.Reminder(c.r.Manager)
	if err != nil {
		return err
	}
	later := c.rules.calendar(c.r.Manager, rem).DayLater(c.now)
	return c.step(nudges.LogCall{By: c.in.User, Entry: e, DayLater: later})
}

// wants is the rep's answer to where to talk a call over; "" for nowhere.
func wants(p nudges.Place) func(*handler) error {
	return func(c *handler) error {
		f, err := c.debriefFacts(c.r)
		if err != nil {
			return err
		}
		return c.act(nudges.Where{By: c.in.User, Place: p, Facts: f}, form.NoScreen)
	}
}
