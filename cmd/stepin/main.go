// Command stepin is the Slack bot that helps sales managers hold back. "stepin demo" needs nothing at all; "stepin
// serve" joins your own workspace.
//
// It exists to give people commands, and puts the packages together. It promises an exit code of 0, of 2 for what was
// typed wrong and of 1 for all else, one line on stderr for each fault with what to do about it, and no stack and no
// secret in anything that it prints. It must not
// decide what bot, store and nudges decide: a command reads its flags, calls them, and puts the answer into words.
//
// A command is a file, and run in main.go is the way into each of them, also for the tests. The commands: serve.go and
// demo.go; check.go, status.go, metrics.go; backup.go, restore.go, compact.go; export.go, forget.go, privacy.go;
// config.go, deploy.go, manifest.go, completion.go, help.go. Beside them:
//
//	main.go          run, env
//	log.go           what serve and demo say, without waiting for who reads it
//	usage.go         what people type wrong or out of habit
//	http.go          the pages of serve: /healthz, /readyz, /metrics
//	reload.go        what changes while serve runs: configuration, tokens
//	file.go          what the commands for the file share: opening it, remedies for its errors
//	progress.go      how far long work is
//	record.go        who ran a command that takes out, replaces or deletes what is kept
//	help_terminal.go Markdown for a terminal
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // an empty image has no time zones

	"github.com/alecthomas/kong"

	"stepin/bot/zones"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// cli are the commands; each has its own file.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Join your workspace. \"stepin\" without a command does the same."`
	Demo     demoCmd     `cmd:"" help:"Run a workspace on this machine, with a web page. Needs no token and no file."`
	Check    checkCmd    `cmd:"" help:"Test settings, file, tokens, socket, clock, teams and channels; say what to do."`
	Status   statusCmd   `cmd:"" help:"Report how the running stepin is, and what to do."`
	Metrics  metricsCmd  `cmd:"" help:"Print sample alerts, or a sample dashboard, for the figures at /metrics."`
	Backup   backupCmd   `cmd:"" help:"Copy everything to a file. Works while stepin runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup in place."`
	Compact  compactCmd  `cmd:"" help:"Make the file as small as it can be."`
	Export   exportCmd   `cmd:"" help:"Print figures of whole months, each about five people or more."`
	Forget   forgetCmd   `cmd:"" help:"Delete everything that somebody wrote."`
	Privacy  privacyCmd  `cmd:"" help:"Print what is kept, why, who sees it and for how long."`
	Config   configCmd   `cmd:"" help:"Print the settings and where each comes from, or an example with every key."`
	Deploy   deployCmd   `cmd:"" help:"Print an example for systemd, Compose or Kubernetes."`
	Manifest manifestCmd `cmd:"" help:"Print the app manifest to paste into Slack."`
	Help     helpCmd     `cmd:"" help:"Print a topic: settings, backups, causes and others; or the help of a command."`
	Version  versionCmd  `cmd:"" help:"Print version, commit and age of the zone data, or the licences inside."`

	Completion completionCmd `cmd:"" help:"Print a script that completes commands and flags, for bash, zsh or fish."`
}

// env is what a command gets from outside.
type env struct {
	ctx            context.Context
	getenv         func(string) string
	stdout, stderr io.Writer
	log            *slog.Logger
	level          *slog.LevelVar // of the log
	json           bool           // the log is JSON
	lost           func() int     // how many lines of the log were lost
}

// The exit codes.
const (
	exitFault = 1
	exitUsage = 2 // what was typed is wrong: nothing was begun
)

// run is the whole program. It returns the exit code: 0, or another after one line for each fault.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) (code int) {
	var c cli
	type exit int
	defer func() { // for --help kong calls its exit function, which unwinds to here
		switch e := recover().(type) {
		case nil:
		case exit:
			code = int(e)
		default:
			panic(e)
		}
	}()
	parser, err := kong.New(&c, kong.Name("stepin"),
		kong.Description("The Slack bot that helps sales managers hold back. Start with: stepin demo"),
		kong.Writers(stdout, stderr), kong.Exit(func(n int) { panic(exit(n)) }))
	if err != nil {
		fmt.Fprintln(stderr, "stepin:", err)
		return exitFault
	}
	args = usual(parser, args)
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "stepin:", usage(err))
		return exitUsage
	}
	e := env{ctx: ctx, getenv: getenv, stdout: stdout, stderr: stderr, level: &slog.LevelVar{}}
	e.log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: e.level}))
	if name := k.Selected().Name; name == "serve" || name == "demo" {
		defer e.outlast()()
	}
	if err := k.Run(e); err != nil {
		for line := range strings.Lines(err.Error()) { // a line for each of the joined errors
			e.fault(strings.TrimSpace(line))
		}
		if _, ok := errors.AsType[misuse](err); ok {
			return exitUsage
		}
		return exitFault
	}
	return 0
}

// notices are the licences of everything that is linked into the binary. TestNotices generates and checks them.
//
//go:embed notices.txt
var notices string

type versionCmd struct {
	Notices bool `help:"Print the licences of all software inside the binary."`
}

func (v versionCmd) Run(e env) error {
	if v.Notices {
		_, err := io.WriteString(e.stdout, notices)
		return err
	}
	fmt.Fprintln(e.stdout, "stepin", version())
	fmt.Fprintln(e.stdout, "time zones", zones.Usual())
	return nil
}

// version is version, commit and Go version of the build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			v += " " + s.Value[:12]
		}
	}
	return v + " " + info.GoVersion
}
