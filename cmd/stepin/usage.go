package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"
)

// usual translates what people type out of habit: "help COMMAND" and "--version".
func usual(parser *kong.Kong, args []string) []string {
	switch {
	case len(args) == 0:
		return args
	case args[0] == "help" && len(args) > 1 && !slices.Contains(topics, args[1]) && slices.Contains(commands(parser), args[1]):
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return []string{"version"}
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

// usage says what was typed wrong, and where the right way stands.
func usage(parser *kong.Kong, args []string, err error) error {
	all := commands(parser)
	if c := args[0]; !strings.HasPrefix(c, "-") && !slices.Contains(all, c) {
		return fmt.Errorf("there is no command %q%s (see \"stepin --help\")", c, meant(c, all...))
	}
	see := "stepin"
	if at, ok := errors.AsType[*kong.ParseError](err); ok && at.Context != nil && at.Context.Selected() != nil && slices.Contains(args, at.Context.Selected().Name) {
		see += " " + at.Context.Selected().Name
	}
	return fmt.Errorf("%w (see \"%s --help\")", err, see)
}

// meant asks whether a word was to be the one that it is most like, if it is like any.
func meant(word string, known ...string) string {
	if near := nearest(word, known...); levenshtein.ComputeDistance(word, near) <= (max(len(word), len(near))+2)/3 {
		return fmt.Sprintf(": did you mean %q?", near)
	}
	return ""
}

// meantOr is meant, or else says what there is.
func meantOr(word string, known ...string) string {
	if m := meant(word, known...); m != "" {
		return m
	}
	return ": there are " + strings.Join(known, ", ")
}
