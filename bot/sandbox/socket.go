package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"

	"github.com/gorilla/websocket"
)

const (
	// pingEvery is how often a socket is pinged. Clients give up after 30 s without
	// (docs.slack.dev/apis/events-api/using-socket-mode).
	pingEvery = 25 * time.Second
	// maxSockets an app may have open at once (section 1.5).
	maxSockets = 10
	// refreshGrace is how long a socket lives after its disconnect frame (section 1.4).
	refreshGrace = 10 * time.Second
	// ticketLife is how long the address of apps.connections.open can be dialled; ours, the platform names no number.
	ticketLife = 30 * time.Second
	// socketLife is what hello says of a connection's life (section 1.2: real samples). At its end comes a refresh.
	socketLife = 18060 * time.Second
	// maxAck is the size from which on an acknowledgement is dropped in silence (section 1.3).
	maxAck = 20480
	// writeWithin is how long a client may take no bytes before it is cut off; ours.
	writeWithin = 10 * time.Second
	// maxQueue of frames to one socket; a client that far behind is cut off.
	maxQueue = 16384
)

// link is the app's end of Socket Mode.
type link struct {
	sockets []*socket // open ones, oldest first
	next    int       // whose turn it is
	tickets map[string]time.Time
	pending map[string]*pending // by envelope id
	past    []*pending          // settled ones, to recognise late acknowledgements
}

// socket is one Socket Mode connection.
type socket struct {
	conn    *websocket.Conn
	frames  *fragments
	out     chan outgoing
	done    chan struct{} // closed when the socket is to end; guarded by ended
	ended   bool          // guarded by the workspace's lock
	leaving bool          // told to disconnect: gets no new payloads
}

// outgoing is a frame on its way, and the envelope in it, if there is one.
type outgoing struct {
	frame []byte
	of    *pending
	flood int // bytes of a frame that is made while it is sent
}

// connectionsOpen gives a single-use address.
func (w *Workspace) connectionsOpen(c *call) (kit.Obj, *rules.Refusal) {
	if !w.world.App.Settings.SocketMode {
		return nil, rules.No("forbidden_team") // what the platform answers here is not documented
	}
	w.grants.host = c.host
	for t, end := range w.link.tickets {
		if c.now.After(end) {
			delete(w.link.tickets, t)
		}
	}
	ticket := rand.Text()
	w.link.tickets[ticket] = c.now.Add(ticketLife)
	w.given(&w.keys.given.Tickets, ticket)
	return kit.Obj{"url": "ws://" + c.host + "/link/?ticket=" + ticket + "&app_id=" + w.world.IDs.App}, nil
}

// serveLink is the Socket Mode end of a connection, for as long as it lasts.
func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	f, c := w.faultFor("socket"), &call{method: "socket", args: kit.Obj{}, now: time.Now()}
	if w.failBefore(rw, c, f) || w.failAfter(rw, c, f) {
		return
	}
	ticket := r.URL.Query().Get("ticket")
	w.mu.Lock()
	end, ok := w.link.tickets[ticket]
	delete(w.link.tickets, ticket)
	w.mu.Unlock()
	if !ok || time.Now().After(end) {
		http.Error(rw, "invalid ticket", http.StatusUnauthorized)
		return
	}
	s := &socket{out: make(chan outgoing, maxQueue), done: make(chan struct{}), frames: &fragments{}}
	up := websocket.Upgrader{
		CheckOrigin:    func(*http.Request) bool { return true }, // clients send the platform's own origin
		ReadBufferSize: 4096, WriteBufferSize: 32 << 10,
	}
	conn, err := up.Upgrade(hijacker{rw, s.frames}, r, nil)
	if err != nil {
		return
	}
	s.conn = conn
	if !w.join(s) {
		_ = conn.WriteMessage(websocket.TextMessage, disconnect("too_many_websockets"))
		_ = conn.Close()
		return
	}
	go s.write(w)
	s.read(w)
	w.With(func(Held) { w.end(s) })
	w.life.work.Done()
}

// disconnect is the frame that tells a socket to go.
func disconnect(reason string) []byte {
	return kit.JSON(kit.Obj{"type": "disconnect", "reason": reason, "debug_info": kit.Obj{"host": "applink-sandbox"}})
}

// join makes s one of the open sockets and says hello; false if there are too many already. It counts two goroutines.
func (w *Workspace) join(s *socket) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over() || len(w.link.sockets) >= maxSockets {
		return false
	}
	w.life.work.Add(2)
	w.link.sockets = append(w.link.sockets, s)
	w.ledger.stats.Connections++
	hello := kit.JSON(kit.Obj{
		"type": "hello", "num_connections": len(w.link.sockets), "connection_info": kit.Obj{"app_id": w.world.IDs.App},
		"debug_info": kit.Obj{
			"host": "applink-sandbox", "started": time.Now().UTC().Format("2006-01-02 15:04:05.000"),
			"build_number": 54, "approximate_connection_time": int(socketLife / time.Second),
		},
	})
	if odd := w.faults.Odd; odd != nil {
		hello = odd("hello", hello)
	}
	s.send(w, hello, nil)
	return true
}

