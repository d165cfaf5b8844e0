package decide

import (
	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/mirror"
	"stepin/nudges/privacy"
)

// mirrorRows are what somebody may do with their own numbers.
var mirrorRows = rows{
	actions: map[string]action{
		form.ActGuesses:      {listedOnly, nil, shows(form.GuessesScreen)},
		form.ActMotives:      {listedOnly, nil, shows(form.MotivesScreen)},
		form.ActEraseMotives: {listedOnly, nil, shows(form.EraseScreen)},
		form.ActMirrorHide:   {listedOnly, nil, sets(func(p *nudges.Person) { p.Hidden = true })},
		form.ActMirrorShow:   {listedOnly, nil, sets(func(p *nudges.Person) { p.Hidden = false })},
		form.ActMirrorStop:   {listedOnly, nil, shows(form.StopScreen)},
		form.ActMirrorCount:  {listedOnly, nil, (*handler).countAgain},
	},
	windows: map[form.Screen]window{
		form.EraseScreen: {home: true, submit: (*handler).submitErase},
		form.StopScreen:  {home: true, submit: (*handler).submitStop},
	},
}

// sets changes what the person wants of their own numbers.
func sets(change func(*nudges.Person)) func(*handler) error {
	return func(c *handler) error {
		p, err := c.tx.Person(c.in.User)
		if err != nil {
			return err
		}
		change(&p)
		c.out.Homes = append(c.out.Homes, c.in.User)
		return c.tx.PutPerson(p)
	}
}

// submitStop takes out what is counted of somebody. Nothing is counted until they want it again.
func (c *handler) submitStop() error {
	c.out.Screen = form.DoneScreen
	all, err := c.tx.Months(c.in.User)
	for _, m := range all {
		if err == nil {
			err = c.tx.PutMonth(c.in.User, mirror.Month{Name: m.Name})
		}
	}
	if err == nil && len(all) > 0 {
		err = c.tx.MarkErased()
	}
	if err != nil {
		return err
	}
	return sets(func(p *nudges.Person) { p.Uncounted = true })(c)
}

// countAgain counts from now on: what came before was not to be counted. A second tap changes nothing.
func (c *handler) countAgain() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "mirror-again"
	return sets(func(p *nudges.Person) {
		if p.Uncounted {
			p.Uncounted, p.CountFrom = false, c.now
		}
	})(c)
}

// submitErase notes that somebody's motives are to be erased, unless they are to be forgotten altogether.
func (c *handler) submitErase() error {
	c.out.Screen, c.out.Text = form.NoteScreen, "erase-begun"
	all, err := c.tx.Forgets()
	if err != nil {
		return err
	}
	for _, f := range all {
		if f.Who == c.in.User && !f.Motives {
			return nil
		}
	}
	return c.tx.PutForget(privacy.Forget{Who: c.in.User, At: c.now, Own: true, Motives: true})
}
