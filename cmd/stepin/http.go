package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"stepin/bot"
	"stepin/bot/health"
	"stepin/cmd/stepin/config"
	"stepin/store"
)

// portRest is how long a port may stay in use after its stepin has closed its socket: it closes both at the same
// time, in no order.
const portRest = time.Second

// listenFirst listens before the file is opened, since opening may create the file or change its format. If the port
// is in use, nothing has changed. If a stepin runs on the same file, it is about to hand over both: then later is true,
// and the caller listens after it has opened the file.
func listenFirst(e env, s config.Settings) (l net.Listener, later bool, err error) {
	if s.Config.Listen() == "" {
		return nil, false, nil
	}
	for till := time.Now().Add(portRest); ; {
		l, err = listenHTTP(e, s.Config.Listen())
		if !errors.Is(err, syscall.EADDRINUSE) {
			return l, false, err
		}
		ask, cancel := context.WithTimeout(e.ctx, portRest)
		_, running := store.Status(ask, s.DB)
		cancel()
		if running == nil {
			return nil, true, nil
		}
		if _, there := os.Stat(s.DB); there != nil || time.Now().After(till) {
			return nil, false, err
		}
		select {
		case <-time.After(portRest / 10):
		case <-e.ctx.Done():
			return nil, false, ended(e.ctx, e.ctx.Err())
		}
	}
}

func listenHTTP(e env, at string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(e.ctx, "tcp", at)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, taken{at}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fmt.Errorf("listen on %s: this machine does not have this address: name one of its own, such "+
			"as 127.0.0.1:9464", at)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("listen on %s: this user may not use the port: name one above 1023", at)
	case err != nil:
		return nil, ended(e.ctx, fmt.Errorf("listen on %s: %w", at, err))
	}
	host, _, err := net.SplitHostPort(l.Addr().String())
	if err == nil && !config.IsLoopback(host) {
		e.log.Warn("/metrics can be read from other machines", "address", l.Addr().String())
	} else {
		e.log.Info("listening", "address", l.Addr().String())
	}
	return l, err
}

// taken is the error if another process has the port.
type taken struct{ at string }

func (t taken) Error() string {
	return "listen on " + t.at + ": the port is in use: end the program that uses it, or name another port with " +
		"--http, STEPIN_HTTP or http in the configuration"
}

func (taken) Unwrap() error { return syscall.EADDRINUSE }

// serveHTTP serves the pages until ctx ends. They are read-only.
func serveHTTP(ctx context.Context, e env, l net.Listener, b *bot.Bot, db *store.DB) {
	server := &http.Server{
		Handler:           pages(e, b, db),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(e.log.Handler(), slog.LevelWarn),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			e.log.Error("/healthz, /readyz and /metrics no longer answer", "error", err)
		}
	}()
	<-ctx.Done()
	_ = server.Close() // who is still reading asks again
	<-done
}

func pages(e env, b *bot.Bot, db *store.DB) http.Handler {
	numbers := prometheus.NewRegistry()
	numbers.MustRegister(figures{b, db, e.lost}, b.Meter())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if !b.Health().Alive {
			http.Error(w, "stuck", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h := b.Health()
		w.Header().Set("Content-Type", "application/json")
		if !h.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		if err := json.NewEncoder(w).Encode(readiness{h.Ready, causes(h)}); err != nil {
			e.log.Debug("http", "error", err) // who asked has gone
		}
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		all, err := numbers.Gather()
		if err != nil {
			e.log.Error("metrics", "error", err)
			http.Error(w, "the figures cannot be read; see the log", http.StatusInternalServerError)
			return
		}
		format := expfmt.NewFormat(expfmt.TypeTextPlain)
		w.Header().Set("Content-Type", string(format))
		enc := expfmt.NewEncoder(w, format)
		for _, f := range all {
			if err := enc.Encode(f); err != nil {
				e.log.Debug("http", "error", err) // who asked has gone
				return
			}
		}
	})
	return mux
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready  bool     `json:"ready"`
	Causes []string `json:"causes"` // codes; the first say why it is not ready
}

func causes(h bot.Health) []string {
	all := []string{}
	for _, c := range h.Causes {
		all = append(all, string(c))
	}
	return all
}

// moments are the two codes without a row in the table of causes: their meaning, and what to do if they last.
var moments = map[health.Cause][2]string{
	health.Starting:     {"not connected to Slack yet", "wait a minute; if it does not connect, run \"stepin check\""},
	health.Reconnecting: {"the connection to Slack is being renewed", ""},
}

// meaning is a code in words, and what to do about it.
func meaning(code string) (what, do string) {
	if m, is := moments[health.Cause(code)]; is {
		return m[0], m[1]
	}
	for _, a := range health.Table {
		if string(a.Cause) == code {
			return a.Log, a.Do
		}
	}
	return strings.ReplaceAll(code, "\n", " "), "" // of a newer stepin
}
