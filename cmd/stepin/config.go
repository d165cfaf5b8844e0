package main

import (
	"errors"
	"fmt"
	"strings"

	"stepin/cmd/stepin/config"
)

type configCmd struct {
	config.Flags
	Example bool `help:"Print a file with every key and what it means."`
}

func (configCmd) Help() string {
	return `Prints the settings that stepin would use if it started here and now, and where each value comes from. Flags
override the environment, and the environment overrides the file. A token is never printed.`
}

func (c configCmd) Run(e env) error {
	if c.Example {
		_, err := fmt.Fprint(e.stdout, example())
		return err
	}
	s, err := config.Read(e.ctx, e.getenv, c.Flags)
	return errors.Join(s.Print(e.stdout, e.getenv, c.Flags), err)
}

const exampleHead = "The configuration of stepin. Every key is optional, and an unknown key is an error. To set a " +
	"key, remove the \"#\" before it. \"stepin config\" prints the settings that apply and where each " +
	"comes from. A \"live\" key changes when the process gets SIGHUP; the others need a restart. " +
	"Tokens never belong here."

// example is a stepin.yaml with every key. All are commented out, so that it changes nothing until somebody takes out
// a "#".
func example() string {
	var b strings.Builder
	say := func(indent, text string) { b.WriteString(wrapText("# "+indent, "# "+indent, text, 100) + "\n") }
	var inside func(keys []config.Key, indent string)
	inside = func(keys []config.Key, indent string) {
		for _, k := range keys {
			say(indent, k.Name+": "+k.Doc)
			inside(k.Keys, indent+"  ")
		}
	}
	say("", exampleHead)
	for _, k := range config.Keys {
		b.WriteString("\n")
		say("", k.Doc)
		say("", fmt.Sprintf("Takes %s. Without it: %s. %s", k.Takes, k.Default, applies(k)))
		inside(k.Keys, "  ")
		b.WriteString("#" + strings.ReplaceAll(k.Example, "\n", "\n#") + "\n")
	}
	b.WriteString("\n# Not in this file:\n")
	for _, o := range config.Outside {
		flag := ""
		if o.Flag != "" {
			flag = ", --" + o.Flag
		}
		b.WriteString("#\n")
		say("", fmt.Sprintf("%s%s (%s)", o.Env, flag, o.Default))
		say("  ", o.Doc)
	}
	return b.String()
}

// applies says when a change of a key applies, and what goes before the file.
func applies(k config.Key) string {
	s := "Needs a restart."
	if k.Live {
		s = "Live."
	}
	switch {
	case k.Flag != "":
		return s + fmt.Sprintf(" %s overrides it, and --%s overrides both.", k.Env, k.Flag)
	case k.Env != "":
		return s + " " + k.Env + " overrides it."
	}
	return s
}
