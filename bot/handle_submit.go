package bot

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"stepin/nudges"
)

func (c *change) submit() error {
	switch screen(c.in.callback) {
	case pullScreen:
		return c.submitPull()
	case teamScreen:
		return c.submitTeam()
	case reminderScr:
		return c.submitReminder()
	case learningScr:
		return c.submitLearning()
	case logScreen:
		return c.submitLog()
	case notDoingScr:
		return c.submitNotDoing()
	case rescheduleScr:
		return c.submitReschedule()
	case debriefScr:
		return c.submitDebrief()
	case forgetScr:
		return c.submitForget()
	case historyScr:
		return c.turn() // it has nothing to submit; whoever does sees it anew
	case sentenceScr:
		return c.other(nudges.Sentence{By: c.in.user, Text: c.in.form[actSentence]}, doneScreen)
	case wordScreen:
		return c.other(nudges.Help{By: c.in.user, Text: c.in.form[actHelp]}, doneScreen)
	}
	if err := c.load(); err != nil {
		return err
	}
	switch screen(c.in.callback) {
	case glassScreen:
		return c.submitGlass()
	case coachingScr:
		return c.submitCoaching()
	case callScreen:
		if err := c.sync(); err != nil {
			return err
		}
		if err := c.step(nudges.Tick{}); err != nil {
			return err
		}
		if !c.r.Open() {
			return nudges.ErrOver
		}
		c.out.Screen = factsScreen
		return nil
	case fieldsScreen:
		return c.submitFields()
	case factsScreen:
		return c.submitFacts()
	case verdictScr:
		return c.submitRung()
	case nowScreen:
		return c.submitNow()
	case closeScreen:
		if err := c.sync(); err != nil {
			return err
		}
		if plan := c.in.form[actPlan]; plan != "" && plan != c.r.Plan {
			if err := c.step(nudges.Write{By: c.in.user, Plan: plan}); err != nil {
				return err
			}
		}
		if guess := c.in.form[actGuess]; guess != "" && guess != c.r.Word.Guess {
			// After the rep's answer a guess is none any more; the plan is kept all the same.
			if err := c.step(nudges.Guess{By: c.in.user, Text: guess}); err != nil && !errors.Is(err, nudges.ErrNotNow) && !errors.Is(err, nudges.ErrOver) {
				return err
			}
		}
		c.out.Screen = doneScreen
		return nil
	}
	return nudges.ErrUnknown
}

// described reads the call's fields.
func (c *change) described() (nudges.Describe, error) {
	starts, err := time.ParseInLocation("2006-01-02 15:04", c.in.form[actDay]+" "+c.in.form[actTime], c.known.me.zone)
	if err != nil {
		return nudges.Describe{}, nudges.ErrUnknown
	}
	minutes, err := strconv.Atoi(c.in.form[actLength])
	if err != nil {
		return nudges.Describe{}, nudges.ErrUnknown
	}
	d := nudges.Describe{
		By: c.in.user, Rep: c.known.rep.id, Deal: c.in.form[actDeal], Skill: c.in.form[actSkill],
		Starts: starts, Length: time.Duration(minutes) * time.Minute,
	}
	d.Past, err = c.past(c.in.user, d.Rep, d.Deal, d.Skill)
	return d, err
}

func (c *change) submitFields() error {
	if c.known.repErr != nil {
		text, _ := says(c.known.repErr)
		c.out.Errors = map[string]string{actRep: text}
		return nil
	}
	d, err := c.described()
	switch {
	case errors.Is(err, nudges.ErrUnknown):
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	case err != nil:
		return err
	}
	what, learns := c.typedLearn(), c.learnsIn(c.r, d)
	if learns {
		if c.out.Errors = c.learnErrors(d.Deal, what); len(c.out.Errors) > 0 {
			return nil
		}
	}
	other, err := c.tx.SameCall(c.in.user, d.Rep, d.Deal, c.r.ID)
	if err == nil && c.r.Decision == nudges.Undecided {
		// The first request for this call is where it goes on; this one was only a draft.
		if err := c.step(nudges.Withdraw{By: c.in.user}); err != nil {
			return err
		}
		c.r, c.out.Notice = other, "notice-again"
		if learns {
			if err := c.learn(d.Rep, d.Deal, what); err != nil {
				return err
			}
		}
		c.resume()
		return nil
	} else if err != nil && !errors.Is(err, nudges.ErrNotFound) {
		return err
	}
	switch err := c.step(d); {
	case errors.Is(err, nudges.ErrPast):
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	case err != nil:
		return err
	}
	if c.out.Screen = factsScreen; c.r.Decision != nudges.Undecided {
		c.out.Screen = statusScreen
	}
	if learns {
		return c.learn(d.Rep, d.Deal, what)
	}
	return nil
}

