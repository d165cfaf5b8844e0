package bot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"
)

const (
	handshakeTimeout = 10 * time.Second
	ackBuffer        = 32 << 10         // a smaller one fragments acknowledgements, which Slack drops (SLACK section 12)
	ackWait          = 2 * time.Second  // for a place in slack-go's queue
	usualLife        = 5 * time.Hour    // of a connection, where Slack does not say (SLACK section 1.2)
	lastPart         = 0.9              // of its life after which a connection is renewed by us
	helloWait        = 30 * time.Second // for a new connection before the old one is kept
	linger           = 5 * time.Second  // an old connection still carries its acknowledgements
	surplusFor       = 5 * time.Minute  // connections of somebody else before we say so
)

// A socketLine is one of the two standing connections, renewed by a newer one before it ends.
type socketLine struct {
	b     *Bot
	name  string
	begin float64     // the part of its first life after which it is renewed
	renew *sync.Mutex // held by the line that renews, so that never both do
	opens *rate.Limiter
	up    func() // called at each hello
	fail  func(error)
}

// runSockets keeps two connections. The second is renewed half a life after the first,
// so that Slack's refresh of one finds the other standing.
func (b *Bot) runSockets(ctx, intake context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var renew sync.Mutex
	// Slack answers more than 50 requests for an address a minute with 429 (SLACK section 1.1).
	opens := rate.NewLimiter(rate.Every(2*time.Second), 20)
	failed := make(chan error, 4)
	var mu sync.Mutex
	up := map[string]bool{}
	var once sync.Once
	var wg sync.WaitGroup
	for i, name := range []string{"first", "second"} {
		l := &socketLine{b: b, name: name, begin: lastPart, renew: &renew, opens: opens, fail: func(err error) {
			select {
			case failed <- err:
			default:
			}
		}}
		if i == 1 {
			l.begin = lastPart / 2
		}
		l.up = func() {
			mu.Lock()
			defer mu.Unlock()
			if up[name] = true; len(up) == 2 {
				once.Do(func() { close(b.ready) })
			}
		}
		wg.Go(func() { l.run(ctx, intake) })
	}
	defer wg.Wait()
	defer stop() // before the wait: one line's fault ends both
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// conn is one socketmode client and what is known of it.
type conn struct {
	client *socketmode.Client
	stop   context.CancelFunc
	hello  chan time.Duration // its life, as Slack estimates it
	done   chan struct{}
}

func (l *socketLine) run(ctx, intake context.Context) {
	cur := l.open(ctx, intake)
	part := l.begin
	life := usualLife
	for {
		select {
		case life = <-cur.hello:
		case <-time.After(time.Duration(float64(life) * part)):
			l.renew.Lock()
			next := l.open(ctx, intake)
			select {
			case life = <-next.hello:
				old := cur
				cur = next
				// Slack may still be sending on the old one; it stays for what is in flight.
				select {
				case <-time.After(linger):
				case <-ctx.Done():
				}
				old.close()
			case <-time.After(helloWait):
				next.close()
			case <-ctx.Done():
				next.close()
			}
			l.renew.Unlock()
			part = lastPart
		case <-ctx.Done():
			cur.close()
			return
		}
	}
}

func (c *conn) close() { c.stop(); <-c.done }

// open starts a connection of its own. slack-go reconnects it by itself when Slack
// refreshes it.
func (l *socketLine) open(ctx, intake context.Context) *conn {
	ctx, stop := context.WithCancel(ctx)
	dialer := &websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTimeout, WriteBufferSize: ackBuffer,
	}
	if l.b.cfg.Dial != nil {
		dialer.NetDialContext, dialer.Proxy = l.b.cfg.Dial, nil
	}
	api := l.b.socketClient(l.opens)
	c := &conn{
		client: socketmode.New(api, socketmode.OptionDialer(dialer), socketmode.OptionLog(log.New(io.Discard, "", 0))),
		stop:   stop, hello: make(chan time.Duration, 1), done: make(chan struct{}),
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.client.RunContext(ctx); ctx.Err() == nil { // it never ends without an error
			if s := setup("apps.connections.open", err); s != nil {
				l.fail(s)
			} else {
				l.fail(&Setup{"the connection to Slack ended: " + short(err), "run \"stepin check\""})
			}
		}
		stop()
	})
	wg.Go(func() { l.receive(ctx, intake, c) })
	go func() { wg.Wait(); close(c.done) }()
	return c
}

