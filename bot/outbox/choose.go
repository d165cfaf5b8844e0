package outbox

import (
	"errors"
	"slices"
	"time"

	"stepin/bot/decide"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
)

const (
	Batch    = 10       // messages marked by one commit
	scan     = 400      // due messages looked at for one batch: more than reminders may wait, see clock.MostWaiting
	readMost = 5 * scan // with those that their pace keeps back
	enough   = 5        // times a batch of what somebody waits for: no need to look for more

	// retryPace is when to look again after a method whose burst is used up.
	retryPace = 200 * time.Millisecond
	// retryBehind is when to look again at a message that waits for another one.
	retryBehind = time.Second
)

// A choice is one batch being chosen, in the transaction that marks it.
type choice struct {
	o     *Outbox
	tx    storage.Tx
	now   time.Time
	rules decide.Rules
	most  int

	busy map[string]bool      // conversations that have a message in this batch
	room map[string]int       // by method: how many calls it may still have in this batch
	edit map[string]rewriting // by the key of a message: the newest rewriting of it that waits

	batch     []delivery
	next      time.Time // when to look again
	dropped   []dropping
	disturbed []nudges.Person
}

// A rewriting is one that waits, and its place among what is ready; -1 if its pace keeps it back.
type rewriting struct {
	m  nudges.Message
	at int
}

// merged is why a rewriting is dropped that is needed no more: what is sent instead shows the same.
const merged = "said with another"

// A dropping is a message that is not sent any more, and why.
type dropping struct {
	m   nudges.Message
	why string
}

// choose picks at most so many messages that may be sent now, and marks them. It drops what is no longer true.
// next is when to look again.
func (o *Outbox) choose(tx storage.Tx, most int) (out []delivery, next time.Time, err error) {
	c := &choice{
		o: o, tx: tx, most: most, now: o.Now(), rules: o.Rules(),
		busy: map[string]bool{}, room: map[string]int{}, edit: map[string]rewriting{},
	}
	ready, err := c.ready()
	if err != nil {
		return nil, c.next, err
	}
	for _, m := range ready {
		if len(c.batch) >= most {
			break
		}
		if err := c.consider(m); err != nil {
			return nil, c.next, err
		}
	}
	return c.batch, c.next, c.write()
}

func (c *choice) sooner(at time.Time) {
	if c.next.IsZero() || at.Before(c.next) {
		c.next = at
	}
}

func (c *choice) drop(m nudges.Message, why string) { c.dropped = append(c.dropped, dropping{m, why}) }

// ready reads what is due and not kept back by its pace. What somebody waits for comes first, then what the clock
// alone starts; each by its age.
func (c *choice) ready() (ready []nudges.Message, err error) {
	kept := map[[2]string]bool{} // by method and conversation: what its pace keeps back
	awaited, read := 0, 0
	for m, err := range c.tx.Ready(c.now) {
		if err != nil {
			return nil, err
		}
		read++
		if read > readMost || len(ready)+len(c.dropped) == scan || awaited > enough*c.most {
			break
		}
		if m.While.Over(c.now) { // to drop it nothing is called
			c.drop(m, "no longer true")
			continue
		}
		// What its pace keeps back holds up nothing of another kind: a question to an approver does not stand
		// behind hundreds of cards to be rewritten.
		line := [2]string{methodOf(m), conversation(m)}
		if line[0] == rewrites && c.merges(m, ready) {
			continue
		}
		if kept[line] {
			continue // its turn may come while this looks, and is not the next one's
		}
		if at := c.o.Slack.Pace.Ready(line[0], line[1]); at.After(time.Now()) {
			kept[line] = true
			c.sooner(at)
			continue
		}
		if line[0] == rewrites {
			c.edit[m.Edits] = rewriting{m, len(ready)}
		}
		if ready = append(ready, m); !m.Unsolicited {
			awaited++
		}
	}
	slices.SortStableFunc(ready, func(a, b nudges.Message) int {
		switch {
		case a.Unsolicited == b.Unsolicited:
			return 0
		case b.Unsolicited:
			return -1
		}
		return 1
	})
	return ready, nil
}

// merges says that another rewriting of the same message is in ready, or kept back. Each draws the message as it stands
// when it is sent, so only the newest stays, and takes the place of the first.
func (c *choice) merges(m nudges.Message, ready []nudges.Message) bool {
	was, more := c.edit[m.Edits]
	switch {
	case !more:
		c.edit[m.Edits] = rewriting{m, -1}
		return false
	case was.m.Enqueued.After(m.Enqueued):
		c.drop(m, merged)
		return true
	}
	c.drop(was.m, merged)
	if c.edit[m.Edits] = (rewriting{m, was.at}); was.at >= 0 {
		ready[was.at] = m
	}
	return true
}

// consider adds a message to the batch, drops it, or leaves it for later.
func (c *choice) consider(m nudges.Message) error {
	where, method := conversation(m), methodOf(m)
	if c.busy[where] {
		return nil // one at a time into one conversation, in order
	}
	if _, counted := c.room[method]; !counted {
		c.room[method] = c.o.Slack.Pace.Room(method, c.most)
	}
	if c.room[method] == 0 { // marking what cannot be called now would count as a try
		c.busy[where] = true
		c.sooner(time.Now().Add(retryPace))
		return nil
	}
	d := delivery{m: m}
	if ok, err := c.gather(&d); err != nil || !ok {
		return err
	}
	if ok, err := c.anchor(&d); err != nil || !ok {
		return err
	}
	c.busy[where] = true
	if m.Unsolicited && !c.mayDisturb(d) {
		c.drop(m, "one a day")
		return nil
	}
	c.room[method]--
	c.batch = append(c.batch, d)
	return nil
}

