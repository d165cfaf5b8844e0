package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
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
	teams := filepath.Join(t.TempDir(), "teams.yaml")
	err := os.WriteFile(teams, []byte(`teams:
  - manager: U0SAM001
    reps: [U0DANA01, U0GUEST1]
    policy: approver
    approvers: [U0GONE01, {id: U0PRIYA1, delegate: U0OTHERB}]
  - {manager: U0INES01, reps: [U0NOBODY1]}
  - {manager: U0LIOR01}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	channels := filepath.Join(t.TempDir(), "channels.yaml")
	err = os.WriteFile(channels, []byte(`teams:
  - {manager: U0SAM001, channel: C0DEBRF1}
  - {manager: U0LIOR01, channel: C0NOWHERE}
  - {manager: U0INES01}
`), 0o600)
	if err != nil {
		t.Fatal(err)
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
			name: "a missing scope", edit: without(`"users:read"`, `"emoji:read"`),
			check: []string{"FAIL scope users:read", "reinstall the app", "one check failed"},
			serve: []string{"the app lacks the scope users:read: add it under OAuth & Permissions", "reinstall the app"},
		},
		{
			name: "several missing scopes", edit: without(`"im:history",
        "users:read"`, `"emoji:read"`),
			check: []string{"FAIL scope im:history", "FAIL scope users:read", "2 checks failed"},
			serve: []string{"the app lacks the scopes im:history, users:read: add them"},
		},
		{
			name: "people of a team who cannot be reached", edit: asIs, env: map[string]string{"STEPIN_CONFIG": teams}, starts: true,
			check: []string{
				"FAIL team of U0SAM001: Gus U0GUEST1 is a guest", "Mara U0GONE01 is deactivated", "U0OTHERB is an app",
				"FAIL team of U0INES01: U0NOBODY1 is not in this workspace", "ok   team of U0LIOR01", "4 checks failed", "take U0GONE01 out",
			},
		},
		{
			name: "debrief channels, with the scope", edit: without(`"commands",`, `"commands", "channels:read",`), env: map[string]string{"STEPIN_CONFIG": channels}, starts: true,
			check: []string{"ok   debriefs of U0SAM001: can go to C0DEBRF1", "FAIL debriefs of U0LIOR01: stepin sees no channel C0NOWHERE", "/invite @stepin", "one check failed"},
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
			if strings.Count(errs.String(), "\n") != 1 {
				t.Errorf("serve tells more than one line:\n%s", errs.String())
			}
		})
	}
}

// page is what a proxy answers in place of Slack.
func page(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>very-secret</title>")
	}
}

// Whatever stands in Slack's place, check says in one finding what it is and what to do.
func TestCheckWithoutSlack(t *testing.T) {
	for _, tt := range []struct {
		name    string
		server  func(http.Handler) *httptest.Server
		handler http.Handler
		url     string // in place of the server's
		want    []string
	}{
		{"a web page", httptest.NewServer, page(200), "", []string{"127.0.0.1 answers, but not as Slack does", "SLACK_API_URL", "proxy"}},
		{"other JSON", httptest.NewServer, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"hello":"world"}`) }), "", []string{"not as Slack does"}},
		{"a login page elsewhere", httptest.NewServer, http.RedirectHandler("/login", http.StatusTemporaryRedirect), "", []string{"307", "SLACK_API_URL"}},
		{"a wrong path", httptest.NewServer, http.NotFoundHandler(), "", []string{"404 Not Found", "SLACK_API_URL is right"}},
		{"a forbidding proxy", httptest.NewServer, page(403), "", []string{"403 Forbidden", "proxy or firewall"}},
		{"a proxy that wants a password", httptest.NewServer, page(407), "", []string{"407", "HTTPS_PROXY"}},
		{"an outage", httptest.NewServer, page(502), "", []string{"502 Bad Gateway", "slack-status.com"}},
		{"an unknown certificate", quietTLS, page(200), "", []string{"does not trust", "SSL_CERT_FILE"}},
		{"nobody there", nil, nil, "http://127.0.0.1:1/api/", []string{"no connection to 127.0.0.1: connection refused", "network"}},
		{"no such host", nil, nil, "https://nowhere.invalid/api/", []string{"nowhere.invalid", "network"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			vars := map[string]string{
				"SLACK_BOT_TOKEN": "xoxb-very-secret", "SLACK_APP_TOKEN": "xapp-very-secret",
				"SLACK_API_URL": tt.url, "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
			}
			if tt.server != nil {
				s := tt.server(tt.handler)
				defer s.Close()
				vars["SLACK_API_URL"] = s.URL + "/api/"
			}
			var out, errs bytes.Buffer
			if code := run(t.Context(), []string{"check"}, func(k string) string { return vars[k] }, &out, &errs); code != 1 {
				t.Errorf("check ends with %d", code)
			}
			told(t, "check", out.String(), append(tt.want, "FAIL Slack: ", "do: "))
			if errs.String() != "stepin: one check failed; what to do stands below it\n" {
				t.Errorf("and says %s", errs.String())
			}
		})
	}
}

func quietTLS(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of us, as it should
	s.StartTLS()
	return s
}

