package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stepin/bot"
	"stepin/bot/health"
	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/control"
)

type statusCmd struct {
	config.DBFlag
	Quiet bool `xor:"form,log" help:"Print nothing, and answer by the exit code. For the health check of a container."`
	JSON  bool `xor:"form" name:"json" help:"Print JSON for a program. What is wrong is under faults."`
	Log   bool `xor:"log" help:"Print who ran backup, restore, export and forget in the last year, and when."`
	Alive bool `help:"Check only that stepin and its clock run, as /healthz does. For a supervisor that restarts it."`
}

func (statusCmd) Help() string {
	return `The exit code is 0 if stepin runs and is ready as in /readyz (a connection to Slack is up, and the file can
be written to), its clock runs, and no message is more than 15 minutes overdue. Otherwise it is 1, with a
line for each of these that is not so. With 0 there can still be something to repair, such as a token: it is
listed under "ready" with what to do, and a restart would not repair it.`
}

// lateAfter is how long a message may be overdue before status reports a fault: a few retries at the longest pause.
const lateAfter = 15 * time.Minute

// connection is what serve reports on its socket, beside what the store reports.
type connection struct {
	readiness
	Alive    bool      `json:"alive"` // the clock goes on
	Sockets  int       `json:"sockets"`
	LastTick time.Time `json:"last_tick,omitzero"`
	// Waits is until when each method of Slack's Web API waits, because Slack asked for that.
	Waits map[string]time.Time `json:"waits,omitempty"`
	Homes int                  `json:"homes,omitempty"` // Home tabs that wait to be drawn
	// Jobs are how those went that have ended since the start.
	Jobs map[health.Job]health.Done `json:"jobs,omitempty"`
	Lost int                        `json:"log_lost,omitempty"` // lines of the log that could not be written
}

func connectionOf(b *bot.Bot, lost int) connection {
	h := b.Health()
	homes, _ := b.HomesWaiting()
	return connection{
		readiness{h.Ready, causes(h)}, h.Alive, b.Sockets(), b.Meter().LastTick(), b.Waits(), homes, b.Jobs(), lost,
	}
}

// connectionName is its name on the socket.
const connectionName = "connection"

// errUnwell ends a command that has printed everything.
var errUnwell = errors.New("")

// patience is how long status waits for an answer: less than the timeout of a container's health check.
const patience = 5 * time.Second

func (s statusCmd) Run(e env) error {
	if s.Log {
		return s.printLog(e)
	}
	ctx, cancel := context.WithTimeout(e.ctx, patience)
	defer cancel()
	path := s.Path(e.getenv)
	now, err := store.Status(ctx, path)
	running := true
	if errors.Is(err, control.ErrNotRunning) && !s.Quiet {
		running, err = notRunning(ctx, path)
	}
	var conn connection
	if err == nil {
		err = control.Ask(ctx, path, connectionName, &conn)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("a stepin has %s open and does not answer: read its log, and restart it "+
			"if this does not end", path)
	}
	switch {
	case err != nil && s.Quiet:
		return errUnwell
	case err != nil && s.JSON:
		says := silence{File: path, Running: running, Faults: []string{remedied(err).Error()}}
		return errors.Join(json.NewEncoder(e.stdout).Encode(says), errUnwell)
	case err != nil:
		return remedied(err)
	}
	faults := unwell(now, conn, time.Now())
	if s.Alive && conn.Alive {
		faults = nil
	}
	switch {
	case s.Quiet:
	case s.JSON:
		says := condition{path, true, now, conn, remedies(conn), faults}
		if err := json.NewEncoder(e.stdout).Encode(says); err != nil {
			return err
		}
	default:
		if _, err := fmt.Fprint(e.stdout, report(path, now, conn, time.Now())); err != nil {
			return err
		}
		for _, f := range faults {
			fmt.Fprintln(e.stderr, "stepin:", f)
		}
	}
	if len(faults) > 0 {
		return errUnwell
	}
	return nil
}

// notRunning says that no stepin runs on a file, or why the one that has it open does not answer.
func notRunning(ctx context.Context, path string) (running bool, err error) {
	if _, err := store.Try(ctx, path, store.Options{Timeout: time.Millisecond}); errors.Is(err, store.ErrLocked) {
		return true, fmt.Errorf("a stepin has %s open, but its socket %s.sock is missing or not its own: its log says "+
			"why; stepin makes it again within a minute if it can", path, path)
	}
	return false, fmt.Errorf("no stepin runs on %s: start it with \"stepin\", or name its file with --db", path)
}

