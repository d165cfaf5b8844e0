package main

import (
	"fmt"
	"strings"

	"stepin/nudges"
)

type privacyCmd struct{}

func (privacyCmd) Help() string {
	return `What is kept, why, who sees it and for how long, as the configuration has it. People read the same with
"/stepin privacy".`
}

func (privacyCmd) Run(e env) error {
	c, err := readConfig(e.getenv("STEPIN_CONFIG"))
	if err != nil {
		return err
	}
	words, err := nudges.Load(c.Words)
	if err != nil {
		return err
	}
	for _, l := range words.Privacy(c.keep()) {
		if _, err := fmt.Fprintln(e.stdout, strings.NewReplacer("*", "", "`", "").Replace(l.Plain())); err != nil {
			return err
		}
	}
	return nil
}
