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
	ackLife   = 3 * time.Second        // from when we received the envelope; after it Slack shows the person an error
	ackSends  = 3                      // at most, of one acknowledgement
	acksKept  = 1024                   // each under 20 KB; above this many, the oldest are assumed delivered
	ackFlight = 250 * time.Millisecond // from slack-go's queue to Slack, when stepin ends
	ackLooks  = 50 * time.Millisecond
	mayBeLost = "an acknowledgement may be lost"
)

var errNoLine = errors.New("no connection to acknowledge over")

// acks sends an acknowledgement again if its connection ends. slack-go queues one and does not report when it is
// written, and written data may be lost in the buffers of a connection that is closed. So acks keeps
// each for as long as Slack waits for it. If its connection ends, it is sent over the other connection, or over the
// first that is up again.
//
// Slack documents neither that it takes an acknowledgement over another connection than the envelope's, nor that it
// ignores a second one. If the former is wrong, the person sees what they would see without it. Because of the latter
// nothing is sent again while its connection is up, so a double is as rare as a refresh.
type acks struct {
	log  *slog.Logger
	mu   sync.Mutex
	up   []*conn       // connections that are up, the oldest first
	none time.Time     // when the last one ended; zero before the first
	kept []*pendingAck // in order of arrival
	tidy *time.Timer   // runs tidyUp
	over bool          // nothing is sent any more
	wg   sync.WaitGroup
}

// pendingAck is one acknowledgement. Its payload may hold people's words, and is never logged.
type pendingAck struct {
	id      string
	payload any
	own     *conn     // brought the envelope
	by      *conn     // carries the acknowledgement; nil while it waits for a connection
	last    time.Time // when it was last sent
	until   time.Time // Slack waits for it
	sends   int
}

// send acknowledges an envelope that came over own. If no connection is up, the acknowledgement waits for one, and that
// is no error.
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

// hand gives a to a connection, unless one has it.
func (b *acks) hand(a *pendingAck) error {
	var not *conn // its queue is full
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
		// Set this first: if c ends meanwhile, ended must find a.
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

// carrier returns own if it is up, or else the newest connection, but never not; nil if there is none.
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

// carries says whether c is up, as far as we know.
func (b *acks) carries(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Contains(b.up, c)
}

// standing returns how many connections are up, and when the last one ended if none is.
func (b *acks) standing() (n int, none time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.up), b.none
}

// gone removes c from the connections that are up. The caller holds the lock.
func (b *acks) gone(c *conn) {
	was := len(b.up)
	if b.up = slices.DeleteFunc(b.up, func(u *conn) bool { return u == c }); len(b.up) == 0 && was > 0 {
		b.none = time.Now()
	}
}

// stands notes that c is up, and sends what waits.
func (b *acks) stands(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.Contains(b.up, c) {
		b.up = append(b.up, c)
	}
	b.resend()
}

// leaves lets c carry nothing new.
func (b *acks) leaves(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone(c)
}

// ended notes that c has ended, and may have lost what it carried.
func (b *acks) ended(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone(c)
	for _, a := range b.kept {
		if a.by == c {
			a.by = nil
		}
	}
	b.resend()
}

// resend sends what waits, in a goroutine, since its callers must not block. The caller holds the lock.
func (b *acks) resend() {
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

// forget drops acknowledgements that Slack no longer waits for. The caller holds the lock.
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

// tidyUp drops people's words in time even if no other acknowledgement follows.
func (b *acks) tidyUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget()
	if b.tidy = nil; len(b.kept) > 0 && !b.over {
		b.tidy = time.AfterFunc(ackLife, b.tidyUp)
	}
}

// finish waits until the last acknowledgements are probably written, or ctx ends.
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

// close stops sending. Call it before the connections end, or what they carried would be sent again.
func (b *acks) close() {
	b.mu.Lock()
	b.over, b.kept = true, nil
	if b.tidy != nil {
		b.tidy.Stop()
	}
	b.mu.Unlock()
}
