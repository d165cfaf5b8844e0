package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
)

// Names on the socket of a running stepin: to take down a command, and to read the record.
const (
	ranName  = "ran"
	runsName = "runs"
)

// whoami is the user of the operating system.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "user " + strconv.Itoa(os.Getuid()) // as in a container without /etc/passwd
}

// ranNow is a command that this user runs now. Flags without a value are left out.
func ranNow(command string, args ...string) storage.Run {
	r := storage.Run{At: time.Now(), By: whoami(), Command: command}
	for _, a := range args {
		if a != "" {
			r.Args = append(r.Args, a)
		}
	}
	return r
}

// given is the flag of that name if it is set.
func given(flag string, set bool) string {
	if !set {
		return ""
	}
	return "--" + flag
}

// record has a command taken down in the file at path. What the command did stands either way, so a fault is only said.
func (e env) record(path string, r storage.Run) {
	b, err := json.Marshal(r)
	if err == nil {
		ctx, cancel := context.WithTimeout(e.ctx, patience) // the one that runs may stand still
		defer cancel()
		err = control.Tell(ctx, path, ranName, url.Values{"run": {string(b)}}, nil, &struct{}{})
	}
	if errors.Is(err, control.ErrNotRunning) {
		o := e.options()
		o.AsItIs = true
		var db *store.DB
		if db, err = store.Open(e.ctx, path, o); err == nil {
			err = errors.Join(putRun(e.ctx, db, r), db.Close())
		}
	}
	if err != nil {
		fmt.Fprintf(e.stderr, "stepin: %s does not take down who ran this: %s\n", path, oneLine(err))
	}
}

func putRun(ctx context.Context, s storage.Store, r storage.Run) error {
	return s.Update(ctx, func(tx storage.Tx) error { return tx.PutRun(r) })
}

// answersRecord lets commands use the record of the running stepin.
func answersRecord(db *store.DB) {
	db.Handle(runsName, func() (any, error) { return runsOf(context.Background(), db) })
	db.Do(ranName, func(ctx context.Context, with url.Values, _ control.Progress) (any, error) {
		var r storage.Run
		if err := json.Unmarshal([]byte(with.Get("run")), &r); err != nil {
			return nil, fmt.Errorf("a command to take down: %w", err)
		}
		return struct{}{}, putRun(ctx, db, r)
	})
}

func runsOf(ctx context.Context, s storage.Store) (all []storage.Run, err error) {
	err = s.View(ctx, func(r storage.Reader) (err error) {
		all, err = r.Runs()
		return err
	})
	return all, err
}

// printLog prints who ran what, from the running stepin or else from the file.
func (s statusCmd) printLog(e env) error {
	all, path := []storage.Run{}, s.Path(e.getenv)
	err := control.Ask(e.ctx, path, runsName, &all)
	if errors.Is(err, control.ErrNotRunning) {
		err = e.peek(path, nil, func(db *store.DB) (err error) {
			all, err = runsOf(e.ctx, db)
			return err
		})
	}
	if err != nil {
		return remedied(err)
	}
	if s.JSON {
		return json.NewEncoder(e.stdout).Encode(struct {
			File string        `json:"file"`
			Log  []storage.Run `json:"log"`
		}{path, append([]storage.Run{}, all...)})
	}
	for _, r := range all {
		line := r.At.Local().Format(time.RFC3339) + "  " + r.By + "  " + r.Command
		for _, a := range r.Args {
			line += " " + quoted(a)
		}
		if _, err := fmt.Fprintln(e.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// quoted is an argument as a line may show it.
func quoted(a string) string {
	if q := strconv.Quote(a); strings.Contains(a, " ") || q != `"`+a+`"` {
		return q
	}
	return a
}
