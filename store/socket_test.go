package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
			log := &waitLog{waits: make(chan struct{})}
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

// waitLog closes waits when somebody logs that it waits.
type waitLog struct {
	once  sync.Once
	waits chan struct{}
}

func (w *waitLog) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("waiting for another process")) {
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
	if err := d.Serve(t.Context()); err == nil {
		t.Error("served over a file")
	}
	untouched(t, path+".sock", []byte("precious"))
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
