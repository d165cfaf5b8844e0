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

// strict rejects unknown keys. survey finds duplicate keys, since the decoder would stop at the first.
var strict = []yaml.Option{yaml.WithKnownFields(), yaml.WithUniqueKeys(false)}

// keysOf are the keys of each type that an error of the decoder may name.
var keysOf = map[string][]Key{
	"config.file": Keys, "config.teamFile": teamKeys, "config.approverFile": approverKeys,
	"config.holidaysFile": holidayKeys, "config.keepFile": keepKeys,
}

// parse reads a stepin.yaml. The error lists all faults, a line each.
func parse(path string, b []byte) (c Config, err error) {
	if err := tokenIn(path, b); err != nil {
		return c, err
	}
	if err := legible(path, b); err != nil {
		return c, err
	}
	var docs []yaml.Node
	if err := yaml.Load(b, &docs, yaml.WithAllDocuments()); err != nil {
		return c, syntax(path, b, err)
	}
	if len(docs) > 1 { // its keys would count for nothing
		return c, fmt.Errorf("%s:%d:%d: a second document begins here: remove the \"---\"",
			path, docs[1].Line, docs[1].Column)
	}
	if len(docs) == 0 || len(docs[0].Content) == 0 {
		return c, nil
	}
	root := docs[0].Content[0]
	at := map[yaml.Mark]string{}
	faults := survey("stepin.yaml", root, at)
	c.from, c.bad = map[string]string{}, map[string]bool{}
	if found := aliases(root); len(found) > 0 { // what the decoder made of them would say nothing
		faults, root = append(faults, found...), &yaml.Node{}
	} else if err := root.Load(&c.file, strict...); err != nil {
		faults = append(faults, besides(faults, loadErrors(err))...)
	}
	faults = append(faults, c.teamFaults()...)
	if root.Kind == yaml.MappingNode {
		c.places(path, root, faults)
	}
	if c.Words != "" && !filepath.IsAbs(c.Words) { // relative to the file, not to the working directory
		c.Words = filepath.Join(filepath.Dir(path), c.Words)
	}
	slices.SortStableFunc(faults, func(a, b *yaml.LoadError) int { return before(a.Mark, b.Mark) })
	var errs []error
	for _, f := range faults {
		place := path
		if f.Mark.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", path, f.Mark.Line, f.Mark.Column)
		}
		errs = append(errs, fmt.Errorf("%s: %s", place, plain(f, at[f.Mark])))
	}
	return c, errors.Join(errs...)
}

func markOf(n *yaml.Node) yaml.Mark { return yaml.Mark{Line: n.Line, Column: n.Column} }

func before(a, b yaml.Mark) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}

// places records the line of each key, and which keys have faults.
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

// aliases are those in a node. They do not count: they would hide where a value comes from.
func aliases(n *yaml.Node) (out []*yaml.LoadError) {
	if n.Kind == yaml.AliasNode {
		return []*yaml.LoadError{faultAt(n, "the alias *%s does not count here: write the value out", n.Value)}
	}
	for _, v := range n.Content {
		out = append(out, aliases(v)...)
	}
	return out
}

// survey finds what the decoder accepts, or does not name: duplicate keys, keys without a value, and tags. It records
// the key of each place.
func survey(name string, n *yaml.Node, at map[yaml.Mark]string) (out []*yaml.LoadError) {
	at[markOf(n)] = name
	switch {
	case n.Style&yaml.TaggedStyle != 0:
		return []*yaml.LoadError{faultAt(n, "the tag %s does not count here: remove it", n.Tag)}
	case n.ShortTag() == "!!null":
		return []*yaml.LoadError{faultAt(n, "%s has no value: give it one%s, or remove it",
			cmp.Or(name, "a key without a name"), about(name))}
	}
	seen := map[string]bool{}
	for i, v := range n.Content {
		in := "each of " + name
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			k := n.Content[i-1]
			if k.Value == "<<" && name != "skills" { // it would hide where a value comes from
				out = append(out, faultAt(k, "keys cannot be merged here: write them out"))
			}
			if in = k.Value; seen[in] && name != "skills" { // skills reports its own duplicates
				out = append(out, faultAt(k, "%q is here twice: keep one", in))
			}
			seen[in] = true
		}
		if name != "skills" { // a skill needs no training
			out = append(out, survey(in, v, at)...)
		}
	}
	return out
}

// besides are the faults at places where none is found yet: what the decoder says of a tag has no place.
func besides(found, more []*yaml.LoadError) []*yaml.LoadError {
	return slices.DeleteFunc(more, func(f *yaml.LoadError) bool {
		return slices.ContainsFunc(found, func(g *yaml.LoadError) bool {
			return f.Mark.Line == 0 || before(f.Mark, g.Mark) == 0
		})
	})
}

// faultAt is a fault at a node.
func faultAt(n *yaml.Node, format string, a ...any) *yaml.LoadError {
	return yaml.NewLoadError(yaml.ConstructorStage, fmt.Sprintf(format, a...), markOf(n), nil)
}

// failAt is such a fault as an error of UnmarshalYAML: the decoder keeps its place.
func failAt(n *yaml.Node, format string, a ...any) error {
	return &yaml.LoadErrors{Errors: []*yaml.LoadError{faultAt(n, format, a...)}}
}

// loadErrors splits an error of the decoder into faults.
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
	unknownField = regexp.MustCompile(`(?s)^field (.*) not found in type (\S+)$`)
	wrongKind    = regexp.MustCompile(`(?s)^cannot construct .* into (\S+)`)
)

// plain rewords an error of the decoder, which names Go types. what is the key at its place.
func plain(f *yaml.LoadError, what string) string {
	what = cmp.Or(what, "a key")
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
	return strings.ReplaceAll(f.Message, "\n", " ")
}

// about describes the value of a key, in parentheses; "" if there is no such key.
func about(name string) string {
	for _, keys := range [][]Key{Keys, keepKeys, teamKeys, approverKeys, holidayKeys} {
		if i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name }); i >= 0 {
			return " (" + cmp.Or(keys[i].Takes, keys[i].Doc) + ")"
		}
	}
	return ""
}

// aToken matches what looks like a token of Slack.
var aToken = regexp.MustCompile(`\b(xox[a-z]|xapp)[-.][0-9A-Za-z]`)

// secretKeys are key names that people may try for secrets, with the variable that takes the secret.
var secretKeys = map[string]string{
	"token": "SLACK_BOT_TOKEN", "bot_token": "SLACK_BOT_TOKEN", "slack_bot_token": "SLACK_BOT_TOKEN",
	"slack_bot_token_file": "SLACK_BOT_TOKEN", "app_token": "SLACK_APP_TOKEN", "slack_app_token": "SLACK_APP_TOKEN",
	"slack_app_token_file": "SLACK_APP_TOKEN", "signing_secret": "", "signing_key": "", "client_secret": "",
}

// belongs says where a secret belongs; name is its variable.
func belongs(name string) string {
	if name == "" {
		return "stepin needs none: remove it"
	}
	return fmt.Sprintf("tokens do not belong in this file: set %s in the environment, or let %s_FILE name a file "+
		"that holds it", name, name)
}

// tokenIn reports tokens in the text, without repeating a character of them.
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
