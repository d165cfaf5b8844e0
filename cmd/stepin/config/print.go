package config

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Print writes each setting that a start would use, with its source. It never prints a token.
func (s Settings) Print(out io.Writer, getenv func(string) string, f Flags) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value, from string) { fmt.Fprintf(w, "%s\t%s\t%s\n", name, value, from) }
	for _, k := range Keys {
		from, value := s.Config.from[k.Name], k.show(s.Config)
		switch {
		case s.Config.bad[k.Name]:
			value = "wrong, see below"
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
