//go:build unix

package config

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// named are the kinds of files that an operator names: each reads one of the path.
var named = map[string]func(ctx context.Context, path string) error{
	"configuration": func(ctx context.Context, path string) error {
		_, err := FileFlag{path}.Read(ctx, func(string) string { return "" })
		return err
	},
	"token": func(ctx context.Context, path string) error {
		_, err := BotToken.Read(ctx, env("SLACK_BOT_TOKEN_FILE", path))
		return err
	},
	"watched token": func(ctx context.Context, path string) error {
		_, err := InFile(ctx, path)
		if err != nil {
			err = unread("", path, err)
		}
		return err
	},
	"wording": func(ctx context.Context, path string) error {
		dir, err := os.MkdirTemp(filepath.Dir(path), "words")
		if err := errors.Join(err, os.Symlink(path, filepath.Join(dir, "texts.tmpl"))); err != nil {
			return err
		}
		var c Config
		c.Words = dir
		_, err = c.LoadWords(ctx)
		return err
	},
}

func env(name, value string) func(string) string {
	return func(n string) string {
		if n == name {
			return value
		}
		return ""
	}
}

// fifo makes a pipe on the disk, and ends the reads that hang on it when the test ends.
func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	})
	return path
}

// impatient ends as a read does that has taken too long.
func impatient(t *testing.T) context.Context {
	ctx, stop := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, errSilent)
	t.Cleanup(stop)
	return ctx
}

// Whatever is wrong with a file, each reader says so in one line, with the file and a remedy.
func TestFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(at("folder"), 0o700), os.WriteFile(at("big"), bytes.Repeat([]byte("#"), mostText+1), 0o600),
		os.Symlink("/dev/zero", at("zero")), os.Symlink("nowhere", at("link"))); err != nil {
		t.Fatal(err)
	}
	silent := fifo(t)
	w, err := os.OpenFile(silent, os.O_RDWR, 0) // it never writes
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for name, read := range named {
		for path, want := range map[string]string{
			at("missing"): "no such file or directory: name one that exists", at("link"): "no such file or directory",
			at("folder"): "is a directory: name another", at("big"): "far too big", at("zero"): "far too big",
			fifo(t): "nothing came from it within 5s: put a file on a disk of this machine there",
			silent:  "nothing came from it within 5s",
		} {
			ctx := t.Context()
			if filepath.Base(path) == "fifo" {
				ctx = impatient(t)
			}
			err := read(ctx, path)
			if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "cannot read ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s, %s: %v", name, filepath.Base(path), err)
			}
		}
		ctx, end := context.WithCancel(t.Context())
		end()
		if err := read(ctx, silent); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, ended: %v", name, err)
		}
	}
}

// A file that does not answer costs one thread, however often it is asked for. What is put in its place is read.
func TestSilentFileIsReadOnce(t *testing.T) {
	path := fifo(t)
	before := runtime.NumGoroutine()
	for range 20 {
		if _, err := readFile(impatient(t), path, mostToken); !errors.Is(err, errSilent) {
			t.Fatal(err)
		}
	}
	if more := runtime.NumGoroutine() - before; more > 3 {
		t.Errorf("%d goroutines hang", more)
	}
	left := path + ".left"
	if err := errors.Join(os.Rename(path, left), os.WriteFile(path, []byte("xoxb-1"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if got, err := readFile(t.Context(), path, mostToken); err != nil || string(got.text) != "xoxb-1" {
		t.Errorf("%s, %v", got.text, err)
	}
	if f, err := os.OpenFile(left, os.O_RDWR, 0); err == nil { // ends the read that hangs
		_ = f.Close()
	}
}

// A pipe that somebody writes to is read to its end, and remembered as one. Rights are told.
func TestPipesAndRights(t *testing.T) {
	path := fifo(t)
	go func() {
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = f.WriteString("xoxb-1\n")
			_ = f.Close()
		}
	}()
	h, err := BotToken.Read(t.Context(), env("SLACK_BOT_TOKEN_FILE", path))
	if err != nil || h.Reveal() != "xoxb-1" || h.File != "" || h.Shared {
		t.Errorf("a pipe: %+v, %v", h, err)
	}
	go func() {
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			_, _ = f.WriteString("log: debug\n")
			_ = f.Close()
		}
	}()
	if c, err := (FileFlag{path}).Read(t.Context(), env("", "")); err != nil || !c.Pipe || c.from["log"] == "" {
		t.Errorf("a pipe: %+v, %v", c, err)
	}
	file := filepath.Join(t.TempDir(), "token")
	for mode, shared := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o602: true, 0o400: false} {
		if err := errors.Join(os.WriteFile(file, []byte("xoxb-1"), 0o600), os.Chmod(file, mode)); err != nil {
			t.Fatal(err)
		}
		if h, err := BotToken.Read(t.Context(), env("SLACK_BOT_TOKEN_FILE", file)); err != nil || h.Shared != shared || h.File != file {
			t.Errorf("%o: %+v, %v", mode, h, err)
		}
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