// gather reads what a message is about, and says whether it is still true. What is not is dropped.
func (c *choice) gather(d *delivery) (ok bool, err error) {
	m, k := d.m, kindOf(d.m.Kind)
	if m.Request != "" {
		if d.r, err = c.tx.Request(m.Request); errors.Is(err, nudges.ErrNotFound) {
			c.drop(m, "no request")
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
	if !m.While.Holds(d.r, c.now) {
		c.drop(m, "no longer true")
		return false, nil
	}
	if d.to, err = c.tx.Person(m.To); err != nil {
		return false, err
	}
	if k.gather != nil {
		if err := k.gather(c.tx, d, c.rules, c.now); err != nil {
			return false, err
		}
	}
	if k.dropped != nil {
		if why := k.dropped(d, c.rules, c.now); why != "" {
			c.drop(m, why)
			return false, nil
		}
	}
	return true, nil
}

// anchor reads where the messages are that this one belongs to, and says whether it can follow them now.
func (c *choice) anchor(d *delivery) (ok bool, err error) {
	soon := func() { c.sooner(time.Now().Add(retryBehind)) }
	if d.m.Thread != "" {
		// A root that is on its way holds up this message alone: it may stand behind this one, being tried again.
		if d.root, ok, err = c.receipt(d.m, d.m.Thread, "no thread", soon); !ok {
			return false, err
		}
	}
	if d.m.After != "" {
		if _, err := c.tx.Message(d.m.After); err == nil {
			soon()
			return false, nil
		} else if !errors.Is(err, nudges.ErrNotFound) {
			return false, err
		}
	}
	if d.m.Edits != "" {
		waits := false
		d.edit, ok, err = c.receipt(d.m, d.m.Edits, "nothing to rewrite", func() { waits = true })
		if waits {
			c.sooner(time.Now().Add(retryBehind))
			err = c.tx.Postpone(d.m.Key, c.now.Add(retryBehind))
		}
		if !ok {
			return false, err
		}
	}
	return true, nil
}

// receipt is where the message of a key went that m belongs to. While that one is on its way, wait is called. If
// it will not come, m is dropped.
func (c *choice) receipt(m nudges.Message, key, why string, wait func()) (rc nudges.Receipt, ok bool, err error) {
	rc, err = c.tx.Receipt(key)
	if !errors.Is(err, nudges.ErrNotFound) {
		return rc, err == nil, err
	}
	if _, err := c.tx.Message(key); errors.Is(err, nudges.ErrNotFound) {
		c.drop(m, why)
	} else {
		wait()
	}
	return rc, false, nil
}

// mayDisturb says whether one more unsolicited message is right today, and notes it.
func (c *choice) mayDisturb(d delivery) bool {
	zone := d.zone
	if zone == nil {
		zone = c.rules.Zones.First(d.to.Zone)
	}
	p, may := mayDisturb(d.to, zone, c.now)
	// The first try took the day's place; the next ones are in it.
	again := d.m.Tries > 0 && nudges.DateIn(d.m.Enqueued, zone) == nudges.DateIn(c.now, zone)
	if !may && !again {
		return false
	}
	c.disturbed = append(c.disturbed, p)
	return true
}

// write drops, and marks the batch.
func (c *choice) write() error {
	for _, d := range c.batch {
		// What is sent for the first time shows what its rewritings would. Of what was tried before, an earlier post
		// may be the one that is found.
		if e, waits := c.edit[d.m.Key]; waits && d.m.Tries == 0 && e.m.Kind != privacy.KindRemoved {
			c.drop(e.m, merged)
		}
	}
	if len(c.dropped) > 0 { // that may make room for more than was looked at, or say something itself
		c.sooner(time.Now())
	}
	for _, x := range c.dropped {
		if err := c.tx.Drop(x.m.Key, x.why); err != nil {
			return err
		}
		if x.why == merged {
			continue
		}
		if err := c.o.undelivered(c.tx, x.m, decide.LossStale, ""); err != nil {
			return err
		}
	}
	for _, p := range c.disturbed {
		if err := c.tx.PutPerson(p); err != nil {
			return err
		}
	}
	keys := make([]string, len(c.batch))
	for i, d := range c.batch {
		keys[i] = d.m.Key
	}
	return c.tx.Attempt(keys...)
}

// undelivered writes what follows if a message was dropped.
func (o *Outbox) undelivered(tx storage.Tx, m nudges.Message, why decide.Loss, t nudges.PlaceTrouble) error {
	u := &decide.Undelivered{Tx: tx, M: m, Why: why, Trouble: t, Rules: o.Rules(), Now: o.Now()}
	err := kindOf(m.Kind).undelivered(u)
	o.skips = append(o.skips, u.Skips...)
	return err
}

// mayDisturb says whether one more unsolicited DM is right at now, by the rule of
// one per recipient and local date, and gives the person as they are once it is sent.
func mayDisturb(p nudges.Person, zone *time.Location, now time.Time) (nudges.Person, bool) {
	today := nudges.DateIn(now, zone)
	if p.Unasked == today {
		return p, false
	}
	p.Unasked = today
	return p, true
}
