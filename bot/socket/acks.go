package socket

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"stepin/bot/slackapi"
)

const (
	ackLife   = 3 * time.Second        // Slack's patience (SLACK section 1.3), from when we have received the envelope
	ackSends  = 3                      // of one acknowledgement at most
	acksKept  = 1024                   // each under 20 KB; of more the oldest are taken for heard
	ackFlight = 250 * time.Millisecond // from slack-go's queue to Slack, when we end
	ackLooks  = 50 * time.Millisecond
	mayBeLost = "an acknowledgement may be lost"
)

var errNoLine = errors.New("no connection to acknowledge over")

// An acks sees that an acknowledgement outlives the connection it was handed to. slack-go
// takes one into a queue, and tells nobody when, or whether, it was written; and what was
// written may still lie in the buffers of a connection that is closed (SLACK section 12). So
// the book keeps each for as long as Slack waits for it. When its connection ends, it goes out
// once more: over the other one, or over the first that stands again.
//
// Unverified, since nothing is documented: that Slack takes an acknowledgement over another
// connection than the envelope's, and ignores a second one. If the former is wrong, the person
// sees what they would have seen without it. For the latter nothing is sent again while its
// connection lives, so that a double is as rare as a refresh.
type acks struct {
	log  *slog.Logger
	mu   sync.Mutex
	up   []*conn       // that can carry, the longest standing first
	none time.Time     // since when there has been none, after the first; zero before it
	kept []*pendingAck // in the order in which they came
	tidy *time.Timer
	over bool // nothing is sent any more
	wg   sync.WaitGroup
}

// pendingAck is one acknowledgement. Its payload may hold people's words, and is never logged.
type pendingAck struct {
	id      string
	payload any
	own     *conn     // that brought the envelope
	by      *conn     // it was handed to; nil while it waits for one
	last    time.Time // it was handed over
	until   time.Time
	sends   int
}

// send acknowledges an envelope that came over own at the given time. While no connection
// stands it waits for one, and that is no error.
func (b *acks) send(own *conn, id string, payload any, received time.Time) error {
	a := &pendingAck{id: id, payload: payload, own: own, until: received.Add(ackLife)}
	b.mu.Lock()
	b.forget()
	if len(b.kept) == acksKept {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, a)
	if b.tidy == nil && !b.over {
		b.tidy = time.AfterFunc(ackLife, b.tidyUp)
	}
	b.mu.Unlock()
	return b.hand(a)
}

// hand gives a to a connection, unless it has been already.
func (b *acks) hand(a *pendingAck) error {
	var not *conn // has no room for it
	for {
		b.mu.Lock()
		switch {
		case b.over:
			b.mu.Unlock()
			return errNoLine
		case a.by != nil:
			b.mu.Unlock()
			return nil
		}
		c := b.carrier(a.own, not)
		if c == nil || a.sends == ackSends {
			b.mu.Unlock()
			return nil
		}
		// Before it is handed over: if c ends meanwhile, it has to be found.
		a.by, a.last, a.sends = c, time.Now(), a.sends+1
		b.mu.Unlock()

		err := c.ack(a.id, a.payload)
		if err == nil {
			return nil
		}
		b.mu.Lock()
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			// no connection would take it
			b.kept = slices.DeleteFunc(b.kept, func(k *pendingAck) bool { return k == a })
			b.mu.Unlock()
			return err
		}
		if a.by == c {
			a.by = nil
		}
		b.mu.Unlock()
		not = c
	}
}

// carrier is the connection that an envelope came by, if it stands, or the newest other that does.
func (b *acks) carrier(own, not *conn) *conn {
	if own != not && slices.Contains(b.up, own) {
		return own
	}
	for _, c := range slices.Backward(b.up) {
		if c != not {
			return c
		}
	}
	return nil
}

// carries says whether c stands, as far as is known.
func (b *acks) carries(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.up, c)
}

// standing is how many connections can carry, and since when none can, if that is so and one could before.
func (b *acks) standing() (n int, none time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.up), b.none
}

// gone takes c from those that can carry, with the lock held.
func (b *acks) gone(c *conn) {
	was := len(b.up)
	if b.up = slices.DeleteFunc(b.up, func(u *conn) bool { return u == c }); len(b.up) == 0 && was > 0 {
		b.none = time.Now()
	}
}

// stands says that c can carry. What has waited goes out.
func (b *acks) stands(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.up, c) {
		b.up = append(b.up, c)
	}
	b.again()
}

// leaves says that c shall carry nothing new.
func (b *acks) leaves(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone(c)
}

// ended says that c carries nothing any more, and may have lost what it was given.
func (b *acks) ended(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone(c)
	for _, a := range b.kept {
		if a.by == c {
			a.by = nil
		}
	}
	b.again()
}

// again hands over what waits. It is called with the lock held, by a loop that must not wait.
func (b *acks) again() {
	b.forget()
	if b.over || len(b.up) == 0 {
		return
	}
	var wait []*pendingAck
	for _, a := range b.kept {
		if a.by == nil && a.sends < ackSends {
			wait = append(wait, a)
		}
	}
	if len(wait) == 0 {
		return
	}
	b.wg.Go(func() {
		for _, a := range wait {
			if err := b.hand(a); err != nil {
				b.log.Warn(mayBeLost, "error", slackapi.Short(err))
			}
		}
	})
}

// forget drops what Slack waits for no longer, with the lock held.
func (b *acks) forget() {
	now := time.Now()
	b.kept = slices.DeleteFunc(b.kept, func(a *pendingAck) bool {
		if now.Before(a.until) {
			return false
		}
		if a.by == nil {
			b.log.Warn(mayBeLost, "error", errNoLine)
		}
		return true
	})
}

// tidyUp keeps people's words no longer than needed when nothing follows.
func (b *acks) tidyUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	if b.tidy = nil; len(b.kept) > 0 && !b.over {
		b.tidy = time.AfterFunc(ackLife, b.tidyUp)
	}
}

// finish waits until what was acknowledged has had the time to be written, or ctx ends.
func (b *acks) finish(ctx context.Context) {
	for {
		b.mu.Lock()
		b.forget()
		busy := slices.ContainsFunc(b.kept, func(a *pendingAck) bool {
			return a.by == nil && a.sends < ackSends || time.Since(a.last) < ackFlight
		})
		busy = busy && !b.over
		b.mu.Unlock()
		if !busy {
			return
		}
		select {
		case <-time.After(ackLooks):
		case <-ctx.Done():
			return
		}
	}
}

// close ends the book. Call it before the connections end, or it would send again what they carried.
func (b *acks) close() {
	b.mu.Lock()
	b.over, b.kept = true, nil
	if b.tidy != nil {
		b.tidy.Stop()
	}
	b.mu.Unlock()
}
