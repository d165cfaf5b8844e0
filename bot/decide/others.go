package decide

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/team"
)

// othersRows are the answers of approver and rep, and what the manager does about them.
var othersRows = rows{
	actions: map[string]action{
		form.ActPull: {listedOnly, nil, (*handler).pull},
		form.ActOpen: {underMessage, (*handler).loadAny, (*handler).openAgain},

		// An approver's answer.
		form.ActApprove:    {everywhere, (*handler).loadAny, (*handler).approve},
		form.ActCoachFirst: {everywhere, (*handler).loadAny, (*handler).coachFirst},
		form.ActDecline:    {everywhere, (*handler).loadAny, (*handler).declined},

		// The rep's answers.
		form.ActClaimYes:          {underMessage, (*handler).loadAny, corrects(true)},
		form.ActClaimNo:           {underMessage, (*handler).loadAny, corrects(false)},
		form.ActPlannedYes:        {underMessage, (*handler).loadAny, correctsPlan(true)},
		form.ActPlannedNo:         {underMessage, (*handler).loadAny, correctsPlan(false)},
		form.ActFromHere:          {everywhere, (*handler).loadAny, (*handler).fromHere},
		form.ActTakeBack:          {everywhere, (*handler).loadAny, (*handler).takeBack},
		form.ActMine:              {underMessage, (*handler).loadMeet, meets(true)},
		form.ActNotMine:           {underMessage, (*handler).loadMeet, meets(false)},
		string(nudges.GotThis):    {underMessage, (*handler).loadAny, replies(nudges.GotThis)},
		string(nudges.CoachMe):    {underMessage, (*handler).loadAny, replies(nudges.CoachMe)},
		string(nudges.PleaseJoin): {underMessage, (*handler).loadAny, replies(nudges.PleaseJoin)},

		// What the manager does.
		form.ActNudge:  {underMessage, (*handler).loadOwn, (*handler).nudge},
		form.ActGlass:  {underMessage, (*handler).loadOwn, (*handler).openGlass},
		form.ActJoin:   {underMessage, (*handler).loadOwn, decides(ladder.CoPilot)},
		form.ActListen: {underMessage, (*handler).loadOwn, decides(ladder.Listen)},
		form.ActTake:   {underMessage, (*handler).loadOwn, decides(ladder.TakeOver)},
	},
	windows: map[form.Screen]window{
		form.PullScreen:     {submit: (*handler).submitPull},
		form.GlassScreen:    {load: (*handler).loadOwn, submit: (*handler).submitGlass},
		form.SentenceScreen: {answers: true, load: (*handler).loadAny, submit: (*handler).submitSentence},
		form.CancelScreen:   {load: (*handler).loadOwn, submit: (*handler).submitCancel},
		form.WordScreen:     {answers: true, load: (*handler).loadAny, submit: (*handler).submitWord},
	},
}

func (c *handler) approve() error {
	return c.judge(nudges.Approve{By: c.in.User}, nudges.Reconsider{By: c.in.User, Yes: true}, form.NoScreen)
}

func (c *handler) coachFirst() error { return c.decline(true) }
func (c *handler) declined() error   { return c.decline(false) }

func (c *handler) decline(coach bool) error {
	no, other := nudges.Decline{By: c.in.User, Coach: coach}, nudges.Reconsider{By: c.in.User, Coach: coach}
	return c.judge(no, other, form.SentenceScreen)
}

// judge is an approver's decision, or another one of theirs. If the request has moved on since they were asked, they
// read how, and what was overdue is written.
func (c *handler) judge(a nudges.Action, other nudges.Reconsider, then form.Screen) error {
	if other.Changes(c.r) {
		return c.act(other, then)
	}
	err := c.act(a, then)
	if err == nil || errors.Is(err, nudges.ErrNotYours) {
		return err
	}
	if _, ours := Explain(err); ours {
		return err
	}
	return c.act(nudges.Tick{}, form.DecidedScreen)
}

func (c *handler) submitSentence() error {
	return c.act(nudges.Sentence{By: c.in.User, Text: c.in.Form[form.ActSentence]}, form.DoneScreen)
}

func (c *handler) submitWord() error {
	return c.act(nudges.Help{By: c.in.User, Text: c.in.Form[form.ActHelp]}, form.DoneScreen)
}

func (c *handler) takeBack() error { return c.act(nudges.TakeBack{By: c.in.User}, form.NoScreen) }

