package control

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"stepin/store/disk"
)

// maxAddress is what fits into the address of a Unix socket on every system, in bytes.
const maxAddress = 100

// A socket is where a server answers, for as long as nobody removes it.
type socket struct {
	path   string
	log    *slog.Logger
	server *http.Server
	serves sync.WaitGroup
	l      *net.UnixListener // nil for none
	is     os.FileInfo       // what was made under the path
	said   string            // why none could be made
}

// stand makes the socket if none is there. Another socket in its place is another process's.
func (s *socket) stand() {
	_, err := os.Lstat(s.path)
	if s.l != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if s.l != nil {
		s.log.Warn("the socket was removed, it is made again", "socket", s.path)
		_ = s.l.Close() // nobody can reach it
	}
	if s.l, err = listen(s.path, s.log); err == nil {
		s.is, err = os.Lstat(s.path)
	}
	if err != nil {
		s.failed(err)
		return
	}
	s.said = ""
	l := s.l
	s.serves.Go(func() {
		if err := s.server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.log.Warn("status socket", "error", err)
		}
	})
}

// failed logs why there is no socket, once for each reason.
func (s *socket) failed(err error) {
	if s.l != nil {
		_, s.l = s.l.Close(), nil
	}
	why := err.Error()
	if no, ok := errors.AsType[syscall.Errno](err); ok {
		why = no.Error() // what is made on the way has another name each time
	}
	if s.said != why {
		s.said = why
		s.log.Warn("no command finds this stepin, for its socket cannot be made: tried again each minute",
			"socket", s.path, "error", err)
	}
}

func (s *socket) close() error {
	err := s.server.Close()
	s.serves.Wait()
	if now, no := os.Lstat(s.path); s.is == nil || no != nil || !os.SameFile(now, s.is) {
		return err
	}
	return errors.Join(err, os.Remove(s.path))
}

// listen makes the socket in a workplace and moves it into place, so that it is never there with wider permissions, nor
// missing for a moment.
func listen(path string, log *slog.Logger) (l *net.UnixListener, err error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, errors.New("a file that is not a socket has this name: move it away")
	}
	w, err := disk.NewWorkplace(filepath.Dir(path), log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Leave()) }()
	at := w.Path(disk.SocketName)
	address, done, err := shorten(at)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err = net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // it has moved by then
	if err := errors.Join(os.Chmod(at, disk.FileMode), os.Rename(at, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// shorten gives a name for a path that is too long for a socket's address: by way of its open directory, which Linux
// lets one name.
func shorten(path string) (short string, done func(), err error) {
	if len(path) <= maxAddress {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	if _, err := os.Stat(filepath.Dir(short)); err != nil || len(short) > maxAddress {
		return "", nil, errors.Join(
			fmt.Errorf("the path is longer than the %d bytes that a socket may have, choose a shorter one", maxAddress),
			dir.Close())
	}
	return short, func() { _ = dir.Close() }, nil
}