// socketClient asks for connection addresses, never faster than opens allows: a socket that
// is dropped as soon as it opens must not hammer Slack (SLACK section 12).
func (b *Bot) socketClient(opens *rate.Limiter) *slack.Client {
	opts := []slack.Option{
		slack.OptionHTTPClient(&http.Client{Timeout: apiTimeout, Transport: slowly{dialed(b.cfg), opens}}),
		slack.OptionAppLevelToken(b.cfg.AppToken),
	}
	if b.cfg.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(b.cfg.APIURL))
	}
	return slack.New(b.cfg.BotToken, opts...)
}

type slowly struct {
	next  http.RoundTripper
	limit *rate.Limiter
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := s.limit.Wait(r.Context()); err != nil {
		return nil, err
	}
	return s.next.RoundTrip(r)
}

// receive only queues: if it worked, slack-go's buffer of 50 would fill, and envelopes
// would be lost without a word (SLACK trap 12).
func (l *socketLine) receive(ctx, intake context.Context, c *conn) {
	var surplus time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case evt := <-c.client.Events:
			switch evt.Type {
			case socketmode.EventTypeHello:
				life := usualLife
				if evt.Request != nil {
					if s := evt.Request.DebugInfo.ApproximateConnectionTime; s > 0 {
						life = time.Duration(s) * time.Second
					}
					surplus = l.reportSurplus(evt.Request.NumConnections, surplus)
				}
				select {
				case c.hello <- life:
				default:
				}
				l.up()
			case socketmode.EventTypeConnectionError:
				l.connectionError(evt)
			case socketmode.EventTypeErrorWriteFailed:
				l.b.log.Warn("an acknowledgement was not written; Slack will show it as failed or send it again")
			case socketmode.EventTypeErrorBadMessage:
				l.ackUnknown(ctx, c, evt)
			case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
				if intake.Err() == nil {
					l.take(ctx, c, evt)
				}
			}
		}
	}
}

func (l *socketLine) take(ctx context.Context, c *conn, evt socketmode.Event) {
	in, ok := decode(evt)
	in.received = time.Now()
	ack := func(payload any) error {
		ctx, cancel := context.WithTimeout(ctx, ackWait)
		defer cancel()
		return c.client.AckCtx(ctx, evt.Request.EnvelopeID, payload)
	}
	if !ok {
		in.kind = nothing
	}
	l.b.queue.add(job{in: in, ack: ack})
}

// reportSurplus says when more than our own connections (three while one is renewed)
// have stood for five minutes: another process with the same token takes a share of
// the commands (SLACK section 1.5).
func (l *socketLine) reportSurplus(n int, since time.Time) time.Time {
	if n <= 4 {
		return time.Time{}
	}
	if since.IsZero() {
		return time.Now()
	}
	if time.Since(since) > surplusFor {
		l.b.log.Warn("another program uses this app's token and takes a share of the commands", "connections", n)
	}
	return since
}

func (l *socketLine) connectionError(evt socketmode.Event) {
	e, ok := evt.Data.(*slack.ConnectionErrorEvent)
	if !ok {
		return
	}
	if s := setup("apps.connections.open", e.ErrorObj); s != nil {
		l.fail(s)
		return
	}
	l.b.log.Warn("no connection to Slack", "line", l.name, "error", short(e.ErrorObj))
}

// ackUnknown acknowledges what slack-go cannot read, or Slack would send it three times more.
func (l *socketLine) ackUnknown(ctx context.Context, c *conn, evt socketmode.Event) {
	bad, ok := evt.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	var env struct {
		ID   string `json:"envelope_id"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(bad.Message, &env); err != nil || env.ID == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ackWait)
	defer cancel()
	if err := c.client.AckCtx(ctx, env.ID, nil); err != nil && !errors.Is(err, context.Canceled) {
		l.b.log.Warn("unknown envelope not acknowledged", "type", env.Type)
	}
}
