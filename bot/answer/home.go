package answer

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"stepin/bot/slackapi"
	"stepin/bot/view"
	"stepin/nudges"
)

const publishes = "views.publish"

const (
	// burst is how long a Home that has changed waits for more changes. Who looks at it does not wait.
	burst = time.Second
	// lookedFor is how long a Home is kept up to date after its person has looked at it. Later they see what is new
	// when they open it, for Slack tells of that (docs.slack.dev/reference/events/app_home_opened).
	lookedFor = 12 * time.Hour
)

// How long the queue of Homes rests after a draw whose end is unclear: twice as long each time, until one succeeds.
const (
	firstRest   = 10 * time.Second
	longestRest = 2 * time.Minute
)

// homes are the Home tabs of those who have looked at it since the start. A Home that has changed, or cannot be drawn
// at once, waits in a queue with one entry per person, and is drawn by Run.
type homes struct {
	seed   maphash.Seed
	mu     sync.Mutex
	all    map[nudges.UserID]*home
	looked []nudges.UserID // wait, and have opened Home: they go first
	others []nudges.UserID // wait, because something has changed
	n      int             // how many wait; the queues may name somebody twice
	since  time.Time       // since when somebody waits
	rest   time.Duration   // after the last draw whose end is unclear; 0 after one that succeeded
	until  time.Time       // the end of that rest
	poke   chan struct{}   // somebody waits
	ending bool            // what changes waits for no more changes
}

// A home is one person's Home tab, and its place in the queue.
type home struct {
	looked  time.Time // last
	from    time.Time // before that it waits, if it does
	waits   bool      // is in a queue
	drawing bool
	again   bool // has changed since that drawing began
	looks   bool // the person has opened it, or acted on it, since a drawing began
	opened  bool // they have opened it since a drawing began
	// While it is drawn, only that drawing uses what follows.
	unknown bool   // when it was last drawn, Slack did not tell who they are
	shows   bool   // what it should, or did when Slack last told; else it says that Slack does not tell
	panics  int    // in a row
	sum     uint64 // of what Slack shows; 0 if nobody knows
}

const (
	// askEvery is the time between looks whether Slack tells by now who somebody is.
	askEvery = time.Minute
	// mostPanics in a row end the tries to draw a Home, until it changes or the person looks at it.
	mostPanics = 3
)

// Redraw draws Home again for somebody who has looked at it.
func (a *Answerer) Redraw(user nudges.UserID) { a.drawHome(user, false) }

// RedrawAll draws Home again for everybody who has looked at it.
func (a *Answerer) RedrawAll() {
	a.homes.mu.Lock()
	var all []nudges.UserID
	for id := range a.homes.all {
		all = append(all, id)
	}
	a.homes.mu.Unlock()
	for _, id := range all {
		a.drawHome(id, false)
	}
}

// sees notes that somebody looks at Home, also after a restart. It says whether Home was left alone until now.
func (a *Answerer) sees(user nudges.UserID, opened bool) (alone bool) {
	a.homes.mu.Lock()
	defer a.homes.mu.Unlock()
	h := a.homes.all[user]
	if alone = h == nil; alone {
		h = &home{}
		a.homes.all[user] = h
	}
	h.looked, h.opened = time.Now(), h.opened || opened
	return alone
}

// drawHome publishes Home beside the person's queue, for a click must not wait for it. What changes while it is drawn
// is drawn once more. Where the person looks, only Slack's 429 holds it up.
func (a *Answerer) drawHome(user nudges.UserID, looks bool) {
	q := &a.homes
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.all[user]
	switch {
	case h == nil:
		return
	case time.Since(h.looked) > lookedFor && !h.drawing && !h.waits:
		delete(q.all, user)
		return
	case h.drawing:
		h.again, h.looks = true, h.looks || looks
		return
	case h.waits && !looks:
		return // its turn comes
	case !looks && !q.ending:
		h.from = time.Now().Add(burst)
		q.wait(user, h)
		return
	case h.waits:
		q.n--
	}
	h.begins()
	a.Go(func() { a.drawNow(user, h, looks, false) })
}

// begins begins a drawing. What somebody has opened is published, also if it shows what it showed.
func (h *home) begins() {
	if h.opened {
		h.sum = 0
	}
	h.waits, h.looks, h.opened, h.drawing = false, false, false, true
}

// wait puts somebody at the end of their queue.
func (q *homes) wait(user nudges.UserID, h *home) {
	if q.n++; q.n == 1 {
		q.since = time.Now()
	}
	if h.waits = true; h.looks {
		q.looked = append(q.looked, user)
	} else {
		q.others = append(q.others, user)
	}
	select {
	case q.poke <- struct{}{}:
	default:
	}
}

// waitUnknown puts those into the queue of whom Slack did not tell who they are.
func (q *homes) waitUnknown() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for user, h := range q.all {
		if !h.drawing && !h.waits && h.unknown {
			q.wait(user, h)
		}
	}
}

// first is the line in which somebody waits whose turn it is; nil for none.
func (q *homes) first() *[]nudges.UserID {
	for _, line := range []*[]nudges.UserID{&q.looked, &q.others} {
		for ; len(*line) > 0; *line = (*line)[1:] {
			if h := q.all[(*line)[0]]; h != nil && h.waits { // or it was drawn meanwhile, because they looked
				return line
			}
		}
	}
	return nil
}

