package socket

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"stepin/bot/health"
	"stepin/bot/slackapi"
)

// A line is one of the two connections. It is renewed by a newer one before Slack ends it.
type line struct {
	s     *Sockets
	name  string
	begin float64       // the part of its life after which a connection is renewed that replaces a lost one
	renew chan struct{} // holds one value while a line renews: the lines never renew at the same time
	opens *rate.Limiter
	fresh chan struct{} // receives a value when the app-level token has changed
	up    func()        // called at each hello
	fail  func(error)
}

// run keeps one connection, and replaces it, until ctx ends.
func (l *line) run(ctx, intake context.Context) {
	var old sync.WaitGroup // connections that have been replaced
	defer old.Wait()
	part := l.begin // keeps the lines half a life apart, also if both were lost at once
	cur := l.connect(ctx, intake)
	for cur != nil {
		var next *conn
		switch l.wait(ctx, cur, part) {
		case over:
			cur.close()
			return
		case lost:
			next, part = l.connect(ctx, intake), l.begin
		case due:
			next, part = l.renewed(ctx, intake), lastPart
			<-l.renew
			if next == nil {
				part = againPart
				if cur.app != l.s.slack.Tokens().App {
					poke(l.fresh)
				}
			}
		}
		if next != nil {
			last := cur
			old.Go(func() { l.retire(ctx, last) })
			cur = next
		}
	}
}

// What ends a wait.
type turn int

const (
	over turn = iota // ctx has ended
	lost             // the connection must be replaced
	due              // it is to be renewed; l.renew holds a value
)

// wait returns once cur must be replaced, or ctx ends.
func (l *line) wait(ctx context.Context, cur *conn, part float64) turn {
	renewal := time.Duration(float64(cur.said.life) * part)
	if cur.said.surplus && !l.s.health.Holds(health.TokenShared) { // only another hello tells whether it lasts
		renewal = min(renewal, surplusFor)
	}
	timer := time.NewTimer(renewal)
	defer timer.Stop()
	var renew chan struct{} // l.renew once it is time
	for {
		select {
		case <-timer.C:
			renew = l.renew
		case <-l.fresh:
			if cur.app != l.s.slack.Tokens().App { // else cur was renewed meanwhile
				renew = l.renew
			}
		case renew <- struct{}{}:
			return due
		case <-cur.lost:
			return lost
		case <-ctx.Done():
			return over
		}
	}
}

// renewed is connect for a connection that can stay if no other comes.
func (l *line) renewed(ctx, intake context.Context) *conn {
	ctx, cancel := context.WithTimeout(ctx, helloWait)
	defer cancel()
	return l.connect(ctx, intake)
}

// connect tries until a connection is up. It returns nil once ctx has ended.
func (l *line) connect(ctx, intake context.Context) *conn {
	for pause := firstPause; ; pause = min(2*pause, refusedPause) {
		app := l.s.slack.Tokens().App
		c, err := l.open(ctx, intake, app)
		switch {
		case err == nil:
			return c
		case ctx.Err() != nil:
			return nil
		case app != l.s.slack.Tokens().App: // the token has changed meanwhile
			continue
		case slackapi.SocketRefusal(err) != nil:
			pause = refusedPause
			l.refused(err)
		default:
			if errors.Is(err, errCrowded) {
				pause = max(pause, crowdedPause)
			}
			if !l.s.health.Holds(health.NoConnection) {
				l.notConnected(err)
			}
		}
		select {
		case <-time.After(pause):
		case <-l.fresh:
		case <-ctx.Done():
			return nil
		}
	}
}

// retire lets Slack end a connection that has been replaced. If we closed it, an envelope on its way would be lost.
func (l *line) retire(ctx context.Context, c *conn) {
	defer c.close()
	select {
	case <-c.ended:
	case <-c.mute: // what still arrives over it could only be answered over another
	case <-time.After(time.Duration(overstay * float64(c.said.life))): // or old connections would add up
	case <-ctx.Done():
	}
}

// refused handles that Slack gives no address until an operator acts. At the start this ends stepin, and so does an
// expired token that only a new start can replace. Otherwise it is reported, and stepin goes on.
func (l *line) refused(err error) {
	cause, code := slackapi.SocketCause(err)
	if !l.s.isReady() || slackapi.Expired(err) && !l.s.watched {
		if l.s.isReady() {
			l.s.health.Last(cause, "says", code)
		}
		l.fail(slackapi.SocketRefusal(err))
		return
	}
	l.s.health.Begin(cause, "says", code)
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
