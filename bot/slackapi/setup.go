package slackapi

import (
	"crypto/tls"
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
		add + " under OAuth & Permissions (or paste what \"stepin manifest\" prints), " +
			"reinstall the app, and start again",
	}
}

// whenRead says when stepin reads the token of that name.
func whenRead(name string) string {
	return "a token in the environment is read at the start only, " +
		"one in the file that " + name + "_FILE names whenever it changes"
}

// Explain says what is wrong after a failed call of a method, and what to do.
func (o Options) Explain(method string, err error) *Setup {
	if Refused(err) {
		return Refusal(method, err)
	}
	return &o.diagnose(err).Setup
}

// Refusal explains a refused call of a method.
func Refusal(method string, err error) *Setup {
	if s := knownRefusal(method, err); s != nil {
		return s
	}
	code := Short(err)
	return &Setup{method + " says " + code, "look up \"" + code + "\" in Slack's documentation of " + method}
}

// SocketRefusal explains why no socket can be opened; nil if waiting may help.
func SocketRefusal(err error) *Setup { return knownRefusal(OpenSocket, err) }

// knownRefusal has a remedy for each code that concerns the set-up; nil for any other error.
func knownRefusal(method string, err error) *Setup {
	no, _ := errors.AsType[slack.SlackErrorResponse](err)
	app := method == OpenSocket
	either := func(ifApp, ifBot string) *Setup {
		if app {
			return &Setup{method + " says " + no.Err, ifApp}
		}
		return &Setup{method + " says " + no.Err, ifBot}
	}
	switch no.Err {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired":
		return either(
			"SLACK_APP_TOKEN is not valid; make an app-level token with connections:write under Basic Information, "+
				"and start again: "+whenRead("SLACK_APP_TOKEN"),
			"SLACK_BOT_TOKEN is not valid; install the app again if it was removed, copy the token from "+
				"OAuth & Permissions, and start again: "+whenRead("SLACK_BOT_TOKEN"))
	case "not_allowed_token_type":
		return either("SLACK_APP_TOKEN must be an app-level token; it begins with xapp-",
			"SLACK_BOT_TOKEN must be a bot token; it begins with xoxb-")
	case "missing_scope":
		if !app {
			return lacksScopes(no.Needed)
		}
		return either("give the app-level token the scope connections:write, and start again", "")
	case "forbidden_team", "team_access_not_granted", "access_denied", "app_access_restricted",
		"socket_mode_disabled", "feature_not_enabled":
		const do = "switch Socket Mode on in the app's settings, or ask your Slack admin to allow the app"
		return either(do, do)
	}
	return nil
}

// A diagnosis is what stands between us and Slack.
type diagnosis struct {
	Setup
	lasting bool // waiting will not mend it
}

// A place is where calls go to, with the remedies that depend on it.
type place struct{ host, between, network, via string }

const later = "nothing, if it passes; else see https://slack-status.com, and whether a proxy stands in between"

// placeOf returns where calls go to, or the socket that the error is about.
func (o Options) placeOf(err error) place {
	at := place{
		"slack.com",
		"ask the owner of your proxy or firewall to let slack.com and its subdomains through",
		"see whether this machine has a network, or needs a proxy (HTTPS_PROXY)",
		"",
	}
	to := &url.URL{Scheme: "https", Host: at.host}
	if u, err := url.Parse(o.APIURL); err == nil && u.Hostname() != "" {
		to = u
		at.host = u.Hostname()
		at.between = "see whether SLACK_API_URL is right (such as https://slack-gov.com/api/), " +
			"and whether a proxy or firewall stands in between"
		at.network = "see whether SLACK_API_URL is right, and whether this machine has a network, " +
			"or needs a proxy (HTTPS_PROXY)"
	}
	if s, ok := errors.AsType[*socketError](err); ok {
		to = &url.URL{Scheme: "https", Host: s.addr}
		at.host = to.Hostname()
	}
	if p, _ := o.proxyFor(to); p != nil {
		at.via = " through the proxy"
		at.network = "see whether the proxy that HTTPS_PROXY names runs, and lets " + at.host + " through"
	}
	return at
}

