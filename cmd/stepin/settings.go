package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"unicode"

	"stepin/bot"
	"stepin/nudges"
)

// A Secret hides itself wherever it is printed, logged or marshalled, also as a field
// that fmt may not ask for its String.
type Secret struct{ reveal func() string }

func secret(s string) Secret { return Secret{func() string { return s }} }

const hidden = "[redacted]"

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// settings are what serve and check need.
type settings struct {
	botToken, appToken Secret
	apiURL, db         string
	http               string // where /metrics is; "" for nowhere
	config             config
	words              *nudges.Words
}

// readSettings collects everything from the environment and the configuration file, and
// all that is wrong with it.
func readSettings(e env) (settings, error) {
	s := settings{db: first(e.getenv("STEPIN_DB"), "stepin.db")}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	s.botToken, err = readToken(e, "SLACK_BOT_TOKEN", botPrefix, "OAuth & Permissions, after installing the app")
	note(err)
	s.appToken, err = readToken(e, "SLACK_APP_TOKEN", appPrefix, "Basic Information, App-Level Tokens, with connections:write")
	note(err)
	s.apiURL, err = readAPIURL(e.getenv("SLACK_API_URL"))
	note(err)
	s.config, err = readConfig(e.getenv("STEPIN_CONFIG"))
	note(err)
	s.http = s.config.HTTP
	if err == nil {
		s.words, err = nudges.Load(s.config.Words)
		note(err)
	}
	if at := e.getenv("STEPIN_HTTP"); at != "" {
		s.http, err = readHTTP("STEPIN_HTTP", at)
		note(err)
	}
	return s, errors.Join(errs...)
}

const (
	botPrefix = "xoxb-"
	appPrefix = "xapp-"
)

// readToken reads a token from the variable, or from the file that NAME_FILE names.
func readToken(e env, name, prefix, where string) (Secret, error) {
	t := e.getenv(name)
	if file := e.getenv(name + "_FILE"); t == "" && file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return Secret{}, fmt.Errorf("%s_FILE: cannot read %s: make the file readable for this user", name, file)
		}
		t = string(b)
	}
	t = strings.TrimSpace(t)
	switch {
	case t == "" && prefix == botPrefix:
		return Secret{}, fmt.Errorf("%s is not set: find it under %s; to try stepin without Slack, run \"stepin demo\"", name, where)
	case t == "":
		return Secret{}, fmt.Errorf("%s is not set: find it under %s", name, where)
	case strings.HasPrefix(t, "xoxe."):
		return Secret{}, fmt.Errorf("%s is a rotating token, which ends after twelve hours: make the app anew from \"stepin manifest\", for Slack never switches token rotation off", name)
	case !strings.HasPrefix(t, prefix):
		return Secret{}, fmt.Errorf("%s must begin with %s, but this is %s: find the right one under %s", name, prefix, kindOf(t), where)
	case strings.ContainsFunc(t, unicode.IsSpace):
		return Secret{}, fmt.Errorf("%s has a space or a line's end inside: copy it again from %s", name, where)
	}
	return secret(t), nil
}

// kindOf says what somebody took for a token, without a letter of what may be secret.
func kindOf(t string) string {
	for _, k := range []struct{ prefix, name string }{
		{botPrefix, "a bot token (xoxb-)"},
		{appPrefix, "an app-level token (xapp-)"},
		{"xoxp-", "a user token (xoxp-)"},
		{"xoxe-", "a refresh token (xoxe-)"},
		{"\"", "in quotation marks, which must go"},
		{"'", "in quotation marks, which must go"},
	} {
		if strings.HasPrefix(t, k.prefix) {
			return k.name
		}
	}
	return "something else"
}

// readAPIURL takes the address of another Slack; "" stands for slack.com. The tokens go
// there, so the way must be encrypted wherever it leaves this machine.
func readAPIURL(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("SLACK_API_URL is no address such as https://slack-gov.com/api/: correct it, or unset it for slack.com")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", errors.New("SLACK_API_URL would send the tokens unencrypted: let it begin with https://")
	}
	return s, nil
}

// isLoopback says whether a host is this machine and nobody else's.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s settings) bot(e env) bot.Config {
	return bot.Config{
		BotToken: s.botToken.reveal(), AppToken: s.appToken.reveal(), APIURL: s.apiURL,
		Words: s.words, Allowed: s.config.allowed(), Teams: s.config.Teams, Log: e.log,
		Admins: s.config.Admins, Holiday: s.config.holiday, AwayEmoji: s.config.Away, Keep: s.config.keep(),
	}
}

func first(s ...string) string {
	for _, x := range s {
		if x != "" {
			return x
		}
	}
	return ""
}
