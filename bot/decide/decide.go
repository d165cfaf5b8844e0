// Package decide decides what somebody's input does, and what time and lost messages do.
//
// It promises that a decision is one transaction, that a duplicate is answered as the first was, and that every
// error has a text (Explain). It must not call Slack or wait: what only Slack can say is asked before, and comes in
// as Facts. It names screens and texts, and knows nothing of how they look.
//
//	form.Input ─▶ Rules.Needs ─▶ (Slack is asked) ─▶ Need.Facts ─▶ Rules.Decide ─▶ Reply
//	                                                                   │
//	            actions, windows, commands ◀── tap, submit, word ──────┤
//	                                                                   └─▶ nudges.Next ─▶ storage.Apply
//
// Files, as an input passes them:
//
//	needs.go                          what Slack must be asked, and what follows from its answers
//	decide.go                         Decide, Reply, and the handler that is one input at work
//	tables.go                         the tables of buttons, windows and words. The rows are in the files below, each
//	                                  beside what it does; TestAuthorization in bot lists who may do what
//	pause.go, pause_submit.go         the manager's pause
//	now.go                            the same on a call that runs
//	others.go                         approver, rep, and what the manager does about them
//	note.go                           coaching, and what the manager tells the rep in their own words
//	debrief.go, debrief_open.go, log.go, learning.go, team.go, own.go, mirror.go
//	reminder.go                       what people do to their daily reminder: settings, pause, snooze
//	explain.go                        errors, as names of texts
//	tick.go                           what is due: a request's, and somebody's daily reminder
//	remind.go                         what the daily reminder must know (moment), its action (Rules.Remind), and
//	                                  whether one that waits is still wanted (Rules.Unwanted)
//	debrief_facts.go                  what a debrief must know when it opens
//	undelivered.go                    what follows when a message was not delivered
package decide

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"stepin/bot/form"
	"stepin/nudges"
	"stepin/nudges/ladder"
	"stepin/nudges/storage"
	"stepin/nudges/verdict"
)

// Decide answers one input in one transaction, and records the reply, so that a duplicate is answered alike. id
// names the request that may begin. On an error the transaction must be rolled back; the reply then says only whom
// the error is about.
func (d Rules) Decide(
	tx storage.Tx, in form.Input, k Facts, id nudges.RequestID, now time.Time,
) (Reply, nudges.Request, error) {
	if was, err := tx.Answered(in.Identity); err == nil {
		return again(tx, in, k, was)
	}
	c := &handler{tx: tx, now: now, in: in, known: k, newID: id, rules: d}
	err := c.do()
	if bad, ok := errors.AsType[invalid](err); ok {
		c.out.Errors, c.out.Screen, err = bad, form.NoScreen, nil
	}
	if err := errors.Join(err, c.keepProfile()); err != nil {
		return Reply{Who: c.out.Who}, nudges.Request{}, err
	}
	c.out.Request = c.r.ID
	if len(c.out.Errors) > 0 {
		return c.out, c.r, nil // a corrected form comes back with the same id and hash
	}
	rec, err := json.Marshal(c.out)
	if err != nil {
		return Reply{}, nudges.Request{}, err
	}
	return c.out, c.r, tx.Record(in.Identity, rec, now)
}

// invalid are names of texts by the field that they are about. As an error they keep the window open.
type invalid map[string]string

func (invalid) Error() string { return "fields of a window are invalid" }

// below puts an error below a field, if it is want.
func below(field string, err, want error) error {
	if !errors.Is(err, want) {
		return err
	}
	text, _ := Explain(want)
	return invalid{field: text}
}

// unpicked are questions that must be answered.
func unpicked(missing []verdict.QuestionID) invalid {
	bad := invalid{}
	for _, q := range missing {
		bad[string(q)] = "err-pick-one"
	}
	return bad
}

// again is the reply to a duplicate.
func again(tx storage.Tx, in form.Input, k Facts, was []byte) (out Reply, r nudges.Request, err error) {
	if err := json.Unmarshal(was, &out); err != nil {
		return Reply{}, r, err
	}
	if out.Screen == form.TellScreen {
		out.Typed = in.Form[form.ActGive]
	}
	if out.Draft != nil {
		out.Draft.Deal = cmp.Or(k.line.Deal, in.Form[form.ActDeal])
	}
	if out.Request != "" {
		r, err = tx.Request(out.Request)
	}
	return out, r, err
}

// Refusal says what kept an input from being done.
func Refusal(err error) Reply {
	text, _ := Explain(err)
	return Reply{Screen: form.NoteScreen, Text: text}
}

// A Reply is the answer to an input. It is recorded with the envelope, so that a duplicate is answered alike. What
// is recorded holds nobody's words.
type Reply struct {
	Screen  form.Screen       `json:"s,omitempty"`
	Request nudges.RequestID  `json:"r,omitempty"`
	Notice  string            `json:"n,omitempty"` // name of a text above the screen
	Text    string            `json:"t,omitempty"` // of a note: name of the text
	Wish    ladder.Rung       `json:"w,omitempty"` // the rung tapped
	Errors  map[string]string `json:"e,omitempty"` // by action id: names of texts

	// About is whom the error of a field is about.
	About map[string]nudges.UserID `json:"-"`

	Who    nudges.UserID      `json:"o,omitempty"` // whom a text is about, beside manager and rep
	Draft  *Draft             `json:"d,omitempty"` // what a form begins with
	Filter form.HistoryFilter `json:"l,omitzero"`  // what of the history is shown
	Typed  string             `json:"-"`           // a likely spelling, which an error names; a note to the rep

	Homes []nudges.UserID // whose Home has changed
}

