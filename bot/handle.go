package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"stepin/nudges"
)

// An answer is what an input is answered with. It is recorded with the envelope, so
// that a duplicate is answered alike, and holds no words.
type answer struct {
	Screen  screen            `json:"s,omitempty"`
	Request nudges.RequestID  `json:"r,omitempty"`
	Notice  string            `json:"n,omitempty"` // name of a text above the screen
	Text    string            `json:"t,omitempty"` // of a note: name of the text
	Wish    nudges.Rung       `json:"w,omitempty"` // the rung tapped
	Errors  map[string]string `json:"e,omitempty"` // by action id: names of texts
	Touched bool              `json:"h,omitempty"` // Home shows something else now
}

// txTime is how long a transaction may take from an envelope's arrival (EXACT "Envelopes").
const txTime = 2 * time.Second

// known is who an input is about; looked up before the transaction, for nothing in
// it may call Slack.
type known struct {
	me, rep person
	repErr  error
}

func (b *Bot) lookUp(ctx context.Context, in input, l line) known {
	var k known
	var wg sync.WaitGroup
	rep := l.rep
	if id := nudges.UserID(in.form[actRep]); id != "" {
		rep = id
	}
	if rep != "" {
		wg.Go(func() {
			if k.rep, k.repErr = b.people.look(ctx, rep); k.repErr == nil {
				if !k.rep.known {
					k.rep.id = rep // Slack did not say: the manager's word is enough
				}
				k.repErr = asRep(k.rep, in.user)
			}
		})
	} else {
		k.repErr = errRepMissing
	}
	k.me, _ = b.people.look(ctx, in.user)
	wg.Wait()
	return k
}

// handle turns one input into one transaction and one answer. The error is what kept
// it from being saved; the answer then says so.
func (b *Bot) handle(ctx context.Context, in input) (answer, nudges.Request, error) {
	var l line
	var err error
	if in.kind == typed {
		if l, err = parseLine(in.text); err != nil {
			return b.apology(err), nudges.Request{}, nil
		}
		if l.verb == "help" || l.verb == "why" {
			return answer{Screen: screen(l.verb)}, nudges.Request{}, nil
		}
	}
	k := b.lookUp(ctx, in, l)
	if err := b.mayUse(in, k.me); err != nil {
		return b.apology(err), nudges.Request{}, nil
	}
	if in.kind == typed && l.rep != "" && k.repErr != nil {
		return b.apology(k.repErr), nudges.Request{}, nil
	}

	ctx, cancel := context.WithDeadline(ctx, in.received.Add(txTime))
	defer cancel()
	var out answer
	var r nudges.Request
	err = b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		out, r = answer{}, nudges.Request{}
		if was, err := tx.Answered(in.identity); err == nil {
			if err := json.Unmarshal(was, &out); err != nil {
				return err
			}
			out.Touched = false
			if out.Request != "" {
				r, err = tx.Request(out.Request)
			}
			return err
		}
		c := &change{tx: tx, now: b.now(), in: in, line: l, known: k, newID: b.newID(in)}
		if err := c.do(); err != nil {
			return err
		}
		out, r = c.out, c.r
		out.Request = r.ID
		if len(out.Errors) > 0 {
			return nil // a corrected form comes back with the same id and hash
		}
		rec, err := json.Marshal(out)
		if err != nil {
			return err
		}
		return tx.Record(in.identity, rec, c.now)
	})
	if err != nil {
		if _, ours := says(err); ours {
			return b.apology(err), nudges.Request{}, err
		}
		out = b.apology(err)
		if in.request != "" {
			r = b.ownRequest(ctx, in)
		}
	}
	return out, r, nil
}

// ownRequest is the request an input is about, if it is the person's own: somebody
// else learns nothing of it but whose it is.
func (b *Bot) ownRequest(ctx context.Context, in input) (r nudges.Request) {
	err := b.cfg.Store.View(ctx, func(rd nudges.Reader) error {
		var err error
		r, err = rd.Request(in.request)
		return err
	})
	if err != nil {
		return nudges.Request{}
	}
	if r.Manager != in.user {
		return nudges.Request{Manager: r.Manager}
	}
	return r
}

func (b *Bot) apology(err error) answer {
	text, _ := says(err)
	return answer{Screen: noteScreen, Text: text}
}

// change is one input at work in a transaction.
type change struct {
	tx    nudges.Tx
	now   time.Time
	in    input
	line  line
	known known
	newID nudges.RequestID
	out   answer
	r     nudges.Request
}

func (c *change) do() error {
	switch c.in.kind {
	case typed:
		if c.line.verb == "now" {
			return c.begin(nudges.ByNow, "", "")
		}
		return c.begin(nudges.ByPause, c.line.rep, c.line.deal)
	case shortcut:
		return c.begin(nudges.ByPause, "", "")
	case tapped:
		return c.tap()
	case submitted:
		return c.submit()
	}
	return nil
}

