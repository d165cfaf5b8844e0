package sandbox

import (
	"io"
	"math"
	"net"
	"net/http"
	"slices"
	"time"

	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/rules"
)

// FaultKind is a way to fail.
type FaultKind int

// The ways to fail. Those with After in their name do the work first, as do those whose comment says so.
const (
	noFault         FaultKind = iota - 1
	RateLimited               // 429 with Retry-After: Fault.After, rounded up to seconds (1 if 0)
	ServerError               // 503 without a body of ours
	ErrorCode                 // {"ok":false,"error":Fault.Code}, nothing done
	EmptyOK                   // {"ok":false} and nothing else
	ResetBefore               // the connection is reset, nothing done
	ResetAfter                // the work is done, then the connection is reset
	Slow                      // done, but only after Fault.After
	Garbage                   // done, then a body that is no JSON
	ErrorAfter                // done, then {"ok":false,"error":Fault.Code}
	RateLimitedBare           // 429 without Retry-After
	BareOK                    // done, then {"ok":true} and nothing else
	Late                      // the connection is reset at once, and it is done after Fault.After
)

// Fault is an order to fail.
type Fault struct {
	// Method is a Web API method, "response_url", "upload" (to an upload URL), "socket" (the websocket handshake),
	// or "" for any but the last.
	Method string
	Skip   int           // so many calls go well first
	Count  int           // then so many fail; 0 stands for 1, below 0 all
	Kind   FaultKind     // how
	After  time.Duration // for RateLimited, Slow and Late
	Code   string        // for ErrorCode and ErrorAfter; "" stands for internal_error
}

// Behaviour is how the platform behaves where its documentation says nothing, or where an app must not rely on it. Its
// zero value is the usual one.
type Behaviour struct {
	Redeliver  bool          // every envelope comes twice, with the same ids
	HistoryLag time.Duration // history and replies show a message only so long (real time) after it was sent
	ClockAhead time.Duration // the platform's clock, as its answers tell it in their Date, is ahead of the workspace's
	// OpenLostReplies sends a reply to a root that is gone to the conversation itself, as field reports have it. The
	// documentation has it refused.
	OpenLostReplies bool
	// IgnoreElsewhere drops an acknowledgement over another socket than the envelope's. Stats.Elsewhere counts them
	// either way.
	IgnoreElsewhere bool
	// Windows counts the calls of a method in windows of a minute, so that a Retry-After can be nearly as long.
	Windows bool
	// IgnoreLeaving drops, without a word, an acknowledgement over a socket that was told to disconnect, as one that
	// was still in the buffers of a connection when that was closed.
	IgnoreLeaving bool
	// Odd, if set, changes what the platform sends, which may not be as it is documented: an envelope, for which
	// method is "", a "hello", and the answer of a method.
	Odd func(method string, sent []byte) []byte
}

// faults are the ways in which the platform fails now.
type faults struct {
	Behaviour
	orders []*fault
}

// fault is an order to fail, and how many calls it has seen.
type fault struct {
	Fault
	seen int
}

// Behave changes how the platform behaves.
func (w *Workspace) Behave(change func(*Behaviour)) {
	w.With(func(Held) { change(&w.faults.Behaviour) })
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
	w.faults.orders = append(w.faults.orders, &fault{Fault: f})
}

// Mend takes all orders to fail back.
func (w *Workspace) Mend() {
	w.With(func(Held) { w.faults.orders = nil })
}

// faultFor is the fault that this call of method meets; its kind is noFault if it meets none.
func (w *Workspace) faultFor(method string) Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, f := range w.faults.orders {
		if f.Method != method && (f.Method != "" || method == "socket") {
			continue
		}
		f.seen++
		if f.seen <= f.Skip {
			continue
		}
		if f.Count > 0 && f.seen >= f.Skip+f.Count {
			w.faults.orders = slices.Delete(slices.Clone(w.faults.orders), i, i+1)
		}
		return f.Fault
	}
	return Fault{Kind: noFault}
}

// failBefore plays a fault that does no work; it reports whether it answered.
func (w *Workspace) failBefore(rw http.ResponseWriter, c *call, f Fault) bool {
	switch f.Kind {
	case RateLimited, RateLimitedBare:
		w.mu.Lock()
		wait, through := 0, false
		if f.Kind == RateLimited {
			if wait, through = w.limits.Left(c.now, c.method); wait == 0 {
				wait = max(1, int(math.Ceil(f.After.Seconds())))
				w.limits.Hold(c.now, c.method, wait)
			}
		}
		out := w.limited(rw.Header(), c, wait, through)
		w.mu.Unlock()
		w.reply(rw, c, http.StatusTooManyRequests, kit.JSON(out))
	case ServerError:
		w.note(c, http.StatusServiceUnavailable, nil)
		http.Error(rw, "upstream connect error", http.StatusServiceUnavailable)
	case ErrorCode:
		w.reply(rw, c, http.StatusOK, kit.JSON(failed(rules.No(f.Code))))
	case EmptyOK:
		w.reply(rw, c, http.StatusOK, kit.JSON(kit.Obj{"ok": false}))
	case ResetBefore:
		w.note(c, 0, nil)
		reset(rw)
	default:
		return false
	}
	return true
}

// failAfter plays a fault once the work is done; it reports whether it answered.
func (w *Workspace) failAfter(rw http.ResponseWriter, c *call, f Fault) bool {
	switch f.Kind {
	case ResetAfter:
		w.note(c, 0, nil)
		reset(rw)
	case Garbage:
		w.note(c, http.StatusOK, kit.JSON("garbage"))
		_, _ = io.WriteString(rw, "<html><body>Something went wrong</body>")
	case ErrorAfter:
		w.reply(rw, c, http.StatusOK, kit.JSON(failed(rules.No(f.Code))))
	case BareOK:
		w.reply(rw, c, http.StatusOK, kit.JSON(kit.Obj{"ok": true}))
	case Slow:
		w.pause(f.After)
		return false
	default:
		return false
	}
	return true
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

// SetScope gives the app's bot token a scope, or takes one away as somebody does under OAuth & Permissions.
func (w *Workspace) SetScope(scope string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	has := slices.Clone(w.world.App.OAuth.Scopes.Bot)
	has = slices.DeleteFunc(has, func(s string) bool { return s == scope })
	if on {
		has = append(has, scope)
	}
	w.world.App.OAuth.Scopes.Bot = has
}

// SwitchSocketMode switches Socket Mode on or off in the app's settings. Off, the open sockets are told so, and end.
func (w *Workspace) SwitchSocketMode(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.world.App.Settings.SocketMode = on
	for _, s := range slices.Clone(w.link.sockets) {
		if !on {
			w.part(s, "link_disabled")
		}
	}
}
