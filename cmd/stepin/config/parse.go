package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// strict refuses unknown keys. What stands twice is found by survey, so that the rest is looked at all the same.
var strict = []yaml.Option{yaml.WithKnownFields(), yaml.WithUniqueKeys(false)}

// keysOf are the keys of each type that the decoder may name in an error.
var keysOf = map[string][]Key{
	"config.file": Keys, "config.teamFile": teamKeys, "config.approverFile": approverKeys,
	"config.holidaysFile": holidayKeys, "config.keepFile": keepKeys,
}

// parse reads a stepin.yaml. It tells all faults at once, a line each.
func parse(path string, b []byte) (c Config, err error) {
	if err := tokenIn(path, b); err != nil {
		return c, err
	}
	var docs []yaml.Node
	if err := yaml.Load(b, &docs, yaml.WithAllDocuments()); err != nil {
		return c, syntax(path, b, err)
	}
	if len(docs) > 1 { // its keys would count for nothing
		return c, fmt.Errorf("%s:%d:%d: a second document begins here: remove the \"---\"", path, docs[1].Line, docs[1].Column)
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return c, nil
	}
	root := docs[0].Content[0]
	at := map[yaml.Mark]string{}
	faults := survey("stepin.yaml", root, at)
	if err := root.Load(&c.file, strict...); err != nil {
		faults = append(faults, loadErrors(err)...)
	}
	faults = append(faults, c.teamFaults()...)
	c.from, c.bad = map[string]string{}, map[string]bool{}
	if root.Kind == yaml.MappingNode {
		c.places(path, root, faults)
	}
	if c.Words != "" && !filepath.IsAbs(c.Words) { // beside the file, wherever stepin was started
		c.Words = filepath.Join(filepath.Dir(path), c.Words)
	}
	slices.SortStableFunc(faults, func(a, b *yaml.LoadError) int { return before(a.Mark, b.Mark) })
	var errs []error
	for _, f := range faults {
		errs = append(errs, fmt.Errorf("%s:%d:%d: %s", path, f.Mark.Line, f.Mark.Column, plain(f, at[f.Mark])))
	}
	return c, errors.Join(errs...)
}

func markOf(n *yaml.Node) yaml.Mark { return yaml.Mark{Line: n.Line, Column: n.Column} }

func before(a, b yaml.Mark) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// places notes where each key's value comes from, and whether it has a fault.
func (c *Config) places(path string, root *yaml.Node, faults []*yaml.LoadError) {
	var keys []*yaml.Node
	for i := 0; i < len(root.Content); i += 2 {
		k := root.Content[i]
		c.from[k.Value] = fmt.Sprintf("%s:%d", path, k.Line)
		keys = append(keys, k)
	}
	for _, f := range faults {
		for _, k := range slices.Backward(keys) {
			if before(markOf(k), f.Mark) <= 0 {
				c.bad[k.Value] = true
				break
			}
		}
	}
}

// survey finds what the decoder lets pass: keys that stand twice, and those without a value. It notes what stands at
// each place.
func survey(name string, n *yaml.Node, at map[yaml.Mark]string) (out []*yaml.LoadError) {
	at[markOf(n)] = name
	if n.ShortTag() == "!!null" {
		return []*yaml.LoadError{faultAt(n, "%s has no value: give it one%s, or remove it", name, about(name))}
	}
	seen := map[string]bool{}
	for i, v := range n.Content {
		in := "each of " + name
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			k := n.Content[i-1]
			if in = k.Value; seen[in] && name != "skills" { // which says more itself
				out = append(out, faultAt(k, "%q is here twice: keep one", in))
			}
			seen[in] = true
		}
		if name != "skills" { // a skill without a training is one
			out = append(out, survey(in, v, at)...)
		}
	}
	return out
}

// faultAt is a fault at the place of a node.
func faultAt(n *yaml.Node, format string, a ...any) *yaml.LoadError {
	return yaml.NewLoadError(yaml.ConstructorStage, fmt.Sprintf(format, a...), markOf(n), nil)
}

// failAt is that fault as what UnmarshalYAML returns: the decoder keeps its place.
func failAt(n *yaml.Node, format string, a ...any) error {
	return &yaml.LoadErrors{Errors: []*yaml.LoadError{faultAt(n, format, a...)}}
}

// loadErrors are the faults in an error of the decoder.
func loadErrors(err error) []*yaml.LoadError {
	if all, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		return all.Errors
	}
	if one, ok := errors.AsType[*yaml.LoadError](err); ok {
		return []*yaml.LoadError{one}
	}
	return []*yaml.LoadError{yaml.NewLoadError(yaml.ConstructorStage, err.Error(), yaml.Mark{}, err)}
}

var (
	unknownField = regexp.MustCompile(`^field (.*) not found in type (\S+)$`)
	wrongKind    = regexp.MustCompile(`^cannot construct .* into (\S+)`)
)

// plain puts what the decoder says of Go's types into words for people; what is the key at the fault's place.
func plain(f *yaml.LoadError, what string) string {
	if m := unknownField.FindStringSubmatch(f.Message); m != nil {
		if name, secret := secretKeys[strings.ToLower(m[1])]; secret && m[2] == "config.file" {
			return fmt.Sprintf("%q: %s", m[1], belongs(name))
		}
		return fmt.Sprintf("unknown key %q%s", m[1], SuggestOr(m[1], names(keysOf[m[2]])...))
	}
	if m := wrongKind.FindStringSubmatch(f.Message); m != nil {
		switch keys := keysOf[m[1]]; {
		case keys != nil:
			return what + " takes keys with values: " + strings.Join(names(keys), ", ")
		case strings.HasPrefix(m[1], "[]"):
			return what + " takes a list: put it in [ ]"
		default:
			return what + " takes one value" + about(what)
		}
	}
	return f.Message
}

// about is what a key's value is, in parentheses; "" for what is no key.
func about(name string) string {
	for _, keys := range [][]Key{Keys, keepKeys, teamKeys, approverKeys, holidayKeys} {
		if i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name }); i >= 0 {
			return " (" + cmp.Or(keys[i].Takes, keys[i].Doc) + ")"
		}
	}
	return ""
}

// aToken is what looks like one of Slack's tokens, whatever stands around it.
var aToken = regexp.MustCompile(`\b(xox[a-z]|xapp)[-.][0-9A-Za-z]`)

// secretKeys are names under which somebody could look for a place for a secret, with the variable that takes it.
var secretKeys = map[string]string{
	"token": "SLACK_BOT_TOKEN", "bot_token": "SLACK_BOT_TOKEN", "slack_bot_token": "SLACK_BOT_TOKEN",
	"slack_bot_token_file": "SLACK_BOT_TOKEN", "app_token": "SLACK_APP_TOKEN", "slack_app_token": "SLACK_APP_TOKEN",
	"slack_app_token_file": "SLACK_APP_TOKEN", "signing_secret": "", "signing_key": "", "client_secret": "",
}

// belongs says where a secret belongs, by the name of its variable.
func belongs(name string) string {
	if name == "" {
		return "stepin needs none: remove it"
	}
	return fmt.Sprintf("tokens do not belong in this file: set %s in the environment, or let %s_FILE name a file that holds it", name, name)
}

// tokenIn finds tokens in the text, and says where they belong without repeating a letter of them.
func tokenIn(path string, b []byte) error {
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
		column := len([]rune(string(line[:at[0]]))) + 1
		errs = append(errs, fmt.Errorf("%s:%d:%d: this is a token: %s", path, n, column, belongs(name)))
	}
	return errors.Join(errs...)
}
