package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
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
	tokenFiles         map[string]string // by the name of the variable: where a token was read, and can be again
	db                 string
	config             config
	words              *nudges.Words
}

// readSettings collects everything from the environment and the configuration file, and
// all that is wrong with it.
func readSettings(e env, f settingFlags) (settings, error) {
	s := settings{db: cmp.Or(f.DB, e.getenv("STEPIN_DB"), usualDB), tokenFiles: map[string]string{}}
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	s.botToken, err = botToken.read(e)
	note(err)
	s.appToken, err = appToken.read(e)
	note(err)
	for _, t := range []tokenKind{botToken, appToken} {
		if file := e.getenv(t.name + "_FILE"); e.getenv(t.name) == "" && file != "" && !readOnce(file) {
			s.tokenFiles[t.name] = file
		}
	}
	s.config, s.words, err = readLive(e, f)
	note(err)
	return s, errors.Join(errs...)
}

// readLive reads the configuration, and the words that it names.
func readLive(e env, f settingFlags) (config, *nudges.Words, error) {
	c, err := f.read(e)
	if over := c.over(e, f); err != nil || over != nil {
		return c, nil, errors.Join(err, over)
	}
	w, err := nudges.Load(c.Words)
	return c, w, err
}

// usualDB is the file that remembers everything where no other is named.
const usualDB = "stepin.db"

const (
	botPrefix = "xoxb-"
	appPrefix = "xapp-"
)

// A tokenKind is one of the two tokens: its variable, how it begins, and where in Slack it is found.
type tokenKind struct{ name, prefix, where string }

var (
	botToken = tokenKind{"SLACK_BOT_TOKEN", botPrefix, "OAuth & Permissions, after installing the app"}
	appToken = tokenKind{"SLACK_APP_TOKEN", appPrefix, "Basic Information, App-Level Tokens, with connections:write"}
)

// read reads a token from the variable, or from the file that NAME_FILE names.
func (k tokenKind) read(e env) (Secret, error) {
	name, prefix, where := k.name, k.prefix, k.where
	t := e.getenv(name)
	file := e.getenv(name + "_FILE")
	switch {
	case t != "" && file != "":
		return Secret{}, fmt.Errorf("%s and %s_FILE are both set: unset one, or nobody knows which token counts", name, name)
	case file != "":
		b, err := readFile(e.ctx, file, mostToken)
		if err != nil {
			return Secret{}, unread(name+"_FILE", file, err)
		}
		t = string(b)
	}
	t = strings.TrimSpace(t)
	switch {
	case t == "" && file != "":
		return Secret{}, fmt.Errorf("%s_FILE: %s is empty: put the token there, which is found under %s", name, file, where)
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
		return "", errors.New("no address such as https://slack-gov.com/api/: correct it, or unset it for slack.com")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", errors.New("this would send the tokens unencrypted: let it begin with https://")
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
		BotToken: s.botToken.reveal(), AppToken: s.appToken.reveal(), APIURL: s.config.APIURL,
		AppTokenWatched: s.tokenFiles[appToken.name] != "",
		Log:             e.log, Live: s.config.live(s.words),
	}
}
