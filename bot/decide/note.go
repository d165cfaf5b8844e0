package decide

import (
	"errors"
	"strings"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/text"
)

// noteRows are a coaching, and what the manager tells the rep in their own words.
var noteRows = rows{
	actions: map[string]action{
		form.ActCoaching: {underMessage, (*handler).loadOwn, (*handler).coach},
		form.ActWords:    {underMessage, (*handler).loadOwn, shows(form.WordsScreen)},
		form.ActTakeNote: {underMessage, (*handler).loadOwn, (*handler).takeNote},
		form.ActSendNote: {underMessage, (*handler).loadOwn, (*handler).keepNote},
		form.ActTell:     {underMessage, (*handler).loadOwn, (*handler).openTell},
	},
	windows: map[form.Screen]window{
		form.CoachingScreen: {load: (*handler).loadOwn, submit: (*handler).submitCoaching},
		form.TellScreen:     {load: (*handler).loadOwn, submit: (*handler).tell},
	},
}

func (c *handler) takeNote() error {
	c.out.Notice = "note-taken"
	return c.act(nudges.TakeNote{By: c.in.User}, form.WordsScreen)
}

// keepNote answers a button of old windows, which had the words after a hold-back sent.
func (c *handler) keepNote() error {
	c.out.Screen, c.out.Notice = form.WordsScreen, "note-yours"
	return nil
}

// openTell asks for the sentence to the rep.
func (c *handler) openTell() error {
	if err := c.act(nudges.Tick{}, form.TellScreen); err != nil {
		return err
	}
	return c.r.TellError(c.in.User, c.now)
}

// tell sends the sentence that the window holds. What keeps it from going is said below it, where it can be copied.
func (c *handler) tell() error {
	said, err := c.typed(form.ActTellText)
	if err != nil {
		return err
	}
	if said == "" {
		return invalid{form.ActTellText: "err-tell-empty"}
	}
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.Tell{By: c.in.User, Text: said, Seen: c.in.Seen, Bond: ar.Bond})
	if errors.Is(err, nudges.ErrStale) {
		c.out.Screen, c.out.Notice = form.StatusScreen, "err-stale"
		return nil
	}
	if errors.Is(err, nudges.ErrTooLate) {
		return invalid{form.ActTellText: "err-note-late"}
	}
	err = below(form.ActTellText, below(form.ActTellText, err, nudges.ErrUnmet), nudges.ErrTold)
	if c.out.Screen = form.DoneScreen; c.r.Note == nudges.NoteWaits {
		c.out.Screen, c.out.Text = form.NoteScreen, "note-waits"
	}
	return err
}

// typed is what a field for a sentence holds; "" for nothing that anybody could see.
func (c *handler) typed(field string) (string, error) {
	said := strings.TrimSpace(c.in.Form[field])
	switch {
	case !text.Visible(said):
		return "", nil
	case len([]rune(said)) > form.MaxPlan:
		return "", invalid{field: "err-long"}
	}
	return said, nil
}

// coach opens the coaching. Before the call it is decided for at its end, so what that costs is asked first.
func (c *handler) coach() error {
	if err := errors.Join(c.step(nudges.Tick{}), c.keepWindow()); err != nil {
		return err
	}
	c.out.Screen = form.CoachingScreen
	if !c.decidesAtDone() {
		return nil
	}
	_, err := nudges.Next(c.r, nudges.Decide{By: c.in.User, Rung: ladder.Coach, Seen: c.in.Seen}, c.now)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return c.askMore(ladder.Coach, more.Missing)
	}
	if errors.Is(err, nudges.ErrStale) {
		c.decidedFirst(ladder.Coach)
		return nil
	}
	return err
}

// decidesAtDone says whether the end of a coaching decides for it.
func (c *handler) decidesAtDone() bool {
	return c.r.Phase == nudges.Before && c.r.Decision != nudges.Decided(ladder.Coach)
}

// submitCoaching ends a coaching. What was typed for the rep is then shown, to be sent or copied.
func (c *handler) submitCoaching() error {
	gives, err := c.typed(form.ActGive)
	if err != nil {
		return err
	}
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	if gives != "" && c.r.Phase != nudges.Before {
		return invalid{form.ActGive: "err-note-late"}
	}
	if c.decidesAtDone() {
		if err := c.rung(ladder.Coach, form.DoneScreen); err != nil || c.out.Screen != form.DoneScreen {
			return err
		}
	}
	skill := strings.Join(strings.Fields(c.in.Form[form.ActCoached]), " ")
	if err := c.act(nudges.EndCoaching{By: c.in.User, Skill: skill}, form.DoneScreen); err != nil {
		return err
	}
	if gives != "" && c.r.Rep != "" {
		c.out.Screen, c.out.Typed = form.TellScreen, gives
	}
	return nil
}
