package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"stepin/bot/form"
	"stepin/bot/roster"
	"stepin/nudges"
)

// An answer is what an input is answered with. It is recorded with the envelope, so
// that a duplicate is answered alike. It holds nobody's words.
type answer struct {
	Screen  form.Screen       `json:"s,omitempty"`
	Request nudges.RequestID  `json:"r,omitempty"`
	Notice  string            `json:"n,omitempty"` // name of a text above the screen
	Text    string            `json:"t,omitempty"` // of a note: name of the text
	Wish    nudges.Rung       `json:"w,omitempty"` // the rung tapped
	Errors  map[string]string `json:"e,omitempty"` // by action id: names of texts

	// About is whom the error of a field is about.
	About map[string]nudges.UserID `json:"-"`

	Who    nudges.UserID      `json:"o,omitempty"` // whom a text is about, beside those of the request
	Draft  *draft             `json:"d,omitempty"` // what a form begins with
	Glance form.HistoryFilter `json:"l,omitzero"`  // what of the history is shown
	Typed  string             `json:"-"`           // what the error of a field names

	homes []nudges.UserID // whose Home shows something else now
}

// txTime is how long a transaction may take from an envelope's arrival (EXACT "Envelopes").
const txTime = 2 * time.Second

// known is who an input is about; looked up before the transaction, for nothing in
// it may call Slack.
type known struct {
	me, rep roster.Person
	repErr  error
	team    nudges.Team              // of the request's manager, or the person's own
	route   []nudges.UserID          // whom to ask for an agreement, in order
	unfit   map[nudges.UserID]string // of people named in a form: the text that says why not
	fixed   roster.Fixed             // what of the team the configuration sets
	boss    nudges.UserID            // on whose team the person is; "" for nobody's
	theirs  nudges.Team              // of whom they would debrief with
	channel roster.ChannelState      // of the channel that a form names
	// elsewhere are reps whom the configuration puts on another team.
	elsewhere map[nudges.UserID]bool
}

func (b *Bot) lookUp(ctx context.Context, in form.Input, l form.Line) known {
	var k known
	var wg sync.WaitGroup
	rep := l.Rep
	if id := nudges.UserID(in.Form[form.ActRep]); id != "" {
		rep = id
	}
	if rep != "" {
		wg.Go(func() {
			if k.rep, k.repErr = b.people.look(ctx, rep); k.repErr == nil {
				if !k.rep.Known {
					k.rep.ID = rep // Slack did not say: the manager's word is enough
				}
				k.repErr = asRep(k.rep, in.User)
			}
		})
	} else {
		k.repErr = form.ErrRepMissing
	}
	var err error
	if k.me, err = b.people.profile(ctx, b.cfg.Store, in.User); errors.Is(err, form.ErrRepUnknown) {
		k.me.Stranger = true // Slack shows us nobody of that id
	}
	wg.Wait()
	return k
}

// handle turns one input into one transaction and one answer. The error is what kept
// it from being saved; the answer then says so.
func (b *Bot) handle(ctx context.Context, in form.Input) (answer, nudges.Request, error) {
	var l form.Line
	var bad error // what is wrong with what was typed
	if in.Kind == form.Typed {
		l, bad = form.ParseLine(in.Text)
	}
	k := b.lookUp(ctx, in, l)
	if err := b.mayUse(ctx, in, k.me); err != nil {
		return b.apology(err), nudges.Request{}, nil
	}
	if bad != nil {
		return b.apology(bad), nudges.Request{}, nil
	}
	if info := commands[l.Verb].info; info != "" {
		return answer{Screen: info}, nudges.Request{}, nil
	}
	if err := b.lookAround(ctx, in, l, &k); err != nil {
		return b.apology(err), nudges.Request{}, err
	}
	if in.Kind == form.Typed && l.Rep != "" && k.repErr != nil {
		return b.apology(k.repErr), nudges.Request{Rep: l.Rep}, nil
	}

	ctx, cancel := context.WithDeadline(ctx, in.Received.Add(txTime))
	defer cancel()
	var out answer
	var r nudges.Request
	var about nudges.UserID // whom a refusal is about
	rules := b.decider()
	err := b.health.Stored(b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		out, r = answer{}, nudges.Request{}
		if was, err := tx.Answered(in.Identity); err == nil {
			if err := json.Unmarshal(was, &out); err != nil {
				return err
			}
			if out.Draft != nil {
				out.Draft.Deal = cmp.Or(l.Deal, in.Form[form.ActDeal])
			}
			if out.Request != "" {
				r, err = tx.Request(out.Request)
			}
			return err
		}
		c := &change{tx: tx, now: b.now(), in: in, line: l, known: k, newID: b.newID(in), rules: rules}
		if err := errors.Join(c.do(), c.keepZone()); err != nil {
			about = c.out.Who
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
		return tx.Record(in.Identity, rec, c.now)
	}))
	if err != nil {
		if _, ours := says(err); ours {
			return b.apology(err), nudges.Request{}, err
		}
		out = b.apology(err)
		out.Who = about
		if in.Request != "" {
			r = b.ownRequest(ctx, in)
		}
		if errors.Is(err, nudges.ErrNotYours) && r.Manager == in.User {
			out.Text = "err-others-to-say" // an approver's button, or the rep's
		}
	}
	return out, r, nil
}

