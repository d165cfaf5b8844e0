package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"stepin/store/disk"
)

// A Process is who has a file open. Its fields are a part of the answer to "status".
type Process struct {
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
}

// Holder says in an error, for disk.Lock, which process has the file at path open. It has no patience with one that
// hangs.
func Holder(path string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		var by Process
		if err := Ask(ctx, path, "status", &by); err != nil {
			return nil
		}
		return Locked(path, by)
	}
}

// Locked is the error for a file that a process has open.
func Locked(path string, by Process) error {
	return disk.Plain(fmt.Sprintf("open %s: another stepin (pid %d, since %s) has it open, stop it first",
		path, by.PID, by.Since.Format(time.RFC3339)), disk.ErrLocked)
}

// Ask asks the process that has the file at path open for what it handles under a name, which is JSON: ErrNotRunning if
// none answers, fs.ErrPermission if this user may not ask, ErrNoAnswer if it knows no such name, ErrFails if it
// could not.
func Ask(ctx context.Context, path, name string, answer any) error {
	res, err := Get(ctx, path, name)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return fmt.Errorf("ask at %s: %w", SocketPath(path), err)
	}
	return nil
}

// Tell has the process that has the file at path open do what it does under a name; errors as of Ask. What it refuses
// is the error, in its own words.
func Tell(ctx context.Context, path, name string, with url.Values, p Progress, answer any) error {
	res, err := send(ctx, path, http.MethodPost, name, with)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	for lines := json.NewDecoder(res.Body); ; {
		var says part
		err := lines.Decode(&says)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return fmt.Errorf("ask at %s: the running stepin ended before it answered: read its log", SocketPath(path))
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("ask at %s: %w: %w", SocketPath(path), ErrNoAnswer, err)
		case says.Fault != "":
			return errors.New(says.Fault)
		case says.Answer != nil:
			return json.Unmarshal(says.Answer, answer)
		case says.Step == "":
			return fmt.Errorf("ask at %s: %w", SocketPath(path), ErrNoAnswer)
		}
		if p != nil {
			p(says.Step, says.Done, says.Total)
		}
	}
}

// Get is Ask for an answer of any form. The caller closes its body.
func Get(ctx context.Context, path, name string) (*http.Response, error) {
	return send(ctx, path, http.MethodGet, name, nil)
}

func send(ctx context.Context, path, method, name string, with url.Values) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://stepin/"+name, strings.NewReader(with.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dial(ctx, SocketPath(path))
		},
	}}
	res, err := client.Do(req)
	if err != nil && ctx.Err() != nil { // somebody may be there
		return nil, fmt.Errorf("ask at %s: %w", SocketPath(path), ctx.Err())
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok && no.Is(fs.ErrPermission) { // likewise
		return nil, fmt.Errorf("ask at %s: %w", SocketPath(path), no)
	}
	if err != nil {
		return nil, fmt.Errorf("ask at %s: %w: %w", SocketPath(path), ErrNotRunning, err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed {
		return nil, fmt.Errorf("ask at %s: %w", SocketPath(path), ErrNoAnswer)
	}
	says, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // as far as it can be read
	return nil, fmt.Errorf("ask at %s: %w: %s", SocketPath(path), ErrFails, bytes.TrimSpace(says))
}

func dial(ctx context.Context, socket string) (net.Conn, error) {
	address, done, err := shorten(socket)
	if err != nil {
		return nil, err
	}
	defer done()
	return new(net.Dialer).DialContext(ctx, "unix", address)
}
