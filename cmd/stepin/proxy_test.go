package main

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The names of Slack and its sockets here: httptest's certificate is for example.com, and no proxy is asked for a
// loopback address.
const (
	slackAt  = "example.com:443"
	socketAt = "example.com:8443"
)

// behindProxy serves a workspace over TLS as example.com, with sockets at another address. It returns its environment,
// and where it is.
func behindProxy(t *testing.T, sockets string) (vars, string) {
	t.Helper()
	_, v := workspace(t)
	target, err := url.Parse(strings.TrimSuffix(v["SLACK_API_URL"], "/api/"))
	if err != nil {
		t.Fatal(err)
	}
	s := quietTLS(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = "example.com" },
		ModifyResponse: func(r *http.Response) error {
			if !strings.HasSuffix(r.Request.URL.Path, "/apps.connections.open") {
				return nil
			}
			b, err := io.ReadAll(r.Body)
			b = bytes.Replace(b, []byte("ws://example.com/"), []byte("wss://"+sockets+"/"), 1)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
			r.Header.Del("Content-Length")
			return err
		},
	})
	t.Cleanup(s.Close)
	trusted := filepath.Join(t.TempDir(), "trusted.pem")
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(trusted, cert, 0o600); err != nil {
		t.Fatal(err)
	}
	v["SLACK_API_URL"], v["SSL_CERT_FILE"] = "https://example.com/api/", trusted
	return v, s.Listener.Addr().String()
}

// tunnels is a proxy that connects everybody to one address, but handles what is asked for odd in another way.
func tunnels(to, odd string, oddly http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
		switch {
		case r.Method != http.MethodConnect:
			w.WriteHeader(http.StatusMethodNotAllowed)
		case name != "me" || password != "p@ss-secret":
			w.WriteHeader(http.StatusProxyAuthRequired)
		case r.Host == odd:
			oddly(w, r)
		default:
			there, err := new(net.Dialer).DialContext(r.Context(), "tcp", to)
			if err != nil {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			defer there.Close()
			here := raw(w, "HTTP/1.1 200 Connection established\r\n\r\n")
			defer here.Close()
			go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
			_, _ = io.Copy(here, there)
		}
	})
}

// raw takes a connection over and writes to it.
func raw(w http.ResponseWriter, says string) net.Conn {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	_, _ = io.WriteString(conn, says)
	return conn
}

// Whatever stands between stepin and Slack, check and serve get through, or say what is wrong and what to do.
func TestProxies(t *testing.T) {
	t.Parallel()
	v, slack := behindProxy(t, socketAt)
	says := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _ = raw(w, s).Close() }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	plain := func(w http.ResponseWriter, _ *http.Request) {
		conn := raw(w, "HTTP/1.1 200 OK\r\n\r\n")
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
		_ = conn.Close()
	}
	const user = "me:p%40ss-secret@"
	for name, tt := range map[string]struct {
		tls       bool   // the proxy is spoken to over TLS
		proxy     string // HTTPS_PROXY, where PROXY stands for the proxy's address
		odd       string // the host for which the proxy answers oddly
		oddly     http.HandlerFunc
		untrusted bool
		want      []string // that check says; it fails unless the socket can be reached
	}{
		"http":                   {proxy: "http://" + user + "PROXY", want: []string{"ok   socket: its host example.com can be reached through the proxy"}},
		"https":                  {tls: true, proxy: "https://" + user + "PROXY", want: []string{"ok   socket: its host example.com can be reached through the proxy"}},
		"without a scheme":       {proxy: user + "PROXY", want: []string{"ok   socket: "}},
		"no password":            {tls: true, proxy: "https://PROXY", want: []string{"FAIL Slack: the proxy answers 407", "http://name:password@host:port"}},
		"a wrong password":       {proxy: "http://me:other-secret@PROXY", want: []string{"FAIL Slack: the proxy answers 407"}},
		"the socket is refused":  {tls: true, proxy: "https://" + user + "PROXY", odd: socketAt, oddly: status(403), want: []string{"ok   app token", "FAIL socket: the proxy answers 403 Forbidden", "its subdomains through"}},
		"the socket is too much": {proxy: "http://" + user + "PROXY", odd: socketAt, oddly: status(407), want: []string{"FAIL socket: the proxy answers 407"}},
		"no reason given":        {proxy: "http://" + user + "PROXY", odd: socketAt, oddly: says("HTTP/1.1 418\r\n\r\n"), want: []string{"FAIL socket: the proxy answers 418"}},
		"nonsense":               {proxy: "http://" + user + "PROXY", odd: socketAt, oddly: says("very-secret\r\n\r\n"), want: []string{"FAIL socket: what HTTPS_PROXY names does not answer as a proxy does", "names the right proxy"}},
		"nonsense at once":       {tls: true, proxy: "https://" + user + "PROXY", odd: slackAt, oddly: says("very-secret\r\n\r\n"), want: []string{"FAIL Slack: what HTTPS_PROXY names does not answer as a proxy does"}},
		"silence":                {proxy: "http://" + user + "PROXY", odd: socketAt, oddly: says(""), want: []string{"FAIL socket: no connection to the proxy: the connection was closed", "whether the proxy runs"}},
		"silence at once":        {proxy: "http://" + user + "PROXY", odd: slackAt, oddly: says(""), want: []string{"FAIL Slack: no connection to example.com through the proxy: the connection was closed", "HTTPS_PROXY names runs, and lets example.com through"}},
		"another behind it":      {proxy: "http://" + user + "PROXY", odd: socketAt, oddly: plain, want: []string{"FAIL socket: example.com answers without encryption"}},
		"TLS, but not told so":   {tls: true, proxy: "http://" + user + "PROXY", want: []string{"FAIL Slack: ", "the proxy", "HTTPS_PROXY"}},
		"told of TLS, but none":  {proxy: "https://" + user + "PROXY", want: []string{"FAIL Slack: the proxy answers without encryption", "write http:// in place of https://"}},
		"an unknown certificate": {tls: true, untrusted: true, proxy: "https://" + user + "PROXY", want: []string{"FAIL Slack: the proxy shows a certificate that this machine does not trust", "SSL_CERT_FILE"}},
		"another's certificate":  {tls: true, proxy: "https://" + user + "localhost:PORT", want: []string{"FAIL Slack: the proxy shows a certificate of another name", "names the right proxy"}},
		"nobody there":           {proxy: "https://" + user + "127.0.0.1:1", want: []string{"FAIL Slack: no connection to the proxy: connection refused"}},
		"nowhere":                {proxy: "https://" + user + "proxy.invalid:8443", want: []string{"FAIL Slack: no connection to the proxy: "}},
		"a password unescaped":   {proxy: "http://me:50%off-secret@PROXY", want: []string{"FAIL Slack: HTTPS_PROXY is not the address of a proxy", "%40 for @"}},
		"of another kind":        {proxy: "ftp://" + user + "PROXY", want: []string{"FAIL Slack: HTTPS_PROXY is not the address of a proxy", "socks5://"}},
		"too many ports":         {proxy: "http://" + user + "PROXY:x", want: []string{"FAIL Slack: HTTPS_PROXY is not the address of a proxy"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			serve := httptest.NewServer
			if tt.tls {
				serve = quietTLS
			}
			s := serve(tunnels(slack, tt.odd, tt.oddly))
			t.Cleanup(s.Close)
			at := s.Listener.Addr().String()
			_, port, _ := net.SplitHostPort(at)
			env := vars{"HTTPS_PROXY": strings.NewReplacer("PROXY", at, "PORT", port).Replace(tt.proxy)}
			for name, value := range v {
				if name != "SSL_CERT_FILE" || !tt.untrusted {
					env[name] = value
				}
			}
			code := 1
			if strings.HasPrefix(tt.want[0], "ok   socket") {
				code = 0
			}
			// a process of its own, since the environment's proxy is read only once
			got := ran(t, env.process(t, t.Context(), "check"))
			got.has(t, code, tt.want...)
			private(t, got.out+got.errs)
		})
	}
}