// send queues a frame, and the envelope in it, with the lock held.
func (s *socket) send(w *Workspace, frame []byte, of *pending) {
	select {
	case s.out <- outgoing{frame: frame, of: of}:
	default:
		w.end(s)
	}
}

// end closes s, with the lock held.
func (w *Workspace) end(s *socket) {
	if s.ended {
		return
	}
	s.ended = true
	close(s.done)
	_ = s.conn.Close() // frees a writer whose client does not read
	w.link.sockets = slices.DeleteFunc(w.link.sockets, func(t *socket) bool { return t == s })
}

// write sends what is queued, and pings. It closes the connection, which ends read.
func (s *socket) write(w *Workspace) {
	defer w.life.work.Done()
	defer s.conn.Close()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	life := time.NewTimer(socketLife)
	defer life.Stop()
	for {
		var err error
		select {
		case <-s.done:
			return
		case <-life.C:
			w.With(func(Held) { w.refresh(s) })
		case f := <-s.out:
			_ = s.conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if f.flood > 0 {
				err = s.flood(f.flood)
				break
			}
			err = s.conn.WriteMessage(websocket.TextMessage, f.frame)
			if f.of != nil && err == nil {
				w.With(func(Held) { f.of.written = true })
			}
		case <-ping.C:
			text := []byte("Ping from applink-sandbox")
			err = s.conn.WriteControl(websocket.PingMessage, text, time.Now().Add(time.Second))
		}
		if err != nil {
			w.With(func(Held) { w.end(s) })
			return
		}
	}
}

// Flood sends a frame of n bytes of nothing over the oldest socket.
func (w *Workspace) Flood(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.link.sockets) > 0 {
		w.link.sockets[0].out <- outgoing{flood: n}
	}
}

// flood makes the frame piece by piece.
func (s *socket) flood(n int) error {
	frame, err := s.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	for piece := bytes.Repeat([]byte(" "), 32<<10); err == nil && n > 0; n -= len(piece) {
		_ = s.conn.SetWriteDeadline(time.Now().Add(writeWithin))
		_, err = frame.Write(piece[:min(n, len(piece))])
	}
	return errors.Join(err, frame.Close())
}

// read takes acknowledgements until the connection ends.
func (s *socket) read(w *Workspace) {
	for {
		kind, b, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		fragmented := s.frames.next()
		if kind != websocket.TextMessage {
			continue
		}
		var a struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		bad := json.Unmarshal(b, &a) != nil || a.ID == ""
		w.mu.Lock()
		switch {
		case len(b) >= maxAck:
			w.violation("an acknowledgement of %d bytes was dropped: the limit is %d", len(b), maxAck)
		case fragmented:
			w.violation("an acknowledgement in fragments was dropped: the client's write buffer is too small")
		case bad:
			w.violation("a frame without envelope_id was dropped")
		default:
			w.acked(s, a.ID, a.Payload, b)
		}
		w.mu.Unlock()
	}
}

// Refresh tells the i-th oldest socket that it will be dropped, as the platform does every few hours, and drops it ten
// seconds later. From now on it gets no new payloads. Those that have been told are not counted. Without such a socket
// nothing happens.
func (w *Workspace) Refresh(i int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.link.sockets {
		if s.leaving {
			continue
		}
		if i == 0 {
			w.refresh(s)
			return
		}
		i--
	}
}

// refresh sends s its disconnect frame, with the lock held.
func (w *Workspace) refresh(s *socket) {
	if s.leaving || s.ended {
		return
	}
	w.ledger.stats.Refreshes++
	reason := "refresh_requested"
	if w.ledger.stats.Refreshes%2 == 0 {
		reason = "warning" // both are seen; an app has to take both
	}
	w.part(s, reason)
}

// part tells s why it will be dropped, and drops it after the grace, with the lock held.
func (w *Workspace) part(s *socket, reason string) {
	if s.leaving || s.ended {
		return
	}
	s.leaving = true
	s.send(w, disconnect(reason), nil)
	w.life.work.Go(func() {
		t := time.NewTimer(refreshGrace)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.done:
			return
		}
		w.With(func(Held) { w.end(s) })
	})
}

// DropSockets ends all connections at once, without a word.
func (w *Workspace) DropSockets() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range slices.Clone(w.link.sockets) {
		w.end(s)
	}
}
