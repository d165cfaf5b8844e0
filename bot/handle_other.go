package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"stepin/nudges"
)

// tapOther handles the taps of somebody else than the request's manager: an approver, or the
// rep. Who may do what is judged by nudges.Next, whatever the button said.
func (c *change) tapOther() (done bool, err error) {
	by := c.in.user
	switch c.in.action {
	case actApprove:
		return true, c.judge(nudges.Approve{By: by}, noScreen)
	case actCoachFirst:
		return true, c.judge(nudges.Decline{By: by, Coach: true}, sentenceScr)
	case actDecline:
		return true, c.judge(nudges.Decline{By: by}, sentenceScr)
	case actOpen:
		return c.openAgain()
	case actClaimYes:
		return true, c.other(nudges.Correct{By: by, Right: true}, noScreen)
	case actClaimNo:
		return true, c.other(nudges.Correct{By: by}, noScreen)
	case actTakeBack:
		return true, c.other(nudges.TakeBack{By: by}, noScreen)
	case actMine:
		return true, c.meet(true)
	case actNotMine:
		return true, c.meet(false)
	}
	if a := nudges.WordAnswer(c.in.action); slices.Contains(nudges.WordAnswers, a) {
		return true, c.other(nudges.Reply{By: by, Answer: a}, wordScreen)
	}
	return false, nil
}

// other does an action on a request that need not be the person's own, and then shows a
// screen of it that is theirs.
func (c *change) other(a nudges.Action, then screen) error {
	r, err := c.tx.Request(c.in.request)
	if err != nil {
		return err
	}
	c.r = r
	if err := c.step(a); err != nil {
		return err
	}
	c.out.Screen = then
	return nil
}

// judge is an approver's word. Where things have gone on since they were asked, they read
// how, and what the clock has made overdue is kept.
func (c *change) judge(a nudges.Action, then screen) error {
	err := c.other(a, then)
	if err == nil || errors.Is(err, nudges.ErrNotYours) || errors.Is(err, nudges.ErrNotFound) {
		return err
	}
	if _, ours := says(err); ours {
		return err
	}
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	c.out.Screen = decidedScr
	return nil
}

// openAgain is for who was to get a window for a sentence, and could not be given one.
func (c *change) openAgain() (done bool, err error) {
	r, err := c.tx.Request(c.in.request)
	if err != nil || r.Manager == c.in.user {
		return false, err
	}
	switch {
	case r.Rep == c.in.user && r.Word.State == nudges.WordGiven && r.Way != nudges.ByAsk:
		c.out.Screen = wordScreen
	case r.Grant.State == nudges.Declined && r.Grant.By == c.in.user:
		c.out.Screen = sentenceScr
	default:
		return true, nudges.ErrNotYours
	}
	c.r = r
	return true, nil
}

// meet keeps whose rep the person is, and goes on with what waited for it, in each of that
// manager's open requests.
func (c *change) meet(yes bool) error {
	r, err := c.tx.Request(c.in.request)
	if err != nil {
		return err
	}
	if r.Rep != c.in.user {
		return nudges.ErrNotYours
	}
	is := nudges.NotMyBoss
	if yes {
		is = nudges.Met
	}
	if err := c.tx.PutBond(c.in.user, r.Manager, is); err != nil {
		return err
	}
	open, err := c.tx.OpenRequests(r.Manager)
	if err != nil {
		return err
	}
	waiting, err := c.tx.PartOf(c.in.user) // some of it can be after the call
	if err != nil {
		return err
	}
	for _, w := range waiting {
		if w.Manager == r.Manager && !slices.ContainsFunc(open, func(o nudges.Request) bool { return o.ID == w.ID }) {
			open = append(open, w)
		}
	}
	if !slices.ContainsFunc(open, func(o nudges.Request) bool { return o.ID == r.ID }) {
		open = append(open, r) // it shows the question, which is rewritten in place
	}
	c.out.Screen = noScreen
	for _, o := range open {
		if o.Rep != c.in.user {
			continue
		}
		c.r = o
		err := c.step(nudges.Meet{By: c.in.user, Yes: yes})
		if errors.Is(err, nudges.ErrClosed) && o.ID == r.ID {
			// It has nothing that waits, and its message is rewritten no more: said privately.
			c.out.Screen, c.out.Text = noteScreen, "met-no"
			if yes {
				c.out.Text = "met-yes"
			}
		} else if err != nil && !errors.Is(err, nudges.ErrClosed) && !errors.Is(err, nudges.ErrOver) {
			return err
		}
		if c.r.DebriefDue(c.now) { // it waited for this; the clock's next look would do the same
			f, err := c.debriefFacts(c.r)
			if err != nil {
				return err
			}
			if err := c.step(nudges.OpenDebrief{Facts: f}); err != nil {
				return err
			}
		}
	}
	c.r = r
	return nil
}

