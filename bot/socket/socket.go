// Package socket keeps two connections to Slack up and hands over what arrives: in order for one person, at the same
// time for different people. An acknowledgement outlives its connection.
//
// It promises that each envelope is handed over once or not taken at all, that a connection is renewed before Slack
// ends it, and that a person's input waits only for that person's earlier input. Of Slack's methods it calls only
// apps.connections.open. It decides nothing, and does not look into an acknowledgement.
//
//	Slack ─▶ conn (conn.go) ─▶ decode ─▶ queue (queue.go) ─▶ handle
//	Slack ◀─ a connection that is up ◀─ acks (acks.go) ◀─ Job.Ack
//
// socket.go runs two lines, and line.go replaces the connection of one.
//
// Addresses come from slack-go, and websockets are gorilla's. slack-go's own client for sockets decodes each frame into
// all that Slack documents, which takes several times as long as what stepin reads. It closes a connection as soon as
// Slack says that it will end, and loses what is on its way. It queues an acknowledgement, and does not say when it is
// written. What it does well is done as it does it: the answer to pings, one frame an acknowledgement, and pauses that
// double.
package socket

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"stepin/bot/health"
	"stepin/bot/slackapi"
)

const (
	usualLife    = 5 * time.Hour   // of a connection, if Slack does not say
	lastPart     = 0.9             // of its life, after which we renew a connection
	againPart    = 0.03            // of its life, after which we try again to renew it
	overstay     = 0.75            // of a life, for which a renewed connection may stay up
	surplusFor   = 5 * time.Minute // with more connections than ours, before we report it
	firstPause   = 100 * time.Millisecond
	refusedPause = time.Minute      // before we ask again for a connection that was refused; the longest pause
	crowdedPause = 30 * time.Second // after Slack counts too many connections
)

// errNoID is why an envelope whose id is odd cannot be acknowledged.
var errNoID = errors.New("the envelope has no id")

// Sockets are the two connections to Slack. What arrives is queued for a worker per person.
type Sockets struct {
	slack   *slackapi.Client
	health  *health.Ledger
	meter   *health.Meter
	log     *slog.Logger
	watched bool // an app-level token that has expired may be replaced while stepin runs
	queue   *queue
	acks    *acks
	links   atomic.Int32              // connections that may be open
	shared  atomic.Pointer[time.Time] // since when there are more connections than ours; nil if there are not
	fresh   [2]chan struct{}          // for each line: the app-level token has changed
	ready   chan struct{}
}

// New opens nothing yet. handle is called for each envelope, in order for one person. With watched, an expired
// app-level token may be replaced by Renew, and ends nothing.
func New(c *slackapi.Client, h *health.Ledger, m *health.Meter, log *slog.Logger, watched bool,
	handle func(Job),
) *Sockets {
	s := &Sockets{
		slack: c, health: h, meter: m, log: log, watched: watched,
		queue: newQueue(handle, log), acks: &acks{log: log}, ready: make(chan struct{}),
	}
	for i := range s.fresh {
		s.fresh[i] = make(chan struct{}, 1)
	}
	return s
}

// Ready is closed once both connections have been up.
func (s *Sockets) Ready() <-chan struct{} { return s.ready }

// Close takes no more envelopes, and waits until those it has are handled or ctx ends.
func (s *Sockets) Close(ctx context.Context) { s.queue.close(ctx) }

// Finish waits until the last acknowledgements are probably written, or ctx ends.
func (s *Sockets) Finish(ctx context.Context) { s.acks.finish(ctx) }

// Standing returns how many connections are up. none is when the last one ended if none is; zero before the first.
func (s *Sockets) Standing() (n int, none time.Time) { return s.acks.standing() }

// isReady says whether both connections have been up.
func (s *Sockets) isReady() bool {
	select {
	case <-s.ready:
		return true
	default:
		return false
	}
}

// Renew opens new connections after the app-level token has changed.
func (s *Sockets) Renew() {
	for _, c := range s.fresh {
		poke(c)
	}
}

// Run keeps two connections until ctx ends; once intake ends, it takes no more envelopes. The second connection is
// renewed half a life after the first, so that one is up while Slack refreshes the other.
func (s *Sockets) Run(ctx, intake context.Context) error {
	lines, stop := context.WithCancel(context.WithoutCancel(ctx)) // they end after acks is closed
	renew := make(chan struct{}, 1)
	// Slack answers more than 50 requests for an address a minute with 429
	// (docs.slack.dev/apis/events-api/using-socket-mode).
	opens := rate.NewLimiter(rate.Every(2*time.Second), 20)
	failed := make(chan error, 4)
	var mu sync.Mutex
	up := map[string]bool{}
	var once sync.Once
	var wg sync.WaitGroup
	for i, name := range []string{"first", "second"} {
		l := &line{
			s: s, name: name, begin: lastPart, renew: renew, opens: opens, fresh: s.fresh[i],
			fail: func(err error) {
				select {
				case failed <- err:
				default:
				}
			},
		}
		if i == 1 {
			l.begin = lastPart / 2
		}
		l.up = func() {
			mu.Lock()
			defer mu.Unlock()
			if up[name] {
				s.meter.Reconnects.Inc()
			}
			s.health.End(health.AppTokenRefused, health.SocketModeOff, health.NoConnection)
			if up[name] = true; len(up) == 2 {
				once.Do(func() { close(s.ready) })
			}
		}
		wg.Go(func() { l.run(lines, intake) })
	}
	defer s.acks.wg.Wait()
	defer wg.Wait()
	defer stop()
	defer s.acks.close()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// surplus says whether a hello counts more connections than ours: another process with the same token takes a share
// of the commands (docs.slack.dev/apis/events-api/using-socket-mode). It reports that only after surplusFor, since
// the connections of a process that has just crashed look the same.
func (s *Sockets) surplus(n int) bool {
	h := s.health
	if n <= int(s.links.Load()) {
		s.shared.Store(nil)
		h.End(health.TokenShared)
		return false
	}
	now := time.Now()
	if !s.shared.CompareAndSwap(nil, &now) {
		if since := s.shared.Load(); since != nil && now.Sub(*since) >= surplusFor {
			h.Begin(health.TokenShared, "connections", n)
		}
	}
	return true
}

// poke leaves one value in c.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
