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

// What a file of settings may hold at most, in bytes: far more than anybody writes.
const (
	mostConfig = 1 << 20
	mostToken  = 64 << 10
)

// readFile reads a file of at most so many bytes, or a pipe, as the shell's <(…) makes one. It ends with ctx,
// for nobody may ever write to that pipe.
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

// ReadOnce says whether what a path leads to can be read once only, as a pipe can.
func ReadOnce(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0
}

var errTooBig = errors.New("it is far too big")

// unread says why a file was not read, and what to do: the variable or flag by which it is named is told.
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
