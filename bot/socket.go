package bot

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/slackapi"
)

const (
	handshakeTimeout = 10 * time.Second
	ackBuffer        = 32 << 10         // a smaller one fragments acknowledgements, which Slack drops (SLACK section 12)
	ackWait          = 2 * time.Second  // for a place in slack-go's queue
	usualLife        = 5 * time.Hour    // of a connection, where Slack does not say (SLACK section 1.2)
	lastPart         = 0.9              // of its life after which a connection is renewed by us
	overstay         = 0.75             // of a life for which a renewed connection may still stand
	muteFor          = time.Second      // before a connection that cannot write is replaced
	helloWait        = 30 * time.Second // for a new connection before the old one is kept
	surplusFor       = 5 * time.Minute  // connections of somebody else before we say so
	refusedPause     = time.Minute      // before we ask again for a connection that was refused
)

// A socketLine is one of the two standing connections, renewed by a newer one before it ends.
type socketLine struct {
	b     *Bot
	name  string
	begin float64       // the part of a life that slack-go began after which it is renewed
	renew chan struct{} // holds one value while a line renews, so that never both do
	opens *rate.Limiter
	fresh chan struct{} // there is a new app-level token
	up    func()        // called at each hello
	fail  func(error)
}

// runSockets keeps two connections. The second is renewed half a life after the first,
// so that Slack's refresh of one finds the other standing.
func (b *Bot) runSockets(ctx, intake context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	renew := make(chan struct{}, 1)
	// Slack answers more than 50 requests for an address a minute with 429 (SLACK section 1.1).
	opens := rate.NewLimiter(rate.Every(2*time.Second), 20)
	failed := make(chan error, 4)
	var mu sync.Mutex
	up := map[string]bool{}
	var once sync.Once
	var wg sync.WaitGroup
	for i, name := range []string{"first", "second"} {
		l := &socketLine{b: b, name: name, begin: lastPart, renew: renew, opens: opens, fresh: b.newApp[i], fail: func(err error) {
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
			if up[name] {
				b.meter.Count(func(f *health.Figures) { f.Reconnects++ })
			}
			b.health.End(health.AppTokenRefused, health.SocketModeOff, health.NoConnection)
			if up[name] = true; len(up) == 2 {
				once.Do(func() { close(b.ready) })
			}
		}
		wg.Go(func() { l.run(ctx, intake) })
	}
	defer b.acks.wg.Wait()
	defer wg.Wait()
	defer stop() // before the wait: one line's fault ends both
	defer b.acks.close()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// conn is one socketmode client and what is known of it.
type conn struct {
	client  *socketmode.Client
	ack     func(id string, payload any) error // into its queue
	stop    context.CancelFunc
	hello   chan hello
	mute    chan struct{} // it cannot write
	retired atomic.Bool   // it shall not connect again
	app     string        // the app-level token that it opens with
	gone    chan struct{} // it is retired, and its connection has ended; closed by receive
	done    chan struct{}
}

// A hello is what Slack says of a new connection.
type hello struct {
	life    time.Duration // as Slack estimates it
	surplus bool          // more stand than our own
}

func (l *socketLine) run(ctx, intake context.Context) {
	cur := l.open(ctx, intake)
	part := l.begin
	said := hello{life: usualLife}
	var old sync.WaitGroup
	defer old.Wait()
	for {
		mute := false
		renewal := time.Duration(float64(said.life) * part)
		if said.surplus && !l.b.health.Holds(health.TokenShared) { // only another hello tells whether it lasts
			renewal = min(renewal, surplusFor)
		}
		select {
		case said = <-cur.hello:
			part = l.begin // half a life apart again, if both were dropped at once
			continue
		case <-time.After(renewal):
		case <-l.fresh: // a connection opens with the token of its time
			if cur.app == l.b.slack.Tokens().App { // renewed since, for it could not open with the old one
				continue
			}
		case <-cur.mute:
			// So it is at the instant of a refresh, too, and then slack-go connects again by itself.
			select {
			case <-time.After(muteFor):
			case <-ctx.Done():
			}
			if l.b.acks.carries(cur) {
				continue
			}
			mute = true
		case <-ctx.Done():
			l.close(cur)
			return
		}
		select {
		case l.renew <- struct{}{}:
		case <-ctx.Done():
			l.close(cur)
			return
		}
		next := l.open(ctx, intake)
		select {
		case said = <-next.hello:
			if mute && !l.b.acks.carries(cur) {
				l.close(cur) // what still comes over it could only be answered elsewhere
			} else {
				c, most := cur, time.Duration(overstay*float64(said.life))
				old.Go(func() { l.retire(ctx, c, most) })
			}
			cur = next
		case <-time.After(helloWait):
			l.close(next)
			if mute && !l.b.acks.carries(cur) {
				cur.mutes()
			}
		case <-ctx.Done():
			l.close(next)
		}
		<-l.renew
		part = lastPart
		if cur.app != l.b.slack.Tokens().App { // the new one opened nothing yet, or there is one still newer
			slackapi.Poke(l.fresh)
		}
	}
}

// retire leaves it to Slack to end a connection that has been renewed: to close it ourselves
// would lose the envelope that Slack sends at that moment.
func (l *socketLine) retire(ctx context.Context, c *conn, most time.Duration) {
	c.retired.Store(true)
	select {
	case <-c.gone:
	case <-c.done:
	case <-time.After(most): // or there would be more and more
	case <-ctx.Done():
	}
	l.close(c)
}

// mutes asks for another in the place of c.
func (c *conn) mutes() { slackapi.Poke(c.mute) }

// close ends c. What it may have lost leaves over another.
func (l *socketLine) close(c *conn) {
	l.b.acks.leaves(c)
	c.stop()
	<-c.done
	l.b.acks.ended(c)
}

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
	c := &conn{
		stop: stop, hello: make(chan hello, 1), mute: make(chan struct{}, 1),
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	t := l.b.slack.Tokens()
	c.app = t.App
	api := l.b.socketClient(t, l.opens, &c.retired)
	c.client = socketmode.New(api, socketmode.OptionDialer(dialer), socketmode.OptionLog(log.New(io.Discard, "", 0)))
	c.ack = func(id string, payload any) error {
		ctx, cancel := context.WithTimeout(ctx, ackWait)
		defer cancel()
		return c.client.AckCtx(ctx, id, payload)
	}
	l.b.links.Add(1)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer stop()
		for {
			err := c.client.RunContext(ctx) // it never ends without an error
			if ctx.Err() != nil || c.retired.Load() {
				return
			}
			l.refused(c, err)
			slackapi.Sleep(ctx, refusedPause)
		}
	})
	wg.Go(func() { l.receive(ctx, intake, c) })
	go func() { wg.Wait(); l.b.links.Add(-1); close(c.done) }()
	return c
}

