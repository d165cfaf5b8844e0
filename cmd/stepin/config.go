package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"

	"stepin/bot"
	"stepin/nudges"
)

// config is stepin.yaml. Every key is optional, as is the file.
type config struct {
	Words   string   // folder with wording of your own, as seen from where stepin runs
	Allowed []string // user ids; empty for every full member
	Teams   []bot.TeamConfig

	Holidays     holidays                   // of everybody,
	TeamHolidays map[nudges.UserID]holidays // and of teams that have their own
	HTTP         string                     // where /metrics is; "" for nowhere
	Admins       []nudges.UserID            // who is told what only an operator can mend
	Away         []string                   // statuses by which somebody is away; nil for the usual ones

	TextDays     int  // for how long people's words are kept; 0 for the usual time
	NotSensitive bool // no motives, estimates, ledger, aggregates
}

func (c config) allowed() bot.Allowed {
	return bot.Allowed{Everybody: len(c.Allowed) == 0, Users: c.Allowed}
}

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)

// usualConfig is read if it is there and no other is named: whoever has put a list of
// people there must not find it ignored.
const usualConfig = "stepin.yaml"

// readConfig reads the file at path ("" for the usual one) strictly: an unknown key is an
// error with its place and the nearest key that exists. All faults are told at once.
func readConfig(path string) (config, error) {
	named := path != ""
	if !named {
		path = usualConfig
	}
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		return parseConfig(path, b)
	case named:
		return config{}, fmt.Errorf("STEPIN_CONFIG: cannot read %s: check the path, or unset it", path)
	case errors.Is(err, fs.ErrNotExist):
		return config{}, nil
	}
	return config{}, fmt.Errorf("cannot read %s: make it readable for this user, or move it away", path)
}

func parseConfig(path string, b []byte) (c config, err error) {
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	switch err := d.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return c, nil
	case err != nil:
		return c, fmt.Errorf("%s: %w", path, err)
	}
	switch err := d.Decode(&more); {
	case err == nil: // its keys would count for nothing
		return c, fmt.Errorf("%s:%d:%d: a second document begins here: take out the \"---\"", path, more.Line, more.Column)
	case !errors.Is(err, io.EOF):
		return c, fmt.Errorf("%s: %w", path, err)
	}
	if len(doc.Content) == 0 {
		return c, nil
	}
	root := doc.Content[0]
	var errs []error
	fault := func(n *yaml.Node, format string, a ...any) {
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", path, n.Line, n.Column, fmt.Sprintf(format, a...)))
	}
	if root.Kind != yaml.MappingNode {
		fault(root, "expected keys with values, such as \"words: my-words\"")
		return c, errors.Join(errs...)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		k, v := root.Content[i], root.Content[i+1]
		if seen[k.Value] {
			fault(k, "%q stands here twice: keep one", k.Value)
		}
		seen[k.Value] = true
		switch k.Value {
		case "words":
			if v.Kind != yaml.ScalarNode || v.Value == "" {
				fault(v, "words takes the path of a folder")
			}
			if c.Words = v.Value; !filepath.IsAbs(c.Words) { // beside the file, wherever stepin was started
				c.Words = filepath.Join(filepath.Dir(path), c.Words)
			}
		case "allowed":
			c.Allowed = people(v, fault)
		case "teams":
			c.Teams, c.TeamHolidays = faults(fault).teams(v)
		case "holidays":
			c.Holidays = faults(fault).holidays(v)
		case "http":
			var err error
			if c.HTTP, err = readHTTP("http", v.Value); err != nil || v.Kind != yaml.ScalarNode || v.Value == "" {
				fault(v, "http takes an address such as 127.0.0.1:9464")
			}
		case "admins":
			for _, id := range userIDs(v, "admins takes a list of user ids", fault) {
				c.Admins = append(c.Admins, nudges.UserID(id))
			}
		case "away":
			c.Away = faults(fault).away(v)
		case "keep":
			c.TextDays = faults(fault).textDays(v)
		case "sensitive":
			c.NotSensitive = faults(fault).sensitive(v)
		default:
			fault(k, "unknown key %q: did you mean %q?", k.Value, nearest(k.Value, "words", "allowed", "teams", "holidays", "away", "http", "admins", "keep", "sensitive"))
		}
	}
	return c, errors.Join(errs...)
}

// people reads "everybody", or a list of user ids.
func people(v *yaml.Node, fault func(*yaml.Node, string, ...any)) (ids []string) {
	if v.Kind == yaml.ScalarNode && v.Value == "everybody" {
		return nil
	}
	return userIDs(v, "allowed takes \"everybody\" or a list of user ids", fault)
}

// userIDs reads a list of one user id at least; takes says what is wanted.
func userIDs(v *yaml.Node, takes string, fault func(*yaml.Node, string, ...any)) (ids []string) {
	if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
		fault(v, "%s", takes)
		return nil
	}
	for _, n := range v.Content {
		if n.Kind != yaml.ScalarNode || !userID.MatchString(n.Value) {
			fault(n, "%q is no user id: in Slack, open the profile, then ⋮, then Copy member ID", n.Value)
			continue
		}
		ids = append(ids, n.Value)
	}
	return ids
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
