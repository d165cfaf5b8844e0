package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stepin/nudges"
	"stepin/nudges/privacy"
)

var (
	userPattern    = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)
	groupPattern   = regexp.MustCompile(`^S[A-Z0-9]{2,}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
	teamPattern    = regexp.MustCompile(`^T[A-Z0-9]{2,}$`)
	emojiPattern   = regexp.MustCompile(`^:.+:$`)
)

// Values of one word. Each checks itself, from file, variable or flag.
type (
	userID       nudges.UserID
	channelID    string
	emoji        string
	day          nudges.Date
	days         int
	policy       nudges.Policy
	contact      string // an id, or a few words
	notSensitive bool   // true for "off"
	level        slog.Level
	address      string // host and port
	apiURL       string
	teamID       string // of a workspace
)

// UserID checks that a text is the id of a person in Slack.
func UserID(s string) (nudges.UserID, error) {
	var id userID
	err := id.UnmarshalText([]byte(s))
	return nudges.UserID(id), err
}

func (u *userID) UnmarshalText(b []byte) error {
	return matched(u, b, userPattern, "%q is not a user id: in Slack, open the profile, then ⋮, then Copy member ID")
}

func (c *channelID) UnmarshalText(b []byte) error {
	return matched(c, b, channelPattern,
		"%q is not a channel id: in Slack, open the channel details; the id is at the bottom")
}

func (t *teamID) UnmarshalText(b []byte) error {
	return matched(t, b, teamPattern,
		"%q is not the id of a workspace, which begins with T: "+
			"it is in the address of Slack in a browser, after /client/")
}

func (e *emoji) UnmarshalText(b []byte) error {
	return matched(e, b, emojiPattern, "%q is not a status emoji: write it as Slack does, such as \":palm_tree:\"")
}

// matched sets a text that has the form, or returns the error.
func matched[T ~string](to *T, b []byte, form *regexp.Regexp, says string) error {
	if !form.Match(b) {
		return fmt.Errorf(says, b)
	}
	*to = T(b)
	return nil
}

func (d *day) UnmarshalText(b []byte) error {
	if _, err := time.Parse(time.DateOnly, string(b)); err != nil {
		return fmt.Errorf("%q is not a day: write it as 2026-12-31", b)
	}
	*d = day(b)
	return nil
}

func (d *days) UnmarshalText(b []byte) error {
	n, err := strconv.Atoi(string(b))
	if err != nil || n < 1 || n > privacy.MostTextDays {
		return fmt.Errorf("text_days takes a number of days from 1 to %d: people's words are never kept longer",
			privacy.MostTextDays)
	}
	*d = days(n)
	return nil
}

func (p *policy) UnmarshalText(b []byte) error {
	*p = policy(b)
	if q := nudges.Policy(b); q != nudges.Self && q != nudges.ByOthers {
		return fmt.Errorf("policy is %q or %q, not %q", nudges.Self, nudges.ByOthers, b)
	}
	return nil
}

// longContact is the limit of a contact in characters, since it is part of a sentence.
const longContact = 100

func (c *contact) UnmarshalText(b []byte) error {
	*c = contact(strings.TrimSpace(string(b)))
	if utf8.RuneCountInString(string(*c)) > longContact || strings.ContainsFunc(string(*c), unicode.IsControl) {
		return fmt.Errorf("contact takes a user id, a channel id, or at most %d characters on one line", longContact)
	}
	return nil
}

func (s *notSensitive) UnmarshalText(b []byte) error {
	if string(b) != "on" && string(b) != "off" {
		return errors.New(`sensitive takes "on" or "off": off keeps no motives, estimates, ledger or figures`)
	}
	*s = string(b) == "off"
	return nil
}

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func (l *level) UnmarshalText(b []byte) error {
	name := strings.ToLower(string(b))
	is, ok := levels[name]
	if !ok {
		return fmt.Errorf("log takes debug, info, warn or error, not %q%s", b,
			Suggest(name, slices.Sorted(maps.Keys(levels))...))
	}
	*l = level(is)
	return nil
}

// UnmarshalText takes a port, or an address and a port. Without an address it means loopback.
func (a *address) UnmarshalText(b []byte) error {
	at := string(b)
	if _, err := strconv.Atoi(at); err == nil {
		at = ":" + at
	}
	host, port, err := net.SplitHostPort(at)
	_, notPort := strconv.ParseUint(port, 10, 16)
	if err != nil || notPort != nil || host != "" && host != "localhost" && net.ParseIP(host) == nil {
		return fmt.Errorf("%q is not an address to listen on: write it as 127.0.0.1:9464", at)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	*a = address(net.JoinHostPort(host, port))
	return nil
}

// UnmarshalText takes the address of another Slack. Tokens go there, so it must be encrypted or on this machine.
func (a *apiURL) UnmarshalText(b []byte) error {
	u, err := url.Parse(string(b))
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("not an address such as https://slack-gov.com/api/: correct it, or unset it for slack.com")
	case u.Scheme == "http" && !IsLoopback(u.Hostname()):
		return errors.New("this would send the tokens unencrypted: begin it with https://")
	}
	*a = apiURL(b)
	return nil
}

// IsLoopback reports whether a host can only be this machine.
func IsLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ids and strs convert lists; nil stays nil.
func ids(in []userID) []nudges.UserID { return converted[nudges.UserID](in) }
func strs[T ~string](in []T) []string { return converted[string](in) }

func converted[To, From ~string](in []From) (out []To) {
	if in != nil {
		out = make([]To, 0, len(in))
	}
	for _, s := range in {
		out = append(out, To(s))
	}
	return out
}