// refused is told why slack-go has given up, or cannot connect, for something that only the operator can mend. At
// the start that ends the bot, and so does a token that has ended and can only be replaced by a new start; else
// it goes on without, and says so.
func (l *socketLine) refused(c *conn, err error) {
	if c.app != l.b.slack.Tokens().App { // another token has come meanwhile: the line opens with that
		c.mutes()
		return
	}
	if !l.b.isReady() || slackapi.Expired(err) && !l.b.cfg.AppTokenWatched {
		s := slackapi.SetupOf("apps.connections.open", err)
		if s == nil {
			s = &slackapi.Setup{What: "the connection to Slack ended: " + slackapi.Short(err), Remedy: "run \"stepin check\""}
		}
		if c, code := slackapi.SocketCause(err); code != "" && l.b.isReady() {
			l.b.health.Last(c, "says", code)
		}
		l.fail(s)
		return
	}
	if c, code := slackapi.SocketCause(err); code != "" {
		l.b.health.Begin(c, "says", code)
	} else {
		l.b.log.Warn("not connected to Slack", "line", l.name, "error", slackapi.Short(err))
	}
}

// socketClient asks for connection addresses, never faster than opens allows: a socket that
// is dropped as soon as it opens must not hammer Slack (SLACK section 12).
func (b *Bot) socketClient(t slackapi.Tokens, opens *rate.Limiter, retired *atomic.Bool) *slack.Client {
	transport := slowly{b.slack.Opt.Transport(), opens, b.pace, retired}
	return b.slack.Opt.With(t, &http.Client{Timeout: slackapi.APITimeout, Transport: transport})
}

type slowly struct {
	next  http.RoundTripper
	limit *rate.Limiter
	pace  *slackapi.Pace // of both lines: a Retry-After that one is given holds for the other
	never *atomic.Bool   // from now on
}

