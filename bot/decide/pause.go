package decide

import (
	"errors"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// pauseRows are the manager's own request.
var pauseRows = rows{
	actions: map[string]action{
		form.ActStart:    {listedOnly, nil, func(c *handler) error { return c.begin("", "") }},
		form.ActCarry:    {underMessage, (*handler).loadOwn, (*handler).carryOn},
		form.ActMind:     {underMessage, (*handler).loadOwn, (*handler).changeMind},
		form.ActWithdraw: {underMessage, (*handler).loadOwn, (*handler).withdraw},
		form.ActReturn:   {underMessage, (*handler).loadOwn, (*handler).giveBack},
		form.ActChange:   {underMessage, (*handler).loadOwn, shows(form.FieldsScreen)},
		form.ActHold:     {underMessage, (*handler).loadOwn, (*handler).holdBack},
		form.ActAsk:      {underMessage, (*handler).loadOwn, (*handler).askFirst},
		form.ActRung:     {underMessage, (*handler).loadOwn, (*handler).tapRung},
	},
}

// FirstLength is the guess for a call's length.
const FirstLength = 30 * time.Minute

// nextHalfHour is the guess for a call's start, on the manager's own clock.
func nextHalfHour(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	slot := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute()/30*30, 0, 0, zone)
	return slot.Add(30 * time.Minute)
}

// begin opens a new request, or goes on with the open one for the same call.
func (c *handler) begin(rep nudges.UserID, deal string) error {
	if err := c.firstUse(); err != nil {
		return err
	}
	if rep == "" && deal == "" {
		last, err := c.tx.LastRequest(c.in.User)
		switch {
		case err == nil:
			rep, deal = c.fitRep(last), last.Deal
		case !errors.Is(err, nudges.ErrNotFound):
			return err
		}
	}
	same, err := c.tx.SameCall(c.in.User, rep, deal, "")
	if err == nil {
		c.r = same
		if err := c.step(nudges.Tick{}); err != nil {
			return err
		}
		if c.r.Open() { // otherwise it has just ended, and no tick has seen that yet
			c.resume()
			if !c.r.Blank() {
				c.out.Notice = "notice-again"
			}
			return nil
		}
	} else if !errors.Is(err, nudges.ErrNotFound) {
		return err
	}
	err = c.open(nudges.ByPause, rep, deal, nextHalfHour(c.now, c.known.me.Clock()))
	c.resume()
	return err
}

// fitRep is the rep of a call; "" if they can be none any more.
func (c *handler) fitRep(r nudges.Request) nudges.UserID {
	if c.known.unfit[r.Rep] != "" {
		return ""
	}
	return r.Rep
}

// open begins a new request.
func (c *handler) open(way nudges.Way, rep nudges.UserID, deal string, starts time.Time) error {
	o := nudges.Begin(c.newID, way, c.in.User, rep, deal, starts, FirstLength, c.now)
	past, err := c.past(c.in.User, rep, deal, "")
	if err != nil {
		return err
	}
	o.Request.Past = past
	c.r = o.Request
	return storage.Apply(c.tx, c.rules.Keep, o, c.now)
}

// resume picks the screen on which a request goes on.
func (c *handler) resume() {
	switch {
	case c.r.Decision != nudges.Undecided:
		c.out.Screen = form.StatusScreen
	case c.r.Way == nudges.ByNow && c.r.Phase != nudges.Before:
		c.out.Screen = form.NowScreen
	case c.r.Rep == "":
		c.out.Screen = form.FieldsScreen
	case len(c.r.Answers) == 0:
		c.out.Screen = form.CallScreen
	default:
		c.out.Screen = form.FactsScreen
	}
}

// carryOn goes on with a request where it was left.
func (c *handler) carryOn() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	if !c.r.Open() {
		return nudges.ErrClosed
	}
	c.resume()
	return nil
}

// withdraw cancels at once, unless the rep waits for the step that they asked for: then it asks, once.
func (c *handler) withdraw() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	if _, awaited := c.r.Awaited(); awaited && c.r.Open() {
		c.out.Screen = form.CancelScreen
		return nil
	}
	return c.cancel()
}

// submitCancel cancels what it was asked about. What has changed since, such as the rep's word, is shown first.
func (c *handler) submitCancel() error {
	if err := c.ongoing(); err != nil {
		return err
	}
	if c.r.Seq > c.in.Seen {
		return c.withdraw()
	}
	return c.cancel()
}

func (c *handler) cancel() error {
	if err := c.note(nudges.Withdraw{By: c.in.User}, "closing-withdrawn"); err != nil {
		return err
	}
	if c.r.Heard == nudges.Withdrawn {
		c.out.Text = "closing-passed"
	}
	return nil
}

func (c *handler) giveBack() error { return c.note(nudges.Return{By: c.in.User}, "grant-returned") }

func (c *handler) holdBack() error {
	return c.decideAtOnce(nudges.Decide{By: c.in.User, Rung: ladder.HoldBack, Seen: c.in.Seen})
}

