package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stepin/bot"
	"stepin/bot/sandbox"
)

// workspace serves a make-believe workspace on loopback whose app has this manifest, and
// gives the environment in which stepin finds it.
func workspace(t *testing.T, edit func(manifest string) string) map[string]string {
	t.Helper()
	m, err := bot.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	w, err := sandbox.New(sandbox.Config{Manifest: []byte(edit(string(m)))})
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := w.Serve(ctx, l); err != nil && ctx.Err() == nil && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		stop()
		wg.Wait()
	})
	return map[string]string{
		"SLACK_BOT_TOKEN": w.BotToken(), "SLACK_APP_TOKEN": w.AppToken(),
		"SLACK_API_URL": "http://" + l.Addr().String() + "/api/", "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
	}
}

func asIs(manifest string) string { return manifest }

// Each fault of the other side has its own line and its remedy.
func TestCheckAndServe(t *testing.T) {
	without := func(old, anew string) func(string) string {
		return func(m string) string {
			if !strings.Contains(m, old) {
				t.Fatalf("no %s in the manifest", old)
			}
			return strings.Replace(m, old, anew, 1)
		}
	}
	for _, tt := range []struct {
		name   string
		edit   func(string) string
		env    map[string]string
		check  []string // what check tells; nil if all is well
		starts bool     // serve starts all the same
		serve  []string // what serve ends with
	}{
		{name: "all is well", edit: asIs, starts: true},
		{
			name: "a missing scope", edit: without(`"users:read"`, `"emoji:read"`), starts: true,
			check: []string{"FAIL scope users:read", "reinstall the app"},
		},
		{
			name: "Socket Mode is off", edit: without(`"socket_mode_enabled": true`, `"socket_mode_enabled": false`),
			check: []string{"FAIL app token", "Socket Mode"}, serve: []string{"Socket Mode"},
		},
		{
			name: "a bot token that is not valid", edit: asIs, env: map[string]string{"SLACK_BOT_TOKEN": "xoxb-very-secret"},
			check: []string{"FAIL bot token", "SLACK_BOT_TOKEN", "OAuth & Permissions"}, serve: []string{"SLACK_BOT_TOKEN", "OAuth & Permissions"},
		},
		{
			name: "an app token that is not valid", edit: asIs, env: map[string]string{"SLACK_APP_TOKEN": "xapp-very-secret"},
			check: []string{"FAIL app token", "SLACK_APP_TOKEN"}, serve: []string{"SLACK_APP_TOKEN"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars := workspace(t, tt.edit)
			for k, v := range tt.env {
				vars[k] = v
			}
			getenv := func(k string) string { return vars[k] }
			var out, errs bytes.Buffer
			code := run(t.Context(), []string{"check"}, getenv, &out, &errs)
			told(t, "check", out.String()+errs.String(), tt.check)
			if want := min(len(tt.check), 1); code != want {
				t.Errorf("check ends with %d, not %d:\n%s%s", code, want, out.String(), errs.String())
			}
			if tt.starts {
				return // TestServe ends one
			}
			out.Reset()
			errs.Reset()
			if code := run(t.Context(), nil, getenv, &out, &errs); code != 1 {
				t.Errorf("serve ends with %d", code)
			}
			told(t, "serve", errs.String(), tt.serve)
		})
	}
}

func told(t *testing.T, what, text string, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: no %q in:\n%s", what, w, text)
		}
	}
	if strings.Contains(text, "very-secret") || strings.Contains(text, "goroutine ") {
		t.Errorf("%s tells a secret or a stack:\n%s", what, text)
	}
	if len(want) == 0 && strings.Contains(text, "FAIL") {
		t.Errorf("%s complains:\n%s", what, text)
	}
}

// A line is written at most once; whoever waits for one is woken by it.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
	want string
	seen chan struct{}
	once sync.Once
}

func waitFor(want string) *lines { return &lines{want: want, seen: make(chan struct{})} }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.text.Write(b)
	if strings.Contains(l.text.String(), l.want) {
		l.once.Do(func() { close(l.seen) })
	}
	return n, err
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// One stepin at a time: a second is told, and the first ends cleanly when asked to.
func TestServe(t *testing.T) {
	vars := workspace(t, asIs)
	getenv := func(k string) string { return vars[k] }
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	errs := waitFor("connected")
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, nil, getenv, errs, errs) }()
	select {
	case <-errs.seen:
	case code := <-ended:
		t.Fatalf("ended with %d: %s", code, errs)
	}
	var out, second bytes.Buffer
	if code := run(t.Context(), nil, getenv, &out, &second); code != 1 || !strings.Contains(second.String(), "stop it first") {
		t.Errorf("a second one: %d, %s", code, second.String())
	}
	if code := run(t.Context(), []string{"check"}, getenv, &out, &second); code != 0 || !strings.Contains(out.String(), "a stepin runs on") {
		t.Errorf("check beside it: %d, %s", code, out.String())
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d: %s", code, errs)
	}
}

// Whoever ends stepin while Slack is still silent is not told of a fault.
func TestEndedBeforeSlackAnswers(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil { // the first call has come, and gets no answer
			defer c.Close()
			stop()
			<-ctx.Done()
		}
	}()
	vars := map[string]string{
		"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1",
		"SLACK_API_URL": "http://" + l.Addr().String() + "/api/", "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
	}
	var out, errs bytes.Buffer
	if code := run(ctx, nil, func(k string) string { return vars[k] }, &out, &errs); code != 0 {
		t.Errorf("ended with %d: %s", code, errs.String())
	}
}