var errRetired = errors.New("this connection has been renewed")

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := s.limit.Wait(r.Context()); err != nil {
		return nil, err
	}
	const method = "apps.connections.open"
	for at := s.pace.Ready(method, ""); time.Now().Before(at); at = s.pace.Ready(method, "") {
		if slackapi.Sleep(r.Context(), time.Until(at)); r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
	}
	if s.never.Load() {
		return nil, errRetired
	}
	res, err := s.next.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusTooManyRequests {
		wait := slackapi.BlindPause
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(n) * time.Second
		}
		s.pace.Heard(method, &slack.RateLimitedError{RetryAfter: wait})
	}
	return res, err
}

// receive only queues: if it worked, slack-go's buffer of 50 would fill, and envelopes
// would be lost without a word (SLACK trap 12).
func (l *socketLine) receive(ctx, intake context.Context, c *conn) {
	var gone sync.Once
	for {
		select {
		case <-ctx.Done():
			return
		case evt := <-c.client.Events:
			switch evt.Type {
			case socketmode.EventTypeHello:
				said := hello{life: usualLife}
				if evt.Request != nil {
					if s := evt.Request.DebugInfo.ApproximateConnectionTime; s > 0 {
						said.life = time.Duration(s) * time.Second
					}
					said.surplus = l.b.surplus(evt.Request.NumConnections)
				}
				select {
				case c.hello <- said:
				default:
				}
				select {
				case <-c.mute: // that was the connection before
				default:
				}
				l.b.acks.stands(c)
				l.up()
			case socketmode.EventTypeConnecting:
				// The sure sign of an end, after all that came over the connection. A write_error
				// may be missing: slack-go drops it once the end has begun.
				l.b.acks.ended(c)
				if c.retired.Load() {
					gone.Do(func() { close(c.gone) })
				}
			case socketmode.EventTypeConnectionError:
				if !c.retired.Load() {
					l.connectionError(c, evt)
				}
			case socketmode.EventTypeErrorWriteFailed:
				// After one failed write all fail, and slack-go goes on reading all the same.
				l.b.log.Warn("an acknowledgement was not written", "line", l.name)
				l.b.acks.ended(c)
				c.mutes()
			case socketmode.EventTypeErrorBadMessage:
				l.takeUnknown(c, evt)
			case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
				if intake.Err() == nil {
					l.take(c, evt)
				}
			}
		}
	}
}

func (l *socketLine) take(c *conn, evt socketmode.Event) {
	in, ok := decode(evt)
	if !ok {
		in.Kind = form.Nothing
	}
	l.queue(c, in, evt.Request.EnvelopeID)
}

func (l *socketLine) queue(c *conn, in form.Input, envelope string) {
	in.Received = time.Now()
	if !l.b.queue.add(job{in: in, ack: func(payload any) error {
		return l.b.acks.send(c, envelope, payload, in.Received)
	}}) {
		l.b.meter.Count(func(f *health.Figures) {
			f.Envelopes[health.EnvelopeEnd{Kind: string(in.Kind), Result: health.EndedUntaken}]++
		})
	}
}

// surplus says whether more connections stand than our own, by the number that a hello tells: another
// process with the same token takes a share of the commands (SLACK section 1.5). Those of one that has
// just crashed look the same for a while, so it is reported only after five minutes.
func (b *Bot) surplus(n int) bool {
	h := b.health
	if n <= int(b.links.Load()) {
		b.shared.Store(nil)
		h.End(health.TokenShared)
		return false
	}
	now := time.Now()
	if !b.shared.CompareAndSwap(nil, &now) {
		if since := b.shared.Load(); since != nil && now.Sub(*since) >= surplusFor {
			h.Begin(health.TokenShared, "connections", n)
		}
	}
	return true
}

func (l *socketLine) connectionError(c *conn, evt socketmode.Event) {
	e, ok := evt.Data.(*slack.ConnectionErrorEvent)
	if !ok {
		return
	}
	if slackapi.SetupOf("apps.connections.open", e.ErrorObj) != nil {
		l.refused(c, e.ErrorObj)
		return
	}
	if errors.Is(e.ErrorObj, context.Canceled) {
		return // by us, who are ending
	}
	if !l.b.health.Holds(health.NoConnection) {
		l.b.log.Warn("not connected to Slack", "line", l.name, "error", slackapi.Short(e.ErrorObj))
	}
}

// takeUnknown has acknowledged what slack-go cannot read, or Slack would send it three times more.
func (l *socketLine) takeUnknown(c *conn, evt socketmode.Event) {
	bad, ok := evt.Data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	var env struct {
		ID string `json:"envelope_id"`
	}
	if err := json.Unmarshal(bad.Message, &env); err != nil || env.ID == "" {
		return
	}
	l.queue(c, form.Input{Kind: form.Nothing}, env.ID)
}
