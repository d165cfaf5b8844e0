package main

import (
	"fmt"

	"stepin/cmd/stepin/config"
	"stepin/store"
)

type restoreCmd struct {
	config.DBFlag
	progressFlag
	File    string `arg:"" help:"The backup."`
	Force   bool   `help:"Replace the file that is there, and keep it beside the new one."`
	DryRun  bool   `help:"Only say what would be done, and what is missing for it."`
	Damaged bool   `help:"Put back a backup with faults in it, too: where no other is left."`
}

func (restoreCmd) Help() string {
	return `Stop stepin first. What was to be said before the restore is looked for in Slack and only then
said, so that nobody reads anything twice. Keep the file that was replaced until you have seen that
all is well; it holds private words, so delete it then. A backup of another workspace is refused, with
--force too: the next start would refuse it.`
}

func (r restoreCmd) Run(e env) error {
	path := r.Path(e.getenv)
	p, end := e.progress("restoring", r.Progress)
	done, err := store.Restore(e.ctx, r.File, path, store.Copying{Options: e.options(), Force: r.Force, DryRun: r.DryRun, Damaged: r.Damaged, Progress: p})
	end()
	if err != nil {
		return brokenOff(e.ctx, err)
	}
	has, kept, looked := "holds", "is kept as", "will be"
	if r.DryRun {
		has, kept, looked = "would hold", "would be kept as", "would be"
	}
	fmt.Fprintf(e.stdout, "%s %s what %s has: %s, format %d\n", path, has, r.File, holds(done.Contents), done.Format)
	if done.Kept != "" {
		fmt.Fprintf(e.stdout, "the file that was there %s %s\n", kept, done.Kept)
	}
	fmt.Fprintf(e.stdout, "%s %s looked for in Slack before being sent\n", count(done.Looked, "message"), looked)
	if done.Running > 0 {
		fmt.Fprintf(e.stdout, "to do it, stop stepin first (pid %d)\n", done.Running)
	}
	if done.Unforced {
		fmt.Fprintf(e.stdout, "to do it, give --force, for %s is there already\n", path)
	}
	return nil
}
