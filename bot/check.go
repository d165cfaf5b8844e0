package bot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// Scopes are the bot scopes that stepin cannot do without, with what each is for.
var Scopes = []struct{ Name, For string }{
	{"commands", "/stepin and the shortcut"},
	{"chat:write", "your own card, and words for you to copy"},
	{"im:write", "opening your conversation with stepin"},
	{"im:history", "looking for stepin's own messages there, so that nothing is said twice"},
	{"users:read", "names and time zones"},
}

// A Finding is one thing that was checked.
type Finding struct {
	OK     bool
	Name   string
	Says   string
	Remedy string // what to do if not OK
}

// clockSlack is how far this machine's clock may be from Slack's before a check says so.
const clockSlack = 30 * time.Second

// Check tries the tokens, each scope, the socket and the clock. It opens a connection
// address but never dials it: another socket would take live commands.
func Check(ctx context.Context, cfg Config) []Finding {
	var mu sync.Mutex
	seen := http.Header{}
	opts := []slack.Option{
		slack.OptionHTTPClient(&http.Client{Timeout: apiTimeout, Transport: dialed(cfg)}),
		slack.OptionAppLevelToken(cfg.AppToken),
		slack.OptionOnResponseHeaders(func(_ string, h http.Header) {
			mu.Lock()
			defer mu.Unlock()
			for k, v := range h {
				seen[k] = v
			}
		}),
	}
	if cfg.APIURL != "" {
		opts = append(opts, slack.OptionAPIURL(strings.TrimSuffix(cfg.APIURL, "/")+"/"))
	}
	api := slack.New(cfg.BotToken, opts...)
	var out []Finding

	res, err := api.AuthTestContext(ctx)
	if err != nil {
		out = append(out, failed("bot token", "auth.test", err))
	} else {
		out = append(out, Finding{OK: true, Name: "bot token", Says: "works in the workspace " + res.Team})
		mu.Lock()
		given := strings.Split(strings.ReplaceAll(seen.Get("X-OAuth-Scopes"), " ", ""), ",")
		date, dateErr := http.ParseTime(seen.Get("Date"))
		mu.Unlock()
		for _, s := range Scopes {
			f := Finding{Name: "scope " + s.Name, Says: "for " + s.For}
			for _, g := range given {
				f.OK = f.OK || g == s.Name
			}
			if !f.OK {
				f.Remedy = "add " + s.Name + " under OAuth & Permissions (or paste \"stepin manifest\"), then reinstall the app"
			}
			out = append(out, f)
		}
		if dateErr == nil {
			off := time.Since(date).Abs().Truncate(time.Second)
			f := Finding{OK: off <= clockSlack, Name: "clock", Says: "is " + off.String() + " from Slack's"}
			if !f.OK {
				f.Remedy = "set this machine's clock (NTP), or starts and ends of calls will be off"
			}
			out = append(out, f)
		}
	}
	if _, _, err := api.StartSocketModeContext(ctx); err != nil {
		out = append(out, failed("app token", "apps.connections.open", err))
	} else {
		out = append(out, Finding{OK: true, Name: "app token", Says: "may open a socket (none was opened)"})
	}
	return out
}

func failed(name, where string, err error) Finding {
	f := Finding{Name: name, Says: where + " failed: " + short(err), Remedy: "see whether this machine reaches Slack (proxy, firewall), and try again"}
	if s := setup(where, err); s != nil {
		f.Says, f.Remedy = s.What, s.Remedy
	} else if no, ok := errors.AsType[slack.SlackErrorResponse](err); ok {
		f.Remedy = "look up \"" + no.Err + "\" in Slack's documentation of " + where
	}
	return f
}

// dialed is a transport that reaches Slack as the configuration says.
func dialed(cfg Config) *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	if cfg.Dial != nil {
		t.DialContext, t.Proxy, t.DisableKeepAlives = cfg.Dial, nil, true
	}
	return t
}
