package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/signal"
	"syscall"
	"time"

	"stepin/bot"
	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/control"
	"stepin/store/copy"
)

type backupCmd struct {
	config.DBFlag
	progressFlag
	File    string `arg:"" help:"Where to write the backup. Use - for the standard output."`
	Force   bool   `help:"Overwrite an existing file."`
	Damaged bool   `help:"Save what can be read of a damaged file, and report what is missing."`
}

func (backupCmd) Help() string {
	return `For the standard output, stepin first makes a copy beside the file and reads it again. A summary goes to the
standard error. Check the exit code: if it is not 0, the output is not a backup.`
}

// toStdout stands for the standard output.
const toStdout = "-"

func (b backupCmd) Run(e env) error {
	if b.File == toStdout && terminal(e.stdout) {
		return errors.New("a backup is not text for a terminal: redirect it to a file, such as > monday.db, or " +
			"name a file")
	}
	p, end := e.progress("backing up", b.Progress)
	o := copy.Options{Options: e.options(), Force: b.Force, Progress: p}
	if b.Damaged {
		o.Damaged = new(store.Saved)
	}
	var c store.Contents
	var err error
	name, says, began := b.File, e.stdout, time.Now()
	if b.File == toStdout {
		name, says = "the backup", e.stderr
		signal.Ignore(syscall.SIGPIPE) // a reader that ends must not kill us before the copy is removed
		defer signal.Reset(syscall.SIGPIPE)
		c, err = copy.BackupTo(e.ctx, b.Path(e.getenv), e.stdout, o)
	} else {
		c, err = copy.Backup(e.ctx, b.Path(e.getenv), b.File, o)
	}
	end()
	b.tell(e, time.Since(began), err)
	if err != nil {
		return interrupted(e.ctx, err)
	}
	if !b.Damaged { // nothing more is to be written into that file
		e.record(b.Path(e.getenv), ranNow("backup", b.File, given("force", b.Force)))
	}
	_, err = fmt.Fprintf(says, "%s holds %s; it was read again and is whole\n", name, holds(c))
	if b.Damaged {
		missing(says, *o.Damaged)
	}
	return err
}

// backupName is what a backup's end is reported under on the socket.
const backupName = "backed-up"

// tell reports the end of a backup to the stepin that runs, if one does. One that a person interrupts is no failure.
func (b backupCmd) tell(e env, took time.Duration, err error) {
	if e.ctx.Err() != nil {
		return
	}
	with := url.Values{"took": {took.String()}}
	if err != nil {
		with.Set("fault", oneLine(err))
	}
	ctx, cancel := context.WithTimeout(e.ctx, patience)
	defer cancel()
	// Its error is nobody's: the person reads the result here, and an older stepin, or none, counts nothing.
	_ = control.Tell(ctx, b.Path(e.getenv), backupName, with, nil, &struct{}{})
}

// backedUp takes such a report.
func backedUp(b *bot.Bot) func(context.Context, url.Values, control.Progress) (any, error) {
	return func(_ context.Context, with url.Values, _ control.Progress) (any, error) {
		took, err := time.ParseDuration(with.Get("took"))
		if err != nil {
			return nil, fmt.Errorf("a backup's time: %w", err)
		}
		if with.Has("fault") {
			err = errors.New(with.Get("fault"))
		}
		b.BackedUp(took, err)
		return struct{}{}, nil
	}
}

// missing prints what could not be saved of a damaged file.
func missing(to io.Writer, s store.Saved) {
	if s.Behind {
		fmt.Fprintln(to, "what was saved in the last moment before the damage may be missing (one commit at most)")
	}
	for _, m := range s.Missing {
		fmt.Fprintf(to, "missing: %s\n", m)
	}
	if !s.Behind && len(s.Missing) == 0 {
		fmt.Fprintln(to, "nothing is missing")
	}
}
