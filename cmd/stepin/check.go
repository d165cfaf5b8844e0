package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"stepin/bot"
	"stepin/bot/check"
	"stepin/cmd/stepin/config"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/control"
	"stepin/store/copy"
)

type checkCmd struct {
	config.Flags
	progressFlag
	File string `arg:"" optional:"" help:"Read this file alone, such as a backup, to its end. This needs no token."`
	Deep bool   `help:"Also read the whole file: every page, record and index."`
}

func (checkCmd) Help() string {
	return `Looks at the file as the next start would, or asks the running stepin. It changes nothing. The exit code is
0 if no check failed, and 1 otherwise. What is marked "look" fails nothing: look yourself. Slack cannot answer it, or
stepin makes do.`
}

func (c checkCmd) Run(e env) error {
	if c.File != "" {
		return failed(e.tell(e.deep(c.File, c.Progress, "name another file")))
	}
	s, err := config.Read(e.ctx, e.getenv, c.Flags)
	if err != nil {
		return err
	}
	team, found := e.fileFindings(s.DB)
	bad := e.tell(append(found, shared(s)...))
	if _, err := os.Stat(s.DB); c.Deep && err == nil &&
		!slices.ContainsFunc(found, func(f check.Finding) bool { return f.Name == "file" && !f.OK }) {
		bad += e.tell(e.deep(s.DB, c.Progress, ""))
	}
	cfg := botConfig(e, s)
	cfg.Team = team
	return failed(bad + e.tell(bot.Check(e.ctx, cfg)))
}

// failed is the error after so many findings that are not right.
func failed(bad int) error {
	switch bad {
	case 0:
		return nil
	case 1:
		return errors.New("one check failed; see below it what to do")
	}
	return fmt.Errorf("%d checks failed; see below each what to do", bad)
}

// shared are the files with secrets that every user of this machine may read or change.
func shared(s config.Settings) (found []check.Finding) {
	add := func(name, path string) {
		found = append(found, check.Finding{
			Unseen: true, Name: name, Says: "every user of this machine may read or change " + path,
			Remedy: "chmod o= " + path,
		})
	}
	for _, t := range []config.HeldToken{s.Bot, s.App} {
		if t.Shared {
			add(t.Name+"_FILE", t.File)
		}
	}
	if info, err := os.Stat(s.DB); err == nil && config.Shared(info) {
		add("file", s.DB)
	}
	return found
}

// tell prints findings, and counts those that failed.
func (e env) tell(found []check.Finding) (bad int) {
	for _, f := range found {
		mark := "ok  "
		switch {
		case f.Unseen:
			mark = "look"
		case !f.OK:
			mark = "FAIL"
			bad++
		}
		fmt.Fprintf(e.stdout, "%s %s: %s\n", mark, f.Name, f.Says)
		if !f.OK {
			fmt.Fprintf(e.stdout, "     do: %s\n", f.Remedy)
		}
	}
	return bad
}

// fileFindings report on the file and the workspace that it belongs to. If a stepin runs on the file, it is asked;
// otherwise the file is opened as a start would open it.
func (e env) fileFindings(path string) (team string, found []check.Finding) {
	ctx, cancel := context.WithTimeout(e.ctx, patience)
	defer cancel()
	now, err := store.Status(ctx, path)
	switch {
	case errors.Is(err, control.ErrNotRunning):
		t, err := store.Try(e.ctx, path, e.options())
		says := path + " can be opened and written to"
		switch {
		case err != nil:
			return "", []check.Finding{{Name: "file", Says: err.Error(), Remedy: remedyOf(err)}}
		case !t.There:
			says = "there is no " + path + " yet; the first start can create it"
		case t.Migrates:
			says += "; the next start migrates it to the current format, and keeps a copy of it as it is"
		}
		found := []check.Finding{{OK: true, Name: "file", Says: says}}
		if t.There {
			found = append(found, roomFinding(t.Room))
		}
		return t.Team, found
	case systemRemedy(err) != "":
		return "", []check.Finding{{Name: "stepin", Says: err.Error(), Remedy: systemRemedy(err)}}
	case err != nil:
		do := "read the log of the stepin that has the file open, and restart it if this does not end"
		return "", []check.Finding{{Name: "stepin", Says: err.Error(), Remedy: do}}
	}
	says := fmt.Sprintf("%s runs on %s, pid %d", now.Version, path, now.PID)
	found = []check.Finding{{OK: true, Name: "stepin", Says: says}, roomFinding(now.Room)}
	var conn connection
	if err := control.Ask(ctx, path, connectionName, &conn); err != nil {
		return now.Team, append(found, check.Finding{Name: "stepin", Says: err.Error(), Remedy: "read its log"})
	}
	for _, code := range conn.Causes {
		if what, do := meaning(code); do != "" {
			found = append(found, check.Finding{Name: code, Says: what + ", reports the running stepin", Remedy: do})
		}
	}
	return now.Team, found
}

// roomFinding says whether the disk has room for what keep and forgetting end with.
func roomFinding(r storage.Room) check.Finding {
	return check.Finding{
		OK: !r.Lacks(), Name: "room", Says: r.String(),
		Remedy: "make room there before the next daily round, or before you shorten keep: what has expired, and " +
			"what people want forgotten, stays in the file until it is rewritten",
	}
}

// deep verifies the whole file. do is what to do about a fault; "" for what to do about the database.
func (e env) deep(path string, asked bool, do string) []check.Finding {
	p, end := e.progress("checking the file", asked)
	c, err := copy.Examine(e.ctx, path, copy.Options{Options: e.options(), Progress: p})
	end()
	if err != nil {
		return []check.Finding{{
			Name: "file", Says: err.Error(), Remedy: cmp.Or(systemRemedy(err), do, remedyOf(err)),
		}}
	}
	return []check.Finding{{OK: true, Name: "file", Says: fmt.Sprintf("%s is sound: %s", path, holds(c))}}
}

// remedyOf is what to do if a file cannot be used.
func remedyOf(err error) string {
	switch do := systemRemedy(err); {
	case do != "":
		return do
	case errors.Is(err, store.ErrNewer), errors.Is(err, store.ErrLocked):
		return "do as it says, or name another file with --db or STEPIN_DB"
	case errors.Is(err, store.ErrDamaged):
		return "stop stepin, then do as it says; the damaged file is kept beside the new one"
	}
	return "name the right file with --db or STEPIN_DB, in a folder that exists"
}
