package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stepin/bot/sandbox/page/browser"
	"stepin/nudges/words"
)

// A silent is a pipe on the disk in the place of a file, which never says anything: a disk that does not answer does the
// same to who reads it.
type silent struct{ path string }

func silently(t *testing.T, path string) silent {
	t.Helper()
	if err := errors.Join(os.RemoveAll(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	s := silent{path}
	t.Cleanup(func() { // ends a read that hangs
		if f, err := os.OpenFile(path, os.O_RDWR, 0); err == nil {
			_ = f.Close()
		}
	})
	return s
}

// awaited returns once somebody reads it, with a writer that keeps it open.
func (s silent) awaited(t *testing.T) {
	t.Helper()
	for {
		f, err := os.OpenFile(s.path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if err == nil {
			t.Cleanup(func() { _ = f.Close() })
			return
		}
		if !errors.Is(err, syscall.ENXIO) || t.Context().Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

// silentFiles are the files that a start reads, each silent alone.
func silentFiles() map[string]func(t *testing.T, v vars) silent {
	all := map[string]func(*testing.T, vars) silent{}
	for _, name := range []string{"STEPIN_CONFIG", "SLACK_BOT_TOKEN_FILE", "SLACK_APP_TOKEN_FILE"} {
		all[name] = func(t *testing.T, v vars) silent {
			delete(v, strings.TrimSuffix(name, "_FILE"))
			v[name] = filepath.Join(t.TempDir(), "fifo")
			return silently(t, v[name])
		}
	}
	for _, name := range words.Files {
		all[name] = func(t *testing.T, v vars) silent {
			dir := t.TempDir()
			v["STEPIN_CONFIG"] = put(t, t.TempDir(), "stepin.yaml", "words: "+dir+"\n")
			return silently(t, filepath.Join(dir, name))
		}
	}
	return all
}

// A start and a check that wait for a file end at once when they are told to. Without that they say after a few seconds
// which file it is.
func TestSilentFiles(t *testing.T) {
	t.Parallel()
	for name, silence := range silentFiles() {
		for _, command := range []string{"serve", "check"} {
			t.Run(command+"/"+name, func(t *testing.T) {
				t.Parallel()
				v := maps.Clone(tokens)
				v["STEPIN_DB"] = filepath.Join(t.TempDir(), "x.db")
				s := silence(t, v)
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan said, 1)
				go func() { ended <- v.run(ctx, command) }()
				s.awaited(t)
				began := time.Now()
				stop()
				got := <-ended
				if took := time.Since(began); took > 2*time.Second || got.code != map[string]int{"serve": 0, "check": exitFault}[command] {
					t.Errorf("%+v after %s", got, took)
				}
				if !browser.Long() || command == "check" { // it reads as a start does
					return
				}
				began = time.Now()
				got = v.run(t.Context(), command)
				got.fails(t, "cannot read "+s.path, "nothing came from it within 5s", "put a file on a disk of this machine there")
				if took := time.Since(began); took < 5*time.Second {
					t.Errorf("after %s", took)
				}
			})
		}
	}
}

// A reload that waits for a file keeps what applied, and says so; the end does not wait for it. Nor does it for a token.
func TestSilentFilesOfAReload(t *testing.T) {
	t.Parallel()
	b := newBench(t, "log: info\n")
	words := filepath.Join(b.dir, "words")
	if err := os.Mkdir(words, 0o700); err != nil {
		t.Fatal(err)
	}
	conf := b.put("stepin.yaml", "log: debug\nwords: words\n")
	s := silently(t, filepath.Join(words, "texts.tmpl"))
	steps := map[string]func(){
		s.path: func() { b.reload(b.e.ctx) },
		conf:   func() { b.reload(b.e.ctx) },
		b.vars["SLACK_BOT_TOKEN_FILE"]: func() {
			for range 2 {
				b.look(b.e.ctx, b.tokens[0], time.Now())
			}
		},
	}
	for _, path := range []string{s.path, conf, b.vars["SLACK_BOT_TOKEN_FILE"]} {
		if path != s.path {
			silently(t, path)
		}
		if browser.Long() {
			steps[path]()
			if said := b.said(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "stay") || !strings.Contains(said, "cannot read "+path+", nothing came from it within 5s") {
				t.Errorf("%s: %s", path, said)
			}
		}
		was := b.e.ctx
		ctx, end := context.WithCancel(was)
		b.e.ctx = ctx
		done := make(chan struct{})
		go func() { defer close(done); steps[path]() }()
		silent{path}.awaited(t)
		end()
		<-done
		b.e.ctx = was
		if said := b.said(); said != "" || len(b.bot.lives)+len(b.bot.tokens) != 0 || b.e.level.Level() != slog.LevelInfo {
			t.Errorf("%s: %s, %d, %d", path, said, len(b.bot.lives), len(b.bot.tokens))
		}
	}
	for name, fault := range map[string]func(path string) error{
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
		"too big":  func(path string) error { return os.WriteFile(path, make([]byte, 2<<20), 0o600) },
	} {
		b.vars["STEPIN_CONFIG"] = b.put("other.yaml", "words: words\n")
		if err := errors.Join(os.RemoveAll(s.path), fault(s.path)); err != nil {
			t.Fatal(err)
		}
		b.reload(t.Context())
		if said := b.said(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "the old settings stay") || !strings.Contains(said, "cannot read "+s.path) {
			t.Errorf("%s: %s", name, said)
		}
	}
}
