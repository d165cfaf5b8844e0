package slackapi

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"
)

// A Setup is a fault that only the operator can mend.
type Setup struct{ What, Remedy string }

func (s *Setup) Error() string { return s.What + ": " + s.Remedy }

func lacksScopes(names ...string) *Setup {
	what, add := "the app lacks the scope ", "add it"
	if len(names) > 1 {
		what, add = "the app lacks the scopes ", "add them"
	}
	return &Setup{
		what + strings.Join(names, ", "),
		add + " under OAuth & Permissions (or paste what \"stepin manifest\" prints), reinstall the app, and start again",
	}
}

// whenRead says when stepin looks at the token of that name.
func whenRead(name string) string {
	return "a token in the environment is read at the start only, one in the file that " + name + "_FILE names whenever it changes"
}

// SetupOf is the remedy for what only the operator can mend; nil for anything else.
func SetupOf(where string, err error) *Setup {
	no, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok {
		return nil
	}
	what := where + " says " + no.Err
	app := where == "apps.connections.open"
	switch no.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired":
		if app {
			return &Setup{what, "SLACK_APP_TOKEN is not valid; make an app-level token with connections:write under Basic Information, and start again: " + whenRead("SLACK_APP_TOKEN")}
		}
		return &Setup{what, "SLACK_BOT_TOKEN is not valid; install the app again if it was removed, copy the token from OAuth & Permissions, and start again: " + whenRead("SLACK_BOT_TOKEN")}
	case "not_allowed_token_type":
		if app {
			return &Setup{what, "SLACK_APP_TOKEN must be an app-level token; it begins with xapp-"}
		}
		return &Setup{what, "SLACK_BOT_TOKEN must be a bot token; it begins with xoxb-"}
	case "missing_scope":
		if app {
			return &Setup{what, "give the app-level token the scope connections:write, and start again"}
		}
		return lacksScopes(no.Needed)
	case "forbidden_team", "team_access_not_granted", "access_denied", "app_access_restricted", "socket_mode_disabled", "feature_not_enabled":
		return &Setup{what, "switch Socket Mode on in the app's settings, or ask your Slack admin to allow the app"}
	}
	return nil
}

// Refusal is the remedy for whatever Slack says no with.
func Refusal(where string, err error) *Setup {
	if s := SetupOf(where, err); s != nil {
		return s
	}
	code := Short(err)
	return &Setup{where + " says " + code, "look up \"" + code + "\" in Slack's documentation of " + where}
}

// A diagnosis is what stands between us and Slack.
type diagnosis struct {
	What, Remedy string
	lasting      bool // waiting will not mend it
}

// Diagnose looks at the error of a call that has no answer of Slack's.
func Diagnose(apiURL string, err error) diagnosis {
	host := "slack.com"
	between := "ask whoever runs your proxy or firewall to let slack.com and its subdomains through"
	network := "see whether this machine has a network, or needs a proxy (HTTPS_PROXY)"
	if u, err := url.Parse(apiURL); err == nil && u.Hostname() != "" {
		host = u.Hostname()
		between = "see whether SLACK_API_URL is right (such as https://slack-gov.com/api/), and whether a proxy or firewall stands in between"
		network = "see whether SLACK_API_URL is right, and whether this machine has a network, or needs a proxy (HTTPS_PROXY)"
	}
	const later = "nothing, if it passes; else see https://slack-status.com, and whether a proxy stands in between"

	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return diagnosis{"Slack asks to wait " + rl.RetryAfter.String(), "nothing; it passes", false}
	}
	if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		return diagnosis{"Slack says " + no.Err, later, false}
	}
	if p, ok := errors.AsType[*proxyRefusal](err); ok {
		return byStatus("the proxy", p.code, "ask whoever runs the proxy to let slack.com and its subdomains through", later)
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return byStatus(host, st.Code, between, later)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return diagnosis{"no connection to the proxy: " + Short(err), "see whether HTTPS_PROXY names the right proxy, and whether it runs", false}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return diagnosis{
			host + " shows a certificate that this machine does not trust",
			"if a proxy opens what is encrypted, name the file with its certificate in SSL_CERT_FILE; if not, " + between, true,
		}
	}
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok && c.Reason == x509.Expired {
		return diagnosis{host + " shows a certificate that is not valid today", "see whether this machine's clock is right", false}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return diagnosis{host + " is not found", network, false}
		}
		return diagnosis{host + " cannot be looked up", network, false}
	}
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	_, name := errors.AsType[x509.HostnameError](err)
	switch {
	case syntax, shape, errors.Is(err, ErrNoWord):
		return diagnosis{host + " answers, but not as Slack does; it may be a proxy's web page", between, true}
	case name:
		return diagnosis{host + " shows a certificate of another name", between, true}
	case errors.Is(err, http.ErrSchemeMismatch):
		return diagnosis{host + " answers without encryption", between, true}
	}
	return diagnosis{"no connection to " + host + ": " + Short(err), network, false}
}

// byStatus is about an HTTP status that Slack's methods do not use.
func byStatus(who string, code int, between, later string) diagnosis {
	d := diagnosis{What: strings.TrimSpace(fmt.Sprintf("%s answers %d %s", who, code, http.StatusText(code)))}
	switch {
	case code == http.StatusProxyAuthRequired:
		d.Remedy, d.lasting = "put the proxy's name and password into HTTPS_PROXY: http://name:password@host:port", true
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		d.Remedy = later
	default:
		d.Remedy, d.lasting = between, true
	}
	return d
}

// A proxyRefusal is a proxy's no to the way to Slack.
type proxyRefusal struct{ code int }

func (p *proxyRefusal) Error() string { return "the proxy refuses: " + http.StatusText(p.code) }
