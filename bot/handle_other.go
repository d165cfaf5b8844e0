package bot

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
)

// tapOther handles the taps of somebody else than the request's manager: an approver, or the
// rep. Who may do what is judged by nudges.Next, whatever the button said.
func (c *change) tapOther() (done bool, err error) {
	by := c.in.User
	switch c.in.Action {
	case form.ActApprove:
		return true, c.judge(nudges.Approve{By: by}, form.NoScreen)
	case form.ActCoachFirst:
		return true, c.judge(nudges.Decline{By: by, Coach: true}, form.SentenceScreen)
	case form.ActDecline:
		return true, c.judge(nudges.Decline{By: by}, form.SentenceScreen)
	case form.ActOpen:
		return c.openAgain()
	case form.ActClaimYes:
		return true, c.other(nudges.Correct{By: by, Right: true}, form.NoScreen)
	case form.ActClaimNo:
		return true, c.other(nudges.Correct{By: by}, form.NoScreen)
	case form.ActTakeBack:
		return true, c.other(nudges.TakeBack{By: by}, form.NoScreen)
	case form.ActMine:
		return true, c.meet(true)
	case form.ActNotMine:
		return true, c.meet(false)
	}
	if a := nudges.WordAnswer(c.in.Action); slices.Contains(nudges.WordAnswers, a) {
		return true, c.other(nudges.Reply{By: by, Answer: a}, form.WordScreen)
	}
	return false, nil
}

