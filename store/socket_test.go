package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stepin/nudges"
)

// serve runs Serve, and waits until it answers.
func serve(t *testing.T, ctx context.Context, d *DB) <-chan error { //nolint:revive // t first, as in every helper here
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	deadline := time.After(30 * time.Second)
	for {
		if _, err := Status(t.Context(), d.path); err == nil {
			return ended
		}
		select {
		case err := <-ended:
			t.Fatalf("serve: %v", err)
		case <-deadline:
			t.Fatal("nobody answers")
		case <-time.After(time.Millisecond):
		}
	}
}

func TestStatus(t *testing.T) {
	for name, path := range map[string]string{
		"short": file(t),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), "stepin.db"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if _, err := Status(t.Context(), path); !errors.Is(err, ErrNotRunning) {
				t.Errorf("nobody is there: %v", err)
			}
			stale(t, path)
			if _, err := Status(t.Context(), path); !errors.Is(err, ErrNotRunning) {
				t.Errorf("a crashed stepin's socket: %v", err)
			}
			d := opened(t, path, Options{Version: "v1.2", Now: func() time.Time { return t0 }})
			update(t, d, func(tx nudges.Tx) error {
				return errors.Join(tx.PutRequest(aRequest("R1")), tx.Enqueue(t0, nudges.Message{Key: "k"}))
			})
			ctx, stop := context.WithCancel(t.Context())
			ended := serve(t, ctx, d)
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			same(t, Now{
				PID: os.Getpid(), Version: "v1.2", Since: t0, Requests: 1, Open: 1, Waiting: 1, Oldest: t0, Changed: t0, Size: info.Size(),
			})(Status(t.Context(), path))
			if err := Ask(t.Context(), path, "nonsense", new(int)); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("asked nonsense: %v", err)
			}
			info, err = os.Stat(path + ".sock")
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("socket: %v, %v", info.Mode(), err)
			}
			_, err = Open(t.Context(), path, Options{Timeout: time.Hour}) // one that runs is not waited for
			if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), "pid "+strconv.Itoa(os.Getpid())+", since 2019-03-04") {
				t.Errorf("a second stepin: %v", err)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			left, err := os.ReadDir(filepath.Dir(path))
			if err != nil || len(left) != 1 {
				t.Errorf("left behind: %v, %v", left, err)
			}
			ended = serve(t, t.Context(), d) // again, and ended by Close
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := d.Serve(t.Context()); !errors.Is(err, ErrClosed) {
				t.Errorf("serve after the end: %v", err)
			}
		})
	}
}

// A successor waits for one that has been told to end, or is told to end just when it has
// answered, and has the file as soon as that is closed.
func TestHandover(t *testing.T) {
	for name, whenAsked := range map[string]bool{"told to end before": false, "told to end when asked": true} {
		t.Run(name, func(t *testing.T) {
			path := file(t)
			old := opened(t, path, Options{})
			ctx, stop := context.WithCancel(t.Context())
			ended := serve(t, ctx, old)
			log := &waitLog{waits: make(chan struct{}), has: "waiting for another process"}
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if whenAsked {
				answerOnce(t, path)
			}
			opens := make(chan error, 1)
			go func() {
				d, err := Open(t.Context(), path, Options{Timeout: time.Hour, Log: slog.New(slog.NewTextHandler(log, nil))})
				if err == nil {
					err = d.Close()
				}
				opens <- err
			}()
			select {
			case <-log.waits: // it has asked, and found nobody
			case err := <-opens:
				t.Fatalf("it does not wait: %v", err)
			}
			if err := old.Close(); err != nil {
				t.Error(err)
			}
			if err := <-opens; err != nil {
				t.Error(err)
			}
		})
	}
}

// waitLog closes waits when somebody logs what has has.
type waitLog struct {
	once  sync.Once
	waits chan struct{}
	has   string
}

func (w *waitLog) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(w.has)) {
		w.once.Do(func() { close(w.waits) })
	}
	return len(b), nil
}

// answerOnce answers one question at a file's socket as a stepin does, and then nobody does.
func answerOnce(t *testing.T, path string) {
	t.Helper()
	l, err := listen(socketPath(path), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = l.Close()
		_ = json.NewEncoder(w).Encode(Now{PID: 1}) // whoever asked is looked at, not we
	})
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
}

