package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
)

type configCmd struct {
	settingFlags
	Example bool `help:"Print a file with every key there is, each with what it means."`
}

func (configCmd) Help() string {
	return `Prints what a stepin that is started here and now would take, and where each value comes from: flags go
before the environment, and the environment before the file. A token is never printed.`
}

func (c configCmd) Run(e env) error {
	if c.Example {
		_, err := fmt.Fprint(e.stdout, example())
		return err
	}
	s, err := readSettings(e, c.settingFlags)
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	line := func(name, value, from string) { fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, from) }
	for _, k := range fileKeys {
		from, value := s.config.from[k.name], k.show(s.config)
		switch {
		case s.config.bad[k.name]:
			value = "not right, see below"
		case from == "":
			from, value = "default", k.def
		case value == "":
			value = k.def
		}
		line(k.name, value, from)
	}
	for _, o := range outsideSettings {
		switch file := e.getenv(o.env + "_FILE"); {
		case o.secret && e.getenv(o.env) != "":
			line(o.env, hidden, "the environment")
		case o.secret && file != "":
			line(o.env, hidden, file)
		case o.secret:
			line(o.env, "not set", o.def)
		case c.value(o.flag) != "":
			line(o.env, c.value(o.flag), "--"+o.flag)
		case e.getenv(o.env) != "":
			line(o.env, e.getenv(o.env), "the environment")
		default:
			line(o.env, o.def, "default")
		}
	}
	return errors.Join(w.Flush(), err)
}

// example is a configuration with every key: those of it are commented out, so that it changes
// nothing until somebody takes out a "#".
func example() string {
	var b strings.Builder
	say := func(format string, a ...any) {
		for line := range strings.SplitSeq(wrap(fmt.Sprintf(format, a...), 98), "\n") {
			b.WriteString("# " + line + "\n")
		}
	}
	say("The configuration of stepin. Every key is optional, and an unknown one is an error. To set a key, take out the \"#\" before it. \"stepin config\" prints what is in force and where it comes from; \"live\" keys change when the process gets SIGHUP, the others need a restart. Tokens never stand here.")
	for _, k := range fileKeys {
		b.WriteString("\n")
		say("%s", k.doc)
		say("Takes %s. Without it: %s. %s", k.takes, k.def, k.told())
		inside(say, k.keys, "  ")
		for line := range strings.SplitSeq(k.example, "\n") {
			b.WriteString("#" + line + "\n")
		}
	}
	b.WriteString("\n")
	say("Not in this file:")
	for _, o := range outsideSettings {
		flag := ""
		if o.flag != "" {
			flag = ", --" + o.flag
		}
		b.WriteString("#\n")
		say("%s%s (%s)", o.env, flag, o.def)
		say("  %s", o.doc)
	}
	return b.String()
}

// told is when a change counts, and what goes before the file.
func (k key) told() string {
	s := "Needs a restart."
	if k.live {
		s = "Live."
	}
	switch {
	case k.flag != "":
		s += fmt.Sprintf(" %s goes before it, and --%s before both.", k.env, k.flag)
	case k.env != "":
		s += " " + k.env + " goes before it."
	}
	return s
}

// inside says what keys there are inside a value.
func inside(say func(string, ...any), keys []key, indent string) {
	for _, k := range keys {
		say("%s%s: %s", indent, k.name, k.doc)
		inside(say, k.keys, indent+"  ")
	}
}

// wrap breaks a text into lines of at most so many characters; what it is indented by stays.
func wrap(text string, width int) string {
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var b strings.Builder
	n := 0
	for i, w := range strings.Fields(text) {
		l := len([]rune(w))
		switch {
		case i == 0:
			b.WriteString(indent + w)
			n = len(indent) + l
		case n+1+l > width:
			b.WriteString("\n" + indent + w)
			n = len(indent) + l
		default:
			b.WriteString(" " + w)
			n += 1 + l
		}
	}
	return b.String()
}
