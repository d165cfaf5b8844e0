package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"github.com/agnivade/levenshtein"
	"go.yaml.in/yaml/v4"

	"stepin/bot"
)

// config is stepin.yaml. Every key is optional, as is the file.
type config struct {
	Words   string   // folder with wording of your own
	Allowed []string // user ids; empty for every full member
}

func (c config) allowed() bot.Allowed {
	return bot.Allowed{Everybody: len(c.Allowed) == 0, Users: c.Allowed}
}

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{2,}$`)

// readConfig reads stepin.yaml strictly: an unknown key is an error with its place and the
// nearest key that exists. All faults are told at once.
func readConfig(path string) (config, error) {
	if path == "" {
		return config{}, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return config{}, fmt.Errorf("STEPIN_CONFIG: cannot read %s: check the path, or unset it", path)
	}
	return parseConfig(path, b)
}

func parseConfig(path string, b []byte) (c config, err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
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
			c.Words = v.Value
		case "allowed":
			c.Allowed = people(v, fault)
		default:
			fault(k, "unknown key %q: did you mean %q?", k.Value, nearest(k.Value, "words", "allowed"))
		}
	}
	return c, errors.Join(errs...)
}

// people reads "everybody", or a list of user ids.
func people(v *yaml.Node, fault func(*yaml.Node, string, ...any)) (ids []string) {
	if v.Kind == yaml.ScalarNode && v.Value == "everybody" {
		return nil
	}
	if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
		fault(v, "allowed takes \"everybody\" or a list of user ids")
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
