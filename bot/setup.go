package bot

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// A Setup is a fault that only the operator can mend.
type Setup struct{ What, Remedy string }

func (s *Setup) Error() string { return s.What + ": " + s.Remedy }

// introduce asks who we are, and refuses an app without the scopes that we need, and
// another workspace's file.
func (b *Bot) introduce(ctx context.Context) error {
	var res *slack.AuthTestResponse
	err := b.patiently(ctx, "auth.test", func() (err error) {
		if res, err = b.api().AuthTestContext(ctx); err == nil && res.TeamID == "" {
			err = errNoWord
		}
		return err
	})
	if err != nil {
		return err
	}
	if lacks, told := missingScopes(res.Header); told && len(lacks) > 0 {
		return lacksScopes(lacks...)
	}
	b.health.mu.Lock()
	b.health.asked = time.Now()
	b.health.mu.Unlock()
	b.readClock(res.Header.Get("Date"))
	if err := b.cfg.Store.ClaimTeam(ctx, res.TeamID); err != nil {
		return err
	}
	b.team, b.us = res.TeamID, res.UserID
	g := b.live().group
	if g == nil {
		return nil
	}
	return b.meetGroup(ctx, g)
}

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

// missingScopes gives those of Scopes that an answer to the bot token does not list. An answer
// that lists none at all, for a proxy may drop the header, tells nothing.
func missingScopes(h http.Header) (lacks []string, told bool) {
	given := givenScopes(h)
	if given == nil {
		return nil, false
	}
	for _, s := range Scopes {
		if !slices.Contains(given, s.Name) {
			lacks = append(lacks, s.Name)
		}
	}
	return lacks, true
}

// givenScopes are those that an answer to the bot token lists; nil if it lists none at all.
func givenScopes(h http.Header) (given []string) {
	if lists := h.Values("X-OAuth-Scopes"); len(lists) > 0 {
		for s := range strings.SplitSeq(strings.Join(lists, ","), ",") {
			given = append(given, strings.TrimSpace(s))
		}
	}
	return given
}

// lastingTries is how often in a row somebody who is not Slack may answer before we take it
// for a fault of the set-up: one odd answer may be an outage.
const lastingTries = 3

// patiently repeats a call until Slack has answered it, yes or no, or ctx ends. A network that
// is down is waited for, as long as it takes; a *Setup says what waiting will not mend.
func (b *Bot) patiently(ctx context.Context, method string, call func() error) error {
	lasting := 0
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		err := call()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil { // however the call put it: we were asked to end
			return ctx.Err()
		}
		if s, ok := errors.AsType[*Setup](err); ok {
			return s
		}
		if refused(err) {
			return refusal(method, err)
		}
		t := diagnose(b.cfg, err)
		if lasting++; !t.lasting {
			lasting = 0
		}
		if lasting == lastingTries {
			return &Setup{t.what, t.remedy}
		}
		if pause := b.pace.heard(method, err); pause > wait {
			wait = pause
		}
		b.log.Warn("Slack does not answer yet", "error", t.what, "do", t.remedy, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// whenRead says when stepin looks at the token of that name.
func whenRead(name string) string {
	return "a token in the environment is read at the start only, one in the file that " + name + "_FILE names whenever it changes"
}

// setup is the remedy for what only the operator can mend; nil for anything else.
func setup(where string, err error) *Setup {
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

// refusal is the remedy for whatever Slack says no with.
func refusal(where string, err error) *Setup {
	if s := setup(where, err); s != nil {
		return s
	}
	code := short(err)
	return &Setup{where + " says " + code, "look up \"" + code + "\" in Slack's documentation of " + where}
}

// A diagnosis is what stands between us and Slack.
type diagnosis struct {
	what, remedy string
	lasting      bool // waiting will not mend it
}

// diagnose looks at the error of a call that has no answer of Slack's.
func diagnose(cfg Config, err error) diagnosis {
	host := "slack.com"
	between := "ask whoever runs your proxy or firewall to let slack.com and its subdomains through"
	network := "see whether this machine has a network, or needs a proxy (HTTPS_PROXY)"
	if u, err := url.Parse(cfg.APIURL); err == nil && u.Hostname() != "" {
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
		return diagnosis{"no connection to the proxy: " + short(err), "see whether HTTPS_PROXY names the right proxy, and whether it runs", false}
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
	case syntax, shape, errors.Is(err, errNoWord):
		return diagnosis{host + " answers, but not as Slack does; it may be a proxy's web page", between, true}
	case name:
		return diagnosis{host + " shows a certificate of another name", between, true}
	case errors.Is(err, http.ErrSchemeMismatch):
		return diagnosis{host + " answers without encryption", between, true}
	}
	return diagnosis{"no connection to " + host + ": " + short(err), network, false}
}

// byStatus is about an HTTP status that Slack's methods do not use.
func byStatus(who string, code int, between, later string) diagnosis {
	d := diagnosis{what: strings.TrimSpace(fmt.Sprintf("%s answers %d %s", who, code, http.StatusText(code)))}
	switch {
	case code == http.StatusProxyAuthRequired:
		d.remedy, d.lasting = "put the proxy's name and password into HTTPS_PROXY: http://name:password@host:port", true
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		d.remedy = later
	default:
		d.remedy, d.lasting = between, true
	}
	return d
}

// A proxyRefusal is a proxy's no to the way to Slack.
type proxyRefusal struct{ code int }

func (p *proxyRefusal) Error() string { return "the proxy refuses: " + http.StatusText(p.code) }
