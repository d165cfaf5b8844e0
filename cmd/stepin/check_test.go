package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// proxyPage is the answer of a proxy in place of Slack.
func proxyPage(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<!DOCTYPE html><title>very-secret</title>")
	}
}

// check says in one finding what answers in place of Slack, and what to do.
func TestCheckWithoutSlack(t *testing.T) {
	t.Parallel()
	json := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"hello":"world"}`) }
	odd := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"team_id":["very-secret"]}`)
	}
	list := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `["very-secret"]`) }
	for name, tt := range map[string]struct {
		server  func(http.Handler) *httptest.Server
		handler http.Handler
		want    []string
	}{
		"an odd field":                  {httptest.NewServer, http.HandlerFunc(odd), []string{"auth.test", "another team_id than", "newer stepin"}},
		"a list":                        {httptest.NewServer, http.HandlerFunc(list), []string{"not as Slack does"}},
		"a web page":                    {httptest.NewServer, proxyPage(200), []string{"127.0.0.1 answers, but not as Slack does", "SLACK_API_URL", "proxy"}},
		"other JSON":                    {httptest.NewServer, http.HandlerFunc(json), []string{"not as Slack does"}},
		"a login page elsewhere":        {httptest.NewServer, http.RedirectHandler("/login", http.StatusTemporaryRedirect), []string{"307", "SLACK_API_URL"}},
		"a wrong path":                  {httptest.NewServer, http.NotFoundHandler(), []string{"404 Not Found", "SLACK_API_URL is right"}},
		"a forbidding proxy":            {httptest.NewServer, proxyPage(403), []string{"403 Forbidden", "proxy or firewall"}},
		"a proxy that wants a password": {httptest.NewServer, proxyPage(407), []string{"407", "HTTPS_PROXY"}},
		"an outage":                     {httptest.NewServer, proxyPage(502), []string{"502 Bad Gateway", "slack-status.com"}},
		"an unknown certificate":        {quietTLS, proxyPage(200), []string{"does not trust", "SSL_CERT_FILE"}},
		"http://127.0.0.1:1/api/":       {nil, nil, []string{"no connection to 127.0.0.1: connection refused", "network"}},
		"https://nowhere.invalid/api/":  {nil, nil, []string{"nowhere.invalid", "network"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := vars{
				"SLACK_BOT_TOKEN": "xoxb-very-secret", "SLACK_APP_TOKEN": "xapp-very-secret",
				"SLACK_API_URL": name, "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
			}
			if tt.server != nil {
				s := tt.server(tt.handler)
				defer s.Close()
				v["SLACK_API_URL"] = s.URL + "/api/"
			}
			v.run(t.Context(), "check").has(t, 1, append(tt.want, "FAIL Slack: ", "do: ", "stepin: one check failed; see below it what to do\n")...)
		})
	}
}

func quietTLS(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of us, as it should
	s.StartTLS()
	return s
}

// check reports a proxy that refuses, without its user and password.
func TestCheckThroughProxy(t *testing.T) {
	t.Parallel()
	for status, want := range map[int][]string{
		403: {"the proxy answers 403 Forbidden", "let slack.com and its subdomains through"},
		407: {"the proxy answers 407", "HTTPS_PROXY"},
		0:   {"no connection to the proxy: connection refused", "HTTPS_PROXY"},
	} {
		host := "127.0.0.1:1"
		if status > 0 {
			s := httptest.NewServer(proxyPage(status))
			defer s.Close()
			host = strings.TrimPrefix(s.URL, "http://")
		}
		v := vars{
			"HTTPS_PROXY": "http://me:very-secret@" + host, "SLACK_BOT_TOKEN": "xoxb-very-secret", "SLACK_APP_TOKEN": "xapp-very-secret",
		}
		// a process of its own, since the environment's proxy is read only once
		ran(t, v.process(t, t.Context(), "check")).has(t, 1, append(want, "FAIL Slack: ")...)
	}
}

// A proxy may drop the header that lists the scopes. Then serve starts, and check says that it cannot know the scopes.
func TestScopesNotTold(t *testing.T) {
	t.Parallel()
	_, v := workspace(t, `"users:read"`, `"emoji:read"`)
	target, err := url.Parse(v["SLACK_API_URL"])
	if err != nil {
		t.Fatal(err)
	}
	target.Path = ""
	s := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error { r.Header.Del("X-OAuth-Scopes"); return nil },
	})
	defer s.Close()
	v["SLACK_API_URL"] = s.URL + "/api/"
	v.run(t.Context(), "check").has(t, 0, "look scopes: were not told")
	v.start(t).end()
}

// Ending stepin while Slack has not answered yet is no error.
func TestEndedBeforeSlackAnswers(t *testing.T) {
	t.Parallel()
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
	v := vars{
		"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1",
		"SLACK_API_URL": "http://" + l.Addr().String() + "/api/", "STEPIN_DB": filepath.Join(t.TempDir(), "x.db"),
	}
	v.run(ctx).has(t, 0)
}

// If a stepin runs on the file, check asks it.
func TestCheckAsksTheOneThatRuns(t *testing.T) {
	t.Parallel()
	w, v := workspace(t)
	s := v.start(t)
	got := v.run(t.Context(), "check")
	if got.has(t, 0, "ok   stepin: "); strings.Contains(got.out, " file: ") {
		t.Errorf("it looks at the file: %s", got.out)
	}
	w.SwitchSocketMode(false)
	s.holds("check says so", func() bool {
		got = v.run(t.Context(), "check")
		return strings.Contains(got.out, "FAIL socket-mode-off: Slack refuses to open a connection, reports the running stepin\n     do: switch Socket Mode on")
	})
	got.has(t, 1)
	s.end()
}

// Files with secrets that every user of the machine may read are named by check, and by a start.
func TestFilesForEverybody(t *testing.T) {
	t.Parallel()
	_, v := workspace(t)
	token := put(t, t.TempDir(), "bot", v["SLACK_BOT_TOKEN"])
	delete(v, "SLACK_BOT_TOKEN")
	v["SLACK_BOT_TOKEN_FILE"] = token
	makeDB(t, v["STEPIN_DB"], 0)
	for _, mode := range []os.FileMode{0o644, 0o640} {
		if err := errors.Join(os.Chmod(token, mode), os.Chmod(v["STEPIN_DB"], mode)); err != nil {
			t.Fatal(err)
		}
		told := v.run(t.Context(), "check")
		told.has(t, 0)
		s := v.start(t)
		s.end()
		for name, path := range map[string]string{"SLACK_BOT_TOKEN_FILE": token, "file": v["STEPIN_DB"]} {
			says := "every user of this machine may read or change " + path
			found := strings.Contains(told.out, "look "+name+": "+says+"\n     do: chmod o= "+path+"\n")
			warned := strings.Contains(s.String(), `level=WARN msg="a file is not for stepin alone" what=`+name+` fault="`+says+`" do="chmod o= `+path+`"`)
			if want := mode == 0o644; found != want || warned != want {
				t.Errorf("%s, %o: found %v, warned %v, of %s%s", name, mode, found, warned, told.out, s)
			}
		}
	}
}
