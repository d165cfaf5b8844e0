package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"stepin/nudges"
)

// Now is how a running stepin and its file are.
type Now struct {
	PID      int       `json:"pid"`
	Version  string    `json:"version"`
	Since    time.Time `json:"since"`
	Team     string    `json:"team,omitempty"`   // the workspace's id; "" if none has claimed the file
	Requests int       `json:"requests"`         // how many there are,
	Open     int       `json:"open"`             // and how many that Request.Open holds for
	Waiting  int       `json:"waiting"`          // messages in the outbox
	Oldest   time.Time `json:"oldest,omitzero"`  // when the oldest of them was or is due
	Changed  time.Time `json:"changed,omitzero"` // the last commit since the start; zero for none
	Size     int64     `json:"size"`             // the file's, in bytes; 0 in memory
}

// Effort is what committing has cost since the store was opened.
type Effort struct {
	Commits int           // that ended well
	Took    time.Duration // all of those together
	Failed  int
}

// Effort tells what committing has cost. It may be asked at any time, and reads nothing from the disk.
func (d *DB) Effort() Effort {
	return Effort{int(d.commits.Load()), time.Duration(d.committing.Load()), int(d.refused.Load())}
}

// Now is the state of this store.
func (d *DB) Now() (Now, error) {
	now := Now{PID: os.Getpid(), Version: d.o.Version, Since: d.since.UTC()}
	if at := d.changed.Load(); at != nil {
		now.Changed = at.UTC()
	}
	if info, err := os.Stat(d.path); d.path != "" && err == nil && !d.Moved() {
		now.Size = info.Size()
	}
	err := d.look(func(r *reader) (err error) {
		if s, ok := r.session.(*boltSession); ok && now.Size == 0 {
			now.Size = s.tx.Size() // of what was moved away
		}
		now.Team = string(r.get(meta, []byte(metaTeam)))
		now.Requests, now.Open = int(r.count(countRequests)), r.size(open)
		now.Waiting, now.Oldest, err = r.Waiting()
		return err
	})
	return now, err
}

// maxSocketPath is what fits into the address of a Unix socket on every system.
const maxSocketPath = 100

func socketPath(path string) string { return path + ".sock" }

// Handle has Serve answer GET /name with what answer gives, as JSON; see Ask. It is called before
// Serve.
func (d *DB) Handle(name string, answer func() (any, error)) {
	d.handlers["GET /"+name] = func(w http.ResponseWriter, _ *http.Request) {
		says, err := answer()
		if err != nil {
			d.o.Log.Error("socket", "asked", name, "error", err)
			http.Error(w, "the store cannot be read", http.StatusInternalServerError)
			return
		}
		d.reply(w, name, says)
	}
}

// Do has Serve do something that somebody asks for with values, as POST /name, and answer as Handle
// does; see Tell. It may take as long as it needs, and tells how far it is. Its error is what whoever
// asked reads.
func (d *DB) Do(name string, does func(ctx context.Context, with url.Values, p nudges.Progress) (any, error)) {
	d.handlers["POST /"+name] = func(w http.ResponseWriter, r *http.Request) {
		err := r.ParseForm()
		if err == nil {
			err = http.NewResponseController(w).SetWriteDeadline(time.Time{})
		}
		parts := &partWriter{to: patient{w, http.NewResponseController(w)}}
		var p part
		if err == nil {
			var says any
			if says, err = does(r.Context(), r.PostForm, parts.tell); err == nil {
				p.Answer, err = json.Marshal(says)
			}
		}
		if err != nil {
			d.o.Log.Warn("a command was refused", "command", name, "error", err)
			p.Fault = err.Error()
		}
		if err := parts.write(p); err != nil {
			d.o.Log.Debug("socket", "asked", name, "error", err) // whoever asked has gone
		}
	}
}

