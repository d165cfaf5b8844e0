package slackapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// TestShort has errors as the libraries make them. None may tell an address, a token or what somebody wrote.
func TestShort(t *testing.T) {
	const at = "https://hooks.slack.com/commands/T0/very-secret"
	post := func(err error) error { return &url.Error{Op: "Post", URL: at, Err: err} }
	dial := func(op string, err error) error {
		return &net.OpError{Op: op, Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 9, 8, 7), Port: 443}, Err: err}
	}
	call := func(name string, err error) error { return os.NewSyscallError(name, err) }
	parsed := func(address string) error { _, err := url.Parse(address); return err }
	unmarshal := func(s string, v any) error { return json.Unmarshal([]byte(s), v) }
	_, notNumber := strconv.Atoi("very-secret")
	_, noFile := os.Open("/nowhere")
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		// the network
		{post(dial("dial", call("connect", syscall.ECONNREFUSED))), "connection refused"},
		{post(dial("dial", call("connect", syscall.ENETUNREACH))), "network is unreachable"},
		{post(dial("read", call("read", syscall.ECONNRESET))), "read: connection reset by peer"},
		{fmt.Errorf("failed to post webhook: %w", post(dial("write", call("write", syscall.EPIPE)))), "write: broken pipe"},
		{post(dial("dial", &net.DNSError{Err: "no such host", Name: "very-secret.test", IsNotFound: true})), "no such host"},
		{post(dial("dial", &net.DNSError{Err: "server misbehaving", Name: "x", Server: "10.9.8.7:53"})), "server misbehaving"},
		{post(dial("read", os.ErrDeadlineExceeded)), "read: timeout"},
		{post(context.DeadlineExceeded), "timeout"},
		{fmt.Errorf("x: %w", context.Canceled), "cancelled"},
		{post(io.EOF), "the connection was closed"},
		{fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), "the connection was closed"},
		{post(errors.New("http2: server sent GOAWAY and closed the connection")), "http2: server sent GOAWAY and closed the connection"},
		{post(errors.New("net/http: HTTP/1.x transport connection broken: malformed HTTP response \"very-secret\\x01\"")), "net/http: HTTP/1.x transport connection broken: malformed HTTP response …"},
		// TLS
		{post(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{post(tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), "tls: first record does not look like a TLS handshake"},
		{post(http.ErrSchemeMismatch), "http: server gave HTTP response to HTTPS client"},
		{post(&net.OpError{Op: "remote error", Err: tls.AlertError(40)}), "remote error: tls: handshake failure"},
		// proxies
		{post(&net.OpError{Op: "proxyconnect", Err: dial("dial", call("connect", syscall.ECONNREFUSED))}), "the proxy: connection refused"},
		{post(&net.OpError{Op: "proxyconnect", Err: &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}}), "the proxy: tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{post(&proxyRefusal{http.StatusProxyAuthRequired}), "the proxy answers 407 Proxy Authentication Required"},
		{post(&proxyRefusal{499}), "the proxy answers 499"},
		{&socketError{"very-secret.test:443", &net.OpError{Op: "proxyconnect", Err: io.ErrUnexpectedEOF}}, "the proxy: the connection was closed"},
		{errors.New("proxy: unknown scheme: https"), "proxy: unknown scheme: https"},
		{post(errors.New(`invalid proxy address "http://me:very-secret@x:y": parse "http://me:very-secret@x:y": invalid port ":y" after host`)), "invalid proxy address …: parse …: invalid port … after host"},
		{post(errProxySetting), "HTTPS_PROXY is not the address of a proxy"},
		{dial("socks connect", errors.New("username/password authentication failed")), "socks connect: username/password authentication failed"},
		// sockets
		{errors.New("websocket: bad handshake"), "websocket: bad handshake"},
		{errors.New("malformed ws or wss URL"), "malformed ws or wss URL"},
		{fmt.Errorf("dial wss://wss-primary.slack.com/link/?ticket=very-secret&app_id=A1: %w", errors.New("no")), "dial … no"},
		{parsed("wss://very secret/link/?ticket=very-secret"), "invalid character … in host name"},
		{parsed("http://me:50%secret@x"), "invalid URL escape …"},
		// slack-go
		{slack.SlackErrorResponse{Err: "invalid_auth"}, "invalid_auth"},
		{fmt.Errorf("x: %w", &slack.RateLimitedError{RetryAfter: 30 * time.Second}), "rate limited for 30s"},
		{slack.StatusCodeError{Code: 503, Status: "503 Service Unavailable"}, "503 Service Unavailable"},
		{ErrNoWord, "no word from Slack"},
		{post(&OddAnswer{"users.info", "user.team_id", errors.New("very-secret")}), "odd answer of users.info, field user.team_id"},
		{unmarshal("<html>very-secret", new(any)), "invalid character '<' looking for beginning of value"},
		{unmarshal(`"very-secret"`, new(int)), "json: cannot unmarshal string into Go value of type int"},
		{post(errLarge), "the answer is larger than 4 MB"},
		// others
		{&Setup{"the app lacks the scope chat:write", "add it"}, "the app lacks the scope chat:write"},
		{fmt.Errorf("field deal: %w", notNumber), "field deal: strconv.Atoi: parsing …: invalid syntax"},
		{noFile, "open /nowhere: no such file or directory"},
		{errors.New("a token xoxb-very-secret and xapp-1-very-secret, and xoxe.xoxp-very-secret"), "a token … and … and …"},
		{errors.New(`an open quotation "very-secret`), "an open quotation …"},
		{errors.Join(errors.New("two"), errors.New("faults")), "two faults"},
	} {
		got := Short(tt.err)
		if got != tt.want {
			t.Errorf("%v\ngives %q\nnot   %q", tt.err, got, tt.want)
		}
		for _, hidden := range []string{"secret", "://", "10.9.8.7", "hooks"} {
			if strings.Contains(got, hidden) {
				t.Errorf("%q tells %q", got, hidden)
			}
		}
	}
}
