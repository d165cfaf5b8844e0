package socket

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

const (
	ackLife   = 3 * time.Second        // from when we received the envelope; after it Slack shows the person an error
	ackSends  = 3                      // at most, of one acknowledgement
	acksKept  = 1024                   // each under 20 KB; above this many, the oldest are assumed delivered
	ackFlight = 250 * time.Millisecond // to Slack, when stepin ends
	ackDoubt  = time.Second            // what was written before it had reached Slack when Slack sent its disconnect
	ackLooks  = 50 * time.Millisecond
	maxAck    = 20 << 10 // bytes; Slack drops a larger one in silence (slack-go#1196)
	mayBeLost = "an acknowledgement may be lost"
)

var (
	errNoLine = errors.New("no connection to acknowledge over")
	errLarge  = errors.New("the acknowledgement is larger than 20 KB")
)

// acks sends an acknowledgement again if its connection ends. What was written may be lost in the buffers of a
// connection that is closed. So acks keeps each for as long as Slack waits for it. If its connection ends, it is sent
// over the other connection, or over the first that is up again.
//
// Slack documents neither that it takes an acknowledgement over another connection than the envelope's, nor that it
// hears one over a connection that it has begun to end, nor that it ignores a second one. So what is not heard by then
// goes over both. Otherwise nothing is sent again while its connection is up: a double is as rare as a refresh.
type acks struct {
	log     *slog.Logger
	mu      sync.Mutex
	up      []*conn       // connections that are up, the oldest first
	leaving []*conn       // Slack will end them
	none    time.Time     // when the last one ended; zero before the first
	kept    []*pendingAck // in order of arrival
	tidy    *time.Timer   // runs tidyUp
	over    bool          // nothing is sent any more
	wg      sync.WaitGroup
}

// pendingAck is one acknowledgement. Its frame may hold people's words, and is never logged.
type pendingAck struct {
	frame   []byte
	own     *conn     // brought the envelope
	parting bool      // sent over own while own was leaving, or just before
	by      *conn     // carries it, and is not leaving; nil while it waits for a connection
	last    time.Time // when it was last sent
	until   time.Time // Slack waits for it
	sends   int
}

// send acknowledges an envelope that came over own. If no connection is up, the acknowledgement waits for one, and that
// is no error.
func (b *acks) send(own *conn, id string, payload any, received time.Time) error {
	frame, err := json.Marshal(struct {
		ID      string `json:"envelope_id"`
		Payload any    `json:"payload,omitempty"`
	}{id, payload})
	if err != nil {
		return err
	}
	if len(frame) >= maxAck {
		return errLarge
	}
	a := &pendingAck{frame: frame, own: own, until: received.Add(ackLife)}
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		return errNoLine
	}
	b.forget()
	if len(b.kept) == acksKept {
		b.kept = slices.Delete(b.kept, 0, 1)
	}
	b.kept = append(b.kept, a)
	if b.tidy == nil {
		b.tidy = time.AfterFunc(ackLife, b.tidyUp)
	}
	b.mu.Unlock()
	b.hand(a)
	return nil
}

// hand writes a to a connection, unless one has it.
func (b *acks) hand(a *pendingAck) {
	for c := b.carrier(a); c != nil; c = b.carrier(a) {
		if c.write(a.frame) != nil {
			b.log.Warn("an acknowledgement was not written")
			b.ended(c)
		}
	}
}

// carrier returns what a is to be written to next, and notes that it carries a: own if it is leaving; then own if it is
// up, or else the newest connection. It returns nil once a is carried, or while none is up.
func (b *acks) carrier(a *pendingAck) *conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || a.by != nil || a.sends == ackSends {
		return nil
	}
	if !a.parting && slices.Contains(b.leaving, a.own) {
		a.parting, a.last = true, time.Now()
		return a.own
	}
	if slices.Contains(b.up, a.own) {
		a.by = a.own
	} else if n := len(b.up); n > 0 {
		a.by = b.up[n-1]
	}
	if a.by != nil {
		// Set this first: if c ends meanwhile, ended must find a.
		a.last, a.sends = time.Now(), a.sends+1
	}
	return a.by
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
	is := func(u *conn) bool { return u == c }
	if b.up = slices.DeleteFunc(b.up, is); len(b.up) == 0 && was > 0 {
		b.none = time.Now()
	}
	b.leaving = slices.DeleteFunc(b.leaving, is)
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

// leaves notes that Slack will end c. It may not have heard what c has just carried.
func (b *acks) leaves(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gone(c)
	b.leaving = append(b.leaving, c)
	for _, a := range b.kept {
		if a.by == c && time.Since(a.last) < ackDoubt {
			a.by, a.parting = nil, a.own == c
		}
	}
	b.resend()
}

// ended notes that c has ended, or cannot write, and may have lost what it carried.
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
			b.hand(a)
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
