package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"
)

// Upper sizes of files in bytes, far above what anybody needs.
const (
	mostText  = 1 << 20 // configuration and wording
	mostToken = 64 << 10
)

// readWithin is how long one file may take. Nobody may ever write to a pipe, and a disk over the network may not
// answer.
const readWithin = 5 * time.Second

var (
	errTooBig = errors.New("it is far too big")
	errSilent = fmt.Errorf("nothing came from it within %s", readWithin)
)

// A content is what one file held.
type content struct {
	text   []byte
	pipe   bool // it can be read only once
	shared bool // every user of this machine may read or change the file
}

// readFile reads a file or a pipe, such as <(…) in a shell, up to a size.
func readFile(ctx context.Context, path string, most int64) (c content, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readWithin, errSilent)
	defer cancel()
	info, err := bounded(ctx, "stat "+path, func() (fs.FileInfo, error) { return os.Stat(path) })
	if err != nil {
		return c, err
	}
	c.pipe, c.shared = info.Mode()&fs.ModeNamedPipe != 0, Shared(info)
	// A file that has taken the place of another is another one to read.
	name := fmt.Sprint("read ", path, info.Mode(), info.ModTime())
	c.text, err = bounded(ctx, name, func() ([]byte, error) { return readUpTo(path, most) })
	return c, err
}

// readFolder lists a folder.
func readFolder(ctx context.Context, path string) ([]fs.DirEntry, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readWithin, errSilent)
	defer cancel()
	return bounded(ctx, "list "+path, func() ([]fs.DirEntry, error) { return os.ReadDir(path) })
}

// reads are those that go on. Who reads what does not answer a second time waits for the first read: nobody can end a
// system call, and each would keep a thread for ever.
var reads singleflight.Group

// bounded does what may wait for a disk, until ctx ends. The name tells what it reads.
func bounded[T any](ctx context.Context, name string, read func() (T, error)) (got T, err error) {
	select {
	case r := <-reads.DoChan(name, func() (any, error) { return read() }):
		got, _ = r.Val.(T) // it is always one
		return got, r.Err
	case <-ctx.Done():
		return got, context.Cause(ctx)
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

// Shared reports whether every user of this machine may read or change a file.
func Shared(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o006 != 0
}

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
	case errors.Is(err, errSilent):
		do = "put a file on a disk of this machine there, or see why the pipe or the disk does not answer"
	}
	return fmt.Errorf("%scannot read %s, %w: %s", by, path, why, do)
}

// legible says where a file is not plain text in UTF-8. It repeats nothing of it but signs that nobody sees.
func legible(path string, text []byte) error {
	line, column := 1, 1
	fault := func(says string, a ...any) error {
		return fmt.Errorf("%s:%d:%d: %s", path, line, column, fmt.Sprintf(says, a...))
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return fault("this file is in UTF-16: save it as UTF-8")
	}
	for i, size := 0, 0; i < len(text); i += size {
		var r rune
		r, size = utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return fault("here the file is not UTF-8: save it as UTF-8")
		case r == 0:
			return fault("a zero byte is here, as in UTF-16 and in what is no text: save the file as UTF-8")
		case r == '\n', r == '\r' && !bytes.HasPrefix(text[i+1:], []byte("\n")):
			line, column = line+1, 1
			continue
		case unicode.IsControl(r) && r != '\t' && r != '\r', r == 0xfffe, r == 0xffff:
			return fault("a control character is here that nobody sees (%U): remove it", r)
		}
		column++
	}
	return nil
}
