package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"stepin/store"
)

// dbFlag names the file, for the commands that need nothing else of the settings.
type dbFlag struct {
	DB string `name:"db" placeholder:"FILE" help:"The file that remembers everything, in place of STEPIN_DB (stepin.db)."`
}

func (d dbFlag) path(e env) string { return first(d.DB, e.getenv("STEPIN_DB"), usualDB) }

type backupCmd struct {
	dbFlag
	progressFlag
	File  string `arg:"" help:"Where to write the backup."`
	Force bool   `help:"Replace a file that is there."`
}

func (b backupCmd) Run(e env) error {
	p, end := e.progress("backing up", b.Progress)
	c, err := store.Backup(e.ctx, b.path(e), b.File, store.Copying{Options: e.options(), Force: b.Force, Progress: p})
	end()
	if err != nil {
		return brokenOff(e.ctx, err)
	}
	_, err = fmt.Fprintf(e.stdout, "%s holds %s; it was read again and is whole\n", b.File, holds(c))
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

// brokenOff says that it was the person who ended it, or what to do about a full disk.
func brokenOff(ctx context.Context, err error) error {
	if isFull(err) {
		return fmt.Errorf("%w: make room, as much as the file has, and try again", err)
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("broken off; nothing was changed")
	}
	return err
}

// isFull says whether there was no room, as the system says it, also by way of a running stepin.
func isFull(err error) bool {
	for _, e := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG} {
		if errors.Is(err, e) || err != nil && strings.Contains(err.Error(), e.Error()) {
			return true
		}
	}
	return false
}
