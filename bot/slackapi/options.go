package slackapi

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// Timeouts of calls. slack-go has none of its own.
const (
	APITimeout  = 15 * time.Second
	ViewTimeout = 2500 * time.Millisecond // a trigger lives three seconds
)

// Options say how Slack is reached.
type Options struct {
	Tokens
	APIURL string // "" for slack.com
	// Dial reaches Slack; nil for the network, with proxies from the environment.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Workspace is the id of the workspace in which an app that is installed for a whole organisation looks for a user
	// group; "" for none. It means nothing for an app that is installed in one workspace.
	Workspace string
	NoPace    bool // no limits of our own: for load tests against a workspace that has none
}

// Client calls the Web API with these tokens.
func (o Options) Client(t Tokens, timeout time.Duration) *slack.Client {
	return o.With(t, o.http(timeout))
}

// With calls the Web API with these tokens over h.
func (o Options) With(t Tokens, h *http.Client) *slack.Client {
	opts := []slack.Option{slack.OptionHTTPClient(h), slack.OptionAppLevelToken(t.App)}
	if url := o.APIURL; url != "" {
		// slack-go appends a method's name without a slash.
		opts = append(opts, slack.OptionAPIURL(strings.TrimSuffix(url, "/")+"/"))
	}
	return slack.New(t.Bot, opts...)
}

// http follows no redirect. Slack sends none, so a redirect would carry the token and people's words to somebody
// else.
func (o Options) http(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout, Transport: Readable(o.Transport()),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport reaches Slack as the options say, and limits what it answers.
func (o Options) Transport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	t.Proxy = func(r *http.Request) (*url.URL, error) { return o.proxyFor(r.URL) }
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
		if res.StatusCode != http.StatusOK {
			return &proxyRefusal{res.StatusCode}
		}
		return nil
	}
	if o.Dial != nil {
		t.DialContext, t.DisableKeepAlives = o.Dial, true
	}
	return answers{t, &sync.Pool{New: func() any { return new(bytes.Buffer) }}}
}
