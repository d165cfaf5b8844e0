package socket

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"stepin/bot/decode"
	"stepin/bot/form"
	"stepin/bot/health"
	"stepin/bot/slackapi"
)

const (
	// a smaller one fragments acknowledgements, which Slack drops (slack-go#1196)
	ackBuffer   = 32 << 10
	writeWithin = time.Second      // or the connection counts as broken, and another may still carry it in time
	silence     = 45 * time.Second // Slack's own libraries give up 30 s after a ping, or a check later
	helloWait   = 30 * time.Second // for the hello of a new connection
	maxFrame    = 1 << 20          // bytes; a view has 250 KB at most, and a frame one view
	keptBuffer  = 64 << 10         // bytes; a larger frame gets a buffer of its own
	crowded     = "too_many_websockets"
)

// Why a new connection is not up.
var (
	errNoHello = errors.New("no hello from Slack")
	errCrowded = &slackapi.Setup{
		What: "Slack ends the new connection: the app has too many",
		Remedy: "see whether other programs, such as another stepin, connect with the same app-level token; " +
			"stepin tries again",
	}
)

// A conn is one websocket to Slack, from its dial to its end. One goroutine reads it.
type conn struct {
	ws      *websocket.Conn
	app     string                   // the app-level token that it was opened with
	write   func(frame []byte) error // an error is for good
	said    hello                    // once greeted is closed
	greeted chan struct{}            // closed once it is up
	lost    chan struct{}            // closed once it must be replaced: Slack will end it, it is mute, or has ended
	mute    chan struct{}            // closed once it cannot write
	crowded atomic.Bool              // Slack counts too many
	ended   chan struct{}            // closed once nothing more comes
	losing  sync.Once
	muting  sync.Once
}

// A hello is what Slack says about a new connection.
type hello struct {
	life    time.Duration // Slack's estimate
	surplus bool          // there are more connections than ours
}

// open returns a connection that is up.
func (l *line) open(ctx, intake context.Context, app string) (*conn, error) {
	l.s.links.Add(1)
	c, err := l.dial(ctx, app)
	if err != nil {
		l.s.links.Add(-1)
		return nil, err
	}
	go l.read(intake, c)
	select {
	case <-c.greeted:
		return c, nil
	case <-c.lost:
		err = errNoHello
		if c.crowded.Load() {
			err = errCrowded
		}
	case <-time.After(helloWait):
		err = errNoHello
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.close()
	return nil, err
}

// address asks Slack for the address of a websocket, and waits while Slack has asked to: a connection that ends as soon
// as it is up must not flood Slack with calls.
func (l *line) address(ctx context.Context) (string, error) {
	if err := l.opens.Wait(ctx); err != nil {
		return "", err
	}
	const method = slackapi.OpenSocket
	pace := l.s.slack.Pace // shared: a Retry-After for one line holds for the other
	for at := pace.Ready(method, ""); time.Now().Before(at); at = pace.Ready(method, "") {
		if slackapi.Sleep(ctx, time.Until(at)); ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	_, url, err := l.s.slack.API().StartSocketModeContext(ctx)
	if slackapi.AskedToWait(err) > 0 {
		pace.Heard(method, err)
	}
	return url, err
}

// dial opens a websocket.
func (l *line) dial(ctx context.Context, app string) (*conn, error) {
	url, err := l.address(ctx)
	if err != nil {
		return nil, err
	}
	o := l.s.slack.Options()
	dialer := &websocket.Dialer{
		NetDialContext: o.DialSocket, NetDialTLSContext: o.DialSocketTLS,
		HandshakeTimeout: slackapi.SocketTimeout, WriteBufferSize: ackBuffer,
	}
	ws, _, err := dialer.DialContext(ctx, url, http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		return nil, err
	}
	c := &conn{
		ws: ws, app: app,
		mute: make(chan struct{}), greeted: make(chan struct{}), lost: make(chan struct{}), ended: make(chan struct{}),
	}
	var writing sync.Mutex
	c.write = func(frame []byte) error {
		writing.Lock()
		defer writing.Unlock()
		_ = ws.SetWriteDeadline(time.Now().Add(writeWithin))
		err := ws.WriteMessage(websocket.TextMessage, frame)
		if err != nil { // then all others fail
			c.mutes()
		}
		return err
	}
	ws.SetReadLimit(maxFrame)
	ws.SetPingHandler(func(text string) error {
		c.alive()
		if ws.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(writeWithin)) != nil {
			c.mutes()
		}
		return nil
	})
	c.alive()
	return c, nil
}

// alive notes that something came. Without a frame or a ping for a while, the next read fails.
func (c *conn) alive() { _ = c.ws.SetReadDeadline(time.Now().Add(silence)) }

// mutes notes that c cannot write.
func (c *conn) mutes() {
	c.muting.Do(func() { close(c.mute) })
	c.lose()
}

func (c *conn) lose() { c.losing.Do(func() { close(c.lost) }) }

// close ends c. What it may have lost is acknowledged over another.
func (c *conn) close() {
	_ = c.ws.Close()
	<-c.ended
}

// read takes what comes over c until it ends, which is after Slack has said that it will: what is on its way then is
// not lost. It only queues, for what waits in the network is acknowledged late.
func (l *line) read(intake context.Context, c *conn) {
	defer close(c.ended)
	defer l.s.links.Add(-1)
	defer c.ws.Close()
	defer c.lose()
	defer l.s.acks.ended(c)
	var frame bytes.Buffer
	for {
		_, r, err := c.ws.NextReader()
		if err == nil {
			frame.Reset()
			_, err = frame.ReadFrom(r)
		}
		if errors.Is(err, websocket.ErrReadLimit) {
			l.unreadable("it is larger than 1 MB, so the connection is closed and opened again")
		}
		if err != nil {
			return
		}
		c.alive()
		f, err := decode.Open(frame.Bytes())
		switch {
		case err != nil:
			l.unreadable("it is no JSON")
		case f.Type == decode.Hello:
			l.greet(c, f)
		case f.Type == decode.Disconnect:
			c.crowded.Store(f.Reason == crowded)
			l.s.acks.leaves(c)
			c.lose()
		case intake.Err() == nil:
			l.take(c, f)
		}
		if frame.Cap() > keptBuffer {
			frame = bytes.Buffer{}
		}
	}
}

// greet handles a hello: c is up.
func (l *line) greet(c *conn, f decode.Frame) {
	life, connections := f.Greeting()
	said := hello{life: usualLife}
	if connections > 0 {
		said.surplus = l.s.surplus(connections)
	}
	if life > 0 {
		said.life = time.Duration(life) * time.Second
	}
	l.s.acks.stands(c)
	l.up()
	select {
	case <-c.greeted: // once is enough
	default:
		c.said = said
		close(c.greeted)
	}
}

// take queues what a frame says.
func (l *line) take(c *conn, f decode.Frame) {
	in := decode.Decode(f)
	in.Received = time.Now()
	id := f.ID
	if !l.s.queue.add(Job{In: in, Ack: func(payload any) error {
		if id == "" {
			return errNoID
		}
		return l.s.acks.send(c, id, payload, in.Received)
	}}) {
		l.s.meter.Envelopes.WithLabelValues(string(in.Kind), health.EndedUntaken).Inc()
	}
}

// unreadable counts a frame of which nothing can be read.
func (l *line) unreadable(why string) {
	l.s.log.Error("a frame could not be read", "line", l.name, "why", why)
	l.s.meter.Envelopes.WithLabelValues(string(form.Nothing), health.EndedUnread).Inc()
}
