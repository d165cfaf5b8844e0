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
)

// debriefOpenRows are the form for a debrief on any call.
var debriefOpenRows = rows{
	actions: map[string]action{
		form.ActDebrief: {listedOnly, nil, (*handler).openDebrief},
		form.ActWith:    {listedOnly, nil, (*handler).redrawDebrief},
		form.ActLed:     {listedOnly, nil, (*handler).redrawDebrief},
	},
	windows: map[form.Screen]window{
		form.DebriefScreen: {submit: (*handler).submitDebrief},
	},
}

// openDebrief opens the form for a debrief, filled with what was typed.
func (c *handler) openDebrief() error {
	with := nudges.UserID(cmp.Or(string(c.known.line.Boss), string(c.known.boss)))
	text := c.known.unfit[c.known.line.Boss]
	if with == c.in.User {
		text = "err-with-self"
	}
	if text != "" {
		c.out.Screen, c.out.Text, c.out.Who = form.NoteScreen, text, with
		return nil
	}
	bond, err := c.rules.BondOf(c.tx, c.in.User, with)
	if err != nil {
		return err
	}
	d := &Draft{Boss: with, Deal: c.known.line.Deal, Starts: c.now, Led: form.LedByThem}
	if bond == nudges.Met || c.known.boss != "" && !slices.Contains(c.known.team.Reps, with) {
		d.Led = form.LedByMe
	}
	c.out.Screen, c.out.Draft = form.DebriefScreen, c.placed(d)
	return nil
}

// redrawDebrief draws the form again: where a debrief can be depends on who led the call.
func (c *handler) redrawDebrief() error {
	filled := c.in.Form
	d := &Draft{
		Boss: nudges.UserID(filled[form.ActWith]), Deal: filled[form.ActDeal], Starts: c.now, Led: filled[form.ActLed],
	}
	if day, err := time.ParseInLocation(time.DateOnly, filled[form.ActDay], c.known.me.Clock()); err == nil {
		d.Starts = day
	}
	c.out.Screen, c.out.Draft = form.DebriefScreen, c.placed(d)
	return nil
}

// placed notes whether the debrief can be in the team's channel. Only the rep says where.
func (c *handler) placed(d *Draft) *Draft {
	d.Channel = d.Led == form.LedByMe && d.Boss != "" && c.mayUseChannel(d.Boss)
	return d
}

// mayUseChannel says whether the person is of the team whose debrief channel it is.
func (c *handler) mayUseChannel(manager nudges.UserID) bool {
	bond, err := c.rules.BondOf(c.tx, c.in.User, manager)
	theirs := c.known.theirs
	return theirs.Channel != "" && (err == nil && bond == nudges.Met || slices.Contains(theirs.Reps, c.in.User))
}

// submitDebrief opens a debrief, or joins the one that waits.
func (c *handler) submitDebrief() error {
	filled := c.in.Form
	with := nudges.UserID(filled[form.ActWith])
	deal := strings.Join(strings.Fields(filled[form.ActDeal]), " ")
	wrong := invalid{}
	switch {
	case with == "":
		wrong[form.ActWith] = "err-with-missing"
	case with == c.in.User:
		wrong[form.ActWith] = "err-with-self"
	case c.known.unfit[with] != "":
		wrong[form.ActWith], c.out.Who = c.known.unfit[with], with
	}
	if led := filled[form.ActLed]; led != form.LedByMe && led != form.LedByThem {
		wrong[form.ActLed] = "err-pick-one"
	}
	if len([]rune(deal)) > form.MaxDeal {
		wrong[form.ActDeal] = "err-deal-long"
	}
	ended, err := endedOn(filled[form.ActDay], c.now, c.known.me.Clock())
	if err != nil {
		wrong[form.ActDay], _ = Explain(err)
	}
	if len(wrong) > 0 {
		return wrong
	}
	c.out.Who = with
	if filled[form.ActLed] == form.LedByMe {
		return c.debriefAsRep(with, deal, ended)
	}
	return c.debriefAsManager(with, deal, ended)
}

// endedOn is about when a call of that day ended: now, or noon of another day.
func endedOn(day string, now time.Time, zone *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return at, nudges.ErrDay
	}
	today := nudges.DateIn(now, zone)
	if nudges.Date(day) == today {
		return now.In(zone), nil
	}
	at = at.Add(12 * time.Hour)
	if nudges.Date(day) > today || now.Sub(at) > calls.Reach {
		return at, nudges.ErrDay
	}
	return at, nil
}

