package decide

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/verdict"
)

// pauseSubmitRows are the windows of the pause.
var pauseSubmitRows = rows{
	windows: map[form.Screen]window{
		form.CallScreen:    pauses((*handler).submitCall),
		form.FieldsScreen:  {load: (*handler).loadOwn, still: (*handler).describing, submit: (*handler).submitFields},
		form.FactsScreen:   pauses((*handler).submitFacts),
		form.LaterScreen:   pauses((*handler).submitLater),
		form.RoleScreen:    pauses((*handler).submitRole),
		form.VerdictScreen: pauses((*handler).submitRung),
		form.ClosingScreen: {load: (*handler).loadOwn, submit: (*handler).submitClosing},
	},
}

// pauses is a window that leads to a decision.
func pauses(submit func(*handler) error) window {
	return window{load: (*handler).loadOwn, still: (*handler).undecided, submit: submit}
}

// undecided says whether nothing was decided since the window was drawn, neither by a tap on it nor from another one.
func (c *handler) undecided() (bool, error) {
	if err := c.ongoing(); err != nil {
		return false, err
	}
	if c.r.DecidedSeq <= c.in.Seen {
		return true, nil
	}
	wish, _ := form.RungOf(c.in.Form[form.ActRung], c.r.Phase)
	if wish == "" {
		wish, _ = verdict.StepRung(verdict.OptionID(c.in.Form[string(verdict.QStep)]))
	}
	c.decidedFirst(wish)
	return false, nil
}

// describing is undecided for the call's fields. What is right in them is kept: a call can move after a decision.
func (c *handler) describing() (bool, error) {
	asks, err := c.undecided()
	if asks || err != nil {
		return asks, err
	}
	was := c.r.Seq
	if err = c.keepFields(); c.r.Seq > was {
		c.out.Screen = form.StatusScreen
	}
	return false, err
}

// decidedFirst shows what was decided before a wish for a rung came; "" for no wish. What was wished for as well closes
// as ever.
func (c *handler) decidedFirst(wish ladder.Rung) {
	c.out.Screen = form.ClosingScreen
	asked := c.r.Word.State == nudges.WordAsked || c.r.Word.State == nudges.WordWaits
	switch {
	case wish != "" && c.r.Decision != nudges.Decided(wish):
		c.out.Screen, c.out.Notice = form.StatusScreen, "err-stale"
	case asked && c.r.Decision == nudges.Decided(ladder.Coach):
		c.out.Notice = askedNotice(c.r)
	}
}

func (c *handler) submitCall() error {
	c.out.Screen = form.FactsScreen
	return c.sync()
}

func (c *handler) submitClosing() error {
	if err := c.sync(); err != nil {
		return err
	}
	if plan := c.in.Form[form.ActPlan]; plan != "" && plan != c.r.Plan {
		if err := c.step(nudges.Write{By: c.in.User, Plan: plan}); err != nil {
			return err
		}
	}
	if guess := c.in.Form[form.ActGuess]; guess != "" && guess != c.r.Word.Guess {
		err := c.step(nudges.Guess{By: c.in.User, Text: guess})
		// After the rep's answer it is no guess any more. The plan is kept all the same.
		if err != nil && !errors.Is(err, nudges.ErrNotNow) && !errors.Is(err, nudges.ErrOver) {
			return err
		}
	}
	typing := c.r.Answers[c.r.PlanQuestion()] == verdict.OwnPlan && c.r.Plan == ""
	switch {
	case c.wordCame():
		c.out.Screen = form.StatusScreen // with what the rep asked for, and nothing is sent
	case c.in.Shown[form.ActTellText] && typing:
		c.out.Screen = form.ClosingScreen // a tap on "my own words" came first, and has put its field there
	case c.in.Shown[form.ActTellText]:
		return c.tell()
	case c.r.MayTell(c.now) && c.r.Plan != "": // a plan was typed first
		c.out.Screen = form.ClosingScreen
	default:
		c.out.Screen = form.DoneScreen
	}
	return nil
}

// inPast is wrong with the time of a call that cannot be.
var inPast = invalid{form.ActTime: "err-past"}

// described reads the call's fields.
func (c *handler) described() (nudges.Describe, error) {
	when := c.in.Form[form.ActDay] + " " + c.in.Form[form.ActTime]
	starts, err := time.ParseInLocation("2006-01-02 15:04", when, c.known.me.Clock())
	if err != nil {
		return nudges.Describe{}, inPast
	}
	minutes, err := strconv.Atoi(c.in.Form[form.ActLength])
	if err != nil {
		return nudges.Describe{}, inPast
	}
	d := nudges.Describe{
		By: c.in.User, Rep: c.known.rep.ID, Deal: c.in.Form[form.ActDeal], Skill: c.in.Form[form.ActSkill],
		Starts: starts, Length: time.Duration(minutes) * time.Minute,
	}
	d.Past, err = c.past(c.in.User, d.Rep, d.Deal, d.Skill)
	return d, err
}

