package copy

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"stepin/store"
	"stepin/store/kv"
	"stepin/store/storetest"
)

// What is wrong with records and indexes is seen by what says that a file is whole. A backup of it, and its way
// back, must be asked for.
func TestVerifyIsDeep(t *testing.T) {
	sound := filled(t, "")
	if _, err := Verify(t.Context(), sound, store.Options{}); err != nil {
		t.Fatal(err)
	}
	whole := storetest.Read(t, sound)
	change := func(b kv.Table, do func(tx *kv.Tx, first []byte) error) func(*kv.Tx) error {
		return func(tx *kv.Tx) error {
			for k := range tx.Scan(b, nil) {
				return do(tx, bytes.Clone(k))
			}
			return do(tx, []byte("U1"))
		}
	}
	drop := func(b kv.Table) func(*kv.Tx) error {
		return change(b, func(tx *kv.Tx, k []byte) error { return tx.Delete(b, k) })
	}
	spoil := func(b kv.Table) func(*kv.Tx) error {
		return change(b, func(tx *kv.Tx, k []byte) error { return tx.Put(b, k, []byte("private{")) })
	}
	add := func(b kv.Table) func(*kv.Tx) error {
		return change(b, func(tx *kv.Tx, k []byte) error { return tx.Put(b, append(k, 'x'), nil) })
	}
	for name, c := range map[string]func(*kv.Tx) error{
		"a request's index": drop("managers"), "an open request's": drop("open"), "a call's": drop("calls"), "a tick": drop("ticks"),
		"a waiting message's": drop("due"), "a request": drop("requests"), "a message": drop("outbox"), "a count": func(tx *kv.Tx) error { return tx.Delete("counts", []byte("requests")) },
		"a tick too many": add("ticks"), "a message due too many": add("due"), "a tried one too many": add("attempted"),
		"a spoilt request": spoil("requests"), "a spoilt message": spoil("outbox"), "a spoilt person": spoil("people"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := storetest.File(t)
			storetest.Write(t, path, whole)
			f, err := store.OpenAs(t.Context(), path, store.Options{NoSync: true}, kv.Use, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(f.Update(c), f.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(t.Context(), path, store.Options{}); !errors.Is(err, store.ErrDamaged) || strings.Contains(err.Error(), "private") {
				t.Errorf("not seen: %v", err)
			}
			as := storetest.Read(t, path)
			refused := func(what string, err error, says string) {
				t.Helper()
				if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "private") {
					t.Errorf("%s: %v", what, err)
				}
				storetest.Untouched(t, path, as)
				storetest.Alone(t, path, 1)
			}
			_, err = Backup(t.Context(), path, path+".backup", Options{})
			refused("backup", err, "--damaged")
			var sent bytes.Buffer
			_, err = BackupTo(t.Context(), path, &sent, Options{})
			refused("backup to a pipe", err, "--damaged")
			if sent.Len() > 0 {
				t.Errorf("%d bytes were sent", sent.Len())
			}
			_, _, err = Compact(t.Context(), path, Options{})
			refused("compact", err, "restore a backup")
			to := storetest.File(t)
			_, err = Restore(t.Context(), path, to, Options{})
			refused("restore", err, "--damaged")
			if _, err := os.Stat(to); err == nil {
				t.Error("it was restored")
			}
			if _, err := Backup(t.Context(), path, path+".backup", Options{Damaged: new(store.Saved)}); err != nil {
				t.Errorf("backup all the same: %v", err)
			}
			if _, err := Restore(t.Context(), path+".backup", to, Options{Damaged: new(store.Saved)}); err != nil {
				t.Errorf("restore all the same: %v", err)
			}
		})
	}
}

// Examine takes a copy of what a stepin has open, and leaves nothing behind.
func TestExamine(t *testing.T) {
	path := filled(t, "")
	alone, err := Examine(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := opened(t, path, store.Options{})
	serve(t, d, path)
	beside, err := Examine(t.Context(), path, Options{})
	if err != nil || alone.Differs(beside) != "" {
		t.Errorf("%v, %s", err, alone.Differs(beside))
	}
	storetest.Alone(t, path, 2)
}