func (c *change) submitFacts() error {
	if err := c.sync(); err != nil {
		return err
	}
	if c.r.Answers[nudges.Q6] == nudges.AsPlanned {
		if err := c.step(nudges.Withdraw{By: c.in.user, Planned: true}); err != nil {
			return err
		}
		c.out.Screen, c.out.Text = noteScreen, "closing-planned"
		return nil
	}
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	if !c.r.Open() {
		return nudges.ErrOver
	}
	c.out.Screen = verdictScr
	return nil
}

func (c *change) submitRung() error {
	if err := c.sync(); err != nil {
		return err
	}
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	rung, err := rungOf(c.in.form[actRung], c.r.Phase)
	if errors.Is(err, nudges.ErrRungGone) {
		c.out.Screen, c.out.Wish, c.out.Notice = verdictScr, rung, "err-rung-gone"
		return nil
	}
	if err != nil {
		c.out.Errors = map[string]string{actRung: "err-pick-one"}
		return nil
	}
	ar, err := c.around()
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(c.in.form[actReason])
	if reason == "" && c.in.showsReason {
		c.out.Errors = map[string]string{actReason: "err-reason"}
		return nil
	}
	_, err = c.decide(nudges.Decide{By: c.in.user, Rung: rung, Seen: c.in.seen, Around: ar, Reason: reason}, rung)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return c.askMore(rung, more.Missing)
	}
	return err
}

// decide settles on a rung and closes. Of two clicks at once the second finds it decided:
// the same rung closes alike, another one shows what was decided first; done is false then.
func (c *change) decide(a nudges.Action, rung nudges.Rung) (done bool, err error) {
	err = c.step(a)
	if errors.Is(err, nudges.ErrStale) {
		if c.r.Decision != nudges.Decided(rung) {
			c.out.Screen, c.out.Notice = statusScreen, "err-stale"
			return false, nil
		}
		err = nil
	}
	if err != nil {
		return false, err
	}
	c.out.Screen = closeScreen
	return true, nil
}

// askMore says which questions come before a rung: on their fields where the screen has
// them, and by the screen that asks them where it does not.
func (c *change) askMore(rung nudges.Rung, missing []nudges.QuestionID) error {
	for _, q := range missing {
		for _, fact := range nudges.Facts {
			if q == fact {
				c.out.Screen, c.out.Notice = factsScreen, "err-more-facts"
				return nil
			}
		}
	}
	if !c.in.showsMore {
		c.out.Screen, c.out.Wish, c.out.Notice = verdictScr, rung, "err-more"
		return nil
	}
	c.out.Errors = map[string]string{}
	for _, q := range missing {
		c.out.Errors[string(q)] = "err-pick-one"
	}
	return nil
}

func (c *change) submitNow() error {
	a := nudges.Answers{}
	for _, q := range nudges.NowAsks {
		a[q] = nudges.OptionID(c.in.form[string(q)])
	}
	rung, _ := nudges.StepRung(a[nudges.QStep])
	ar, err := c.around()
	if err != nil {
		return err
	}
	done, err := c.decide(nudges.DecideNow{By: c.in.user, Answers: a, Seen: c.in.seen, Around: ar}, rung)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		c.out.Errors = map[string]string{}
		for _, q := range more.Missing {
			c.out.Errors[string(q)] = "err-pick-one"
		}
		return nil
	}
	if err != nil || !done {
		return err
	}
	c.out.Screen, c.out.Text = noteScreen, closingText(c.r)
	return nil
}