// silence is what --json prints if no stepin answers.
type silence struct {
	File    string   `json:"file"`
	Running bool     `json:"running"` // one has the file open, as far as can be told
	Ready   bool     `json:"ready"`   // never
	Faults  []string `json:"faults"`
}

// condition is what --json prints of a stepin that answers.
type condition struct {
	File    string `json:"file"`
	Running bool   `json:"running"`
	store.Now
	connection
	Do     map[string]string `json:"do,omitempty"`     // what to do, by the codes of the causes
	Faults []string          `json:"faults,omitempty"` // why it ends with 1
}

// remedies are what to do about each current cause.
func remedies(conn connection) map[string]string {
	do := map[string]string{}
	for _, code := range conn.Causes {
		if _, how := meaning(code); how != "" {
			do[code] = how
		}
	}
	return do
}

// unwell lists the faults for which a health check must fail.
func unwell(now store.Now, conn connection, at time.Time) (faults []string) {
	if !conn.Ready {
		says := "not ready"
		if len(conn.Causes) > 0 {
			what, _ := meaning(conn.Causes[0])
			says += ": " + what
		}
		faults = append(faults, says)
	}
	if !conn.Alive {
		faults = append(faults, "the clock has stopped: restart stepin, and read the log")
	}
	if late := at.Sub(now.Oldest); now.Waiting > 0 && late > lateAfter {
		faults = append(faults, fmt.Sprintf("a message has been due for %s: read the log, and run \"stepin check\"",
			late.Round(time.Minute)))
	}
	return faults
}

func report(path string, now store.Now, conn connection, at time.Time) string {
	var b strings.Builder
	line := func(name, format string, a ...any) { fmt.Fprintf(&b, "%-9s%s\n", name, fmt.Sprintf(format, a...)) }
	ago := func(t time.Time) string { return max(at.Sub(t), 0).Round(time.Second).String() + " ago" }
	line("stepin", "%s, pid %d, since %s", now.Version, now.PID, now.Since.Local().Format(time.RFC3339))
	ready := "yes"
	if !conn.Ready {
		ready = "no"
	}
	if len(conn.Causes) > 0 {
		ready += ", " + strings.Join(conn.Causes, ", ")
	}
	line("ready", "%s", ready)
	for _, code := range conn.Causes {
		what, do := meaning(code)
		fmt.Fprintf(&b, "         %s\n", what)
		if do != "" {
			fmt.Fprintf(&b, "         do: %s\n", do)
		}
	}
	line("slack", "%s", count(conn.Sockets, "connection"))
	for _, method := range slices.Sorted(maps.Keys(conn.Waits)) {
		line("waits", "%s until %s, as Slack asked", method, conn.Waits[method].Local().Format(time.RFC3339))
	}
	if conn.Homes > 0 {
		line("home", "%s to be drawn", count(conn.Homes, "tab"))
	}
	if conn.Lost > 0 {
		line("log", "%s lost, because nobody read them or they could not be written", count(conn.Lost, "line"))
	}
	tick := "none yet"
	if !conn.LastTick.IsZero() {
		tick = ago(conn.LastTick)
	}
	line("clock", "last tick %s", tick)
	commit := "none since the start"
	if !now.Changed.IsZero() {
		commit = ago(now.Changed)
	}
	line("file", "%s, %s, last commit %s", path, size(now.Size), commit)
	line("room", "%s", now.Room)
	for _, j := range health.Jobs {
		line("job", "%s: %s", j, went(conn.Jobs[j], ago))
	}
	line("requests", "%d, %d of them open", now.Requests, now.Open)
	switch {
	case now.Waiting == 0:
		line("outbox", "empty")
	case now.Oldest.After(at):
		line("outbox", "%s, the next due at %s", count(now.Waiting, "message"), now.Oldest.Local().Format(time.RFC3339))
	default:
		line("outbox", "%s, the oldest due %s", count(now.Waiting, "message"), ago(now.Oldest))
	}
	return b.String()
}

// went is how a job went since the start.
func went(d health.Done, ago func(time.Time) string) string {
	says := "none since the start"
	if !d.Last.IsZero() {
		says = "succeeded " + ago(d.Last)
	}
	if d.Failed > 0 {
		says += fmt.Sprintf(", failed %s", count(d.Failed, "time"))
	}
	switch {
	case d.Fault != "":
		says += ", the last time: " + strings.ReplaceAll(d.Fault, "\n", "; ")
	case d.Seconds > 0:
		says += fmt.Sprintf(", took %s", time.Duration(d.Seconds*float64(time.Second)).Round(time.Millisecond))
	}
	return says
}