// load reads the request of the input, which must be the person's own.
func (c *change) load() error {
	r, err := c.tx.Request(c.in.request)
	if err != nil {
		return err
	}
	if r.Manager != c.in.user {
		return nudges.ErrNotYours
	}
	c.r = r
	return nil
}

// step does one action, and writes what has become of the request.
func (c *change) step(a nudges.Action) error {
	o, err := nudges.Next(c.r, a, c.now)
	if err != nil {
		return err
	}
	c.r = o.Request
	c.out.Touched = c.out.Touched || len(o.Transitions) > 0
	return errors.Join(c.tx.PutRequest(o.Request, o.Transitions...), c.tx.Enqueue(c.now, o.Messages...))
}

// firstLength is the guess for a call's length (DESIGN section 3).
const firstLength = 30 * time.Minute

// nextHalfHour is the guess for a call's start, on the manager's own clock.
func nextHalfHour(now time.Time, zone *time.Location) time.Time {
	local := now.In(zone)
	slot := time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute()/30*30, 0, 0, zone)
	return slot.Add(30 * time.Minute)
}

// begin opens a new request, or leads to the one that is open for the same call.
func (c *change) begin(way nudges.Way, rep nudges.UserID, deal string) error {
	if rep == "" && deal == "" {
		last, err := c.tx.LastRequest(c.in.user)
		switch {
		case err == nil:
			rep, deal = last.Rep, last.Deal
		case !errors.Is(err, nudges.ErrNotFound):
			return err
		}
	}
	same, err := c.tx.SameCall(c.in.user, rep, deal, "")
	if err == nil {
		c.r = same
		if err := c.step(nudges.Tick{}); err != nil {
			return err
		}
		if c.r.Open() { // otherwise it ended a moment ago, before a tick came by
			if way == nudges.ByNow {
				c.out.Screen = nowScreen
				return nil
			}
			c.resume()
			if !c.r.Blank() {
				c.out.Notice = "notice-again"
			}
			return nil
		}
	} else if !errors.Is(err, nudges.ErrNotFound) {
		return err
	}
	starts := nextHalfHour(c.now, c.known.me.zone)
	if way == nudges.ByNow {
		starts = c.now
	}
	o := nudges.Begin(c.newID, way, c.in.user, rep, deal, starts, firstLength, c.now)
	c.r = o.Request
	if err := c.tx.PutRequest(o.Request, o.Transitions...); err != nil {
		return err
	}
	if c.out.Screen = nowScreen; way != nudges.ByNow {
		c.resume()
	}
	return nil
}

// resume picks the screen on which a request goes on.
func (c *change) resume() {
	switch {
	case c.r.Decision != nudges.Undecided:
		c.out.Screen = statusScreen
	case c.r.Way == nudges.ByNow:
		c.out.Screen = nowScreen
	case c.r.Rep == "":
		c.out.Screen = fieldsScreen
	case len(c.r.Answers) == 0:
		c.out.Screen = callScreen
	default:
		c.out.Screen = factsScreen
	}
}

func (c *change) tap() error {
	switch c.in.action {
	case actStart:
		return c.begin(nudges.ByPause, "", "")
	case actNow:
		return c.begin(nudges.ByNow, "", "")
	}
	if err := c.load(); err != nil {
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
		c.out.Screen, c.out.Text = noteScreen, "closing-withdrawn"
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
		c.out.Screen = factsScreen
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
		if d, err := c.described(); err == nil {
			if err := c.step(d); err != nil && !errors.Is(err, nudges.ErrPast) {
				return err
			}
		}
	}
	if done, err := c.decide(d, d.Rung); err != nil || !done {
		return err
	}
	if d.AskFirst {
		c.out.Notice = "notice-ask-first"
	}
	return nil
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
		if err != nil && string(q) == c.in.action {
			return err
		}
	}
	return nil
}

func (c *change) submit() error {
	if err := c.load(); err != nil {
		return err
	}
	switch screen(c.in.callback) {
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
	return nudges.Describe{
		By: c.in.user, Rep: c.known.rep.id, Deal: c.in.form[actDeal],
		Starts: starts, Length: time.Duration(minutes) * time.Minute,
	}, nil
}

func (c *change) submitFields() error {
	if c.known.repErr != nil {
		text, _ := says(c.known.repErr)
		c.out.Errors = map[string]string{actRep: text}
		return nil
	}
	d, err := c.described()
	if err != nil {
		c.out.Errors = map[string]string{actTime: "err-past"}
		return nil
	}
	other, err := c.tx.SameCall(c.in.user, d.Rep, d.Deal, c.r.ID)
	if err == nil && c.r.Decision == nudges.Undecided {
		// The first request for this call is where it goes on; this one was only a draft.
		if err := c.step(nudges.Withdraw{By: c.in.user}); err != nil {
			return err
		}
		c.r, c.out.Notice = other, "notice-again"
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
	c.out.Screen = factsScreen
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
	_, err = c.decide(nudges.Decide{By: c.in.user, Rung: rung, Seen: c.in.seen}, rung)
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
	done, err := c.decide(nudges.DecideNow{By: c.in.user, Answers: a, Seen: c.in.seen}, rung)
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
