package sandbox

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// pageBeat is how often a page is asked whether it is still there, and pageSilence how long it may say nothing.
	pageBeat    = 15 * time.Second
	pageSilence = 45 * time.Second
)

// pageLive sends "changed" whenever something did, and once at the start, for a page that connects again may have
// missed something; the page then asks for the state. It is a websocket because browsers open only six streams of HTTP
// to one host, which a few tabs would use up. It ends with the workspace.
func (w *Workspace) pageLive(rw http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }} // guarded has looked at the origin
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	changed, stop := w.Watch()
	defer stop()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		heard := func(string) error { return conn.SetReadDeadline(time.Now().Add(pageSilence)) }
		conn.SetReadLimit(512)
		conn.SetPongHandler(heard)
		for err := heard(""); err == nil; {
			_, _, err = conn.NextReader()
		}
	}()
	beat := time.NewTicker(pageBeat)
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
		case <-w.done:
			_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
			return
		case <-changed:
			kind, text = websocket.TextMessage, []byte("changed")
		case <-beat.C:
			kind, text = websocket.PingMessage, nil
		}
	}
}
