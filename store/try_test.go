package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"stepin/nudges/storage"
	"stepin/store/storetest"
)

// What Try says is what Open does, and the file stays as it is.
func TestTry(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if got, err := Try(t.Context(), path, Options{}); err != nil || got != (Tried{}) {
		t.Errorf("none yet: %+v, %v", got, err)
	}
	d := opened(t, path, Options{})
	if _, err := Try(t.Context(), path, Options{Timeout: 1}); !errors.Is(err, ErrLocked) {
		t.Errorf("in use: %v", err)
	}
	if err := errors.Join(d.ClaimTeam(t.Context(), "T1"), d.Close()); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	free := func(string) (int64, error) { return 5 << 20, nil }
	if got, err := Try(t.Context(), path, Options{Free: free}); err != nil || got.Room.Needs < 1<<20 ||
		got != (Tried{There: true, Team: "T1", Room: storage.Room{Needs: got.Room.Needs, Free: 5 << 20}}) {
		t.Errorf("%+v, %v", got, err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("changed, %v", err)
	}
	if err := os.WriteFile(path, before[:5000], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Try(t.Context(), path, Options{}); !errors.Is(err, ErrDamaged) {
		t.Errorf("cut short: %v", err)
	}
	storetest.Alone(t, path, 1)
}

// A link that leads nowhere is refused by Try as by Open, which could make nothing under that name.
func TestLinkToNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	if err := os.Symlink(filepath.Join(dir, "gone.db"), path); err != nil {
		t.Fatal(err)
	}
	_, tried := Try(t.Context(), path, Options{})
	_, opened := Open(t.Context(), path, Options{})
	if tried == nil || opened == nil || tried.Error() != opened.Error() || !errors.Is(opened, fs.ErrNotExist) {
		t.Errorf("tried: %v; opened: %v", tried, opened)
	}
	storetest.Alone(t, path, 1)
}
