package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// uncommented is the example with each key taken out of its comment.
func uncommented(t *testing.T) string {
	t.Helper()
	text := example()
	for _, k := range fileKeys {
		commented := "#" + strings.ReplaceAll(k.example, "\n", "\n#")
		if strings.Count(text, commented) != 1 {
			t.Errorf("%s does not stand in the example once", k.name)
		}
		text = strings.Replace(text, commented, k.example, 1)
	}
	return text
}

// keysOf are all keys of a mapping, and of what is in it.
func keysOf(n *yaml.Node) (out []string) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			out = append(out, c.Value)
			continue
		}
		out = append(out, keysOf(c)...)
	}
	return out
}

// The example changes nothing as it stands, and with all its keys in place it says all that there is to say.
func TestExample(t *testing.T) {
	c, err := parseConfig("stepin.yaml", []byte(example()))
	if err != nil || !reflect.DeepEqual(c, config{}) {
		t.Errorf("as it is printed: %+v, %v", c, err)
	}
	text := uncommented(t)
	c, err = parseConfig("stepin.yaml", []byte(text))
	if err != nil {
		t.Fatalf("with its keys in place: %v\n%s", err, text)
	}
	for _, k := range fileKeys {
		if c.from[k.name] == "" || k.show(c) == "" {
			t.Errorf("%s is not set by it", k.name)
		}
		if k.set == nil && (k.env != "" || k.flag != "") {
			t.Errorf("%s has a variable or a flag, and takes no word from there", k.name)
		}
		for _, s := range []string{k.takes, k.def, k.doc} {
			if s == "" {
				t.Errorf("%s is not described", k.name)
			}
		}
		if !strings.HasSuffix(k.doc, ".") {
			t.Errorf("%s: %q is no sentence", k.name, k.doc)
		}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	got := keysOf(&doc)
	for _, keys := range [][]key{fileKeys, teamKeys, approverKeys, holidayKeys} {
		for _, k := range keys {
			if !slices.Contains(got, k.name) {
				t.Errorf("the example names no %s", k.name)
			}
		}
	}
	for _, o := range outsideSettings {
		if !strings.Contains(example(), o.env) {
			t.Errorf("the example does not say where %s belongs", o.env)
		}
	}
}

// Every variable of the table is read, and every flag is one of serve's, check's and config's.
func TestTableIsTrue(t *testing.T) {
	asked := map[string]bool{}
	e := env{ctx: t.Context(), getenv: func(k string) string { asked[k] = true; return "" }}
	t.Chdir(t.TempDir())
	if _, err := readSettings(e, settingFlags{}); err == nil {
		t.Error("settings without a token")
	}
	parser, err := kong.New(&cli{})
	if err != nil {
		t.Fatal(err)
	}
	flags := func(command string) (out []string) {
		for _, n := range parser.Model.Children {
			if n.Name == command {
				for _, f := range n.Flags {
					out = append(out, f.Name)
				}
			}
		}
		return out
	}
	need := func(env, flag string) {
		if env != "" && !asked[env] {
			t.Errorf("nobody reads %s", env)
		}
		for _, command := range []string{"serve", "check", "config"} {
			if flag != "" && !slices.Contains(flags(command), flag) {
				t.Errorf("%s has no --%s", command, flag)
			}
		}
		if flag != "" {
			var f settingFlags
			for _, field := range reflect.VisibleFields(reflect.TypeFor[settingFlags]()) {
				if !field.Anonymous {
					reflect.ValueOf(&f).Elem().FieldByIndex(field.Index).SetString(field.Tag.Get("name"))
				}
			}
			if f.value(flag) != flag {
				t.Errorf("--%s is %q", flag, f.value(flag))
			}
		}
	}
	for _, k := range fileKeys {
		need(k.env, k.flag)
	}
	for _, o := range outsideSettings {
		need(o.env, o.flag)
		if o.secret {
			need(o.env+"_FILE", "")
		}
	}
}
