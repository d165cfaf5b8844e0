package copy

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stepin/store"
	"stepin/store/disk"
	"stepin/store/storetest"
)

// A process that opens the file, or makes another beside it, takes away what the dead have left, and says so
// in one line; what another is making at this moment stays, and so does whatever may be somebody's own.
func TestSweepTakesTheDeadAlone(t *testing.T) {
	source := filled(t, "")
	backup := filepath.Join(t.TempDir(), "source.backup")
	if _, err := Backup(t.Context(), source, backup, Options{}); err != nil {
		t.Fatal(err)
	}
	for name, does := range map[string]func(path string, o store.Options) error{
		"open": func(path string, o store.Options) error {
			d, err := store.Open(t.Context(), path, o)
			if err != nil {
				return err
			}
			return d.Close()
		},
		"backup": func(path string, o store.Options) error {
			_, err := Backup(t.Context(), source, path+".monday", Options{Options: o})
			return err
		},
		"restore": func(path string, o store.Options) error {
			_, err := Restore(t.Context(), backup, path, Options{Options: o, Force: true})
			return err
		},
		"compact": func(path string, o store.Options) error {
			_, _, err := Compact(t.Context(), path, Options{Options: o})
			return err
		},
		"aside": func(path string, o store.Options) error {
			return Aside(t.Context(), path, Options{Options: o}, func(*store.DB) error { return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := storetest.File(t)
			in := filepath.Dir(path)
			storetest.Write(t, path, storetest.Read(t, source))
			var stay []string
			own := func(name string) {
				p := filepath.Join(in, name)
				if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
					t.Fatal(err)
				}
				storetest.Write(t, p, []byte("mine"))
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
			w, err := disk.NewWorkplace(in, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			storetest.Write(t, w.Path("draft"), []byte("on its way"))
			stay = append(stay, w.Path("draft"))
			gone := []string{storetest.Dead(t, path, []byte("private")), storetest.Dead(t, path, nil)}
			storetest.Write(t, filepath.Join(gone[1], "draft"+".v1.bak"), []byte("private"))
			var log bytes.Buffer
			if err := does(path, store.Options{Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
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
			if got := log.String(); strings.Count(got, "removed what an ended process left") != 1 || !strings.Contains(got, "folders=2") {
				t.Errorf("it says %q", got)
			}
			if err := w.Leave(); err != nil {
				t.Error(err)
			}
		})
	}
}
