package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"stepin/bot"
)

// A reloader brings what has changed outside into the stepin that runs: the configuration when it is told
// to, tokens in files by itself.
type reloader struct {
	e      env
	flags  settingFlags
	bot    takesChanges
	first  config // at the start: what is not live still holds
	last   config // in force
	tokens []*watchedToken
}

// takesChanges is the part of a *bot.Bot that a reloader needs.
type takesChanges interface {
	Reload(ctx context.Context, l bot.Live) error
	Renew(ctx context.Context, t bot.Tokens) error
}

func newReloader(e env, f settingFlags, s settings, b takesChanges) *reloader {
	r := &reloader{e: e, flags: f, bot: b, first: s.config, last: s.config}
	for _, k := range []struct {
		kind tokenKind
		has  Secret
	}{{botToken, s.botToken}, {appToken, s.appToken}} {
		r.tokens = append(r.tokens, &watchedToken{kind: k.kind, file: s.tokenFiles[k.kind.name], inUse: k.has})
	}
	return r
}

const (
	tokenLook = 2 * time.Second // between looks at the files with tokens
	// tokenAgain is how long until a token that was refused is tried once more: the app may have been
	// installed meanwhile.
	tokenAgain = time.Minute
	tokenWait  = 20 * time.Second // for Slack's word on a new one
)

// run waits for changes until ctx ends. A value in hup asks for a reload.
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

// reload reads the configuration anew. With a fault in it all stays as it was, and the log has one line.
func (r *reloader) reload(ctx context.Context) {
	if r.last.file != "" && readOnce(r.last.file) { // it would look like an empty one
		r.e.log.Error("not reloaded, the settings from before stay", "error", r.last.file+" is a pipe, which can be read once: start stepin anew")
		return
	}
	c, words, err := readLive(r.e, r.flags)
	if err == nil && c.file == "" && r.last.file != "" { // without it everybody would be let in
		err = fmt.Errorf("%s is gone: put it back, an empty one if nothing is to be set", r.last.file)
	}
	if err == nil {
		err = r.bot.Reload(ctx, c.live(words))
	}
	if err != nil {
		r.e.log.Error("not reloaded, the settings from before stay", "error", oneLine(err))
		return
	}
	r.e.level.Set(c.Log)
	r.e.log.Info("reloaded", "config", cmp.Or(c.file, "none"))
	r.last = c
	for _, k := range fileKeys {
		if !k.live && k.show(c) != k.show(r.first) {
			r.e.log.Warn("needs a restart to change", "key", k.name)
		}
	}
}

// oneLine is an error of several faults on one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

// A watchedToken is a token with the file that it was read from; "" for one from the environment.
type watchedToken struct {
	kind   tokenKind
	file   string
	inUse  Secret
	seen   string // what the file held at the last look
	bad    bool   // what it holds was refused:
	failed string
	again  time.Time // not tried before
}

// look takes another token from the file. What is there must be the same at two looks, for it may be
// written at this moment; a file that is replaced as a whole, as Kubernetes does, is found by its name.
func (r *reloader) look(ctx context.Context, t *watchedToken, now time.Time) {
	if t.file == "" {
		return
	}
	b, err := readFile(r.e.ctx, t.file, mostToken)
	text := string(b)
	if err != nil {
		text = "\x00" + err.Error()
	}
	was := t.seen
	t.seen = text
	switch {
	case strings.TrimSpace(text) == t.inUse.reveal():
		t.bad = false
		return
	case text != was, t.bad && text == t.failed && now.Before(t.again):
		return
	}
	known := t.bad && text == t.failed
	t.bad, t.failed, t.again = true, text, now.Add(tokenAgain)
	next, err := t.kind.read(r.e)
	if err == nil {
		all := bot.Tokens{Bot: r.tokens[0].inUse.reveal(), App: r.tokens[1].inUse.reveal()}
		if t == r.tokens[0] {
			all.Bot = next.reveal()
		} else {
			all.App = next.reveal()
		}
		call, cancel := context.WithTimeout(ctx, tokenWait)
		err = r.bot.Renew(call, all)
		cancel()
	}
	switch {
	case err == nil:
		t.inUse, t.bad = next, false
	case !known && ctx.Err() == nil:
		r.e.log.Error("the token in the file is not taken, the one from before stays", "token", t.kind.name, "file", t.file, "error", oneLine(err))
	}
}
