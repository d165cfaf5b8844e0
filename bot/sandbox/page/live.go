package page

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// beatEvery is how often a page is asked whether it is still there, and mostSilence how long it may say nothing.
	beatEvery   = 15 * time.Second
	mostSilence = 45 * time.Second
	// writeWithin is how long a page may take no bytes before it is cut off.
	writeWithin = 10 * time.Second
)

// live sends "changed" whenever something did, and once at the start, for a page that connects again may have
// missed something; the page then asks for the state. It is a websocket because browsers open only six streams of HTTP
// to one host, which a few tabs would use up. It ends with the workspace.
func (p *page) live(rw http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // guard has looked at the origin
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	changed, stop := p.ws.Watch()
	defer stop()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		heard := func(string) error { return conn.SetReadDeadline(time.Now().Add(mostSilence)) }
		conn.SetReadLimit(512)
		conn.SetPongHandler(heard)
		for err := heard(""); err == nil; {
			_, _, err = conn.NextReader()
		}
	}()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for kind, text := websocket.TextMessage, []byte("changed"); ; {
		if err := conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return
		}
		if err := conn.WriteMessage(kind, text); err != nil {
			return
		}
		select {
		case <-gone:
			return
		case <-p.ws.Done():
			goodbye := websocket.FormatCloseMessage(websocket.CloseGoingAway, "")
			_ = conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second))
			return
		case <-changed:
			kind, text = websocket.TextMessage, []byte("changed")
		case <-beat.C:
			kind, text = websocket.PingMessage, nil
		}
	}
}
