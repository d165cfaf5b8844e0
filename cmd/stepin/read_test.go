package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Nobody may ever write to a pipe that settings are read from; whoever started stepin can end it all the same.
func TestReadingEndsWhenAsked(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, errs bytes.Buffer
	if code := run(ctx, []string{"privacy", "--config", pipe}, func(string) string { return "" }, &out, &errs); code != 1 || !strings.Contains(errs.String(), "was not read") {
		t.Errorf("code %d: %s", code, errs.String())
	}
}
