package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"stepin/bot"
	"stepin/bot/sandbox"
	"stepin/bot/sandbox/hands"
)

// workspace serves a make-believe workspace on loopback whose app has this manifest, and
// gives the environment in which stepin finds it.
func workspace(t testing.TB, edit func(manifest string) string) map[string]string {
	t.Helper()
	m, err := bot.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	w, err := hands.New(sandbox.Config{Manifest: []byte(edit(string(m)))})
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

// proxyPage is what a proxy answers in place of Slack.
func proxyPage(status int) http.HandlerFunc {
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
		{"a web page", httptest.NewServer, proxyPage(200), "", []string{"127.0.0.1 answers, but not as Slack does", "SLACK_API_URL", "proxy"}},
		{"other JSON", httptest.NewServer, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"hello":"world"}`) }), "", []string{"not as Slack does"}},
		{"a login page elsewhere", httptest.NewServer, http.RedirectHandler("/login", http.StatusTemporaryRedirect), "", []string{"307", "SLACK_API_URL"}},
		{"a wrong path", httptest.NewServer, http.NotFoundHandler(), "", []string{"404 Not Found", "SLACK_API_URL is right"}},
		{"a forbidding proxy", httptest.NewServer, proxyPage(403), "", []string{"403 Forbidden", "proxy or firewall"}},
		{"a proxy that wants a password", httptest.NewServer, proxyPage(407), "", []string{"407", "HTTPS_PROXY"}},
		{"an outage", httptest.NewServer, proxyPage(502), "", []string{"502 Bad Gateway", "slack-status.com"}},
		{"an unknown certificate", quietTLS, proxyPage(200), "", []string{"does not trust", "SSL_CERT_FILE"}},
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
			if errs.String() != "stepin: one check failed; see below it what to do\n" {
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
				s := httptest.NewServer(proxyPage(tt.status))
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
