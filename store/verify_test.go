package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"
)

// What is wrong with records and indexes is seen by whoever says that a file is whole. A backup of it, and its way
// back, must be asked for.
func TestVerifyIsDeep(t *testing.T) {
	sound, _ := filled(t)
	if _, err := Verify(t.Context(), sound, Options{}); err != nil {
		t.Fatal(err)
	}
	whole := read(t, sound)
	first := func(tx *bolt.Tx, b bucket) (*bolt.Bucket, []byte) {
		in := tx.Bucket([]byte(bucketNames[b]))
		k, _ := in.Cursor().First()
		return in, bytes.Clone(k)
	}
	drop := func(b bucket) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { in, k := first(tx, b); return in.Delete(k) }
	}
	spoil := func(b bucket) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { in, k := first(tx, b); return in.Put(k, []byte("{")) }
	}
	add := func(b bucket) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error {
			in, k := first(tx, b)
			return in.Put(append(k, 'x'), []byte{})
		}
	}
	for name, c := range map[string]func(*bolt.Tx) error{
		"a request's index": drop(managers), "an open request's": drop(open), "a call's": drop(calls), "a tick": drop(ticks),
		"a waiting message's": drop(due), "a request": drop(requests), "a message": drop(outbox), "a count": func(tx *bolt.Tx) error { return tx.Bucket([]byte("counts")).Delete([]byte(countRequests)) },
		"a tick too many": add(ticks), "a message due too many": add(due), "a tried one too many": func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("attempted")).Put([]byte("x"), nil)
		},
		"a spoilt request": spoil(requests), "a spoilt message": spoil(outbox), "a spoilt person": func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("people")).Put([]byte("U1"), []byte("private{"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			write(t, path, whole)
			bolted(t, path, c)
			if _, err := Verify(t.Context(), path, Options{}); !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "private") {
				t.Errorf("not seen: %v", err)
			}
			as := read(t, path)
			refused := func(what string, err error, says string) {
				t.Helper()
				if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "private") {
					t.Errorf("%s: %v", what, err)
				}
				untouched(t, path, as)
				if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 1 {
					t.Errorf("%s: left %v, %v", what, all, err)
				}
			}
			_, err := Backup(t.Context(), path, path+".backup", Copying{})
			refused("backup", err, "--damaged")
			var sent bytes.Buffer
			_, err = BackupTo(t.Context(), path, &sent, Copying{})
			refused("backup to a pipe", err, "--damaged")
			if sent.Len() > 0 {
				t.Errorf("%d bytes were sent", sent.Len())
			}
			_, _, err = Compact(t.Context(), path, Copying{})
			refused("compact", err, "restore a backup")
			to := file(t)
			_, err = Restore(t.Context(), path, to, Copying{})
			refused("restore", err, "--damaged")
			if _, err := os.Stat(to); err == nil {
				t.Error("it was restored")
			}
			if _, err := Backup(t.Context(), path, path+".backup", Copying{Damaged: true}); err != nil {
				t.Errorf("backup all the same: %v", err)
			}
			if _, err := Restore(t.Context(), path+".backup", to, Copying{Damaged: true}); err != nil && name != "a spoilt message" { // each is marked
				t.Errorf("restore all the same: %v", err)
			}
		})
	}
}

// Examine takes a copy of what a stepin has open, and leaves nothing behind.
func TestExamine(t *testing.T) {
	path, _ := filled(t)
	alone, err := Examine(t.Context(), path, Copying{})
	if err != nil {
		t.Fatal(err)
	}
	d := opened(t, path, Options{})
	serve(t, t.Context(), d)
	beside, err := Examine(t.Context(), path, Copying{})
	if err != nil || alone.same(beside) != "" {
		t.Errorf("%v, %s", err, alone.same(beside))
	}
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != 2 { // the file and its socket
		t.Errorf("left behind: %v, %v", all, err)
	}
}