// A part is one line of the answer to what Do does: how far it is, or at the end what came of it.
type part struct {
	Step   string          `json:"step,omitempty"`
	Done   int64           `json:"done,omitempty"`
	Total  int64           `json:"total,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
	Fault  string          `json:"fault,omitempty"`
}

// partEvery is how often a step that goes on is told of.
const partEvery = 200 * time.Millisecond

type partWriter struct {
	to   patient
	step string
	at   time.Time // when that was told of last
	err  error
}

func (p *partWriter) tell(step string, done, total int64) {
	if p.err != nil || step == p.step && time.Since(p.at) < partEvery {
		return // what is done is done, whether somebody hears of it or not
	}
	p.step, p.at = step, time.Now()
	p.err = p.write(part{Step: step, Done: done, Total: total})
}

func (p *partWriter) write(says part) error {
	line, err := json.Marshal(says)
	if err == nil {
		_, err = p.to.Write(append(line, '\n'))
	}
	return errors.Join(err, p.to.conn.Flush())
}

func (d *DB) reply(w http.ResponseWriter, name string, says any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(says); err != nil {
		d.o.Log.Debug("socket", "asked", name, "error", err) // whoever asked has gone
	}
}

// socketLook is how often Serve looks whether its socket is still there.
const socketLook = time.Minute

// Serve answers on FILE.sock, a Unix socket that only the file's owner may use: GET /status gives
// Now as JSON, GET /backup a copy of the file, and what else there is was given to Handle or Do. A second process can never open the file, not
// even to read; this is how it asks. Serve returns nil when ctx ends or the store
// is closed, and ErrUnclear after a commit that ended so. What a crashed stepin
// has left at that place is replaced, for the holder of the file's lock is alone. A socket that cannot be made,
// or is taken away, is logged, and made a minute later at most, once that can be done.
// It waits for a network: do not call it in a synctest bubble.
func (d *DB) Serve(ctx context.Context) error {
	if d.path == "" {
		return errors.New("serve the status: a store in memory has no socket")
	}
	select {
	case <-d.closing:
		return ErrClosed
	default:
	}
	d.serving.Add(1)
	defer d.serving.Done()
	mux := http.NewServeMux()
	for name, answer := range d.handlers {
		mux.HandleFunc(name, answer)
	}
	at := door{path: socketPath(d.path), log: d.o.Log}
	at.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	every := time.NewTicker(d.socketLook)
	defer every.Stop()
	for {
		at.stand()
		select {
		case <-every.C:
			continue
		case <-d.failed:
			return errors.Join(d.failure, at.close())
		case <-ctx.Done():
		case <-d.closing:
		}
		return at.close()
	}
}

// A door is the socket at which a server answers, for as long as nobody takes it away.
type door struct {
	path   string
	log    *slog.Logger
	server *http.Server
	serves sync.WaitGroup
	l      *net.UnixListener // nil for none
	is     os.FileInfo       // what was made under the path
	said   string            // why none could be made
}

// stand makes the socket if none is there. Another that has taken its place is another stepin's.
func (d *door) stand() {
	_, err := os.Lstat(d.path)
	if d.l != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	if d.l != nil {
		d.log.Warn("the socket was taken away, it is made anew", "socket", d.path)
		_ = d.l.Close() // nobody can reach it
	}
	if d.l, err = listen(d.path, d.log); err == nil {
		d.is, err = os.Lstat(d.path)
	}
	if err != nil {
		if d.l != nil {
			_, d.l = d.l.Close(), nil
		}
		why := err.Error()
		if no, ok := errors.AsType[syscall.Errno](err); ok {
			why = no.Error() // what is made on the way has another name each time
		}
		if d.said != why {
			d.said = why
			d.log.Warn("no command finds this stepin, for its socket cannot be made: tried again each minute", "socket", d.path, "error", err)
		}
		return
	}
	d.said = ""
	l := d.l
	d.serves.Go(func() {
		if err := d.server.Serve(l); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			d.log.Warn("status socket", "error", err)
		}
	})
}

func (d *door) close() error {
	err := d.server.Close()
	d.serves.Wait()
	if now, no := os.Lstat(d.path); d.is == nil || no != nil || !os.SameFile(now, d.is) {
		return err
	}
	return errors.Join(err, os.Remove(d.path))
}

// listen makes the socket in a workplace and moves it into place, so
// that it is never there with wider permissions, nor a moment missing.
func listen(path string, log *slog.Logger) (l *net.UnixListener, err error) {
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() != fs.ModeSocket {
		return nil, errors.New("something that is no socket has this name, move it away")
	}
	w, err := newWorkplace(filepath.Dir(path), log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.leave()) }()
	at := w.path(socketName)
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
	if err := errors.Join(os.Chmod(at, fileMode), os.Rename(at, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// shorten gives a name for a path that is too long for a socket's address: by way
// of its open directory, which Linux lets one name.
func shorten(path string) (short string, done func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	if _, err := os.Stat(filepath.Dir(short)); err != nil || len(short) > maxSocketPath {
		return "", nil, errors.Join(
			fmt.Errorf("the path is longer than the %d bytes that a socket may have, choose a shorter one", maxSocketPath),
			dir.Close())
	}
	return short, func() { _ = dir.Close() }, nil
}

// Status asks the stepin that has the file at path open: ErrNotRunning if none answers, fs.ErrPermission
// if this user may not ask.
func Status(ctx context.Context, path string) (now Now, err error) {
	return now, Ask(ctx, path, "status", &now)
}

// Ask asks the stepin that has the file at path open for what it handles under a name, which is
// JSON: ErrNotRunning if none answers, ErrNoAnswer if it knows no such name.
func Ask(ctx context.Context, path, name string, answer any) error {
	res, err := get(ctx, path, name)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if err := json.NewDecoder(res.Body).Decode(answer); err != nil {
		return fmt.Errorf("ask at %s: %w", socketPath(path), err)
	}
	return nil
}

// Tell has the stepin that has the file at path open do what it does under a name: ErrNotRunning if
// none answers, ErrNoAnswer if it knows no such name. What it refuses is the error, in its own words.
func Tell(ctx context.Context, path, name string, with url.Values, p nudges.Progress, answer any) error {
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
			return fmt.Errorf("ask at %s: the stepin that runs ended on the way: look into its log", socketPath(path))
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("ask at %s: %w: %w", socketPath(path), ErrNoAnswer, err)
		case says.Fault != "":
			return errors.New(says.Fault)
		case says.Answer != nil:
			return json.Unmarshal(says.Answer, answer)
		case says.Step == "":
			return fmt.Errorf("ask at %s: %w", socketPath(path), ErrNoAnswer)
		}
		p.Tell(says.Step, says.Done, says.Total)
	}
}

func get(ctx context.Context, path, name string) (*http.Response, error) {
	return send(ctx, path, http.MethodGet, name, nil)
}

func send(ctx context.Context, path, method, name string, with url.Values) (*http.Response, error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			address, done, err := shorten(socketPath(path))
			if err != nil {
				return nil, err
			}
			defer done()
			return new(net.Dialer).DialContext(ctx, "unix", address)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, method, "http://stepin/"+name, strings.NewReader(with.Encode()))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := client.Do(req)
	if err != nil && ctx.Err() != nil { // somebody may be there
		return nil, fmt.Errorf("ask at %s: %w", socketPath(path), ctx.Err())
	}
	if no, ok := errors.AsType[syscall.Errno](err); ok && no.Is(fs.ErrPermission) { // likewise
		return nil, fmt.Errorf("ask at %s: %w", socketPath(path), no)
	}
	if err != nil {
		return nil, fmt.Errorf("ask at %s: %w: %w", socketPath(path), ErrNotRunning, err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusMethodNotAllowed {
		return nil, fmt.Errorf("ask at %s: %w", socketPath(path), ErrNoAnswer)
	}
	says, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // as far as it can be read
	return nil, fmt.Errorf("ask at %s: %s: %s", socketPath(path), res.Status, bytes.TrimSpace(says))
}
