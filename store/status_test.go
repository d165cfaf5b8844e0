package store

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
	"time"

	"stepin/nudges"
	"stepin/nudges/storage"
	"stepin/store/control"
	"stepin/store/storetest"
)

// A running stepin says how it and its file are, for as long as it serves.
func TestStatus(t *testing.T) {
	path := storetest.File(t)
	d := opened(t, path, Options{
		Version: "v1.2", Now: func() time.Time { return storetest.T0 },
		Free: func(string) (int64, error) { return 5 << 20, nil },
	})
	update(t, d, func(tx storage.Tx) error {
		return errors.Join(tx.PutRequest(storetest.Request("R1")), tx.Enqueue(storetest.T0, nudges.Message{Key: "k"}))
	})
	ctx, stop := context.WithCancel(t.Context())
	ended := served(t, ctx, d)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Same(t, Now{
		Process:  control.Process{PID: os.Getpid(), Version: "v1.2", Since: storetest.T0},
		Requests: 1, Open: 1, Waiting: 1, Oldest: storetest.T0, Changed: storetest.T0, Size: info.Size(),
		Room: storage.Room{Needs: d.Room().Needs, Free: 5 << 20},
	})(Status(t.Context(), path))
	_, err = Open(t.Context(), path, Options{Timeout: time.Hour}) // one that runs is not waited for
	if storetest.OneLine(t, "a second stepin", err,
		"pid "+strconv.Itoa(os.Getpid())+", since 2019-03-04"); !errors.Is(err, ErrLocked) {
		t.Errorf("a second stepin: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	storetest.Alone(t, path, 1)
	ended = served(t, t.Context(), d) // again, and ended by Close
	if err := errors.Join(d.Close(), <-ended); err != nil {
		t.Error(err)
	}
	if err := d.Serve(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("serve after the end: %v", err)
	}
}

// served runs Serve, and waits until it answers.
func served(t *testing.T, ctx context.Context, d *DB) <-chan error { //nolint:revive // t first, as in every helper here
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := Status(t.Context(), d.path); err == nil {
			return ended
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody answers")
		}
	}
}

// Serve ends with an unclear commit, and says so.
func TestServeEndsUnclear(t *testing.T) {
	d := opened(t, storetest.File(t), Options{Around: func(commit func() error) error {
		return errors.Join(commit(), storetest.ErrOnPurpose)
	}})
	if err := d.Update(t.Context(), put("a")); !errors.Is(err, ErrUnclear) || !errors.Is(err, storage.ErrNoCommit) {
		t.Errorf("update: %v", err)
	}
	<-d.Failed()
	if err := d.Serve(t.Context()); !errors.Is(err, ErrUnclear) {
		t.Errorf("serve: %v", err)
	}
}

// A temporary store goes with its folder.
func TestTemp(t *testing.T) {
	d, err := Temp(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	update(t, d, put("U1"))
	if err := errors.Join(d.Rewrite(), d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(d.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
