package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"syscall"

	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/copy"
)

// besideErrors is a log without errors: a command returns those.
type besideErrors struct{ slog.Handler }

func (h besideErrors) Enabled(ctx context.Context, l slog.Level) bool {
	return l < slog.LevelError && h.Handler.Enabled(ctx, l)
}

// options open a file that must exist.
func (e env) options() store.Options {
	return store.Options{Log: slog.New(besideErrors{e.log.Handler()}), Version: version(), Existing: true}
}

// open opens a file that no stepin has open, and never creates one.
func (e env) open(path string, do func(*store.DB) error) (err error) {
	db, err := store.Open(e.ctx, path, e.options())
	if err != nil {
		return err
	}
	return errors.Join(do(db), db.Close())
}

// peek opens a file for reading.
func (e env) peek(path string, p storage.Progress, do func(*store.DB) error) error {
	return copy.Peek(e.ctx, path, copy.Options{Options: e.options(), Progress: p}, do)
}

// aside opens a copy of a file, so that the file itself never changes.
func (e env) aside(path string, p storage.Progress, do func(*store.DB) error) error {
	return copy.Aside(e.ctx, path, copy.Options{Options: e.options(), Progress: p}, do)
}

// holds sums up the contents of a file.
func holds(c store.Contents) string {
	return fmt.Sprintf("%s and %s in %s", count(c.Requests(), "request"), count(c.Waiting(), "waiting message"),
		size(c.Bytes))
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

// interrupted says that a person ended the command, or adds the remedy to any other error.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return errors.New("interrupted; nothing was changed")
	}
	return remedied(err)
}

// remedied adds the remedy to an error of the system.
func remedied(err error) error {
	if do := systemRemedy(err); do != "" {
		return fmt.Errorf("%w: %s", err, do)
	}
	return err
}

// systemRemedy is what to do if the system refuses a file; "" for any other error. An error that comes from the running
// stepin is only a text.
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
