package sandbox

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"stepin/bot/sandbox/kit"
)

// fault is an order to fail, and how far it has got.
type fault struct {
	Fault
	seen int
}

// Fail makes calls fail as f says. Orders add up; the first that fits a call decides it.
func (w *Workspace) Fail(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.Count == 0 {
		f.Count = 1
	}
	if f.Code == "" {
		f.Code = "internal_error"
	}
	w.wire.faults = append(w.wire.faults, &fault{Fault: f})
}

// Mend takes all orders to fail back.
func (w *Workspace) Mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.faults = nil
}

// faultFor is the fault that this call of method meets, or nil.
func (w *Workspace) faultFor(method string) *Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.wire.faults {
		if f.Method != method && (f.Method != "" || method == "socket") {
			continue
		}
		f.seen++
		if f.seen <= f.Skip {
			continue
		}
		if f.Count > 0 && f.seen >= f.Skip+f.Count {
			w.wire.faults = append(w.wire.faults[:i:i], w.wire.faults[i+1:]...)
		}
		return &f.Fault
	}
	return nil
}

// failBefore plays a fault that does no work; it tells whether it answered.
func (w *Workspace) failBefore(rw http.ResponseWriter, c *call, f *Fault) bool {
	if f == nil {
		return false
	}
	switch f.Kind {
	case RateLimited, RateLimitedBare:
		if f.Kind == RateLimited {
			w.mu.Lock()
			left, through := w.wire.limits.Left(c.now, c.method)
			if through {
				w.violation("%s was called while its Retry-After was running", c.method)
			}
			if c.wait = left; left == 0 {
				c.wait = max(1, int(math.Ceil(f.After.Seconds())))
				w.wire.limits.Hold(c.now, c.method, c.wait)
			}
			w.mu.Unlock()
			rw.Header().Set("Retry-After", strconv.Itoa(c.wait))
		}
		w.mu.Lock()
		w.wire.stats.Limited++
		w.mu.Unlock()
		w.answer(rw, c, http.StatusTooManyRequests, kit.Obj{"ok": false, "error": "ratelimited"})
	case ServerError:
		w.note(c, http.StatusServiceUnavailable, nil)
		http.Error(rw, "upstream connect error", http.StatusServiceUnavailable)
	case ErrorCode:
		w.answer(rw, c, http.StatusOK, kit.Obj{"ok": false, "error": f.Code})
	case EmptyOK:
		w.answer(rw, c, http.StatusOK, kit.Obj{"ok": false})
	case ResetBefore:
		w.note(c, 0, nil)
		reset(rw)
	default:
		return false
	}
	return true
}

// failAfter plays a fault once the work is done; it tells whether it answered.
func (w *Workspace) failAfter(rw http.ResponseWriter, c *call, f *Fault) bool {
	if f == nil {
		return false
	}
	switch f.Kind {
	case ResetAfter:
		w.note(c, 0, nil)
		reset(rw)
	case Garbage:
		w.note(c, http.StatusOK, kit.JSON("garbage"))
		rw.WriteHeader(http.StatusOK)
		fmt.Fprint(rw, "<html><body>Something went wrong</body>")
	case ErrorAfter:
		w.answer(rw, c, http.StatusOK, kit.Obj{"ok": false, "error": f.Code})
	case BareOK:
		w.answer(rw, c, http.StatusOK, kit.Obj{"ok": true})
	case Slow:
		w.pause(f.After)
		return false
	default:
		return false
	}
	return true
}

// pause waits in real time, unless the workspace is closed.
func (w *Workspace) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.done:
	}
}

// reset ends the connection at once: by a TCP reset where there is TCP, by end of file in memory.
func reset(rw http.ResponseWriter) {
	h, ok := rw.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = conn.Close()
}

// Redeliver makes every envelope come twice, with the same ids.
func (w *Workspace) Redeliver(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.redeliver = on
}

// HistoryLag makes conversations.history and conversations.replies show a post only d (real time) after it was made.
func (w *Workspace) HistoryLag(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.lag = d
}

// ClockAhead sets the platform's clock, as its answers tell it in their Date, apart from the workspace's.
func (w *Workspace) ClockAhead(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.ahead = d
}

// TakeScope takes a scope away from the app's bot token, as somebody does under OAuth & Permissions; Grant gives one.
func (w *Workspace) TakeScope(scope string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.app.OAuth.Scopes.Bot = slices.DeleteFunc(slices.Clone(w.app.OAuth.Scopes.Bot), func(s string) bool { return s == scope })
}

// Grant gives the app's bot token a scope.
func (w *Workspace) Grant(scope string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.app.HasScope(scope) {
		w.app.OAuth.Scopes.Bot = append(slices.Clone(w.app.OAuth.Scopes.Bot), scope)
	}
}

// SwitchSocketMode switches Socket Mode on or off in the app's settings. Off, the open sockets are told so, and end.
func (w *Workspace) SwitchSocketMode(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.app.Settings.SocketMode = on
	for _, s := range slices.Clone(w.wire.sockets) {
		if !on {
			w.part(s, "link_disabled")
		}
	}
}

// LostThreads says what becomes of a reply to a root that is gone: it is refused, as at first and as the documentation
// has it, or said in the conversation itself, as field reports have it.
func (w *Workspace) LostThreads(inTheOpen bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.astray = inTheOpen
}

// AckElsewhere says whether an acknowledgement over another socket than the envelope's counts. The platform's
// documentation does not tell; at first it counts. Stats.Elsewhere counts them either way.
func (w *Workspace) AckElsewhere(counts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.elsewhere = !counts
}

// AckLeaving says whether an acknowledgement counts that comes over a socket which has been told to disconnect. The
// platform's documentation does not tell; at first it counts, as long as the socket is open. Where it does not count it
// is lost in silence, as one is that was still in the buffers of a connection when that was closed.
func (w *Workspace) AckLeaving(counts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wire.deaf = !counts
}
