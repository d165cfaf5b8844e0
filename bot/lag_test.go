package bot

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A wire carries connections to the workspace as a real network does: each way takes a while,
// and what was on its way when one end closed a socket never arrives at the other.
type wire struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	lag  time.Duration
	// cut makes the next write to an open socket fail, and that connection's every write from then on.
	cut atomic.Bool
}

func (w *wire) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	there, err := w.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if w.lag == 0 {
		return &cutting{Conn: there, w: w}, nil
	}
	here, relay := net.Pipe()
	c := &cutting{Conn: here, w: w}
	go w.carry(relay, there, &c.socket)
	go w.carry(there, relay, &c.socket)
	return c, nil
}

// parcel is what one write brought, and when it arrives.
type parcel struct {
	b   []byte
	due time.Time
}

func (w *wire) carry(from, to net.Conn, loses *atomic.Bool) {
	way := make(chan parcel, 1<<10)
	var lost atomic.Bool
	var wg sync.WaitGroup
	wg.Go(func() {
		for p := range way {
			if time.Sleep(time.Until(p.due)); lost.Load() {
				continue
			}
			if _, err := to.Write(p.b); err != nil {
				lost.Store(true)
			}
		}
	})
	for {
		b := make([]byte, 64<<10)
		n, err := from.Read(b)
		if n > 0 {
			way <- parcel{b[:n], time.Now().Add(w.lag)}
		}
		if err != nil {
			break
		}
	}
	lost.Store(loses.Load())
	close(way)
	wg.Wait()
	_ = to.Close()
	_ = from.Close()
}

// cutting is the bot's end.
type cutting struct {
	net.Conn
	w      *wire
	socket atomic.Bool // it speaks Socket Mode
	dead   atomic.Bool
}

func (c *cutting) Write(b []byte) (int, error) {
	if len(b) > 9 && string(b[:9]) == "GET /link" {
		c.socket.Store(true)
	} else if c.socket.Load() && c.w.cut.CompareAndSwap(true, false) {
		c.dead.Store(true)
	}
	if c.dead.Load() {
		return 0, &net.OpError{Op: "write", Net: "pipe", Err: net.ErrClosed}
	}
	return c.Conn.Write(b)
}