const rightProxy = "see whether HTTPS_PROXY names the right proxy, whether it begins with http:// or https:// as " +
	"the proxy wants, and whether the proxy runs"

// diagnose explains a call that Slack has not refused for good.
func (o Options) diagnose(err error) *diagnosis {
	at := o.placeOf(err)
	if s, ok := errors.AsType[*Setup](err); ok {
		return &diagnosis{*s, true}
	}
	if rl, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		return passing("Slack asks to wait "+rl.RetryAfter.String(), "nothing; it passes")
	}
	if code := Code(err); code != "" {
		return passing("Slack says "+code, later)
	}
	if p, ok := errors.AsType[*proxyRefusal](err); ok {
		return byStatus("the proxy", p.code, "ask the owner of the proxy to let slack.com and its subdomains through")
	}
	if st, ok := errors.AsType[slack.StatusCodeError](err); ok {
		return byStatus(at.host, st.Code, at.between)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == viaProxy {
		return proxyFault(op.Err)
	}
	trust := "if a proxy opens what is encrypted, name the file with its certificate in SSL_CERT_FILE; if not, " +
		at.between
	if d := encryption(at.host, trust, at.between, err); d != nil {
		return d
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return passing(at.host+" is not found", at.network)
		}
		return passing(at.host+" cannot be looked up", at.network)
	}
	if o, ok := errors.AsType[*OddAnswer](err); ok {
		return lasting(at.host+" answers "+o.Method+" with another "+o.Field+" than Slack documents",
			"see whether there is a newer stepin, and whether a proxy changes what Slack says")
	}
	if strings.Contains(err.Error(), "malformed HTTP") && at.via != "" {
		return proxyFault(err)
	}
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	if syntax || shape || errors.Is(err, ErrNoWord) {
		return lasting(at.host+" answers, but not as Slack does; it may be a proxy's web page", at.between)
	}
	return passing("no connection to "+at.host+at.via+": "+Short(err), at.network)
}

// proxyFault explains why the proxy cannot be used.
func proxyFault(err error) *diagnosis {
	const trust = "add the certificate of its authority to those that this machine trusts; SSL_CERT_FILE names their " +
		"file if it is not the system's"
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return lasting("the proxy answers without encryption", "write http:// in place of https:// in HTTPS_PROXY")
	}
	if d := encryption("the proxy", trust, rightProxy, err); d != nil {
		return d
	}
	if strings.Contains(err.Error(), "malformed HTTP") { // net/http has no type for it
		return lasting("what HTTPS_PROXY names does not answer as a proxy does", rightProxy)
	}
	return passing("no connection to the proxy: "+Short(err), rightProxy)
}

// encryption explains faults of TLS with who; nil for any other error. trust is the remedy for a certificate that is
// not trusted, look the one for what is not meant to answer there.
func encryption(who, trust, look string, err error) *diagnosis {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return lasting(who+" shows a certificate that this machine does not trust", trust)
	}
	if c, ok := errors.AsType[x509.CertificateInvalidError](err); ok && c.Reason == x509.Expired {
		return passing(who+" shows a certificate that is not valid today", "see whether this machine's clock is right")
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return lasting(who+" shows a certificate of another name", look)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return lasting(who+" answers without encryption", look)
	}
	return nil
}

// byStatus explains an HTTP status that Slack's methods do not use.
func byStatus(who string, code int, between string) *diagnosis {
	what := strings.TrimSpace(fmt.Sprintf("%s answers %d %s", who, code, http.StatusText(code)))
	switch {
	case code == http.StatusProxyAuthRequired:
		return lasting(what, "put the proxy's name and password into HTTPS_PROXY: http://name:password@host:port")
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return passing(what, later)
	}
	return lasting(what, between)
}

func passing(what, do string) *diagnosis { return &diagnosis{Setup{what, do}, false} }
func lasting(what, do string) *diagnosis { return &diagnosis{Setup{what, do}, true} }

// A proxyRefusal is a proxy's refusal to connect to Slack.
type proxyRefusal struct{ code int }

func (p *proxyRefusal) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy answers %d %s", p.code, http.StatusText(p.code)))
}