// other does an action on a request that need not be the person's own, and then shows a
// screen of it that is theirs.
func (c *change) other(a nudges.Action, then form.Screen) error {
	r, err := c.tx.Request(c.in.Request)
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
func (c *change) judge(a nudges.Action, then form.Screen) error {
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
	c.out.Screen = form.DecidedScreen
	return nil
}

// openAgain is for who was to get a window for a sentence, and could not be given one.
func (c *change) openAgain() (done bool, err error) {
	r, err := c.tx.Request(c.in.Request)
	if err != nil || r.Manager == c.in.User {
		return false, err
	}
	switch {
	case r.Rep == c.in.User && r.Word.State == nudges.WordGiven && r.Way != nudges.ByAsk:
		c.out.Screen = form.WordScreen
	case r.Grant.State == nudges.Declined && r.Grant.By == c.in.User:
		c.out.Screen = form.SentenceScreen
	default:
		return true, nudges.ErrNotYours
	}
	c.r = r
	return true, nil
}

// meet keeps whose rep the person is, and goes on with what waited for it, in each of that
// manager's open requests.
func (c *change) meet(yes bool) error {
	r, err := c.tx.Request(c.in.Request)
	if err != nil {
		return err
	}
	if r.Rep != c.in.User {
		return nudges.ErrNotYours
	}
	is := nudges.NotMyBoss
	if yes {
		is = nudges.Met
	}
	if err := c.tx.PutBond(c.in.User, r.Manager, is); err != nil {
		return err
	}
	open, err := c.tx.OpenRequests(r.Manager)
	if err != nil {
		return err
	}
	waiting, err := c.tx.PartOf(c.in.User) // some of it can be after the call
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
	c.out.Screen = form.NoScreen
	for _, o := range open {
		if o.Rep != c.in.User {
			continue
		}
		c.r = o
		err := c.step(nudges.Meet{By: c.in.User, Yes: yes})
		if errors.Is(err, nudges.ErrClosed) && o.ID == r.ID {
			// It has nothing that waits, and its message is rewritten no more: said privately.
			c.out.Screen, c.out.Text = form.NoteScreen, "met-no"
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
	by := c.in.User
	switch c.in.Action {
	case form.ActNudge:
		if err := c.step(nudges.Nudge{By: by}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Text = form.NoteScreen, "nudged"
		return true, nil
	case form.ActGlass:
		if err := c.step(nudges.Tick{}); err != nil {
			return true, err
		}
		if !c.r.Open() {
			return true, nudges.ErrOver
		}
		c.out.Screen = form.GlassScreen
		return true, nil
	case form.ActJoin:
		return true, c.rung(nudges.CoPilot, form.ClosingScreen)
	case form.ActListen:
		return true, c.rung(nudges.Listen, form.ClosingScreen)
	case form.ActTake:
		return true, c.rung(nudges.TakeOver, form.ClosingScreen)
	case form.ActCoaching:
		return true, c.coach()
	case form.ActWords:
		c.out.Screen = form.WordsScreen
		return true, nil
	case form.ActTakeNote:
		if err := c.step(nudges.TakeNote{By: by}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Notice = form.WordsScreen, "note-taken"
		return true, nil
	case form.ActSendNote:
		ar, err := c.around()
		if err != nil {
			return true, err
		}
		if err := c.step(nudges.SendNote{By: by, Bond: ar.Bond}); err != nil {
			return true, err
		}
		c.out.Screen, c.out.Notice = form.WordsScreen, "note-"+string(c.r.Note)
		if c.r.Note == nudges.NoteWaits {
			c.out.Notice = "note-waits"
		}
		return true, nil
	}
	return false, nil
}

// rung decides with one tap, from a message that shows how the request stands.
func (c *change) rung(to nudges.Rung, then form.Screen) error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	done, err := c.decide(nudges.Decide{By: c.in.User, Rung: to, Seen: c.in.Seen, Around: ar}, to)
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
		return c.rung(nudges.Coach, form.CoachingScreen)
	}
	c.out.Screen = form.CoachingScreen
	return nil
}

func (c *change) submitCoaching() error {
	give := nudges.Give(c.in.Form[form.ActGive])
	if give != "" && !slices.Contains(nudges.Gives, give) {
		return nudges.ErrUnknown
	}
	skill := strings.Join(strings.Fields(c.in.Form[form.ActCoached]), " ")
	if err := c.step(nudges.EndCoaching{By: c.in.User, Skill: skill, Gave: give}); err != nil {
		return err
	}
	c.out.Screen = form.DoneScreen
	return nil
}

func (c *change) submitGlass() error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.BreakGlass{By: c.in.User, Reason: strings.TrimSpace(c.in.Form[form.ActReason]), Around: ar})
	if errors.Is(err, nudges.ErrReason) {
		c.out.Errors = map[string]string{form.ActReason: "err-reason"}
		return nil
	}
	if err != nil {
		return err
	}
	c.out.Screen = form.ClosingScreen
	return nil
}

// plead opens the form with which a rep asks for help, filled with what was typed.
func (c *change) plead() error {
	boss := nudges.UserID(cmp.Or(string(c.line.Boss), string(c.known.boss)))
	switch {
	case boss == c.in.User:
		return form.ErrBossSelf
	case c.known.unfit[boss] != "":
		c.out.Who = boss
		return form.ErrBossUnfit
	}
	c.out.Screen = form.PullScreen
	c.out.Draft = &draft{Boss: boss, Deal: c.line.Deal, Starts: nextHalfHour(c.now, c.known.me.zone)}
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
	boss, rep := nudges.UserID(c.in.Form[form.ActBoss]), c.in.User
	switch {
	case boss == rep:
		c.out.Errors = map[string]string{form.ActBoss: "err-manager-self"}
		return nil
	case boss == "":
		c.out.Errors = map[string]string{form.ActBoss: "err-manager-missing"}
		return nil
	case c.known.unfit[boss] != "":
		c.out.Errors, c.out.Who = map[string]string{form.ActBoss: c.known.unfit[boss]}, boss
		return nil
	}
	d, err := c.described()
	if err != nil {
		c.out.Errors = map[string]string{form.ActTime: "err-past"}
		return nil
	}
	if d.Length <= 0 || !d.Starts.Add(d.Length).After(c.now) {
		c.out.Errors = map[string]string{form.ActTime: "err-past"}
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
			c.out.Screen, c.out.Text = form.NoteScreen, "notice-pull-again"
			return nil
		}
	}
	o := nudges.Plead(c.newID, rep, boss, d.Deal, c.in.Form[form.ActHelp], d.Starts, d.Length, c.now)
	if o.Request.Past, err = c.past(boss, rep, d.Deal, ""); err != nil {
		return err
	}
	c.r = o.Request
	c.out.homes = append(c.out.homes, o.Concerned()...)
	c.out.Screen, c.out.Text = form.NoteScreen, "pull-sent"
	return nudges.Apply(c.tx, c.keep, o, c.now)
}