func (c *handler) submitFields() error {
	if c.known.RepErr != nil {
		return below(form.ActRep, c.known.RepErr, c.known.RepErr)
	}
	d, err := c.described()
	if err != nil {
		return err
	}
	what, learns := c.typedLearn(), c.learnsIn(c.r, d)
	if learns {
		if wrong := c.learnErrors(d.Deal, what); len(wrong) > 0 {
			return wrong
		}
	}
	other, err := c.tx.SameCall(c.in.User, d.Rep, d.Deal, c.r.ID)
	if err == nil && c.r.Decision == nudges.Undecided {
		// The first request for this call is where it goes on; this one was only a draft.
		if err := c.step(nudges.Withdraw{By: c.in.User}); err != nil {
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
	if err := c.step(d); err != nil {
		return below(form.ActTime, err, nudges.ErrPast)
	}
	if c.out.Screen = form.FactsScreen; c.r.Decision != nudges.Undecided {
		c.out.Screen = form.StatusScreen
	}
	if learns {
		return c.learn(d.Rep, d.Deal, what)
	}
	return nil
}

func (c *handler) submitFacts() error {
	if err := c.sync(); err != nil {
		return err
	}
	if c.r.Answers[verdict.Q6] == verdict.AsPlanned {
		c.out.Screen = form.RoleScreen
		return nil
	}
	if c.out.Screen = form.VerdictScreen; verdict.AsksLater(c.r.Answers, c.r.Past) {
		c.out.Screen = form.LaterScreen
	}
	return nil
}

func (c *handler) submitLater() error {
	c.out.Screen = form.VerdictScreen
	return c.sync()
}

// submitRole puts the role on a call that the two planned on the card.
func (c *handler) submitRole() error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	role := ladder.Rung(c.in.Form[form.ActRole])
	if asked, err := c.askedBefore(); err != nil {
		return err
	} else if asked && role == ladder.TakeOver {
		return invalid{form.ActRole: "err-planned-asked"}
	}
	err = c.step(nudges.JoinAsPlanned{By: c.in.User, Rung: role, Seen: c.in.Seen, Bond: ar.Bond, Policy: ar.Policy})
	for no, text := range map[error]string{
		nudges.ErrUnknown: "err-pick-one", nudges.ErrTooLate: "err-planned-late", nudges.ErrUnmet: "err-planned-unmet",
		nudges.ErrNotNow: "err-planned-asked", nudges.ErrNoPlan: "err-planned-wrong",
	} {
		if errors.Is(err, no) {
			return invalid{form.ActRole: text}
		}
	}
	c.out.Screen, c.out.Text = form.NoteScreen, "closing-planned"
	switch {
	case c.r.Planned == nudges.ClaimWaits:
		c.out.Text = "closing-planned-waits"
	case role == ladder.TakeOver:
		c.out.Text = "closing-planned-lead"
	}
	return err
}

// askedBefore says whether an approver was asked about this call in a request that the manager has canceled since.
func (c *handler) askedBefore() (bool, error) {
	begun, err := c.tx.Begun(c.in.User, c.now.Add(-nudges.DebriefWindow))
	return slices.ContainsFunc(begun, func(q nudges.Request) bool {
		sameCall := q.Rep == c.r.Rep && nudges.NormalDeal(q.Deal) == nudges.NormalDeal(c.r.Deal)
		return sameCall && q.Decision == nudges.Withdrawn && q.Grant.Asked > 0 && c.now.Sub(q.Ends) < 24*time.Hour
	}), err
}

func (c *handler) submitRung() error {
	if err := c.sync(); err != nil {
		return err
	}
	rung, err := form.RungOf(c.in.Form[form.ActRung], c.r.Phase)
	if errors.Is(err, nudges.ErrRungGone) {
		c.out.Screen, c.out.Wish, c.out.Notice = form.VerdictScreen, rung, "err-rung-gone"
		return nil
	}
	if err != nil {
		return invalid{form.ActRung: "err-pick-one"}
	}
	ar, err := c.around()
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(c.in.Form[form.ActReason])
	if reason == "" && c.in.Shown[form.ActReason] && rung == ladder.TakeOver {
		return invalid{form.ActReason: "err-reason"}
	}
	_, err = c.decide(nudges.Decide{By: c.in.User, Rung: rung, Seen: c.in.Seen, Around: ar, Reason: reason}, rung)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return c.askMore(rung, more.Missing)
	}
	return err
}

// decide settles on a rung and closes. Of two clicks at once the second finds it decided: the same rung closes too,
// and another rung shows what was decided first; done is false then.
func (c *handler) decide(a nudges.Action, rung ladder.Rung) (done bool, err error) {
	err = c.step(a)
	if errors.Is(err, nudges.ErrStale) {
		c.decidedFirst(rung)
		return c.r.Decision == nudges.Decided(rung), nil
	}
	if err != nil {
		return false, err
	}
	c.out.Screen = form.ClosingScreen
	return true, nil
}

// askMore says which questions come before a rung: on their fields if the screen has them all, and else by the screen
// that asks them.
func (c *handler) askMore(rung ladder.Rung, missing []verdict.QuestionID) error {
	if slices.ContainsFunc(missing, func(q verdict.QuestionID) bool { return !c.in.Shown[string(q)] }) {
		c.out.Screen, c.out.Wish, c.out.Notice = form.VerdictScreen, rung, "err-more"
		return nil
	}
	return unpicked(missing)
}
