// Package socket keeps two connections to Slack up and hands over what arrives: in order for one person, at the same
// time for different people. An acknowledgement outlives its connection.
//
// It promises that each envelope is handed over once or not taken at all, that a connection is renewed before Slack
// ends it, and that a person's input waits only for that person's earlier input. Of Slack's methods it calls only
// apps.connections.open. It decides nothing, and does not look into an acknowledgement.
//
//	Slack ─▶ line (line.go; its client in client.go) ─▶ receive (socket.go) ─▶ decode ─▶ queue (queue.go) ─▶ handle
//	Slack ◀─ a connection that is up ◀─ acks (acks.go) ◀──────────────────────────────────────────────────── Job.Ack
package socket

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"stepin/bot/decode"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/slackapi"
)

const (
	// a smaller one fragments acknowledgements, which Slack drops (slack-go#1196)
	ackBuffer    = 32 << 10
	ackWait      = 2 * time.Second  // for a place in slack-go's queue
	usualLife    = 5 * time.Hour    // of a connection, if Slack does not say
	lastPart     = 0.9              // of its life, after which we renew a connection
	overstay     = 0.75             // of a life, for which a renewed connection may stay up
	muteFor      = time.Second      // before a connection that cannot write is replaced
	helloWait    = 30 * time.Second // for a new connection before the old one is kept
	surplusFor   = 5 * time.Minute  // with more connections than ours, before we report it
	refusedPause = time.Minute      // before we ask again for a connection that was refused
	maxFrame     = 1 << 20          // bytes; a view has 250 KB at most, and a frame one view
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
	ctx, stop := context.WithCancel(ctx)
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
		wg.Go(func() { l.run(ctx, intake) })
	}
	defer s.acks.wg.Wait()
	defer wg.Wait()
	defer stop() // before the wait: a fault of one line ends both
	defer s.acks.close()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// receive only queues: if it did more, slack-go's buffer of 50 could fill, and slack-go would drop envelopes in
// silence.
func (l *line) receive(ctx, intake context.Context, c *conn) {
	var gone sync.Once
	for {
		select {
		case <-ctx.Done():
			return
		case evt := <-c.client.Events:
			switch evt.Type {
			case socketmode.EventTypeHello:
				l.greet(c, evt.Request)
			case socketmode.EventTypeConnecting:
				// Comes after everything that came over the connection. A write_error may be missing:
				// slack-go drops it once the end has begun.
				l.s.acks.ended(c)
				if c.retired.Load() {
					gone.Do(func() { close(c.gone) })
				}
			case socketmode.EventTypeConnectionError:
				if !c.retired.Load() {
					l.connectionError(c, evt)
				}
			case socketmode.EventTypeErrorWriteFailed:
				// After one failed write all others fail, but slack-go goes on reading.
				l.s.log.Warn("an acknowledgement was not written", "line", l.name)
				l.s.acks.ended(c)
				c.mutes()
			case socketmode.EventTypeErrorBadMessage: // one odd field is enough for slack-go
				if bad, ok := evt.Data.(*socketmode.ErrorBadMessage); ok {
					l.take(intake, c, decode.Open(bad.Message))
				}
			case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
				r := evt.Request
				l.take(intake, c, decode.Frame{Type: r.Type, ID: r.EnvelopeID, Payload: r.Payload})
			case socketmode.EventTypeIncomingError:
				l.unreadable(evt)
			}
		}
	}
}

// greet handles a hello: c is up.
func (l *line) greet(c *conn, hi *socketmode.Request) {
	said := hello{life: usualLife}
	if hi != nil {
		if s := hi.DebugInfo.ApproximateConnectionTime; s > 0 {
			said.life = time.Duration(s) * time.Second
		}
		said.surplus = l.s.surplus(hi.NumConnections)
	}
	select {
	case c.hello <- said:
	default:
	}
	select {
	case <-c.mute: // was about the previous connection
	default:
	}
	l.s.acks.stands(c)
	l.up()
}

// take queues what a frame says. An odd hello is a hello, and an odd disconnect needs nothing: Slack ends the
// connection.
func (l *line) take(intake context.Context, c *conn, f decode.Frame) {
	switch {
	case f.Type == decode.Hello:
		l.greet(c, nil)
		return
	case f.Type == decode.Disconnect, intake.Err() != nil:
		return
	}
	in := decode.Decode(f)
	in.Received = time.Now()
	if !l.s.queue.add(Job{In: in, Ack: func(payload any) error {
		if f.ID == "" {
			return errNoID
		}
		return l.s.acks.send(c, f.ID, payload, in.Received)
	}}) {
		l.s.meter.Envelopes.WithLabelValues(string(in.Kind), health.EndedUntaken).Inc()
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

func (l *line) connectionError(c *conn, evt socketmode.Event) {
	e, ok := evt.Data.(*slack.ConnectionErrorEvent)
	if !ok {
		return
	}
	if slackapi.SocketRefusal(e.ErrorObj) != nil {
		l.refused(c, e.ErrorObj)
		return
	}
	if errors.Is(e.ErrorObj, context.Canceled) {
		return // by us
	}
	if !l.s.health.Holds(health.NoConnection) {
		l.notConnected(e.ErrorObj)
	}
}

func (l *line) notConnected(err error) {
	s := l.s.slack.Options().Explain(slackapi.OpenSocket, err)
	if errors.Is(err, websocket.ErrBadHandshake) {
		s = noWebsocket
	}
	l.s.log.Warn("not connected to Slack", "line", l.name, "error", s.What, "do", s.Remedy)
}

// noWebsocket is about a socket's host that can be reached, and then does not answer as a websocket does.
var noWebsocket = &slackapi.Setup{
	What: "the address that Slack gives for a socket does not begin a websocket",
	Remedy: "nothing, if it passes; else ask the owner of your proxy or firewall to let websockets to slack.com and " +
		"its subdomains through",
}

// unreadable counts a frame that is no JSON. A frame that is too large ends its connection.
func (l *line) unreadable(evt socketmode.Event) {
	e, ok := evt.Data.(*slack.IncomingEventError)
	if !ok {
		return
	}
	_, syntax := errors.AsType[*json.SyntaxError](e.ErrorObj)
	large := errors.Is(e.ErrorObj, websocket.ErrReadLimit)
	if !syntax && !large {
		return // the connection has ended
	}
	why := "it is no JSON"
	if large {
		why = "it is larger than 1 MB, so the connection is closed and opened again"
	}
	l.s.log.Error("a frame could not be read", "line", l.name, "why", why)
	l.s.meter.Envelopes.WithLabelValues(string(form.Nothing), health.EndedUnread).Inc()
}

// poke leaves one value in c.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
