package main

import (
	"fmt"

	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/copy"
)

type restoreCmd struct {
	config.DBFlag
	progressFlag
	File    string `arg:"" help:"The backup."`
	Force   bool   `help:"Replace the existing file, and keep it beside the new one."`
	DryRun  bool   `help:"Only report what would be done, and what is missing for it."`
	Damaged bool   `help:"Restore what can be read of a damaged backup, and report what is missing."`
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
	o := copy.Options{
		Options: e.options(), Force: r.Force, DryRun: r.DryRun, Progress: p,
		Run: ranNow("restore", r.File, given("force", r.Force), given("damaged", r.Damaged)),
	}
	if r.Damaged {
		o.Damaged = new(store.Saved)
	}
	done, err := copy.Restore(e.ctx, r.File, path, o)
	end()
	if err != nil {
		return interrupted(e.ctx, err)
	}
	has, kept, looked := "holds", "is kept as", "will be"
	if r.DryRun {
		has, kept, looked = "would hold", "would be kept as", "would be"
	}
	fmt.Fprintf(e.stdout, "%s %s what is in %s: %s, format %d\n", path, has, r.File, holds(done.Contents), done.Format)
	if r.Damaged {
		missing(e.stdout, *o.Damaged)
	}
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
