package control

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
	"strings"
	"testing"
	"time"

	"stepin/store/disk"
	"stepin/store/storetest"
)

var quiet = slog.New(slog.DiscardHandler)

// serve runs a server that answers to "status" until stop is called, which checks how it ended.
func serve(t *testing.T, s *Server) (stop func()) {
	t.Helper()
	s.Handle("status", func() (any, error) { return Process{PID: 1, Since: storetest.T0}, nil })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, nil) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// answers waits until somebody answers for the file.
func answers(t *testing.T, path string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		err := Ask(t.Context(), path, "status", new(Process))
		if err == nil {
			return
		}
		if !errors.Is(err, ErrNotRunning) && !errors.Is(err, fs.ErrPermission) || time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestAsk(t *testing.T) {
	for name, path := range map[string]string{
		"short": storetest.File(t),
		"long":  filepath.Join(t.TempDir(), strings.Repeat("long", 30), "stepin.db"),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			notRunning := func(what string) {
				t.Helper()
				if err := Ask(t.Context(), path, "status", new(Process)); !errors.Is(err, ErrNotRunning) {
					t.Errorf("%s: %v", what, err)
				}
				if err := Holder(path)(t.Context()); err != nil {
					t.Errorf("%s: somebody has the file: %v", what, err)
				}
			}
			notRunning("nobody is there")
			stale(t, path)
			notRunning("a crashed stepin's socket")
			stop := serve(t, NewServer(path, quiet))
			answers(t, path)
			if err := Ask(t.Context(), path, "nonsense", new(int)); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("asked nonsense: %v", err)
			}
			if err := Holder(path)(t.Context()); !errors.Is(err, disk.ErrLocked) || !strings.Contains(err.Error(), "pid 1, since 2019-03-04") {
				t.Errorf("who has the file: %v", err)
			}
			info, err := os.Stat(SocketPath(path))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("socket: %v, %v", info.Mode(), err)
			}
			stop()
			storetest.Alone(t, path, 0)
		})
	}
}

// stale leaves a socket on which nobody answers.
func stale(t *testing.T, path string) {
	t.Helper()
	address, done, err := shorten(SocketPath(path))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	storetest.Close(t, l)
}

// A successor waits for a process that was told to end, or is told to end just when it has answered, and has the file as
// soon as that is closed.
func TestHandover(t *testing.T) {
	for name, whenAsked := range map[string]bool{"told to end before": false, "told to end when asked": true} {
		t.Run(name, func(t *testing.T) {
			path := storetest.File(t)
			storetest.Write(t, path, nil)
			old, err := disk.OpenLocked(t.Context(), path, os.O_RDWR, disk.Lock{})
			if err != nil {
				t.Fatal(err)
			}
			if whenAsked {
				answerOnce(t, path)
			}
			log := storetest.Await("waiting for another process")
			opens := make(chan error, 1)
			go func() {
				f, err := disk.OpenLocked(t.Context(), path, os.O_RDWR, disk.Lock{
					Timeout: time.Hour, Holder: Holder(path), Log: slog.New(slog.NewTextHandler(log, nil)),
				})
				if err == nil {
					err = f.Close()
				}
				opens <- err
			}()
			select {
			case <-log.Heard: // it has asked, and found nobody
			case err := <-opens:
				t.Fatalf("it does not wait: %v", err)
			}
			if err := errors.Join(old.Close(), <-opens); err != nil {
				t.Error(err)
			}
		})
	}
}

// answerOnce answers one question at a file's socket as a stepin does, and then nobody does.
func answerOnce(t *testing.T, path string) {
	t.Helper()
	l, err := listen(SocketPath(path), quiet)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = l.Close()
		_ = json.NewEncoder(w).Encode(Process{PID: 1}) // the test looks at who asked, not at us
	})
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
}

// Only a socket is taken for what a crash left behind.
func TestServeSparesFiles(t *testing.T) {
	path := storetest.File(t)
	storetest.Write(t, SocketPath(path), []byte("precious"))
	log := storetest.Await("its socket cannot be made")
	stop := serve(t, NewServer(path, slog.New(slog.NewTextHandler(log, nil))))
	<-log.Heard
	stop()
	storetest.Untouched(t, SocketPath(path), []byte("precious"))
}

// A socket that was removed, or could not be made, is there a moment later; one that another process put there stays.
func TestSocketIsMadeAgain(t *testing.T) {
	path := storetest.File(t)
	s := NewServer(path, quiet)
	s.lookEvery = time.Millisecond
	storetest.Write(t, SocketPath(path), []byte("in the way"))
	stop := serve(t, s)
	for range 3 {
		if err := os.Remove(SocketPath(path)); err != nil {
			t.Fatal(err)
		}
		answers(t, path)
	}
	other, err := listen(SocketPath(path), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	stop()
	if _, err := os.Lstat(SocketPath(path)); err != nil {
		t.Errorf("another's socket was taken away: %v", err)
	}
}

// Why the socket cannot be made is logged once, though what is made on the way to it has another name each time.
func TestWhyThereIsNoSocketIsLoggedOnce(t *testing.T) {
	in := storetest.File(t)
	storetest.Write(t, in, nil) // no folder
	var log bytes.Buffer
	at := socket{path: filepath.Join(in, "x.sock"), log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 3 {
		at.stand()
	}
	if n := strings.Count(log.String(), "its socket cannot be made"); n != 1 {
		t.Errorf("said %d times:\n%s", n, log.String())
	}
}

// Do reports how far it is while it goes on, as often as a step is new; in the end comes the answer, or the fault in its
// own words.
func TestDoReportsHowFarItIs(t *testing.T) {
	path := storetest.File(t)
	s := NewServer(path, quiet)
	s.Do("work", func(_ context.Context, with url.Values, p Progress) (any, error) {
		for i := range int64(1000) {
			p("going through", i+1, 1000)
		}
		p("writing", 0, 0)
		if with.Get("fail") != "" {
			return nil, storetest.ErrOnPurpose
		}
		return map[string]int{"done": 7}, nil
	})
	s.Do("dies", func(context.Context, url.Values, Progress) (any, error) { panic(http.ErrAbortHandler) })
	defer serve(t, s)()
	answers(t, path)
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
	storetest.Same(t, []string{"going through", "writing"})(steps, nil)
	err := Tell(t.Context(), path, "work", url.Values{"fail": {"x"}}, nil, &got)
	if err == nil || err.Error() != storetest.ErrOnPurpose.Error() {
		t.Errorf("a fault: %v", err)
	}
	if err := Tell(t.Context(), path, "nothing", nil, nil, &got); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("of another version: %v", err)
	}
	if err := Tell(t.Context(), path, "dies", nil, nil, &got); err == nil {
		t.Error("it died, and that is no error")
	}
}
