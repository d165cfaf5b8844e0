package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Upper sizes of files in bytes, far above what anybody needs.
const (
	mostConfig = 1 << 20
	mostToken  = 64 << 10
)

// readFile reads a file or a pipe, such as <(…) in a shell, up to a size. It ends with ctx, since nobody may ever
// write to the pipe.
func readFile(ctx context.Context, path string, most int64) ([]byte, error) {
	type result struct {
		b   []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		b, err := readUpTo(path, most)
		done <- result{b, err}
	}()
	select {
	case r := <-done:
		return r.b, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func readUpTo(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(b)) > most:
		return nil, errTooBig
	}
	return bytes.TrimPrefix(b, []byte("\uFEFF")), nil
}

// ReadOnce reports whether a path is a pipe, which can be read only once.
func ReadOnce(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

var errTooBig = errors.New("it is far too big")

// unread says why a file cannot be read, and what to do. by is the variable or flag that names it.
func unread(by, path string, err error) error {
	if by != "" {
		by += ": "
	}
	why, do := err, "name another"
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		why = at.Err
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s%s was not read: %w", by, path, err)
	case errors.Is(err, fs.ErrNotExist):
		do = "name one that exists"
	case errors.Is(err, fs.ErrPermission):
		do = "make it readable for this user"
	}
	return fmt.Errorf("%scannot read %s, %w: %s", by, path, why, do)
}
