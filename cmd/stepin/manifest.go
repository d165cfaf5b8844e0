package main

import (
	"fmt"
	"slices"
	"strings"

	"stepin/bot/check"
	"stepin/cmd/stepin/config"
)

type manifestCmd struct {
	With []string `help:"Optional parts to add, separated by commas." placeholder:"PART,PART" sep:","`
}

// Help stands below the command's line of help.
func (manifestCmd) Help() string {
	var b strings.Builder
	b.WriteString("Without --with the app asks only for the scopes that stepin needs. Optional parts:\n\n")
	for _, p := range check.Parts {
		fmt.Fprintf(&b, "  %-17s %s (%s)\n", p.Name, p.For, p.Asks())
	}
	return b.String()
}

func (m manifestCmd) Run(e env) error {
	var known, parts []string
	for _, p := range check.Parts {
		known = append(known, p.Name)
	}
	for _, p := range m.With {
		p = strings.TrimSpace(p)
		if !slices.Contains(known, p) {
			return misuse{fmt.Errorf("no optional part is called %q%s", p, config.SuggestOr(p, known...))}
		}
		parts = append(parts, p)
	}
	b, err := check.Manifest(parts...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", b)
	return err
}