// tapTeam handles the manager's taps about a grant, the rep's word and the words for the rep.
func (c *change) tapTeam() (done bool, err error) {
	by := c.in.user
	switch c.in.action {
	case actNudge:
		if err := c.step(nudges.Nudge{By: by}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Text = noteScreen, "nudged"
		return true, nil
	case actGlass:
		if err := c.step(nudges.Tick{}); err != nil {
			return true, err
		}
		if !c.r.Open() {
			return true, nudges.ErrOver
		}
		c.out.Screen = glassScreen
		return true, nil
	case actJoin:
		return true, c.rung(nudges.CoPilot, closeScreen)
	case actListen:
		return true, c.rung(nudges.Listen, closeScreen)
	case actTake:
		return true, c.rung(nudges.TakeOver, closeScreen)
	case actCoaching:
		return true, c.coach()
	case actWords:
		c.out.Screen = wordsScreen
		return true, nil
	case actTakeNote:
		if err := c.step(nudges.TakeNote{By: by}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Notice = wordsScreen, "note-taken"
		return true, nil
	case actSendNote:
		ar, err := c.around()
		if err != nil {
			return true, err
		}
		if err := c.step(nudges.SendNote{By: by, Bond: ar.Bond}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Notice = wordsScreen, "note-"+string(c.r.Note)
		if c.r.Note == nudges.NoteWaits {
			c.out.Notice = "note-waits"
		}
		return true, nil
	}
	return false, nil
}

// rung decides with one tap, from a message that shows how the request stands.
func (c *change) rung(to nudges.Rung, then screen) error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	done, err := c.decide(nudges.Decide{By: c.in.user, Rung: to, Seen: c.in.seen, Around: ar}, to)
	if more, ok := errors.AsType[*nudges.MoreError](err); ok {
		return c.askMore(to, more.Missing)
	}
	if err == nil && done {
		c.out.Screen = then
	}
	return err
}

// coach opens the coaching; before the call it decides for it, too.
func (c *change) coach() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	if c.r.Phase == nudges.Before && c.r.Decision != nudges.Decided(nudges.Coach) {
		return c.rung(nudges.Coach, coachingScr)
	}
	c.out.Screen = coachingScr
	return nil
}

func (c *change) submitCoaching() error {
	give := nudges.Give(c.in.form[actGive])
	if give != "" && !slices.Contains(nudges.Gives, give) {
		return nudges.ErrUnknown
	}
	skill := strings.Join(strings.Fields(c.in.form[actCoached]), " ")
	if err := c.step(nudges.EndCoaching{By: c.in.user, Skill: skill, Gave: give}); err != nil {
		return err
	}
	c.out.Screen = doneScreen
	return nil
}

func (c *change) submitGlass() error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.BreakGlass{By: c.in.user, Reason: strings.TrimSpace(c.in.form[actReason]), Around: ar})
	if errors.Is(err, nudges.ErrReason) {
		c.out.Errors = map[string]string{actReason: "err-reason"}
		return nil
	}
	if err != nil {
		return err
	}
	c.out.Screen = closeScreen
	return nil
}

// plead opens the form with which a rep asks for help, filled with what was typed.
func (c *change) plead() error {
	boss := nudges.UserID(cmp.Or(string(c.line.boss), string(c.known.boss)))
	switch {
	case boss == c.in.user:
		return errBossSelf
	case c.known.unfit[boss] != "":
		c.out.Who = boss
		return errBossUnfit
	}
	c.out.Screen = pullScreen
	c.out.Draft = &draft{Boss: boss, Deal: c.line.deal, Starts: nextHalfHour(c.now, c.known.me.zone)}
	return nil
}

// A draft is what a form begins with that belongs to no request yet.
type draft struct {
	Boss   nudges.UserID `json:"b,omitempty"`
	Deal   string        `json:"-"` // people's words: a duplicate brings them along
	Starts time.Time     `json:"s,omitzero"`

	Led     string `json:"l,omitempty"` // of a debrief: who led the call
	Channel bool   `json:"c,omitempty"` // and whether it can be in the team's channel
}

// submitPull begins the request of a rep who asks for help, or leads to the one there is.
func (c *change) submitPull() error {
	boss, rep := nudges.UserID(c.in.form[actBoss]), c.in.user
	switch {
	case boss == rep:
		c.out.Errors = map[string]string{actBoss: "err-manager-self"}
		return nil
	case boss == "":
		c.out.Errors = map[string]string{actBoss: "err-manager-missing"}
		return nil
	case c.known.unfit[boss] != "":
		c.out.Errors, c.out.Who = map[string]string{actBoss: c.known.unfit[boss]}, boss
		return nil
	}
	d, err := c.described()
	if err != nil {
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	}
	if d.Length <= 0 || !d.Starts.Add(d.Length).After(c.now) {
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	}
	mine, err := c.tx.PartOf(rep)
	if err != nil {
		return err
	}
	for _, r := range mine {
		if !c.now.Before(r.Ends) { // over, whether or not a tick has run
			continue
		}
		if r.Way == nudges.ByAsk && r.Rep == rep && r.Manager == boss && nudges.NormalDeal(r.Deal) == nudges.NormalDeal(d.Deal) {
			c.r = r
			c.out.Screen, c.out.Text = noteScreen, "notice-pull-again"
			return nil
		}
	}
	o := nudges.Plead(c.newID, rep, boss, d.Deal, c.in.form[actHelp], d.Starts, d.Length, c.now)
	if o.Request.Past, err = c.past(boss, rep, d.Deal, ""); err != nil {
		return err
	}
	c.r = o.Request
	c.out.homes = append(c.out.homes, o.Concerned()...)
	c.out.Screen, c.out.Text = noteScreen, "pull-sent"
	return nudges.Apply(c.tx, c.keep, o, c.now)
}