// ownRequest is the request an input is about, if it is the person's own: somebody
// else learns nothing of it but whose it is.
func (b *Bot) ownRequest(ctx context.Context, in form.Input) (r nudges.Request) {
	err := b.cfg.Store.View(ctx, func(rd nudges.Reader) error {
		var err error
		r, err = rd.Request(in.Request)
		return err
	})
	if err != nil {
		return nudges.Request{}
	}
	if r.Manager != in.User {
		return nudges.Request{Manager: r.Manager}
	}
	return r
}

func (b *Bot) apology(err error) answer {
	text, _ := says(err)
	return answer{Screen: form.NoteScreen, Text: text}
}

// change is one input at work in a transaction.
type change struct {
	tx    nudges.Tx
	now   time.Time
	in    form.Input
	line  form.Line
	known known
	newID nudges.RequestID
	rules Decider
	out   answer
	r     nudges.Request
}

func (c *change) do() error {
	switch c.in.Kind {
	case form.Typed:
		return commands[c.line.Verb].do(c)
	case form.Shortcut:
		return c.begin(nudges.ByPause, "", "")
	case form.Tapped:
		return c.tap()
	case form.Submitted:
		return c.submit()
	default:
		return nil
	}
}

// keepZone remembers the person's time zone for when Slack does not say it.
func (c *change) keepZone() error {
	p, err := c.tx.Person(c.in.User)
	if err != nil || !c.known.me.Known {
		return err
	}
	if zone := c.known.me.Zone.String(); p.Zone != zone {
		p.Zone = zone
		err = c.tx.PutPerson(p)
	}
	return errors.Join(err, c.followProfile())
}

// loadAny reads the request of the input, whoever's it is.
func (c *change) loadAny() (err error) {
	c.r, err = c.tx.Request(c.in.Request)
	return err
}

// loadOwn reads the request of the input, which must be the person's own.
func (c *change) loadOwn() error {
	return c.loadOf(func(r nudges.Request, who nudges.UserID) bool { return r.Manager == who })
}

// loadOfTwo reads the request of the input, for one of the two who talk it over.
func (c *change) loadOfTwo() error { return c.loadOf(nudges.Request.OfTheTwo) }

func (c *change) loadOf(whose func(nudges.Request, nudges.UserID) bool) error {
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

// step does one action, and writes what has become of the request.
func (c *change) step(a nudges.Action) error {
	o, err := nudges.Next(c.r, a, c.now)
	if err != nil {
		return err
	}
	c.r = o.Request
	if len(o.Transitions) > 0 {
		c.out.homes = append(c.out.homes, o.Concerned()...)
	}
	return errors.Join(nudges.Apply(c.tx, c.rules.Keep, o, c.now), c.rules.carry(c.tx, o, c.now))
}

// act does one action, and then shows a screen.
func (c *change) act(a nudges.Action, then form.Screen) error {
	if err := c.step(a); err != nil {
		return err
	}
	c.out.Screen = then
	return nil
}

// note does one action, and then says something.
func (c *change) note(a nudges.Action, text string) error {
	c.out.Text = text
	return c.act(a, form.NoteScreen)
}

// past is what the ledger remembers of a rep, and of a deal or skill.
func (c *change) past(manager, rep nudges.UserID, deal, skill string) (nudges.Past, error) {
	p, err := c.tx.Past(manager, rep, deal, skill)
	return c.rules.Keep.Past(p), err
}

// around is what the team says about a take-over now.
func (c *change) around() (nudges.Around, error) {
	bond, err := c.tx.Bond(c.r.Rep, c.r.Manager)
	return nudges.Around{Policy: c.known.team.Agreement(), Route: c.known.route, Bond: bond}, err
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
	if err := c.firstUse(); err != nil {
		return err
	}
	if rep == "" && deal == "" {
		last, err := c.tx.LastRequest(c.in.User)
		switch {
		case err == nil:
			rep, deal = last.Rep, last.Deal
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
		if c.r.Open() { // otherwise it ended a moment ago, before a tick came by
			if way == nudges.ByNow {
				c.out.Screen = form.NowScreen
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
	starts := nextHalfHour(c.now, c.known.me.Zone)
	if way == nudges.ByNow {
		starts = c.now
	}
	o := nudges.Begin(c.newID, way, c.in.User, rep, deal, starts, firstLength, c.now)
	past, err := c.past(c.in.User, rep, deal, "")
	if err != nil {
		return err
	}
	o.Request.Past = past
	c.r = o.Request
	if err := nudges.Apply(c.tx, c.rules.Keep, o, c.now); err != nil {
		return err
	}
	if c.out.Screen = form.NowScreen; way != nudges.ByNow {
		c.resume()
	}
	return nil
}

// resume picks the screen on which a request goes on.
func (c *change) resume() {
	switch {
	case c.r.Decision != nudges.Undecided:
		c.out.Screen = form.StatusScreen
	case c.r.Way == nudges.ByNow:
		c.out.Screen = form.NowScreen
	case c.r.Rep == "":
		c.out.Screen = form.FieldsScreen
	case len(c.r.Answers) == 0:
		c.out.Screen = form.CallScreen
	default:
		c.out.Screen = form.FactsScreen
	}
}