// debriefAsRep opens the debrief of a call that the person led. The answer is the same whether or not the manager
// paused for it, for that is private.
func (c *handler) debriefAsRep(manager nudges.UserID, deal string, ended time.Time) error {
	rep := c.in.User
	place := nudges.InGroup
	if c.in.Form[form.ActPlace] == string(nudges.InChannel) && c.mayUseChannel(manager) {
		place = nudges.InChannel
	}
	begun, err := c.tx.Begun(manager, c.now.Add(-calls.Reach))
	if err != nil {
		return err
	}
	c.out.Screen, c.out.Text = form.NoteScreen, "debrief-opened"
	if r, ok := calls.OfDebrief(begun, rep, deal, ended); ok {
		if r.Debrief.State == nudges.DebriefShared {
			c.out.Text = thereText(r)
			return nil
		}
		f, err := c.debriefFacts(r)
		if err != nil {
			return err
		}
		c.r = r
		err = c.step(nudges.ShareDebrief{By: rep, Deal: deal, Place: place, Facts: f})
		c.r = nudges.Request{} // the answer is not about it
		if !errors.Is(err, nudges.ErrClosed) {
			c.out.Homes = append(c.out.Homes, rep)
			return err
		}
	}
	r := nudges.Request{ID: c.newID, Manager: manager, Rep: rep, Deal: deal}
	f, err := c.debriefFacts(r)
	if err != nil {
		return err
	}
	c.out.Homes = append(c.out.Homes, rep)
	return c.beginDebrief(nudges.BeginDebrief(c.newID, rep, manager, deal, ended, place, f, c.now))
}

// beginDebrief writes the debrief of a call for which nobody paused.
func (c *handler) beginDebrief(o nudges.Outcome) (err error) {
	r := &o.Request
	if r.Past, err = c.past(r.Manager, r.Rep, r.Deal, ""); err != nil {
		return err
	}
	c.out.Homes = append(c.out.Homes, o.Concerned()...)
	return storage.Apply(c.tx, c.rules.Keep, o, c.now)
}

// debriefAsManager asks the rep who led a call where to talk it over.
func (c *handler) debriefAsManager(rep nudges.UserID, deal string, ended time.Time) error {
	manager := c.in.User
	bond, err := c.rules.BondOf(c.tx, rep, manager)
	if err != nil {
		return err
	}
	// Somebody on a team has only the reps who said so: a colleague or their own manager is none.
	if c.known.boss != "" && bond != nudges.Met && !slices.Contains(c.known.team.Reps, rep) {
		return invalid{form.ActWith: "err-with-not-rep"}
	}
	if bond == nudges.NotMyBoss {
		return invalid{form.ActWith: "err-with-unmet"}
	}
	begun, err := c.tx.Begun(manager, c.now.Add(-calls.Reach))
	if err != nil {
		return err
	}
	c.out.Screen, c.out.Text = form.NoteScreen, "debrief-asking"
	r, ok := calls.OfDebrief(begun, rep, deal, ended)
	switch {
	case !ok:
	case r.Phase == nudges.After:
		c.out.Text = "debrief-soon"
		return nil
	case r.Debrief.State == nudges.DebriefShared:
		c.out.Text = thereText(r)
		return nil
	case r.Debrief.State == nudges.DebriefUnwant:
		c.out.Text = "debrief-unwanted"
		return nil
	default:
		c.r = r
		err := c.step(nudges.Together{By: manager, Bond: bond})
		c.r = nudges.Request{}
		if !errors.Is(err, nudges.ErrClosed) {
			return err
		}
	}
	f, err := c.debriefFacts(nudges.Request{ID: c.newID, Manager: manager, Rep: rep, Deal: deal})
	if err != nil {
		return err
	}
	o, err := nudges.BeginTogether(c.newID, manager, rep, deal, ended, bond, f, c.now)
	if err != nil {
		return err
	}
	return c.beginDebrief(o)
}

// thereText names the text that says where the existing debrief is.
func thereText(r nudges.Request) string { return "debrief-there-" + string(r.Debrief.Place) }
