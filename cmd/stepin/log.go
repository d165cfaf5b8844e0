package main

import (
	"context"
	"fmt"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"stepin/cmd/stepin/config"
	"stepin/cmd/stepin/logging"
)

// flushing is how long the end waits for who reads the log, and who reads stdout.
const flushing = time.Second

// outlast lets a command that runs for long go on, and end in time, whatever becomes of those who read stdout and
// stderr: they may stand still, or go. The caller calls end when nothing is left to say.
func (e *env) outlast() (end func()) {
	signal.Ignore(syscall.SIGPIPE) // it would end the process
	e.json, _ = config.LogJSON(e.getenv)
	log, out := logging.New(e.stderr, e.json, e.level), logging.NewQueue(e.stdout, nil)
	e.log, e.lost, e.stderr, e.stdout = log.Logger, log.Lost, log, out
	slog.SetDefault(e.log) // net/http and others use package log
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(e.ctx), flushing)
		defer cancel()
		log.Close(ctx)
		out.Close(ctx)
	}
}

// fault says in one line why a command failed.
func (e env) fault(line string) {
	if e.json {
		e.log.Error(line)
		return
	}
	fmt.Fprintln(e.stderr, "stepin:", line)
}
