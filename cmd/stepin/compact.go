package main

import (
	"fmt"

	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/copy"
)

type compactCmd struct {
	config.DBFlag
	progressFlag
	DryRun bool `help:"Only report how small the file would be."`
}

func (compactCmd) Help() string {
	return `Stop stepin first. The smaller file is read again before it replaces the old one.`
}

func (c compactCmd) Run(e env) error {
	path := c.Path(e.getenv)
	p, end := e.progress("compacting", c.Progress)
	before, after, err := copy.Compact(e.ctx, path, copy.Options{Options: e.options(), DryRun: c.DryRun, Progress: p})
	end()
	switch {
	case err != nil:
		return interrupted(e.ctx, err)
	case after >= before:
		_, err = fmt.Fprintf(e.stdout, "%s has %s and cannot be made smaller\n", path, size(before))
	case c.DryRun:
		_, err = fmt.Fprintf(e.stdout, "%s has %s and would have %s\n", path, size(before), size(after))
		if now, runs := store.Status(e.ctx, path); runs == nil {
			fmt.Fprintf(e.stdout, "to do it, stop stepin first (pid %d)\n", now.PID)
		}
	default:
		_, err = fmt.Fprintf(e.stdout, "%s had %s and has %s now\n", path, size(before), size(after))
	}
	return err
}
