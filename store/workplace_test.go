package store

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// dead leaves in a folder what a killed process leaves: a workplace with a draft, which nobody has locked.
func dead(t *testing.T, in string, draft []byte) string {
	t.Helper()
	dir, err := os.MkdirTemp(in, workplaceName)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, draftName), draft)
	return dir
}

// Whoever opens the file, or makes another beside it, takes away what the dead have left, and says so
// in one line; what another is making at this moment stays, and so does whatever may be somebody's own.
func TestSweepTakesTheDeadAlone(t *testing.T) {
	source, _ := filled(t)
	backup := filepath.Join(t.TempDir(), "source.backup")
	if _, err := Backup(t.Context(), source, backup, Copying{}); err != nil {
		t.Fatal(err)
	}
	for name, does := range map[string]func(path string, o Options) error{
		"open": func(path string, o Options) error {
			d, err := Open(t.Context(), path, o)
			if err != nil {
				return err
			}
			return d.Close()
		},
		"backup": func(path string, o Options) error {
			_, err := Backup(t.Context(), source, path+".monday", Copying{Options: o})
			return err
		},
		"restore": func(path string, o Options) error {
			_, err := Restore(t.Context(), backup, path, Copying{Options: o, Force: true})
			return err
		},
		"compact": func(path string, o Options) error {
			_, _, err := Compact(t.Context(), path, Copying{Options: o})
			return err
		},
		"aside": func(path string, o Options) error {
			return Aside(t.Context(), path, Copying{Options: o}, func(*DB) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			in := filepath.Dir(path)
			write(t, path, read(t, source))
			var stay []string
			own := func(name string) {
				p := filepath.Join(in, name)
				if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, p, []byte("mine"))
				stay = append(stay, p)
			}
			own("stepin.db.restore-1")
			own("stepin.db.new-1")
			own(".stepin-file")
			own(".stepin-7/notes")
			own(".stepin-7/draft")
			own(".stepin-8/drafts/mine")
			own(".stepin-9/drafts.txt")
			own(".stepin-mine/draft")
			w, err := newWorkplace(in, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			write(t, w.path(draftName), []byte("on its way"))
			stay = append(stay, w.path(draftName))
			gone := []string{dead(t, in, []byte("private")), dead(t, in, nil)}
			write(t, filepath.Join(gone[1], draftName+".v1.bak"), []byte("private"))
			var log bytes.Buffer
			if err := does(path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
				t.Fatal(err)
			}
			for _, p := range gone {
				if _, err := os.Lstat(p); !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s is still there: %v", p, err)
				}
			}
			for _, p := range stay {
				if _, err := os.Lstat(p); err != nil {
					t.Error(err)
				}
			}
			if got := log.String(); strings.Count(got, "took away") != 1 || !strings.Contains(got, "folders=2") {
				t.Errorf("it says %q", got)
			}
			if err := w.leave(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Those who make and those who sweep at the same time are in nobody's way.
func TestSweepWhileOthersMake(t *testing.T) {
	in := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				w, err := newWorkplace(in, quiet)
				if err != nil {
					t.Error(err)
					return
				}
				at := w.path(draftName)
				err = os.WriteFile(at, fmt.Append(nil, i), 0o600)
				sweep(in, quiet)
				b, gone := os.ReadFile(at)
				if err := errors.Join(err, gone, w.leave()); err != nil || string(b) != fmt.Sprint(i) {
					t.Errorf("%q, %v", b, err)
				}
			}
		})
	}
	wg.Wait()
	if all, err := os.ReadDir(in); err != nil || len(all) != 0 {
		t.Errorf("left: %v, %v", all, err)
	}
}
