// Package storetest helps the tests of store and of its parts: files, what a stepin may have remembered, and what is to
// be found of it afterwards. It must not know store, for store's own tests use it.
//
// Files: files.go (files and folders), remembered.go (one of everything), search.go (is a text in a file).
package storetest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// ErrOnPurpose is an error that a test causes.
var ErrOnPurpose = errors.New("failed on purpose")

// File is the path of a file that is not there yet, in a folder of its own.
func File(t testing.TB) string { return filepath.Join(t.TempDir(), "stepin.db") }

// Read reads a file.
func Read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Write writes a file.
func Write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Unzip writes a file that is kept zipped, and gives its path.
func Unzip(t testing.TB, zipped string) (path string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(Read(t, zipped)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path = File(t)
	Write(t, path, b)
	return path
}

// Untouched checks that a file is as it was.
func Untouched(t testing.TB, path string, before []byte) {
	t.Helper()
	if !bytes.Equal(Read(t, path), before) {
		t.Errorf("%s was changed", path)
	}
}

// Folder is what lies beside a file, and the file itself: each name with its hash.
func Folder(t testing.TB, path string) string {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range all {
		if e.Type().IsRegular() {
			fmt.Fprintf(&b, "%s %x\n", e.Name(), sha256.Sum256(Read(t, filepath.Join(filepath.Dir(path), e.Name()))))
		} else {
			fmt.Fprintln(&b, e.Name(), e.Type())
		}
	}
	return b.String()
}

// Alone checks that so many things lie in the folder of a file.
func Alone(t testing.TB, path string, n int) {
	t.Helper()
	if all, err := os.ReadDir(filepath.Dir(path)); err != nil || len(all) != n {
		t.Errorf("in the folder of %s: %v, %v; want %d", path, all, err, n)
	}
}

// Dead leaves beside a file what a killed process leaves: a workplace with a draft, which nobody has locked.
func Dead(t testing.TB, path string, draft []byte) (dir string) {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(path), ".stepin-")
	if err != nil {
		t.Fatal(err)
	}
	Write(t, filepath.Join(dir, "draft"), draft)
	return dir
}

// OneLine checks that an error is one line that says all of something.
func OneLine(t testing.TB, what string, err error, says ...string) {
	t.Helper()
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%s: %v, want one line", what, err)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%s: %v, which does not say %q", what, err, s)
		}
	}
}

// Close closes something.
func Close(t testing.TB, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// Same compares what came back.
func Same[T any](t testing.TB, want T) func(T, error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("want %+v: %v", want, err)
		} else if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// A LogWaiter is where a log goes; it closes Heard when somebody logs For.
type LogWaiter struct {
	For   string
	Heard chan struct{}
	once  sync.Once
}

// Await makes a LogWaiter.
func Await(text string) *LogWaiter { return &LogWaiter{For: text, Heard: make(chan struct{})} }

func (w *LogWaiter) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.For)) {
		w.once.Do(func() { close(w.Heard) })
	}
	return len(b), nil
}