// A proxy on the way refuses; its name and password are told to nobody.
func TestCheckThroughProxy(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		want   []string
	}{
		"forbidden":        {403, []string{"the proxy answers 403 Forbidden", "let slack.com and its subdomains through"}},
		"wants a password": {407, []string{"the proxy answers 407", "HTTPS_PROXY"}},
		"not there":        {0, []string{"no connection to the proxy: connection refused", "HTTPS_PROXY"}},
	} {
		t.Run(name, func(t *testing.T) {
			host := "127.0.0.1:1"
			if tt.status > 0 {
				s := httptest.NewServer(page(tt.status))
				defer s.Close()
				host = strings.TrimPrefix(s.URL, "http://")
			}
			// A process of its own, for the proxy is read from the environment once.
			out, err := program(t, t.Context(), []string{
				"HTTPS_PROXY=http://me:very-secret@" + host, "SLACK_BOT_TOKEN=xoxb-very-secret", "SLACK_APP_TOKEN=xapp-very-secret",
			}, "check").CombinedOutput()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("check: %v", err)
			}
			told(t, "check", string(out), append(tt.want, "FAIL Slack: "))
		})
	}
}

// Without the header that lists the scopes, which a proxy may drop, serve goes on, and check
// says that they were not seen.
func TestScopesNotTold(t *testing.T) {
	vars := workspace(t, func(m string) string { return strings.Replace(m, `"users:read"`, `"emoji:read"`, 1) })
	target, err := url.Parse(vars["SLACK_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	target.Path = ""
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error { r.Header.Del("X-OAuth-Scopes"); return nil },
	})
	defer s.Close()
	vars["SLACK_API_URL"] = s.URL + "/api/"
	getenv := func(k string) string { return vars[k] }
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"check"}, getenv, &out, &errs); code != 0 || !strings.Contains(out.String(), "look scopes: were not told") {
		t.Errorf("check: %d\n%s%s", code, out.String(), errs.String())
	}
	stop, ended, said := start(t, getenv)
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("serve ended with %d: %s", code, said)
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

// start runs serve until it is connected.
func start(t *testing.T, getenv func(string) string) (stop func(), ended <-chan int, said *lines) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	said = waitFor("connected")
	code := make(chan int, 1)
	go func() { code <- run(ctx, nil, getenv, said, said) }()
	select {
	case <-said.seen:
	case c := <-code:
		stop()
		t.Fatalf("ended with %d: %s", c, said)
	}
	return stop, code, said
}

// One stepin at a time: a second is told, and the first ends cleanly when asked to.
func TestServe(t *testing.T) {
	vars := workspace(t, asIs)
	getenv := func(k string) string { return vars[k] }
	stop, ended, errs := start(t, getenv)
	defer stop()
	var out, second bytes.Buffer
	if code := run(t.Context(), nil, getenv, &out, &second); code != 1 || !strings.Contains(second.String(), "stop it first") {
		t.Errorf("a second one: %d, %s", code, second.String())
	}
	if code := run(t.Context(), []string{"check"}, getenv, &out, &second); code != 0 || !strings.Contains(out.String(), fmt.Sprintf("runs on %s, pid %d", vars["STEPIN_DB"], os.Getpid())) {
		t.Errorf("check beside it: %d, %s", code, out.String())
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("ended with %d: %s", code, errs)
	}
}

// A start that Slack refuses leaves no file that was not there before, and one that was there as it is.
func TestRefusedStartLeavesNoFile(t *testing.T) {
	vars := workspace(t, asIs)
	serve := func(wrong string) {
		t.Helper()
		var out, errs bytes.Buffer
		code := run(t.Context(), nil, func(k string) string {
			if k == wrong {
				return vars[k] + "wrong"
			}
			return vars[k]
		}, &out, &errs)
		if code != 1 {
			t.Errorf("code %d, %s", code, errs.String())
		}
	}
	for _, wrong := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"} {
		serve(wrong)
		if got := folder(t, filepath.Dir(vars["STEPIN_DB"])); got != "" {
			t.Errorf("%s: left %s", wrong, got)
		}
	}
	makeDB(t, vars["STEPIN_DB"], 0)
	serve("SLACK_APP_TOKEN")
	if _, err := os.Stat(vars["STEPIN_DB"]); err != nil {
		t.Error(err)
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

// Without the scope, check leaves it to the operator to look, and fails nothing for it.
func TestCheckOfChannelsWithoutTheScope(t *testing.T) {
	vars := workspace(t, asIs)
	vars["STEPIN_CONFIG"] = filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(vars["STEPIN_CONFIG"], []byte("teams: [{manager: U0SAM001, channel: C0DEBRF1}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"check"}, func(k string) string { return vars[k] }, &out, &errs); code != 0 {
		t.Errorf("check ends with %d: %s", code, errs.String())
	}
	told(t, "check", out.String(), []string{"look debriefs of U0SAM001: whether they can go to C0DEBRF1 shows only with the scope channels:read", "do: look whether it is there"})
}

// The scope for files need not be there: check says what comes with it, and without.
func TestCheckFileScope(t *testing.T) {
	for says, edit := range map[string]func(string) string{
		"ok   scope files:write: is not there, and need not be: /stepin export gives messages": asIs,
		"ok   scope files:write: for /stepin export as a file\n":                               func(m string) string { return strings.Replace(m, `"users:read"`, `"users:read", "files:write"`, 1) },
	} {
		vars := workspace(t, edit)
		var out, errs bytes.Buffer
		if code := run(t.Context(), []string{"check"}, func(k string) string { return vars[k] }, &out, &errs); code != 0 {
			t.Errorf("check ends with %d: %s", code, errs.String())
		}
		told(t, "check", out.String(), []string{says})
	}
}
