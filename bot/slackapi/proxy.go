package slackapi

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

const (
	// SocketTimeout is for a connection to a socket's host, with all its handshakes.
	SocketTimeout = 10 * time.Second
	// maxProxyAnswer is more than the head of any answer to CONNECT has, in bytes.
	maxProxyAnswer = 64 << 10
	// viaProxy is how net/http marks an error of the connection to a proxy, and so do we.
	viaProxy = "proxyconnect"
)

// errProxySetting is for a HTTPS_PROXY that nobody can use. The address is not named: it may hold a password.
var errProxySetting = &Setup{
	"HTTPS_PROXY is not the address of a proxy",
	"write it as http://host:port, https://host:port or socks5://host:port, with name:password@ before the host if " +
		"the proxy wants them; in these, write each sign that is no letter and no digit as %XX, such as %40 for @",
}

// proxyFor returns the proxy that the environment names for an address; nil for none. net/http goes without one if it
// cannot read the setting: that would be a way which somebody did not want.
func (o Options) proxyFor(u *url.URL) (*url.URL, error) {
	if o.Dial != nil {
		return nil, nil
	}
	if u.Scheme == "https" && !legible(cmp.Or(os.Getenv("HTTPS_PROXY"), os.Getenv("https_proxy"))) {
		return nil, errProxySetting
	}
	p, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || p != nil && (portOf[p.Scheme] == "" || p.Hostname() == "") {
		return nil, errProxySetting
	}
	return p, nil
}

// legible says whether net/http can read the address of a proxy, which may lack the scheme.
func legible(proxy string) bool {
	_, err := url.Parse(proxy)
	if err != nil && !strings.Contains(proxy, "://") {
		_, err = url.Parse("http://" + proxy)
	}
	return err == nil
}

// portOf has the usual port of each kind of proxy, and of a socket.
var portOf = map[string]string{
	"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080", "ws": "80", "wss": "443",
}

func hostPort(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), portOf[u.Scheme])
}

// DialSocket connects to the host of a socket without TLS, through the proxy of the environment if there is one. It is
// the NetDialContext of a dialer for websockets, which of its own knows no proxy that is spoken to over TLS. All of it
// ends with ctx.
func (o Options) DialSocket(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, err := o.dialSocket(ctx, "http", addr)
	if err != nil {
		return nil, &socketError{addr, err}
	}
	return conn, nil
}

// DialSocketTLS is DialSocket with TLS, for a NetDialTLSContext.
func (o Options) DialSocketTLS(ctx context.Context, _, addr string) (net.Conn, error) {
	conn, err := o.dialSocket(ctx, "https", addr)
	if err == nil {
		conn, err = encrypted(ctx, conn, addr)
	}
	if err != nil {
		return nil, &socketError{addr, err}
	}
	return conn, nil
}

// TrySocket connects to the address of a socket as the sockets do, and ends that before the websocket begins: Slack
// sends nothing over it. It returns the host, and whether a proxy is in between.
func (o Options) TrySocket(ctx context.Context, address string) (host string, proxied bool, err error) {
	u, err := url.Parse(address)
	if err != nil || portOf[u.Scheme] == "" {
		return "", false, ErrNoWord // not err: the address holds a ticket
	}
	ctx, cancel := context.WithTimeout(ctx, SocketTimeout)
	defer cancel()
	dial, as := o.DialSocketTLS, "https"
	if u.Scheme == "ws" {
		dial, as = o.DialSocket, "http"
	}
	conn, err := dial(ctx, "tcp", hostPort(u))
	if err != nil {
		return u.Hostname(), false, err
	}
	_ = conn.Close() // it has been reached
	p, _ := o.proxyFor(&url.URL{Scheme: as, Host: u.Host})
	return u.Hostname(), p != nil, nil
}

// dialSocket connects to addr, or asks a proxy to. scheme says which of the environment's proxies.
func (o Options) dialSocket(ctx context.Context, scheme, addr string) (net.Conn, error) {
	p, err := o.proxyFor(&url.URL{Scheme: scheme, Host: addr})
	dialer := &net.Dialer{}
	switch {
	case o.Dial != nil:
		return o.Dial(ctx, "tcp", addr)
	case err != nil:
		return nil, err
	case p == nil:
		return dialer.DialContext(ctx, "tcp", addr)
	case strings.HasPrefix(p.Scheme, "socks5"):
		socks, err := proxy.FromURL(p, dialer)
		if err != nil {
			return nil, err
		}
		return socks.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
	}
	conn, err := dialer.DialContext(ctx, "tcp", hostPort(p))
	if err == nil && p.Scheme == "https" {
		conn, err = encrypted(ctx, conn, hostPort(p))
	}
	if err != nil {
		return nil, &net.OpError{Op: viaProxy, Net: "tcp", Err: err}
	}
	if err := tunnel(ctx, conn, p.User, addr); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// encrypted begins TLS on conn, or closes it.
func encrypted(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	c := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// tunnel asks the proxy behind conn for a connection to addr. After it, conn is that connection.
func tunnel(ctx context.Context, conn net.Conn, user *url.Userinfo, addr string) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	ask := &http.Request{
		Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{},
	}
	if user != nil {
		password, _ := user.Password()
		ask.Header.Set("Proxy-Authorization",
			"Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	err := ask.Write(conn)
	var res *http.Response
	if err == nil {
		// What the reader holds back is nothing: the other end of a tunnel waits to be spoken to.
		res, err = http.ReadResponse(bufio.NewReader(io.LimitReader(conn, maxProxyAnswer)), ask)
	}
	switch {
	case !stop():
		err = ctx.Err()
	case err == nil && res.StatusCode != http.StatusOK:
		return &proxyRefusal{res.StatusCode}
	}
	if err != nil {
		return &net.OpError{Op: viaProxy, Net: "tcp", Err: err}
	}
	return nil
}

// A socketError is an error about the host of a socket.
type socketError struct {
	addr string
	err  error
}

func (e *socketError) Error() string { return "dial " + e.addr + ": " + e.err.Error() }
func (e *socketError) Unwrap() error { return e.err }