// stale leaves a socket on which nobody answers.
func stale(t *testing.T, path string) {
	t.Helper()
	address, done, err := shorten(socketPath(path))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// Only a socket is taken for what a crash left behind.
func TestServeSparesFiles(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	write(t, path+".sock", []byte("precious"))
	ctx, stop := context.WithCancel(t.Context())
	said := make(chan struct{})
	d.o.Log = slog.New(slog.NewTextHandler(&waitLog{waits: said, has: "its socket cannot be made"}, nil))
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	<-said
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	untouched(t, path+".sock", []byte("precious"))
}

// A socket that was taken away, or could not be made, is there a moment later; one that another has put there stays.
func TestSocketIsMadeAnew(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	d.socketLook = time.Millisecond
	write(t, path+".sock", []byte("in the way"))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	for range 3 {
		if err := os.Remove(path + ".sock"); err != nil {
			t.Fatal(err)
		}
		for _, err := Status(t.Context(), path); err != nil; _, err = Status(t.Context(), path) {
			if !errors.Is(err, ErrNotRunning) && !errors.Is(err, fs.ErrPermission) {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond)
		}
	}
	other, err := listen(path+".sock", d.o.Log)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(path + ".sock"); err != nil {
		t.Errorf("another's socket was taken away: %v", err)
	}
}

// Why the socket cannot be made is logged once, and not each minute, though what is made on the way to it has another
// name each time.
func TestWhyThereIsNoSocketIsSaidOnce(t *testing.T) {
	in := file(t)
	write(t, in, nil) // no folder
	var said bytes.Buffer
	at := door{path: filepath.Join(in, "x.sock"), log: slog.New(slog.NewTextHandler(&said, nil))}
	for range 3 {
		at.stand()
	}
	if n := strings.Count(said.String(), "its socket cannot be made"); n != 1 {
		t.Errorf("said %d times:\n%s", n, said.String())
	}
}

// A file that was moved away under a store that has it open, or replaced, is told from one that is in its place, also
// after it was written anew; and nothing is written over what has its name now.
func TestMoved(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	update(t, d, func(tx nudges.Tx) error { return tx.PutRequest(aRequest("R1")) })
	is := func(what string, want bool) {
		t.Helper()
		if d.Moved() != want {
			t.Errorf("%s: %t", what, !want)
		}
		now, err := d.Now()
		if err != nil || now.Requests != 1 || now.Size == 0 {
			t.Errorf("%s: %+v, %v", what, now, err)
		}
		var b bytes.Buffer
		if c, err := BackupTo(t.Context(), path, &b, Copying{}); err != nil || c.Requests() != 1 {
			t.Errorf("%s: backup: %+v, %v", what, c, err)
		}
		was := folder(t, filepath.Dir(path))
		if err := d.Rewrite(); (err != nil) != want || want && folder(t, filepath.Dir(path)) != was {
			t.Errorf("%s: rewrite: %v", what, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := serve(t, ctx, d)
	is("in its place", false)
	is("written anew", false)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	is("moved away", true)
	write(t, path, []byte("another"))
	is("replaced", true)
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	is("moved back", false)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if opened(t, "", Options{Memory: true}).Moved() {
		t.Error("in memory")
	}
}

func TestServeInMemory(t *testing.T) {
	if err := opened(t, "", Options{Memory: true}).Serve(t.Context()); err == nil {
		t.Error("served without a file")
	}
}

// What Do does tells how far it is while it goes on, as often as a step is new; in the end comes the
// answer, or the fault in its own words.
func TestDoTellsHowFarItIs(t *testing.T) {
	path := file(t)
	d := opened(t, path, Options{})
	d.Do("work", func(_ context.Context, with url.Values, p nudges.Progress) (any, error) {
		for i := range int64(1000) {
			p.Tell("going through", i+1, 1000)
		}
		p.Tell("writing", 0, 0)
		if with.Get("fail") != "" {
			return nil, errOnPurpose
		}
		return map[string]int{"done": 7}, nil
	})
	d.Do("dies", func(context.Context, url.Values, nudges.Progress) (any, error) { panic(http.ErrAbortHandler) })
	serve(t, t.Context(), d)
	var steps []string
	p := func(step string, done, total int64) {
		if len(steps) == 0 || steps[len(steps)-1] != step {
			steps = append(steps, step)
		}
		if step == "going through" && (done == 0 || total != 1000) {
			t.Errorf("%d of %d", done, total)
		}
	}
	var got map[string]int
	if err := Tell(t.Context(), path, "work", nil, p, &got); err != nil || got["done"] != 7 {
		t.Errorf("%v, %v", got, err)
	}
	same(t, []string{"going through", "writing"})(steps, nil)
	if err := Tell(t.Context(), path, "work", url.Values{"fail": {"x"}}, nil, &got); err == nil || err.Error() != errOnPurpose.Error() {
		t.Errorf("a fault: %v", err)
	}
	if err := Tell(t.Context(), path, "nothing", nil, nil, &got); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("of another version: %v", err)
	}
	if err := Tell(t.Context(), path, "dies", nil, nil, &got); err == nil {
		t.Error("it died, and that is no error")
	}
}