// A handler is one input at work in a transaction.
type handler struct {
	tx    storage.Tx
	now   time.Time
	in    form.Input
	known Facts
	newID nudges.RequestID
	rules Rules
	out   Reply
	r     nudges.Request // the one it is about; the zero Request for none
}

func (c *handler) do() error {
	err := c.doKind()
	if err == nil && c.in.Where == form.OnModal && c.out.Notice == "" && c.r.Manager == c.in.User && c.wordCame() &&
		slices.Contains(withWord, c.out.Screen) {
		c.out.Notice = "notice-word"
	}
	return err
}

// withWord are the screens that say so when the rep has answered since the last one was drawn.
var withWord = []form.Screen{
	form.FactsScreen, form.LaterScreen, form.VerdictScreen, form.NowScreen, form.ClosingScreen, form.StatusScreen,
}

func (c *handler) doKind() error {
	switch c.in.Kind {
	case form.Typed:
		if c.known.line.Meant != "" {
			return c.askMeant()
		}
		return commands[c.known.line.Verb].do(c)
	case form.Shortcut:
		return c.begin("", "")
	case form.Tapped:
		return c.tap()
	case form.Submitted:
		return c.submit()
	default:
		return nil
	}
}

// keepProfile remembers for when Slack does not say it: the person's time zone, how they read times, and when it said
// that they are a full member. It also remembers that they have used stepin, which is more than to look at Home.
func (c *handler) keepProfile() error {
	p, err := c.tx.Person(c.in.User)
	if err != nil || !c.known.me.Known {
		return err
	}
	zone, read := cmp.Or(c.known.me.ZoneName(), p.Zone), c.known.me.Read.UTC().Truncate(time.Second)
	used, hours := p.Used || c.in.Kind != form.HomeSeen, cmp.Or(c.known.me.Hours, p.SlackHours)
	if p.Zone != zone || read.After(p.Member) || p.Used != used || p.SlackHours != hours {
		p.Zone, p.Member, p.Used, p.SlackHours = zone, read, used, hours
		err = c.tx.PutPerson(p)
	}
	return errors.Join(err, c.followProfile())
}

// loadAny reads the request of the input, no matter who owns it.
func (c *handler) loadAny() (err error) {
	c.r, err = c.tx.Request(c.in.Request)
	return err
}

// loadOwn reads the request of the input, which must be the person's own.
func (c *handler) loadOwn() error {
	return c.loadOf(func(r nudges.Request, who nudges.UserID) bool { return r.Manager == who })
}

// loadOfTwo reads the request of the input, for one of the two who talk it over.
func (c *handler) loadOfTwo() error { return c.loadOf(nudges.Request.OfTheTwo) }

func (c *handler) loadOf(whose func(nudges.Request, nudges.UserID) bool) error {
	r, err := c.tx.Request(c.in.Request)
	if err != nil {
		return err
	}
	if !whose(r, c.in.User) {
		return nudges.ErrNotYours
	}
	c.r = r
	return nil
}

// step does one action on the request, and writes what follows.
func (c *handler) step(a nudges.Action) error {
	o, err := nudges.Next(c.r, a, c.now)
	if err != nil {
		return err
	}
	c.r = o.Request
	if len(o.Transitions) > 0 {
		c.out.Homes = append(c.out.Homes, o.Concerned()...)
	}
	return errors.Join(storage.Apply(c.tx, c.rules.Keep, o, c.now), c.rules.carry(c.tx, o, c.now))
}

// act does one action, and then shows a screen.
func (c *handler) act(a nudges.Action, then form.Screen) error {
	if err := c.step(a); err != nil {
		return err
	}
	c.out.Screen = then
	return nil
}

// done closes the window, and draws the person's Home again.
func (c *handler) done() error {
	c.out.Screen = form.DoneScreen
	c.out.Homes = append(c.out.Homes, c.in.User)
	return nil
}

// ongoing fails unless the request is open now.
func (c *handler) ongoing() error {
	if err := c.step(nudges.Tick{}); err != nil {
		return err
	}
	switch {
	case c.r.Decision == nudges.Withdrawn:
		return nudges.ErrClosed
	case !c.r.Open():
		return nudges.ErrOver
	}
	return nil
}

// note does one action, and then says something.
func (c *handler) note(a nudges.Action, text string) error {
	c.out.Text = text
	return c.act(a, form.NoteScreen)
}

// past is what the ledger remembers of a rep, and of a deal or skill.
func (c *handler) past(manager, rep nudges.UserID, deal, skill string) (verdict.Past, error) {
	p, err := c.tx.Past(manager, rep, deal, skill)
	return c.rules.Keep.Past(p), err
}

// around is what the team says about a take-over now.
func (c *handler) around() (nudges.Around, error) {
	bond, err := c.rules.BondOf(c.tx, c.r.Rep, c.r.Manager)
	return nudges.Around{Policy: c.known.team.Agreement(), Route: c.known.route, Bond: bond}, err
}
