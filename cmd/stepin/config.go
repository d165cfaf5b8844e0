package main

import (
	"errors"
	"fmt"

	"stepin/cmd/stepin/config"
)

type configCmd struct {
	config.Flags
	Example bool `help:"Print a file with every key there is, each with what it means."`
}

func (configCmd) Help() string {
	return `Prints what a stepin that is started here and now would take, and where each value comes from: flags go
before the environment, and the environment before the file. A token is never printed.`
}

func (c configCmd) Run(e env) error {
	if c.Example {
		_, err := fmt.Fprint(e.stdout, config.Example())
		return err
	}
	s, err := config.Read(e.ctx, e.getenv, c.Flags)
	return errors.Join(s.Print(e.stdout, e.getenv, c.Flags), err)
}
