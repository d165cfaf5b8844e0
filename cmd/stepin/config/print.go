package config

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Print writes each setting that a start would take, with where it comes from. A token is never printed.
func (s Settings) Print(out io.Writer, getenv func(string) string, f Flags) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value, from string) { fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, from) }
	for _, k := range Keys {
		from, value := s.Config.from[k.Name], k.show(s.Config)
		switch {
		case s.Config.bad[k.Name]:
			value = "not right, see below"
		case from == "":
			from, value = "default", k.Default
		case value == "":
			value = k.Default
		}
		line(k.Name, value, from)
	}
	for _, o := range Outside {
		switch file := getenv(o.Env + "_FILE"); {
		case o.Secret && getenv(o.Env) != "":
			line(o.Env, hidden, "the environment")
		case o.Secret && file != "":
			line(o.Env, hidden, file)
		case o.Secret:
			line(o.Env, "not set", o.Default)
		case f.value(o.Flag) != "":
			line(o.Env, f.value(o.Flag), "--"+o.Flag)
		case getenv(o.Env) != "":
			line(o.Env, getenv(o.Env), "the environment")
		default:
			line(o.Env, o.Default, "default")
		}
	}
	return w.Flush()
}

const exampleHead = "The configuration of stepin. Every key is optional, and an unknown one is an error. To set a key, take out " +
	"the \"#\" before it. \"stepin config\" prints what is in force and where it comes from; \"live\" keys change when the " +
	"process gets SIGHUP, the others need a restart. Tokens never stand here."

// Example is a stepin.yaml with every key. All are commented out, so that it changes nothing until somebody takes out
// a "#".
func Example() string {
	var b strings.Builder
	say := func(format string, a ...any) {
		for line := range strings.SplitSeq(wrap(fmt.Sprintf(format, a...), 98), "\n") {
			b.WriteString("# " + line + "\n")
		}
	}
	say("%s", exampleHead)
	for _, k := range Keys {
		b.WriteString("\n")
		say("%s", k.Doc)
		say("Takes %s. Without it: %s. %s", k.Takes, k.Default, k.told())
		inside(say, k.Keys, "  ")
		for line := range strings.SplitSeq(k.Example, "\n") {
			b.WriteString("#" + line + "\n")
		}
	}
	b.WriteString("\n")
	say("Not in this file:")
	for _, o := range Outside {
		flag := ""
		if o.Flag != "" {
			flag = ", --" + o.Flag
		}
		b.WriteString("#\n")
		say("%s%s (%s)", o.Env, flag, o.Default)
		say("  %s", o.Doc)
	}
	return b.String()
}

// told is when a change counts, and what goes before the file.
func (k Key) told() string {
	s := "Needs a restart."
	if k.Live {
		s = "Live."
	}
	switch {
	case k.Flag != "":
		s += fmt.Sprintf(" %s goes before it, and --%s before both.", k.Env, k.Flag)
	case k.Env != "":
		s += " " + k.Env + " goes before it."
	}
	return s
}

// inside says what keys there are inside a value.
func inside(say func(string, ...any), keys []Key, indent string) {
	for _, k := range keys {
		say("%s%s: %s", indent, k.Name, k.Doc)
		inside(say, k.Keys, indent+"  ")
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
