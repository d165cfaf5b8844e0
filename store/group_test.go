package store

import (
	"path/filepath"
	"slices"
	"testing"

	"stepin/nudges"
	"stepin/store/storetest"
)

// One group is kept with its moment, also over a new start; of another nothing is known.
func TestGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d := opened(t, path, Options{NoSync: true})
	kept := func(id string, want []nudges.UserID) {
		t.Helper()
		in, at, err := d.Group(id)
		if err != nil || !slices.Equal(in, want) || at.IsZero() == (want != nil) || want != nil && !at.Equal(storetest.T0) {
			t.Errorf("%s: %q, %s, %v", id, in, at, err)
		}
	}
	put := func(id string, in ...nudges.UserID) {
		t.Helper()
		if err := d.PutGroup(t.Context(), id, in, storetest.T0); err != nil {
			t.Fatal(err)
		}
	}
	kept("S1", nil)
	put("S1", "U1", "U2")
	storetest.Close(t, d)
	d = opened(t, path, Options{NoSync: true})
	kept("S1", []nudges.UserID{"U1", "U2"})
	kept("S2", nil)
	put("S2", "U3")
	kept("S1", nil)
	kept("S2", []nudges.UserID{"U3"})
}