// corrects is the rep's answer to the claim that they asked.
func corrects(right bool) func(*handler) error {
	return func(c *handler) error { return c.act(nudges.Correct{By: c.in.User, Right: right}, form.NoScreen) }
}

// correctsPlan is the rep's answer to what their manager says the two planned.
func correctsPlan(right bool) func(*handler) error {
	return func(c *handler) error { return c.act(nudges.CorrectPlan{By: c.in.User, Right: right}, form.NoScreen) }
}

// fromHere tells the manager that the rep can take it from here. A second tap reads that the manager knows.
func (c *handler) fromHere() error {
	if !c.r.Shows(nudges.KindFromHere) {
		return c.act(nudges.FromHere{By: c.in.User}, form.NoScreen)
	}
	return c.note(nudges.FromHere{By: c.in.User}, "from-here-told")
}

// replies is the rep's word.
func replies(a nudges.WordAnswer) func(*handler) error {
	return func(c *handler) error { return c.act(nudges.Reply{By: c.in.User, Answer: a}, form.WordScreen) }
}

// openAgain opens a window that could not be opened before: the manager's request, or a window for a sentence.
func (c *handler) openAgain() error {
	switch {
	case c.r.Manager == c.in.User:
		return c.carryOn()
	case c.r.Rep == c.in.User && c.r.Word.State == nudges.WordGiven && c.r.Way != nudges.ByAsk:
		c.out.Screen = form.WordScreen
	case c.r.Grant.State == nudges.Declined && c.r.Grant.By == c.in.User:
		c.out.Screen = form.SentenceScreen
	default:
		return nudges.ErrNotYours
	}
	return nil
}

// loadMeet reads the request of the input. A question that was asked when the team was saved belongs to none.
func (c *handler) loadMeet() error {
	manager, rep, ok := team.MeetOf(c.in.Key)
	if !ok {
		return c.loadAny()
	}
	c.r = nudges.Request{Manager: manager, Rep: rep}
	return nil
}

// meets is the rep's answer to whether this is their manager.
func meets(yes bool) func(*handler) error {
	return func(c *handler) error { return c.meet(yes) }
}

// meet keeps whose rep the person is, and goes on with what waited for it, in each of that
// manager's open requests.
func (c *handler) meet(yes bool) error {
	r := c.r
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
	open, err := storage.All(c.tx.OpenRequests(r.Manager))
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
	shown := slices.ContainsFunc(open, func(o nudges.Request) bool { return o.ID == r.ID })
	c.out.Screen = form.NoScreen
	switch {
	case r.ID == "":
		if err := c.showMet(yes); err != nil {
			return err
		}
	case !shown:
		open = append(open, r) // it shows the question, which is rewritten in place
	}
	told := false // a no, once for all that it is about
	for _, o := range open {
		if o.Rep != c.in.User {
			continue
		}
		c.r = o
		err := c.step(nudges.Meet{By: c.in.User, Yes: yes, Told: told})
		told = told || c.r.Seq > o.Seq
		if errors.Is(err, nudges.ErrClosed) && o.ID == r.ID {
			c.sayMet(yes) // nothing of it waits, and its message is not rewritten any more
		} else if err != nil && !errors.Is(err, nudges.ErrClosed) && !errors.Is(err, nudges.ErrOver) {
			return err
		}
		if err := c.openDue(); err != nil {
			return err
		}
	}
	c.r = r
	return nil
}

// openDue opens a debrief that waited for the rep's yes; the next tick would do the same.
func (c *handler) openDue() error {
	if !c.r.DebriefDue(c.now) {
		return nil
	}
	f, err := c.debriefFacts(c.r)
	if err != nil {
		return err
	}
	return c.step(nudges.OpenDebrief{Facts: f})
}

// showMet rewrites the question that was tapped. It says the answer privately if its message is known no more.
func (c *handler) showMet(yes bool) error {
	key := c.in.Key
	switch _, err := c.tx.Receipt(key); {
	case errors.Is(err, nudges.ErrNotFound):
		c.sayMet(yes)
		return nil
	case err != nil:
		return err
	}
	return c.tx.Enqueue(c.now, nudges.Message{
		Key:  key + "/edit/" + form.Digest(map[string]string{"id": c.in.Identity}),
		Kind: nudges.KindMeet, To: c.in.User, Edits: key, Due: c.now,
	})
}

