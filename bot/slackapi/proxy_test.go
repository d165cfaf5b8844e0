package slackapi

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A proxy that says nothing, or never ends its answer, is waited for no longer than a connection may take.
func TestProxyHangs(t *testing.T) {
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			conn, proxy := net.Pipe()
			go func() { _, _ = io.WriteString(proxy, answer) }()
			go func() { _, _ = io.Copy(io.Discard, proxy) }()
			ctx, cancel := context.WithTimeout(t.Context(), SocketTimeout)
			defer cancel()
			began := time.Now()
			err := tunnel(ctx, conn, nil, "wss-primary.slack.com:443")
			_ = conn.Close()
			s := Options{}.Explain(OpenSocket, &socketError{"wss-primary.slack.com:443", err})
			if took := time.Since(began); took != SocketTimeout || s.What != "no connection to the proxy: timeout" ||
				!strings.Contains(s.Remedy, "HTTPS_PROXY") {
				t.Errorf("after %v: %v", took, s)
			}
		})
	}
}
