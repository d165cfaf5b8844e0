package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// usual translates what people type out of habit: "help COMMAND" and "--version", and nothing but flags for serve.
func usual(parser *kong.Kong, args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"serve"}
	case args[0] == "--version":
		return []string{"version"}
	case args[0] == "help" && len(args) > 1 && !slices.Contains(topics, args[1]) &&
		slices.Contains(commands(parser), args[1]):
		return append(slices.Clone(args[1:]), "--help")
	case strings.HasPrefix(args[0], "-") && args[0] != "--help" && args[0] != "-h":
		return append([]string{"serve"}, args...)
	}
	return args
}

// commands are the names of all commands.
func commands(parser *kong.Kong) (names []string) {
	for _, n := range parser.Model.Children {
		names = append(names, n.Name)
	}
	return names
}

// A misuse is an argument that a command refuses before it begins.
type misuse struct{ error }

// usage says what was typed wrong, and which command's help says more.
func usage(err error) error {
	see := "stepin"
	if at, ok := errors.AsType[*kong.ParseError](err); ok && at.Context.Selected() != nil {
		see += " " + at.Context.Selected().Name
	}
	return fmt.Errorf("%w (see \"%s --help\")", err, see)
}
