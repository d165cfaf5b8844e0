package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"stepin/bot/roster"
	"stepin/bot/slackapi"
	"stepin/cmd/stepin/config"
)

// A reloader applies changes to the running stepin: the configuration on SIGHUP, tokens in files by itself.
type reloader struct {
	e      env
	flags  config.Flags
	bot    takesChanges
	first  config.Config // at the start: what is not live still applies
	last   config.Config // the current one
	tokens []*watchedToken
}

// takesChanges is the part of *bot.Bot that a reloader needs.
type takesChanges interface {
	Reload(ctx context.Context, l roster.Settings) error
	Renew(ctx context.Context, t slackapi.Tokens) error
}

func newReloader(e env, f config.Flags, s config.Settings, b takesChanges) *reloader {
	r := &reloader{e: e, flags: f, bot: b, first: s.Config, last: s.Config}
	r.tokens = []*watchedToken{{inUse: s.Bot}, {inUse: s.App}}
	return r
}

const (
	tokenLook = 2 * time.Second // between looks at the files with tokens
	// tokenAgain is the pause before a refused token is retried: the app may have been installed meanwhile.
	tokenAgain = time.Minute
	tokenWait  = 20 * time.Second // for Slack's word on a new one
)

// run applies changes until ctx ends. A value in hup asks for a reload.
func (r *reloader) run(ctx context.Context, hup <-chan os.Signal) {
	tick := time.NewTicker(tokenLook)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			r.reload(ctx)
		case <-tick.C:
			for _, t := range r.tokens {
				r.look(ctx, t, time.Now())
			}
		}
	}
}

// reload reads the configuration again. If it has a fault, nothing changes, and the log gets one line.
func (r *reloader) reload(ctx context.Context) {
	if r.last.Pipe { // it would look like an empty one
		r.e.log.Error("not reloaded, the old settings stay", "error", r.last.Path+" is a pipe, which can be read "+
			"only once: restart stepin")
		return
	}
	c, words, err := config.ReadLive(r.e.ctx, r.e.getenv, r.flags)
	if err == nil && c.Path == "" && r.last.Path != "" { // without it everybody would be let in
		err = fmt.Errorf("%s is missing: put it back, or an empty file if it is to set nothing", r.last.Path)
	}
	if err == nil {
		err = r.bot.Reload(ctx, c.Settings(words))
	}
	switch {
	case r.e.ctx.Err() != nil: // nobody waits for it
		return
	case err != nil:
		r.e.log.Error("not reloaded, the old settings stay", "error", oneLine(err))
		return
	}
	r.e.level.Set(c.LogLevel())
	r.e.log.Info("reloaded", "config", cmp.Or(c.Path, "none"))
	r.last = c
	for _, key := range c.NeedsRestart(r.first) {
		r.e.log.Warn("a changed setting needs a restart", "key", key)
	}
}

// oneLine joins the faults of an error on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// A watchedToken is a token with the file that it was read from; "" for one from the environment.
type watchedToken struct {
	inUse  config.HeldToken
	seen   string // what the file held at the last look
	bad    bool   // what it holds was refused:
	failed string
	again  time.Time // not tried before
}

// look takes a changed token from its file. The file must hold the same at two looks in a row, since it may be half
// written. It is opened by name each time, since Kubernetes replaces the file.
func (r *reloader) look(ctx context.Context, t *watchedToken, now time.Time) {
	if t.inUse.File == "" {
		return
	}
	text, err := config.InFile(r.e.ctx, t.inUse.File)
	if err != nil {
		text = "\x00" + err.Error()
	}
	was := t.seen
	t.seen = text
	switch {
	case text == t.inUse.Reveal():
		t.bad = false
		return
	case text != was, t.bad && text == t.failed && now.Before(t.again):
		return
	}
	known := t.bad && text == t.failed
	t.bad, t.failed, t.again = true, text, now.Add(tokenAgain)
	next, err := t.inUse.Read(r.e.ctx, r.e.getenv)
	if err == nil {
		all := slackapi.Tokens{Bot: r.tokens[0].inUse.Reveal(), App: r.tokens[1].inUse.Reveal()}
		if t == r.tokens[0] {
			all.Bot = next.Reveal()
		} else {
			all.App = next.Reveal()
		}
		call, cancel := context.WithTimeout(ctx, tokenWait)
		err = r.bot.Renew(call, all)
		cancel()
	}
	switch {
	case err == nil:
		t.inUse, t.bad = next, false
	case !known && ctx.Err() == nil:
		r.e.log.Error("the new token failed, the old one stays", "token", t.inUse.Name, "file", t.inUse.File,
			"error", oneLine(err))
	}
}