// turn is when the first who waits may be drawn, if somebody does.
func (q *homes) turn() (at time.Time, waits bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	line := q.first()
	if line == nil {
		return at, false
	}
	if at = q.all[(*line)[0]].from; at.Before(q.until) {
		at = q.until
	}
	return at, true
}

// next takes the first who waits out of the queue; nil for nobody.
func (q *homes) next() (user nudges.UserID, h *home, looks bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if line := q.first(); line != nil {
		user, *line = (*line)[0], (*line)[1:]
		h = q.all[user]
		q.n--
		looks = h.looks
		h.begins()
	}
	return user, h, looks
}

// Run draws the Homes that wait, at the pace that Slack allows, until ctx ends. It asks again about people of whom
// Slack has not said who they are.
func (a *Answerer) Run(ctx context.Context) {
	ask := time.NewTicker(askEvery)
	defer ask.Stop()
	for q := &a.homes; ctx.Err() == nil; {
		at, waits := q.turn()
		if !waits {
			select {
			case <-q.poke:
			case <-ask.C:
				q.waitUnknown()
			case <-ctx.Done():
			}
			continue
		}
		if ready := a.Slack.Pace.Ready(publishes, ""); ready.After(at) {
			at = ready
		}
		if wait := time.Until(at); wait > 0 || !a.Slack.Pace.Allows(publishes) {
			slackapi.Sleep(ctx, max(wait, 10*time.Millisecond))
			continue
		}
		if user, h, looks := q.next(); h != nil {
			a.Go(func() { a.drawNow(user, h, looks, true) })
		}
	}
}

// Finish draws the Homes that wait, as far as the pace allows: the next process does not know who looks at one.
func (a *Answerer) Finish() {
	q := &a.homes
	q.mu.Lock()
	q.ending = true
	q.mu.Unlock()
	for a.Slack.Pace.Allows(publishes) {
		user, h, looks := q.next()
		if h == nil {
			return
		}
		a.Go(func() { a.drawNow(user, h, looks, true) })
	}
}

// drawNow draws a Home. If that fails it waits in the queue; if it has changed meanwhile, it is drawn again. paced says
// that the pace allows the call already.
func (a *Answerer) drawNow(user nudges.UserID, h *home, looks, paced bool) {
	done := false
	defer func() {
		if p := recover(); p == nil {
			h.panics = 0
		} else {
			h.panics++
			a.Panicked(p, "kind", "publish")
			a.rests(true)
		}
		q := &a.homes
		q.mu.Lock()
		again, looking := h.again, h.looks
		h.drawing, h.again = false, false
		if !done && h.panics < mostPanics {
			h.looks, h.from = looks || looking, time.Time{}
			q.wait(user, h)
			again = false
		}
		q.mu.Unlock()
		if again {
			a.drawHome(user, looking)
		}
	}()
	done = a.publish(context.Background(), user, h, paced)
}

// sumOf is a hash of a drawn Home; 0 for none.
func (q *homes) sumOf(v slack.HomeTabViewRequest) uint64 {
	var h maphash.Hash
	h.SetSeed(q.seed)
	if json.NewEncoder(&h).Encode(v) != nil {
		return 0
	}
	return h.Sum64()
}

// publish draws Home. It says false if that failed and may succeed later.
func (a *Answerer) publish(ctx context.Context, user nudges.UserID, of *home, paced bool) bool {
	scenes := a.Scenes
	if paced {
		scenes = scenes.Patient()
	}
	h, err := scenes.Home(ctx, user)
	if err != nil {
		a.Log.Error("home", "error", err)
		a.rests(true)
		return false
	}
	if paced && h.Unknown && (of.unknown || of.shows) {
		of.unknown = true // it says so already, or is better than that: Slack is asked again later
		return true
	}
	v := view.HomeTab(h)
	sum := a.homes.sumOf(v)
	if sum == of.sum && sum != 0 { // Slack shows it
		of.unknown, of.shows = h.Unknown, !h.Unknown
		return true
	}
	of.sum = 0
	call := func() error {
		ctx, cancel := context.WithTimeout(ctx, slackapi.APITimeout)
		defer cancel()
		_, err := a.Slack.API().PublishViewContext(ctx,
			slack.PublishViewContextRequest{UserID: string(user), View: v})
		return err
	}
	if paced {
		err = call()
		a.Slack.Pace.Heard(publishes, err)
	} else {
		err = a.Slack.Promptly(ctx, publishes, time.Time{}, call)
	}
	switch {
	case err == nil:
		of.unknown, of.shows, of.sum = h.Unknown, !h.Unknown, sum
		a.rests(false)
		return true
	case slackapi.AskedToWait(err) > 0:
		return false // the figures tell
	}
	a.Log.Warn("home not published", "error", slackapi.Short(err))
	if slackapi.Classify(err) == slackapi.Drop {
		return true // no later draw would end otherwise
	}
	a.rests(true)
	return false
}

// rests notes whether the queue is to rest. What fails for one Home may fail for all.
func (a *Answerer) rests(failed bool) {
	q := &a.homes
	q.mu.Lock()
	defer q.mu.Unlock()
	if !failed {
		q.rest = 0
		return
	}
	if now := time.Now(); now.After(q.until) {
		q.rest = min(max(2*q.rest, firstRest), longestRest)
		q.until = now.Add(q.rest)
	}
}

// HomesWaiting returns how many Homes wait to be drawn, and since when some do.
func (a *Answerer) HomesWaiting() (n int, since time.Time) {
	q := &a.homes
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return 0, time.Time{}
	}
	return q.n, q.since
}
