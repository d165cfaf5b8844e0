package socket

import (
	"context"
	"io"
	"log"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"
	"golang.org/x/time/rate"

	"stepin/bot/health"
	"stepin/bot/slackapi"
)

// A line is one of the two connections. It is renewed by a newer one before Slack ends it.
type line struct {
	s     *Sockets
	name  string
	begin float64       // the part of its life after which a connection is renewed that slack-go has opened
	part  float64       // the same for the present connection
	said  hello         // the last one
	renew chan struct{} // holds one value while a line renews: the lines never renew at the same time
	opens *rate.Limiter
	fresh chan struct{} // receives a value when the app-level token has changed
	up    func()        // called at each hello
	fail  func(error)
}

// A conn is one socketmode client and its state.
type conn struct {
	client  *socketmode.Client
	ack     func(id string, payload any) error // puts an acknowledgement into its queue
	stop    context.CancelFunc
	hello   chan hello
	mute    chan struct{} // receives a value when it cannot write
	retired atomic.Bool   // it must not connect again
	app     string        // the app-level token that it opens with
	gone    chan struct{} // closed by receive once it is retired and has ended
	done    chan struct{} // closed once its goroutines have ended
}

// A hello is what Slack says about a new connection.
type hello struct {
	life    time.Duration // Slack's estimate
	surplus bool          // there are more connections than ours
}

// run keeps one connection, and renews it, until ctx ends.
func (l *line) run(ctx, intake context.Context) {
	cur := l.open(ctx, intake)
	l.part, l.said = l.begin, hello{life: usualLife}
	var old sync.WaitGroup // connections that have been renewed
	defer old.Wait()
	for {
		mute, ok := l.wait(ctx, cur)
		if ok {
			select {
			case l.renew <- struct{}{}:
			case <-ctx.Done():
				ok = false
			}
		}
		if !ok {
			l.close(cur)
			return
		}
		cur = l.replace(ctx, intake, cur, mute, &old)
		<-l.renew
		l.part = lastPart
		if cur.app != l.s.slack.Tokens().App { // the new connection failed, or the token has changed once more
			poke(l.fresh)
		}
	}
}

// wait returns once cur must be renewed; mute says that it cannot write. ok is false once ctx has ended.
func (l *line) wait(ctx context.Context, cur *conn) (mute, ok bool) {
	for {
		renewal := time.Duration(float64(l.said.life) * l.part)
		if l.said.surplus && !l.s.health.Holds(health.TokenShared) { // only another hello tells whether it lasts
			renewal = min(renewal, surplusFor)
		}
		select {
		case l.said = <-cur.hello:
			l.part = l.begin // keeps the lines half a life apart if both were dropped at once
		case <-time.After(renewal):
			return false, true
		case <-l.fresh:
			if cur.app != l.s.slack.Tokens().App { // else cur was renewed meanwhile
				return false, true
			}
		case <-cur.mute:
			// During a refresh it cannot write either, but then slack-go reconnects by itself.
			slackapi.Sleep(ctx, muteFor)
			if !l.s.acks.carries(cur) {
				return true, true
			}
		case <-ctx.Done():
			return false, false
		}
	}
}

// replace opens a connection and returns it, or cur if no hello comes over it.
func (l *line) replace(ctx, intake context.Context, cur *conn, mute bool, old *sync.WaitGroup) *conn {
	next := l.open(ctx, intake)
	select {
	case l.said = <-next.hello:
		if mute && !l.s.acks.carries(cur) {
			l.close(cur) // what still arrives over it could only be answered over another
		} else {
			most := time.Duration(overstay * float64(l.said.life))
			old.Go(func() { l.retire(ctx, cur, most) })
		}
		return next
	case <-time.After(helloWait):
		l.close(next)
		if mute && !l.s.acks.carries(cur) {
			cur.mutes()
		}
	case <-ctx.Done():
		l.close(next)
	}
	return cur
}

// retire lets Slack end a connection that has been renewed. If we closed it, an envelope on its way would be lost.
func (l *line) retire(ctx context.Context, c *conn, most time.Duration) {
	c.retired.Store(true)
	select {
	case <-c.gone:
	case <-c.done:
	case <-time.After(most): // or old connections would add up
	case <-ctx.Done():
	}
	l.close(c)
}

// mutes reports that c cannot write, so that it is replaced.
func (c *conn) mutes() { poke(c.mute) }

// close ends c. Acknowledgements that it may have lost are sent over another.
func (l *line) close(c *conn) {
	l.s.acks.leaves(c)
	c.stop()
	<-c.done
	l.s.acks.ended(c)
}

// open starts a connection. slack-go reconnects by itself when Slack refreshes it.
func (l *line) open(ctx, intake context.Context) *conn {
	ctx, stop := context.WithCancel(ctx)
	o := l.s.slack.Options()
	dialer := &websocket.Dialer{
		NetDialContext: o.DialSocket, NetDialTLSContext: o.DialSocketTLS,
		HandshakeTimeout: slackapi.SocketTimeout, WriteBufferSize: ackBuffer,
	}
	c := &conn{
		stop: stop, hello: make(chan hello, 1), mute: make(chan struct{}, 1),
		gone: make(chan struct{}), done: make(chan struct{}),
	}
	t := l.s.slack.Tokens()
	c.app = t.App
	api := l.s.client(t, l.opens, &c.retired)
	c.client = socketmode.New(api, socketmode.OptionDialer(dialer), socketmode.OptionReadLimit(maxFrame),
		socketmode.OptionLog(log.New(io.Discard, "", 0)))
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

// refused handles that slack-go has given up, or cannot connect, until an operator acts. At the start this ends stepin,
// and so does an expired token that only a new start can replace. Otherwise it is reported, and stepin goes on.
func (l *line) refused(c *conn, err error) {
	if c.app != l.s.slack.Tokens().App { // the token has changed meanwhile: open with the new one
		c.mutes()
		return
	}
	cause, code := slackapi.SocketCause(err)
	if !l.s.isReady() || slackapi.Expired(err) && !l.s.watched {
		s := slackapi.SocketRefusal(err)
		if s == nil {
			s = &slackapi.Setup{
				What: "the connection to Slack ended: " + slackapi.Short(err), Remedy: "run \"stepin check\"",
			}
		}
		if code != "" && l.s.isReady() {
			l.s.health.Last(cause, "says", code)
		}
		l.fail(s)
		return
	}
	if code != "" {
		l.s.health.Begin(cause, "says", code)
	} else {
		l.notConnected(err)
	}
}
