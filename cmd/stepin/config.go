package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"

	"stepin/bot"
	"stepin/nudges"
)

// config is stepin.yaml, under what environment and flags say instead. Every key is optional, as is
// the file; what keys there are stands in fileKeys.
type config struct {
	Words   string   // folder with wording of your own, as seen from where stepin runs
	Allowed []string // user ids; empty for every full member, or for those of
	Group   string   // a user group
	Contact string
	Admins  []nudges.UserID
	Teams   []bot.TeamConfig

	Holidays     holidays                   // of everybody,
	TeamHolidays map[nudges.UserID]holidays // and of teams that have their own
	HTTP         string                     // where /metrics is; "" for nowhere
	Away         []string                   // statuses by which somebody is away; nil for the usual ones
	Log          slog.Level
	APIURL       string

	TextDays     int  // for how long people's words are kept; 0 for the usual time
	NotSensitive bool // no motives, estimates, ledger, aggregates

	file string            // it was read from; "" if there is none
	from map[string]string // where a key's value comes from; nothing for the default
	bad  map[string]bool   // keys whose value is not right
}

func (c config) allowed() bot.Allowed {
	return bot.Allowed{Everybody: len(c.Allowed) == 0 && c.Group == "", Users: c.Allowed, Group: c.Group}
}

// live is what of it may change while stepin runs.
func (c config) live(words *nudges.Words) bot.Live {
	return bot.Live{
		Words: words, Allowed: c.allowed(), Contact: c.Contact, Admins: c.Admins,
		Teams: c.Teams, Holiday: c.holiday, AwayEmoji: c.Away, Keep: c.keep(),
	}
}

// usualConfig is read if it is there and no other is named: whoever has put a list of
// people there must not find it ignored.
const usualConfig = "stepin.yaml"

// configFlag names the configuration, for the commands that need nothing else of the settings.
type configFlag struct {
	Config string `name:"config" placeholder:"FILE" help:"The configuration, in place of STEPIN_CONFIG (stepin.yaml)."`
}

// read reads the file strictly: an unknown key is an error with its place and the nearest key that
// exists. All faults are told at once. Only the usual file may be missing.
func (f configFlag) read(e env) (config, error) {
	by, path := "", usualConfig
	if f.Config != "" {
		by, path = "--config", f.Config
	} else if p := e.getenv("STEPIN_CONFIG"); p != "" {
		by, path = "STEPIN_CONFIG", p
	}
	b, err := readFile(e.ctx, path, mostConfig)
	switch {
	case err == nil:
		c, err := parseConfig(path, b)
		c.file = path
		return c, err
	case by == "" && errors.Is(err, fs.ErrNotExist):
		return config{}, nil
	}
	return config{}, unread(by, path, err)
}

// aToken is what looks like a token of Slack's, whatever stands around it.
var aToken = regexp.MustCompile(`\b(xox[a-z]|xapp)[-.][0-9A-Za-z]`)

// secretKeys are names under which somebody could look for a place for a secret.
var secretKeys = map[string]string{
	"token": "SLACK_BOT_TOKEN", "bot_token": "SLACK_BOT_TOKEN", "slack_bot_token": "SLACK_BOT_TOKEN", "slack_bot_token_file": "SLACK_BOT_TOKEN",
	"app_token": "SLACK_APP_TOKEN", "slack_app_token": "SLACK_APP_TOKEN", "slack_app_token_file": "SLACK_APP_TOKEN",
	"signing_secret": "", "signing_key": "", "client_secret": "",
}

// belongs says where a secret belongs, by the name of its variable.
func belongs(name string) string {
	if name == "" {
		return "stepin needs none: take it out"
	}
	return fmt.Sprintf("tokens are kept out of this file: set %s in the environment, or let %s_FILE name a file that holds it", name, name)
}

// secretIn finds a token in the text, and says where it belongs without repeating a letter of it.
func secretIn(path string, b []byte) error {
	var errs []error
	n := 0
	for line := range bytes.Lines(b) {
		n++
		at := aToken.FindIndex(line)
		if at == nil {
			continue
		}
		name := "SLACK_BOT_TOKEN"
		if bytes.HasPrefix(line[at[0]:], []byte("xapp")) {
			name = "SLACK_APP_TOKEN"
		}
		errs = append(errs, fmt.Errorf("%s:%d:%d: a token stands here: %s", path, n, len([]rune(string(line[:at[0]])))+1, belongs(name)))
	}
	return errors.Join(errs...)
}

func parseConfig(path string, b []byte) (c config, err error) {
	if err := secretIn(path, b); err != nil {
		return c, err
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return c, syntax(path, b, err)
	}
	switch err := d.Decode(&more); {
	case err == nil: // its keys would count for nothing
		return c, fmt.Errorf("%s:%d:%d: a second document begins here: take out the \"---\"", path, more.Line, more.Column)
	case !errors.Is(err, io.EOF):
		return c, syntax(path, b, err)
	}
	if len(doc.Content) == 0 {
		return c, nil
	}
	root := doc.Content[0]
	var errs []error
	var fault faults = func(n *yaml.Node, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", path, n.Line, n.Column, fmt.Sprintf(format, a...)))
	}
	if root.Kind != yaml.MappingNode {
		fault(root, "expected keys with values, such as \"words: my-words\"")
		return c, errors.Join(errs...)
	}
	c.from, c.bad = map[string]string{}, map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if name, secret := secretKeys[strings.ToLower(k.Value)]; secret {
			fault(k, "%q: %s", k.Value, belongs(name))
			continue
		}
		key := keyNamed(k.Value)
		switch {
		case key == nil:
			fault(k, "unknown key %q%s", k.Value, meantOr(k.Value, names(fileKeys)...))
			continue
		case c.from[k.Value] != "":
			fault(k, "%q stands here twice: keep one", k.Value)
		}
		c.from[k.Value] = fmt.Sprintf("%s:%d", path, k.Line)
		known := len(errs)
		key.read(&c, v, fault)
		c.bad[k.Value] = c.bad[k.Value] || len(errs) > known
	}
	if c.Words != "" && !filepath.IsAbs(c.Words) { // beside the file, wherever stepin was started
		c.Words = filepath.Join(filepath.Dir(path), c.Words)
	}
	return c, errors.Join(errs...)
}

func nearest(word string, known ...string) string {
	best := known[0]
	for _, k := range known {
		if levenshtein.ComputeDistance(word, k) < levenshtein.ComputeDistance(word, best) {
			best = k
		}
	}
	return best
}