// What NO_PROXY names goes past the proxy; a proxy may be one for SOCKS.
func TestPastTheProxyAndThroughSOCKS(t *testing.T) {
	t.Parallel()
	v, slack := behindProxy(t, "0.0.0.0:1") // where nobody listens
	for _, tt := range []struct{ noProxy, want string }{
		{"", "FAIL socket: 0.0.0.0 shows a certificate of another name"}, // it came to Slack's
		{"0.0.0.0", "FAIL socket: no connection to 0.0.0.0: connection refused"},
	} {
		v["HTTPS_PROXY"], v["NO_PROXY"] = "socks5://"+socks(t, slack), tt.noProxy
		ran(t, v.process(t, t.Context(), "check")).has(t, 1, "ok   app token", tt.want)
	}
}

// socks is a SOCKS proxy that connects everybody to one address.
func socks(t *testing.T, to string) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			go func() { // RFC 1928
				defer here.Close()
				b := make([]byte, 300)
				_, _ = here.Read(b) // the ways to log in
				_, _ = here.Write([]byte{5, 0})
				_, _ = here.Read(b) // where to
				there, err := new(net.Dialer).DialContext(t.Context(), "tcp", to)
				if err != nil {
					return
				}
				defer there.Close()
				_, _ = here.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
				go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
				_, _ = io.Copy(here, there)
			}()
		}
	}()
	return l.Addr().String()
}

// private says that neither the proxy's password nor a socket's ticket is in a text.
func private(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{
		"secret", "p%40ss", base64.StdEncoding.EncodeToString([]byte("me:p@ss-secret")), "ticket", "xoxb-", "xapp-",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%q in %s", secret, text)
		}
	}
}

// serve connects through a proxy that is spoken to over TLS. Where that lets the Web API through and not the sockets,
// the log says so.
func TestServeThroughProxy(t *testing.T) {
	t.Parallel()
	v, slack := behindProxy(t, socketAt)
	for odd, want := range map[string]string{
		"":       "msg=connected",
		socketAt: `error="the proxy answers 403 Forbidden" do="ask the owner of the proxy`,
	} {
		s := quietTLS(tunnels(slack, odd, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
		defer s.Close()
		env := vars{"HTTPS_PROXY": "https://me:p%40ss-secret@" + s.Listener.Addr().String()}
		maps.Copy(env, v)
		log := &lines{}
		cmd := env.process(t, t.Context(), "serve")
		cmd.Stderr = log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for !strings.Contains(log.String(), want) {
			if time.Sleep(5 * time.Millisecond); t.Context().Err() != nil {
				t.Fatalf("never %s: %s", want, log)
			}
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v: %s", err, log)
		}
		private(t, log.String())
	}
}
