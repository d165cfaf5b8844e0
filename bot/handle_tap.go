package bot

import (
	"errors"

	"stepin/nudges"
)

func (c *change) tap() error {
	switch c.in.action {
	case actStart:
		return c.begin(nudges.ByPause, "", "")
	case actNow:
		return c.begin(nudges.ByNow, "", "")
	case actPull:
		return c.plead()
	case actTeam:
		c.out.Screen = teamScreen
		return nil
	case actForget:
		c.out.Screen = forgetScr
		return nil
	}
	if done, err := c.tapReminder(); done || err != nil {
		return err
	}
	if done, err := c.tapLearning(); done || err != nil {
		return err
	}
	if done, err := c.tapOther(); done || err != nil {
		return err
	}
	if done, err := c.tapDebrief(); done || err != nil {
		return err
	}
	if done, err := c.tapLog(); done || err != nil {
		return err
	}
	if err := c.load(); err != nil {
		return err
	}
	if done, err := c.tapTeam(); done || err != nil {
		return err
	}
	switch c.in.action {
	case actCarry, actOpen:
		if err := c.step(nudges.Tick{}); err != nil {
			return err
		}
		if !c.r.Open() {
			return nudges.ErrClosed
		}
		c.resume()
		return nil
	case actMind:
		return c.changeMind()
	case actWithdraw:
		if err := c.step(nudges.Withdraw{By: c.in.user}); err != nil {
			return err
		}
		if c.out.Screen, c.out.Text = noteScreen, "closing-withdrawn"; c.r.Way == nudges.ByAsk {
			c.out.Text = "closing-passed" // the rep is told
		}
		return nil
	case actReturn:
		if err := c.step(nudges.Return{By: c.in.user}); err != nil {
			return err
		}
		c.out.Screen, c.out.Text = noteScreen, "grant-returned"
		return nil
	case actChange:
		c.out.Screen = fieldsScreen
		return nil
	case actHold:
		return c.easy(nudges.Decide{By: c.in.user, Rung: nudges.HoldBack, Seen: c.in.seen})
	case actAsk:
		return c.easy(nudges.Decide{By: c.in.user, Rung: nudges.Coach, Seen: c.in.seen, AskFirst: true})
	case actRung:
		rung, err := rungOf(c.in.form[actRung], c.r.Phase)
		if err != nil && rung == "" {
			return err
		}
		if err := c.sync(); err != nil {
			return err
		}
		c.out.Screen, c.out.Wish = verdictScr, rung
		return nil
	}
	return c.tapOption()
}

// tapOption keeps an answer at the tap. The screen is drawn anew only where the answer
// changes what it asks.
func (c *change) tapOption() error {
	q := nudges.QuestionID(c.in.action)
	was := c.r.Answers[q]
	if err := c.sync(); err != nil {
		return err
	}
	is := c.r.Answers[q]
	switch {
	case q == nudges.Q7 && (was == nudges.AskedMeIn) != (is == nudges.AskedMeIn):
		c.out.Screen = factsScreen
	case q == nudges.QPlan && (was == nudges.OwnPlan) != (is == nudges.OwnPlan):
		c.out.Screen = closeScreen
	}
	return nil
}

// changeMind goes back to the answers before the call, and to the three questions on it.
func (c *change) changeMind() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	switch c.r.Phase {
	case nudges.Before:
		if c.out.Screen = factsScreen; c.r.Way == nudges.ByAsk {
			c.out.Screen = verdictScr // the rep asked: nothing is gated
		}
	case nudges.During:
		c.out.Screen = nowScreen
	default:
		return nudges.ErrOver
	}
	return nil
}

// easy decides with one tap, after it has kept what the view holds.
func (c *change) easy(d nudges.Decide) error {
	if err := c.sync(); err != nil {
		return err
	}
	if screen(c.in.callback) == fieldsScreen && c.r.Decision == nudges.Undecided && c.known.repErr == nil {
		was := c.r
		if d, err := c.described(); err == nil {
			switch err := c.step(d); {
			case err == nil:
				if what := c.typedLearn(); c.learnsIn(was, d) && len(c.learnErrors(d.Deal, what)) == 0 {
					if err := c.learn(d.Rep, d.Deal, what); err != nil {
						return err
					}
				}
			case !errors.Is(err, nudges.ErrPast):
				return err
			}
		}
	}
	var err error
	if d.Around, err = c.around(); err != nil {
		return err
	}
	if done, err := c.decide(d, d.Rung); err != nil || !done {
		return err
	}
	if d.AskFirst {
		c.out.Notice = askedNotice(c.r)
	}
	return nil
}

// askedNotice says how the rep will be asked; nobody is once the call runs.
func askedNotice(r nudges.Request) string {
	if r.Phase != nudges.Before {
		return ""
	}
	switch r.Word.State {
	case nudges.WordAsked, nudges.WordGiven:
		return "notice-asked"
	case nudges.WordWaits:
		return "notice-word-waits"
	}
	return "notice-ask-first"
}

// sync keeps all that the view holds and the request does not. Answers that came too late
// are passed over here; what was tapped then decides what the person reads.
func (c *change) sync() error {
	for _, q := range nudges.AllQuestions() {
		o := nudges.OptionID(c.in.form[string(q)])
		if o == "" || o == c.r.Answers[q] || (q == nudges.QFor && c.r.Answers[nudges.Q7] != nudges.AskedMeIn) {
			continue
		}
		if q == nudges.QAskedIn || q == nudges.QMustStop || q == nudges.QStep {
			continue // decided together, by Submit
		}
		err := c.step(nudges.Answer{By: c.in.user, Question: q, Option: o})
		if _, ours := says(err); err != nil && (ours || string(q) == c.in.action) {
			return err
		}
	}
	return nil
}
