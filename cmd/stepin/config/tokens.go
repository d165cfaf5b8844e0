package config

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Secret hides itself when it is printed, logged or marshalled. It is a function inside, since fmt prints fields
// without calling String.
type Secret struct{ reveal func() string }

func secret(s string) Secret { return Secret{func() string { return s }} }

const hidden = "[redacted]"

// Reveal is the secret itself.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

func (Secret) String() string   { return hidden }
func (Secret) GoString() string { return hidden }

// LogValue hides it from slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText hides it from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// A Token is a kind of token: its variable, its prefix, and where Slack shows it.
type Token struct{ Name, prefix, where string }

const (
	botPrefix = "xoxb-"
	appPrefix = "xapp-"
)

// The tokens.
var (
	BotToken = Token{"SLACK_BOT_TOKEN", botPrefix, "OAuth & Permissions, after installing the app"}
	AppToken = Token{"SLACK_APP_TOKEN", appPrefix, "Basic Information, App-Level Tokens, with connections:write"}
)

// A HeldToken is a token with its value.
type HeldToken struct {
	Token
	Secret
	File   string // to read it from again; "" for none
	Shared bool   // every user of this machine may read or change that file
}

// Read reads the token from its variable, or from the file that NAME_FILE names.
func (k Token) Read(ctx context.Context, getenv func(string) string) (h HeldToken, err error) {
	h.Token = k
	t, path := getenv(k.Name), getenv(k.Name+"_FILE")
	switch {
	case t != "" && path != "":
		return h, fmt.Errorf("%s and %s_FILE are both set: unset one, so that it is clear which token counts",
			k.Name, k.Name)
	case path != "":
		got, err := readFile(ctx, path, mostToken)
		if err != nil {
			return h, unread(k.Name+"_FILE", path, err)
		}
		if err := legible(path, got.text); err != nil {
			return h, fmt.Errorf("%s_FILE: %w", k.Name, err)
		}
		t, h.Shared = string(got.text), got.shared
		if !got.pipe {
			h.File = path
		}
	}
	if t = strings.TrimSpace(t); t == "" && path != "" {
		return h, fmt.Errorf("%s_FILE: %s is empty: put the token there; find it under %s", k.Name, path, k.where)
	}
	if err := k.check(t); err != nil {
		return h, err
	}
	h.Secret = secret(t)
	return h, nil
}

// InFile returns the current text of a token file, unchecked.
func InFile(ctx context.Context, path string) (string, error) {
	got, err := readFile(ctx, path, mostToken)
	return strings.TrimSpace(string(got.text)), err
}

func (k Token) check(t string) error {
	switch {
	case t == "" && k == BotToken:
		return fmt.Errorf("%s is not set: find it under %s; to try stepin without Slack, run \"stepin demo\"",
			k.Name, k.where)
	case t == "":
		return fmt.Errorf("%s is not set: find it under %s", k.Name, k.where)
	case strings.HasPrefix(t, "xoxe."):
		return fmt.Errorf("%s is a rotating token, which expires after twelve hours: "+
			"make the app again from \"stepin manifest\", since Slack cannot switch token rotation off", k.Name)
	case strings.ContainsAny(t[:1], "\"'"):
		return fmt.Errorf("%s is in quotation marks, which do not belong there: take them away", k.Name)
	case strings.ContainsFunc(t, unicode.IsSpace):
		return fmt.Errorf("%s has a space or a line break inside: copy it again from %s", k.Name, k.where)
	case strings.ContainsFunc(t, foreign):
		i := strings.IndexFunc(t, foreign)
		r, _ := utf8.DecodeRuneInString(t[i:])
		return fmt.Errorf("%s has a sign that is in no token, %U, as character %d: copy it again from %s", k.Name, r,
			utf8.RuneCountInString(t[:i])+1, k.where)
	case !strings.HasPrefix(t, k.prefix):
		return fmt.Errorf("%s must begin with %s, but this is %s: find the right one under %s", k.Name, k.prefix,
			kindOf(t), k.where)
	}
	return nil
}

// foreign reports whether a character is in no token.
func foreign(r rune) bool {
	ascii := r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
	return !ascii && r != '-' && r != '.'
}

// kindOf says what a text is that is no token, without repeating a character of it.
func kindOf(t string) string {
	for _, k := range []struct{ prefix, name string }{
		{botPrefix, "a bot token (xoxb-)"},
		{appPrefix, "an app-level token (xapp-)"},
		{"xoxp-", "a user token (xoxp-)"},
		{"xoxe-", "a refresh token (xoxe-)"},
	} {
		if strings.HasPrefix(t, k.prefix) {
			return k.name
		}
	}
	return "something else"
}
