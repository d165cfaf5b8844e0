package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store"
	"stepin/store/storetest"
)

// namedCommands are those that a line names.
var namedCommands = regexp.MustCompile(`"stepin ((?:backup|restore) [^"]*)"`)

// The refusal of a damaged file names the commands that save what can be read, and they do: case 15 of the field's
// cases, and a page that is overwritten.
func TestDamagedFile(t *testing.T) {
	t.Parallel()
	made := filepath.Join(t.TempDir(), "stepin.db")
	fill(t, made, func(tx storage.Tx) (err error) {
		for i := range 40 {
			err = errors.Join(err, tx.PutRequest(storetest.Request(nudges.RequestID(fmt.Sprint("R", i)))))
		}
		return err
	})
	db, err := store.Open(t.Context(), made, store.Options{Team: "T0"}) // one more commit
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	size := os.Getpagesize()
	order := binary.NativeEndian
	newer := 0
	if order.Uint64(whole[size+64:]) > order.Uint64(whole[64:]) {
		newer = 1
	}
	leaf := 0 // with requests, and in use, for the others were never written over
	for at := 2 * size; at+size <= len(whole); at += size {
		if whole[at+8] == 2 && bytes.Count(whole[at:at+size], []byte(`"manager":`)) > 1 {
			leaf = at
		}
	}
	for name, c := range map[string]struct {
		at, n     int
		refused   bool // by the start, which reads little
		says      []string
		saysNever string
	}{
		"the newer meta page": {newer*size + 72, 8, true, []string{": 40 requests", "one commit at most"}, "missing: "},
		"the older meta page": {(1-newer)*size + 72, 8, true, []string{": 40 requests", "nothing is missing"}, "missing: "},
		"a page of requests":  {leaf, size, false, []string{"missing: ", " requests\n"}, "nothing is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "it's damaged", "stepin.db")
			bad := bytes.Clone(whole)
			copy(bad[c.at:], make([]byte, c.n))
			if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			put(t, filepath.Dir(path), "stepin.db", string(bad))
			tell := tokens.run(t.Context(), "check", "--deep", "--db", path)
			if c.refused {
				tokens.run(t.Context(), "serve", "--db", path).fails(t, "the file is damaged", "stepin backup --damaged --db ")
				tell = tokens.run(t.Context(), "check", "--db", path)
			}
			tell.has(t, 1, "FAIL file: ", "the file is damaged", "do: stop stepin")
			named := namedCommands.FindAllStringSubmatch(tell.out, -1)
			if len(named) != 2 {
				t.Fatalf("%q in %s", named, tell.out)
			}
			stepin(t, "backup", filepath.Join(t.TempDir(), "b.db"), "--db", path).fails(t, "--damaged")
			args := func(i int) []string { return inShell(named[i][1]) }
			saved := stepin(t, args(0)...)
			saved.has(t, 0, "it was read again and is whole")
			if strings.Contains(saved.out, c.saysNever) {
				t.Error(saved.out)
			}
			stepin(t, args(1)...).has(t, 0, "the file that was there is kept as ")
			tokens.run(t.Context(), "check", "--deep", "--db", path).has(t, 1, "ok   file: ", "is sound")
			kept, err := filepath.Glob(path + ".before-restore-*")
			if err != nil || len(kept) != 1 {
				t.Fatal(kept, err)
			}
			if b, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(b, bad) {
				t.Error("the damaged file was changed", err)
			}
			// The damaged file as a backup.
			to := filepath.Join(t.TempDir(), "new.db")
			stepin(t, "restore", kept[0], "--db", to).fails(t, "give --damaged")
			stepin(t, "restore", kept[0], "--db", to, "--damaged", "--dry-run").has(t, 0, c.says...)
			stepin(t, "restore", kept[0], "--db", to, "--damaged").has(t, 0, c.says...)
			tokens.run(t.Context(), "check", "--deep", "--db", to).has(t, 1, "ok   file: ", "is sound")
		})
	}
	t.Run("both meta pages", func(t *testing.T) {
		t.Parallel()
		bad := bytes.Clone(whole)
		copy(bad, make([]byte, 2*size))
		path := put(t, t.TempDir(), "stepin.db", string(bad))
		to := filepath.Join(t.TempDir(), "saved.db")
		stepin(t, "backup", to, "--damaged", "--db", path).fails(t, "nothing can be saved from "+path, "use a backup")
		stepin(t, "restore", path, "--damaged", "--db", to).fails(t, "nothing can be saved from "+path, "use a backup")
		if _, err := os.Stat(to); err == nil {
			t.Error("something was made")
		}
	})
}

// inShell are the words of a command, as a shell reads them.
func inShell(command string) (words []string) {
	for _, w := range regexp.MustCompile(`(?:'[^']*'|\\.|[^ ])+`).FindAllString(command, -1) {
		w = strings.ReplaceAll(w, `'\''`, "\x00")
		words = append(words, strings.ReplaceAll(strings.ReplaceAll(w, "'", ""), "\x00", "'"))
	}
	return words
}