func (c *handler) askFirst() error {
	return c.decideAtOnce(nudges.Decide{By: c.in.User, Rung: ladder.Coach, Seen: c.in.Seen, AskFirst: true})
}

// tapRung shows what a step of the ladder asks for.
func (c *handler) tapRung() error {
	rung, err := form.RungOf(c.in.Form[form.ActRung], c.r.Phase)
	if err != nil && rung == "" {
		return err
	}
	if err := c.sync(); err != nil {
		return err
	}
	if c.r.DecidedSeq > c.in.Seen {
		c.decidedFirst(rung)
		return nil
	}
	c.out.Screen, c.out.Wish = form.VerdictScreen, rung
	return nil
}

// tapOption keeps an answer at the tap. The screen is drawn again only if the answer changes what it asks.
func (c *handler) tapOption() error {
	q := verdict.QuestionID(c.in.Action)
	was := c.r.Answers[q]
	offered, _ := c.r.Asked()
	if err := c.sync(); err != nil {
		return err
	}
	is := c.r.Answers[q]
	asked, _ := c.r.Asked()
	switch {
	case q == verdict.Q7 && (was == verdict.AskedMeIn) != (is == verdict.AskedMeIn), asked != offered:
		c.out.Screen = form.FactsScreen
	case q == c.r.PlanQuestion() && (was == verdict.OwnPlan) != (is == verdict.OwnPlan):
		c.out.Screen = form.ClosingScreen
	}
	return nil
}

// changeMind goes back to the answers: the facts before the call, those of a running call during it.
func (c *handler) changeMind() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	switch c.r.Phase {
	case nudges.Before:
		if c.out.Screen = form.FactsScreen; c.r.Way == nudges.ByAsk {
			c.out.Screen = form.VerdictScreen // the rep asked: nothing is gated
		}
	case nudges.During:
		c.out.Screen = form.NowScreen
	default:
		return nudges.ErrOver
	}
	return nil
}

// decideAtOnce decides with one tap, and keeps what the window holds.
func (c *handler) decideAtOnce(d nudges.Decide) error {
	if err := c.keepWindow(); err != nil {
		return err
	}
	var err error
	if d.Around, err = c.around(); err != nil {
		return err
	}
	done, err := c.decide(d, d.Rung)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return c.askMore(d.Rung, more.Missing)
	}
	if err == nil && done && d.AskFirst {
		c.out.Notice = askedNotice(c.r)
	}
	return err
}

// keepWindow keeps what the window holds in which a button was tapped.
func (c *handler) keepWindow() error {
	err := c.sync()
	if err == nil && form.Screen(c.in.Callback) == form.FieldsScreen && c.r.Decision == nudges.Undecided {
		err = c.keepFields()
	}
	return err
}

// keepFields keeps the call's fields if they are right, and says nothing below them.
func (c *handler) keepFields() error {
	was := c.r
	d, err := c.described()
	if _, wrong := errors.AsType[invalid](err); wrong || c.known.RepErr != nil {
		return nil
	}
	if err == nil {
		err = c.step(d)
	}
	if errors.Is(err, nudges.ErrPast) || errors.Is(err, nudges.ErrStarted) {
		return nil
	}
	if what := c.typedLearn(); err == nil && c.learnsIn(was, d) && len(c.learnErrors(d.Deal, what)) == 0 {
		err = c.learn(d.Rep, d.Deal, what)
	}
	return err
}

// askedNotice names the text that says how the rep will be asked; "" once the call runs, for nobody is asked then.
func askedNotice(r nudges.Request) string {
	if r.Phase != nudges.Before {
		return ""
	}
	switch r.Word.State {
	case nudges.WordAsked, nudges.WordGiven:
		return "notice-asked"
	case nudges.WordWaits:
		return "notice-word-waits"
	default:
		return "notice-ask-first"
	}
}

// wordCame says whether the rep has answered since the window or message was drawn that the input comes from.
func (c *handler) wordCame() bool { return c.r.Word.Answer != "" && c.r.Word.Seq > c.in.Seen }

// sync keeps the answers that the window holds and the request does not. It skips answers that came too late, but for
// the one that was tapped.
func (c *handler) sync() error {
	for _, q := range verdict.AllQuestions() {
		o := verdict.OptionID(c.in.Form[string(q)])
		if o == "" || o == c.r.Answers[q] || (q == verdict.QFor && c.r.Answers[verdict.Q7] != verdict.AskedMeIn) {
			continue
		}
		if c.wordCame() && (q == verdict.Q7 || q == verdict.QFor) && string(q) != c.in.Action {
			continue // the window shows what was said before the rep's word
		}
		if slices.Contains(verdict.NowAsks, q) {
			continue // decided together, by Submit
		}
		err := c.step(nudges.Answer{By: c.in.User, Question: q, Option: o})
		if _, ours := Explain(err); err != nil && (ours || string(q) == c.in.Action) {
			return err
		}
	}
	return nil
}
