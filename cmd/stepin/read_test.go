//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stepin/cmd/stepin/config"
)

// Reading settings from a pipe that nobody writes to can be interrupted.
func TestReadingEndsWhenAsked(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	vars{}.run(ctx, "privacy", "--config", pipe).fails(t, "was not read")
}

// A pipe can be read only once. A reload would see an empty file and let everybody in, and a watched token would block
// for ever.
func TestPipesAreReadOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "allowed: [U0SAM001]\n")
	pipe := filepath.Join(b.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	b.last.Path, b.last.Pipe = pipe, true
	b.reload(t.Context())
	if s := b.said(); len(b.bot.lives) != 0 || !strings.Contains(s, "pipe is a pipe, which can be read only once: restart stepin") {
		t.Errorf("brought %d, and said: %s", len(b.bot.lives), s)
	}
	b.vars["SLACK_BOT_TOKEN_FILE"] = pipe
	go func() {
		if err := os.WriteFile(pipe, []byte("xoxb-secret-1\n"), 0o600); err != nil {
			t.Error(err)
		}
	}()
	s, err := config.Read(b.e.ctx, b.e.getenv, config.Flags{})
	if err != nil || s.Bot.Reveal() != "xoxb-secret-1" || s.Bot.File != "" {
		t.Errorf("watches %v, %v", s.Bot.File, err)
	}
}
