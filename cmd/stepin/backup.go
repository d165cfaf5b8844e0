package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/copy"
)

type backupCmd struct {
	config.DBFlag
	progressFlag
	File    string `arg:"" help:"Where to write the backup. Use - for the standard output."`
	Force   bool   `help:"Overwrite an existing file."`
	Damaged bool   `help:"Copy the file even if it is damaged. Use it only if no earlier backup is left."`
}

func (backupCmd) Help() string {
	return `For the standard output, stepin first makes a copy beside the file and reads it again. A summary goes to the
standard error. Check the exit code: if it is not 0, the output is not a backup.`
}

// toStdout is the name of a backup that goes to the standard output.
const toStdout = "-"

func (b backupCmd) Run(e env) error {
	if b.File == toStdout && terminal(e.stdout) {
		return errors.New("a backup is not text for a terminal: redirect it to a file, such as > monday.db, or name a file")
	}
	p, end := e.progress("backing up", b.Progress)
	o := copy.Options{Options: e.options(), Force: b.Force, Damaged: b.Damaged, Progress: p}
	var c store.Contents
	var err error
	name, says := b.File, e.stdout
	if b.File == toStdout {
		name, says = "the backup", e.stderr
		signal.Ignore(syscall.SIGPIPE) // whoever reads may end: that must not end us before the copy is taken away
		defer signal.Reset(syscall.SIGPIPE)
		c, err = copy.BackupTo(e.ctx, b.Path(e.getenv), e.stdout, o)
	} else {
		c, err = copy.Backup(e.ctx, b.Path(e.getenv), b.File, o)
	}
	end()
	if err != nil {
		return brokenOff(e.ctx, err)
	}
	is := "is whole"
	if b.Damaged {
		is = "is the same, with its damage"
	}
	_, err = fmt.Fprintf(says, "%s holds %s; it was read again and %s\n", name, holds(c), is)
	return err
}

// holds says in a few words what a file holds.
func holds(c store.Contents) string {
	return fmt.Sprintf("%s and %s in %s", count(c.Requests(), "request"), count(c.Waiting(), "waiting message"), size(c.Bytes))
}

func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// size is a number of bytes for people.
func size(n int64) string {
	const kb, mb = 1e3, 1e6
	if n < mb {
		return fmt.Sprintf("%.0f kB", float64(n)/kb)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/mb)
}

// brokenOff says that it was the person who ended it, or what to do about what the system refuses.
func brokenOff(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("interrupted; nothing was changed")
	}
	return remedied(err)
}

// remedied adds to an error what to do about it, if it is of the system.
func remedied(err error) error {
	if do := systemRemedy(err); do != "" {
		return fmt.Errorf("%w: %s", err, do)
	}
	return err
}

// systemRemedy is what to do where the system keeps us from a file, also by way of a running stepin; "" for
// any other error.
func systemRemedy(err error) string {
	is := func(codes ...syscall.Errno) bool {
		return err != nil && slices.ContainsFunc(codes, func(c syscall.Errno) bool {
			return errors.Is(err, c) || strings.Contains(err.Error(), c.Error())
		})
	}
	switch {
	case is(syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG):
		return "free as much space as the file has, and try again"
	case is(syscall.ENOMEM):
		return "allow more memory, since stepin maps the whole file, and try again"
	case is(syscall.EROFS):
		return "mount the disk for writing, or name a file elsewhere"
	case is(syscall.EACCES, syscall.EPERM):
		return "run stepin as the user who owns the file and its folder, or let this user write there"
	}
	return ""
}
