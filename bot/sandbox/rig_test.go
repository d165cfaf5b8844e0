package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
	"stepin/bot/sandbox/kit"
	"stepin/bot/sandbox/page"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

type obj = kit.Obj

// Short names for what tests read out of answers.
var str, object, list, mustJSON = kit.Str, kit.Object, kit.List, kit.JSON

const testManifest = `{
	"display_information": {"name": "stepin"},
	"features": {
		"app_home": {"home_tab_enabled": true, "messages_tab_enabled": true, "messages_tab_read_only_enabled": true},
		"bot_user": {"display_name": "stepin"},
		"slash_commands": [{"command": "/stepin", "should_escape": true}, {"command": "/plain"}],
		"shortcuts": [{"name": "Step in", "type": "global", "callback_id": "pause"}]
	},
	"oauth_config": {"scopes": {"bot": ["commands", "chat:write", "im:write", "im:history", "users:read", "channels:history"]}},
	"settings": {
		"event_subscriptions": {"bot_events": ["app_home_opened", "message.channels"]},
		"interactivity": {"is_enabled": true}, "socket_mode_enabled": true
	}
}`

const (
	sam   = "U0SAM001"
	dana  = "U0DANA01"
	deals = "C0DEALS1"
)

// config is what a rig's workspace and its page are made of.
type config struct {
	sandbox.Config
	page page.Config
}

// rig is a workspace and an app that talks to it by slack-go.
type rig struct {
	t    *testing.T
	w    *hands.Workspace
	api  *slack.Client
	dial func(context.Context, string, string) (net.Conn, error)
	base string
	stop []func()

	mu   sync.Mutex
	seen []socketmode.Event // envelopes, in order
}

// newRig starts a workspace in memory. It must be closed before the bubble ends.
func newRig(t *testing.T, change func(*config)) *rig {
	t.Helper()
	p := sandbox.NewPipe()
	return startRig(t, change, p, p.Dial, "sandbox")
}

// newLoopback starts a workspace on a port of this machine.
func newLoopback(t *testing.T) *rig {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := startRig(t, nil, l, (&net.Dialer{}).DialContext, l.Addr().String())
	t.Cleanup(r.close)
	return r
}

func startRig(t *testing.T, change func(*config), l net.Listener, dial func(context.Context, string, string) (net.Conn, error), host string) *rig {
	t.Helper()
	cfg := config{Config: sandbox.Config{Manifest: []byte(testManifest)}}
	if change != nil {
		change(&cfg)
	}
	w, err := hands.New(cfg.Config)
	if err != nil {
		t.Fatal(err)
	}
	w.Mount(page.New(w, cfg.page))
	r := &rig{t: t, w: w, dial: dial, base: "http://" + host}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- w.Serve(ctx, l) }()
	r.api = slack.New(w.BotToken(), slack.OptionAPIURL(r.base+"/api/"), slack.OptionAppLevelToken(w.AppToken()),
		slack.OptionHTTPClient(r.http()))
	r.stop = append(r.stop, func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return r
}

func (r *rig) http() *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{DialContext: r.dial, DisableKeepAlives: true}}
}

func (r *rig) close() {
	for i := len(r.stop) - 1; i >= 0; i-- {
		r.stop[i]()
	}
}

// connect opens a Socket Mode connection whose envelopes go to handle; nil acknowledges each.
func (r *rig) connect(handle func(*socketmode.Client, socketmode.Event)) *socketmode.Client {
	r.t.Helper()
	c := socketmode.New(r.api, socketmode.OptionDialer(&websocket.Dialer{NetDialContext: r.dial, WriteBufferSize: 32 << 10}))
	if handle == nil {
		handle = func(c *socketmode.Client, e socketmode.Event) { ack(c, e, nil) }
	}
	ctx, cancel := context.WithCancel(context.Background())
	hello := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() { _ = c.RunContext(ctx) })
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-c.Events:
				switch e.Type {
				case socketmode.EventTypeHello:
					select {
					case hello <- struct{}{}:
					default:
					}
				case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
					r.mu.Lock()
					r.seen = append(r.seen, e)
					r.mu.Unlock()
					handle(c, e)
				}
			}
		}
	})
	r.stop = append(r.stop, func() {
		cancel()
		wg.Wait()
	})
	<-hello
	return c
}

func ack(c *socketmode.Client, e socketmode.Event, payload any) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.AckCtx(ctx, e.Request.EnvelopeID, payload)
}

func (r *rig) envelopes() []socketmode.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]socketmode.Event(nil), r.seen...)
}

// call calls a method with JSON, and gives the answer and the status.
func (r *rig) call(method string, args obj) (obj, *http.Response) {
	r.t.Helper()
	return r.callAs(r.w.BotToken(), method, args)
}

func (r *rig) callAs(token, method string, args obj) (obj, *http.Response) {
	r.t.Helper()
	return r.post(r.base+"/api/"+method, token, args)
}

func (r *rig) post(url, token string, args obj) (obj, *http.Response) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(mustJSON(args)))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := r.http().Do(req)
	if err != nil {
		return obj{"error": "transport: " + err.Error()}, nil
	}
	defer resp.Body.Close()
	var out obj
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return obj{"error": "decode: " + err.Error()}, resp
	}
	return out, resp
}

// want calls a method and compares its error; "" wants success.
func (r *rig) want(code, method string, args obj) obj {
	r.t.Helper()
	out, _ := r.call(method, args)
	if got := str(out["error"]); got != code {
		r.t.Fatalf("%s: error %q, want %q; %v", method, got, code, out["response_metadata"])
	}
	return out
}

// trigger gives a fresh trigger of user.
func (r *rig) trigger(user string) string { return r.triggerIn(user, "") }

// triggerIn gives a fresh trigger from inside a modal.
func (r *rig) triggerIn(user, view string) (id string) {
	r.w.With(func(h sandbox.Held) { id = h.Trigger(user, view) })
	return id
}

func (r *rig) open(user string, view obj) hands.View {
	r.t.Helper()
	r.want("", "views.open", obj{"trigger_id": r.trigger(user), "view": view})
	m := r.w.Modals(user)
	return m[len(m)-1]
}

func plain(s string) obj { return obj{"type": "plain_text", "text": s} }

func section(s string) obj { return obj{"type": "section", "text": plain(s)} }

func button(id, text string) obj {
	return obj{"type": "button", "action_id": id, "text": plain(text), "value": "v-" + id}
}

func opt(value, text string) obj { return obj{"text": plain(text), "value": value} }

func field(block, label string, el obj) obj {
	return obj{"type": "input", "block_id": block, "label": plain(label), "element": el}
}

func textField(id string) obj { return obj{"type": "plain_text_input", "action_id": id} }

func modal(blocks ...any) obj {
	return obj{"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Send"), "close": plain("Cancel"), "blocks": blocks}
}

func codeOf(err error) string {
	if t, ok := errors.AsType[*sandbox.Trouble](err); ok {
		return t.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func mustDecode(b []byte, v any) {
	if err := json.Unmarshal(b, v); err != nil {
		panic(err)
	}
}
