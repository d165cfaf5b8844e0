package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"stepin/bot"
	"stepin/cmd/stepin/config"
	"stepin/store"
	"stepin/store/control"
)

type serveCmd struct{ config.Flags }

// Help stands below the command's line of help.
func (serveCmd) Help() string {
	return `Flags override the environment, and the environment overrides the configuration. "stepin help settings"
lists every variable, flag and key. SIGHUP reloads the configuration.`
}

// ended drops the error of a start that somebody ended: that is no fault.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// handover is how long a new stepin waits for the old one's file: longer than the old one needs to finish what it has
// acknowledged, and no longer.
const handover = bot.Finishing + 4*time.Second

func (c serveCmd) Run(e env) (err error) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // from the first moment: it would end the process
	defer signal.Stop(hup)
	s, err := config.Read(e.ctx, e.getenv, c.Flags)
	if err != nil {
		return ended(e.ctx, err)
	}
	e.level.Set(s.Config.LogLevel())
	for _, f := range shared(s) {
		e.log.Warn("a file is not for stepin alone", "what", f.Name, "fault", f.Says, "do", f.Remedy)
	}
	page, later, err := listenFirst(e, s)
	if err != nil {
		return err
	}
	defer func() {
		if page != nil {
			_ = page.Close() // a second time, if the page was served
		}
	}()
	_, there := os.Stat(s.DB)
	db, err := store.Open(e.ctx, s.DB, store.Options{Log: e.log, Version: version(), Timeout: handover})
	if err != nil {
		return ended(e.ctx, remedied(err))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	cfg := botConfig(e, s)
	cfg.Store, cfg.File = db, db
	b, err := bot.New(cfg)
	if err != nil {
		return err
	}
	if later {
		if page, err = listenHTTP(e, s.Config.Listen()); err != nil {
			return err
		}
	}
	answers(c.Named(e.getenv), db, b, e.lost)
	err = serving{e, b, db, page}.run(func(ctx context.Context) {
		e.log.Info("connected", "version", version(), "db", s.DB, "config", cmp.Or(s.Config.Path, "none"))
		debug.FreeOSMemory() // what starting took is never needed again
		newReloader(e, c.Flags, s, b).run(ctx, hup)
	})
	if err != nil && errors.Is(there, fs.ErrNotExist) {
		err = errors.Join(err, unmake(s.DB, db, b))
	}
	return err
}

func botConfig(e env, s config.Settings) bot.Config {
	return bot.Config{
		BotToken: s.Bot.Reveal(), AppToken: s.App.Reveal(), APIURL: s.Config.SlackURL(),
		AppTokenWatched: s.App.File != "", Workspace: string(s.Config.TeamID),
		Log: e.log, Settings: s.Config.Settings(s.Words),
	}
}

// serving is a stepin with its file and its page; a nil page is none.
type serving struct {
	e    env
	bot  *bot.Bot
	db   *store.DB
	page net.Listener
}

// run returns when everything that it has started has ended. It calls connected once Slack is there.
func (s serving) run(connected func(context.Context)) error {
	ctx, stop := context.WithCancel(s.e.ctx)
	var wg sync.WaitGroup
	if s.page != nil {
		wg.Go(func() { serveHTTP(ctx, s.e, s.page, s.bot, s.db) })
	}
	wg.Go(func() {
		if err := s.db.Serve(ctx); err != nil && ctx.Err() == nil {
			s.e.log.Warn("status socket", "error", err)
		}
	})
	wg.Go(func() {
		select {
		case <-s.bot.Ready():
			connected(ctx)
		case <-ctx.Done():
		}
	})
	wg.Go(func() {
		select {
		case <-s.db.Failed(): // nobody knows what is on the disk: only a new start can tell
			stop()
		case <-ctx.Done():
		}
	})
	err := ended(s.e.ctx, s.bot.Run(ctx))
	if closed(s.db.Failed()) {
		err = errors.Join(err, store.ErrUnclear)
	}
	stop()
	wg.Wait()
	if err == nil {
		s.e.log.Info("stopped")
	}
	return err
}

// unmake removes a file that a failed start has made, such as one with a wrong token.
func unmake(path string, db *store.DB, b *bot.Bot) error {
	if closed(b.Ready()) {
		return nil
	}
	if now, err := db.Now(); err != nil || now.Requests+now.Waiting > 0 || db.Moved() {
		return nil // it stays
	}
	return os.Remove(path)
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// answers lets commands use the running stepin through its socket. conf is the name of its configuration, and
// lost is how many lines of its log were lost.
func answers(conf string, db *store.DB, b *bot.Bot, lost func() int) {
	db.Handle(connectionName, func() (any, error) { return connectionOf(b, lost()), nil })
	db.Do(backupName, backedUp(b))
	answersRecord(db)
	db.Do(exportName, func(ctx context.Context, with url.Values, p control.Progress) (any, error) {
		return b.Months(ctx, with.Get("months"), p)
	})
	db.Do(forgetName, func(ctx context.Context, with url.Values, p control.Progress) (any, error) {
		who, err := config.UserID(with.Get("user"))
		if err != nil {
			return nil, err
		}
		got, err := b.Forget(ctx, who, cmp.Or(with.Get("by"), "unknown"), with.Get("dry") == "true", p)
		got.Config = conf
		return got, err
	})
}
