package bot

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/nudges"
)

const (
	batch        = 10               // messages marked by one commit (EXACT "In flight")
	scan         = mostWaiting + 70 // due messages looked at for one batch: more than reminders
	readMost     = 5 * scan         // with those that their pace keeps back
	enough       = 5                // times a batch of what somebody waits for: no need to look for more
	firstLook    = 3 * time.Second  // after an unclear end: how long until the conversation is searched,
	secondLook   = 10 * time.Second // and once more, before it is said again
	longestWait  = 5 * time.Minute  // between tries
	mended       = time.Minute      // between looks whether credentials work again
	unsavedPause = 10 * time.Second // between tries of a store that can save nothing
	maxTries     = 30               // about two hours of trying
)

// An outbox delivers messages: each at least once unless it is no longer true, and never
// twice where the conversation can be searched.
type outbox struct {
	b      *Bot
	poke   chan struct{}
	drains chan chan struct{}
	stop   chan struct{} // closed by finish: the batch in hand is the last
	ended  chan struct{}
	once   sync.Once

	// Only run's goroutine uses what follows.
	unclear map[string]look // by key: to be searched for
	results []func(nudges.Tx) error
	skips   []nudges.Skip // reminders that the update at work has skipped
	heldTil time.Time     // credentials are broken: no send before; zero while nothing is held
}

// look is when to search for a message, and how often that has been done.
type look struct {
	at   time.Time
	done int
}

func newOutbox(b *Bot) *outbox {
	return &outbox{
		b: b, poke: make(chan struct{}, 1), drains: make(chan chan struct{}),
		stop: make(chan struct{}), ended: make(chan struct{}), unclear: map[string]look{},
		heldTil: time.Now(), // what an earlier process has held is tried at once
	}
}

// wake says that there may be something to send.
func (o *outbox) wake() {
	select {
	case o.poke <- struct{}{}:
	default:
	}
}

