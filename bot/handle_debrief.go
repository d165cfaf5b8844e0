package bot

import (
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
)

// debriefFacts is what must be known for a debrief of r to open now.
func (c *change) debriefFacts(r nudges.Request) (nudges.DebriefFacts, error) {
	return c.facts(c.tx, r, c.now)
}

// places are the buttons with which a rep says where to talk a call over.
var places = map[string]nudges.Place{
	form.ActWhereChannel: nudges.InChannel, form.ActWhereGroup: nudges.InGroup, form.ActWhereNot: "",
}

// tapDebrief handles the taps on the messages of a debrief, by either of the two. Who may do what
// is judged by nudges.Next, whatever the button said.
func (c *change) tapDebrief() (done bool, err error) {
	by := c.in.User
	if o, ok := strings.CutPrefix(c.in.Action, form.ActOutcome+"_"); ok {
		return true, c.tapOutcome(nudges.CallOutcome(o))
	}
	if p, ok := places[c.in.Action]; ok {
		return true, c.where(p)
	}
	switch c.in.Action {
	case form.ActTogether:
		r, err := c.tx.Request(c.in.Request)
		if err != nil {
			return true, err
		}
		bond, err := c.tx.Bond(r.Rep, r.Manager)
		if err != nil {
			return true, err
		}
		return true, c.other(nudges.Together{By: by, Bond: bond}, form.NoScreen)
	case form.ActMoveOn:
		return true, c.other(nudges.MoveOn{By: by}, form.NoScreen)
	case form.ActNever:
		return true, c.other(nudges.NeverHappened{By: by}, form.NoScreen)
	case form.ActCallMoved:
		if err := c.other(nudges.CallMoved{By: by}, form.RescheduleScreen); err != nil || c.r.Debrief.State == nudges.DebriefMoved {
			return true, err
		}
		c.out.Screen = form.NoScreen // nobody has paused for it: there is nothing to go on with
		return true, nil
	case form.ActRepost:
		return true, c.other(nudges.Repost{By: by}, form.NoScreen)
	}
	return false, nil
}

// tapOutcome logs what came of a call by one tap, and keeps what else was logged.
func (c *change) tapOutcome(o nudges.CallOutcome) error {
	r, err := c.tx.Request(c.in.Request)
	if err != nil {
		return err
	}
	e := r.Debrief.Manager
	if c.in.User != r.Manager {
		e = r.Debrief.Rep
	}
	e.Outcome = o
	return c.other(nudges.LogCall{By: c.in.User, Entry: e}, form.NoScreen)
}

// where is the rep's answer to where to talk a call over.
func (c *change) where(p nudges.Place) error {
	r, err := c.tx.Request(c.in.Request)
	if err != nil {
		return err
	}
	f, err := c.debriefFacts(r)
	if err != nil {
		return err
	}
	return c.other(nudges.Where{By: c.in.User, Place: p, Facts: f}, form.NoScreen)
}
