package main

import (
	"reflect"
	"strings"
	"testing"

	"stepin/cmd/stepin/config"
)

// The example has every key once, commented out, and names the settings outside the file.
func TestExample(t *testing.T) {
	text := example()
	c := configOf(t, text)
	c.Path = ""
	if !reflect.DeepEqual(c, config.Config{}) {
		t.Errorf("as it is printed: %+v", c)
	}
	for _, k := range config.Keys {
		if strings.Count(text, "\n#"+strings.ReplaceAll(k.Example, "\n", "\n#")+"\n") != 1 {
			t.Errorf("%s does not stand in the example once", k.Name)
		}
	}
	for _, o := range config.Outside {
		if !strings.Contains(text, o.Env) {
			t.Errorf("the example does not say where %s belongs", o.Env)
		}
	}
}
