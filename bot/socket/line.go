package socket

import (
	"context"
	"io"
	"log"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"stepin/bot/health"
	"stepin/bot/slackapi"
)

// A line is one of the two standing connections, renewed by a newer one before it ends.
type line struct {
	s     *Sockets
	name  string
	begin float64       // the part of a life that slack-go began after which it is renewed
	renew chan struct{} // holds one value while a line renews, so that never both do
	opens *rate.Limiter
	fresh chan struct{} // there is a new app-level token
	up    func()        // called at each hello
	fail  func(error)
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

func (l *line) run(ctx, intake context.Context) {
	cur := l.open(ctx, intake)
	part := l.begin
	said := hello{life: usualLife}
	var old sync.WaitGroup
	defer old.Wait()
	for {
		mute := false
		renewal := time.Duration(float64(said.life) * part)
		if said.surplus && !l.s.health.Holds(health.TokenShared) { // only another hello tells whether it lasts
			renewal = min(renewal, surplusFor)
		}
		select {
		case said = <-cur.hello:
			part = l.begin // half a life apart again, if both were dropped at once
			continue
		case <-time.After(renewal):
		case <-l.fresh: // a connection opens with the token of its time
			if cur.app == l.s.slack.Tokens().App { // renewed since, for it could not open with the old one
				continue
			}
		case <-cur.mute:
			// So it is at the instant of a refresh, too, and then slack-go connects again by itself.
			select {
			case <-time.After(muteFor):
			case <-ctx.Done():
			}
			if l.s.acks.carries(cur) {
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
			if mute && !l.s.acks.carries(cur) {
				l.close(cur) // what still comes over it could only be answered elsewhere
			} else {
				c, most := cur, time.Duration(overstay*float64(said.life))
				old.Go(func() { l.retire(ctx, c, most) })
			}
			cur = next
		case <-time.After(helloWait):
			l.close(next)
			if mute && !l.s.acks.carries(cur) {
				cur.mutes()
			}
		case <-ctx.Done():
			l.close(next)
		}
		<-l.renew
		part = lastPart
		if cur.app != l.s.slack.Tokens().App { // the new one opened nothing yet, or there is one still newer
			poke(l.fresh)
		}
	}
}

// retire leaves it to Slack to end a connection that has been renewed: to close it ourselves
// would lose the envelope that Slack sends at that moment.
func (l *line) retire(ctx context.Context, c *conn, most time.Duration) {
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
func (c *conn) mutes() { poke(c.mute) }

// close ends c. What it may have lost leaves over another.
func (l *line) close(c *conn) {
	l.s.acks.leaves(c)
	c.stop()
	<-c.done
	l.s.acks.ended(c)
}

// open starts a connection of its own. slack-go reconnects it by itself when Slack
// refreshes it.
func (l *line) open(ctx, intake context.Context) *conn {
	ctx, stop := context.WithCancel(ctx)
	dialer := &websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTimeout, WriteBufferSize: ackBuffer,
	}
	if l.s.slack.Options().Dial != nil {
		dialer.NetDialContext, dialer.Proxy = l.s.slack.Options().Dial, nil
	}
	c := &conn{
		stop: stop, hello: make(chan hello, 1), mute: make(chan struct{}, 1),
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	t := l.s.slack.Tokens()
	c.app = t.App
	api := l.s.client(t, l.opens, &c.retired)
	c.client = socketmode.New(api, socketmode.OptionDialer(dialer), socketmode.OptionLog(log.New(io.Discard, "", 0)))
	c.ack = func(id string, payload any) error {
		ctx, cancel := context.WithTimeout(ctx, ackWait)
		defer cancel()
		return c.client.AckCtx(ctx, id, payload)
	}
	l.s.links.Add(1)
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
	go func() { wg.Wait(); l.s.links.Add(-1); close(c.done) }()
	return c
}

// refused is told why slack-go has given up, or cannot connect, for something that only the operator can mend. At
// the start that ends the bot, and so does a token that has ended and can only be replaced by a new start; else
// it goes on without, and says so.
func (l *line) refused(c *conn, err error) {
	if c.app != l.s.slack.Tokens().App { // another token has come meanwhile: the line opens with that
		c.mutes()
		return
	}
	if !l.s.isReady() || slackapi.Expired(err) && !l.s.watched {
		s := slackapi.SocketRefusal(err)
		if s == nil {
			s = &slackapi.Setup{
				What:   "the connection to Slack ended: " + slackapi.Short(err),
				Remedy: "run \"stepin check\"",
			}
		}
		if c, code := slackapi.SocketCause(err); code != "" && l.s.isReady() {
			l.s.health.Last(c, "says", code)
		}
		l.fail(s)
		return
	}
	if c, code := slackapi.SocketCause(err); code != "" {
		l.s.health.Begin(c, "says", code)
	} else {
		l.s.log.Warn("not connected to Slack", "line", l.name, "error", slackapi.Short(err))
	}
}