// drain waits until nothing that is due now is left to send.
func (o *outbox) drain(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case o.drains <- done:
	case <-o.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-o.ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// finish ends the sender after the batch in hand.
func (o *outbox) finish(ctx context.Context) {
	o.once.Do(func() { close(o.stop) })
	select {
	case <-o.ended:
	case <-ctx.Done():
	}
}

func (o *outbox) run(ctx context.Context) {
	defer close(o.ended)
	if err := o.recall(ctx); err != nil && ctx.Err() == nil {
		o.b.log.Error("outbox", "error", err)
	}
	var waiting []chan struct{}
	for {
		busy, next, err := o.round(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			pause := time.Second
			if !o.b.unsaved("outbox", err) {
				pause = unsavedPause
			}
			busy, next = false, time.Now().Add(pause)
		}
		select {
		case <-o.stop:
			if len(o.results) > 0 {
				if _, _, err := o.write(ctx, 0); err != nil {
					o.b.log.Error("outbox", "error", err)
				}
			}
			return
		default:
		}
		if busy {
			continue
		}
		if next.IsZero() {
			for _, w := range waiting {
				close(w)
			}
			waiting = nil
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = max(time.Until(next), time.Millisecond)
		} else if at, ok := o.nextDue(ctx); ok {
			wait = max(at.Sub(o.b.now()), time.Millisecond)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			return
		case <-o.stop:
		case <-o.poke:
		case w := <-o.drains:
			waiting = append(waiting, w)
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (o *outbox) nextDue(ctx context.Context) (at time.Time, ok bool) {
	err := o.b.cfg.Store.View(ctx, func(r nudges.Reader) error {
		_, oldest, err := r.Waiting()
		at, ok = oldest, !oldest.IsZero()
		return err
	})
	return at, ok && err == nil && at.After(o.b.now())
}

// round searches for what is unclear and sends one batch. busy says that there is more to do
// at once; next is when to look again, in real time, zero if nothing waits.
func (o *outbox) round(ctx context.Context) (busy bool, next time.Time, err error) {
	if !o.heldTil.IsZero() && len(o.results) > 0 {
		// What is to be held is written down before the release, which would pass it over.
		if _, _, err := o.write(ctx, 0); err != nil {
			return false, next, err
		}
	}
	if time.Now().Before(o.heldTil) {
		return false, o.heldTil, nil
	}
	if !o.heldTil.IsZero() {
		if ok, err := o.release(ctx); err != nil || !ok {
			return false, o.heldTil, err
		}
	}
	if err := o.search(ctx); err != nil {
		return false, next, err
	}
	batch, next, err := o.write(ctx, batch)
	if err != nil {
		return false, next, err
	}
	if len(batch) == 0 { // nothing is on its way: what is marked all the same was restored from a backup, or held
		if err := o.recall(ctx); err != nil {
			return false, next, err
		}
	}
	for _, l := range o.unclear {
		if next.IsZero() || l.at.Before(next) {
			next = l.at
		}
	}
	if len(batch) == 0 {
		return false, next, nil
	}
	o.sendAll(ctx, batch)
	return true, next, nil
}

// An errand is a message with all that is needed to send it.
type errand struct {
	m    nudges.Message
	r    nudges.Request
	to   nudges.Person
	edit nudges.Receipt // of the message to rewrite
	root nudges.Receipt // of the message whose thread it belongs to
	bond nudges.BondState
	rem  nudges.Reminder   // of the recipient, if it is that which is said
	open []nudges.Request  // their debriefs, if it is those that it reminds of
	then *[]nudges.Message // what is to be said once it was said; set when it is drawn
}

// write commits how the last batch ended, and marks the next: one commit for both.
func (o *outbox) write(ctx context.Context, most int) (marked []errand, next time.Time, err error) {
	results := o.results
	if len(results) == 0 {
		idle := true
		if err := o.b.cfg.Store.View(ctx, func(r nudges.Reader) error {
			marked, next, err = o.choose(r, nil, most, &idle)
			return err
		}); err != nil || idle {
			return nil, next, err
		}
	}
	err = o.b.health.stored(o.b.cfg.Store.Update(ctx, func(tx nudges.Tx) error {
		o.skips = nil
		for _, f := range results {
			if err := f(tx); err != nil {
				return err
			}
		}
		var err error
		idle := true
		marked, next, err = o.choose(tx, tx, most, &idle)
		return err
	}))
	if err != nil {
		return nil, next, err
	}
	o.results = nil
	o.b.meter.skipped(o.skips)
	return marked, next, nil
}

// sendAll sends a batch, each message to another conversation, and collects how it ended.
func (o *outbox) sendAll(ctx context.Context, batch []errand) {
	ends := make([]func(nudges.Tx) error, len(batch))
	waits := make([]error, len(batch))
	var wg sync.WaitGroup
	for i, e := range batch {
		if !o.b.pace.allows(methodOf(e.m)) {
			ends[i] = postpone(e.m.Key, o.b.now().Add(time.Second))
			continue
		}
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil { // it would at every start: better without this one
					o.b.panicked(p, "kind", e.m.Kind, "key_mark", e.m.Mark)
					ends[i] = func(tx nudges.Tx) error { return tx.Drop(e.m.Key, "panic") }
				}
			}()
			ends[i], waits[i] = o.send(ctx, e)
		})
	}
	wg.Wait()
	for i, end := range ends {
		if end == nil { // unclear: it stays marked, and is searched for
			o.unclear[batch[i].m.Key] = look{at: time.Now().Add(firstLook)}
			continue
		}
		o.results = append(o.results, end)
		if waits[i] != nil {
			o.heldTil = time.Now().Add(mended)
		}
	}
}

func methodOf(m nudges.Message) string {
	switch {
	case m.Kind == nudges.KindUpload:
		return getsUpload
	case m.Kind == nudges.KindShare:
		return sharesFile
	case nudges.Uploads(m.Edits):
		return deletesFile
	case m.Edits != "":
		return "chat.update"
	}
	return "chat.postMessage"
}

func postpone(key string, due time.Time) func(nudges.Tx) error {
	return func(tx nudges.Tx) error { return tx.Postpone(key, due) }
}

// send posts or rewrites one message. It gives what must be written about it, nil if its end
// is unclear; the error is for what stops all sending.
func (o *outbox) send(ctx context.Context, e errand) (func(nudges.Tx) error, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	key, method := e.m.Key, methodOf(e.m)
	e.then = new([]nudges.Message)
	if isFile(method) {
		return o.sendFile(ctx, e, method)
	}
	opts, after, err := o.b.render(ctx, e)
	if err != nil {
		o.b.log.Error("message not drawn", "key_mark", e.m.Mark, "kind", e.m.Kind, "error", err)
		return postpone(key, o.b.now().Add(backOff(e.m.Tries))), nil
	}
	if opts == nil {
		return func(tx nudges.Tx) error { return tx.Drop(key, "no such kind") }, nil
	}
	where := cmp.Or(e.m.Channel, e.to.DM, string(e.m.To))
	var rc nudges.Receipt
	switch {
	case e.m.Thread != "":
		where, opts = e.root.Channel, append(opts, slack.MsgOptionTS(e.root.TS))
	case e.m.With != "" && method != "chat.update":
		where, err = o.openGroup(ctx, e.m)
	}
	switch {
	case err != nil:
	case method == "chat.update":
		var ts string
		if _, ts, _, err = o.b.api().UpdateMessageContext(ctx, e.edit.Channel, e.edit.TS, opts...); err == nil && ts == "" {
			err = errNoWord
		}
		rc = nudges.Receipt{Channel: e.edit.Channel, TS: e.edit.TS, At: o.b.now()}
	default:
		o.b.pace.posted(conversation(e.m))
		var channel, ts string
		channel, ts, err = o.b.api().PostMessageContext(ctx, where, opts...)
		rc = nudges.Receipt{Channel: channel, TS: ts, At: o.b.now()}
		if err == nil && ts == "" {
			err = errNoWord
		}
	}
	if err == nil {
		o.b.health.end(MessagesOff)
		o.count(method, sent)
		return o.settled(e, rc, after), nil
	}
	wait := o.b.pace.heard(method, err)
	kind := placed(e.m, method, err)
	if method == "chat.update" && kind == unsure {
		kind = again // the same rewriting twice does no harm
	}
	o.count(method, string(kind))
	level := slog.LevelWarn
	if c, _ := slackCause(err); c != "" && kind == hold {
		level = slog.LevelDebug // the cause is in the log already, once
	}
	o.b.log.Log(ctx, level, "message not sent", "key_mark", e.m.Mark, "kind", e.m.Kind, "tries", e.m.Tries+1, "then", kind, "error", short(err))
	switch kind {
	case unsure:
		return nil, nil
	case hold:
		return func(tx nudges.Tx) error {
			return errors.Join(tx.Postpone(key, o.b.now()), tx.Hold(key))
		}, err
	case again:
		if e.m.Tries < maxTries {
			due := o.b.now().Add(max(wait, backOff(e.m.Tries)))
			if by := e.m.While.By; !by.IsZero() && due.After(by) {
				due = by.Add(time.Second) // then it is dropped, and is not late to say so
			}
			return postpone(key, due), nil
		}
	}
	refused := (kind == drop || kind == again) && method == "chat.postMessage"
	return func(tx nudges.Tx) error {
		if err := tx.Drop(key, short(err)); err != nil {
			return err
		}
		if e.m.Kind == nudges.KindMantra || e.m.Kind == nudges.KindChase {
			return o.missed(tx, e.m)
		}
		if !refused {
			return nil
		}
		if e.m.Kind == nudges.KindRoot {
			return o.b.displaced(tx, e.m, trouble(err))
		}
		return o.b.unreached(tx, e.m)
	}, nil
}

func (o *outbox) count(method, result string) {
	o.b.meter.count(func(f *Figures) { f.Sends[SendEnd{method, result}]++ })
}

// missed tells the reminder or the request that a message about it was not said.
func (o *outbox) missed(tx nudges.Tx, m nudges.Message) (err error) {
	var skips []nudges.Skip
	switch m.Kind {
	case nudges.KindMantra:
		skips, err = o.b.unsaid(tx, m)
	case nudges.KindChase:
		skips, err = o.b.chaseMissed(tx, m)
	default:
		return o.b.missed(tx, m)
	}
	o.skips = append(o.skips, skips...)
	return err
}

// missed tells the request that a message about it was not said, for it was no longer true.
func (b *Bot) missed(tx nudges.Tx, m nudges.Message) error {
	if m.Edits != "" || m.Kind != nudges.KindFromManager && m.Kind != nudges.KindWord { // nobody counts on any other
		return nil
	}
	r, err := tx.Request(m.Request)
	if errors.Is(err, nudges.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := b.now()
	o, err := nudges.Next(r, nudges.Missed{Kind: m.Kind}, now)
	if err != nil {
		return err
	}
	return nudges.Apply(tx, b.live().Keep, o, now)
}

// unreached tells the request that somebody other than its manager could not be written to:
// an approver is passed over, and of a rep the manager is told.
func (b *Bot) unreached(tx nudges.Tx, m nudges.Message) error {
	r, err := tx.Request(m.Request)
	if errors.Is(err, nudges.ErrNotFound) || err == nil && m.To == r.Manager {
		return nil
	}
	if err != nil {
		return err
	}
	now := b.now()
	for _, a := range []nudges.Action{nudges.Gone{Who: m.To}, nudges.Unheard{Who: m.To}} {
		o, err := nudges.Next(r, a, now)
		if err != nil {
			return err
		}
		if err := nudges.Apply(tx, b.live().Keep, o, now); err != nil {
			return err
		}
		r = o.Request
	}
	if m.Kind == nudges.KindMeet { // never asked, as it turns out
		return tx.PutBond(m.To, r.Manager, nudges.Unmet)
	}
	return nil
}

// settled writes the receipt, and the conversation's id for the next time.
func (o *outbox) settled(e errand, rc nudges.Receipt, after func(*nudges.Person)) func(nudges.Tx) error {
	return func(tx nudges.Tx) error {
		p, err := tx.Person(e.m.To)
		if err != nil {
			return err
		}
		was := p
		if e.m.Edits == "" && conversation(e.m) == string(e.m.To) && rc.Channel != "" {
			p.DM = rc.Channel
		}
		if after != nil {
			after(&p)
		}
		if p != was {
			if err := tx.PutPerson(p); err != nil {
				return err
			}
		}
		then := *e.then
		if len(then) > 0 && takenBack(tx, e.m.Key) {
			then = nil
		}
		return errors.Join(tx.Settle(e.m.Key, rc), tx.Enqueue(o.b.now(), then...))
	}
}

// takenBack says whether a message was, or is to be, taken back while it was on its way.
func takenBack(r nudges.Reader, key string) bool {
	_, waits := r.Message(key)
	_, soon := r.Message(nudges.RemovedKey(key))
	_, done := r.Receipt(nudges.RemovedKey(key))
	return waits != nil || soon == nil || done == nil
}

// backOff doubles from a second, with some chance in it so that not all come back at once.
func backOff(tries int) time.Duration {
	d := min(time.Second<<min(tries, 10), longestWait)
	return d + rand.N(d/4+1)
}
