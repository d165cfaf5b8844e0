package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"stepin/bot/erase"
	"stepin/cmd/stepin/config"
	"stepin/nudges"
	"stepin/nudges/privacy"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
)

type forgetCmd struct {
	config.DBFlag
	config.FileFlag
	progressFlag
	User   string `arg:"" help:"The member ID of the person to forget."`
	DryRun bool   `help:"Only report what would be deleted."`
}

func (forgetCmd) Help() string {
	return `Deletes everything that somebody wrote, and replaces what stepin said to and about them in Slack. Counts
stay. Afterwards the file is rewritten, so that nothing is left in it. This works whether stepin runs or
not. Messages in Slack are replaced as soon as stepin runs. Nobody can undo it.`
}

func (f forgetCmd) Run(e env) error {
	if _, err := config.UserID(f.User); err != nil {
		return misuse{err}
	}
	p, end := e.progress("forgetting", f.Progress)
	got, running, err := f.forget(e, p)
	end()
	if err != nil {
		if f.DryRun || e.ctx.Err() == nil {
			return interrupted(e.ctx, err)
		}
		return errors.New("interrupted; if it had begun, the running stepin finishes it, or the next one does: " +
			"run it again to read the result")
	}
	_, err = fmt.Fprint(e.stdout, receipt(got, f.DryRun, running))
	return err
}

// forget asks the running stepin to do it, or else does it in the file.
func (f forgetCmd) forget(e env, p storage.Progress) (got storage.Forgotten, running bool, err error) {
	path, who := f.Path(e.getenv), nudges.UserID(f.User)
	with := url.Values{"user": {f.User}, "dry": {fmt.Sprint(f.DryRun)}, "by": {whoami()}}
	err = control.Tell(e.ctx, path, forgetName, with, p, &got)
	if !errors.Is(err, control.ErrNotRunning) {
		return got, true, err
	}
	c, err := f.Read(e.ctx, e.getenv)
	if err != nil {
		return got, false, err
	}
	defer func() { got.Config = f.Named(e.getenv) }()
	do := func(db *store.DB) (err error) {
		fg := erase.Forgetter{
			Store: db, File: db, Now: time.Now, Progress: p, Names: c.Settings(nil).Names, By: whoami(),
		}
		if got, err = fg.Look(e.ctx, who); err != nil || f.DryRun {
			return err
		}
		got, err = fg.Forget(e.ctx, privacy.Forget{Who: who, At: time.Now()})
		return err
	}
	if !f.DryRun {
		return got, false, e.open(path, do)
	}
	if err = e.peek(path, p, do); err == nil { // peek may have opened a copy
		got.Copies, err = store.CopiesOf(path)
	}
	return got, false, err
}

// receipt says what was deleted and what stays.
func receipt(got storage.Forgotten, dry, running bool) string {
	var b strings.Builder
	of := func(n int, one, more string) string {
		if n == 1 {
			return one
		}
		return more
	}
	is, are := "was", func(n int) string { return of(n, "was", "were") }
	if dry {
		is, are = "would be", func(int) string { return "would be" }
	}
	fmt.Fprintf(&b, "%s %s forgotten: %s %s deleted from %s, with %s beside them\n", got.Who, is,
		count(got.Words, "text"), are(got.Words), count(got.Requests, "request"), count(got.Marked, "record"))
	when := of(got.Removed, "is", "are") + " being replaced"
	switch {
	case dry:
		when = "would be replaced"
	case !running:
		when = of(got.Removed, "is", "are") + " replaced once stepin runs"
	}
	not := are(got.Dropped) + " not sent"
	if dry {
		not = "would not be sent"
	}
	fmt.Fprintf(&b, "%s in Slack %s; %s %s\n",
		count(got.Removed, "message"), when, count(got.Dropped, "waiting message"), not)
	b.WriteString("what stays: taps and dates under their id, without words, until they expire; what others " +
		"wrote; and what Slack keeps by its own rules\n")
	if len(got.Settings) > 0 {
		fmt.Fprintf(&b, "%s still names them, under %s: remove them there, and reload it (SIGHUP)\n", got.Config,
			strings.Join(got.Settings, ", "))
	}
	if len(got.Copies) > 0 {
		b.WriteString("copies beside the file still hold the words; delete them, or let them expire by your rules:\n")
		for _, c := range got.Copies {
			unread := ""
			if c.Unread {
				unread = ", if it is one: stepin may not read it"
			}
			fmt.Fprintf(&b, "  %s of %s%s\n", c.Name, c.At.Local().Format(time.RFC3339), unread)
		}
	}
	return b.String()
}
