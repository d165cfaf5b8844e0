package bot

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A crash ends the bot's effects at one point: what it wrote up to then is in a copy of its
// file, and from then on nothing of it reaches Slack. Points are the moments before and
// after each commit, and before and after each write to and each read from the network.
type crash struct {
	path string        // of the bot's file
	copy string        // where the file's state at the crash is put, in a directory of its own
	at   int           // the point, from 1; 0 for never
	dead chan struct{} // closed by the crash

	mu    sync.Mutex // held by a commit, for a file is not copied in the middle of a write
	n     int        // points met
	done  bool
	err   error
	conns []net.Conn
}

var errDead = errors.New("the process is gone")

func newCrash(path, copied string, at int) *crash {
	return &crash{path: path, copy: copied, at: at, dead: make(chan struct{})}
}

// point is called with mu held.
func (c *crash) point() {
	if c.done {
		return
	}
	if c.n++; c.n != c.at {
		return
	}
	c.done = true
	c.err = c.save()
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	close(c.dead)
}

// save copies the file and all that lies beside it under its name.
func (c *crash) save() error {
	if err := os.Mkdir(filepath.Dir(c.copy), 0o700); err != nil {
		return err
	}
	all, err := os.ReadDir(filepath.Dir(c.path))
	if err != nil {
		return err
	}
	for _, e := range all {
		rest, ok := strings.CutPrefix(e.Name(), filepath.Base(c.path))
		if !ok {
			continue
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(c.path), e.Name()))
		if err == nil {
			err = os.WriteFile(c.copy+rest, b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *crash) gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done
}

func (c *crash) points() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func (c *crash) around(commit func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.point()
	err := commit()
	c.point()
	return err
}

func (c *crash) dial(to func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.done {
			return nil, errDead
		}
		conn, err := to(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.conns = append(c.conns, conn)
		return &mortal{conn, c}, nil
	}
}

// mortal is a connection that dies with its process.
type mortal struct {
	net.Conn
	c *crash
}

func (m *mortal) pass() error {
	m.c.mu.Lock()
	defer m.c.mu.Unlock()
	m.c.point()
	if m.c.done {
		return errDead
	}
	return nil
}

func (m *mortal) Write(b []byte) (int, error) {
	if err := m.pass(); err != nil {
		return 0, err
	}
	n, err := m.Conn.Write(b)
	return n, errors.Join(err, m.pass())
}

func (m *mortal) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if err == nil {
		err = m.pass()
	}
	if err != nil {
		return 0, err
	}
	return n, nil
}
