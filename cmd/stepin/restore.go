package main

import (
	"fmt"

	"stepin/cmd/stepin/config"
	"stepin/store/copy"
)

type restoreCmd struct {
	config.DBFlag
	progressFlag
	File    string `arg:"" help:"The backup."`
	Force   bool   `help:"Replace the existing file, and keep it beside the new one."`
	DryRun  bool   `help:"Only report what would be done, and what is missing for it."`
	Damaged bool   `help:"Restore the backup even if it is damaged. Use it only if no other is left."`
}

func (restoreCmd) Help() string {
	return `Stop stepin first. Messages that were due before the restore are looked up in Slack before they are sent, so
that nobody reads anything twice. Keep the replaced file until you have seen that all is well. Then delete
it, since it holds private words. A backup of another workspace is refused, even with --force: the next
start would refuse it.`
}

func (r restoreCmd) Run(e env) error {
	path := r.Path(e.getenv)
	p, end := e.progress("restoring", r.Progress)
	done, err := copy.Restore(e.ctx, r.File, path, copy.Options{
		Options: e.options(), Force: r.Force,
		DryRun: r.DryRun, Damaged: r.Damaged, Progress: p,
	})
	end()
	if err != nil {
		return interrupted(e.ctx, err)
	}
	has, kept, looked := "holds", "is kept as", "will be"
	if r.DryRun {
		has, kept, looked = "would hold", "would be kept as", "would be"
	}
	fmt.Fprintf(e.stdout, "%s %s what is in %s: %s, format %d\n", path, has, r.File, holds(done.Contents), done.Format)
	if done.Kept != "" {
		fmt.Fprintf(e.stdout, "the file that was there %s %s\n", kept, done.Kept)
	}
	fmt.Fprintf(e.stdout, "%s %s looked up in Slack before being sent\n", count(done.Looked, "message"), looked)
	if done.Running > 0 {
		fmt.Fprintf(e.stdout, "to do it, stop stepin first (pid %d)\n", done.Running)
	}
	if done.Unforced {
		fmt.Fprintf(e.stdout, "to do it, give --force, since %s exists already\n", path)
	}
	return nil
}
