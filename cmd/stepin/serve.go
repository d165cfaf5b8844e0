package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"stepin/bot"
	"stepin/store"
)

type serveCmd struct{ settingFlags }

// Help stands below the command's line of help.
func (serveCmd) Help() string {
	var b strings.Builder
	b.WriteString("Settings come from flags, the environment and the configuration, in this order:\n\n")
	for _, o := range outsideSettings {
		fmt.Fprintf(&b, "  %-16s %s (%s)\n", o.env, o.doc, o.def)
	}
	for _, k := range fileKeys {
		if k.env != "" {
			fmt.Fprintf(&b, "  %-16s %s (%s)\n", k.env, k.doc, k.def)
		}
	}
	b.WriteString("\nThe configuration's keys: stepin config --example. SIGHUP reads it anew.")
	return b.String()
}

// ended takes it for no fault that somebody ended stepin while it was still starting.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// handover is how long a new stepin waits for the old one's file: more than the old one takes
// to finish what it has acknowledged. One that runs on is not waited for.
const handover = bot.Finishing + 4*time.Second

func (c serveCmd) Run(e env) (err error) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP) // from the first moment: it would end the process
	defer signal.Stop(hup)
	s, err := readSettings(e, c.settingFlags)
	if err != nil {
		return err
	}
	e.level.Set(s.config.Log)
	page, later, err := listenFirst(e, s)
	if err != nil {
		return err
	}
	defer func() {
		if page != nil {
			_ = page.Close() // for the second time, if anybody was answered
		}
	}()
	_, there := os.Stat(s.db)
	db, err := store.Open(e.ctx, s.db, store.Options{Log: e.log, Version: version(), Timeout: handover})
	if err != nil {
		return ended(e.ctx, remedied(err))
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	cfg := s.bot(e)
	cfg.Store, cfg.File = db, db
	b, err := bot.New(cfg)
	if err != nil {
		return err
	}
	if later {
		if page, err = listenHTTP(e, s.config.HTTP); err != nil {
			return err
		}
	}
	db.Handle(connectionName, func() (any, error) { return connectionOf(b), nil })
	answers(cmp.Or(c.Config, e.getenv("STEPIN_CONFIG"), usualConfig), db, b)
	// Ends of itself with the bot, so that the file is closed after everybody.
	ctx, stop := context.WithCancel(e.ctx)
	var wg sync.WaitGroup
	if page != nil {
		wg.Go(func() { serveHTTP(ctx, e, page, b, db) })
	}
	wg.Go(func() {
		if err := db.Serve(ctx); err != nil && ctx.Err() == nil {
			e.log.Warn("status socket", "error", err)
		}
	})
	wg.Go(func() {
		select {
		case <-b.Ready():
			e.log.Info("connected", "version", version(), "db", s.db, "config", cmp.Or(s.config.file, "none"))
			debug.FreeOSMemory() // what starting took, such as drawing every view once, is never needed again
			newReloader(e, c.settingFlags, s, b).run(ctx, hup)
		case <-ctx.Done():
		}
	})
	wg.Go(func() {
		select {
		case <-db.Failed(): // what the disk has is not known any more: only a new start can tell
			stop()
		case <-ctx.Done():
		}
	})
	err = ended(e.ctx, b.Run(ctx))
	if failed(db) {
		err = errors.Join(err, store.ErrUnclear)
	}
	stop()
	wg.Wait()
	if err == nil {
		e.log.Info("stopped")
	} else if errors.Is(there, fs.ErrNotExist) {
		err = errors.Join(err, unmake(s.db, db, b))
	}
	return err
}

// unmake takes a file away that was made by a start that came to nothing, such as for want of the right token.
func unmake(path string, db *store.DB, b *bot.Bot) error {
	select {
	case <-b.Ready():
		return nil
	default:
	}
	if now, err := db.Now(); err != nil || now.Requests+now.Waiting > 0 || db.Moved() {
		return nil // it stays
	}
	return os.Remove(path)
}

func failed(db *store.DB) bool {
	select {
	case <-db.Failed():
		return true
	default:
		return false
	}
}

type manifestCmd struct {
	With []string `help:"What may be asked for besides, with commas between." placeholder:"PART,PART" sep:","`
}

// Help stands below the command's line of help.
func (manifestCmd) Help() string {
	var b strings.Builder
	b.WriteString("Without --with the app asks for no more than stepin cannot do without. Parts that may be asked for besides:\n\n")
	for _, p := range bot.Parts {
		fmt.Fprintf(&b, "  %-17s %s (%s)\n", p.Name, p.For, strings.Join(p.Scopes, ", "))
	}
	return b.String()
}

func (m manifestCmd) Run(e env) error {
	var known, parts []string
	for _, p := range bot.Parts {
		known = append(known, p.Name)
	}
	for _, p := range m.With {
		p = strings.TrimSpace(p)
		if !slices.Contains(known, p) {
			return fmt.Errorf("no optional scopes are called %q%s", p, meantOr(p, known...))
		}
		parts = append(parts, p)
	}
	b, err := bot.Manifest(parts...)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%s\n", b)
	return err
}