// sayMet says privately what the rep has answered.
func (c *handler) sayMet(yes bool) {
	c.out.Screen, c.out.Text = form.NoteScreen, "met-no"
	if yes {
		c.out.Text = "met-yes"
	}
}

func (c *handler) nudge() error { return c.note(nudges.Nudge{By: c.in.User}, "nudged") }

func (c *handler) openGlass() error {
	c.out.Screen = form.GlassScreen
	return c.ongoing()
}

// decides settles on a rung with one tap, and closes.
func decides(to ladder.Rung) func(*handler) error {
	return func(c *handler) error { return c.rung(to, form.ClosingScreen) }
}

func (c *handler) rung(to ladder.Rung, then form.Screen) error {
	err := c.decideAtOnce(nudges.Decide{By: c.in.User, Rung: to, Seen: c.in.Seen})
	if c.out.Screen == form.ClosingScreen {
		c.out.Screen = then
	}
	return err
}

func (c *handler) submitGlass() error {
	ar, err := c.around()
	if err != nil {
		return err
	}
	err = c.step(nudges.BreakGlass{By: c.in.User, Reason: strings.TrimSpace(c.in.Form[form.ActReason]), Around: ar})
	c.out.Screen = form.ClosingScreen
	return below(form.ActReason, err, nudges.ErrReason)
}

// pull opens the form with which a rep asks for help, filled with what was typed.
func (c *handler) pull() error {
	boss := nudges.UserID(cmp.Or(string(c.known.line.Boss), string(c.known.boss)))
	switch {
	case boss == c.in.User:
		return form.ErrBossSelf
	case c.known.unfit[boss] != "":
		c.out.Who = boss
		return form.ErrBossUnfit
	}
	c.out.Screen = form.PullScreen
	c.out.Draft = &Draft{Boss: boss, Deal: c.known.line.Deal, Starts: nextHalfHour(c.now, c.known.me.Clock())}
	return nil
}

// A Draft is what a form begins with that belongs to no request yet.
type Draft struct {
	Boss   nudges.UserID `json:"b,omitempty"`
	Deal   string        `json:"-"` // people's words: a duplicate brings them along
	Starts time.Time     `json:"s,omitzero"`

	Led     string `json:"l,omitempty"` // of a debrief: who led the call
	Channel bool   `json:"c,omitempty"` // and whether it can be in the team's channel

	Verb string        `json:"v,omitempty"` // what may have been meant by what was typed
	Rep  nudges.UserID `json:"r,omitempty"` // who was named in it
}

// submitPull begins the request of a rep who asks for help, or leads to the one there is.
func (c *handler) submitPull() error {
	boss, rep := nudges.UserID(c.in.Form[form.ActBoss]), c.in.User
	switch {
	case boss == rep:
		return invalid{form.ActBoss: "err-manager-self"}
	case boss == "":
		return invalid{form.ActBoss: "err-manager-missing"}
	case c.known.unfit[boss] != "":
		c.out.Who = boss
		return invalid{form.ActBoss: c.known.unfit[boss]}
	}
	d, err := c.described()
	if err != nil {
		return err
	}
	if d.Length <= 0 || !d.Starts.Add(d.Length).After(c.now) {
		return inPast
	}
	mine, err := c.tx.PartOf(rep)
	if err != nil {
		return err
	}
	for _, r := range mine {
		if !c.now.Before(r.Ends) { // over, whether or not a tick has run
			continue
		}
		sameCall := r.Rep == rep && r.Manager == boss && nudges.NormalDeal(r.Deal) == nudges.NormalDeal(d.Deal)
		if r.Way == nudges.ByAsk && sameCall {
			c.r = r
			c.out.Screen, c.out.Text = form.NoteScreen, "notice-pull-again"
			return nil
		}
	}
	o := nudges.BeginPull(c.newID, rep, boss, d.Deal, c.in.Form[form.ActHelp], d.Starts, d.Length, c.now)
	if o.Request.Past, err = c.past(boss, rep, d.Deal, ""); err != nil {
		return err
	}
	c.r = o.Request
	c.out.Homes = append(c.out.Homes, o.Concerned()...)
	c.out.Screen, c.out.Text = form.NoteScreen, "pull-sent"
	return storage.Apply(c.tx, c.rules.Keep, o, c.now)
}
